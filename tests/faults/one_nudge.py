"""`python -m tests.faults.one_nudge KEY...`: what a process of the pool does with one nudge, and then the end."""

from __future__ import annotations

import sys

from app.logs import configure_logs
from app.settings import Settings
from workers.handlers import installed_handlers
from workers.tasks import open_runner

if __name__ == "__main__":
    settings = Settings.load()
    configure_logs(level="INFO")
    open_runner(settings, installed_handlers).run([int(key) for key in sys.argv[1:]], seconds=60)
