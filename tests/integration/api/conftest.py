"""A real web server on loopback, and programs that call it: raw (httpx) and through Camunda's official client."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from camunda_orchestration_sdk import CamundaClient
from werkzeug.serving import make_server

from app.settings import Settings
from app.web import create_app
from tests.factories import Place, make_place
from tests.programs import EVERYTHING, SECRET, Door, Program, open_door, register


@dataclass
class Api:
    """The installation behind a running server."""

    place: Place
    url: str

    def register(self, client_id: str, *roles: str, scopes: Collection[str] = EVERYTHING, **more: Any) -> None:
        """Register a program with these roles in the unit of the health centre."""
        register(self.place, client_id, *roles, scopes=scopes, **more)

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
def official(api: Api, tmp_path: Path) -> CamundaClient:
    """Camunda's client as a program with every right but care."""
    api.register("prog-official", "r_yllapitaja", "r_prosessinomistaja", "r_palveluohjaaja")
    return api.official("prog-official", tmp_path)


@pytest.fixture
def door(database, tmp_path) -> Door:
    """The application without a network, on SQLite and on PostgreSQL."""
    return open_door(database, tmp_path / "data")


@pytest.fixture
def admin(door: Door) -> Program:
    """A program with every right but care."""
    return door.program("prog-admin", "r_yllapitaja", "r_prosessinomistaja")
