"""Seal the logs, and tell their ends to the outside: a cut tail shows only against what was said elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from app.commands.seal_audit import AT_ONCE, seal_audit
from app.executor import Executor

log = structlog.get_logger(__name__)

#: seconds between two rounds
SEAL_EVERY = 5.0
#: the ends of the chains go to the process's log, which belongs on another machine, this often
ANCHOR_EVERY = timedelta(minutes=5)


class Sealing:
    """New rows of the logs -> numbered and chained."""

    def __init__(self, executor: Executor, secret: bytes) -> None:
        self._executor = executor
        self._secret = secret
        self._anchored: datetime | None = None

    def __call__(self, now: datetime) -> bool:
        """Do one round; return whether more rows wait."""
        done = self._executor.run(seal_audit, secret=self._secret)
        if self._anchored is None or abs(now - self._anchored) >= ANCHOR_EVERY:
            self._anchored = now
            for name, sealed in done.items():
                log.info("audit.head", log=name, sequence=sealed.head.sequence, mac=sealed.head.mac)
        return any(sealed.rows == AT_ONCE for sealed in done.values())
