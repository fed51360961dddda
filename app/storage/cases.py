"""Cases: what ties together everything that is done for one client, and who serves the client in it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, literal, or_, select, tuple_, union, update
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.access import CaseRelation, Grant, Purpose
from app.domain.calendar import HELSINKI
from app.domain.client import Case, case_number
from app.domain.errors import NotFound
from app.domain.sharing import DataGroup
from app.storage.reads import find_row
from app.storage.tables.care import care_case, case_answer, consent_grant
from app.storage.tables.care import case_number as case_number_table
from app.storage.tables.instances import process_instance
from app.storage.tables.teamwork import task_comment

_GET = select(care_case).where(care_case.c.key == bindparam("sought"))
#: FOR NO KEY UPDATE: answers and appointments that point to the case may be written meanwhile
_LOCK = _GET.with_for_update(key_share=True)


class Cases:
    """The cases, their grants, and the relation by which access is decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: int) -> Case:
        """Return the case. :raises NotFound: no such case"""
        row = find_row(self._connection, _GET, sought=key)
        if row is None:
            raise NotFound("case", key)
        return _to_case(row)

    def lock(self, key: int) -> Case:
        """
        Lock the case and return it as it is now: it is not closed, and nothing new begins in it, until the commit.

        :raises NotFound: no such case
        """
        row = find_row(self._connection, _LOCK, sought=key)
        if row is None:
            raise NotFound("case", key)
        return _to_case(row)

    def get_many(self, keys: Collection[int]) -> dict[int, Case]:
        """Return those of the cases that exist, by key."""
        if not keys:
            return {}
        rows = self._connection.execute(select(care_case).where(care_case.c.key.in_(keys)))
        return {row.key: _to_case(row) for row in rows}

    def find_by_number(self, number: str) -> list[Case]:
        """Return the case with this number, if there is one."""
        return [
            _to_case(row) for row in self._connection.execute(select(care_case).where(care_case.c.number == number))
        ]

    def exists(self, key: int) -> bool:
        """Tell whether there is such a case."""
        return self._connection.scalar(select(care_case.c.key).where(care_case.c.key == key)) is not None

    def lock_open_case_of(self, client_key: int) -> Case | None:
        """Lock and return the open case of the client, the newest where there are several, or None."""
        row = self._connection.execute(
            select(care_case)
            .where(care_case.c.client_key == client_key, care_case.c.status == "open")
            .order_by(care_case.c.opened_at.desc(), care_case.c.key)
            .limit(1)
            .with_for_update(key_share=True)
        ).one_or_none()
        return None if row is None else _to_case(row)

    def of_unit(
        self,
        *,
        owner_key: int | None,
        unit_id: str,
        status: str,
        after: tuple[datetime, int] | None,
        limit: int,
    ) -> list[Case]:
        """Return the cases that the person owns or that belong to the unit, newest first."""
        query = select(care_case).where(or_(care_case.c.owner_key == owner_key, care_case.c.unit_id == unit_id))
        if status:
            query = query.where(care_case.c.status == status)
        if after is not None:
            query = query.where(tuple_(care_case.c.opened_at, care_case.c.key) < tuple_(*_bound(after)))
        query = query.order_by(care_case.c.opened_at.desc(), care_case.c.key.desc()).limit(limit)
        return [_to_case(row) for row in self._connection.execute(query)]

    def of_client(self, client_key: int) -> list[Case]:
        """Return all cases of the client, the newest first."""
        rows = self._connection.execute(
            select(care_case).where(care_case.c.client_key == client_key).order_by(care_case.c.opened_at.desc())
        )
        return [_to_case(row) for row in rows]

    def add(
        self,
        *,
        key: int,
        client_key: int,
        area_id: str,
        controller_organisation_id: str,
        unit_id: str,
        owner_key: int | None,
        owner_role: str = "",
        now: datetime,
    ) -> Case:
        """Open a case under the next number of the year in Finland."""
        year = now.astimezone(HELSINKI).year
        number = case_number(year=year, number=self._next_number(year))
        self._connection.execute(
            insert(care_case).values(
                key=key,
                number=number,
                client_key=client_key,
                area_id=area_id,
                controller_org_id=controller_organisation_id,
                unit_id=unit_id,
                owner_key=owner_key,
                owner_role=owner_role,
                status="open",
                opened_at=now,
            )
        )
        return Case(
            key=key,
            number=number,
            client_key=client_key,
            area_id=area_id,
            controller_organisation_id=controller_organisation_id,
            unit_id=unit_id,
            owner_key=owner_key,
            owner_role=owner_role,
            source="",
            service_relation="",
            is_open=True,
            outcome="",
            opened_at=now,
        )

    def _next_number(self, year: int) -> int:
        # the row of the year is locked until the commit: numbers have no holes and nobody gets one twice
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        counted = (
            dialect.insert(case_number_table)
            .values(year=year, last=1)
            .on_conflict_do_update(index_elements=["year"], set_={"last": case_number_table.c.last + 1})
            .returning(case_number_table.c.last)
        )
        return int(self._connection.execute(counted).scalar_one())

    def change(
        self,
        key: int,
        *,
        source: str | None = None,
        service_relation: str | None = None,
        municipality: str | None = None,
    ) -> None:
        """Write whence the case came, how the client stands to services, where they live; None leaves as it is."""
        values = {"source": source, "service_relation": service_relation, "municipality": municipality}
        given = {name: value for name, value in values.items() if value is not None}
        if given:
            self._connection.execute(update(care_case).where(care_case.c.key == key).values(**given))

    def give(
        self,
        key: int,
        *,
        owner_key: int | None,
        owner_role: str = "",
        coordinator_key: int | None = None,
        deputy_key: int | None = None,
    ) -> None:
        """Make somebody else the owner of the case, and say who is client coordinator and who stands in for them."""
        self._connection.execute(
            update(care_case)
            .where(care_case.c.key == key)
            .values(owner_key=owner_key, owner_role=owner_role, coordinator_key=coordinator_key, deputy_key=deputy_key)
        )

    def open_of_owner(self, owner_key: int) -> list[Case]:
        """Return the open cases that the person owns."""
        rows = self._connection.execute(
            select(care_case)
            .where(care_case.c.owner_key == owner_key, care_case.c.status == "open")
            .order_by(care_case.c.key)
        )
        return [_to_case(row) for row in rows]

    def conclude(self, key: int, *, outcome: str) -> None:
        """Note what the open case has come to; it is closed when nothing of it goes on."""
        self._connection.execute(
            update(care_case).where(care_case.c.key == key, care_case.c.status == "open").values(outcome=outcome)
        )

    def end_grants(self, key: int, *, now: datetime) -> None:
        """Let the consents of the case open nothing from now on: what they were given for is over."""
        self._connection.execute(
            update(consent_grant)
            .where(consent_grant.c.case_key == key, consent_grant.c.valid_until > now)
            .values(valid_until=now)
        )

    def close(self, key: int, *, outcome: str, now: datetime) -> bool:
        """Close the case with its outcome; return whether it was open."""
        result = self._connection.execute(
            update(care_case)
            .where(care_case.c.key == key, care_case.c.status == "open")
            .values(status="closed", outcome=outcome, closed_at=now)
        )
        return result.rowcount == 1

    def relation(self, key: int) -> CaseRelation:
        """
        Return what the access decision needs to know of the case. :raises NotFound: no such case

        An organisation serves the client when a process of the case belongs to it or it has written something.
        """
        case = self.get(key)
        serving = union(
            select(process_instance.c.organisation_id).where(process_instance.c.case_key == key),
            select(case_answer.c.controller_org_id).where(case_answer.c.case_key == key),
            select(task_comment.c.controller_org_id).where(task_comment.c.case_key == key),
        )
        return CaseRelation(
            case_key=key,
            client_key=case.client_key,
            area_id=case.area_id,
            controller_organisation_id=case.controller_organisation_id,
            owner_key=case.owner_key,
            serving_organisation_ids=frozenset(self._connection.scalars(serving)) - {""},
        )

    def grants(self, key: int) -> tuple[Grant, ...]:
        """Return all grants of the case, live or not; one for a purpose that we do not know opens nothing."""
        rows = self._connection.execute(
            select(consent_grant).where(consent_grant.c.case_key == key, consent_grant.c.purpose.in_(list(Purpose)))
        )
        return tuple(
            Grant(
                key=row.key,
                case_key=row.case_key,
                organisation_id=row.organisation_id,
                data_group=DataGroup(row.data_group),
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                purpose=Purpose(row.purpose),
                withdrawn_at=row.withdrawn_at,
                consent_key=row.consent_key,
            )
            for row in rows
        )


def _to_case(row: Row[Any]) -> Case:
    return Case(
        key=row.key,
        number=row.number,
        client_key=row.client_key,
        area_id=row.area_id,
        controller_organisation_id=row.controller_org_id,
        unit_id=row.unit_id,
        owner_key=row.owner_key,
        owner_role=row.owner_role,
        coordinator_key=row.coordinator_key,
        deputy_key=row.deputy_key,
        source=row.source,
        service_relation=row.service_relation,
        is_open=row.status == "open",
        outcome=row.outcome,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )


def _bound(after: tuple[datetime, int]) -> tuple[Any, Any]:
    return literal(after[0], care_case.c.opened_at.type), literal(after[1], care_case.c.key.type)
