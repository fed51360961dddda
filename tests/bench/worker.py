"""`python -m tests.bench.worker`: our worker with a job type that does nothing, and a task of Celery that does so."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from celery import shared_task

from app.connectors.contract import Call
from app.executor import Executor
from app.settings import Settings
from workers.handlers import Handlers, Outside

NO_OP = "bench.no_op"
JOB_TYPE = "bench_no_op"


@shared_task(name=NO_OP)
def no_op() -> None:
    """Do nothing."""


class Nothing:
    """A system outside that answers at once."""

    idempotent = True

    def __call__(self, call: Call) -> Mapping[str, Any]:
        """Return nothing."""
        return {}


def handlers(_settings: Settings, _executor: Executor) -> Handlers:
    """Return the one job type."""
    return Handlers(outside={JOB_TYPE: Outside(Nothing())})


if __name__ == "__main__":
    from workers.worker import main

    sys.exit(main(handlers))
