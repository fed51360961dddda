"""Forget what nobody needs any more, a parcel at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from app.commands.prune import Retention, prune
from app.executor import Executor
from app.settings import Settings

log = structlog.get_logger(__name__)

#: seconds between two looks at the clock
LOOK_EVERY = 10.0
#: time between two rounds when nothing is left to do
PRUNE_EVERY = timedelta(minutes=10)


def retention_of(settings: Settings) -> Retention:
    """Return how long the installation keeps each kind."""
    return Retention(
        ended_sessions=timedelta(days=settings.ended_session_days),
        submissions=timedelta(days=settings.submission_days),
        pending_uploads=timedelta(days=settings.pending_upload_days),
    )


class Pruning:
    """Ended sessions, ids of forms sent long ago, files that waited too long -> gone."""

    def __init__(self, executor: Executor, retention: Retention) -> None:
        self._executor = executor
        self._retention = retention
        self._done_at: datetime | None = None

    def __call__(self, now: datetime) -> bool:
        """Do one round where one is due; return whether more rows wait."""
        if self._done_at is not None and abs(now - self._done_at) < PRUNE_EVERY:
            return False
        done = self._executor.run(prune, retention=self._retention, now=now)
        if done.sessions or done.submissions or done.uploads:
            log.info("pruned", sessions=done.sessions, submissions=done.submissions, uploads=done.uploads)
        self._done_at = None if done.has_more else now
        return done.has_more
