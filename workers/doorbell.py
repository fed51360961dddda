"""Ring for the workers: job keys go to the broker, nothing else ever does."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from workers import JOBS_IN_NUDGE, NUDGE_LIVES_SECONDS, QUEUE, RUN_JOBS

log = structlog.get_logger(__name__)

#: with so many nudges waiting the workers have enough to do; more would only be thrown away
ENOUGH_WAITING = 40


class Doorbell:
    """Rings through the broker; an absent or silent broker costs seconds, never work."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery

    def has_room(self) -> bool:
        """Return whether fewer nudges wait than the workers can soon take; False while the broker is away."""
        try:
            with self._celery.pool.acquire(block=True, timeout=5) as connection:
                waiting: int = connection.default_channel.client.llen(QUEUE)
        except (OperationalError, RedisError, OSError) as error:
            log.warning("broker.away", reason=type(error).__name__)
            return False
        return waiting < ENOUGH_WAITING

    def ring(self, keys: Sequence[int]) -> bool:
        """Send the keys, at most fifty in a message; what cannot be sent now is said again by the next round."""
        try:
            for first in range(0, len(keys), JOBS_IN_NUDGE):
                some = list(keys[first : first + JOBS_IN_NUDGE])
                self._celery.send_task(RUN_JOBS, args=(some,), queue=QUEUE, retry=False, expires=NUDGE_LIVES_SECONDS)
        except (OperationalError, RedisError, OSError) as error:
            log.warning("broker.away", reason=type(error).__name__)
            return False
        return True
