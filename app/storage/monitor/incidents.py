"""What has stopped, and what has come and waits: incidents and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from app.domain.errors import UNREADABLE_STATE
from app.storage.monitor.parts import mappings, of_process
from app.storage.tables.definitions import process_definition
from app.storage.tables.instances import delivery, incident, job, message, process_instance


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """
    Deliveries of one message or signal that are on their way: how many, since when.

    `kind` is message, signal or start. Of them `paused` wait because their instance is paused, `broken` because its
    state cannot be read.
    """

    kind: str
    name: str
    count: int
    since: datetime
    paused: int
    broken: int


class IncidentLists:
    """Reads of incidents and of kept messages."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
            query = query.where(*of_process(incident, instance_key, process_key))
        if status:
            query = query.where(incident.c.status == status)
        if after is not None:
            query = query.where(tuple_(incident.c.opened_at, incident.c.key) < after)
        return mappings(self._connection.execute(query).all())

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
        return mappings(self._connection.execute(query).all())

    def deliveries_under_way(self) -> list[DeliveryLine]:
        """Return what is on its way to instances and has not arrived: by kind and name, the oldest first."""
        query = (
            select(
                delivery.c.kind,
                delivery.c.name,
                func.count().label("count"),
                func.min(delivery.c.created_at).label("since"),
                func.count().filter(process_instance.c.paused_at.is_not(None)).label("paused"),
                func.count().filter(_state_is_broken()).label("broken"),
            )
            .outerjoin(process_instance, process_instance.c.key == delivery.c.instance_key)
            .where(delivery.c.status == "pending")
            .group_by(delivery.c.kind, delivery.c.name)
            .order_by(func.min(delivery.c.created_at), delivery.c.name, delivery.c.kind)
        )
        return [DeliveryLine(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001

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
        return mappings(self._connection.execute(query).all())


def _state_is_broken() -> ColumnElement[bool]:
    return process_instance.c.key.in_(
        select(incident.c.instance_key).where(incident.c.status == "open", incident.c.code.in_(UNREADABLE_STATE))
    )
