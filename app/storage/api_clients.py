"""Programs that may call the API, and their tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from app.domain.actor import Actor
from app.domain.api_client import ApiClient, Caller
from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.storage.tables.people import api_client, api_token, organisation, position, unit, user_account


class ApiClients:
    """Clients of the API: who they are, what they may, what they were given."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, client_id: str) -> ApiClient | None:
        """Return the client with its roles, disabled or not; None where there is no such client."""
        rows = self._rows(api_client.c.client_id == client_id)
        return _to_client(rows) if rows else None

    def find_by_token(self, token_hash: str, *, now: datetime) -> Caller | None:
        """Return who was given the token, in one statement; None where it is unknown or has run out."""
        rows = self._rows(api_token.c.token_hash == token_hash, api_token.c.expires_at > now, with_token=True)
        if not rows:
            return None
        client = _to_client(rows)
        return Caller(client=client, scopes=client.scopes & frozenset(rows[0].token_scopes))

    def _rows(self, *conditions: ColumnElement[bool], with_token: bool = False) -> Sequence[Any]:
        query = (
            select(
                api_client,
                user_account.c.username,
                user_account.c.name,
                user_account.c.language,
                user_account.c.disabled.label("person_disabled"),
                unit.c.area_id,
                unit.c.organisation_id,
                organisation.c.type.label("organisation_type"),
                position.c.role_id,
            )
            .select_from(api_client)
            .join(user_account, user_account.c.key == api_client.c.user_key)
            .join(unit, unit.c.id == api_client.c.unit_id)
            .join(organisation, organisation.c.id == unit.c.organisation_id)
            .outerjoin(
                position, (position.c.user_key == api_client.c.user_key) & (position.c.unit_id == api_client.c.unit_id)
            )
            .where(*conditions)
        )
        if with_token:
            query = query.add_columns(api_token.c.scopes.label("token_scopes")).join(
                api_token, api_token.c.client_key == api_client.c.key
            )
        return self._connection.execute(query).all()

    def add(
        self,
        *,
        client_id: str,
        name: str,
        unit_id: str,
        roles: Collection[str],
        scopes: Collection[str],
        job_types: Collection[str],
        message_names: Collection[str],
        secret_hash: str,
        language: str,
        demo: bool,
        by: int | None,
        now: datetime,
    ) -> int:
        """Insert the client with its service person and their positions; return the client's key."""
        user_key, key = new_key(), new_key()
        self._connection.execute(
            insert(user_account).values(
                key=user_key,
                username=client_id,
                name=name,
                sort_key=name.casefold(),
                language=language,
                settings={},
                demo=demo,
                created_at=now,
            )
        )
        if roles:
            self._connection.execute(
                insert(position),
                [{"user_key": user_key, "role_id": role, "unit_id": unit_id} for role in sorted(set(roles))],
            )
        self._connection.execute(
            insert(api_client).values(
                key=key,
                client_id=client_id,
                user_key=user_key,
                unit_id=unit_id,
                secret_hash=secret_hash,
                scopes=sorted(set(scopes)),
                job_types=sorted(set(job_types)),
                message_names=sorted(set(message_names)),
                created_at=now,
                created_by=by,
            )
        )
        return key

    def change_secret(self, client_id: str, secret_hash: str) -> None:
        """Write the hash of a new secret. :raises NotFound: no such client"""
        self._changed(client_id, secret_hash=secret_hash)

    def disable(self, client_id: str, *, disabled: bool) -> None:
        """Let the client in no more, or again. :raises NotFound: no such client"""
        self._changed(client_id, disabled=disabled)

    def _changed(self, client_id: str, **values: Any) -> None:
        result = self._connection.execute(
            update(api_client).where(api_client.c.client_id == client_id).values(**values)
        )
        if result.rowcount != 1:
            raise NotFound("api client", client_id)

    def unit_exists(self, unit_id: str) -> bool:
        """Tell whether there is such a unit."""
        return self._connection.execute(select(unit.c.id).where(unit.c.id == unit_id)).first() is not None

    # -- tokens --------------------------------------------------------------------------------------------------

    def add_token(
        self, *, token_hash: str, client_key: int, scopes: Collection[str], expires_at: datetime, now: datetime
    ) -> None:
        """Insert a token, and forget those of the client that have run out."""
        self._connection.execute(
            delete(api_token).where(api_token.c.client_key == client_key, api_token.c.expires_at <= now)
        )
        self._connection.execute(
            insert(api_token).values(
                token_hash=token_hash,
                client_key=client_key,
                scopes=sorted(scopes),
                created_at=now,
                expires_at=expires_at,
            )
        )

    def end_tokens(self, client_key: int) -> None:
        """End every token of the client: after a new secret, or when it is disabled."""
        self._connection.execute(delete(api_token).where(api_token.c.client_key == client_key))

    # -- people whom tasks are given to --------------------------------------------------------------------------

    def people_named(self, username: str) -> list[Actor]:
        """Return the person of the user name at work in each of their units; empty where there is none."""
        rows = self._connection.execute(
            select(
                user_account.c.key,
                user_account.c.username,
                user_account.c.language,
                unit.c.id.label("unit_id"),
                unit.c.area_id,
                unit.c.organisation_id,
                organisation.c.type.label("organisation_type"),
                position.c.role_id,
            )
            .join(position, position.c.user_key == user_account.c.key)
            .join(unit, unit.c.id == position.c.unit_id)
            .join(organisation, organisation.c.id == unit.c.organisation_id)
            .where(user_account.c.username == username, user_account.c.disabled.is_(False))
            .order_by(unit.c.id)
        ).all()
        units: dict[str, list[Any]] = {}
        for row in rows:
            units.setdefault(row.unit_id, []).append(row)
        return [_to_actor(found, user_key=found[0].key) for found in units.values()]


def _to_actor(rows: Sequence[Any], *, user_key: int) -> Actor:
    first = rows[0]
    return Actor(
        user_key=user_key,
        name=first.username,
        organisation_id=first.organisation_id,
        organisation_type=first.organisation_type,
        unit_id=first.unit_id,
        roles=frozenset(row.role_id for row in rows if row.role_id is not None),
        # a unit without an area serves every area
        areas=None if first.area_id == "" else frozenset({first.area_id}),
        language=first.language,
    )


def _to_client(rows: Sequence[Any]) -> ApiClient:
    first = rows[0]
    return ApiClient(
        key=first.key,
        client_id=first.client_id,
        name=first.name,
        actor=_to_actor(rows, user_key=first.user_key),
        scopes=frozenset(first.scopes),
        job_types=frozenset(first.job_types),
        message_names=frozenset(first.message_names),
        disabled=first.disabled or first.person_disabled,
        secret_hash=first.secret_hash,
    )
