"""What people have to put right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from app.domain.errors import UNREADABLE_STATE, NotFound
from app.domain.steps import IncidentOpened
from app.storage.rows import Incident
from app.storage.statements import insert_many_new
from app.storage.tables.instances import (
    incident,
)
from app.storage.waits import end_waits


class Incidents:
    """What people have to put right."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        instance_key: int,
        process_id: str,
        opened: Sequence[IncidentOpened],
        *,
        now: datetime,
        job_key: int | None = None,
    ) -> None:
        """Insert the incidents that are not there yet."""
        rows = [
            {
                "key": item.key,
                "instance_key": instance_key,
                "process_id": item.called.process_id if item.called else process_id,
                "called_process_key": item.called_key,
                "element_instance_key": item.element_instance_key,
                "element_id": item.element_id,
                "job_key": job_key,
                "code": item.code,
                "message": item.message[:2000],
                "status": "open",
                "opened_at": now,
            }
            for item in opened
        ]
        insert_many_new(self._connection, incident, rows, keys=("key",))

    def get(self, key: int) -> Incident:
        """Return the incident. :raises NotFound: no such incident"""
        row = self._connection.execute(select(incident).where(incident.c.key == key)).one_or_none()
        if row is None:
            raise NotFound("incident", key)
        return Incident(
            key=row.key,
            instance_key=row.instance_key,
            called_process_key=row.called_process_key,
            process_id=row.process_id,
            element_id=row.element_id,
            element_instance_key=row.element_instance_key,
            job_key=row.job_key,
            code=row.code,
            message=row.message,
            status=row.status,
            opened_at=row.opened_at,
        )

    def resolve(self, key: int, *, by: int | None, note: str, now: datetime) -> bool:
        """Mark the incident resolved if it is open; return whether it was."""
        result = self._connection.execute(
            update(incident)
            .where(incident.c.key == key, incident.c.status == "open")
            .values(status="resolved", resolved_at=now, resolved_by=by, note=note)
        )
        return result.rowcount == 1

    def close(self, keys: Sequence[int], *, completed: bool, now: datetime) -> None:
        """End the incidents: resolved by going on, or cancelled with what they stood on."""
        status = "resolved" if completed else "cancelled"
        end_waits(self._connection, incident, keys, status=status, now=now)

    def close_of_jobs(self, job_keys: Sequence[int], *, now: datetime) -> int:
        """Cancel the open incidents of the jobs; return how many there were."""
        if not job_keys:
            return 0
        result = self._connection.execute(
            update(incident)
            .where(incident.c.job_key.in_(job_keys), incident.c.status == "open")
            .values(status="cancelled", resolved_at=now)
        )
        return result.rowcount

    def broken_states(self, instance_keys: Collection[int]) -> set[int]:
        """Return those of the instances whose state cannot be read, as an open incident of theirs says."""
        query = select(incident.c.instance_key).where(
            incident.c.instance_key.in_(instance_keys),
            incident.c.status == "open",
            incident.c.code.in_(UNREADABLE_STATE),
        )
        return set(self._connection.scalars(query))

    def has_open(self, instance_key: int, *, codes: Collection[str]) -> bool:
        """Tell whether the instance itself (not a job of it) has an open incident of one of the codes."""
        query = select(incident.c.key).where(
            incident.c.instance_key == instance_key,
            incident.c.status == "open",
            incident.c.job_key.is_(None),
            incident.c.code.in_(codes),
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def count_open(self) -> int:
        """Return how many incidents are open."""
        return self._connection.execute(
            select(func.count()).select_from(incident).where(incident.c.status == "open")
        ).scalar_one()
