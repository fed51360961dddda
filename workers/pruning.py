"""Forget what nobody needs any more, a parcel at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from app.commands.prune import Retention, prune
from app.executor import Executor
from app.settings import Settings

log = structlog.get_logger(__name__)

#: seconds between two rounds when nothing is left to do
PRUNE_EVERY = 600.0


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

    def __call__(self, now: datetime) -> bool:
        """Do one round; return whether more rows wait."""
        done = self._executor.run(prune, retention=self._retention, now=now)
        if done.sessions or done.submissions or done.uploads:
            log.info("pruned", sessions=done.sessions, submissions=done.submissions, uploads=done.uploads)
        return done.has_more
