"""What health checks hear: no page, no session, no client; and the truth about the database."""

from __future__ import annotations

from app.settings import Settings
from app.storage.database import Database
from tests.web import Clock, make_web


def test_a_living_process_says_so_without_a_session(sqlite_database, tmp_path):
    client = make_web(sqlite_database, Settings.load({}, data_folder=tmp_path), Clock()).test_client()
    answer = client.get("/health/live")
    assert (answer.status_code, answer.text) == (200, "live\n")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_is_ready_while_the_database_answers(database, tmp_path):
    client = make_web(database, Settings.load({}, data_folder=tmp_path), Clock()).test_client()
    assert client.get("/health/ready").status_code == 200


def test_it_is_not_ready_while_the_database_is_away_and_still_lives(tmp_path):
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    client = make_web(away, Settings.load({}, data_folder=tmp_path), Clock()).test_client()
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
