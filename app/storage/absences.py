"""Absences: who is away on which days, and who stands in; notes are encrypted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from app.domain.absences import Absence
from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.storage.encryption import Cipher
from app.storage.tables.people import user_account
from app.storage.tables.teamwork import absence
from app.storage.types import AnyRow

_AWAY, _SUBSTITUTE = user_account.alias("away"), user_account.alias("substitute")
_SELECT = (
    select(absence, _AWAY.c.name.label("user_name"), _SUBSTITUTE.c.name.label("substitute_name"))
    .join(_AWAY, _AWAY.c.key == absence.c.user_key)
    .join(_SUBSTITUTE, _SUBSTITUTE.c.key == absence.c.substitute_key)
    .where(absence.c.ended_at.is_(None))
)


class Absences:
    """Who is away, and who stands in."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(
        self,
        *,
        user_key: int,
        substitute_key: int,
        first_day: date,
        last_day: date,
        roles: Collection[str],
        note: str,
        now: datetime,
    ) -> int:
        """Insert an absence and return its key."""
        key = new_key()
        sealed = self._cipher.encrypt(note.encode(), table="absence", key=key, field="note") if note else None
        self._connection.execute(
            insert(absence).values(
                key=key,
                user_key=user_key,
                substitute_key=substitute_key,
                first_day=first_day,
                last_day=last_day,
                roles=sorted(roles),
                note=sealed,
                made_at=now,
            )
        )
        return key

    def get(self, key: int) -> Absence:
        """Return the absence. :raises NotFound: there is none, or it was ended"""
        found = self._list(absence.c.key == key)
        if not found:
            raise NotFound("absence", key)
        return found[0]

    def of_person(self, user_key: int, *, since: date) -> list[Absence]:
        """Return the absences of the person, and those for which they stand in, that are not over on the day."""
        own = or_(absence.c.user_key == user_key, absence.c.substitute_key == user_key)
        return self._list(own, absence.c.last_day >= since)

    def for_substitute(self, substitute_key: int, *, away: int, day: date) -> list[Absence]:
        """Return the absences of `away` on the day for which the person stands in."""
        return self._list(
            absence.c.substitute_key == substitute_key,
            absence.c.user_key == away,
            absence.c.first_day <= day,
            absence.c.last_day >= day,
        )

    def stood_in_for(self, substitute_key: int, *, day: date) -> list[tuple[int, frozenset[str]]]:
        """Return for whom the person stands in on the day, each with the roles that it is limited to (none = all)."""
        rows = self._connection.execute(
            select(absence.c.user_key, absence.c.roles)
            .where(
                absence.c.substitute_key == substitute_key,
                absence.c.first_day <= day,
                absence.c.last_day >= day,
                absence.c.ended_at.is_(None),
            )
            .order_by(absence.c.key)
        )
        return [(row.user_key, frozenset(row.roles)) for row in rows]

    def end(self, key: int, *, now: datetime) -> bool:
        """End the absence; return False where somebody did so before."""
        ended = update(absence).where(absence.c.key == key, absence.c.ended_at.is_(None)).values(ended_at=now)
        return self._connection.execute(ended).rowcount == 1

    def _list(self, *chosen: ColumnElement[bool]) -> list[Absence]:
        rows = self._connection.execute(_SELECT.where(*chosen).order_by(absence.c.first_day, absence.c.key))
        return [self._to_absence(row) for row in rows]

    def _to_absence(self, row: AnyRow) -> Absence:
        note: Any = row.note
        return Absence(
            key=row.key,
            user_key=row.user_key,
            user_name=row.user_name,
            substitute_key=row.substitute_key,
            substitute_name=row.substitute_name,
            first_day=row.first_day,
            last_day=row.last_day,
            roles=frozenset(row.roles),
            note=self._cipher.decrypt(note, table="absence", key=row.key, field="note").decode() if note else "",
        )
