"""What a list of tasks is narrowed to and sorted by, as SQL; keyset paging over several columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, tuple_

from app.storage.tables.care import care_case
from app.storage.tables.work import user_task
from app.storage.types import NEVER, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to; empty means all."""

    text: str = ""
    group_id: str = ""
    process_id: str = ""
    due_before: datetime | None = None
    due_from: datetime | None = None
    priority_from: int | None = None
    #: who has the task: a person, or nobody (`free`)
    assignee: int | None = None
    free: bool = False
    unit_id: str = ""
    #: the day to come back to it has been reached by then, or lies after
    follow_up_until: datetime | None = None
    follow_up_after: datetime | None = None

    @property
    def only_by_due(self) -> bool:
        """Whether nothing but group and due date narrows the list, which an index of the offers can answer alone."""
        return not (
            self.text
            or self.process_id
            or self.priority_from is not None
            or self.assignee is not None
            or self.free
            or self.unit_id
            or self.follow_up_until
            or self.follow_up_after
        )


#: by which columns a list can be sorted
SORTABLE: Mapping[str, ColumnElement[Any]] = {
    "due": user_task.c.due_at,
    "created": user_task.c.created_at,
    "priority": user_task.c.priority,
    "follow_up": func.coalesce(user_task.c.follow_up_at, literal(NEVER, Instant())),
    "number": func.coalesce(care_case.c.number, ""),
}
#: the kind of value in each, for reading a cursor
SORTED_KINDS: Mapping[str, type[datetime | int | str]] = {
    "due": datetime,
    "created": datetime,
    "priority": int,
    "follow_up": datetime,
    "number": str,
}


def sorting(order: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return the columns as ORDER BY names them; the task's key, in the direction of the last, makes it total."""
    return [column.desc() if descending else column.asc() for column, descending in _sorted_columns(order)]


def beyond(order: Sequence[str], values: Sequence[Any], key: int) -> ColumnElement[bool]:
    """Return the condition of the rows after the one with these values: greater in the first column that differs."""
    columns = _sorted_columns(order)
    bounds = [literal(value, column.type) for (column, _), value in zip(columns, [*values, key], strict=True)]
    if len({descending for _, descending in columns}) == 1:
        # one comparison of rows, which an index over the columns answers
        place, bound = tuple_(*(column for column, _ in columns)), tuple_(*bounds)
        return place < bound if columns[0][1] else place > bound
    ways = []
    for number, ((column, descending), bound_value) in enumerate(zip(columns, bounds, strict=True)):
        same = [before == at for (before, _), at in zip(columns[:number], bounds[:number], strict=True)]
        ways.append(and_(*same, column < bound_value if descending else column > bound_value))
    return or_(*ways)


def _sorted_columns(order: Sequence[str]) -> list[tuple[ColumnElement[Any], bool]]:
    columns = [(SORTABLE[name.removeprefix("-")], name.startswith("-")) for name in order]
    return [*columns, (user_task.c.key, columns[-1][1])]


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Return what a task must fulfil; its group is looked up among the offers, its text among the names: not here."""
    task = user_task.c
    asked: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (filters.process_id, task.process_id.__eq__),
        (filters.due_before, task.due_at.__lt__),
        (filters.due_from, task.due_at.__ge__),
        (filters.assignee, task.assignee.__eq__),
        (filters.unit_id, task.unit_id.__eq__),
        (filters.follow_up_until, task.follow_up_at.__le__),
        (filters.follow_up_after, task.follow_up_at.__gt__),
    ]
    found = [condition(value) for value, condition in asked if value]
    if filters.priority_from is not None:
        found.append(task.priority >= filters.priority_from)
    if filters.free:
        found.append(task.assignee.is_(None))
    return found
