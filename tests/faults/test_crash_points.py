"""Death at the worst moments (F1, F2, F4): before and after the commit, before and after the call, half-way told."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.storage.tables.instances import job
from app.storage.tables.work import user_task
from tests.faults.browser import Browser, NoAnswer
from tests.faults.conftest import place_of_today
from tests.faults.diagrams import LOAD_STORY, load_process
from tests.faults.invariants import ensure_sound, open_incident_codes, stories
from tests.faults.processes import within
from workers import QUEUE

WORKER_POINTS = (
    "worker_claimed",
    "worker_calls",
    "worker_called",
    "finish_job.before_commit",
    "finish_job.after_commit",
)


def status_of_task(place, key):
    with place.executor.database.engine.connect() as connection:
        return connection.scalar(select(user_task.c.status).where(user_task.c.key == key))


def jobs_of(place):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(select(job).order_by(job.c.key)).all()


@pytest.mark.parametrize(
    ("database_url", "fault", "kept"),
    [
        ("sqlite", "complete_task.before_commit", "open"),
        ("postgresql", "complete_task.after_commit", "completed"),
    ],
    indirect=["database_url"],
)
def test_a_web_process_dies_while_a_form_comes_in_and_the_person_sends_it_again(
    place, database_url, make_parts, fault, kept
):
    """F1"""
    place.publish(load_process("http://outside.test:1/effect"))
    instance = place.start("load")
    task = place.open_tasks(instance)["first"]
    parts = make_parts(database_url)
    parts.start("web", fault=fault)
    browser = Browser(parts.port)
    browser.sign_in("counsellor")
    form = browser.until_answered("GET", f"/tasks/{task}").submission_id
    with pytest.raises(NoAnswer):
        browser.post(f"/tasks/{task}", submission_id=form, action="complete")
    assert status_of_task(place, task) == kept

    parts.kill("web")
    parts.start("web")
    again = browser.until_answered("POST", f"/tasks/{task}", submission_id=form, action="complete")
    assert (again.status, again.location) == (303, f"/tasks/{task}/done")
    assert status_of_task(place, task) == "completed"
    assert list(place.open_jobs(instance)) == ["call"]
    ensure_sound(place.executor.database)


def test_a_worker_dies_at_any_point_of_a_job_and_another_brings_it_to_its_end(place, database_url, make_parts, outside):
    """F2: one instance for each point, all at once."""
    place.publish(load_process(f"{outside.origin}/effect"))
    parts = make_parts(database_url, connector_hosts=outside.allowed)
    instances = [place.start("load") for _ in WORKER_POINTS]
    keys = []
    for instance in instances:
        place.complete(place.open_tasks(instance)["first"])
        keys.append(place.open_jobs(instance)["call"])
    dying = [parts.nudge(key, fault=point) for key, point in zip(keys, WORKER_POINTS, strict=True)]
    assert [process.wait(40) for process in dying] == [-signal.SIGKILL] * len(dying), parts.log("nudge")
    # nothing was called before the connector was; the job whose end was committed is done
    assert sorted(outside.effects) == sorted(str(key) for key in keys[2:])
    states = {row.key: (row.status, row.attempts) for row in jobs_of(place)}
    assert [states[key] for key in keys] == [("leased", 1)] * 4 + [("done", 1)]

    # I8: when the leases are over, and not before, another worker has them
    until = max(row.lease_until for row in jobs_of(place) if row.lease_until)
    assert until < datetime.now(UTC) + timedelta(seconds=2)
    assert within(5, lambda: datetime.now(UTC) > until)
    assert parts.nudge(*keys).wait(40) == 0, parts.log("nudge")

    assert outside.calls_by_key() == {str(key): 2 if number in (2, 3) else 1 for number, key in enumerate(keys)}
    assert sorted(outside.effects) == sorted(map(str, keys))
    for instance in instances:
        place.complete(place.open_tasks(instance)["second"], "colleague")
    assert all(sorted(story) == sorted(LOAD_STORY) for story in stories(place.executor.database, "load").values())
    assert open_incident_codes(place.executor.database) == []
    ensure_sound(place.executor.database)


def test_a_scheduler_dies_between_marking_and_telling_and_the_next_one_tells_again(
    sqlite_database, sqlite_url, own_valkey, make_parts, outside
):
    """F4"""
    place = place_of_today(sqlite_database)
    place.publish(load_process(f"{outside.origin}/effect"))
    instance = place.start("load")
    place.complete(place.open_tasks(instance)["first"])
    parts = make_parts(sqlite_url, own_valkey.url, connector_hosts=outside.allowed)
    with own_valkey.client() as client:
        first = parts.start("scheduler", fault="relay_marked")
        assert first.wait(30) == -signal.SIGKILL
        [row] = jobs_of(place)
        assert row.nudged_at is not None
        assert client.llen(QUEUE) == 0

        second = parts.start("scheduler", fault="relay_told")
        assert second.wait(30) == -signal.SIGKILL
        assert client.llen(QUEUE) == 1

    # the third says it once more, because nobody has taken it; two nudges, one call
    parts.start("scheduler")
    parts.start("worker")
    assert within(30, lambda: "second" in place.open_tasks(instance)), (parts.log("worker"), parts.log("scheduler"))
    assert outside.effects == [str(row.key)]
    assert len(outside.calls) == 1
    ensure_sound(sqlite_database)
