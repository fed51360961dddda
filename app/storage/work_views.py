"""Views of the worklist that people have named, and which one each begins with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, delete, func, or_, select

from app.domain.keys import new_key
from app.storage.reads import find_rows
from app.storage.statements import upsert
from app.storage.tables.people import user_account
from app.storage.tables.work import work_view, work_view_default


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkView:
    """A named view; `group_id`: the role that it is shared with, "" none; `fields` as in the address of the list."""

    key: int
    owner_key: int
    owner_name: str
    name: str
    fields: Mapping[str, str]
    group_id: str
    #: whether it is the one that who asked begins with
    is_default: bool


class WorkViews:
    """Saved views of the worklist."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, user_key: int, roles: Collection[str]) -> list[WorkView]:
        """Return the person's own views by name, then those that others share with one of the roles."""
        named = {f"role_{number}": role for number, role in enumerate(sorted(roles))}
        rows = find_rows(self._connection, _seen_by(len(roles)), person=user_key, **named)
        views = [
            WorkView(
                key=row.key,
                owner_key=row.owner_key,
                owner_name=row.owner_name,
                name=row.name,
                fields=row.fields,
                group_id=row.group_id,
                is_default=row.default_of is not None,
            )
            for row in rows
        ]
        return sorted(views, key=lambda view: (view.owner_key != user_key, view.name.casefold(), view.key))

    def lock(self, key: int) -> bool:
        """Keep others from removing or changing the view until this transaction ends; return whether it is there."""
        query = select(work_view.c.key).where(work_view.c.key == key).with_for_update()
        return self._connection.execute(query).first() is not None

    def count(self, owner_key: int, *, besides: str) -> int:
        """Return how many views the person has named otherwise."""
        query = select(func.count()).where(work_view.c.owner_key == owner_key, work_view.c.name != besides)
        return self._connection.execute(query).scalar_one()

    def put(self, *, owner_key: int, name: str, fields: Mapping[str, str], group_id: str, now: datetime) -> int:
        """Keep the view, over the person's view of the same name where there is one; return its key."""
        row: dict[str, Any] = {
            "key": new_key(),
            "owner_key": owner_key,
            "name": name,
            "fields": dict(fields),
            "group_id": group_id,
            "saved_at": now,
        }
        changes = ("fields", "group_id", "saved_at")
        upsert(self._connection, work_view, [row], keys=("owner_key", "name"), changes=changes)
        query = select(work_view.c.key).where(work_view.c.owner_key == owner_key, work_view.c.name == name)
        key: int = self._connection.execute(query).scalar_one()
        return key

    def remove(self, key: int) -> None:
        """Forget the view; who began with it begins with their own tasks again."""
        self._connection.execute(delete(work_view_default).where(work_view_default.c.view_key == key))
        self._connection.execute(delete(work_view).where(work_view.c.key == key))

    def begin_with(self, user_key: int, view_key: int | None) -> None:
        """Let the person's worklist begin with the view; None: with their own tasks."""
        if view_key is None:
            self._connection.execute(delete(work_view_default).where(work_view_default.c.user_key == user_key))
            return
        row = {"user_key": user_key, "view_key": view_key}
        upsert(self._connection, work_view_default, [row], keys=("user_key",), changes=("view_key",))


@lru_cache(maxsize=50)
def _seen_by(roles: int) -> Select[Any]:
    """Return the statement for a person of so many roles; asked with every list, hence made once."""
    named: list[BindParameter[Any]] = [bindparam(f"role_{number}") for number in range(roles)]
    own = work_view.c.owner_key == bindparam("person")
    return (
        select(
            work_view.c.key,
            work_view.c.owner_key,
            work_view.c.name,
            work_view.c.fields,
            work_view.c.group_id,
            user_account.c.name.label("owner_name"),
            work_view_default.c.user_key.label("default_of"),
        )
        .join(user_account, user_account.c.key == work_view.c.owner_key)
        .outerjoin(
            work_view_default,
            (work_view_default.c.view_key == work_view.c.key) & (work_view_default.c.user_key == bindparam("person")),
        )
        .where(or_(own, work_view.c.group_id.in_(named)) if named else own)
    )
