"""Who may act for a client: found by the blind index of their identity code, named only where the case is open."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from app.domain.client_sessions import Mandate, Person
from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.clients import Clients
from app.storage.encryption import Cipher
from app.storage.tables.clients_door import mandate


class Mandates:
    """The mandates of representatives."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def digest_of(self, identity_code: str) -> bytes:
        """Return the blind index of an identity code in its one form; the same as clients are found by."""
        return self._cipher.digest("identity_code", identity_code)

    def add(
        self,
        *,
        client_key: int,
        identity_code: str,
        name: str,
        basis: str,
        groups: Collection[DataGroup],
        valid_from: datetime,
        valid_until: datetime,
        recorded_by: int | None,
        now: datetime,
    ) -> int:
        """Insert a mandate and return its key; `basis` says in words what it stands on."""
        key = new_key()
        details = msgspec.json.encode({"name": name, "identity_code": identity_code, "basis": basis})
        self._connection.execute(
            insert(mandate).values(
                key=key,
                client_key=client_key,
                person_digest=self.digest_of(identity_code),
                details=self._cipher.encrypt(details, table="mandate", key=key, field="details"),
                data_groups=sorted(groups),
                valid_from=valid_from,
                valid_until=valid_until,
                recorded_at=now,
                recorded_by=recorded_by,
            )
        )
        return key

    def get(self, key: int) -> Mandate:
        """Return the mandate. :raises NotFound: no such mandate"""
        row = self._connection.execute(select(mandate).where(mandate.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("mandate", key)
        return self._to_mandate(row)

    def of_client(self, client_key: int) -> list[Mandate]:
        """Return all mandates for the client, ended ones too, the newest first."""
        rows = self._connection.execute(
            select(mandate).where(mandate.c.client_key == client_key).order_by(mandate.c.recorded_at.desc())
        )
        return [self._to_mandate(row) for row in rows]

    def of_person(self, person_digest: bytes) -> list[Mandate]:
        """Return all mandates of the person with this digest, ended ones too, in their order."""
        rows = self._connection.execute(
            select(mandate)
            .where(mandate.c.person_digest == person_digest)
            .order_by(mandate.c.recorded_at, mandate.c.key)
        )
        return [self._to_mandate(row) for row in rows]

    def people_of(self, person_digest: bytes, *, at: datetime) -> list[Person]:
        """Return whose matters the person with this digest may see to: their own first, then those of live mandates."""
        clients = Clients(self._connection, self._cipher)
        own = clients.find_by_digest(person_digest)
        persons = [] if own is None else [Person(client=clients.get(own), mandate=None)]
        return persons + [
            Person(client=clients.get(mandate.client_key), mandate=mandate)
            for mandate in self.of_person(person_digest)
            if mandate.is_live(at=at)
        ]

    def end(self, key: int, *, now: datetime) -> bool:
        """End the mandate before its time; False where it had ended already."""
        ended = self._connection.execute(
            update(mandate).where(mandate.c.key == key, mandate.c.ended_at.is_(None)).values(ended_at=now)
        )
        return ended.rowcount == 1

    def _to_mandate(self, row: Row[Any]) -> Mandate:
        plain = self._cipher.decrypt(row.details, table="mandate", key=row.key, field="details")
        return Mandate(
            key=row.key,
            client_key=row.client_key,
            name=msgspec.json.decode(plain, type=dict[str, str])["name"],
            groups=frozenset(DataGroup(name) for name in row.data_groups),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            ended_at=row.ended_at,
        )
