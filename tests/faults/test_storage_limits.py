"""Disk full (F12), database locked for seconds, every connection in use (F29): a clear 503, nothing half-done."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import event, select

from app.storage.database import Database
from app.storage.tables.instances import history, process_instance
from tests.factories import WORK, make_place
from tests.faults.conftest import place_of_today, serving
from tests.faults.invariants import ensure_sound


def set_pragma(database: Database, text: str) -> None:
    """Give every connection of the database, also those that are open, the pragma."""

    @event.listens_for(database.engine, "connect")
    def _set(connection, _record) -> None:
        connection.execute(f"PRAGMA {text}")

    database.engine.dispose()


def counted(database: Database) -> tuple[int, int]:
    with database.engine.connect() as connection:
        rows = connection.scalars(select(history.c.sequence)).all()
        revisions = connection.scalars(select(process_instance.c.revision)).all()
    return len(rows), sum(revisions)


@contextmanager
def held(path: str, seconds: float) -> Iterator[None]:
    """Hold SQLite's write lock from another connection for so long."""
    holding = threading.Event()

    def hold() -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        holding.set()
        time.sleep(seconds)
        connection.execute("ROLLBACK")
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(10)
    try:
        yield
    finally:
        thread.join()


def test_a_full_disk_is_a_503_and_nothing_is_half_done_and_work_goes_on_with_space(sqlite_database, tmp_path):
    place = place_of_today(sqlite_database)
    place.publish(WORK)
    instances = [place.start() for _ in range(40)]
    with serving(place, tmp_path / "data") as site:
        browser = site.browser("counsellor")
        with sqlite_database.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        set_pragma(sqlite_database, f"max_page_count={pages}")
        statuses = []
        for instance in instances:
            task = place.open_tasks(instance).get("first")
            before = counted(sqlite_database)
            answer = browser.post(f"/tasks/{task}", submission_id=f"form-{instance}", action="complete")
            statuses.append(answer.status)
            if statuses.count(503) > 3:
                break
            if answer.status == 503:
                assert answer.headers["retry-after"] == "5"
                assert counted(sqlite_database) == before
                assert "first" in place.open_tasks(instance)
        assert 503 in statuses, "the disk was not full"
        assert set(statuses) <= {303, 503}
        # reading goes on meanwhile
        assert browser.get("/worklist?tab=groups").status == 200

        set_pragma(sqlite_database, "max_page_count=1073741823")
        for instance in instances:
            if "first" in place.open_tasks(instance):
                task = place.open_tasks(instance)["first"]
                answer = browser.post(f"/tasks/{task}", submission_id=f"form-{instance}", action="complete")
                assert answer.status == 303
            assert list(place.open_jobs(instance)) == ["work"]
    with sqlite_database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    ensure_sound(sqlite_database)


def test_a_command_waits_for_a_writer_of_three_seconds(sqlite_database, sqlite_url, tmp_path):
    place = place_of_today(sqlite_database)
    place.publish(WORK)
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    with serving(place, tmp_path / "data") as site:
        browser = site.browser("counsellor")
        began = time.monotonic()
        with held(sqlite_url.removeprefix("sqlite:///"), 3.0):
            # reading does not wait for a writer
            assert browser.get("/worklist?tab=groups").status == 200
            assert time.monotonic() - began < 2.5
            answer = browser.post(f"/tasks/{task}", submission_id="form", action="complete")
        assert answer.status == 303
        assert time.monotonic() - began >= 3.0
    assert list(place.open_jobs(instance)) == ["work"]
    ensure_sound(sqlite_database)


def test_a_writer_that_stays_too_long_is_a_503_and_the_form_can_be_sent_again(sqlite_database, sqlite_url, tmp_path):
    # the product waits for 15 seconds; the test has less patience
    set_pragma(sqlite_database, "busy_timeout=700")
    place = place_of_today(sqlite_database)
    place.publish(WORK)
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    with serving(place, tmp_path / "data") as site:
        browser = site.browser("counsellor")
        before = counted(sqlite_database)
        with held(sqlite_url.removeprefix("sqlite:///"), 4.0):
            answer = browser.post(f"/tasks/{task}", submission_id="form", action="complete")
            assert answer.status == 503
            assert answer.headers["retry-after"] == "5"
            assert counted(sqlite_database) == before
        again = browser.post(f"/tasks/{task}", submission_id="form", action="complete")
        assert again.status == 303
    ensure_sound(sqlite_database)


@pytest.fixture
def narrow_database(clean_postgresql_url: str) -> Iterator[Database]:
    """Two connections, and a second of patience for a lock."""
    database = Database(clean_postgresql_url, pool_size=1, lock_timeout_ms=6500)
    yield database
    database.close()


def test_every_connection_in_use_is_a_503_after_five_seconds_and_none_leaks(narrow_database, postgresql_dsn, tmp_path):
    """F29"""
    place = place_of_today(narrow_database)
    place.publish(WORK)
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    with serving(place, tmp_path / "data") as site:
        browser = site.browser("counsellor")

        def ask(number: int) -> tuple[int, str, float]:
            began = time.monotonic()
            # two people wait for the held row and with it hold both connections; the others only look
            answer = (
                browser.post(f"/tasks/{task}", submission_id=f"form-{number}", action="complete")
                if number < 2
                else browser.get("/worklist")
            )
            return answer.status, answer.headers.get("retry-after", ""), time.monotonic() - began

        with psycopg.connect(postgresql_dsn) as holder:
            holder.execute("SELECT 1 FROM process_instance FOR UPDATE")
            with ThreadPoolExecutor(12) as pool:
                slow = [pool.submit(ask, number) for number in range(2)]
                time.sleep(0.7)
                answers = [future.result() for future in [*slow, *(pool.submit(ask, n) for n in range(2, 12))]]
            holder.rollback()
        assert {status for status, _, _ in answers} <= {200, 503}
        refused = [item for item in answers[2:] if item[0] == 503]
        assert refused, answers
        assert all(retry == "5" for _, retry, _ in refused)
        assert all(4.5 < seconds < 20 for _, _, seconds in refused)

        assert narrow_database.engine.pool.checkedout() == 0
        assert browser.get("/worklist").status == 200
        assert browser.post(f"/tasks/{task}", submission_id="form-0", action="complete").status == 303
    ensure_sound(narrow_database)


def test_a_row_locked_too_long_is_a_503_and_nothing_is_half_done(clean_postgresql_url, postgresql_dsn, tmp_path):
    """F30: PostgreSQL's lock_timeout"""
    database = Database(clean_postgresql_url, lock_timeout_ms=500)
    place = make_place(database)
    place.publish(WORK)
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    with serving(place, tmp_path / "data") as site:
        browser = site.browser("counsellor")
        before = counted(database)
        with psycopg.connect(postgresql_dsn) as holder:
            holder.execute("SELECT 1 FROM process_instance FOR UPDATE")
            answer = browser.post(f"/tasks/{task}", submission_id="form", action="complete")
            assert (answer.status, answer.headers["retry-after"]) == (503, "5")
            assert counted(database) == before
            holder.rollback()
        assert browser.post(f"/tasks/{task}", submission_id="form", action="complete").status == 303
    ensure_sound(database)
    database.close()
