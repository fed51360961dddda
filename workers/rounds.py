"""
What the scheduler does again and again: relay, timers, deliveries, sweeper.

Each round looks for due rows and hands each to a command in a transaction of its own. Two schedulers may run: rows
that one holds the other skips or finds done. A round returns whether more is waiting, so that a backlog is worked off
without pauses.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from app.commands.fire_timer import fire_timer
from app.commands.messages import deliver, match_messages
from app.commands.start_by_timer import start_by_timer
from app.domain.errors import KykypolkuError, StateUnreadable, Unavailable
from app.executor import Executor
from app.faults import crash_point
from app.storage.unit_of_work import UnitOfWork
from workers.doorbell import Doorbell

log = structlog.get_logger(__name__)

#: a nudge that led to nothing is repeated after this
NUDGE_AGAIN_AFTER = timedelta(seconds=2)
JOBS_IN_ROUND = 1000
ROWS_IN_ROUND = 100
#: commands side by side; no more than the connections that a process keeps open (app.settings.database_pool_size)
AT_ONCE = 4
#: a row whose command failed for a reason nobody foresaw rests this long, twice as long each time, at most an hour
FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(hours=1)


class Relay:
    """Due jobs -> marked as nudged, committed -> workers are told. A lost nudge is simply repeated."""

    def __init__(self, executor: Executor, doorbell: Doorbell, types: Sequence[str]) -> None:
        self._executor = executor
        self._doorbell = doorbell
        self._types = types

    def __call__(self, now: datetime) -> bool:
        """Do one round; return whether more jobs are due."""
        if not self._doorbell.has_room():
            return False

        def nudge(uow: UnitOfWork) -> list[int]:
            return uow.jobs.nudge(now=now, again_after=NUDGE_AGAIN_AFTER, limit=JOBS_IN_ROUND, types=self._types)

        keys = self._executor.run(nudge)
        crash_point("relay_marked")
        if not keys:
            return False
        told = self._doorbell.ring(keys)
        crash_point("relay_told")
        return told and len(keys) == JOBS_IN_ROUND


class _Resting:
    """
    Rows that failed unexpectedly: they are left alone for a while, so that they block no others.

    What ran into a state that cannot be read is awake as soon as somebody has put that right.
    """

    def __init__(self) -> None:
        self._until: dict[int, tuple[datetime, timedelta]] = {}
        self._instances: dict[int, int] = {}

    def awake(self, keys: Sequence[int], now: datetime, still_broken: Collection[int]) -> list[int]:
        return [key for key in keys if self._is_awake(key, now, still_broken)]

    def _is_awake(self, key: int, now: datetime, still_broken: Collection[int]) -> bool:
        if key not in self._until or self._until[key][0] <= now:
            return True
        return key in self._instances and self._instances[key] not in still_broken

    def broken_instances(self) -> set[int]:
        """Return the instances whose state could not be read."""
        return set(self._instances.values())

    def put_to_rest(self, key: int, now: datetime, *, broken_instance: int | None = None) -> None:
        _, last = self._until.get(key, (now, FIRST_REST / 2))
        rest = min(LONGEST_REST, last * 2)
        self._until[key] = (now + rest, rest)
        self._instances.pop(key, None)
        if broken_instance is not None:
            self._instances[key] = broken_instance

    def forget(self, key: int) -> None:
        self._until.pop(key, None)
        self._instances.pop(key, None)

    def __len__(self) -> int:
        return len(self._until)


class DueRows:
    """
    Keys that are due -> one command each, in a transaction of its own; the order is shuffled for rivals' sake.

    On PostgreSQL a few go side by side: while one waits for the server and its disk, another is worked out.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        name: str,
        find: Callable[[UnitOfWork, datetime, int], list[int]],
        carry_out: Callable[[UnitOfWork, int, datetime], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._executor = executor
        # SQLite lets one write at a time; two that wait for each other are slower than one
        self._at_once = 1 if executor.database.is_sqlite else AT_ONCE
        self._name = name
        self._find = find
        self._carry_out = carry_out
        self._clock = clock
        self._resting = _Resting()

    def __call__(self, now: datetime) -> bool:
        """Do one round; return whether more rows are due."""
        limit = ROWS_IN_ROUND + len(self._resting)
        found = self._executor.read(self._find, now, limit)
        awake = self._resting.awake(found, now, self._still_broken())
        random.shuffle(awake)
        if self._at_once == 1 or len(awake) == 1:
            for key in awake:
                self._one(key)
        elif awake:
            with ThreadPoolExecutor(self._at_once, thread_name_prefix=self._name) as threads:
                list(threads.map(self._one, awake))
        return len(found) == limit and bool(awake)

    def _still_broken(self) -> set[int]:
        known = self._resting.broken_instances()
        return self._executor.read(lambda uow: uow.incidents.broken_states(known)) if known else set()

    def _one(self, key: int) -> None:
        now = self._clock()
        try:
            self._executor.run(self._carry_out, key, now)
        except Unavailable:
            # the database is away or the row is held: the next round finds it again
            log.info("scheduler.row_busy", kind=self._name, key=key)
        except StateUnreadable as error:
            log.warning("scheduler.row_refused", kind=self._name, key=key, reason=error.code)
            self._resting.put_to_rest(key, now, broken_instance=error.instance_key or None)
        except KykypolkuError as error:
            log.warning("scheduler.row_refused", kind=self._name, key=key, reason=type(error).__name__)
            self._resting.put_to_rest(key, now)
        except Exception:
            log.exception("scheduler.row_failed", kind=self._name, key=key)
            self._resting.put_to_rest(key, now)
        else:
            self._resting.forget(key)


def timer_round(executor: Executor, clock: Callable[[], datetime]) -> DueRows:
    """Return the round that fires due timers."""

    def find(uow: UnitOfWork, now: datetime, limit: int) -> list[int]:
        return uow.timers.due(now=now, limit=limit)

    def fire(uow: UnitOfWork, key: int, now: datetime) -> object:
        return fire_timer(uow, timer_key=key, now=now)

    return DueRows(executor, name="timer", find=find, carry_out=fire, clock=clock)


def start_round(executor: Executor, clock: Callable[[], datetime]) -> DueRows:
    """Return the round that starts the processes whose time has come."""

    def find(uow: UnitOfWork, now: datetime, limit: int) -> list[int]:
        return uow.timer_starts.due(now=now, limit=limit)

    def start(uow: UnitOfWork, key: int, now: datetime) -> object:
        return start_by_timer(uow, start_key=key, now=now)

    return DueRows(executor, name="timer start", find=find, carry_out=start, clock=clock)


def delivery_round(executor: Executor, clock: Callable[[], datetime]) -> DueRows:
    """Return the round that carries messages and signals to the instances that wait for them."""

    def find(uow: UnitOfWork, _now: datetime, limit: int) -> list[int]:
        return uow.messages.pending_deliveries(limit=limit)

    def carry(uow: UnitOfWork, key: int, now: datetime) -> object:
        return deliver(uow, delivery_key=key, now=now)

    return DueRows(executor, name="delivery", find=find, carry_out=carry, clock=clock)


class Matching:
    """Kept messages that somebody waits for by now -> deliveries; expired ones end."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def __call__(self, now: datetime) -> bool:
        """Do one round; return whether more may be waiting."""
        limit = 500
        return len(self._executor.run(match_messages, now=now, limit=limit)) >= limit
