"""People who sign in: accounts, where they work in which roles, sessions, failed sign-ins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from app.domain.actor import Actor
from app.domain.errors import NotFound
from app.domain.keys import new_key, parse_key
from app.domain.localized import LocalizedText, sort_key
from app.domain.sessions import FORGET_FAILURES, Account, Failures, SignedIn, Workplace
from app.storage.reads import find_rows
from app.storage.statements import upsert
from app.storage.tables.care import care_case
from app.storage.tables.people import organisation, position, role, session, sign_in_failure, unit, user_account

#: asked for with every request, hence made once
#: these three are asked with many pages, hence made once
_ROLES = select(role.c.id, role.c.name).order_by(role.c.id)
_WORKPLACES = (
    select(
        unit.c.id,
        unit.c.name,
        unit.c.organisation_id,
        organisation.c.name.label("organisation_name"),
        role.c.name.label("role_name"),
    )
    .select_from(position)
    .join(unit, unit.c.id == position.c.unit_id)
    .join(organisation, organisation.c.id == unit.c.organisation_id)
    .join(role, role.c.id == position.c.role_id)
    .where(position.c.user_key == bindparam("person"))
    .order_by(unit.c.sort_key, unit.c.id, role.c.id)
)
_FIND_SESSION = (
    select(
        session.c.id_hash,
        session.c.unit_id,
        session.c.created_at.label("session_created_at"),
        session.c.seen_at,
        session.c.authenticated_at,
        session.c.ended_at,
        user_account,
        unit.c.name.label("unit_name"),
        unit.c.area_id,
        unit.c.organisation_id,
        organisation.c.type.label("organisation_type"),
        position.c.role_id,
    )
    .select_from(session)
    .join(user_account, user_account.c.key == session.c.user_key)
    .outerjoin(unit, unit.c.id == session.c.unit_id)
    .outerjoin(organisation, organisation.c.id == unit.c.organisation_id)
    .outerjoin(position, (position.c.user_key == session.c.user_key) & (position.c.unit_id == session.c.unit_id))
    .where(session.c.id_hash == bindparam("sought"))
)


class Accounts:
    """Users, positions, sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- accounts ------------------------------------------------------------------------------------------------

    def named(self, names: Collection[str]) -> dict[str, int]:
        """
        Return the keys of the people whom a diagram names: by user name, or by key as text (`=asia.omistaja`).

        Unknown names are left out, and so are keys of people who sign in no more: their tasks go to their groups.
        """
        wanted = set(names)
        keys = {key for name in wanted if (key := parse_key(name)) is not None}
        rows = self._connection.execute(
            select(user_account.c.username, user_account.c.key, user_account.c.disabled).where(
                user_account.c.username.in_(wanted) | user_account.c.key.in_(keys)
            )
        ).all()
        by_key = {str(row.key): row.key for row in rows if not row.disabled and row.key in keys}
        return by_key | {row.username: row.key for row in rows if row.username in wanted}

    def names_of(self, keys: Collection[int]) -> dict[int, str]:
        """Return the names of the users by key; unknown keys are left out."""
        rows = self._connection.execute(
            select(user_account.c.key, user_account.c.name).where(user_account.c.key.in_(set(keys)))
        )
        return {row.key: row.name for row in rows}

    def people_of(self, area_id: str) -> list[tuple[int, str]]:
        """Return key and name of those who work in the area, by name; "" means everywhere."""
        query = (
            select(user_account.c.key, user_account.c.name, user_account.c.sort_key)
            .join(position, position.c.user_key == user_account.c.key)
            .join(unit, unit.c.id == position.c.unit_id)
            .where(user_account.c.disabled.is_(False))
            .distinct()
            .order_by(user_account.c.sort_key, user_account.c.name)
        )
        if area_id:
            query = query.where(unit.c.area_id.in_((area_id, "")))
        return [(row.key, row.name) for row in self._connection.execute(query)]

    def people_in(self, unit_id: str) -> list[tuple[str, str]]:
        """Return user name and name of those who work in the unit and sign in, by name."""
        query = (
            select(user_account.c.username, user_account.c.name, user_account.c.sort_key)
            .join(position, position.c.user_key == user_account.c.key)
            .where(position.c.unit_id == unit_id, user_account.c.disabled.is_(False))
            .distinct()
            .order_by(user_account.c.sort_key, user_account.c.name, user_account.c.username)
        )
        return [(row.username, row.name) for row in self._connection.execute(query)]

    def colleagues(self, roles: Collection[str], *, area_id: str, unit_id: str, limit: int) -> list[tuple[str, str]]:
        """Return user name and name of those who have one of the roles in the area, and in the unit if one is named."""
        query = (
            select(user_account.c.username, user_account.c.name, user_account.c.sort_key)
            .join(position, position.c.user_key == user_account.c.key)
            .join(unit, unit.c.id == position.c.unit_id)
            .where(user_account.c.disabled.is_(False), position.c.role_id.in_(sorted(roles)))
            .distinct()
            .order_by(user_account.c.sort_key, user_account.c.username)
            .limit(limit)
        )
        if area_id:
            query = query.where(unit.c.area_id.in_((area_id, "")))
        if unit_id:
            query = query.where(unit.c.id == unit_id)
        return [(row.username, row.name) for row in self._connection.execute(query)]

    def organisations(self) -> list[tuple[str, LocalizedText]]:
        """Return id and name of every organisation, in the order of its sort key."""
        query = select(organisation.c.id, organisation.c.name).order_by(organisation.c.sort_key, organisation.c.id)
        return [(row.id, row.name) for row in self._connection.execute(query)]

    def units(self) -> list[tuple[str, str]]:
        """Return id and area of every unit."""
        return [(row.id, row.area_id) for row in self._connection.execute(select(unit.c.id, unit.c.area_id))]

    def put_organisations(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert or replace organisations: {id, type, parent, name}."""
        values = [
            {
                "id": row["id"],
                "type": row["type"],
                "parent_id": row.get("parent"),
                "name": row["name"],
                "sort_key": sort_key(row["name"]["fi"]),
            }
            for row in sorted(rows, key=lambda row: row.get("parent") is not None)
        ]
        upsert(self._connection, organisation, values, keys=("id",), changes=("type", "parent_id", "name", "sort_key"))

    def put_units(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert or replace units: {id, organisation, area, name}."""
        values = [
            {
                "id": row["id"],
                "organisation_id": row["organisation"],
                "area_id": row["area"],
                "name": row["name"],
                "sort_key": sort_key(row["name"]["fi"]),
            }
            for row in rows
        ]
        changes = ("organisation_id", "area_id", "name", "sort_key")
        upsert(self._connection, unit, values, keys=("id",), changes=changes)

    def put_roles(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert or replace roles: {id, name, permissions}."""
        values = [{"id": row["id"], "name": row["name"], "permissions": row["permissions"]} for row in rows]
        upsert(self._connection, role, values, keys=("id",), changes=("name", "permissions"))

    def add_demo_person(self, person: Mapping[str, Any], *, now: datetime) -> bool:
        """Add a person of the demo with their positions, unless there is one of this user name."""
        if self.find(person["username"]) is not None:
            return False
        key = new_key()
        self._connection.execute(
            insert(user_account).values(
                key=key,
                username=person["username"],
                name=person["name"],
                sort_key=sort_key(person["name"]),
                email=f"{person['username']}@demo.invalid",
                language=person["language"],
                settings={},
                demo=True,
                created_at=now,
            )
        )
        positions = [
            {"user_key": key, "role_id": role_id, "unit_id": place["unit"]}
            for place in person["positions"]
            for role_id in place["roles"]
        ]
        self._connection.execute(insert(position), positions)
        return True

    def put_person(self, *, username: str, name: str, email: str, language: str, now: datetime) -> int:
        """Add a person, or change who has this user name; return the key."""
        values = {"name": name, "sort_key": sort_key(name), "email": email, "language": language}
        known = self.find(username)
        if known is not None:
            self._connection.execute(
                update(user_account).where(user_account.c.key == known.key).values(disabled=False, **values)
            )
            return known.key
        key = new_key()
        self._connection.execute(
            insert(user_account).values(key=key, username=username, settings={}, created_at=now, **values)
        )
        return key

    def replace_positions(self, user_key: int, positions: Mapping[str, Sequence[str]]) -> None:
        """Give the person these roles in these units, and no others."""
        self._connection.execute(delete(position).where(position.c.user_key == user_key))
        rows = [
            {"user_key": user_key, "role_id": role_id, "unit_id": unit_id}
            for unit_id, roles in positions.items()
            for role_id in dict.fromkeys(roles)
        ]
        self._connection.execute(insert(position), rows)

    def disable(self, user_key: int) -> None:
        """Let the person sign in no more."""
        self._connection.execute(update(user_account).where(user_account.c.key == user_key).values(disabled=True))

    def actor_of(self, username: str) -> Actor:
        """Return the person as they act in their first unit. :raises NotFound: there is no such person"""
        account = self.find(username)
        if account is None:
            raise NotFound("user", username)
        row = self._connection.execute(
            select(position.c.unit_id, unit.c.organisation_id, unit.c.area_id, organisation.c.type)
            .join(unit, unit.c.id == position.c.unit_id)
            .join(organisation, organisation.c.id == unit.c.organisation_id)
            .where(position.c.user_key == account.key)
            .order_by(position.c.unit_id)
            .limit(1)
        ).one()
        roles = self._connection.scalars(
            select(position.c.role_id).where(position.c.user_key == account.key, position.c.unit_id == row.unit_id)
        )
        return Actor(
            user_key=account.key,
            name=account.name,
            organisation_id=row.organisation_id,
            organisation_type=row.type,
            unit_id=row.unit_id,
            roles=frozenset(roles),
            areas=frozenset({row.area_id}),
            language=account.language,
        )

    def unit_names(self, ids: Collection[str]) -> dict[str, LocalizedText]:
        """Return the names of the units by id."""
        query = select(unit.c.id, unit.c.name).where(unit.c.id.in_(ids))
        return {row.id: row.name for row in self._connection.execute(query)}

    def roles(self) -> list[tuple[str, LocalizedText]]:
        """Return id and name of every role."""
        return [(row.id, row.name) for row in find_rows(self._connection, _ROLES)]

    def find(self, username: str) -> Account | None:
        """Return the account of the user name, or None."""
        row = self._connection.execute(select(user_account).where(user_account.c.username == username)).one_or_none()
        return None if row is None else _account(row)

    def get(self, key: int) -> Account:
        """Return the account. :raises NotFound: no such account"""
        row = self._connection.execute(select(user_account).where(user_account.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("user", key)
        return _account(row)

    def demo_people(self) -> list[tuple[Account, tuple[Workplace, ...]]]:
        """Return the demo's people with where they work, by name."""
        rows = self._connection.execute(
            select(user_account)
            .where(user_account.c.demo.is_(True), user_account.c.disabled.is_(False))
            .order_by(user_account.c.sort_key, user_account.c.username)
        ).all()
        return [(_account(row), self.workplaces(row.key)) for row in rows]

    def change_settings(self, key: int, *, language: str, settings: Mapping[str, Any]) -> None:
        """Write the person's own choices."""
        self._connection.execute(
            update(user_account).where(user_account.c.key == key).values(language=language, settings=dict(settings))
        )

    def change_password_hash(self, key: int, password_hash: str) -> None:
        """Write a new hash of the password."""
        self._connection.execute(
            update(user_account).where(user_account.c.key == key).values(password_hash=password_hash)
        )

    def has_left(self, key: int) -> bool:
        """Tell whether the person is not here any more: signs in no more, or works nowhere."""
        here = (
            select(literal(1))
            .select_from(user_account.join(position, position.c.user_key == user_account.c.key))
            .where(user_account.c.key == key, user_account.c.disabled.is_(False))
        )
        return self._connection.execute(here.limit(1)).first() is None

    def has_role(self, key: int, role_id: str) -> bool:
        """Tell whether the person has the role anywhere."""
        held = select(literal(1)).where(position.c.user_key == key, position.c.role_id == role_id)
        return self._connection.execute(held.limit(1)).first() is not None

    def works_in(self, key: int) -> frozenset[str]:
        """Return the kinds of the organisations in which the person works."""
        rows = self._connection.scalars(
            select(organisation.c.type)
            .join(unit, unit.c.organisation_id == organisation.c.id)
            .join(position, position.c.unit_id == unit.c.id)
            .where(position.c.user_key == key)
            .distinct()
        )
        return frozenset(rows)

    def least_loaded(self, role_id: str, *, area_id: str, besides: int | None = None) -> int | None:
        """Return who of the role in the area owns the fewest open cases; None where nobody has the role."""
        owned = (
            select(func.count())
            .where(care_case.c.owner_key == user_account.c.key, care_case.c.status == "open")
            .correlate(user_account)
            .scalar_subquery()
        )
        query = (
            select(user_account.c.key)
            .join(position, position.c.user_key == user_account.c.key)
            .join(unit, unit.c.id == position.c.unit_id)
            .where(
                position.c.role_id == role_id,
                unit.c.area_id.in_((area_id, "")),
                user_account.c.disabled.is_(False),
            )
            .order_by(owned, user_account.c.sort_key, user_account.c.key)
            .limit(1)
        )
        if besides is not None:
            query = query.where(user_account.c.key != besides)
        return self._connection.scalar(query)

    # -- where people work ---------------------------------------------------------------------------------------

    def workplaces(self, user_key: int) -> tuple[Workplace, ...]:
        """Return the units where the person has roles, in their order of names."""
        rows = find_rows(self._connection, _WORKPLACES, person=user_key)
        units: dict[str, list[Any]] = {}
        for row in rows:
            units.setdefault(row.id, []).append(row)
        return tuple(
            Workplace(
                unit_id=unit_id,
                unit_name=found[0].name,
                organisation_id=found[0].organisation_id,
                organisation_name=found[0].organisation_name,
                role_names=tuple(row.role_name for row in found),
            )
            for unit_id, found in units.items()
        )

    # -- sessions ------------------------------------------------------------------------------------------------

    def add_session(self, *, id_hash: str, user_key: int, unit_id: str | None, now: datetime) -> None:
        """Insert a session that begins now."""
        self._connection.execute(
            insert(session).values(
                id_hash=id_hash,
                user_key=user_key,
                unit_id=unit_id,
                created_at=now,
                seen_at=now,
                authenticated_at=now,
            )
        )

    def find_session(self, id_hash: str) -> SignedIn | None:
        """Return who is behind the session and in which roles, live or not, in one statement; None: no such session."""
        rows = find_rows(self._connection, _FIND_SESSION, sought=id_hash)
        return _signed_in(rows) if rows else None

    def touch_session(self, id_hash: str, *, now: datetime) -> None:
        """Write that the session was used."""
        self._connection.execute(update(session).where(session.c.id_hash == id_hash).values(seen_at=now))

    def renew_session(self, id_hash: str, *, new_id_hash: str, unit_id: str, now: datetime) -> None:
        """Let the session go on in another unit under a new id; the absolute end does not move, the old id is dead."""
        old = self._connection.execute(select(session).where(session.c.id_hash == id_hash)).one()
        self._connection.execute(
            insert(session).values(
                id_hash=new_id_hash,
                user_key=old.user_key,
                unit_id=unit_id,
                created_at=old.created_at,
                seen_at=now,
                authenticated_at=old.authenticated_at,
            )
        )
        self.end_session(id_hash, now=now)

    def end_session(self, id_hash: str, *, now: datetime) -> None:
        """End the session; its cookie is dead at once."""
        self._connection.execute(
            update(session).where(session.c.id_hash == id_hash, session.c.ended_at.is_(None)).values(ended_at=now)
        )

    def end_sessions_of(self, user_key: int, *, now: datetime) -> None:
        """End every session of the person: after a new password, a lost role, a disabled account."""
        self._connection.execute(
            update(session).where(session.c.user_key == user_key, session.c.ended_at.is_(None)).values(ended_at=now)
        )

    # -- failed sign-ins -----------------------------------------------------------------------------------------

    def failures(self, subjects: Sequence[str]) -> dict[str, Failures]:
        """Return the failed sign-ins by hashed subject."""
        rows = self._connection.execute(select(sign_in_failure).where(sign_in_failure.c.subject_hash.in_(subjects)))
        return {row.subject_hash: Failures(count=row.failures, last_at=row.last_at) for row in rows}

    def count_failure(self, subject: str, known: Failures | None, *, now: datetime) -> None:
        """Count one more failed sign-in; old ones are forgotten after an hour without any."""
        forgotten = known is None or now - known.last_at >= FORGET_FAILURES
        count = 1 if known is None or forgotten else known.count + 1
        upsert(
            self._connection,
            sign_in_failure,
            [{"subject_hash": subject, "failures": count, "last_at": now}],
            keys=("subject_hash",),
            changes=("failures", "last_at"),
        )

    def forget_failures(self, subjects: Sequence[str]) -> None:
        """Forget the failed sign-ins after one that succeeded."""
        self._connection.execute(delete(sign_in_failure).where(sign_in_failure.c.subject_hash.in_(subjects)))

    def take_back_failure(self, subject: str) -> None:
        """Count one failed sign-in less: the try that was counted beforehand has succeeded."""
        self._connection.execute(
            update(sign_in_failure)
            .where(sign_in_failure.c.subject_hash == subject, sign_in_failure.c.failures > 0)
            .values(failures=sign_in_failure.c.failures - 1)
        )


def _account(row: Any) -> Account:
    return Account(
        key=row.key,
        username=row.username,
        name=row.name,
        email=row.email,
        password_hash=row.password_hash,
        language=row.language,
        settings=row.settings,
        disabled=row.disabled,
        demo=row.demo,
    )


def _signed_in(rows: Sequence[Any]) -> SignedIn:
    first = rows[0]
    account = _account(first)
    return SignedIn(
        id_hash=first.id_hash,
        account=account,
        actor=Actor(
            user_key=account.key,
            name=account.username,
            organisation_id=first.organisation_id or "",
            organisation_type=first.organisation_type or "",
            unit_id=first.unit_id or "",
            roles=frozenset(row.role_id for row in rows if row.role_id is not None),
            # a unit without an area serves every area (Kela, pension providers)
            areas=None if first.area_id == "" else frozenset({first.area_id} - {None}),
            language=account.language,
        ),
        unit_name=first.unit_name or {},
        created_at=first.session_created_at,
        seen_at=first.seen_at,
        authenticated_at=first.authenticated_at,
        ended_at=first.ended_at,
    )
