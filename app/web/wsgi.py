"""What a web server runs: `gunicorn app.web.wsgi:application`."""

from __future__ import annotations

from app.executor import open_executor
from app.logs import configure_logs
from app.settings import Settings
from app.web import create_app

_settings = Settings.load()
# before anything can be logged: the library's own default would print local variables with a traceback
configure_logs(style=_settings.log_format, level=_settings.log_level)
application = create_app(open_executor(_settings), _settings)
