"""What must hold of every open case, asked in one statement each, and the report of what does not (rule X9)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, func, insert, literal, or_, select, update

from app.storage.statements import insert_new
from app.storage.tables.care import care_case
from app.storage.tables.instances import job, message_subscription, process_instance, timer
from app.storage.tables.people import position, unit, user_account
from app.storage.tables.work import invariant_violation, nightly_run, task_offer, user_task

#: the name of the look among what is done once a night
NIGHTLY_RUN = "invariants"
#: before the first
_NO_NIGHT = datetime(2000, 1, 1, tzinfo=UTC)
NO_OWNER, OWNER_LEFT, NOTHING_OPEN = "no_owner", "owner_left", "nothing_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An open case that breaks a rule; `since` is the night in which it was found first."""

    case_key: int
    case_number: str
    area_id: str
    owner_name: str
    kind: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanGroup:
    """A group that has free tasks in an area ("" = any) and nobody who could take them."""

    group_id: str
    area_id: str
    tasks: int
    #: when the first of them is due; NEVER where none is
    due_at: datetime


def _in_an_active_instance(table: Table, *open_now: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether something of the table is open in an active instance of the case."""
    return (
        select(literal(1))
        .select_from(process_instance.join(table, table.c.instance_key == process_instance.c.key))
        .where(process_instance.c.case_key == care_case.c.key, process_instance.c.status == "active", *open_now)
        .correlate(care_case)
        .exists()
    )


_TASK = (
    select(literal(1))
    .where(user_task.c.case_key == care_case.c.key, user_task.c.status == "open")
    .correlate(care_case)
    .exists()
)
_OWNER_WORKS_HERE = (
    select(literal(1))
    .select_from(user_account.join(position, position.c.user_key == user_account.c.key))
    .where(user_account.c.key == care_case.c.owner_key, user_account.c.disabled.is_(False))
    .correlate(care_case)
    .exists()
)
#: kind of violation -> what is wrong with an open case. A job under way is work that goes on by itself
_WRONG: Mapping[str, ColumnElement[bool]] = {
    NO_OWNER: care_case.c.owner_key.is_(None),
    OWNER_LEFT: and_(care_case.c.owner_key.is_not(None), ~_OWNER_WORKS_HERE),
    NOTHING_OPEN: ~or_(
        _TASK,
        _in_an_active_instance(timer, timer.c.status == "open"),
        _in_an_active_instance(message_subscription, message_subscription.c.status == "open"),
        _in_an_active_instance(job, job.c.status.in_(("ready", "leased"))),
    ),
}


class Invariants:
    """The nightly look at all open cases, and what it found."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_night(self, name: str, night: datetime, *, now: datetime) -> bool:
        """Take the night's run for this transaction; return False where it was done already, by whomever."""
        insert_new(self._connection, nightly_run, {"name": name, "night": _NO_NIGHT}, keys=("name",))
        result = self._connection.execute(
            update(nightly_run)
            .where(nightly_run.c.name == name, nightly_run.c.night < night)
            .values(night=night, done_at=now)
        )
        return result.rowcount == 1

    def last_night(self, name: str) -> datetime | None:
        """Return when the nightly run was done last."""
        return self._connection.scalar(select(nightly_run.c.done_at).where(nightly_run.c.name == name))

    def note(self, *, now: datetime) -> None:
        """Note the open cases that break a rule and were not noted before."""
        for kind, wrong in _WRONG.items():
            known = (
                select(literal(1))
                .where(
                    invariant_violation.c.case_key == care_case.c.key,
                    invariant_violation.c.kind == kind,
                    invariant_violation.c.mended_at.is_(None),
                )
                .correlate(care_case)
                .exists()
            )
            found = select(care_case.c.key, literal(kind), literal(now, invariant_violation.c.since.type)).where(
                care_case.c.status == "open", wrong, ~known
            )
            self._connection.execute(insert(invariant_violation).from_select(["case_key", "kind", "since"], found))

    def mend(self, *, now: datetime) -> int:
        """End what was noted and does not hold any more, or whose case has ended; return how many."""
        mended = 0
        for kind, wrong in _WRONG.items():
            still = (
                select(literal(1))
                .where(care_case.c.key == invariant_violation.c.case_key, care_case.c.status == "open", wrong)
                .correlate(invariant_violation)
                .exists()
            )
            mended += self._connection.execute(
                update(invariant_violation)
                .where(invariant_violation.c.kind == kind, invariant_violation.c.mended_at.is_(None), ~still)
                .values(mended_at=now)
            ).rowcount
        return mended

    def count(self) -> int:
        """Return how many violations are open."""
        query = select(func.count()).select_from(invariant_violation).where(invariant_violation.c.mended_at.is_(None))
        return int(self._connection.execute(query).scalar_one())

    def orphan_groups(self, *, besides: Collection[str], limit: int) -> list[OrphanGroup]:
        """Return the groups, `besides` some, with free tasks of which nobody works in the area; urgent ones first."""
        works_there = (
            select(literal(1))
            .select_from(
                position.join(unit, unit.c.id == position.c.unit_id).join(
                    user_account, user_account.c.key == position.c.user_key
                )
            )
            .where(
                position.c.role_id == task_offer.c.group_id,
                user_account.c.disabled.is_(False),
                or_(task_offer.c.area_id == "", unit.c.area_id == "", unit.c.area_id == task_offer.c.area_id),
            )
            .correlate(task_offer)
            .exists()
        )
        first_due = func.min(task_offer.c.due_at, type_=task_offer.c.due_at.type)
        rows = self._connection.execute(
            select(task_offer.c.group_id, task_offer.c.area_id, func.count().label("tasks"), first_due.label("due_at"))
            .where(task_offer.c.assignee.is_(None), task_offer.c.group_id.not_in(sorted(besides)))
            .group_by(task_offer.c.group_id, task_offer.c.area_id)
            .having(~works_there)
            .order_by(first_due, task_offer.c.group_id, task_offer.c.area_id)
            .limit(limit)
        )
        return [
            OrphanGroup(group_id=row.group_id, area_id=row.area_id, tasks=row.tasks, due_at=row.due_at) for row in rows
        ]

    def open(self, *, limit: int) -> list[Violation]:
        """Return the open violations, the oldest first."""
        query = (
            select(invariant_violation, care_case.c.number, care_case.c.area_id, user_account.c.name)
            .join(care_case, care_case.c.key == invariant_violation.c.case_key)
            .outerjoin(user_account, user_account.c.key == care_case.c.owner_key)
            .where(invariant_violation.c.mended_at.is_(None))
            .order_by(invariant_violation.c.since, invariant_violation.c.case_key, invariant_violation.c.kind)
            .limit(limit)
        )
        return [
            Violation(
                case_key=row.case_key,
                case_number=row.number,
                area_id=row.area_id,
                owner_name=row.name or "",
                kind=row.kind,
                since=row.since,
            )
            for row in self._connection.execute(query)
        ]
