"""What a web server runs: `gunicorn app.web.wsgi:application`."""

from __future__ import annotations

from app.executor import Executor
from app.settings import Settings
from app.storage.database import Database
from app.storage.encryption import Cipher
from app.web import create_app

_settings = Settings.load()
application = create_app(
    Executor(
        Database(_settings.database_url, pool_size=_settings.database_pool_size),
        Cipher(data_keys=[_settings.key_bytes("data_key")], index_key=_settings.key_bytes("index_key")),
    ),
    _settings,
)
