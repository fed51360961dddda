"""What is done once a night: the look at the open cases, and at what is over its time."""

from __future__ import annotations

from datetime import datetime

import structlog

from app.commands.check_invariants import check_invariants
from app.commands.cut_logs import cut_logs
from app.commands.erase import erase_next
from app.commands.propose_erasure import propose_erasure
from app.domain.calendar import last_night
from app.executor import Executor

log = structlog.get_logger(__name__)

#: seconds between two looks at the clock
LOOK_EVERY = 30.0


class Nightly:
    """The first look at the clock after two o'clock in Finland -> the night's work, by one scheduler."""

    def __init__(self, executor: Executor, secret: bytes) -> None:
        """`secret` is the key of the logs' seal: without it nothing of them can be cut."""
        self._executor = executor
        self._secret = secret
        self._night: datetime | None = None

    def __call__(self, now: datetime) -> bool:
        """Do the night's work where it is not done; nothing more ever waits."""
        night = last_night(now)
        if night != self._night:
            done = self._executor.run(check_invariants, now=now)
            if done is not None:
                log.info("invariants.checked", found=done.found, mended=done.mended, open=done.open)
            self._forget(now)
            self._night = night
        return False

    def _forget(self, now: datetime) -> None:
        """Propose what has come to its time, cut the logs, erase what was confirmed before."""
        proposed = self._executor.run(propose_erasure, now=now)
        cut = 0
        while lines := self._executor.run(cut_logs, secret=self._secret, now=now):
            cut += lines
        # last: one that fails keeps nothing else from being done
        erased = 0
        while self._executor.run(erase_next, now=now):
            erased += 1
        if erased or proposed or cut:
            log.info("retention.done", erased=erased, proposed=proposed or 0, lines=cut)
