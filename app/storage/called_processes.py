"""Processes that call activities have called: each runs inside an instance, with a key and a version of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, func, insert, select, update

from app.domain.errors import NotFound
from app.domain.localized import LocalizedText
from app.domain.steps import Called, CalledProcessEnded, InstanceStatus, ProcessCalled
from app.storage.tables.definitions import process_definition
from app.storage.tables.instances import called_process, incident
from app.storage.types import AnyRow
from app.storage.writes import write

# Statements of every step are made once: building one costs more than carrying it out.
_ADD = insert(called_process).inline()
_END = update(called_process).where(called_process.c.key == bindparam("ended"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledLine:
    """A called process; `parent_key` is the process that calls, `element_id` its call activity."""

    key: int
    instance_key: int
    parent_key: int
    element_id: str
    definition_key: int
    process_id: str
    process_name: LocalizedText
    version: int
    version_tag: str
    status: str
    started_at: datetime
    ended_at: datetime | None


class CalledProcesses:
    """The called processes of instances."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, instance_key: int, calls: Sequence[ProcessCalled], *, now: datetime) -> None:
        """Insert what the instance has called."""
        if calls:
            write(
                self._connection,
                _ADD,
                [
                    {
                        "key": call.called.key,
                        "instance_key": instance_key,
                        "parent_key": call.parent_key,
                        "element_instance_key": call.element_instance_key,
                        "element_id": call.element_id,
                        "process_definition_key": call.called.definition_key,
                        "process_id": call.called.process_id,
                        "version": call.called.version,
                        "status": InstanceStatus.ACTIVE,
                        "started_at": now,
                    }
                    for call in calls
                ],
            )

    def end(self, ended: Sequence[CalledProcessEnded], *, now: datetime) -> None:
        """Note the ends."""
        if ended:
            write(
                self._connection, _END, [{"ended": item.key, "status": item.status, "ended_at": now} for item in ended]
            )

    def get(self, key: int) -> Called:
        """Return the called process as the engine knows it. :raises NotFound: no such called process"""
        line = self.find(key)
        if line is None:
            raise NotFound("process instance", key)
        return Called(
            key=line.key, definition_key=line.definition_key, process_id=line.process_id, version=line.version
        )

    def find(self, key: int) -> CalledLine | None:
        """Return one called process."""
        row = self._connection.execute(_lines().where(called_process.c.key == key)).one_or_none()
        return None if row is None else _to_line(row)

    def of_parent(self, parent_key: int, *, limit: int = 200) -> list[CalledLine]:
        """Return what a process (an instance, or a called process) has called itself, the running and newest first."""
        running = case((called_process.c.status == InstanceStatus.ACTIVE, 0), else_=1)
        query = _lines().where(called_process.c.parent_key == parent_key)
        query = query.order_by(running, called_process.c.started_at.desc(), called_process.c.key).limit(limit)
        return [_to_line(row) for row in self._connection.execute(query)]

    def outwards(self, called: CalledLine) -> list[CalledLine]:
        """Return the called processes around this one, the outermost first."""
        around: list[CalledLine] = []
        while called.parent_key != called.instance_key and (found := self.find(called.parent_key)) is not None:
            around.insert(0, found)
            called = found
        return around

    def open_incidents(self, instance_key: int) -> dict[int, int]:
        """Return how many incidents are open in each called process of the instance and in what it has called."""
        query = (
            select(incident.c.called_process_key, func.count())
            .where(
                incident.c.instance_key == instance_key,
                incident.c.status == "open",
                incident.c.called_process_key.is_not(None),
            )
            .group_by(incident.c.called_process_key)
        )
        found = {row[0]: row[1] for row in self._connection.execute(query)}
        if not found:
            return {}
        rows = self._connection.execute(
            select(called_process.c.key, called_process.c.parent_key).where(
                called_process.c.instance_key == instance_key, called_process.c.status == InstanceStatus.ACTIVE
            )
        )
        parents = {row.key: row.parent_key for row in rows}
        totals: dict[int, int] = {}
        for key, number in found.items():
            place: int | None = key
            while place is not None and place != instance_key:
                totals[place] = totals.get(place, 0) + number
                place = parents.get(place)
        return totals

    def definition_keys(self, instance_key: int) -> dict[int, int]:
        """Return the versions of all that was called inside the instance, by the called process's key."""
        query = select(called_process.c.key, called_process.c.process_definition_key).where(
            called_process.c.instance_key == instance_key
        )
        return {row.key: row.process_definition_key for row in self._connection.execute(query)}


def _lines() -> Select[Any]:
    return select(called_process, process_definition.c.name, process_definition.c.version_tag).join(
        process_definition, process_definition.c.key == called_process.c.process_definition_key
    )


def _to_line(row: AnyRow) -> CalledLine:
    return CalledLine(
        key=row.key,
        instance_key=row.instance_key,
        parent_key=row.parent_key,
        element_id=row.element_id,
        definition_key=row.process_definition_key,
        process_id=row.process_id,
        process_name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        status=row.status,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
