"""Clients: identity encrypted as one value, found by keyed digests only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, text, update

from app.domain.client import Client, Identity, ServiceNeeds
from app.domain.errors import InvalidInput, NotFound, StaleVersion
from app.domain.foreign_code import ForeignCode, plain_foreign_code
from app.domain.identity_code import parse_identity_code
from app.storage.encryption import Cipher, name_keys, phone_key, search_keys
from app.storage.tables.care import client, client_index

#: most clients that one search by name gives: they are decrypted and sorted in memory
MOST_FOUND = 200
#: digits of a telephone number with its country; fewer are no number
SHORTEST_NUMBER = 7


class Clients:
    """The clients and the index by which they are found."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def get(self, key: int) -> Client:
        """Return the client, identity decrypted. :raises NotFound: no such client"""
        row = self._connection.execute(select(client).where(client.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("client", key)
        return self._to_client(row)

    def get_many(self, keys: Collection[int]) -> dict[int, Client]:
        """Return those of the clients that exist, by key."""
        if not keys:
            return {}
        rows = self._connection.execute(select(client).where(client.c.key.in_(keys)))
        return {row.key: self._to_client(row) for row in rows}

    def find_by_identity_code(self, identity_code: str) -> int | None:
        """Return the key of the client with the code, however it is written, or None."""
        try:
            code = parse_identity_code(identity_code).text
        except InvalidInput:
            return None
        return self.find_by_digest(self._cipher.digest("identity_code", code))

    def find_by_digest(self, digest: bytes) -> int | None:
        """Return the key of the client whose identity code has this blind index, or None."""
        return self._connection.scalar(
            select(client_index.c.client_key).where(
                client_index.c.kind == "identity_code", client_index.c.digest == digest
            )
        )

    def find_by_foreign_code(self, code: ForeignCode) -> int | None:
        """Return the key of the client whom the country calls by the code, the first taken in, or None."""
        clients = self.get_many(self._with_foreign_code(code.text)).values()
        same = [each.key for each in clients if each.identity.foreign_country == code.country]
        return min(same, default=None)

    def _with_foreign_code(self, text: str) -> list[int]:
        digest = self._cipher.digest("foreign_code", text)
        query = select(client_index.c.client_key).where(
            client_index.c.kind == "foreign_code", client_index.c.digest == digest
        )
        return list(self._connection.scalars(query.order_by(client_index.c.client_key).limit(MOST_FOUND)))

    def find_exactly(self, text: str) -> list[int]:
        """Return the keys of clients whose identity code, foreign code or telephone number this is, however written."""
        by_code = self.find_by_identity_code(text)
        if by_code is not None:
            return [by_code]
        by_foreign = self._with_foreign_code(plain_foreign_code(text))
        if by_foreign:
            return by_foreign
        number = phone_key(text)
        if len(number) < SHORTEST_NUMBER or any(letter.isalpha() for letter in text):
            return []
        digest = self._cipher.digest("phone", number)
        query = select(client_index.c.client_key).where(client_index.c.kind == "phone", client_index.c.digest == digest)
        return list(self._connection.scalars(query.order_by(client_index.c.client_key).limit(MOST_FOUND)))

    def keys_like(self, known: Client) -> list[int]:
        """Return the keys of other clients with the same telephone number or birth date, at most `MOST_FOUND`."""
        identity = known.identity
        wanted = [("phone", phone_key(identity.phone))] if phone_key(identity.phone) else []
        if identity.birth_date is not None:
            wanted.append(("birth_date", identity.birth_date.isoformat()))
        digests = [
            and_(client_index.c.kind == kind, client_index.c.digest == self._cipher.digest(kind, value))
            for kind, value in wanted
        ]
        if not digests:
            return []
        query = select(client_index.c.client_key).where(or_(*digests), client_index.c.client_key != known.key)
        return list(self._connection.scalars(query.distinct().order_by(client_index.c.client_key).limit(MOST_FOUND)))

    def lock_identity_code(self, identity_code: str) -> None:
        """
        Let only one transaction at a time look for, and add, a client with this code, Finnish or foreign.

        Two first contacts in the same second must not make two clients. SQLite has one writer anyway.
        """
        if self._connection.dialect.name == "postgresql":
            digest = self._cipher.digest("identity_code", identity_code)
            lock = int.from_bytes(digest[:8], "big", signed=True)
            self._connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})

    def search_by_name(self, query: str, *, areas: Collection[str] | None, limit: int = MOST_FOUND) -> list[Client]:
        """Return the clients of `keys_by_name`, identities decrypted."""
        return list(self.get_many(self.keys_by_name(query, areas=areas, limit=limit)).values())

    def keys_by_name(self, query: str, *, areas: Collection[str] | None, limit: int = MOST_FOUND) -> list[int]:
        """
        Return the keys of clients whose name has words that begin with each word of the query, at most `limit`.

        Words of fewer than three letters find whole words only. `areas` None = every area. Sorting and the access
        decision are the caller's; each client shown is logged there.
        """
        keys = search_keys(query)
        if not keys:
            return []
        digests = {self._cipher.digest("name", key) for key in keys}
        found = (
            select(client_index.c.client_key)
            .where(client_index.c.kind == "name", client_index.c.digest.in_(digests))
            .group_by(client_index.c.client_key)
            .having(func.count() == len(digests))
        )
        statement = select(client.c.key).where(client.c.key.in_(found)).limit(min(limit, MOST_FOUND))
        if areas is not None:
            statement = statement.where(client.c.area_id.in_(areas))
        return list(self._connection.scalars(statement))

    def add(
        self,
        *,
        key: int,
        identity: Identity,
        needs: ServiceNeeds,
        area_id: str,
        controller_organisation_id: str,
        now: datetime,
    ) -> Client:
        """Insert a client and what they are found by."""
        self._connection.execute(
            insert(client).values(
                key=key,
                area_id=area_id,
                controller_org_id=controller_organisation_id,
                language=needs.language,
                interpreter=needs.interpreter,
                protected_address=needs.protected_address,
                identity=self._sealed(key, identity, needs),
                created_at=now,
            )
        )
        self._index(key, identity)
        return Client(
            key=key,
            area_id=area_id,
            controller_organisation_id=controller_organisation_id,
            identity=identity,
            needs=needs,
        )

    def change(self, known: Client, *, identity: Identity, needs: ServiceNeeds) -> None:
        """
        Write what is now known of the client.

        :raises StaleVersion: somebody changed it since `known` was read
        """
        if identity == known.identity and needs == known.needs:
            return
        result = self._connection.execute(
            update(client)
            .where(client.c.key == known.key, client.c.revision == known.revision)
            .values(
                language=needs.language,
                interpreter=needs.interpreter,
                protected_address=needs.protected_address,
                identity=self._sealed(known.key, identity, needs),
                revision=known.revision + 1,
            )
        )
        if result.rowcount != 1:
            raise StaleVersion("client", known.key)
        if identity != known.identity:
            self._connection.execute(delete(client_index).where(client_index.c.client_key == known.key))
            self._index(known.key, identity)

    def note_death(self, known: Client, *, died_on: date | None) -> None:
        """Write on which day the client died, None takes it back. :raises StaleVersion: somebody changed it first"""
        result = self._connection.execute(
            update(client)
            .where(client.c.key == known.key, client.c.revision == known.revision)
            .values(died_on=died_on, revision=known.revision + 1)
        )
        if result.rowcount != 1:
            raise StaleVersion("client", known.key)

    def lock(self, key: int) -> None:
        """Let no other transaction open or join a case of the client until this one ends."""
        self._connection.execute(select(client.c.key).where(client.c.key == key).with_for_update())

    def _index(self, key: int, identity: Identity) -> None:
        entries = [("name", word) for word in name_keys(identity.name)]
        if identity.identity_code:
            entries.append(("identity_code", identity.identity_code))
        if identity.foreign_code:
            entries.append(("foreign_code", identity.foreign_code))
        if identity.birth_date is not None:
            entries.append(("birth_date", identity.birth_date.isoformat()))
        if phone_key(identity.phone):
            entries.append(("phone", phone_key(identity.phone)))
        if entries:
            self._connection.execute(
                insert(client_index),
                [
                    {"kind": kind, "digest": self._cipher.digest(kind, value), "client_key": key}
                    for kind, value in entries
                ],
            )

    def _sealed(self, key: int, identity: Identity, needs: ServiceNeeds) -> bytes:
        content = {
            "identity_code": identity.identity_code,
            "birth_date": identity.birth_date.isoformat() if identity.birth_date else None,
            "name": identity.name,
            "phone": identity.phone,
            "email": identity.email,
            "representative": identity.representative,
            "foreign_code": identity.foreign_code,
            "foreign_country": identity.foreign_country,
            "sign_language": needs.sign_language,
        }
        return self._cipher.encrypt(msgspec.json.encode(content), table="client", key=key, field="identity")

    def _to_client(self, row: Row[Any]) -> Client:
        plain = self._cipher.decrypt(row.identity, table="client", key=row.key, field="identity")
        content: Mapping[str, Any] = msgspec.json.decode(plain)
        born = content.get("birth_date")
        return Client(
            key=row.key,
            area_id=row.area_id,
            controller_organisation_id=row.controller_org_id,
            identity=Identity(
                identity_code=content.get("identity_code", ""),
                birth_date=date.fromisoformat(born) if born else None,
                name=content.get("name", ""),
                phone=content.get("phone", ""),
                email=content.get("email", ""),
                representative=content.get("representative", ""),
                foreign_code=content.get("foreign_code", ""),
                foreign_country=content.get("foreign_country", ""),
            ),
            needs=ServiceNeeds(
                language=row.language,
                sign_language=bool(content.get("sign_language")),
                interpreter=row.interpreter,
                protected_address=row.protected_address,
            ),
            revision=row.revision,
            died_on=row.died_on,
        )
