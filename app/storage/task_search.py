"""
Which open tasks a search means: by the number of their case, by what the task or its pathway is called.

A million tasks have a few hundred names: those of the steps of the versions that run. They are read by jumping from
one step to the next in an index and compared here, where every letter has its small one; the tasks are found by their
steps.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, or_, select, tuple_

from app.storage.tables.care import care_case, case_number
from app.storage.tables.definitions import process_definition
from app.storage.tables.work import user_task

_NUMBER = re.compile(r"(\d{4}-)(\d{0,7})", re.ASCII)
_DIGITS = re.compile(r"\d{1,7}", re.ASCII)
#: a number has so many digits after the year, or more
_LEAST_DIGITS = 5


def found_by_text(connection: Connection, text: str, *, done_by: int | None = None) -> ColumnElement[bool]:
    """
    Return the condition of the open tasks, or of those `done_by` a person, that the text means.

    `2026-00012` and `12` mean a case of that number, `2026-0` the cases whose number begins so; any other text is
    looked for in the names, in every language, capital letters or not.
    """
    wanted = text.strip().casefold()
    steps = _steps() if done_by is None else _steps_of(done_by)
    found = [_of_numbers(connection, wanted), *_of_names(connection, wanted, steps)]
    return or_(false(), *(each for each in found if each is not None))


def _of_numbers(connection: Connection, text: str) -> ColumnElement[bool] | None:
    begun = _NUMBER.fullmatch(text)
    if begun is not None:
        # all numbers of a year have the same shape, so those that begin alike lie between two of them
        year, digits = begun.groups()
        first, last = (year + digits.ljust(_LEAST_DIGITS, filling) for filling in "09")
        numbers = care_case.c.number.between(first, last)
    elif _DIGITS.fullmatch(text):
        years = connection.execute(select(case_number.c.year)).scalars()
        numbers = care_case.c.number.in_([f"{year}-{int(text):0{_LEAST_DIGITS}d}" for year in years])
    else:
        return None
    return user_task.c.case_key.in_(select(care_case.c.key).where(numbers))


def _of_names(connection: Connection, text: str, steps_asked: Select[Any]) -> list[ColumnElement[bool]]:
    rows = connection.execute(select(process_definition.c.key, process_definition.c.name))
    pathways = {row.key for row in rows if _is_in(text, row.name)}
    steps: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(steps_asked):
        if row.process_definition_key not in pathways and _is_in(text, row.name):
            steps[row.process_definition_key].append(row.element_id)
    found: list[ColumnElement[bool]] = [
        and_(user_task.c.process_definition_key == key, user_task.c.element_id.in_(elements))
        for key, elements in steps.items()
    ]
    return [*found, user_task.c.process_definition_key.in_(pathways)] if pathways else found


def _is_in(text: str, name: Mapping[str, str]) -> bool:
    return any(text in each.casefold() for each in name.values())


def _steps_of(user_key: int) -> Select[Any]:
    """Return the statement of the steps that the person has done: so many tasks as one person does."""
    columns = (user_task.c.process_definition_key, user_task.c.element_id, user_task.c.name)
    return select(*columns).where(user_task.c.completed_by == user_key).distinct()


@cache
def _steps() -> Select[Any]:
    """Return the statement of the steps at which a task is open, each with the name of one of its tasks."""
    columns = (user_task.c.key, user_task.c.process_definition_key, user_task.c.element_id, user_task.c.name)
    by_step = (user_task.c.process_definition_key, user_task.c.element_id)
    first = select(user_task.c.key).where(user_task.c.status == "open").order_by(*by_step).limit(1)
    steps = select(*columns).where(user_task.c.key == first.scalar_subquery()).cte("steps", recursive=True)
    other = user_task.alias("other")
    after = (
        select(other.c.key)
        .where(
            other.c.status == "open",
            tuple_(other.c.process_definition_key, other.c.element_id)
            > tuple_(steps.c.process_definition_key, steps.c.element_id),
        )
        .order_by(other.c.process_definition_key, other.c.element_id)
        .limit(1)
        .correlate(steps)
        .scalar_subquery()
    )
    following = user_task.alias("following")
    steps = steps.union_all(
        select(
            following.c.key, following.c.process_definition_key, following.c.element_id, following.c.name
        ).select_from(steps.join(following, following.c.key == after))
    )
    return select(steps.c.process_definition_key, steps.c.element_id, steps.c.name)
