"""SIGKILL to PostgreSQL's postmaster, twice, while people complete tasks and a worker does jobs (F6)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.domain.errors import KykypolkuError
from app.storage.database import Database
from app.storage.tables import metadata
from app.storage.tables.instances import job
from app.storage.tables.work import user_task
from tests.factories import WORK
from tests.faults.browser import Browser, NoAnswer
from tests.faults.conftest import place_of_today, serving
from tests.faults.invariants import ensure_sound, open_incident_codes, stories
from tests.faults.processes import within
from tests.servers import create_database
from workers.handlers import Handlers, Outside
from workers.heartbeat import Heartbeat
from workers.run_jobs import JobRunner

INSTANCES = 60
LEASE = timedelta(seconds=2)
STORY = [
    (element, event)
    for element in ("test_process", "begin", "first", "work", "second", "done")
    for event in ("activated", "completed")
]


class Connector:
    idempotent = True

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def __call__(self, call):
        self.calls[call.idempotency_key] += 1
        time.sleep(0.02)
        return {"answer": 42}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Crowd:
    """People who complete every task they are given until it is done, and a worker; all of them see outages."""

    def __init__(self, place, port: int, connector: Connector) -> None:
        self.place = place
        self.statuses: Counter[int] = Counter()
        self.longest = 0.0
        self.acknowledged: set[int] = set()
        self.faults: list[str] = []
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self._connector = connector
        self.threads = [
            threading.Thread(target=self._people, args=(port, name), daemon=True)
            for name in ("counsellor", "colleague")
        ] + [threading.Thread(target=self._work, daemon=True)]

    def _open(self, table, *where) -> list[int]:
        try:
            with self.place.executor.database.engine.connect() as connection:
                return list(connection.scalars(select(table.c.key).where(*where)))
        except Exception:  # noqa: BLE001 - the database is away
            return []

    def _people(self, port: int, name: str) -> None:
        browser = Browser(port)
        browser.sign_in(name)
        while not self.stop.is_set():
            keys = self._open(user_task, user_task.c.status == "open")
            if not keys:
                time.sleep(0.05)
                continue
            # both begin at the same end now and then
            self._complete(browser, keys[0 if name == "counsellor" else -1])

    def _complete(self, browser: Browser, key: int) -> None:
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                answer = browser.post(f"/tasks/{key}", submission_id=f"form-{key}", action="complete")
            except NoAnswer as error:
                self.faults.append(f"no answer: {type(error).__name__}")
                return
            with self.lock:
                self.statuses[answer.status] += 1
                self.longest = max(self.longest, time.monotonic() - began)
                if answer.status == 303:
                    self.acknowledged.add(key)
            if answer.status == 503:
                # our own page, in the person's language, and when to try again
                if answer.headers.get("retry-after") != "5" or 'lang="fi"' not in answer.text:
                    self.faults.append(f"503: {answer.text[:300]}")
                time.sleep(0.05)
                continue
            if answer.status not in (303, 409):
                self.faults.append(f"{answer.status}: {answer.text[:300]}")
            return

    def _work(self) -> None:
        executor = self.place.executor
        worker = JobRunner(
            executor,
            Handlers(outside={"test_work": Outside(self._connector)}),
            Heartbeat(executor, lease=LEASE, every=0.5, clock=utc_now),
            owner="w1",
            lease=LEASE,
            clock=utc_now,
        )
        while not self.stop.is_set():
            keys = self._open(job, job.c.status.in_(("ready", "leased")))
            try:
                worker.run(keys, seconds=10)
            except KykypolkuError:
                pass
            except Exception as error:  # noqa: BLE001 - what nobody foresaw is what this test looks for
                self.faults.append(repr(error))
            time.sleep(0.05)


@pytest.mark.timeout(180)
def test_a_killed_postmaster_is_a_503_and_loses_nothing_that_was_acknowledged(own_postgresql, tmp_path):
    create_database(own_postgresql.dsn(), "faults")
    database = Database(own_postgresql.dsn("faults").replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(database.engine)
    place = place_of_today(database)
    place.publish(WORK)
    instances = [place.start() for _ in range(INSTANCES)]
    connector = Connector()
    with serving(place, tmp_path / "data") as site:
        crowd = Crowd(place, site.port, connector)
        for thread in crowd.threads:
            thread.start()
        outages = []
        for share in (0.25, 0.6):
            assert within(60, lambda share=share: len(crowd.acknowledged) >= share * 2 * INSTANCES)
            own_postgresql.kill()
            began = time.monotonic()
            time.sleep(0.4)
            own_postgresql.start()
            outages.append(time.monotonic() - began)
        done = within(60, lambda: all(place.status(key) == "completed" for key in instances), every=0.3)
        crowd.stop.set()
        for thread in crowd.threads:
            thread.join(30)
    assert crowd.faults == []
    assert done, stories(database, "test_process")
    assert set(crowd.statuses) <= {303, 409, 503}
    assert crowd.statuses[503] >= 1, "nobody noticed"
    assert crowd.longest < 10
    told = stories(database, "test_process")
    assert all(sorted(story) == sorted(STORY) for story in told.values())
    with database.engine.connect() as connection:
        completed = set(connection.scalars(select(user_task.c.key).where(user_task.c.status == "completed")))
    assert crowd.acknowledged <= completed
    assert set(connector.calls) == {str(key) for key in _jobs(database)}
    assert open_incident_codes(database) == []
    ensure_sound(database)
    database.close()
    print(f"\nstatuses {dict(crowd.statuses)}, outages {outages}, longest answer {crowd.longest:.2f} s")


def test_after_a_restart_of_the_database_the_first_request_is_served_from_a_new_connection(own_postgresql, tmp_path):
    """Pooled connections are broken then; nobody at a page notices."""
    create_database(own_postgresql.dsn(), "faults")
    database = Database(own_postgresql.dsn("faults").replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(database.engine)
    place = place_of_today(database)
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    with serving(place, tmp_path / "data") as site:
        browser = site.browser("counsellor")
        own_postgresql.kill()
        began = time.monotonic()
        away = browser.post(f"/tasks/{task}", submission_id="form", action="complete")
        assert (away.status, away.headers["retry-after"]) == (503, "5")
        assert time.monotonic() - began < 5
        own_postgresql.start()
        assert browser.get("/worklist").status == 200
        own_postgresql.kill()
        own_postgresql.start()
        assert browser.post(f"/tasks/{task}", submission_id="form", action="complete").status == 303
    ensure_sound(database)
    database.close()


def _jobs(database: Database) -> list[int]:
    with database.engine.connect() as connection:
        return list(connection.scalars(select(job.c.key)))
