"""Give a user task to somebody, take it back, change its dates: what a supervisor does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.commands._task_changes import give, held, note_change, tell
from app.commands.claim_task import claim_task, ensure_open, release_task
from app.domain.actor import Actor, may_monitor, may_take
from app.domain.directing import may_direct
from app.domain.errors import Concealed, InvalidInput, NotAllowed, Problem, TaskClaimedByOther
from app.domain.notices import NoticeKind
from app.domain.steps import ListenerEvent, TaskChanges
from app.storage.rows import Instance, Task
from app.storage.unit_of_work import UnitOfWork

PRIORITIES = range(101)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """What to change: None leaves a thing as it is; `clear` names dates that are taken away."""

    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int | None = None
    candidate_groups: Collection[str] | None = None
    candidate_users: Collection[str] | None = None
    clear: frozenset[str] = frozenset()


def assign_task(
    uow: UnitOfWork, *, task_key: int, username: str, may_replace: bool, actor: Actor, now: datetime
) -> Task:
    """
    Give the open task to the person of the user name: the actor to themself, or a supervisor to one of its candidates.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises TaskClaimedByOther: someone has it, and may not or shall not be replaced
    :raises NotAllowed: the actor may not direct this task
    :raises InvalidInput: nobody of this name may take the task
    """
    instance, task = _locked_task(uow, task_key, actor)
    ensure_open(task)
    if task.assignee is not None and not may_replace:
        raise TaskClaimedByOther(task_key, by=task.assignee)
    if username == actor.name and task.assignee in (None, actor.user_key):
        return claim_task(uow, task_key=task_key, actor=actor, now=now)
    if not may_direct(actor, unit_id=task.unit_id, area_id=task.area_id):
        if task.assignee is not None and username == actor.name:
            raise TaskClaimedByOther(task_key, by=task.assignee)
        raise NotAllowed("direct_task")
    people = uow.api_clients.people_named(username)
    if not any(may_take(person, task=task.restriction) for person in people):
        raise InvalidInput([Problem("not_a_candidate", place="assignee")])
    given = give(uow, instance=instance, task=task, to=people[0].user_key, username=username, actor=actor, now=now)
    if given and people[0].user_key is not None:
        tell(uow, [people[0].user_key], NoticeKind.ASSIGNED, task, actor=actor, now=now)
        note_change(uow, "task_assigned", task, actor=actor, now=now, element=task.element_id)
    return uow.tasks.get(task_key)


def unassign_task(uow: UnitOfWork, *, task_key: int, actor: Actor, now: datetime) -> Task:
    """
    Give the task back to its group: the holder, or a supervisor.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises NotAllowed: the actor neither holds nor directs it
    """
    instance, task = _locked_task(uow, task_key, actor)
    directs = may_direct(actor, unit_id=task.unit_id, area_id=task.area_id)
    if task.assignee == actor.user_key or task.assignee is None or not directs:
        return release_task(uow, task_key=task_key, actor=actor, now=now)
    ensure_open(task)
    if give(uow, instance=instance, task=task, to=None, username="", actor=actor, now=now):
        note_change(uow, "task_unassigned", task, actor=actor, now=now, element=task.element_id)
    return uow.tasks.get(task_key)


def change_task(uow: UnitOfWork, *, task_key: int, change: TaskChange, actor: Actor, now: datetime) -> None:
    """
    Change dates, priority or candidates of the open task.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises NotAllowed: the actor may not direct this task
    :raises InvalidInput: a priority outside of 0 to 100
    """
    instance, task = _locked_task(uow, task_key, actor)
    if not may_direct(actor, unit_id=task.unit_id, area_id=task.area_id):
        raise NotAllowed("direct_task")
    ensure_open(task)
    if change.priority is not None and change.priority not in PRIORITIES:
        raise InvalidInput([Problem("priority_range", place="changeset.priority")])
    if held(
        uow,
        instance=instance,
        task=task,
        changes=_told(change),
        event=ListenerEvent.UPDATING,
        actor=actor,
        now=now,
    ):
        return
    uow.tasks.change(
        task,
        due_at=None if "due_at" in change.clear else change.due_at or task.due_at,
        follow_up_at=None if "follow_up_at" in change.clear else change.follow_up_at or task.follow_up_at,
        priority=task.priority if change.priority is None else change.priority,
        candidate_groups=task.candidate_groups if change.candidate_groups is None else change.candidate_groups,
        candidate_users=task.candidate_users if change.candidate_users is None else change.candidate_users,
    )
    note_change(uow, "task_changed", task, actor=actor, now=now, element=task.element_id)


def _told(change: TaskChange) -> TaskChanges:
    """Return the change in the words of the engine."""
    dates = {"due_at": change.due_at, "follow_up_at": change.follow_up_at}
    told: dict[str, Any] = {
        name: value.astimezone(UTC).isoformat() for name, value in dates.items() if value is not None
    }
    told |= dict.fromkeys(change.clear, "")
    if change.priority is not None:
        told["priority"] = change.priority
    if change.candidate_groups is not None:
        told["candidate_groups"] = list(change.candidate_groups)
    if change.candidate_users is not None:
        told["candidate_users"] = list(change.candidate_users)
    return told


def _locked_task(uow: UnitOfWork, task_key: int, actor: Actor) -> tuple[Instance, Task]:
    """
    Lock and return the task and its instance.

    :raises NotFound: there is none
    :raises Concealed: it is not for the actor
    """
    instance = uow.instances.lock_for_task(task_key)
    task = uow.tasks.get(task_key)
    known = (
        actor.user_key in (task.assignee, task.completed_by)
        or may_monitor(actor)
        or may_take(actor, task=task.restriction)
        or may_direct(actor, unit_id=task.unit_id, area_id=task.area_id)
    )
    if not known:
        raise Concealed("user task", task_key, case_key=task.case_key)
    return instance, task
