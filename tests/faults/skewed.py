"""
`SKEW_SECONDS=600 python -m tests.faults.skewed`: the product where the machine's clock is wrong.

With keys of jobs as arguments it is a process of the pool with one nudge (see one_nudge).
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta

import app.clock
from app.settings import Settings
from tests.faults.poisonous import make_handlers
from workers import scheduler
from workers.tasks import open_runner

SKEW = timedelta(seconds=float(os.environ["SKEW_SECONDS"]))
right = app.clock.clock_of_the_machine


def wrong() -> datetime:
    """Return what this machine takes for the present."""
    return right() + SKEW


if __name__ == "__main__":
    app.clock.clock_of_the_machine = wrong
    if sys.argv[1:]:
        sys.exit(open_runner(Settings.load(), make_handlers).run([int(key) for key in sys.argv[1:]], seconds=60))
    sys.exit(scheduler.main(make_handlers))
