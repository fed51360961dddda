"""Who is away: one's own absences, and the tasks of those for whom one stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.absences import Absence, stands_in
from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.errors import NotAllowed
from app.domain.localized import LocalizedText
from app.storage.task_filters import Filters
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskLine

MOST_TASKS = 50
MOST_COLLEAGUES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingIn:
    """An absence for which the viewer stands in, with the tasks that are theirs to do today."""

    absence: Absence
    tasks: tuple[TaskLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsencePage:
    """What the page of absences shows."""

    own: tuple[Absence, ...]
    standing_in: tuple[StandingIn, ...]
    #: user name and name of those who could stand in
    colleagues: tuple[tuple[str, str], ...]
    role_names: Mapping[str, LocalizedText]


def absence_page(uow: UnitOfWork, *, actor: Actor, now: datetime) -> AbsencePage:
    """Return the actor's absences and those for which they stand in; no client data."""
    if actor.user_key is None or actor.client_key is not None:
        raise NotAllowed("absences")
    found = uow.absences.of_person(actor.user_key, since=local_date(now))
    colleagues = uow.accounts.colleagues(actor.roles, area_id="", unit_id=actor.unit_id, limit=MOST_COLLEAGUES)
    return AbsencePage(
        own=tuple(each for each in found if each.user_key == actor.user_key),
        standing_in=tuple(
            StandingIn(absence=each, tasks=_tasks(uow, each, actor, now))
            for each in found
            if each.substitute_key == actor.user_key
        ),
        colleagues=tuple(person for person in colleagues if person[0] != actor.name),
        role_names=dict(uow.accounts.roles()),
    )


def _tasks(uow: UnitOfWork, absence: Absence, actor: Actor, now: datetime) -> tuple[TaskLine, ...]:
    today = local_date(now)
    held = uow.worklist.mine(absence.user_key, filters=Filters(), order=("due",), after=None, limit=MOST_TASKS)
    tasks = uow.tasks.get_many([line.key for line in held])
    return tuple(
        line for line in held if stands_in(actor, task=tasks[line.key].restriction, absences=[absence], day=today)
    )
