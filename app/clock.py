"""
The time of the installation: the database's, whatever the clock of this machine says.

Leases, due dates and time-outs are written by one process and compared by another. Were each to ask its own machine, a
worker whose clock is ahead would take over work that another still does, and a scheduler's would fire timers early.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from app.domain.errors import Unavailable
from app.executor import Executor
from app.storage.database import RetryTransaction, read_moment

log = structlog.get_logger(__name__)

#: seconds between two looks at the database's clock
LOOK_EVERY = 30.0
#: a machine's clock that differs by more is reported, here and by `kykypolku doctor`
TOLERATED_SKEW = timedelta(seconds=2)
#: a difference that two looks a network apart may show; below it the time already told goes on
NOISE = timedelta(milliseconds=100)


def clock_of_the_machine() -> datetime:
    """Return the moment by this machine's clock, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Look:
    """The database's moment, and the seconds since the start of this machine at which it was read."""

    moment: datetime
    at: float

    def now(self) -> datetime:
        return self.moment + timedelta(seconds=_uptime() - self.at)


class DatabaseClock:
    """
    Tells the database's time without asking it each time: it is read at the first call and then every 30 seconds.

    Between two looks the seconds since the machine's start are counted, which nobody sets; so a machine's clock that is
    wrong, or is put right meanwhile, changes nothing. While the database is away the last look counts; before the first
    one the machine's own clock does.
    """

    def __init__(self, executor: Executor, *, machine: Callable[[], datetime] | None = None) -> None:
        """`machine`: the clock of this machine, where it is not the real one."""
        self._executor = executor
        self._machine = machine or clock_of_the_machine
        self._last: _Look | None = None
        self._reported = timedelta(0)
        self._lock = threading.Lock()
        self._thread_of = 0

    def __call__(self) -> datetime:
        """Return the present moment, aware, in UTC; keeps looking from the first call on."""
        if self._thread_of != os.getpid():
            self._begin()
        return self.moment()

    def moment(self) -> datetime:
        """Return the present moment by the last look, for those who look themselves."""
        last = self._last
        return self._machine() if last is None else last.now()

    def skew(self) -> timedelta:
        """Return how far the machine's clock is ahead of the database's (behind: below zero), by the last look."""
        return timedelta(0) if self._last is None else self._machine() - self._last.now()

    def look(self) -> bool:
        """Read the database's clock; return whether it could be read."""
        began = _uptime()
        try:
            moment = self._executor.look_up(lambda uow: read_moment(uow.connection))
        except (Unavailable, RetryTransaction):
            return False
        # it was told at some instant between question and answer
        found = _Look(moment, (began + _uptime()) / 2)
        if self._last is None or abs(found.now() - self._last.now()) > NOISE:
            self._last = found
        self._report()
        return True

    def _begin(self) -> None:
        """Look for the first time, and from then on in a thread of this process; a thread does not survive a fork."""
        with self._lock:
            if self._thread_of == os.getpid():
                return
            self.look()
            self._thread_of = os.getpid()
            threading.Thread(target=self._keep_looking, name="clock", daemon=True).start()

    def _keep_looking(self) -> None:
        while True:
            # the database was away: not long until the next try, for until the first look the machine's clock counts
            time.sleep(LOOK_EVERY if self._last is not None else 1.0)
            try:
                self.look()
            except Exception:
                log.exception("clock.look_failed")

    def _report(self) -> None:
        """Log a difference once when it comes, once when it has changed, and once when it is gone."""
        skew = self.skew()
        if abs(skew - self._reported) <= TOLERATED_SKEW:
            return
        self._reported = skew if abs(skew) > TOLERATED_SKEW else timedelta(0)
        seconds = round(skew.total_seconds(), 1)
        if abs(skew) > TOLERATED_SKEW:
            log.warning("clock.machine_differs_from_database", seconds_ahead=seconds)
        else:
            log.info("clock.machine_agrees_with_database", seconds_ahead=seconds)


def _uptime() -> float:
    """Return seconds that nobody sets; those in which the machine slept count where the system tells them."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)
