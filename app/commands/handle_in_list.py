"""One of the tasks marked in a list: take, release, give, postpone, rank it; undo that as long as it stands."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.commands.claim_task import claim_task, release_task
from app.commands.direct_task import TaskChange, assign_task, change_task, unassign_task
from app.domain.actor import Actor
from app.domain.calendar import HELSINKI, local_date
from app.domain.errors import InvalidInput, Problem, TaskChanged
from app.domain.localized import LocalizedText
from app.storage.rows import Task
from app.storage.types import NEVER
from app.storage.unit_of_work import UnitOfWork

#: a task without a due date gets one at this time of its new day
END_OF_WORK = time(16)
#: nobody puts a task off for longer
FURTHEST = timedelta(days=2 * 365)


class Handling(enum.StrEnum):
    """What is done with each of the marked tasks; the value is what the door sends."""

    TAKE = "take"
    RELEASE = "release"
    ASSIGN = "assign"
    POSTPONE = "postpone"
    RANK = "rank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """A task after it was handled: `before` and `revision` are what undoing it needs; `waits`: listeners look at it."""

    key: int
    name: LocalizedText
    handling: Handling
    before: str
    revision: int
    waits: bool


def handle_task(
    uow: UnitOfWork, *, task_key: int, handling: Handling, value: str, actor: Actor, now: datetime
) -> Handled:
    """
    Do with the task what was asked for all that were marked.

    `value`: the user name of who gets it, the day (ISO) to which it is postponed, or its priority from 0 to 100.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises TaskClaimedByOther: somebody was faster
    :raises TaskHeld: its listeners look at another change
    :raises NotAllowed: it is not for the actor to do
    :raises InvalidInput: nobody of this name may take it, no such day, no such priority
    """
    uow.instances.lock_for_task(task_key)
    task = uow.tasks.get(task_key)
    before = _BEFORE[handling](uow, task)
    if handling is Handling.TAKE:
        claim_task(uow, task_key=task_key, actor=actor, now=now)
    elif handling is Handling.RELEASE:
        release_task(uow, task_key=task_key, actor=actor, now=now)
    elif handling is Handling.ASSIGN:
        assign_task(uow, task_key=task_key, username=value, may_replace=True, actor=actor, now=now)
    else:
        change = TaskChange(due_at=_due_at(task, value, now)) if handling is Handling.POSTPONE else _ranked(value)
        change_task(uow, task_key=task_key, change=change, actor=actor, now=now)
    return _handled(uow, task_key, handling, before)


def undo_handling(
    uow: UnitOfWork, *, task_key: int, handling: Handling, before: str, revision: int, actor: Actor, now: datetime
) -> Handled:
    """
    Put the task back to what it was before, where nobody has touched it since; the actor needs the same rights again.

    :raises TaskChanged: somebody did something with it meanwhile
    :raises NotFound, TaskAlreadyClosed, TaskClaimedByOther, TaskHeld, NotAllowed, InvalidInput: as when handling it
    """
    uow.instances.lock_for_task(task_key)
    task = uow.tasks.get(task_key)
    if task.revision != revision and task.status == "open":
        raise TaskChanged(task_key)
    now_is = _BEFORE[handling](uow, task)
    if handling is Handling.RANK:
        change_task(uow, task_key=task_key, change=_ranked(before), actor=actor, now=now)
    elif handling is Handling.POSTPONE:
        change_task(uow, task_key=task_key, change=_due_as_before(before), actor=actor, now=now)
    elif not before:
        unassign_task(uow, task_key=task_key, actor=actor, now=now)
    elif handling is Handling.RELEASE:
        claim_task(uow, task_key=task_key, actor=actor, now=now)
    else:
        assign_task(uow, task_key=task_key, username=before, may_replace=True, actor=actor, now=now)
    return _handled(uow, task_key, handling, now_is)


def _handled(uow: UnitOfWork, task_key: int, handling: Handling, before: str) -> Handled:
    task = uow.tasks.get(task_key)
    return Handled(
        key=task_key,
        name=task.name,
        handling=handling,
        before=before,
        revision=task.revision,
        waits=bool(task.held_event),
    )


def _holder(uow: UnitOfWork, task: Task) -> str:
    return "" if task.assignee is None else uow.accounts.get(task.assignee).username


_BEFORE: dict[Handling, Callable[[UnitOfWork, Task], str]] = {
    Handling.TAKE: _holder,
    Handling.RELEASE: _holder,
    Handling.ASSIGN: _holder,
    Handling.POSTPONE: lambda _, task: "" if task.due_at == NEVER else task.due_at.isoformat(),
    Handling.RANK: lambda _, task: str(task.priority),
}


def _due_at(task: Task, text: str, now: datetime) -> datetime:
    """Return the day at the task's own time of day, so that sending the same twice changes nothing."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput([Problem("not_a_day", place="day")]) from error
    today = local_date(now)
    if not today <= day <= today + FURTHEST:
        raise InvalidInput([Problem("day_out_of_reach", place="day")])
    at = END_OF_WORK if task.due_at == NEVER else task.due_at.astimezone(HELSINKI).time()
    return datetime.combine(day, at, tzinfo=HELSINKI)


def _due_as_before(text: str) -> TaskChange:
    if not text:
        return TaskChange(clear=frozenset({"due_at"}))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput([Problem("not_a_day", place="day")]) from error
    if moment.tzinfo is None or moment >= NEVER:
        raise InvalidInput([Problem("not_a_day", place="day")])
    return TaskChange(due_at=moment)


def _ranked(text: str) -> TaskChange:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise InvalidInput([Problem("priority_range", place="priority")])
    return TaskChange(priority=int(text))
