"""`python -m workers.worker`: a Celery worker with our settings."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

from celery import signals
from celery.exceptions import SecurityWarning

from app.logs import configure_logs
from app.parent_death import end_with_parent
from app.settings import Settings, SettingsRefused
from workers import make_celery
from workers.handlers import MakeHandlers, installed_handlers
from workers.signs_of_life import SIGN_EVERY, sign_of_life
from workers.tasks import register_tasks


def _connect_signals(settings: Settings) -> None:
    @signals.setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
    def _logs(**_: Any) -> None:
        configure_logs(style=settings.log_format, level=settings.log_level)

    @signals.worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
    def _child(**_: Any) -> None:
        # the pool's processes must not outlive a worker that was killed
        end_with_parent()

    @signals.worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
    def _ready(sender: Any, **_: Any) -> None:
        sign_of_life("worker").touch()
        sender.timer.call_repeatedly(SIGN_EVERY, sign_of_life("worker").touch)


def main(make_handlers: MakeHandlers = installed_handlers) -> int:
    """Run the worker until it is told to stop."""
    if os.environ.get("REMAP_SIGTERM") != "SIGQUIT":
        # read when Celery is imported: SIGTERM then stops softly instead of waiting for running jobs without end
        os.environ["REMAP_SIGTERM"] = "SIGQUIT"
        os.execv(sys.executable, [sys.executable, "-m", "workers.worker"])  # noqa: S606 # this very program
    try:
        settings = Settings.load()
    except SettingsRefused as error:
        sys.stderr.write(f"kykypolku: {error}\n")
        return 1
    celery = make_celery(settings)
    register_tasks(celery, settings, make_handlers)
    _connect_signals(settings)
    options = ["--without-gossip", "--without-mingle", "--without-heartbeat", f"--loglevel={settings.log_level}"]
    # its warning about root is about pickle, which we do not accept
    warnings.filterwarnings("ignore", category=SecurityWarning)
    celery.worker_main(["--quiet", "worker", "--pool=prefork", *options])
    return 0


if __name__ == "__main__":
    sys.exit(main())
