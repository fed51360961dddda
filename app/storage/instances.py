"""Process instances: lock first, then read; one update writes what a step changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, insert, literal, select, update

from app.domain.errors import InstanceEnded, NotFound, StaleVersion
from app.domain.steps import HistoryEvent, InstanceStatus, ListenerEvent, Step, VariableWritten, WaitKind
from app.storage.reads import find_row
from app.storage.rows import Instance
from app.storage.statements import upsert
from app.storage.tables.instances import (
    delivery,
    history,
    incident,
    job,
    message_subscription,
    process_instance,
    signal_subscription,
    timer,
    variable,
)
from app.storage.tables.work import user_task
from app.storage.writes import write

_COLUMNS = (
    process_instance.c.key,
    process_instance.c.process_definition_key,
    process_instance.c.process_id,
    process_instance.c.version,
    process_instance.c.case_key,
    process_instance.c.area_id,
    process_instance.c.organisation_id,
    process_instance.c.unit_id,
    process_instance.c.status,
    process_instance.c.state,
    process_instance.c.revision,
    process_instance.c.history_count,
    process_instance.c.open_incidents,
    process_instance.c.paused_at,
)


def _locking(owner: Any) -> Select[Any]:
    """Return the statement that locks the instance of this key and reads it; its one parameter is `sought`."""
    # SQLite ignores FOR UPDATE; there BEGIN IMMEDIATE has locked the whole file already
    return select(*_COLUMNS).where(process_instance.c.key == owner).with_for_update(of=process_instance)


def _locking_owner(of: Any) -> Select[Any]:
    """Return the statement that locks the instance to which a row of the table belongs."""
    return _locking(select(of.c.instance_key).where(of.c.key == bindparam("sought")).scalar_subquery())


# Statements of every step are made once: building one costs more than carrying it out.
_LOCK = _locking(bindparam("sought"))
_LOCK_FOR_TASK = _locking_owner(user_task)
_LOCK_FOR_JOB = _locking_owner(job)
_LOCK_FOR_TIMER = _locking_owner(timer)
_LOCK_FOR_DELIVERY = _locking_owner(delivery)
_LOCK_FOR_INCIDENT = _locking_owner(incident)
#: the columns that are not named here get the values of the parameters of their names
_ADVANCE = update(process_instance).where(
    process_instance.c.key == bindparam("advanced"), process_instance.c.revision == bindparam("expected_revision")
)
_ADD_HISTORY = insert(history).inline()


class Instances:
    """The instances and what hangs directly on them: history and variables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, key: int) -> Instance:
        """
        Lock the instance and return it as it is now.

        :raises NotFound: no such instance
        """
        return self._locked(_LOCK, key)

    def lock_active(self, key: int) -> Instance:
        """
        Lock the instance, which must still run.

        :raises NotFound: no such instance
        :raises InstanceEnded: it has ended
        """
        found = self.lock(key)
        if found.status != InstanceStatus.ACTIVE:
            raise InstanceEnded(key)
        return found

    def lock_for_task(self, task_key: int) -> Instance:
        """Lock the instance of the user task and return it. :raises NotFound: no such task"""
        return self._locked(_LOCK_FOR_TASK, task_key)

    def lock_for_job(self, job_key: int) -> Instance:
        """Lock the instance of the job and return it. :raises NotFound: no such job"""
        return self._locked(_LOCK_FOR_JOB, job_key)

    def lock_for_timer(self, timer_key: int) -> Instance:
        """Lock the instance of the timer and return it. :raises NotFound: no such timer"""
        return self._locked(_LOCK_FOR_TIMER, timer_key)

    def lock_for_delivery(self, delivery_key: int) -> Instance:
        """Lock the instance that the delivery goes to. :raises NotFound: no such delivery"""
        return self._locked(_LOCK_FOR_DELIVERY, delivery_key)

    def lock_for_incident(self, incident_key: int) -> Instance:
        """Lock the instance of the incident and return it. :raises NotFound: no such incident"""
        return self._locked(_LOCK_FOR_INCIDENT, incident_key)

    def _locked(self, query: Select[Any], key: int) -> Instance:
        row = find_row(self._connection, query, sought=key)
        if row is None:
            raise NotFound("process instance", key)
        return Instance(
            key=row.key,
            definition_key=row.process_definition_key,
            process_id=row.process_id,
            version=row.version,
            case_key=row.case_key,
            area_id=row.area_id,
            organisation_id=row.organisation_id,
            unit_id=row.unit_id,
            status=row.status,
            state=row.state,
            revision=row.revision,
            history_count=row.history_count,
            open_incidents=row.open_incidents,
            paused_at=row.paused_at,
        )

    def add(
        self,
        *,
        key: int,
        definition_key: int,
        process_id: str,
        version: int,
        case_key: int | None,
        area_id: str,
        organisation_id: str,
        unit_id: str,
        business_id: str,
        started_by: int | None,
        now: datetime,
    ) -> Instance:
        """Insert a new instance without state; `advance` writes its first step in the same transaction."""
        self._connection.execute(
            insert(process_instance).values(
                key=key,
                process_definition_key=definition_key,
                process_id=process_id,
                version=version,
                case_key=case_key,
                area_id=area_id,
                organisation_id=organisation_id,
                unit_id=unit_id,
                business_id=business_id,
                status=InstanceStatus.ACTIVE,
                state=b"",
                revision=0,
                history_count=0,
                started_at=now,
                started_by=started_by,
            )
        )
        return Instance(
            key=key,
            definition_key=definition_key,
            process_id=process_id,
            version=version,
            case_key=case_key,
            area_id=area_id,
            organisation_id=organisation_id,
            unit_id=unit_id,
            status=InstanceStatus.ACTIVE,
            state=b"",
            revision=0,
            history_count=0,
            open_incidents=0,
        )

    def others_running(self, case_key: int, *, besides: int) -> dict[int, int]:
        """Return the case's other running instances: the keys of their definitions by their own."""
        running = select(process_instance.c.key, process_instance.c.process_definition_key).where(
            process_instance.c.case_key == case_key,
            process_instance.c.status == InstanceStatus.ACTIVE,
            process_instance.c.key != besides,
        )
        return {row.key: row.process_definition_key for row in self._connection.execute(running)}

    def runs_in_case(self, case_key: int, process_id: str) -> bool:
        """Tell whether an instance of the process itself (no called one) is running in the case."""
        running = select(literal(1)).where(
            process_instance.c.case_key == case_key,
            process_instance.c.process_id == process_id,
            process_instance.c.status == InstanceStatus.ACTIVE,
        )
        return self._connection.execute(running.limit(1)).first() is not None

    def started_by(self, key: int) -> int | None:
        """Return who started the instance, None for the system."""
        return self._connection.scalar(select(process_instance.c.started_by).where(process_instance.c.key == key))

    def advance(self, instance: Instance, step: Step, *, incidents_change: int, reason: str, now: datetime) -> None:
        """
        Write the new state of the instance.

        :raises StaleVersion: somebody advanced it since it was read, which the lock should have prevented
        """
        ended = now if step.status != InstanceStatus.ACTIVE else None
        write(
            self._connection,
            _ADVANCE,
            [
                {
                    "advanced": instance.key,
                    "expected_revision": instance.revision,
                    "state": step.state,
                    "status": step.status,
                    "revision": instance.revision + 1,
                    "history_count": instance.history_count + len(step.history),
                    "open_incidents": max(0, instance.open_incidents + incidents_change),
                    "ended_at": ended,
                    "end_reason": reason if ended else "",
                    "case_key": instance.case_key,
                    "area_id": instance.area_id,
                }
            ],
            otherwise=StaleVersion("process instance", instance.key),
        )

    def open_waits(self, key: int) -> list[tuple[WaitKind, int]]:
        """
        Return kind and key of every row that is open for the instance, those of its own incidents among them.

        Incidents of jobs are not: they end with their jobs. Nor are jobs that nothing waits for.
        """
        parts: dict[WaitKind, tuple[Any, ColumnElement[bool]]] = {
            WaitKind.USER_TASK: (user_task, user_task.c.status == "open"),
            WaitKind.JOB: (
                job,
                and_(
                    job.c.status.in_(("ready", "leased", "dead", "unknown")),
                    job.c.listener_event != ListenerEvent.CANCELING,
                ),
            ),
            WaitKind.TIMER: (timer, timer.c.status == "open"),
            WaitKind.MESSAGE: (message_subscription, message_subscription.c.status == "open"),
            WaitKind.SIGNAL: (signal_subscription, signal_subscription.c.status == "open"),
            WaitKind.INCIDENT: (incident, and_(incident.c.status == "open", incident.c.job_key.is_(None))),
        }
        return [
            (kind, row.key)
            for kind, (table, is_open) in parts.items()
            for row in self._connection.execute(select(table.c.key).where(table.c.instance_key == key, is_open))
        ]

    def pause(self, key: int, *, at: datetime | None) -> None:
        """Note since when the instance is paused, None: it goes on; the caller has locked it."""
        self._connection.execute(update(process_instance).where(process_instance.c.key == key).values(paused_at=at))

    def count_incidents(self, key: int, *, change: int) -> None:
        """Add to the number of open incidents of the instance, which the caller has locked."""
        self._connection.execute(
            update(process_instance)
            .where(process_instance.c.key == key)
            .values(open_incidents=process_instance.c.open_incidents + change)
        )

    def append_history(
        self, instance: Instance, events: Sequence[HistoryEvent], *, actor_key: int | None, now: datetime
    ) -> None:
        """Append the events in their order after those that the instance already has."""
        if events:
            write(
                self._connection,
                _ADD_HISTORY,
                [
                    {
                        "instance_key": instance.key,
                        "sequence": instance.history_count + number,
                        "at": now,
                        "element_instance_key": event.element_instance_key,
                        "scope_key": event.scope_key,
                        "element_id": event.element_id,
                        "element_type": event.element_type,
                        "event": event.event,
                        "actor_key": actor_key,
                        "called_process_key": event.called_key,
                    }
                    for number, event in enumerate(events, start=1)
                ],
            )

    def write_variables(self, instance_key: int, written: Sequence[VariableWritten], *, now: datetime) -> None:
        """Insert or replace the variables; the last value of a name in a scope wins."""
        latest = {(item.scope_key, item.name): item for item in written}
        if latest:
            upsert(
                self._connection,
                variable,
                [
                    {
                        "scope_key": scope_key,
                        "name": name,
                        "instance_key": instance_key,
                        "value": item.value,
                        "updated_at": now,
                        "called_process_key": item.called_key,
                    }
                    for (scope_key, name), item in latest.items()
                ],
                keys=("scope_key", "name"),
                changes=("value", "updated_at"),
            )
