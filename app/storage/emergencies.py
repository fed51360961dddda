"""Openings of cases in an emergency, and their reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from app.domain.emergency import Cause, Opening, Verdict
from app.domain.errors import NotFound
from app.storage.encryption import Cipher
from app.storage.tables.care import care_case
from app.storage.tables.people import user_account
from app.storage.tables.rights import emergency_access

_reviewer = user_account.alias("reviewer")
_SELECT = (
    select(
        emergency_access,
        care_case.c.number,
        care_case.c.client_key,
        care_case.c.controller_org_id,
        user_account.c.name.label("user_name"),
        _reviewer.c.name.label("reviewer_name"),
    )
    .join(care_case, care_case.c.key == emergency_access.c.case_key)
    .join(user_account, user_account.c.key == emergency_access.c.user_key)
    .outerjoin(_reviewer, _reviewer.c.key == emergency_access.c.reviewed_by)
)


class Emergencies:
    """Who has opened which case, why, until when."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(
        self,
        *,
        key: int,
        case_key: int,
        user_key: int,
        organisation_id: str,
        unit_id: str,
        cause: Cause,
        reason: str,
        now: datetime,
        until: datetime,
    ) -> None:
        """Insert an opening; the case is locked."""
        self._connection.execute(
            insert(emergency_access).values(
                key=key,
                case_key=case_key,
                user_key=user_key,
                organisation_id=organisation_id,
                unit_id=unit_id,
                cause=cause,
                reason=self._cipher.encrypt(reason.encode(), table="emergency_access", key=key, field="reason"),
                opened_at=now,
                ends_at=until,
            )
        )

    def live(self, case_key: int, *, user_key: int, now: datetime) -> Opening | None:
        """Return the person's opening of the case that lasts now, None where there is none; decrypts nothing."""
        table = emergency_access.c
        row = self._connection.execute(
            _SELECT.where(
                table.case_key == case_key,
                table.user_key == user_key,
                table.opened_at <= now,
                table.ends_at > now,
                table.ended_at.is_(None),
            )
            .order_by(table.ends_at.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else self._to_opening(row, with_texts=False)

    def end(self, key: int, *, now: datetime) -> None:
        """Let the opening open nothing from now on."""
        self._connection.execute(
            update(emergency_access)
            .where(emergency_access.c.key == key, emergency_access.c.ended_at.is_(None))
            .values(ended_at=now)
        )

    def get(self, key: int) -> Opening:
        """Return the opening with what was written about it. :raises NotFound: no such opening"""
        row = self._connection.execute(_SELECT.where(emergency_access.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("emergency", key)
        return self._to_opening(row, with_texts=True)

    def review(self, key: int, *, verdict: Verdict, note: str, by: int | None, now: datetime) -> bool:
        """Write what the review came to; return False where somebody has reviewed it already."""
        result = self._connection.execute(
            update(emergency_access)
            .where(emergency_access.c.key == key, emergency_access.c.verdict.is_(None))
            .values(
                verdict=verdict,
                note=self._cipher.encrypt(note.encode(), table="emergency_access", key=key, field="note"),
                reviewed_at=now,
                reviewed_by=by,
            )
        )
        return result.rowcount == 1

    def of_organisation(self, organisation_id: str, *, limit: int) -> list[Opening]:
        """Return the openings by the organisation's people or of its registers, unreviewed first, newest first."""
        return self._list(_SELECT.where(_concerns(organisation_id)), limit)

    def of_unit(self, unit_id: str, *, limit: int) -> list[Opening]:
        """Return the openings by people of the unit, unreviewed first, newest first."""
        return self._list(_SELECT.where(emergency_access.c.unit_id == unit_id), limit)

    def count_unreviewed(self, *, organisation_id: str = "", unit_id: str = "") -> int:
        """Return how many openings nobody has reviewed, of the organisation or of the unit."""
        concerned = _concerns(organisation_id) if organisation_id else emergency_access.c.unit_id == unit_id
        query = (
            select(func.count())
            .select_from(emergency_access.join(care_case, care_case.c.key == emergency_access.c.case_key))
            .where(emergency_access.c.verdict.is_(None), concerned)
        )
        return int(self._connection.scalar(query) or 0)

    def _list(self, query: Select[Any], limit: int) -> list[Opening]:
        table = emergency_access.c
        rows = self._connection.execute(
            query.order_by(table.verdict.is_not(None), table.opened_at.desc(), table.key).limit(limit)
        )
        return [self._to_opening(row, with_texts=False) for row in rows]

    def _to_opening(self, row: Row[Any], *, with_texts: bool) -> Opening:
        return Opening(
            key=row.key,
            case_key=row.case_key,
            case_number=row.number,
            client_key=row.client_key,
            controller_organisation_id=row.controller_org_id,
            user_key=row.user_key,
            user_name=row.user_name,
            organisation_id=row.organisation_id,
            unit_id=row.unit_id,
            cause=Cause(row.cause),
            opened_at=row.opened_at,
            ends_at=row.ends_at,
            ended_at=row.ended_at,
            reason=self._text(row, "reason") if with_texts else "",
            verdict=None if row.verdict is None else Verdict(row.verdict),
            note=self._text(row, "note") if with_texts and row.note is not None else "",
            reviewed_at=row.reviewed_at,
            reviewed_by=row.reviewer_name or "",
        )

    def _text(self, row: Row[Any], field: str) -> str:
        return self._cipher.decrypt(getattr(row, field), table="emergency_access", key=row.key, field=field).decode()


def _concerns(organisation_id: str) -> Any:
    return or_(emergency_access.c.organisation_id == organisation_id, care_case.c.controller_org_id == organisation_id)
