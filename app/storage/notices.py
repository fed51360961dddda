"""Notices to people: what they should know about a task, whether they have seen it, whether a mail is wanted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, literal, select, tuple_, update

from app.domain.keys import new_key
from app.domain.notices import Notice, NoticeKind
from app.storage.reads import find_rows
from app.storage.statements import insert_many_new
from app.storage.tables.care import care_case
from app.storage.tables.people import position, unit, user_account
from app.storage.tables.teamwork import notice
from app.storage.tables.work import user_task
from app.storage.types import AnyRow
from app.storage.writes import write

_ADD = insert(notice).inline()
#: the number beside the place stops here
MOST_COUNTED = 100
#: asked with every page, hence made once
_COUNT_UNREAD = select(func.count().label("unread")).select_from(
    select(notice.c.key)
    .where(notice.c.user_key == bindparam("person"), notice.c.read_at.is_(None))
    .limit(MOST_COUNTED)
    .subquery()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMail:
    """A notice of which somebody has to see whether a mail is wanted."""

    key: int
    user_key: int
    kind: NoticeKind
    at: datetime
    is_read: bool
    tries: int
    address: str = field(repr=False)
    language: str
    settings: Mapping[str, Any]
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUpMails:
    """How many mails about notices could not be sent to somebody, and when that was given up last."""

    name: str
    count: int
    last_at: datetime


class Notices:
    """What was brought to whose notice."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, people: Collection[int], kind: NoticeKind, *, task_key: int, by: int | None, now: datetime) -> None:
        """Tell each of the people; the one who did it is not told of it."""
        told = [person for person in dict.fromkeys(people) if person != by]
        write(self._connection, _ADD, [self._row(person, kind, task_key, by, now) for person in told])

    def add_once(
        self, person: int, kind: NoticeKind, *, task_key: int, once: str, by: int | None = None, now: datetime
    ) -> None:
        """Tell the person, unless they were told of `once` before."""
        row = self._row(person, kind, task_key, by, now) | {"once": once}
        insert_many_new(self._connection, notice, [row], keys=("user_key", "once"))

    def add_due(self, tasks: Collection[tuple[int, int, datetime]], *, now: datetime) -> None:
        """Tell the holders (second) of the tasks (first) when they are due (third), each once."""
        rows = [
            self._row(holder, NoticeKind.DUE, task_key, None, now) | {"once": f"due:{task_key}:{due_at.isoformat()}"}
            for task_key, holder, due_at in tasks
        ]
        insert_many_new(self._connection, notice, rows, keys=("user_key", "once"))

    @staticmethod
    def _row(person: int, kind: NoticeKind, task_key: int, by: int | None, now: datetime) -> dict[str, Any]:
        return {
            "key": new_key(),
            "user_key": person,
            "kind": str(kind),
            "task_key": task_key,
            "by": by,
            "at": now,
            "mail_at": now,
        }

    def of_person(self, user_key: int, *, after: tuple[datetime, int] | None, limit: int) -> list[Notice]:
        """Return the person's notices, the newest first."""
        by = user_account.alias("by_account")
        query = (
            select(notice, user_task.c.name.label("task_name"), care_case.c.number, by.c.name.label("by_name"))
            .join(user_task, user_task.c.key == notice.c.task_key)
            .outerjoin(care_case, care_case.c.key == user_task.c.case_key)
            .outerjoin(by, by.c.key == notice.c.by)
            .where(notice.c.user_key == user_key)
        )
        if after is not None:
            bound = tuple_(literal(after[0], notice.c.at.type), literal(after[1], notice.c.key.type))
            query = query.where(tuple_(notice.c.at, notice.c.key) < bound)
        rows = self._connection.execute(query.order_by(notice.c.at.desc(), notice.c.key.desc()).limit(limit))
        return [_to_notice(row) for row in rows]

    def count_unread(self, user_key: int) -> int:
        """Return how many notices the person has not seen, at most `MOST_COUNTED`."""
        [row] = find_rows(self._connection, _COUNT_UNREAD, person=user_key)
        count: int = row.unread
        return count

    def has_unread(self, user_key: int, *, task_key: int) -> bool:
        """Tell whether something about the task is new to the person."""
        query = select(literal(1)).where(
            notice.c.user_key == user_key, notice.c.task_key == task_key, notice.c.read_at.is_(None)
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def asking(self, task_key: int, holder: int) -> list[tuple[str, str]]:
        """Return user name and name of those who have asked the holder for the task since it is theirs."""
        rows = self._connection.execute(
            select(user_account.c.username, user_account.c.name)
            .join(notice, notice.c.by == user_account.c.key)
            .join(user_task, user_task.c.key == notice.c.task_key)
            .where(
                notice.c.task_key == task_key,
                notice.c.user_key == holder,
                notice.c.kind == str(NoticeKind.ASKED),
                notice.c.at >= user_task.c.claimed_at,
                user_account.c.disabled.is_(False),
            )
            .order_by(notice.c.at, notice.c.key)
        )
        return [(row.username, row.name) for row in rows]

    def mark_read(self, user_key: int, *, task_key: int | None, now: datetime) -> int:
        """Note that the person has seen what is new about the task, or everything; return how much it was."""
        statement = update(notice).where(notice.c.user_key == user_key, notice.c.read_at.is_(None))
        if task_key is not None:
            statement = statement.where(notice.c.task_key == task_key)
        return self._connection.execute(statement.values(read_at=now)).rowcount

    def due_soon(self, *, now: datetime, until: datetime, limit: int) -> list[tuple[int, int, datetime]]:
        """Return task, holder and due date of the open tasks that are due until then and whose holder was not told."""
        told = (
            select(literal(1))
            .where(
                notice.c.task_key == user_task.c.key,
                notice.c.user_key == user_task.c.assignee,
                notice.c.kind == str(NoticeKind.DUE),
            )
            .exists()
        )
        rows = self._connection.execute(
            select(user_task.c.key, user_task.c.assignee, user_task.c.due_at)
            .join(user_account, user_account.c.key == user_task.c.assignee)
            .where(
                user_task.c.status == "open",
                user_task.c.assignee.is_not(None),
                user_task.c.due_at > now,
                user_task.c.due_at <= until,
                ~told,
            )
            .order_by(user_task.c.due_at, user_task.c.key)
            .limit(limit)
        )
        return [(row.key, row.assignee, row.due_at) for row in rows]

    def supervisors(self, roles: Collection[str], *, unit_id: str, area_id: str) -> list[int]:
        """Return those who have one of the roles in the unit, or anywhere in the area where no unit is named."""
        query = (
            select(position.c.user_key)
            .join(unit, unit.c.id == position.c.unit_id)
            .join(user_account, user_account.c.key == position.c.user_key)
            .where(position.c.role_id.in_(sorted(roles)), user_account.c.disabled.is_(False))
            .distinct()
        )
        query = query.where(unit.c.id == unit_id) if unit_id else query.where(unit.c.area_id.in_((area_id, "")))
        return list(self._connection.scalars(query.order_by(position.c.user_key)))

    # -- mails -------------------------------------------------------------------------------------------------------

    def waiting_for_mail(self, *, now: datetime, limit: int) -> list[WaitingMail]:
        """Return notices of which it is time to see whether a mail is wanted; what a rival is at is left to it."""
        rows = self._connection.execute(
            select(
                notice.c.key,
                notice.c.user_key,
                notice.c.kind,
                notice.c.at,
                notice.c.read_at,
                notice.c.mail_tries,
                user_account.c.email,
                user_account.c.language,
                user_account.c.settings,
                user_account.c.disabled,
            )
            .join(user_account, user_account.c.key == notice.c.user_key)
            .where(notice.c.mail_at <= now)
            .order_by(notice.c.mail_at, notice.c.key)
            .limit(limit)
            .with_for_update(skip_locked=True, of=notice)
        )
        return [
            WaitingMail(
                key=row.key,
                user_key=row.user_key,
                kind=NoticeKind(row.kind),
                at=row.at,
                is_read=row.read_at is not None,
                tries=row.mail_tries,
                address=row.email,
                language=row.language,
                settings=row.settings,
                disabled=row.disabled,
            )
            for row in rows
        ]

    def put_off_mail(self, keys: Collection[int], *, until: datetime | None, tried: bool) -> None:
        """Look at the mails of these notices then, or (None) never again; `tried` counts a try."""
        if not keys:
            return
        values: dict[str, Any] = {"mail_at": until}
        if tried:
            values["mail_tries"] = notice.c.mail_tries + 1
        self._connection.execute(update(notice).where(notice.c.key.in_(keys)).values(values))

    def give_up_mail(self, keys: Collection[int], *, now: datetime) -> None:
        """Note that the mails of these notices could not be sent; nobody tries them again."""
        if keys:
            statement = update(notice).where(notice.c.key.in_(keys))
            self._connection.execute(statement.values(mail_at=None, mail_given_up_at=now))

    def given_up_mails(self, *, limit: int) -> list[GivenUpMails]:
        """Return to whom mails could not be sent about notices that they have not seen since, the latest first."""
        last = func.max(notice.c.mail_given_up_at, type_=notice.c.mail_given_up_at.type)
        rows = self._connection.execute(
            select(user_account.c.name, func.count().label("mails"), last.label("last_at"))
            .join(notice, notice.c.user_key == user_account.c.key)
            .where(
                notice.c.mail_given_up_at.is_not(None),
                notice.c.read_at.is_(None),
                user_account.c.disabled.is_(False),
            )
            .group_by(user_account.c.key, user_account.c.name)
            .order_by(last.desc(), user_account.c.key)
            .limit(limit)
        )
        return [GivenUpMails(name=row.name, count=row.mails, last_at=row.last_at) for row in rows]


def _to_notice(row: AnyRow) -> Notice:
    return Notice(
        key=row.key,
        kind=NoticeKind(row.kind),
        task_key=row.task_key,
        task_name=row.task_name,
        case_number=row.number or "",
        by_name=row.by_name or "",
        at=row.at,
        read_at=row.read_at,
    )
