"""What the worker knows of a nudge beside its keys: its acknowledgement, which finds out that the broker has died."""

from __future__ import annotations

from typing import Any

import structlog
from celery.worker.request import Request
from kombu.asynchronous import get_event_loop

log = structlog.get_logger(__name__)


class Nudge(Request):  # type: ignore[misc]
    """
    A nudge whose lost acknowledgement makes the worker connect again.

    Celery only writes such a loss into its log. As long as it holds as many unacknowledged messages as it may, it
    listens to no socket and so never learns that its connection is gone: with every place taken it would stay silent
    for ever. The nudge itself is done all the same, and the database knows about its jobs.
    """

    acknowledged: bool

    def acknowledge(self) -> None:
        """Tell the broker that the nudge has been taken; where it cannot be told, have the worker connect again."""
        if self.acknowledged:
            return
        self.acknowledged = True
        try:
            self.message.ack()
        except self._connection_errors as error:
            log.warning("broker.away", reason=type(error).__name__)
            # the pool swallows what its callbacks raise; the loop, which every worker of ours has, does not
            if (loop := get_event_loop()) is not None:
                loop.call_soon(_raise, error)  # type: ignore[no-untyped-call]


def _raise(error: Any) -> None:
    raise error
