"""A stored state that cannot be read (F34), and values that no database takes: that instance only, and told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.storage.tables.instances import process_instance
from tests.factories import chain, diagram, job_step, user_step
from tests.faults.invariants import ensure_each_step_once, ensure_sealed_chain, open_incident_codes
from workers.handlers import Handlers, Outside
from workers.heartbeat import Heartbeat
from workers.rounds import timer_round
from workers.run_jobs import JobRunner

#: a task, a job and a timer open at the same time
THREE_WAITS = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:parallelGateway id="fork"/>'
    + user_step("task")
    + job_step("work", retries=2)
    + '<bpmn:intermediateCatchEvent id="later"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    + chain("begin", "fork", "task")
    + chain("fork", "work")
    + chain("fork", "later")
)

DAMAGES = {
    "empty": lambda _: b"",
    "cut": lambda state: state[: len(state) // 2],
    "foreign": lambda _: b'{"serializer_version": "1.0", "tasks": {}}',
    "rubbish": lambda _: bytes(range(256)) * 4,
    "flipped": lambda state: bytes(byte ^ 0x20 if number % 7 == 3 else byte for number, byte in enumerate(state)),
    "another version": lambda state: state.replace(b"1", b"9", 1),
}


class Connector:
    idempotent = True

    def __call__(self, _call):
        return {"answer": 42}


def runner(place) -> JobRunner:
    heartbeat = Heartbeat(place.executor, lease=timedelta(seconds=60), every=30.0, clock=lambda: place.now)
    return JobRunner(
        place.executor,
        Handlers(outside={"test_work": Outside(Connector())}),
        heartbeat,
        owner="w1",
        lease=timedelta(seconds=60),
        clock=lambda: place.now,
    )


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_state_that_cannot_be_read_harms_no_other_instance_and_shows(site, damage):
    place = site.place
    place.publish(THREE_WAITS)
    broken, whole = place.start(), place.start()
    with place.executor.database.engine.begin() as connection:
        state = connection.scalar(select(process_instance.c.state).where(process_instance.c.key == broken))
        connection.execute(
            update(process_instance).where(process_instance.c.key == broken).values(state=DAMAGES[damage](state))
        )
    browser = site.browser("counsellor")

    # the person is told that it cannot be done; nothing is kept of it
    task = place.open_tasks(broken)["task"]
    answer = browser.post(f"/tasks/{task}", submission_id="form", action="complete")
    assert answer.status == 409, answer.text
    assert "Traceback" not in answer.text
    assert place.open_tasks(broken) == {"task": task}

    # that was told to the administrator; worker and scheduler tell nothing more, and leave the rows alone for a while
    jobs = [*place.open_jobs(broken).values(), *place.open_jobs(whole).values()]
    runner(place).run(jobs, seconds=10)
    [code] = open_incident_codes(place.executor.database)
    assert code in ("state_unreadable", "state_of_other_version")
    place.later(hours=2)
    timers = timer_round(place.executor, lambda: place.now)
    timers(place.now)
    timers(place.now)

    # the other instance has gone on in all three ways
    browser = site.browser("counsellor")
    assert browser.post(f"/tasks/{place.open_tasks(whole)['task']}", submission_id="f", action="complete").status == 303
    assert place.status(whole) == "completed"
    assert place.status(broken) == "active"
    assert list(place.open_timers(broken)) == ["later"]
    ensure_each_step_once(place.executor.database)
    ensure_sealed_chain(place.executor.database, secret=b"s" * 32)


@pytest.mark.parametrize(
    "value",
    ["\ud800", "nul \x00 inside", float("nan"), float("inf"), 10**400, "x" * 3_000_000],
    ids=["lone surrogate", "nul", "nan", "infinity", "huge number", "three megabytes"],
)
def test_a_job_whose_answer_holds_what_cannot_be_kept_is_an_incident_or_is_kept_and_others_go_on(place, value):
    place.publish(THREE_WAITS)
    strange, plain = place.start(), place.start()
    worker = runner(place)

    class Strange:
        idempotent = True

        def __call__(self, call):
            return {"answer": value} if call.idempotency_key == str(place.open_jobs(strange).get("work")) else {}

    worker._handlers = Handlers(outside={"test_work": Outside(Strange())})
    jobs = [*place.open_jobs(strange).values(), *place.open_jobs(plain).values()]
    for _ in range(4):
        worker.run(jobs, seconds=10)
        place.later(minutes=10)
    assert place.open_jobs(plain) == {}
    told = open_incident_codes(place.executor.database)
    assert place.open_jobs(strange) == {}, "the job is neither done nor an incident"
    assert told in ([], ["job_result_invalid"])
    # whatever became of it, the instance can go on: its task can be completed
    place.complete(place.open_tasks(strange)["task"])
    place.complete(place.open_tasks(plain)["task"])
    ensure_each_step_once(place.executor.database)
