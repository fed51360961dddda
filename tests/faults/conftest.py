"""An installation with a real clock, its pages on a real connection, and a system outside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from werkzeug.serving import WSGIRequestHandler, make_server

from app.settings import Settings
from app.storage.database import Database
from app.web import create_app
from tests.factories import Place, make_place
from tests.faults.browser import Browser
from tests.faults.outside import Outside
from tests.faults.processes import Parts


class _Silent(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@dataclass
class Site:
    """The pages of a place, served by this very process."""

    place: Place
    port: int

    def browser(self, person: str, *, timeout: float = 30.0) -> Browser:
        """Return the browser of somebody who has signed in."""
        browser = Browser(self.port, timeout=timeout)
        browser.sign_in(person)
        return browser


@contextmanager
def serving(place: Place, data_folder: Path) -> Iterator[Site]:
    """Serve the pages of the place until the block ends."""
    settings = Settings.load({}, data_folder=data_folder, public_url="http://127.0.0.1")
    app = create_app(place.executor, settings, clock=lambda: place.now)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Site(place, server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def place_of_today(database: Database) -> Place:
    """Return a place whose clock stands at the present, as that of real processes does."""
    place = make_place(database)
    place.now = datetime.now(UTC)
    return place


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep what is logged in memory: the faults of these tests are meant."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def place(database: Database) -> Place:
    """An installation, on SQLite and on PostgreSQL."""
    return place_of_today(database)


@pytest.fixture
def site(place: Place, tmp_path: Path) -> Iterator[Site]:
    """The pages of the installation, on SQLite and on PostgreSQL."""
    with serving(place, tmp_path / "data") as site:
        yield site


@pytest.fixture
def outside() -> Iterator[Outside]:
    """A system outside that does what it is asked."""
    outside = Outside()
    yield outside
    outside.close()


@pytest.fixture
def make_parts(tmp_path: Path) -> Iterator[Callable[..., Parts]]:
    """Makes the processes of an installation; ends them after the test."""
    made: list[Parts] = []

    def make(database_url: str, valkey_url: str = "", **settings: str) -> Parts:
        named = {f"KYKYPOLKU_{name.upper()}": value for name, value in settings.items()}
        # web and single nudges never look at the broker
        valkey = valkey_url or "redis://127.0.0.1:1"
        made.append(Parts(tmp_path, database_url=database_url, valkey_url=valkey, settings=named))
        return made[-1]

    yield make
    for parts in made:
        parts.stop_all()
