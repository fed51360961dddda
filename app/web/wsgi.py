"""What a web server runs: `gunicorn app.web.wsgi:application`."""

from __future__ import annotations

from app.clock import DatabaseClock
from app.executor import open_executor
from app.logs import configure_logs
from app.settings import Settings
from app.web import create_app

_settings = Settings.load()
# before anything can be logged: the library's own default would print local variables with a traceback
configure_logs(style=_settings.log_format, level=_settings.log_level)
_executor = open_executor(_settings)
application = create_app(_executor, _settings, clock=DatabaseClock(_executor))
