"""Why somebody has a task before them: role, unit, who gave it to them, what opens the client's data to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.access import Ground
from app.domain.actor import Actor
from app.domain.localized import LocalizedText
from app.domain.sharing import DataGroup
from app.queries.access import Sight
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyMine:
    """The reasons; what does not apply is empty."""

    #: the viewer's roles for which the task is
    roles: tuple[str, ...] = ()
    #: the task names the viewer
    is_named: bool = False
    unit_name: LocalizedText = field(default_factory=dict)
    #: the viewer holds it
    is_held: bool = False
    given_by: str = ""
    returns_to: str = ""
    #: those who have asked the viewer for it: user name and name
    asked_by: tuple[tuple[str, str], ...] = ()
    #: what opens which of the case's data groups, in its controller's register
    grounds: Mapping[Ground, tuple[DataGroup, ...]] = field(default_factory=dict)


def why_mine(uow: UnitOfWork, *, task: Task, sight: Sight | None, actor: Actor) -> WhyMine:
    """Return why the task is for the actor, who may work on it."""
    is_held = task.assignee is not None and task.assignee == actor.user_key
    people = {key for key in (task.assigned_by, task.delegated_by) if key is not None and is_held}
    names = uow.accounts.names_of(people) if people else {}
    grounds: dict[Ground, list[DataGroup]] = {}
    for group, decision in (sight.groups if sight else {}).items():
        grounds.setdefault(decision.ground, []).append(group)
    return WhyMine(
        roles=tuple(group for group in task.candidate_groups if group in actor.roles),
        is_named=not {str(actor.user_key), actor.name}.isdisjoint(task.candidate_users),
        unit_name=uow.accounts.unit_names([actor.unit_id]).get(actor.unit_id, {}),
        is_held=is_held,
        given_by=names.get(task.assigned_by or 0, ""),
        returns_to=names.get(task.delegated_by or 0, ""),
        asked_by=tuple(uow.notices.asking(task.key, actor.user_key)) if is_held and actor.user_key else (),
        grounds={ground: tuple(groups) for ground, groups in grounds.items()},
    )
