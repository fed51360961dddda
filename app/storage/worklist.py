"""The worklist's reads: open tasks of a person, of their groups, of all they may see; keyset paging throughout."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from app.domain.localized import LocalizedText
from app.storage.reads import find_rows
from app.storage.tables.care import care_case
from app.storage.tables.definitions import process_definition
from app.storage.tables.instances import process_instance
from app.storage.tables.people import user_account
from app.storage.tables.work import draft, task_offer, user_task
from app.storage.task_filters import Filters, beyond, conditions, sorting
from app.storage.task_search import found_by_text
from app.storage.types import NEVER, AnyRow

#: counts stop here: nobody reads an exact number above it, and counting a million rows takes seconds
MOST_COUNTED = 1000

#: of a task only what a line shows: a page has fifty of them, and most of a task is for its form and the engine
_SHOWN = [
    user_task.c[name]
    for name in (
        "key",
        "instance_key",
        "case_key",
        "name",
        "process_id",
        "element_id",
        "status",
        "due_at",
        "follow_up_at",
        "priority",
        "assignee",
        "candidate_groups",
        "created_at",
        "ended_at",
        "escalated_at",
    )
]
#: where a page ends: the values by which its last row is sorted, and the row's key
Place: TypeAlias = tuple[Sequence[Any], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One row of the worklist; holds no client data."""

    key: int
    instance_key: int
    case_key: int | None
    case_number: str
    name: LocalizedText
    process_id: str
    process_name: LocalizedText
    element_id: str
    status: str
    due_at: datetime | None
    follow_up_at: datetime | None
    priority: int
    assignee: int | None
    assignee_name: str
    candidate_groups: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None
    has_draft: bool
    #: when it was offered to its group again because it was late
    escalated_at: datetime | None
    #: since when its instance is paused, so that it cannot be completed
    paused_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpan:
    """From when to when somebody had a task of the instance to do; `ended_at` None: they still have."""

    instance_key: int
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBehalf:
    """Whose tasks somebody does on their behalf today, and for which of these roles."""

    user_key: int
    roles: frozenset[str]


class Worklist:
    """Reads of open tasks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mine(
        self,
        user_key: int,
        *,
        away: Sequence[OnBehalf] = (),
        areas: Collection[str] | None = None,
        own: bool = True,
        filters: Filters,
        order: Sequence[str],
        after: Place | None,
        limit: int,
    ) -> list[TaskLine]:
        """
        Return the open tasks that the person holds (`own`), and in the areas those that they do for who is `away`.

        :raises ValueError: neither is asked for
        """
        if not own and not away:
            raise ValueError("nobody's tasks are asked for")
        chosen = [
            user_task.c.status == "open",
            *_held(user_key if own else None, away, areas),
            *self._conditions(filters),
        ]
        return self._lines(user_key, chosen, order=order, after=after, limit=limit)

    def offered(
        self,
        user_key: int,
        groups: Collection[str],
        areas: Collection[str] | None,
        *,
        free_only: bool,
        filters: Filters,
        order: Sequence[str],
        after: Place | None,
        limit: int,
    ) -> list[TaskLine]:
        """
        Return the open tasks offered to the groups in the areas (None: every area).

        Sorted by due date, each group's part is read from its own index only as far as the page needs, so that a
        million open tasks cost the same as a thousand.
        """
        wanted = [filters.group_id] if filters.group_id in groups else ([] if filters.group_id else list(groups))
        if not wanted:
            return []
        if tuple(order) == ("due",) and areas is not None and filters.only_by_due:
            return self.lines(self._first_offers(wanted, areas, free_only, filters, after, limit), user_key)
        offers = select(task_offer.c.task_key).where(
            task_offer.c.group_id.in_(wanted), *_free(free_only), *_in_areas(areas)
        )
        chosen: list[ColumnElement[bool]] = [
            user_task.c.status == "open",
            user_task.c.key.in_(offers),
            *self._conditions(filters),
        ]
        return self._lines(user_key, chosen, order=order, after=after, limit=limit)

    def _first_offers(
        self,
        groups: Sequence[str],
        areas: Collection[str],
        free_only: bool,  # noqa: FBT001
        filters: Filters,
        after: Place | None,
        limit: int,
    ) -> list[int]:
        query = _offers_in_order(
            len(groups),
            len({*areas, ""}),
            free_only,
            after is not None,
            bool(filters.due_before),
            bool(filters.due_from),
        )
        values: dict[str, Any] = {"most": limit, "due_before": filters.due_before, "due_from": filters.due_from}
        values |= {f"group_{number}": group for number, group in enumerate(groups)}
        values |= {f"area_{number}": area for number, area in enumerate(sorted({*areas, ""}))}
        if after is not None:
            values |= {"after_due": after[0][0], "after_key": after[1]}
        return [row.task_key for row in find_rows(self._connection, query, **values)]

    def done(self, user_key: int, *, filters: Filters, after: Place | None, limit: int) -> list[TaskLine]:
        """Return the tasks that the person completed, newest first."""
        query = _shown_to(user_key).where(user_task.c.completed_by == user_key, *conditions(filters))
        if filters.text:
            query = query.where(found_by_text(self._connection, filters.text, done_by=user_key))
        if filters.group_id:
            # its offers have gone with its end; the groups it was for stand in it as JSON texts
            groups = cast(user_task.c.candidate_groups, Text)
            query = query.where(groups.contains(f'"{filters.group_id}"', autoescape=True))
        if after is not None:
            (ended_at,), key = after
            bound = (literal(ended_at, user_task.c.ended_at.type), literal(key, user_task.c.key.type))
            query = query.where(tuple_(user_task.c.ended_at, user_task.c.key) < tuple_(*bound))
        query = query.order_by(user_task.c.ended_at.desc(), user_task.c.key.desc()).limit(limit)
        return [_to_line(row) for row in self._connection.execute(query)]

    def of_unit(
        self,
        user_key: int,
        unit_id: str,
        areas: Collection[str] | None,
        *,
        delayed_only: bool,
        filters: Filters,
        order: Sequence[str],
        after: Place | None,
        limit: int,
    ) -> list[TaskLine]:
        """Return the open tasks of the unit, whoever they are for; or those that were not done in time (rule X2)."""
        chosen = [*_of_unit(unit_id, areas, delayed_only=delayed_only), *self._conditions(filters)]
        if filters.group_id:
            chosen.append(
                user_task.c.key.in_(select(task_offer.c.task_key).where(task_offer.c.group_id == filters.group_id))
            )
        return self._lines(user_key, chosen, order=order, after=after, limit=limit)

    def count_of_unit(self, unit_id: str, areas: Collection[str] | None, *, delayed_only: bool) -> int:
        """Return how many tasks of the unit are open, or delayed; none above MOST_COUNTED."""
        of_unit = _of_unit(unit_id, areas, delayed_only=delayed_only)
        found = select(literal(1)).select_from(user_task).where(*of_unit).limit(MOST_COUNTED).subquery()
        return self._connection.execute(select(func.count()).select_from(found)).scalar_one()

    def of_case(self, case_key: int, user_key: int) -> list[TaskLine]:
        """Return the open tasks of the case, earliest due first."""
        chosen: list[ColumnElement[bool]] = [user_task.c.status == "open", user_task.c.case_key == case_key]
        return self._lines(user_key, chosen, order=("due",), after=None, limit=200)

    def spans_of_case(self, case_key: int) -> list[TaskSpan]:
        """Return when each task of the case was open, of those that are and those that were."""
        query = select(user_task.c.instance_key, user_task.c.created_at, user_task.c.ended_at).where(
            user_task.c.case_key == case_key
        )
        return [
            TaskSpan(instance_key=row.instance_key, created_at=row.created_at, ended_at=row.ended_at)
            for row in self._connection.execute(query)
        ]

    def open_by_case(self, case_keys: Collection[int]) -> dict[int, int]:
        """Return how many tasks are open in each of the cases."""
        query = (
            select(user_task.c.case_key, func.count())
            .where(user_task.c.case_key.in_(case_keys), user_task.c.status == "open")
            .group_by(user_task.c.case_key)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def counts(
        self, user_key: int, groups: Collection[str], areas: Collection[str] | None, *, now: datetime
    ) -> dict[str, int]:
        """Return how many tasks are in mine, groups and overdue (of mine); none above MOST_COUNTED."""
        places = None if areas is None else sorted({*areas, ""})
        named = {f"group_{number}": group for number, group in enumerate(groups)}
        named |= {f"area_{number}": area for number, area in enumerate(places or ())}
        query = _counting(len(groups), None if places is None else len(places))
        (row,) = find_rows(self._connection, query, person=user_key, now=now, **named)
        return {"mine": row.mine, "overdue": row.overdue, "groups": row.groups}

    def count_of_away(
        self, away: Sequence[OnBehalf], areas: Collection[str] | None, *, now: datetime
    ) -> tuple[int, int]:
        """Return how many tasks are to be done for who is away, and how many are overdue; none above MOST_COUNTED."""
        query = select(user_task.c.due_at).where(user_task.c.status == "open", *_held(None, away, areas))
        found = query.limit(MOST_COUNTED).subquery()
        late = func.count().filter(found.c.due_at < literal(now, user_task.c.due_at.type))
        row = self._connection.execute(select(func.count(), late).select_from(found)).one()
        return row[0], row[1]

    def next_of(self, user_key: int, *, besides: int) -> int | None:
        """Return the key of the person's task that is due next."""
        return self._connection.execute(
            select(user_task.c.key)
            .where(user_task.c.status == "open", user_task.c.assignee == user_key, user_task.c.key != besides)
            .order_by(user_task.c.due_at, user_task.c.key)
            .limit(1)
        ).scalar_one_or_none()

    def lines(self, keys: Collection[int], user_key: int) -> list[TaskLine]:
        """Return the tasks with these keys, open or not, earliest due first."""
        if not keys:
            return []
        named = {f"key_{number}": key for number, key in enumerate(keys)}
        return [_to_line(row) for row in find_rows(self._connection, _with_keys(len(keys)), person=user_key, **named)]

    def line(self, key: int, user_key: int) -> TaskLine | None:
        """Return one task as a line."""
        row = self._connection.execute(_shown_to(user_key).where(user_task.c.key == key)).one_or_none()
        return _to_line(row) if row else None

    def _conditions(self, filters: Filters) -> list[ColumnElement[bool]]:
        found = conditions(filters)
        return [*found, found_by_text(self._connection, filters.text)] if filters.text else found

    def _lines(
        self,
        user_key: int,
        chosen: Sequence[ColumnElement[bool]],
        *,
        order: Sequence[str],
        after: Place | None,
        limit: int,
    ) -> list[TaskLine]:
        query = _shown_to(user_key).where(*chosen)
        if after is not None:
            query = query.where(beyond(order, *after))
        query = query.order_by(*sorting(order)).limit(limit)
        return [_to_line(row) for row in self._connection.execute(query)]


def _shown_to(user_key: int | BindParameter[int]) -> Select[Any]:
    """Return the statement of lines as the person sees them: with a draft of theirs or without."""
    drafted = (
        select(literal(1))
        .where(draft.c.task_key == user_task.c.key, draft.c.user_key == user_key)
        .exists()
        .label("has_draft")
    )
    paused = (
        select(process_instance.c.paused_at)
        .where(process_instance.c.key == user_task.c.instance_key)
        .scalar_subquery()
        .label("paused_at")
    )
    return (
        select(
            *_SHOWN,
            process_definition.c.name.label("process_name"),
            care_case.c.number.label("case_number"),
            user_account.c.name.label("assignee_name"),
            drafted,
            paused,
        )
        .join(process_definition, process_definition.c.key == user_task.c.process_definition_key)
        .outerjoin(care_case, care_case.c.key == user_task.c.case_key)
        .outerjoin(user_account, user_account.c.key == user_task.c.assignee)
    )


@lru_cache(maxsize=300)
def _with_keys(count: int) -> Select[Any]:
    """Return the statement of so many tasks by their keys, earliest due first; most lists begin with it."""
    keys: list[BindParameter[Any]] = [bindparam(f"key_{number}") for number in range(count)]
    return _shown_to(bindparam("person")).where(user_task.c.key.in_(keys)).order_by(*sorting(("due",)))


@lru_cache(maxsize=200)
def _counting(groups: int, areas: int | None) -> Select[Any]:
    """Return the statement that counts for so many groups in so many areas (None: every area)."""
    own: ColumnElement[bool] = and_(user_task.c.status == "open", user_task.c.assignee == bindparam("person"))
    mine = select(literal(1)).select_from(user_task).where(own).limit(MOST_COUNTED).subquery()
    late = (
        select(literal(1)).select_from(user_task).where(own, user_task.c.due_at < bindparam("now")).limit(MOST_COUNTED)
    ).subquery()
    named: list[BindParameter[Any]] = [bindparam(f"group_{number}") for number in range(groups)]
    offered: list[ColumnElement[bool]] = [task_offer.c.group_id.in_(named) if named else false()]
    if areas is not None:
        offered.append(task_offer.c.area_id.in_([bindparam(f"area_{number}") for number in range(areas)]))
    free = (
        select(task_offer.c.task_key).where(*offered, task_offer.c.assignee.is_(None)).limit(MOST_COUNTED)
    ).subquery()
    return select(
        select(func.count()).select_from(mine).scalar_subquery().label("mine"),
        select(func.count()).select_from(late).scalar_subquery().label("overdue"),
        select(func.count(func.distinct(free.c.task_key))).scalar_subquery().label("groups"),
    )


@lru_cache(maxsize=200)
def _offers_in_order(
    groups: int,
    areas: int,
    free_only: bool,  # noqa: FBT001 # parts of the cache's key
    after: bool,  # noqa: FBT001
    due_before: bool,  # noqa: FBT001
    due_from: bool,  # noqa: FBT001
) -> Select[Any]:
    """
    Return the statement for so many groups and areas: of each pair its first offers, and of these the first.

    Made once, because building it takes much longer than PostgreSQL needs to answer it.
    """
    columns = (task_offer.c.due_at, task_offer.c.task_key)
    limits: list[ColumnElement[bool]] = [task_offer.c.assignee.is_(None)] if free_only else []
    if after:
        types = [column.type for column in columns]
        bounds = [bindparam(name, type_=type_) for name, type_ in zip(("after_due", "after_key"), types, strict=True)]
        limits.append(tuple_(*columns) > tuple_(*bounds))
    if due_before:
        limits.append(task_offer.c.due_at < bindparam("due_before"))
    if due_from:
        limits.append(task_offer.c.due_at >= bindparam("due_from"))
    most = bindparam("most", type_=Integer)
    parts = [
        select(*columns)
        .where(
            task_offer.c.group_id == bindparam(f"group_{group}"),
            task_offer.c.area_id == bindparam(f"area_{area}"),
            *limits,
        )
        .order_by(*columns)
        .limit(most)
        for group in range(groups)
        for area in range(areas)
    ]
    # each part in parentheses of its own: SQLite allows ORDER BY and LIMIT only in a subquery there
    merged = union_all(*(select(part.subquery()) for part in parts)).subquery()
    ordered = (merged.c.due_at, merged.c.task_key)
    return select(*ordered).distinct().order_by(*ordered).limit(most)


def _held(user_key: int | None, away: Sequence[OnBehalf], areas: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Return the condition of tasks of the person, and of who is away where they are offered to the roles."""
    if not away:
        return [user_task.c.assignee == user_key]
    people = [each.user_key for each in away] + ([] if user_key is None else [user_key])
    ways: list[ColumnElement[bool]] = [] if user_key is None else [user_task.c.assignee == user_key]
    for each in away:
        offered = select(literal(1)).where(
            task_offer.c.task_key == user_task.c.key, task_offer.c.group_id.in_(sorted(each.roles)), *_in_areas(areas)
        )
        ways.append(and_(user_task.c.assignee == each.user_key, offered.exists()))
    # said twice: the first is what the index answers
    return [user_task.c.assignee.in_(people), or_(*ways)]


def _free(free_only: bool) -> list[ColumnElement[bool]]:  # noqa: FBT001
    return [task_offer.c.assignee.is_(None)] if free_only else []


def _in_areas(areas: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [] if areas is None else [task_offer.c.area_id.in_({*areas, ""})]


def _of_unit(unit_id: str, areas: Collection[str] | None, *, delayed_only: bool) -> list[ColumnElement[bool]]:
    return [
        user_task.c.status == "open",
        *([user_task.c.escalated_at.is_not(None)] if delayed_only else []),
        user_task.c.unit_id.in_({unit_id, ""}),
        *([] if areas is None else [user_task.c.area_id.in_({*areas, ""})]),
    ]


def _to_line(row: AnyRow) -> TaskLine:
    return TaskLine(
        key=row.key,
        instance_key=row.instance_key,
        case_key=row.case_key,
        case_number=row.case_number or "",
        name=row.name,
        process_id=row.process_id,
        process_name=row.process_name,
        element_id=row.element_id,
        status=row.status,
        due_at=None if row.due_at == NEVER else row.due_at,
        follow_up_at=row.follow_up_at,
        priority=row.priority,
        assignee=row.assignee,
        assignee_name=row.assignee_name or "",
        candidate_groups=tuple(row.candidate_groups),
        created_at=row.created_at,
        ended_at=row.ended_at,
        has_draft=bool(row.has_draft),
        escalated_at=row.escalated_at,
        paused_at=row.paused_at,
    )
