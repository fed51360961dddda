"""
`PART=worker|scheduler python -m tests.faults.poisonous`: the product's own programs with job types that do harm.

Each ends its process, or breaks, in a way of its own; `good` does its work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from app.connectors.contract import Call
from app.executor import Executor
from app.settings import Settings
from workers import scheduler, worker
from workers.handlers import Handlers, Outside


class Harm:
    """A connector that does what its job type says."""

    idempotent = True

    def __call__(self, call: Call) -> Mapping[str, Any]:
        if call.type == "breaks":
            raise ZeroDivisionError
        if call.type == "exits":
            os._exit(1)
        while call.type == "loops":
            pass
        return {"done": call.type}


def make_handlers(_settings: Settings, _executor: Executor) -> Handlers:
    """Return the handlers of the harmful types and the good one."""
    return Handlers(outside={name: Outside(Harm()) for name in ("breaks", "exits", "loops", "good")})


if __name__ == "__main__":
    sys.exit({"worker": worker.main, "scheduler": scheduler.main}[os.environ["PART"]](make_handlers))
