"""The client's own door: one-time links, sessions of clients, strong sign-ins on their way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from app.domain.client_sessions import ClientLink, ClientSession, Mandate, Method
from app.domain.keys import new_key
from app.storage.encryption import Cipher
from app.storage.mandates import Mandates
from app.storage.tables.care import care_case, client
from app.storage.tables.clients_door import client_link, client_session, strong_sign_in


@dataclass(frozen=True, slots=True, kw_only=True)
class StrongSignIn:
    """What has to come back from the identity provider, and who may bring it: the browser that was sent there."""

    state_hash: str
    browser_hash: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    began_at: datetime


class ClientSessions:
    """How clients come in, kept by digests: nothing of it opens a door."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    # -- links ---------------------------------------------------------------------------------------------------

    def add_link(self, *, digest: str, client_key: int, expires_at: datetime, now: datetime) -> None:
        """Insert a link; earlier ones stay open, because the mails with them are still on their way."""
        self._connection.execute(
            insert(client_link).values(
                key=new_key(), digest=digest, client_key=client_key, created_at=now, expires_at=expires_at
            )
        )

    def lock_link(self, digest: str) -> ClientLink | None:
        """Lock and return the link: of two who bring it at once the second sees that it was used."""
        row = self._connection.execute(
            select(client_link).where(client_link.c.digest == digest).with_for_update()
        ).one_or_none()
        if row is None:
            return None
        return ClientLink(
            key=row.key,
            client_key=row.client_key,
            attempts=row.attempts,
            expires_at=row.expires_at,
            used_at=row.used_at,
        )

    def count_attempt(self, link: ClientLink) -> None:
        """Count one wrong answer."""
        self._connection.execute(
            update(client_link).where(client_link.c.key == link.key).values(attempts=link.attempts + 1)
        )

    def use_link(self, link: ClientLink, *, now: datetime) -> None:
        """Write that somebody has come in by it."""
        self._connection.execute(update(client_link).where(client_link.c.key == link.key).values(used_at=now))

    # -- sessions ------------------------------------------------------------------------------------------------

    def add(
        self,
        *,
        id_hash: str,
        client_key: int,
        mandate: Mandate | None,
        person_digest: bytes | None,
        method: Method,
        language: str,
        created_at: datetime,
        now: datetime,
    ) -> None:
        """Insert a session; `created_at` is when the person came in, whomever they have acted for since."""
        self._connection.execute(
            insert(client_session).values(
                id_hash=id_hash,
                client_key=client_key,
                mandate_key=None if mandate is None else mandate.key,
                person_digest=person_digest,
                method=str(method),
                language=language,
                created_at=created_at,
                seen_at=now,
            )
        )

    def find(self, id_hash: str) -> ClientSession | None:
        """Return who is behind the session, live or not, None where there is no such session."""
        row = self._connection.execute(
            select(client_session, client.c.area_id)
            .join(client, client.c.key == client_session.c.client_key)
            .where(client_session.c.id_hash == id_hash)
        ).one_or_none()
        if row is None:
            return None
        cases = self._connection.scalars(select(care_case.c.key).where(care_case.c.client_key == row.client_key))
        mandates = Mandates(self._connection, self._cipher)
        return ClientSession(
            id_hash=row.id_hash,
            client_key=row.client_key,
            area_id=row.area_id,
            case_keys=frozenset(cases),
            mandate=None if row.mandate_key is None else mandates.get(row.mandate_key),
            method=Method(row.method),
            language=row.language,
            person_digest=row.person_digest,
            created_at=row.created_at,
            seen_at=row.seen_at,
            ended_at=row.ended_at,
        )

    def touch(self, id_hash: str, *, now: datetime) -> None:
        """Write that the session was used."""
        self._connection.execute(update(client_session).where(client_session.c.id_hash == id_hash).values(seen_at=now))

    def choose_language(self, id_hash: str, language: str) -> None:
        """Show the session's pages in the language."""
        self._connection.execute(
            update(client_session).where(client_session.c.id_hash == id_hash).values(language=language)
        )

    def end(self, id_hash: str, *, now: datetime) -> None:
        """End the session; its cookie is dead at once."""
        self._connection.execute(
            update(client_session)
            .where(client_session.c.id_hash == id_hash, client_session.c.ended_at.is_(None))
            .values(ended_at=now)
        )

    # -- strong sign-in ------------------------------------------------------------------------------------------

    def add_strong(self, sign_in: StrongSignIn) -> None:
        """Remember a sign-in that is sent to the identity provider."""
        key = new_key()
        secrets = msgspec.json.encode({"nonce": sign_in.nonce, "verifier": sign_in.verifier})
        self._connection.execute(
            insert(strong_sign_in).values(
                key=key,
                state_hash=sign_in.state_hash,
                browser_hash=sign_in.browser_hash,
                secrets=self._cipher.encrypt(secrets, table="strong_sign_in", key=key, field="secrets"),
                began_at=sign_in.began_at,
            )
        )

    def take_strong(self, state_hash: str) -> StrongSignIn | None:
        """Return the sign-in and forget it: whoever comes back with the same state again finds nothing."""
        row = self._connection.execute(
            select(strong_sign_in).where(strong_sign_in.c.state_hash == state_hash).with_for_update()
        ).one_or_none()
        if row is None:
            return None
        gone = self._connection.execute(delete(strong_sign_in).where(strong_sign_in.c.key == row.key))
        if gone.rowcount != 1:
            return None
        plain = self._cipher.decrypt(row.secrets, table="strong_sign_in", key=row.key, field="secrets")
        secrets = msgspec.json.decode(plain, type=dict[str, str])
        return StrongSignIn(
            state_hash=row.state_hash,
            browser_hash=row.browser_hash,
            nonce=secrets["nonce"],
            verifier=secrets["verifier"],
            began_at=row.began_at,
        )
