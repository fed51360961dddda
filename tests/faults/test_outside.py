"""A system outside that fails in every way it can (F20), and a worker that is frozen past its lease (F17)."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.connectors.addresses import read_allow_list
from app.connectors.http import HttpConnector
from app.storage.tables.instances import job
from tests.faults.conftest import place_of_today
from tests.faults.diagrams import LOAD_STORY, load_process
from tests.faults.invariants import ensure_sound, open_incident_codes, stories
from tests.faults.outside import Outside as System
from tests.faults.outside import Reply
from tests.faults.processes import within
from workers.handlers import Handlers, Outside
from workers.heartbeat import Heartbeat
from workers.run_jobs import JobRunner

LEASE = timedelta(seconds=60)


@pytest.fixture
def systems():
    made = []

    def make(answer):
        made.append(System(answer))
        return made[-1]

    yield make
    for system in made:
        system.close()


def runner(place, system) -> JobRunner:
    connector = HttpConnector(read_allow_list(system.allowed))
    heartbeat = Heartbeat(place.executor, lease=LEASE, every=30.0, clock=lambda: place.now)
    return JobRunner(
        place.executor,
        Handlers(outside={"http_request": Outside(connector)}),
        heartbeat,
        owner="w1",
        lease=LEASE,
        clock=lambda: place.now,
    )


def calling(place, system, method="PUT"):
    """Start an instance whose job calls the system, and return it with the job's key."""
    place.publish(load_process(f"{system.origin}/effect", method=method))
    instance = place.start("load")
    place.complete(place.open_tasks(instance)["first"])
    return instance, place.open_jobs(instance)["call"]


def row_of(place, key):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(select(job).where(job.c.key == key)).one()


def finish(place, instance):
    place.complete(place.open_tasks(instance)["second"], "colleague")
    assert sorted(stories(place.executor.database, "load")[instance]) == sorted(LOAD_STORY)
    ensure_sound(place.executor.database)


def test_three_errors_and_then_an_answer_are_four_calls_ever_later_and_one_effect(place, systems):
    system = systems(lambda _call, number: Reply(500, effect=False) if number <= 3 else Reply(body=b'{"ok": true}'))
    instance, key = calling(place, system)
    worker, waits = runner(place, system), []
    for _ in range(3):
        worker.run([key], seconds=10)
        row = row_of(place, key)
        assert (row.status, row.last_error) == ("ready", "http_failed")
        waits.append((row.available_at - place.now).total_seconds())
        assert worker.run([key], seconds=10) == 0, "not before its time"
        place.now = row.available_at
    worker.run([key], seconds=10)
    assert 2.5 <= waits[0] <= 7.5
    assert 5 <= waits[1] <= 15
    assert 10 <= waits[2] <= 30
    assert system.calls_by_key() == {str(key): 4}
    assert system.effects == [str(key)]
    finish(place, instance)


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_busy_says_when_to_come_again(place, systems, status):
    def answer(_call, number):
        return Reply(status, headers={"Retry-After": "17"}, effect=False) if number == 1 else Reply()

    system = systems(answer)
    instance, key = calling(place, system, method="POST")
    runner(place, system).run([key], seconds=10)
    assert row_of(place, key).available_at - place.now == timedelta(seconds=17)
    place.later(seconds=17)
    runner(place, system).run([key], seconds=10)
    assert system.effects == [str(key)]
    finish(place, instance)


@pytest.mark.parametrize("end", ["cut", "silent", "500"])
def test_what_may_have_had_its_effect_is_asked_of_a_person_where_twice_would_be_wrong(place, systems, monkeypatch, end):
    # ten seconds in the product
    monkeypatch.setattr("app.connectors.http.SILENCE_SECONDS", 0.4)
    replies = {"cut": Reply(cut=True), "silent": Reply(silence=1.0), "500": Reply(500)}
    system = systems(lambda _call, _number: replies[end])
    _, key = calling(place, system, method="POST")
    worker = runner(place, system)
    for _ in range(3):
        worker.run([key], seconds=10)
        place.later(days=1)
    assert len(system.calls) == 1
    assert row_of(place, key).status == "unknown"
    assert open_incident_codes(place.executor.database) == ["job_maybe_done"]
    ensure_sound(place.executor.database)


@pytest.mark.parametrize("end", ["cut", "silent"])
def test_what_may_have_had_its_effect_is_repeated_where_twice_is_once(place, systems, monkeypatch, end):
    monkeypatch.setattr("app.connectors.http.SILENCE_SECONDS", 0.4)
    replies = {"cut": Reply(cut=True), "silent": Reply(silence=1.0)}
    system = systems(lambda _call, number: replies[end] if number == 1 else Reply())
    instance, key = calling(place, system, method="PUT")
    runner(place, system).run([key], seconds=10)
    place.later(minutes=1)
    runner(place, system).run([key], seconds=10)
    assert system.calls_by_key() == {str(key): 2}
    assert system.effects == [str(key)]
    finish(place, instance)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>Internal error", "http_answer_invalid"),
        (b"\xff\xfe\x00rubbish", "http_answer_invalid"),
        (b'{"amount": NaN}', "http_answer_invalid"),
        (b'{"amount": 1e999}', "job_result_invalid"),
        (b'{"text": "\\ud800"}', "job_result_invalid"),
        (b'{"text": "nul \\u0000 inside"}', "job_result_invalid"),
        (b'{"amount": ' + b"9" * 400 + b"}", "job_result_invalid"),
        (b"[" * 100_000, "http_answer_invalid"),
        (b'{"amount": ' + b"9" * 5000 + b"}", "http_answer_invalid"),
        (b'"' + b"x" * 2_000_000 + b'"', "http_answer_invalid"),
    ],
    ids=[
        "html",
        "bytes",
        "nan",
        "infinity",
        "surrogate",
        "nul",
        "long number",
        "deep",
        "longer number",
        "two megabytes",
    ],
)
def test_a_rubbish_answer_is_an_incident_and_no_other_job_is_disturbed(place, systems, body, code):
    system = systems(lambda call, _number: Reply(body=body if call.path == "/rubbish" else b'{"ok": true}'))
    whole, whole_key = calling(place, system)
    place.publish(load_process(f"{system.origin}/rubbish"))
    broken = place.start("load")
    place.complete(place.open_tasks(broken)["first"])
    key = place.open_jobs(broken)["call"]
    worker = runner(place, system)
    for _ in range(2):
        worker.run([key, whole_key], seconds=10)
        place.later(minutes=1)
    assert list(place.open_tasks(whole)) == ["second"]
    assert open_incident_codes(place.executor.database) == [code]
    assert row_of(place, key).status == "dead"
    assert place.open_tasks(broken) == {}
    ensure_sound(place.executor.database)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_worker_frozen_past_its_lease_is_refused_when_it_wakes(
    sqlite_url, sqlite_database, make_parts, systems, method
):
    """F17: another has the job meanwhile, unless asking twice could have two effects; then a person has it."""
    place = place_of_today(sqlite_database)
    system = systems(lambda _call, number: Reply(silence=0.8 if number == 1 else 0.0))
    instance, key = calling(place, system, method=method)
    parts = make_parts(sqlite_url, connector_hosts=system.allowed)
    sleeper = parts.nudge(key)
    assert within(30, lambda: system.calls), parts.log("nudge")
    os.kill(sleeper.pid, signal.SIGSTOP)
    until = row_of(place, key).lease_until
    assert until < datetime.now(UTC) + timedelta(seconds=2)
    time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 0.1)
    assert parts.nudge(key).wait(40) == 0
    os.kill(sleeper.pid, signal.SIGCONT)
    assert sleeper.wait(20) == 0, parts.log("nudge")
    assert system.effects == [str(key)]
    if method == "PUT":
        assert system.calls_by_key() == {str(key): 2}
        assert row_of(place, key).status == "done"
        place.now = datetime.now(UTC)
        finish(place, instance)
    else:
        assert system.calls_by_key() == {str(key): 1}
        assert row_of(place, key).status == "unknown"
        assert open_incident_codes(place.executor.database) == ["job_maybe_done"]
        ensure_sound(place.executor.database)
