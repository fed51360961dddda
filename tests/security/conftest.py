"""The web application over an empty database with invented people, and a clock that tests move."""

from pathlib import Path

import pytest
from flask import Flask

from app.settings import Settings
from app.storage.database import Database
from tests.people import add_people
from tests.web import Clock, Visitor, make_web


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def web_settings(tmp_path: Path) -> Settings:
    return Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")


@pytest.fixture
def web(sqlite_database: Database, web_settings: Settings, clock: Clock) -> Flask:
    add_people(sqlite_database)
    return make_web(sqlite_database, web_settings, clock)


@pytest.fixture
def visitor(web: Flask) -> Visitor:
    return Visitor(web)
