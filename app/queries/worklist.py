"""The worklist: my tasks, my groups' tasks, all that I may see, what I have done."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.actor import Actor, may_take
from app.domain.calendar import add_working_days, local_date, local_midnight
from app.domain.directing import may_direct_some, may_see_delays
from app.domain.errors import Concealed, InvalidInput, NotAllowed, Problem
from app.domain.localized import LocalizedText
from app.domain.way_back import LIMIT, USUAL, Obstacle, obstacle_now
from app.queries.cursors import read_place, write_cursor, write_place
from app.storage.task_filters import SORTABLE, SORTED_KINDS, Filters
from app.storage.types import NEVER
from app.storage.unit_of_work import UnitOfWork
from app.storage.work_views import WorkView
from app.storage.worklist import OnBehalf, TaskLine

PAGE_SIZE = 50


class Tab(enum.StrEnum):
    """The lists."""

    MINE = "mine"
    GROUPS = "groups"
    ALL = "all"
    DONE = "done"
    #: whatever is open in the unit, and what of it is late; for supervisors
    UNIT = "unit"
    DELAYED = "delayed"


#: the lists of those who supervise only: they see that a task is there, and open those that are theirs too
SUPERVISED = frozenset({Tab.UNIT, Tab.DELAYED})


class Due(enum.StrEnum):
    """Narrowing by due date; `workdays-7` is besides: due by the seventh working day from today."""

    ANY = ""
    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"


class Holder(enum.StrEnum):
    """Narrowing by who has the task: whoever looks, somebody who is away and for whom they stand in, or nobody yet."""

    ANY = ""
    ME = "me"
    AWAY = "away"
    NOBODY = "nobody"


class FollowUp(enum.StrEnum):
    """Narrowing by the day on which somebody wanted to come back to the task: reached, or ahead."""

    ANY = ""
    REACHED = "reached"
    AHEAD = "ahead"


#: "my unit", whoever looks
OWN_UNIT = "mine"
_WORKDAYS = re.compile(r"workdays-([1-9]\d?)", re.ASCII)
#: by so many columns a list is sorted at most
MOST_SORTED = 3


def workdays_of(due: str) -> int | None:
    """Return how many working days ahead the narrowing by due date looks; None where it is of another kind."""
    found = _WORKDAYS.fullmatch(due)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What the person asks for, as it stands in the URL and in saved views.

    "Me", "my unit" and "in seven working days" are kept as such: they mean something else to each who looks, each day.
    """

    tab: Tab = Tab.MINE
    text: str = ""
    group_id: str = ""
    process_id: str = ""
    #: one of Due, or workdays-1 to workdays-99
    due: str = Due.ANY
    holder: Holder = Holder.ANY
    unit: str = ""
    follow_up: FollowUp = FollowUp.ANY
    order: tuple[str, ...] = ("due",)
    after: str = ""

    @property
    def full_order(self) -> tuple[str, ...]:
        """The order with what decides among the equally urgent, who are many: whichever is due first."""
        return (*self.order, "due") if self.order in {("-priority",), ("priority",)} else self.order

    @property
    def is_narrowed(self) -> bool:
        """Whether the list holds less than its tab does."""
        return bool(
            self.text or self.group_id or self.process_id or self.due or self.holder or self.unit or self.follow_up
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """One page of the list."""

    wish: Wish
    #: the lists that this person has
    tabs: tuple[Tab, ...]
    lines: tuple[TaskLine, ...]
    #: those of the lines that this person may open
    openable: frozenset[int]
    counts: dict[str, int]
    next_cursor: str
    role_names: Mapping[str, LocalizedText]
    process_names: Mapping[str, LocalizedText]
    #: user name and name of whom the tasks can be given to, empty where the person gives no tasks to others
    colleagues: tuple[tuple[str, str], ...]
    #: the views that the person sees, their own first
    views: tuple[WorkView, ...]
    #: those of the done tasks that the person can open again, as far as can be told at a glance
    reopenable: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTasks:
    """What comes after a task."""

    done: TaskLine
    lines: tuple[TaskLine, ...]
    mine: frozenset[int]
    same_case: frozenset[int]
    #: why the task cannot be opened again, None where it can
    obstacle: Obstacle | None


def worklist(uow: UnitOfWork, *, actor: Actor, wish: Wish, now: datetime) -> Worklist:
    """
    Return the page of the list that the wish asks for; it holds no client data.

    What is open or late in the unit is for those who supervise only; others get their own list instead.

    :raises InvalidInput: the order or the cursor is not ours
    """
    if actor.user_key is None:
        raise NotAllowed("worklist")
    ensure_order(wish.order)
    supervises = may_see_delays(actor)
    if wish.tab in SUPERVISED and not supervises:
        wish = replace(wish, tab=Tab.MINE)
    away = _away(uow, actor, actor.user_key, now)
    lines = _lines(uow, actor, actor.user_key, wish, now, PAGE_SIZE + 1, away=away)
    more = len(lines) > PAGE_SIZE
    shown = lines[:PAGE_SIZE]
    return Worklist(
        wish=wish,
        tabs=tuple(tab for tab in Tab if supervises or tab not in SUPERVISED),
        lines=tuple(shown),
        openable=_openable(uow, actor, wish, shown),
        counts=_counts(uow, actor, actor.user_key, away, now),
        next_cursor=_cursor(wish, shown[-1]) if more else "",
        role_names=dict(uow.accounts.roles()),
        process_names=uow.monitor.process_names(),
        colleagues=colleagues_of(uow, actor),
        views=tuple(uow.work_views.of(actor.user_key, actor.roles)),
        reopenable=_reopenable(uow, shown, now) if wish.tab is Tab.DONE else frozenset(),
    )


def _reopenable(uow: UnitOfWork, lines: Sequence[TaskLine], now: datetime) -> frozenset[int]:
    since = now - uow.reference.duration(LIMIT, usual=USUAL)
    recent = [line.key for line in lines if line.ended_at is not None and line.ended_at >= since]
    return frozenset(uow.way_back.offered(recent, since=since))


def ensure_order(order: Sequence[str]) -> None:
    """Check that a list can be sorted so. :raises InvalidInput: it cannot"""
    names = [name.removeprefix("-") for name in order]
    known = all(name in SORTABLE for name in names) and len(set(names)) == len(names)
    if not known or not 1 <= len(names) <= MOST_SORTED:
        raise InvalidInput([Problem("unknown_order", place="order")])


def _away(uow: UnitOfWork, actor: Actor, user_key: int, now: datetime) -> list[OnBehalf]:
    """Return whose tasks the actor does today because they are away, and for which roles."""
    if actor.client_key is not None:
        return []
    absences = uow.absences.stood_in_for(user_key, day=local_date(now))
    found = [OnBehalf(user_key=away, roles=actor.roles & limit if limit else actor.roles) for away, limit in absences]
    return [each for each in found if each.roles]


def _counts(uow: UnitOfWork, actor: Actor, user_key: int, away: Sequence[OnBehalf], now: datetime) -> dict[str, int]:
    counts = _own_counts(uow, actor, user_key, away, now)
    if may_see_delays(actor):
        for tab in SUPERVISED:
            counts[tab] = uow.worklist.count_of_unit(actor.unit_id, actor.areas, delayed_only=tab is Tab.DELAYED)
    return counts


def _own_counts(
    uow: UnitOfWork, actor: Actor, user_key: int, away: Sequence[OnBehalf], now: datetime
) -> dict[str, int]:
    """Count the tasks of who is away among the person's own, and apart too."""
    counts = uow.worklist.counts(user_key, actor.roles, actor.areas, now=now)
    if away:
        counts["away"], overdue = uow.worklist.count_of_away(away, actor.areas, now=now)
        counts["mine"] += counts["away"]
        counts["overdue"] += overdue
    return counts


def colleagues_of(uow: UnitOfWork, actor: Actor) -> tuple[tuple[str, str], ...]:
    """Return user name and name of those who work in the actor's unit, for who may give tasks to them."""
    return tuple(uow.accounts.people_in(actor.unit_id)) if may_direct_some(actor) else ()


def _openable(uow: UnitOfWork, actor: Actor, wish: Wish, lines: Sequence[TaskLine]) -> frozenset[int]:
    """A supervisor sees that a step is there or late, and opens it only where it is for them too; so a substitute."""
    if wish.tab not in SUPERVISED | {Tab.MINE}:
        return frozenset(line.key for line in lines)
    others = uow.tasks.get_many([line.key for line in lines if line.assignee != actor.user_key])
    return frozenset(
        line.key for line in lines if line.key not in others or may_take(actor, task=others[line.key].restriction)
    )


def _lines(
    uow: UnitOfWork,
    actor: Actor,
    user_key: int,
    wish: Wish,
    now: datetime,
    limit: int,
    *,
    away: Sequence[OnBehalf] | None = None,
) -> list[TaskLine]:
    kinds = [SORTED_KINDS[name.removeprefix("-")] for name in wish.full_order]
    after = read_place(wish.after, sorted_by=[datetime] if wish.tab is Tab.DONE else kinds)
    filters = filters_of(wish, actor, now)
    if wish.tab is Tab.MINE:
        away = _away(uow, actor, user_key, now) if away is None else away
        own = wish.holder is not Holder.AWAY
        if not own and not away:
            return []
        return uow.worklist.mine(
            user_key,
            away=away,
            areas=actor.areas,
            own=own,
            filters=filters,
            order=wish.full_order,
            after=after,
            limit=limit,
        )
    if wish.tab is Tab.DONE:
        return uow.worklist.done(user_key, filters=filters, after=after, limit=limit)
    if wish.holder is Holder.AWAY:
        # in the other lists nobody stands in for anybody
        return []
    if wish.tab in SUPERVISED:
        return uow.worklist.of_unit(
            user_key,
            actor.unit_id,
            actor.areas,
            delayed_only=wish.tab is Tab.DELAYED,
            filters=filters,
            order=wish.full_order,
            after=after,
            limit=limit,
        )
    return uow.worklist.offered(
        user_key,
        actor.roles,
        actor.areas,
        free_only=wish.tab is Tab.GROUPS,
        filters=filters,
        order=wish.full_order,
        after=after,
        limit=limit,
    )


def filters_of(wish: Wish, actor: Actor, now: datetime) -> Filters:
    """Return what the wish means for this person now."""
    before = _due_before(wish.due, now)
    return Filters(
        text=wish.text.strip()[:100],
        group_id=wish.group_id,
        process_id=wish.process_id,
        due_before=before,
        assignee=actor.user_key if wish.holder is Holder.ME else None,
        free=wish.holder is Holder.NOBODY,
        unit_id=actor.unit_id if wish.unit == OWN_UNIT else "",
        follow_up_until=now if wish.follow_up is FollowUp.REACHED else None,
        follow_up_after=now if wish.follow_up is FollowUp.AHEAD else None,
    )


def _due_before(due: str, now: datetime) -> datetime | None:
    today = local_date(now)
    workdays = workdays_of(due)
    if workdays is not None:
        return local_midnight(add_working_days(today, workdays) + timedelta(days=1))
    ends = {
        Due.OVERDUE: now,
        Due.TODAY: local_midnight(today + timedelta(days=1)),
        Due.WEEK: local_midnight(today + timedelta(days=7)),
    }
    return ends.get(Due(due)) if due in {item.value for item in Due} else None


def _cursor(wish: Wish, line: TaskLine) -> str:
    if wish.tab is Tab.DONE:
        return write_cursor(line.ended_at or NEVER, line.key)
    values: dict[str, datetime | int | str] = {
        "due": line.due_at or NEVER,
        "created": line.created_at,
        "priority": line.priority,
        "follow_up": line.follow_up_at or NEVER,
        "number": line.case_number,
    }
    return write_place([values[name.removeprefix("-")] for name in wish.full_order], line.key)


def first_lines(uow: UnitOfWork, *, actor: Actor, wish: Wish, now: datetime, limit: int) -> list[TaskLine]:
    """
    Return so many tasks of the list at most, from its beginning.

    :raises InvalidInput: the order is not ours
    """
    if actor.user_key is None or (wish.tab in SUPERVISED and not may_see_delays(actor)):
        raise NotAllowed("worklist")
    ensure_order(wish.order)
    return _lines(uow, actor, actor.user_key, replace(wish, after=""), now, limit)


def new_since(uow: UnitOfWork, *, actor: Actor, seen: int, now: datetime) -> int:
    """Return how many tasks more than `seen` are now in the actor's lists; says a number and nothing else."""
    if actor.user_key is None:
        return 0
    counts = _own_counts(uow, actor, actor.user_key, _away(uow, actor, actor.user_key, now), now)
    return max(0, counts["mine"] + counts["groups"] - seen)


def next_tasks(uow: UnitOfWork, *, task_key: int, actor: Actor, now: datetime) -> NextTasks:
    """Return what the actor could do next: first in the same case, then their own, then their groups'."""
    if actor.user_key is None:
        raise NotAllowed("worklist")
    task = uow.tasks.get(task_key)
    line = uow.worklist.line(task_key, actor.user_key)
    if line is None or task.completed_by != actor.user_key:
        raise Concealed("user task", task_key, case_key=task.case_key)
    of_case = uow.worklist.of_case(task.case_key, actor.user_key) if task.case_key else []
    others = uow.tasks.get_many([item.key for item in of_case])
    same = [
        item
        for item in of_case
        if item.assignee in {None, actor.user_key} and may_take(actor, task=others[item.key].restriction)
    ]
    mine = _lines(uow, actor, actor.user_key, Wish(tab=Tab.MINE), now, 5)
    free = _lines(uow, actor, actor.user_key, Wish(tab=Tab.GROUPS), now, 5)
    found = {item.key: item for item in [*same, *mine, *free]}
    return NextTasks(
        done=line,
        lines=tuple(found.values())[:5],
        mine=frozenset(item.key for item in found.values() if item.assignee == actor.user_key),
        same_case=frozenset(item.key for item in same),
        obstacle=obstacle_now(
            uow.way_back.standing(task.instance_key),
            task_key=task_key,
            properties=task.properties,
            lasts=uow.reference.duration(LIMIT, area_id=task.area_id, usual=USUAL),
            now=now,
        ),
    )
