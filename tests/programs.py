"""Programs that call the API, without a network: each call is a request to the application itself."""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.commands.api_clients import register_api_client
from app.domain.actor import SYSTEM
from app.domain.api_client import Scope
from app.domain.passwords import hash_password
from app.settings import Settings
from app.storage.database import Database
from app.web import create_app
from tests.factories import Place, make_place

SECRET = "a secret for tests only"
#: argon2 takes 0.2 s; the hash of the one secret is made once
SECRET_HASH = hash_password(SECRET)
EVERYTHING = frozenset(Scope) - {Scope.CARE}


def register(place: Place, client_id: str, *roles: str, scopes: Collection[str] = EVERYTHING, **more: Any) -> None:
    """Register a program with these roles, in the unit of the health centre unless another is named."""
    values = {"job_types": ["*"], "message_names": ["*"], "unit_id": "unit_sote", **more}
    place.run(
        register_api_client,
        client_id=client_id,
        name=client_id,
        roles=roles,
        scopes=scopes,
        secret_hash=SECRET_HASH,
        actor=SYSTEM,
        **values,
    )


def basic(client_id: str, secret: str = SECRET) -> dict[str, str]:
    """Return a Basic header."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    """Return a Bearer header."""
    return {"Authorization": f"Bearer {token}"}


@dataclass
class Door:
    """The application over an installation."""

    place: Place
    app: Flask
    address: str = "10.9.8.7"

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        """Send one request."""
        more.setdefault("environ_base", {"REMOTE_ADDR": self.address})
        return self.app.test_client(use_cookies=False).open(path, method=method, **more)

    def ask_token(self, **form: str) -> TestResponse:
        """Ask for a token."""
        return self.call("POST", "/oauth/token", data={"grant_type": "client_credentials", **form})

    def program(self, client_id: str, *roles: str, **more: Any) -> Program:
        """Register a program and return it signed in."""
        register(self.place, client_id, *roles, **more)
        answer = self.ask_token(client_id=client_id, client_secret=SECRET)
        assert answer.status_code == 200, answer.text
        return Program(self, bearer(answer.get_json()["access_token"]))


@dataclass
class Program:
    """A program that is signed in."""

    door: Door
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> TestResponse:
        """Send a GET."""
        return self.door.call("GET", path, headers={**self.headers, **headers})

    def post(self, path: str, body: Any = None, method: str = "POST", **headers: str) -> TestResponse:
        """Send a body as JSON."""
        return self.door.call(method, path, json=body, headers={**self.headers, **headers})

    def send(self, path: str, data: bytes, content_type: str = "application/json") -> TestResponse:
        """Send bytes as they are."""
        return self.door.call("POST", path, data=data, content_type=content_type, headers=self.headers)

    def search(self, resource: str, **body: Any) -> dict[str, Any]:
        """Search a resource and return the page."""
        answer = self.post(f"/v2/{resource}/search", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found


def open_door(database: Database, data_folder: Path) -> Door:
    """Return the application over a fresh installation in the database."""
    place = make_place(database)
    settings = Settings.load({}, data_folder=data_folder, public_url="http://localhost")
    app = create_app(place.executor, settings, clock=lambda: place.now)
    app.testing = False
    return Door(place, app)
