"""Jobs: the promise of work, the lease, the fencing token."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, insert, or_, select, update

from app.domain.errors import LeaseLost, NotFound
from app.domain.steps import JobOpened
from app.storage.reads import find_row
from app.storage.rows import Job
from app.storage.tables.instances import job
from app.storage.types import AnyRow
from app.storage.waits import goes_on
from app.storage.writes import write

#: what is noted as the error of a job whose worker let the lease run out
LEASE_LOST = "lease_lost"

# Statements of every job are made once: building one costs more than carrying it out.
_ADD = insert(job).inline()
_GET = select(job).where(job.c.key == bindparam("sought"))
#: the columns that are not named here get the values of the parameters of their names
_END = (
    update(job)
    .where(job.c.key == bindparam("ended"), job.c.fence == bindparam("held_fence"), job.c.status == "leased")
    .values(lease_until=None)
    .returning(job)
)
_CLOSE = (
    update(job)
    # one comparison each: a list would be written out anew for every row, which SQLite's driver does not do for many
    .where(
        job.c.key == bindparam("closed"),
        or_(*(job.c.status == status for status in ("ready", "leased", "dead", "unknown"))),
    )
    .values(fence=job.c.fence + 1, lease_until=None)
)


class Jobs:
    """Jobs of service tasks, send tasks and throw events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, instance_key: int, opened: Sequence[JobOpened], *, now: datetime) -> None:
        """Insert the jobs, ready at once; the row is the outbox, nothing else is sent."""
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
                        "type": item.type,
                        "status": "ready",
                        "retries": item.retries,
                        "available_at": now,
                        "headers": dict(item.headers),
                        "variables": dict(item.variables),
                        "created_at": now,
                        "listener_event": item.listener_event or "",
                    }
                    for item in opened
                ],
            )

    def get(self, key: int) -> Job:
        """Return the job. :raises NotFound: no such job"""
        row = find_row(self._connection, _GET, sought=key)
        if row is None:
            raise NotFound("job", key)
        return _to_job(row)

    def nudge(
        self, *, now: datetime, again_after: timedelta, limit: int, types: Sequence[str] | None = None
    ) -> list[int]:
        """
        Mark jobs that a worker should look at and return their keys, oldest first.

        Those are ready and due, or leased by a worker whose lease ran out, and not nudged within `again_after`.
        Two schedulers may ask at once: rows that the other holds are skipped.
        """
        query = (
            select(job.c.key)
            .where(_due(now), or_(job.c.nudged_at.is_(None), job.c.nudged_at < now - again_after))
            .order_by(job.c.available_at, job.c.key)
            .limit(limit)
        )
        if types is not None:
            query = query.where(job.c.type.in_(types))
        keys = list(self._connection.scalars(query.with_for_update(skip_locked=True)))
        if keys:
            self._connection.execute(update(job).where(job.c.key.in_(keys)).values(nudged_at=now))
        return keys

    def claim(
        self,
        keys: Sequence[int],
        *,
        owner: str,
        lease: timedelta,
        now: datetime,
        fresh: bool = False,
        limit: int | None = None,
    ) -> list[Job]:
        """
        Lease those of the jobs that are due; each gets a new fencing token and one more attempt counted.

        Attempts are counted here and not at the end: that is what stops a job that kills its worker. `fresh`: only
        jobs that nobody has tried. `limit`: at most so many, the longest due first. A job that was under way at a
        worker that was not heard of any more comes as `interrupted`.
        """
        wanted = [job.c.key.in_(keys), _due(now)]
        if fresh:
            wanted.append(job.c.attempts == 0)
        # named before the update, so that the limit is looked at once
        free = (
            select(job.c.key)
            .where(*wanted)
            .order_by(job.c.available_at, job.c.key)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("free")
        )
        rows = self._connection.execute(
            update(job)
            .where(job.c.key.in_(select(free.c.key)), _due(now))
            .values(
                status="leased",
                fence=job.c.fence + 1,
                attempts=job.c.attempts + 1,
                owner=owner,
                lease_until=now + lease,
                last_error=case((job.c.status == "leased", LEASE_LOST), else_=job.c.last_error),
            )
            .returning(job)
        )
        return [_to_job(row) for row in rows]

    def claim_of_types(
        self, types: Sequence[str], *, owner: str, lease: timedelta, limit: int, now: datetime
    ) -> list[Job]:
        """Lease up to `limit` due jobs of the types, oldest first (job workers of the API)."""
        query = (
            select(job.c.key)
            .where(_due(now), job.c.type.in_(types))
            .order_by(job.c.available_at, job.c.key)
            .limit(limit)
        )
        keys = list(self._connection.scalars(query.with_for_update(skip_locked=True)))
        return self.claim(keys, owner=owner, lease=lease, now=now) if keys else []

    def is_due(self, types: Sequence[str], *, now: datetime) -> bool:
        """Tell whether there is a job of the types to work on now; asks without locking anything."""
        query = select(job.c.key).where(_due(now), job.c.type.in_(types)).limit(1)
        return self._connection.execute(query).first() is not None

    def leave_attempts(self, key: int, attempts: int) -> None:
        """Let the job be tried so many times more from now on, the attempt under way not counted."""
        self._connection.execute(update(job).where(job.c.key == key).values(retries=job.c.attempts + attempts))

    def extend(self, key: int, *, fence: int, lease: timedelta, now: datetime) -> None:
        """Keep the job for longer. :raises LeaseLost: another worker has it"""
        result = self._connection.execute(
            update(job)
            .where(job.c.key == key, job.c.fence == fence, job.c.status == "leased")
            .values(lease_until=now + lease)
        )
        if result.rowcount != 1:
            raise LeaseLost(key)

    def end(self, key: int, *, fence: int, status: str, now: datetime, error: str = "") -> Job:
        """
        End the leased job as done, dead or unknown, and return it.

        :raises LeaseLost: another worker has it, or it has ended
        """
        values = {"ended": key, "held_fence": fence, "status": status, "ended_at": now, "last_error": error[:500]}
        row = self._connection.execute(_END, values).one_or_none()
        if row is None:
            raise LeaseLost(key)
        return _to_job(row)

    def put_back(self, key: int, *, fence: int, available_at: datetime, error: str) -> None:
        """Let the job be tried again from `available_at` on. :raises LeaseLost: another worker has it"""
        result = self._connection.execute(
            update(job)
            .where(job.c.key == key, job.c.fence == fence, job.c.status == "leased")
            .values(
                status="ready",
                available_at=available_at,
                lease_until=None,
                nudged_at=None,
                last_error=error[:500],
            )
        )
        if result.rowcount != 1:
            raise LeaseLost(key)

    def revive(self, key: int, *, now: datetime) -> bool:
        """Make a dead or unknown job ready again with all its attempts; return whether it was one."""
        result = self._connection.execute(
            update(job)
            .where(job.c.key == key, job.c.status.in_(("dead", "unknown")))
            .values(status="ready", attempts=0, available_at=now, nudged_at=None, ended_at=None, fence=job.c.fence + 1)
        )
        return result.rowcount == 1

    def revive_those_of(self, instance_key: int, *, errors: Collection[str], now: datetime) -> None:
        """Make the dead jobs of the instance that ended with one of these errors ready again with all attempts."""
        self._connection.execute(
            update(job)
            .where(job.c.instance_key == instance_key, job.c.status == "dead", job.c.last_error.in_(errors))
            .values(status="ready", attempts=0, available_at=now, nudged_at=None, ended_at=None, fence=job.c.fence + 1)
        )

    def close(self, keys: Sequence[int], *, completed: bool, now: datetime) -> None:
        """Cancel the jobs that the process does not wait for any more; done ones stay done."""
        if keys:
            status = "done" if completed else "cancelled"
            write(self._connection, _CLOSE, [{"closed": key, "status": status, "ended_at": now} for key in keys])


def _due(now: datetime) -> Any:
    return and_(
        goes_on(job),
        job.c.available_at <= now,
        or_(job.c.status == "ready", and_(job.c.status == "leased", job.c.lease_until < now)),
    )


def _to_job(row: AnyRow) -> Job:
    return Job(
        key=row.key,
        instance_key=row.instance_key,
        called_process_key=row.called_process_key,
        element_instance_key=row.element_instance_key,
        element_id=row.element_id,
        type=row.type,
        status=row.status,
        retries=row.retries,
        attempts=row.attempts,
        fence=row.fence,
        owner=row.owner,
        available_at=row.available_at,
        created_at=row.created_at,
        lease_until=row.lease_until,
        headers=row.headers,
        variables=row.variables,
        interrupted=row.last_error == LEASE_LOST,
        listener_event=row.listener_event,
    )
