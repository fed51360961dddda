"""A real web server on loopback, and programs that call it: raw (httpx) and through Camunda's official client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from camunda_orchestration_sdk import CamundaClient
from werkzeug.serving import make_server

from app.commands.api_clients import register_api_client
from app.domain.actor import SYSTEM
from app.domain.api_client import Scope
from app.domain.passwords import hash_password
from app.settings import Settings
from app.web import create_app
from tests.factories import Place, make_place

SECRET = "a secret for tests only"
#: argon2 takes 0.2 s; the hash of the one secret is made once
SECRET_HASH = hash_password(SECRET)
EVERYTHING = frozenset(Scope) - {Scope.CARE}


@dataclass
class Api:
    """The installation behind a running server."""

    place: Place
    url: str

    def register(self, client_id: str, *roles: str, scopes: Collection[str] = EVERYTHING, **more: Any) -> None:
        """Register a program with these roles in the unit of the health centre."""
        values = {"job_types": ["*"], "message_names": ["*"], "unit_id": "unit_sote", **more}
        self.place.run(
            register_api_client,
            client_id=client_id,
            name=client_id,
            roles=roles,
            scopes=scopes,
            secret_hash=SECRET_HASH,
            actor=SYSTEM,
            **values,
        )

    def token(self, client_id: str, scope: str = "") -> str:
        """Return a token of the program."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET, "scope": scope}
        answer = httpx.post(f"{self.url}/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def raw(self, client_id: str, scope: str = "") -> httpx.Client:
        """Return a plain client with a token of the program."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token(client_id, scope)}"}, timeout=40
        )

    def official(self, client_id: str, tmp_path: Path) -> CamundaClient:
        """Return Camunda's client, signed in with client credentials."""
        return CamundaClient(
            configuration={
                "CAMUNDA_REST_ADDRESS": self.url,
                "CAMUNDA_AUTH_STRATEGY": "OAUTH",
                "CAMUNDA_OAUTH_URL": f"{self.url}/oauth/token",
                "CAMUNDA_CLIENT_ID": client_id,
                "CAMUNDA_CLIENT_SECRET": SECRET,
                "CAMUNDA_TOKEN_DISK_CACHE_DISABLE": True,
                "CAMUNDA_TOKEN_CACHE_DIR": str(tmp_path),
            }
        )


def serve(place: Place, data_folder: Path) -> Iterator[Api]:
    """Run the web application over the place until the test ends."""
    settings = Settings.load({}, data_folder=data_folder, public_url="http://127.0.0.1")
    app = create_app(place.executor, settings, clock=lambda: place.now)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Api(place, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def api(database, tmp_path) -> Iterator[Api]:
    """A running server over an empty installation, on SQLite and on PostgreSQL."""
    yield from serve(make_place(database), tmp_path / "data")


@pytest.fixture
def sqlite_api(sqlite_database, tmp_path) -> Iterator[Api]:
    """The same on SQLite only, for what no database has to do with."""
    yield from serve(make_place(sqlite_database), tmp_path / "data")


@pytest.fixture
def admin(api: Api) -> httpx.Client:
    """A program with every right but care."""
    api.register("prog-admin", "r_yllapitaja", "r_prosessinomistaja")
    with api.raw("prog-admin") as client:
        yield client


@pytest.fixture
def official(api: Api, tmp_path: Path) -> CamundaClient:
    """Camunda's client as a program with every right but care."""
    api.register("prog-official", "r_yllapitaja", "r_prosessinomistaja", "r_palveluohjaaja")
    return api.official("prog-official", tmp_path)


Registered = Callable[..., httpx.Client]
