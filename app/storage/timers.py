"""Moments that instances wait for, and when processes start by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.steps import TimerOpened
from app.storage.reads import find_row
from app.storage.rows import Timer
from app.storage.tables.definitions import timer_start
from app.storage.tables.instances import (
    timer,
)
from app.storage.waits import end_waits, goes_on
from app.storage.writes import write

_ADD = insert(timer).inline()
_GET = select(timer).where(timer.c.key == bindparam("sought"))


class Timers:
    """Moments that instances wait for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, instance_key: int, opened: Sequence[TimerOpened]) -> None:
        """Insert the timers."""
        if opened:
            write(
                self._connection,
                _ADD,
                [
                    {
                        "key": item.key,
                        "instance_key": instance_key,
                        "element_instance_key": item.element_instance_key,
                        "element_id": item.element_id,
                        "called_process_key": item.called_key,
                        "due_at": item.due_at,
                        "repetitions_left": item.repetitions_left,
                        "status": "open",
                    }
                    for item in opened
                ],
            )

    def get(self, key: int) -> Timer:
        """Return the timer. :raises NotFound: no such timer"""
        row = find_row(self._connection, _GET, sought=key)
        if row is None:
            raise NotFound("timer", key)
        return Timer(
            key=row.key,
            instance_key=row.instance_key,
            element_id=row.element_id,
            due_at=row.due_at,
            status=row.status,
        )

    def due(self, *, now: datetime, limit: int) -> list[int]:
        """Return the keys of open timers that are due, the longest due first."""
        query = (
            select(timer.c.key)
            .where(timer.c.status == "open", timer.c.due_at <= now, goes_on(timer))
            .order_by(timer.c.due_at, timer.c.key)
            .limit(limit)
        )
        return list(self._connection.scalars(query))

    def close(self, keys: Sequence[int], *, completed: bool, now: datetime) -> None:
        """Mark the timers fired or cancelled."""
        end_waits(self._connection, timer, keys, status="fired" if completed else "cancelled", now=now)

    def move(self, instance_key: int, *, by: timedelta) -> None:
        """Move all open timers of the instance, which the caller has locked."""
        rows = self._connection.execute(
            select(timer.c.key, timer.c.due_at).where(timer.c.instance_key == instance_key, timer.c.status == "open")
        ).all()
        for row in rows:
            self.postpone(row.key, due_at=row.due_at + by)

    def postpone(self, key: int, *, due_at: datetime) -> None:
        """Give the open timer another moment."""
        self._connection.execute(
            update(timer).where(timer.c.key == key, timer.c.status == "open").values(due_at=due_at)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStart:
    """The next start of a process by itself."""

    key: int
    process_id: str
    element_id: str
    definition_key: int
    due_at: datetime
    repetitions_left: int | None


class TimerStarts:
    """When processes start by themselves."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def forget(self, process_id: str) -> None:
        """Forget the starts of the process: a new version plans its own."""
        self._connection.execute(delete(timer_start).where(timer_start.c.process_id == process_id))

    def add(
        self,
        *,
        process_id: str,
        element_id: str,
        definition_key: int,
        due_at: datetime,
        repetitions_left: int | None,
    ) -> None:
        """Plan the next start."""
        self._connection.execute(
            insert(timer_start).values(
                key=new_key(),
                process_id=process_id,
                element_id=element_id,
                process_definition_key=definition_key,
                due_at=due_at,
                repetitions_left=repetitions_left,
            )
        )

    def due(self, *, now: datetime, limit: int) -> list[int]:
        """Return the keys of the starts that are due."""
        query = select(timer_start.c.key).where(timer_start.c.due_at <= now).order_by(timer_start.c.due_at).limit(limit)
        return list(self._connection.scalars(query))

    def take(self, key: int) -> TimerStart | None:
        """Take the start out of the plan and return it; None where somebody else was faster."""
        row = self._connection.execute(
            delete(timer_start).where(timer_start.c.key == key).returning(timer_start)
        ).one_or_none()
        if row is None:
            return None
        return TimerStart(
            key=row.key,
            process_id=row.process_id,
            element_id=row.element_id,
            definition_key=row.process_definition_key,
            due_at=row.due_at,
            repetitions_left=row.repetitions_left,
        )
