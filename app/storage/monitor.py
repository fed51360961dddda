"""The monitor's and the API's reads of instances, elements, incidents, messages; they hold no client data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_

from app.domain.localized import LocalizedText
from app.storage.tables.care import care_case
from app.storage.tables.definitions import decision_definition, process_definition
from app.storage.tables.instances import (
    called_process,
    history,
    incident,
    job,
    message,
    message_subscription,
    process_instance,
    timer,
    variable,
)
from app.storage.tables.people import audit, user_account
from app.storage.tables.work import user_task
from app.storage.types import AnyRow


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
class DefinitionLine:
    """One published version, with the number of its instances."""

    key: int
    process_id: str
    version: int
    version_tag: str
    name: LocalizedText
    documentation: LocalizedText
    resource_name: str
    published_at: datetime
    active: int
    with_incidents: int


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


class Monitor:
    """Reads about running and ended instances."""

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

    def definitions(self, *, latest_only: bool = False, process_id: str = "") -> list[DefinitionLine]:
        """Return the published versions by process id, newest version first, with counts of their instances."""
        active = (
            select(
                process_instance.c.process_definition_key,
                func.count().label("active"),
                func.count().filter(process_instance.c.open_incidents > 0).label("with_incidents"),
            )
            .where(process_instance.c.status == "active")
            .group_by(process_instance.c.process_definition_key)
        ).subquery()
        query = select(
            process_definition.c.key,
            process_definition.c.process_id,
            process_definition.c.version,
            process_definition.c.version_tag,
            process_definition.c.name,
            process_definition.c.documentation,
            process_definition.c.resource_name,
            process_definition.c.published_at,
            func.coalesce(active.c.active, 0).label("active"),
            func.coalesce(active.c.with_incidents, 0).label("with_incidents"),
        ).outerjoin(active, active.c.process_definition_key == process_definition.c.key)
        if process_id:
            query = query.where(process_definition.c.process_id == process_id)
        if latest_only:
            newest = (
                select(process_definition.c.process_id, func.max(process_definition.c.version).label("version"))
                .group_by(process_definition.c.process_id)
                .subquery()
            )
            query = query.join(
                newest,
                and_(
                    newest.c.process_id == process_definition.c.process_id,
                    newest.c.version == process_definition.c.version,
                ),
            )
        query = query.order_by(process_definition.c.process_id, process_definition.c.version.desc())
        return [DefinitionLine(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001

    def process_names(self) -> dict[str, LocalizedText]:
        """Return the name of each process in its newest version."""
        query = select(process_definition.c.process_id, process_definition.c.name).order_by(
            process_definition.c.process_id, process_definition.c.version
        )
        return {row.process_id: row.name for row in self._connection.execute(query)}

    def element_counts(self, definition_key: int) -> dict[str, int]:
        """
        Return how many element instances are active now, by element id.

        Over the version's active instances, and the active calls of it in other instances.
        """
        ended = history.alias("ended")
        live = (
            select(history.c.element_id, func.count())
            .outerjoin(
                ended,
                and_(
                    ended.c.element_instance_key == history.c.element_instance_key,
                    ended.c.event.in_(("completed", "terminated")),
                ),
            )
            .where(history.c.event == "activated", history.c.element_type != "process", ended.c.sequence.is_(None))
            .group_by(history.c.element_id)
        )
        own = live.join(process_instance, process_instance.c.key == history.c.instance_key).where(
            history.c.called_process_key.is_(None), *_active_of(process_instance, definition_key)
        )
        called = live.join(called_process, called_process.c.key == history.c.called_process_key).where(
            *_active_of(called_process, definition_key)
        )
        return self._added_up(own, called)

    def incident_counts(self, definition_key: int) -> dict[str, int]:
        """Return how many incidents are open, by element id, over the version's instances and the calls of it."""
        standing = (
            select(incident.c.element_id, func.count())
            .where(incident.c.status == "open")
            .group_by(incident.c.element_id)
        )
        own = standing.join(process_instance, process_instance.c.key == incident.c.instance_key).where(
            incident.c.called_process_key.is_(None), process_instance.c.process_definition_key == definition_key
        )
        called = standing.join(called_process, called_process.c.key == incident.c.called_process_key).where(
            called_process.c.process_definition_key == definition_key
        )
        return self._added_up(own, called)

    def _added_up(self, *queries: Any) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for query in queries:
            counts.update({row[0]: row[1] for row in self._connection.execute(query)})
        return dict(counts)

    def history(
        self, instance_key: int, *, process_key: int | None = None, flows: bool = False, limit: int = 2000
    ) -> list[Mapping[str, Any]]:
        """
        Return what happened, in order, with the names of those who did it.

        `process_key`: only in that process of the instance, its own (the instance's key) or a called one.
        """
        query = (
            select(history, user_account.c.name.label("actor"))
            .outerjoin(user_account, user_account.c.key == history.c.actor_key)
            .where(*_of_process(history, instance_key, process_key))
            .order_by(history.c.sequence)
            .limit(limit)
        )
        if not flows:
            query = query.where(history.c.event != "flow_taken")
        return _mappings(self._connection.execute(query).all())

    def taken_flows(self, instance_key: int, *, process_key: int) -> list[str]:
        """Return the ids of the sequence flows that were taken in that process of the instance, each once."""
        query = (
            select(history.c.element_id)
            .where(*_of_process(history, instance_key, process_key), history.c.event == "flow_taken")
            .distinct()
        )
        return list(self._connection.scalars(query))

    def variables(self, instance_key: int, *, process_key: int | None = None) -> list[Mapping[str, Any]]:
        """Return the variables of all scopes (or of those of one process of the instance) by name."""
        query = select(variable).where(*_of_process(variable, instance_key, process_key)).order_by(variable.c.name)
        return _mappings(self._connection.execute(query).all())

    def incidents(
        self,
        *,
        instance_key: int | None = None,
        process_key: int | None = None,
        status: str = "",
        after: tuple[datetime, int] | None = None,
        limit: int = 200,
    ) -> list[Mapping[str, Any]]:
        """Return incidents, newest first, with what they stand on."""
        query = (
            select(
                incident,
                job.c.type.label("job_type"),
                job.c.status.label("job_status"),
                job.c.attempts.label("job_attempts"),
                process_definition.c.name.label("process_name"),
                process_instance.c.process_definition_key,
            )
            .join(process_instance, process_instance.c.key == incident.c.instance_key)
            .join(process_definition, process_definition.c.key == process_instance.c.process_definition_key)
            .outerjoin(job, job.c.key == incident.c.job_key)
            .order_by(incident.c.opened_at.desc(), incident.c.key.desc())
            .limit(limit)
        )
        if instance_key is not None:
            query = query.where(*_of_process(incident, instance_key, process_key))
        if status:
            query = query.where(incident.c.status == status)
        if after is not None:
            query = query.where(tuple_(incident.c.opened_at, incident.c.key) < after)
        return _mappings(self._connection.execute(query).all())

    def incident_causes(self) -> list[Mapping[str, Any]]:
        """Return the open incidents grouped by process, element and cause, the most frequent first."""
        query = (
            select(
                incident.c.process_id,
                incident.c.element_id,
                incident.c.code,
                func.count().label("count"),
                func.min(incident.c.opened_at).label("first_at"),
                func.max(incident.c.opened_at).label("last_at"),
            )
            .where(incident.c.status == "open")
            .group_by(incident.c.process_id, incident.c.element_id, incident.c.code)
            .order_by(func.count().desc())
        )
        return _mappings(self._connection.execute(query).all())

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
                history.c.element_type.not_in(("process", "subProcess")),
                ended.c.sequence.is_(None),
            )
            .order_by(history.c.instance_key, history.c.sequence)
        )
        found: dict[int, list[tuple[int | None, str]]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.instance_key, []).append((row.process_definition_key, row.element_id))
        return found

    def audit(self, instance_key: int) -> list[Mapping[str, Any]]:
        """Return what people did to the instance, newest first."""
        query = (
            select(audit.c.at, audit.c.action, audit.c.reason, user_account.c.name.label("actor"))
            .outerjoin(user_account, user_account.c.key == audit.c.actor_key)
            .where(audit.c.instance_key == instance_key)
            .order_by(audit.c.key.desc())
            .limit(200)
        )
        return _mappings(self._connection.execute(query).all())

    def waits(self, instance_key: int, *, process_key: int) -> dict[str, list[Mapping[str, Any]]]:
        """Return the open tasks, jobs, timers and message subscriptions in that process of the instance."""
        parts: Mapping[str, tuple[Any, ColumnElement[bool]]] = {
            "tasks": (user_task, user_task.c.status == "open"),
            "jobs": (job, job.c.status.in_(("ready", "leased", "dead", "unknown"))),
            "timers": (timer, timer.c.status == "open"),
            "messages": (message_subscription, message_subscription.c.status == "open"),
        }
        return {
            name: _mappings(
                self._connection.execute(
                    select(table).where(*_of_process(table, instance_key, process_key), condition)
                ).all()
            )
            for name, (table, condition) in parts.items()
        }

    def messages(self, *, status: str = "", after: tuple[datetime, int] | None, limit: int) -> list[Mapping[str, Any]]:
        """Return kept messages, newest first; without their contents."""
        query = select(
            message.c.key,
            message.c.name,
            message.c.correlation_key,
            message.c.status,
            message.c.received_at,
            message.c.expires_at,
            message.c.sender_instance_key,
            message.c.taken_by,
        )
        if status:
            query = query.where(message.c.status == status)
        if after is not None:
            query = query.where(tuple_(message.c.received_at, message.c.key) < after)
        query = query.order_by(message.c.received_at.desc(), message.c.key.desc()).limit(limit)
        return _mappings(self._connection.execute(query).all())

    def decisions(self, *, decision_id: str = "") -> list[Mapping[str, Any]]:
        """Return the published decision versions, newest first."""
        query = select(
            decision_definition.c.key,
            decision_definition.c.decision_id,
            decision_definition.c.version,
            decision_definition.c.name,
            decision_definition.c.resource_name,
            decision_definition.c.published_at,
        ).order_by(decision_definition.c.decision_id, decision_definition.c.version.desc())
        if decision_id:
            query = query.where(decision_definition.c.decision_id == decision_id)
        return _mappings(self._connection.execute(query).all())

    def totals(self) -> dict[str, int]:
        """Return how many instances are active and how many of them have an incident."""
        row = self._connection.execute(
            select(
                func.count().label("active"),
                func.count().filter(process_instance.c.open_incidents > 0).label("with_incidents"),
            ).where(process_instance.c.status == "active")
        ).one()
        return {"active": row.active, "with_incidents": row.with_incidents}


def _of_process(table: Any, instance_key: int, process_key: int | None) -> list[ColumnElement[bool]]:
    """Return the condition of rows of one process of the instance: its own, or a called one; None: of them all."""
    conditions: list[ColumnElement[bool]] = [table.c.instance_key == instance_key]
    if process_key == instance_key:
        conditions.append(table.c.called_process_key.is_(None))
    elif process_key is not None:
        conditions.append(table.c.called_process_key == process_key)
    return conditions


def _active_of(table: Any, definition_key: int) -> tuple[ColumnElement[bool], ...]:
    return table.c.process_definition_key == definition_key, table.c.status == "active"


def _mappings(rows: Sequence[AnyRow]) -> list[Mapping[str, Any]]:
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


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
