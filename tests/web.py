"""A browser without a screen: keeps cookies, takes the token from the page it is on, sends forms as a page would."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

from app.executor import Executor
from app.settings import Settings
from app.storage.database import Database
from app.storage.encryption import Cipher
from app.web import create_app
from tests.people import NOW

_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


class Clock:
    """A clock that tests move."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **parts: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**parts)


def make_web(database: Database, settings: Settings, clock: Callable[[], datetime]) -> Flask:
    """Return the web application over the database."""
    cipher = Cipher(data_keys=[settings.key_bytes("data_key")], index_key=settings.key_bytes("index_key"))
    app = create_app(Executor(database, cipher), settings, clock=clock)
    app.testing = False
    return app


class Visitor:
    """Somebody in front of a browser."""

    def __init__(self, app: Flask, *, address: str = "10.1.2.3") -> None:
        self.client = Client(app, TestResponse)
        self.origin = "http://localhost"
        self.address = address

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=headers, environ_base={"REMOTE_ADDR": self.address})

    def token(self, path: str = "/accessibility") -> str:
        """Return the token of the forms on a page; any page with the frame has one."""
        found = _TOKEN.search(self.get(path).text)
        return found[1] if found else ""

    def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Send a form from a page of ours; `token` "" sends none."""
        data = dict(fields or {})
        wanted = self.token() if token is None else token
        if wanted:
            data["csrf_token"] = wanted
        return self.client.post(
            path,
            data=data,
            headers={"Origin": self.origin, **(headers or {})},
            environ_base={"REMOTE_ADDR": self.address},
        )

    def sign_in(self, username: str = "aila", password: str | None = None, **fields: str) -> TestResponse:
        """Sign in by name and password; without a password by a press, as the demo allows (passwords take time)."""
        who = {"person": username} if password is None else {"username": username, "password": password}
        return self.post("/sign-in", {**who, **fields})

    def cookie(self, name: str = "kykypolku") -> str:
        """Return the value of a cookie, "" where there is none."""
        found = self.client.get_cookie(name)
        return found.value if found else ""
