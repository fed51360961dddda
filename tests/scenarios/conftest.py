"""What the lives of clients begin with."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.storage.database import Database
from tests.scenarios.lives import Life


@pytest.fixture
def live(tmp_path):
    """Return what begins a life in an area."""
    opened = []

    def begin(area="keski_suomi"):
        database = Database(f"sqlite:///{tmp_path / f'{area}.db'}")
        opened.append(database)
        return Life(database, clock=datetime.fromisoformat("2026-03-02T09:00:00+02:00"), area=area)

    yield begin
    for database in opened:
        database.close()
