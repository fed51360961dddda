"""The people who support a client, in the register of who has written them down."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, insert, select, update

from app.domain.keys import new_key
from app.domain.support_people import SupportPerson, Told
from app.storage.encryption import Cipher
from app.storage.tables.clients_door import support_person


class SupportPeople:
    """Support people of clients."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(
        self,
        *,
        client_key: int,
        controller_organisation_id: str,
        name: str,
        relation: str,
        phone: str,
        email: str,
        told: Collection[Told],
        consented_on: date,
        recorded_by: int | None,
        now: datetime,
    ) -> int:
        """Insert a support person and return the key."""
        key = new_key()
        details = msgspec.json.encode({"name": name, "relation": relation, "phone": phone, "email": email})
        self._connection.execute(
            insert(support_person).values(
                key=key,
                client_key=client_key,
                controller_org_id=controller_organisation_id,
                details=self._cipher.encrypt(details, table="support_person", key=key, field="details"),
                told=sorted(told),
                consented_on=consented_on,
                recorded_at=now,
                recorded_by=recorded_by,
            )
        )
        return key

    def of_client(self, client_key: int, *, controllers: Collection[str] | None = None) -> list[SupportPerson]:
        """
        Return the client's support people, those whose time is over too, the newest first.

        `controllers` are the registers that the reader may see; None for the client in person and for the system.
        """
        query = select(support_person).where(support_person.c.client_key == client_key)
        if controllers is not None:
            query = query.where(support_person.c.controller_org_id.in_(sorted(controllers)))
        rows = self._connection.execute(query.order_by(support_person.c.recorded_at.desc(), support_person.c.key))
        found = []
        for row in rows:
            plain = self._cipher.decrypt(row.details, table="support_person", key=row.key, field="details")
            found.append(
                SupportPerson(
                    key=row.key,
                    client_key=row.client_key,
                    controller_organisation_id=row.controller_org_id,
                    **msgspec.json.decode(plain, type=dict[str, str]),
                    told=frozenset(Told(each) for each in row.told),
                    consented_on=row.consented_on,
                    recorded_at=row.recorded_at,
                    ended_at=row.ended_at,
                )
            )
        return found

    def is_there(self, client_key: int) -> bool:
        """Tell whether somebody supports the client now, and nothing of who it is."""
        live = select(support_person.c.key).where(
            support_person.c.client_key == client_key, support_person.c.ended_at.is_(None)
        )
        return self._connection.execute(live.limit(1)).first() is not None

    def end(self, key: int, *, now: datetime) -> bool:
        """End the consent; False where it had ended already."""
        ended = self._connection.execute(
            update(support_person)
            .where(support_person.c.key == key, support_person.c.ended_at.is_(None))
            .values(ended_at=now)
        )
        return ended.rowcount == 1
