"""What is done once a night: the look at the open cases."""

from __future__ import annotations

from datetime import datetime

import structlog

from app.commands.check_invariants import check_invariants
from app.domain.calendar import last_night
from app.executor import Executor

log = structlog.get_logger(__name__)

#: seconds between two looks at the clock
LOOK_EVERY = 30.0


class Nightly:
    """The first look at the clock after two o'clock in Finland -> the night's work, by one scheduler."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._night: datetime | None = None

    def __call__(self, now: datetime) -> bool:
        """Do the night's work where it is not done; nothing more ever waits."""
        night = last_night(now)
        if night != self._night:
            done = self._executor.run(check_invariants, now=now)
            self._night = night
            if done is not None:
                log.info("invariants.checked", found=done.found, mended=done.mended, open=done.open)
        return False
