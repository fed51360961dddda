"""How much work people and roles of a unit have before them: numbers, and nothing of any task."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, func, literal, select

from app.storage.tables.people import position, user_account
from app.storage.tables.teamwork import absence
from app.storage.tables.work import task_offer, user_task


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLoad:
    """Open tasks that somebody holds, in whichever unit; `put_off`: those to which they come back later."""

    name: str
    open: int
    overdue: int
    #: due until the asked moment, and not overdue
    soon: int
    put_off: int
    #: the last day of their absence today, and who stands in
    away_until: date | None
    substitute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLoad:
    """Open tasks of the unit that are offered to the role and that nobody holds; since when the oldest waits."""

    role_id: str
    free: int
    overdue: int
    oldest: datetime


class Workload:
    """Reads of numbers of open tasks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_people(self, unit_id: str, *, now: datetime, soon: datetime, today: date) -> list[PersonLoad]:
        """Return the load of each who works in the unit and signs in, by name; `today` is the day in Finland."""
        moment, until = literal(now, user_task.c.due_at.type), literal(soon, user_task.c.due_at.type)
        working = select(position.c.user_key).where(position.c.unit_id == unit_id)
        due = user_task.c.due_at
        rows = self._connection.execute(
            select(
                user_account.c.key,
                user_account.c.name,
                func.count(user_task.c.key).label("open"),
                func.count(user_task.c.key).filter(due < moment).label("overdue"),
                func.count(user_task.c.key).filter(due >= moment, due < until).label("soon"),
                func.count(user_task.c.key).filter(user_task.c.follow_up_at > moment).label("put_off"),
            )
            .outerjoin(user_task, and_(user_task.c.assignee == user_account.c.key, user_task.c.status == "open"))
            .where(user_account.c.key.in_(working), user_account.c.disabled.is_(False))
            .group_by(user_account.c.key, user_account.c.name, user_account.c.sort_key)
            .order_by(user_account.c.sort_key, user_account.c.name, user_account.c.key)
        ).all()
        away = self._away([row.key for row in rows], today)
        return [
            PersonLoad(
                name=row.name,
                open=row.open,
                overdue=row.overdue,
                soon=row.soon,
                put_off=row.put_off,
                away_until=away.get(row.key, (None, ""))[0],
                substitute=away.get(row.key, (None, ""))[1],
            )
            for row in rows
        ]

    def _away(self, people: Collection[int], today: date) -> dict[int, tuple[date, str]]:
        rows = self._connection.execute(
            select(absence.c.user_key, absence.c.last_day, user_account.c.name)
            .join(user_account, user_account.c.key == absence.c.substitute_key)
            .where(
                absence.c.user_key.in_(people),
                absence.c.first_day <= today,
                absence.c.last_day >= today,
                absence.c.ended_at.is_(None),
            )
            .order_by(absence.c.last_day, absence.c.key)
        )
        # of several that overlap the one that lasts longest
        return {row.user_key: (row.last_day, row.name) for row in rows}

    def of_groups(self, unit_id: str, areas: Collection[str] | None, *, now: datetime) -> list[GroupLoad]:
        """Return the load of each role with free tasks in the unit (None: every area), the most first."""
        moment = literal(now, user_task.c.due_at.type)
        free = func.count(user_task.c.key)
        query = (
            select(
                task_offer.c.group_id,
                free.label("free"),
                free.filter(user_task.c.due_at < moment).label("overdue"),
                func.min(user_task.c.created_at).label("oldest"),
            )
            .join(user_task, user_task.c.key == task_offer.c.task_key)
            .where(
                task_offer.c.assignee.is_(None), user_task.c.status == "open", user_task.c.unit_id.in_((unit_id, ""))
            )
            .group_by(task_offer.c.group_id)
            .order_by(free.desc(), task_offer.c.group_id)
        )
        if areas is not None:
            query = query.where(task_offer.c.area_id.in_({*areas, ""}))
        return [
            GroupLoad(role_id=row.group_id, free=row.free, overdue=row.overdue, oldest=row.oldest)
            for row in self._connection.execute(query)
        ]
