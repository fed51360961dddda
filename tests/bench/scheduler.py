"""`python -m tests.bench.scheduler`: our scheduler that rings for the job type of the benchmarks."""

from __future__ import annotations

import sys

from tests.bench.worker import handlers
from workers.scheduler import main

if __name__ == "__main__":
    sys.exit(main(handlers))
