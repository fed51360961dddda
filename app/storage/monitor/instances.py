"""Lists of instances by what they are narrowed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_

from app.domain.localized import LocalizedText
from app.storage.tables.care import care_case
from app.storage.tables.definitions import process_definition
from app.storage.tables.instances import called_process, history, incident, process_instance
from app.storage.tables.people import user_account
from app.storage.types import AnyRow

#: types of elements that hold others: what is open in them is told instead
CONTAINERS = ("process", "subProcess", "eventSubProcess", "transaction", "adHocSubProcess")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceLine:
    """One row of the list of instances."""

    key: int
    definition_key: int
    process_id: str
    process_name: LocalizedText
    version: int
    version_tag: str
    status: str
    open_incidents: int
    case_key: int | None
    case_number: str
    area_id: str
    unit_id: str
    business_id: str
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    end_reason: str
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFilters:
    """What the list of instances is narrowed to; empty means all."""

    process_id: str = ""
    definition_key: int | None = None
    version: int | None = None
    status: str = ""
    with_incidents: bool | None = None
    incident_code: str = ""
    case_number: str = ""
    case_key: int | None = None
    key: int | None = None
    business_id: str = ""
    started_from: datetime | None = None
    started_before: datetime | None = None
    element_id: str = ""


class InstanceLists:
    """Reads of many instances."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def instances(
        self, filters: InstanceFilters, *, after: tuple[datetime, int] | None, limit: int
    ) -> list[InstanceLine]:
        """Return the instances, newest first."""
        query = (
            select(
                process_instance.c.key,
                process_instance.c.process_definition_key,
                process_instance.c.process_id,
                process_instance.c.version,
                process_instance.c.status,
                process_instance.c.open_incidents,
                process_instance.c.paused_at,
                process_instance.c.case_key,
                process_instance.c.area_id,
                process_instance.c.unit_id,
                process_instance.c.business_id,
                process_instance.c.started_at,
                process_instance.c.ended_at,
                process_instance.c.end_reason,
                process_definition.c.name,
                process_definition.c.version_tag,
                care_case.c.number,
                user_account.c.name.label("starter"),
            )
            .join(process_definition, process_definition.c.key == process_instance.c.process_definition_key)
            .outerjoin(care_case, care_case.c.key == process_instance.c.case_key)
            .outerjoin(user_account, user_account.c.key == process_instance.c.started_by)
            .where(*_instance_conditions(filters))
            .order_by(process_instance.c.started_at.desc(), process_instance.c.key.desc())
            .limit(limit)
        )
        if after is not None:
            place = tuple_(process_instance.c.started_at, process_instance.c.key)
            query = query.where(place < after)
        return [_to_instance(row) for row in self._connection.execute(query)]

    def find_instance(self, key: int) -> InstanceLine | None:
        """Return one instance as a line."""
        found = self.instances(InstanceFilters(key=key), after=None, limit=1)
        return found[0] if found else None

    def count_instances(self, filters: InstanceFilters, *, most: int = 1000) -> int:
        """Return how many instances there are, counting no further than `most`."""
        inner = (
            select(process_instance.c.key)
            .outerjoin(care_case, care_case.c.key == process_instance.c.case_key)
            .where(*_instance_conditions(filters))
            .limit(most)
        ).subquery()
        return self._connection.execute(select(func.count()).select_from(inner)).scalar_one()

    def active_elements(self, instance_keys: Sequence[int]) -> dict[int, list[tuple[int | None, str]]]:
        """
        Return where each of the instances stands: ids of elements, each with the version it is of.

        The version is None for elements of the instance's own process.
        """
        ended = history.alias("ended")
        query = (
            select(history.c.instance_key, history.c.element_id, called_process.c.process_definition_key)
            .outerjoin(called_process, called_process.c.key == history.c.called_process_key)
            .outerjoin(
                ended,
                and_(
                    ended.c.element_instance_key == history.c.element_instance_key,
                    ended.c.event.in_(("completed", "terminated")),
                ),
            )
            .where(
                history.c.instance_key.in_(instance_keys),
                history.c.event == "activated",
                history.c.element_type.not_in(CONTAINERS),
                ended.c.sequence.is_(None),
            )
            .order_by(history.c.instance_key, history.c.sequence)
        )
        found: dict[int, list[tuple[int | None, str]]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.instance_key, []).append((row.process_definition_key, row.element_id))
        return found

    def totals(self) -> dict[str, int]:
        """Return how many instances are active and how many of them have an incident."""
        row = self._connection.execute(
            select(
                func.count().label("active"),
                func.count().filter(process_instance.c.open_incidents > 0).label("with_incidents"),
            ).where(process_instance.c.status == "active")
        ).one()
        return {"active": row.active, "with_incidents": row.with_incidents}


def _instance_conditions(filters: InstanceFilters) -> list[ColumnElement[bool]]:
    columns = process_instance.c
    pairs: list[tuple[Any, ColumnElement[bool]]] = [
        (filters.process_id, _runs(filters)),
        (filters.definition_key, columns.process_definition_key == filters.definition_key),
        (filters.version and not filters.process_id, columns.version == filters.version),
        (filters.status, columns.status == filters.status),
        (filters.case_key, columns.case_key == filters.case_key),
        (filters.key, columns.key == filters.key),
        (filters.business_id, columns.business_id == filters.business_id),
    ]
    conditions = [condition for given, condition in pairs if given]
    if filters.case_number:
        conditions.append(care_case.c.number == filters.case_number)
    if filters.with_incidents is not None:
        conditions.append(columns.open_incidents > 0 if filters.with_incidents else columns.open_incidents == 0)
    if filters.incident_code:
        conditions.append(
            columns.key.in_(
                select(incident.c.instance_key).where(
                    incident.c.code == filters.incident_code, incident.c.status == "open"
                )
            )
        )
    if filters.element_id:
        conditions.append(columns.key.in_(_waiting_at(filters.element_id)))
    if filters.started_from:
        conditions.append(columns.started_at >= filters.started_from)
    if filters.started_before:
        conditions.append(columns.started_at < filters.started_before)
    return conditions


def _runs(filters: InstanceFilters) -> ColumnElement[bool]:
    """Return the condition of instances of the process (and version), and of those that call it."""

    def fits(table: Any) -> list[ColumnElement[bool]]:
        version = [table.c.version == filters.version] if filters.version else []
        return [table.c.process_id == filters.process_id, *version]

    calls = select(called_process.c.instance_key).where(*fits(called_process))
    if filters.status:
        calls = calls.where(called_process.c.status == filters.status)
    return or_(and_(*fits(process_instance)), process_instance.c.key.in_(calls))


def _waiting_at(element_id: str) -> Any:
    ended = history.alias("ended")
    return (
        select(history.c.instance_key)
        .outerjoin(
            ended,
            and_(
                ended.c.element_instance_key == history.c.element_instance_key,
                or_(ended.c.event == "completed", ended.c.event == "terminated"),
            ),
        )
        .where(history.c.element_id == element_id, history.c.event == "activated", ended.c.sequence.is_(None))
    )


def _to_instance(row: AnyRow) -> InstanceLine:
    return InstanceLine(
        key=row.key,
        definition_key=row.process_definition_key,
        process_id=row.process_id,
        process_name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        status=row.status,
        open_incidents=row.open_incidents,
        paused_at=row.paused_at,
        case_key=row.case_key,
        case_number=row.number or "",
        area_id=row.area_id,
        unit_id=row.unit_id,
        business_id=row.business_id,
        started_at=row.started_at,
        started_by=row.starter or "",
        ended_at=row.ended_at,
        end_reason=row.end_reason,
    )
