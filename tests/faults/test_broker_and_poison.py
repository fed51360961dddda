"""Jobs that kill their worker (F19); a broker that is killed, frozen, emptied (F7-F9): the others go on."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median

import pytest
from sqlalchemy import select

from app.storage.tables.instances import incident, job
from tests.faults.browser import Browser
from tests.faults.conftest import place_of_today
from tests.faults.diagrams import LOAD_STORY, job_process, load_process
from tests.faults.invariants import ensure_sound, open_incident_codes, stories
from tests.faults.processes import descendants, within
from tests.servers import ValkeyServer


def states(place):
    with place.executor.database.engine.connect() as connection:
        return {row.type: (row.status, row.attempts) for row in connection.execute(select(job)) if row.type != "good"}


@pytest.mark.timeout(240)
def test_poison_jobs_become_incidents_and_the_good_ones_are_done(database, database_url, own_valkey, make_parts):
    place = place_of_today(database)
    place.publish(
        job_process(("breaks", 2), process_id="breaks"),
        job_process(("exits", 2), process_id="exits"),
        job_process(("loops", 2), process_id="loops"),
        job_process(("good", 6), ("good", 6), process_id="good"),
    )
    poisoned = {name: place.start(name) for name in ("breaks", "exits", "loops")}
    good = [place.start("good") for _ in range(8)]
    parts = make_parts(database_url, own_valkey.url, job_time_limit="2", worker_processes="2")
    for name in ("worker", "scheduler"):
        parts.start(name, module="tests.faults.poisonous")

    assert within(90, lambda: all("after" in place.open_tasks(key) for key in good), every=0.3), (
        states(place),
        parts.log("worker"),
    )
    assert within(90, lambda: len(open_incident_codes(database)) == len(poisoned), every=0.3), (
        states(place),
        parts.log("worker"),
    )
    assert states(place) == {"breaks": ("dead", 2), "exits": ("dead", 3), "loops": ("dead", 3)}
    with database.engine.connect() as connection:
        codes = {row.instance_key: row.code for row in connection.execute(select(incident))}
    assert codes == {
        poisoned["breaks"]: "job_failed",
        poisoned["exits"]: "job_worker_died",
        poisoned["loops"]: "job_worker_died",
    }
    ensure_sound(database)


@contextmanager
def emptying(valkey: ValkeyServer) -> Iterator[None]:
    """Empty the broker five times a second until the block ends."""
    stop = threading.Event()

    def empty() -> None:
        while not stop.wait(0.2):
            valkey.empty()

    thread = threading.Thread(target=empty, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.timeout(240)
def test_a_broker_that_dies_before_nudges_are_acknowledged_does_not_silence_the_worker(
    sqlite_database, sqlite_url, own_valkey, make_parts
):
    place = place_of_today(sqlite_database)
    place.publish(job_process(("good", 6), process_id="good"))
    parts = make_parts(sqlite_url, own_valkey.url, worker_processes="2")
    worker = parts.start("worker", module="tests.faults.poisonous")
    with own_valkey.client() as client:
        listens = within(60, lambda: any(each["cmd"] == "brpop" for each in client.client_list()))
        assert listens, parts.log("worker")

        # as many nudges as the worker takes at once are handed over to the pool, and none is accepted by it
        pool = descendants(worker.pid)
        assert len(pool) == 2
        for process in pool:
            os.kill(process, signal.SIGSTOP)
        parts.start("scheduler", module="tests.faults.poisonous")
        waiting = [place.start("good") for _ in pool]
        assert within(30, lambda: client.hlen("unacked") == len(pool)), parts.log("scheduler")
    own_valkey.kill()
    for process in pool:
        os.kill(process, signal.SIGCONT)
    assert within(30, lambda: all("after" in place.open_tasks(each) for each in waiting)), parts.log("worker")
    own_valkey.start()

    later = [place.start("good") for _ in range(3)]
    assert within(60, lambda: all("after" in place.open_tasks(each) for each in later)), parts.log("worker")
    assert open_incident_codes(sqlite_database) == []


@pytest.mark.timeout(240)
def test_a_broker_that_is_frozen_killed_and_emptied_costs_seconds_and_no_work(
    sqlite_database, sqlite_url, own_valkey, make_parts, outside
):
    place = place_of_today(sqlite_database)
    place.publish(load_process(f"{outside.origin}/effect"))
    instances = [place.start("load") for _ in range(24)]
    frozen, killed, emptied = instances[:8], instances[8:16], instances[16:]
    parts = make_parts(sqlite_url, own_valkey.url, connector_hosts=outside.allowed)
    for name in ("scheduler", "worker", "web"):
        parts.start(name)
    browser = Browser(parts.port)
    browser.sign_in("counsellor")

    def complete_firsts(group) -> list[float]:
        times = []
        for instance in group:
            began = time.monotonic()
            answer = browser.post(f"/tasks/{place.open_tasks(instance)['first']}", submission_id=str(instance))
            times.append(time.monotonic() - began)
            assert answer.status == 303
        return times

    def all_called(group) -> bool:
        return all("second" in place.open_tasks(instance) for instance in group)

    # F9: the web never touches the broker, so a frozen one delays nobody at a page
    own_valkey.freeze()
    assert median(complete_firsts(frozen)) < 1.0
    time.sleep(1.0)
    own_valkey.thaw()
    assert within(30, lambda: all_called(frozen)), (parts.log("scheduler"), parts.log("worker"))

    # F7: killed with nudges in it, and started again
    complete_firsts(killed[:4])
    own_valkey.kill()
    assert median(complete_firsts(killed[4:])) < 1.0
    own_valkey.start()
    assert within(30, lambda: all_called(killed)), (parts.log("scheduler"), parts.log("worker"))

    # F8: emptied again and again while work comes in
    with emptying(own_valkey):
        complete_firsts(emptied)
        time.sleep(2.0)
    assert within(30, lambda: all_called(emptied)), (parts.log("scheduler"), parts.log("worker"))

    place.now = datetime.now(UTC)
    for instance in instances:
        place.complete(place.open_tasks(instance)["second"], "colleague")
    assert all(sorted(story) == sorted(LOAD_STORY) for story in stories(sqlite_database, "load").values())
    assert len(outside.effects) == len(outside.calls) == len(instances)
    assert open_incident_codes(sqlite_database) == []
    ensure_sound(sqlite_database)
