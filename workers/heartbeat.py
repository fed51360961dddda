"""Keep the leases of the jobs that this process works on."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from app.commands.jobs import keep_job
from app.domain.errors import KykypolkuError, LeaseLost
from app.executor import Executor
from app.storage.rows import Job
from workers.clock import Clock

log = structlog.get_logger(__name__)


class Heartbeat:
    """
    Extends the lease of every job in hand, from a thread of its own.

    The thread starts with the first job and belongs to one process: after a fork the child starts its own. A lease
    that is lost is only noted: the fencing token refuses the late result.
    """

    def __init__(self, executor: Executor, *, lease: timedelta, every: float, clock: Clock) -> None:
        self._executor = executor
        self._lease = lease
        self._every = every
        self._clock = clock
        self._held: dict[int, int] = {}
        self._lock = threading.Lock()
        self._thread_of = 0

    @contextmanager
    def keeping(self, jobs: list[Job]) -> Iterator[None]:
        """Keep the leases of the jobs until the block ends or `let_go` is called for each."""
        with self._lock:
            self._held.update({job.key: job.fence for job in jobs})
        self._ensure_thread()
        try:
            yield
        finally:
            for job in jobs:
                self.let_go(job.key)

    def let_go(self, job_key: int) -> bool:
        """Stop extending the job's lease: it has ended, or somebody else has it; return whether it was extended."""
        with self._lock:
            return self._held.pop(job_key, None) is not None

    def beat(self) -> None:
        """Extend every lease in hand once."""
        with self._lock:
            held = dict(self._held)
        for key, fence in held.items():
            try:
                self._executor.run(keep_job, job_key=key, fence=fence, lease=self._lease, now=self._clock())
            except LeaseLost:
                # a job that ended while this beat waited its turn has lost nothing
                if self.let_go(key):
                    log.warning("job.lease_lost", job=key)
            except KykypolkuError as error:
                # the database is away: the next beat may be in time, and if not, the fence protects
                log.warning("job.lease_not_extended", job=key, reason=type(error).__name__)

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread_of == os.getpid():
                return
            self._thread_of = os.getpid()
        threading.Thread(target=self._run, name="heartbeat", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._every):
            self.beat()
