"""Which law somebody has named for reading a case, why, until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select

from app.domain.sharing import DataGroup
from app.domain.statutes import NamedStatute, Naming
from app.storage.encryption import Cipher
from app.storage.tables.people import user_account
from app.storage.tables.rights import statute_access


class StatuteReadings:
    """Namings of statutes by their readers."""

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
        ground_id: str,
        statute: NamedStatute,
        reason: str,
        now: datetime,
        until: datetime,
    ) -> None:
        """Insert a naming; the case is locked."""
        self._connection.execute(
            insert(statute_access).values(
                key=key,
                case_key=case_key,
                user_key=user_key,
                organisation_id=organisation_id,
                unit_id=unit_id,
                ground_id=ground_id,
                number=statute.number,
                data_groups=sorted(statute.groups),
                reason=self._cipher.encrypt(reason.encode(), table="statute_access", key=key, field="reason"),
                opened_at=now,
                ends_at=until,
            )
        )

    def live(self, case_key: int, *, user_key: int, organisation_id: str, now: datetime) -> list[Naming]:
        """Return what the person has named for the case at that organisation and lasts now; decrypts nothing."""
        table = statute_access.c
        rows = self._connection.execute(
            select(statute_access)
            .where(
                table.case_key == case_key,
                table.user_key == user_key,
                table.organisation_id == organisation_id,
                table.opened_at <= now,
                table.ends_at > now,
            )
            .order_by(table.opened_at, table.key)
        )
        return [
            Naming(
                key=row.key,
                case_key=row.case_key,
                user_name="",
                ground_id=row.ground_id,
                statute=_statute(row.number, row.data_groups),
                opened_at=row.opened_at,
                ends_at=row.ends_at,
            )
            for row in rows
        ]

    def of_case(self, case_key: int) -> list[Naming]:
        """Return every naming of the case with its reason, the oldest first: for the client's copy of data."""
        table = statute_access.c
        rows = self._connection.execute(
            select(statute_access, user_account.c.name)
            .join(user_account, user_account.c.key == table.user_key)
            .where(table.case_key == case_key)
            .order_by(table.opened_at, table.key)
        )
        return [
            Naming(
                key=row.key,
                case_key=row.case_key,
                user_name=row.name,
                ground_id=row.ground_id,
                statute=_statute(row.number, row.data_groups),
                opened_at=row.opened_at,
                ends_at=row.ends_at,
                reason=self._cipher.decrypt(row.reason, table="statute_access", key=row.key, field="reason").decode(),
            )
            for row in rows
        ]


def _statute(number: str, groups: Collection[str]) -> NamedStatute:
    return NamedStatute(number=number, groups=frozenset(DataGroup(group) for group in groups))
