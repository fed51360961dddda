"""People's own reminders; what they wrote is encrypted, and read by nobody else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.reminders import Reminder
from app.storage.encryption import Cipher
from app.storage.tables.teamwork import reminder
from app.storage.types import AnyRow


class Reminders:
    """Notes to oneself with a day."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, *, user_key: int, day: date, text: str, now: datetime) -> int:
        """Insert a reminder and return its key."""
        key = new_key()
        self._connection.execute(
            reminder.insert().values(
                key=key,
                user_key=user_key,
                day=day,
                content=self._cipher.encrypt(text.encode(), table="reminder", key=key, field="content"),
                made_at=now,
            )
        )
        return key

    def count_open(self, user_key: int) -> int:
        """Return how many the person has that are not done."""
        query = select(func.count()).select_from(reminder)
        return self._connection.scalar(query.where(reminder.c.user_key == user_key, reminder.c.done_at.is_(None))) or 0

    def of_person(self, user_key: int, *, done_since: datetime, until: date | None = None) -> list[Reminder]:
        """Return the person's open reminders, and those done since; of the open ones only those until the day."""
        rows = self._connection.execute(
            select(reminder)
            .where(
                reminder.c.user_key == user_key,
                or_(reminder.c.done_at.is_(None), reminder.c.done_at >= done_since),
                *(() if until is None else (reminder.c.day <= until,)),
            )
            .order_by(reminder.c.day, reminder.c.made_at, reminder.c.key)
        )
        return [self._to_reminder(row) for row in rows]

    def change(self, key: int, *, user_key: int, **values: Any) -> None:
        """Write the day or when it was done. :raises NotFound: the person has no such reminder"""
        own = update(reminder).where(reminder.c.key == key, reminder.c.user_key == user_key).values(**values)
        if self._connection.execute(own).rowcount != 1:
            raise NotFound("reminder", key)

    def _to_reminder(self, row: AnyRow) -> Reminder:
        content: Any = row.content
        return Reminder(
            key=row.key,
            day=row.day,
            text=self._cipher.decrypt(content, table="reminder", key=row.key, field="content").decode(),
            done_at=row.done_at,
        )
