"""Editable data of the county: time limits, area settings, services, sources, notification texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from app.domain.durations import parse_duration
from app.storage.statements import upsert
from app.storage.tables.people import reference_data, user_account

#: kind of the rows that expressions read as `viite.*`
LIMITS = "limit"
#: purposes of processing with their grounds in law (R-05)
GROUNDS = "processing_ground"
#: kind of the rows that say how a limit is called and written
LIMIT_KINDS = "limit_kind"
#: kind of the rows that expressions read as `viite.alue.*`
AREA_SETTINGS = "area"
#: kind of the rows that say how an area's setting is called and written
AREA_SETTING_KINDS = "area_kind"
#: what names of settings begin with where they stand among limits, as pathways read them
OF_AREA = "alue."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLine:
    """A row with who changed it last ("" where it came with the files)."""

    id: str
    area_id: str
    value: Any
    changed_at: datetime
    changed_by: str


class Reference:
    """Reference data; a value of an area wins over the one that holds everywhere."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def values(self, kind: str, *, area_id: str = "", ids: Collection[str] | None = None) -> dict[str, Any]:
        """Return the values of the kind by id, as they hold in the area."""
        query = select(reference_data.c.id, reference_data.c.value).where(
            reference_data.c.kind == kind, reference_data.c.area_id.in_(("", area_id))
        )
        if ids is not None:
            query = query.where(reference_data.c.id.in_(ids))
        return {row.id: row.value for row in self._connection.execute(query.order_by(reference_data.c.area_id))}

    def duration(self, limit: str, *, area_id: str = "", usual: str) -> timedelta:
        """Return the limit's length as it holds in the area, `usual` (ISO 8601) where nobody has set it."""
        return parse_duration(self.values(LIMITS, area_id=area_id, ids=[limit]).get(limit) or usual)

    def context(self, names: Collection[str], *, area_id: str) -> dict[str, Any]:
        """
        Return the read-only context `viite` with those of the dotted names that exist.

        `alue.x` is the area's setting x, any other name a limit; what nobody has set is null.
        """
        limits = {name.split(".")[0] for name in names} - {"alue"}
        settings = {name.split(".")[1] for name in names if name.startswith("alue.")}
        if not limits and not settings:
            return {}
        rows = self._connection.execute(
            select(reference_data.c.kind, reference_data.c.id, reference_data.c.value)
            .where(
                reference_data.c.kind.in_((LIMITS, AREA_SETTINGS)),
                reference_data.c.area_id.in_(("", area_id)),
                reference_data.c.id.in_(limits | settings),
            )
            .order_by(reference_data.c.area_id)
        ).all()
        context: dict[str, Any] = dict.fromkeys(limits)
        context.update({row.id: row.value for row in rows if row.kind == LIMITS and row.id in limits})
        if settings:
            area = dict.fromkeys(settings)
            area.update({row.id: row.value for row in rows if row.kind == AREA_SETTINGS and row.id in settings})
            context["alue"] = area
        return context

    def lines(self, kind: str, *, area_id: str = "") -> list[ReferenceLine]:
        """Return the rows of the kind that hold everywhere, and after them those of the area, with who changed them."""
        rows = self._connection.execute(
            select(reference_data, user_account.c.name)
            .outerjoin(user_account, user_account.c.key == reference_data.c.changed_by)
            .where(reference_data.c.kind == kind, reference_data.c.area_id.in_(("", area_id)))
            .order_by(reference_data.c.area_id, reference_data.c.id)
        )
        return [
            ReferenceLine(
                id=row.id,
                area_id=row.area_id,
                value=row.value,
                changed_at=row.changed_at,
                changed_by=row.name or "",
            )
            for row in rows
        ]

    def lock(self, kind: str, identifier: str, *, area_id: str = "") -> dict[str, Any]:
        """Lock the row of the id in the area ("" everywhere), and return the values by area, "" for everywhere."""
        here = (reference_data.c.kind == kind, reference_data.c.id == identifier)
        self._connection.execute(
            select(reference_data.c.id).where(*here, reference_data.c.area_id == area_id).with_for_update()
        ).all()
        rows = self._connection.execute(select(reference_data.c.area_id, reference_data.c.value).where(*here))
        return {row.area_id: row.value for row in rows}

    def changed_by_people(self) -> set[tuple[str, str, str]]:
        """Return kind, area and id of the rows that a person has changed."""
        rows = self._connection.execute(
            select(reference_data.c.kind, reference_data.c.area_id, reference_data.c.id).where(
                reference_data.c.changed_by.is_not(None)
            )
        )
        return {(row.kind, row.area_id, row.id) for row in rows}

    def areas(self) -> dict[str, Any]:
        """Return the names of the areas by their ids."""
        rows = self._connection.execute(
            select(reference_data.c.area_id, reference_data.c.value)
            .where(reference_data.c.kind == AREA_SETTINGS, reference_data.c.id == "nimi")
            .order_by(reference_data.c.area_id)
        )
        return {row.area_id: row.value for row in rows}

    def put(
        self,
        kind: str,
        values: Mapping[str, Any] | Sequence[tuple[str, Any]],
        *,
        now: datetime,
        area_id: str = "",
        by: int | None = None,
    ) -> None:
        """Insert or replace the values of the kind."""
        pairs = values.items() if isinstance(values, Mapping) else values
        upsert(
            self._connection,
            reference_data,
            [
                {
                    "kind": kind,
                    "area_id": area_id,
                    "id": identifier,
                    "value": value,
                    "changed_at": now,
                    "changed_by": by,
                }
                for identifier, value in pairs
            ],
            keys=("kind", "area_id", "id"),
            changes=("value", "changed_at", "changed_by"),
        )
