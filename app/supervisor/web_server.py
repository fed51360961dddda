"""How gunicorn runs the web: read by gunicorn as its configuration, in the embedded default and in containers alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.parent_death import end_with_parent
from app.settings import Settings

_settings = Settings.load()

bind = f"{_settings.web_host}:{_settings.web_port}"
worker_class = "gthread"
workers = _settings.web_processes
threads = _settings.web_threads
#: a worker whose main thread is silent for so long is ended
timeout = 60
graceful_timeout = 20
keepalive = 5
# the heartbeat file must not be on a disk that can stall
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
forwarded_allow_ips = _settings.trusted_proxies
limit_request_line = 8190
limit_request_fields = 100
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"


def post_fork(_server: Any, _worker: Any) -> None:
    """End the worker with its master, however that ends."""
    end_with_parent()
