"""Tasks marked in a list, to be handled together: those of a filter or with given keys; who can be given them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor, may_take
from app.domain.directing import may_direct
from app.domain.errors import NotAllowed
from app.queries.worklist import Tab, Wish, colleagues_of, first_lines
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskLine

#: so many are handled at once: each in a transaction of its own, a few milliseconds each
MOST_MARKED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The marked tasks; `more`: the filter holds more than can be handled at once."""

    lines: tuple[TaskLine, ...]
    more: bool
    #: those that the person may open
    openable: frozenset[int]
    #: user name and name of whom they can be given to, empty where the actor gives no tasks to others
    colleagues: tuple[tuple[str, str], ...]


def all_of(uow: UnitOfWork, *, actor: Actor, wish: Wish, now: datetime) -> Selection:
    """
    Return the tasks that the filter finds, as many as can be handled at once; of what is done there is nothing to do.

    :raises InvalidInput: the order is not ours
    """
    found = [] if wish.tab is Tab.DONE else first_lines(uow, actor=actor, wish=wish, now=now, limit=MOST_MARKED + 1)
    lines = tuple(found[:MOST_MARKED])
    return _selection(uow, actor, lines, more=len(found) > MOST_MARKED)


def marked(uow: UnitOfWork, *, actor: Actor, keys: Collection[int]) -> Selection:
    """Return the tasks with these keys; of those that are none of the actor's business nothing is said."""
    if actor.user_key is None:
        raise NotAllowed("worklist")
    lines = uow.worklist.lines(keys, actor.user_key) if keys else []
    tasks = uow.tasks.get_many([line.key for line in lines])
    seen = [line for line in lines if _opens(tasks[line.key], actor) or _directs(tasks[line.key], actor)]
    return _selection(uow, actor, tuple(seen), more=False)


def _selection(uow: UnitOfWork, actor: Actor, lines: tuple[TaskLine, ...], *, more: bool) -> Selection:
    tasks = uow.tasks.get_many([line.key for line in lines])
    return Selection(
        lines=lines,
        more=more,
        openable=frozenset(key for key, task in tasks.items() if _opens(task, actor)),
        colleagues=colleagues_of(uow, actor),
    )


def _opens(task: Task, actor: Actor) -> bool:
    return actor.user_key in (task.assignee, task.completed_by) or may_take(actor, task=task.restriction)


def _directs(task: Task, actor: Actor) -> bool:
    return may_direct(actor, unit_id=task.unit_id, area_id=task.area_id)
