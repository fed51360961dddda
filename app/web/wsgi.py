"""What a web server runs: `gunicorn app.web.wsgi:application`."""

from __future__ import annotations

from app.executor import open_executor
from app.settings import Settings
from app.web import create_app

_settings = Settings.load()
application = create_app(open_executor(_settings), _settings)
