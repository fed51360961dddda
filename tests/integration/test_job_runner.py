"""What a worker does with a nudge: each job has its effect once, and nothing that goes wrong is silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.connectors.contract import BusinessError, Call, GivenUp, MaybeDone, TryAgain
from app.storage.tables.instances import incident, job
from tests.factories import chain, diagram, job_step, make_place, user_step
from workers.handlers import Handlers, Outside
from workers.heartbeat import Heartbeat
from workers.run_jobs import JobRunner

LEASE = timedelta(seconds=60)

WORK_FIRST = diagram(
    '<bpmn:startEvent id="begin"/>'
    + job_step("work")
    + user_step("after")
    + '<bpmn:endEvent id="done"/>'
    + chain("begin", "work", "after", "done")
)
CAUGHT = diagram(
    '<bpmn:startEvent id="begin"/>'
    + job_step("work")
    + user_step("after")
    + user_step("other_way")
    + '<bpmn:boundaryEvent id="caught" attachedToRef="work"><bpmn:errorEventDefinition errorRef="full"/>'
    + "</bpmn:boundaryEvent>"
    + chain("begin", "work", "after")
    + chain("caught", "other_way"),
    roots='<bpmn:error id="full" name="full" errorCode="no_free_times"/>',
)


class Outer:
    """A system outside: remembers each call by its key; does what the test says."""

    def __init__(self, answer: Callable[[Call], Mapping[str, Any]] | None = None, *, idempotent: bool = True) -> None:
        self.idempotent = idempotent
        self.calls: list[Call] = []
        self._answer = answer or (lambda _: {"answer": 42})

    def __call__(self, call: Call) -> Mapping[str, Any]:
        self.calls.append(call)
        return self._answer(call)


def failing(error: Exception) -> Callable[[Call], Mapping[str, Any]]:
    def answer(_: Call) -> Mapping[str, Any]:
        raise error

    return answer


@pytest.fixture
def place(database):
    return make_place(database)


def runner(place, outer=None, *, local=None, owner="w1", every=30.0):
    handlers = Handlers(local=local or {}, outside={"test_work": Outside(outer)} if outer else {})

    def clock():
        return place.now

    heartbeat = Heartbeat(place.executor, lease=LEASE, every=every, clock=clock)
    return JobRunner(place.executor, handlers, heartbeat, owner=owner, lease=LEASE, clock=clock)


def start(place, xml=WORK_FIRST):
    place.publish(xml)
    instance = place.start()
    return instance, place.open_jobs(instance)["work"]


def row_of(place, key):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(select(job).where(job.c.key == key)).one()


def open_incidents(place, instance):
    with place.executor.database.engine.connect() as connection:
        found = connection.execute(
            select(incident.c.code).where(incident.c.instance_key == instance, incident.c.status == "open")
        )
        return [row.code for row in found]


def test_a_job_is_done_and_the_process_goes_on(place):
    outer = Outer()
    instance, key = start(place)
    assert runner(place, outer).run([key], seconds=10) == 1
    assert list(place.open_tasks(instance)) == ["after"]
    [call] = outer.calls
    assert (call.idempotency_key, call.type, call.attempt) == (str(key), "test_work", 1)
    assert row_of(place, key).status == "done"


def test_a_nudge_that_comes_again_finds_nothing_to_do(place):
    outer = Outer()
    _, key = start(place)
    worker = runner(place, outer)
    assert [worker.run([key], seconds=10) for _ in range(3)] == [1, 0, 0]
    assert len(outer.calls) == 1


def test_many_nudges_at_once_lead_to_one_call(place):
    outer = Outer()
    instance, key = start(place)
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        runner(place, outer, owner=f"w{number}").run([key], seconds=10)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outer.calls) == 1
    assert list(place.open_tasks(instance)) == ["after"]


def test_what_fails_for_the_moment_is_tried_again_later_with_the_same_key(place):
    answers = [failing(TryAgain("mail_away")), failing(TryAgain("mail_away")), lambda _: {}]
    outer = Outer(lambda call: answers[call.attempt - 1](call))
    instance, key = start(place)
    worker = runner(place, outer)
    worker.run([key], seconds=10)
    first_wait = row_of(place, key).available_at - place.now
    assert timedelta(seconds=2) < first_wait < timedelta(seconds=8)
    assert worker.run([key], seconds=10) == 0
    place.later(seconds=10)
    worker.run([key], seconds=10)
    assert row_of(place, key).available_at - place.now > timedelta(seconds=4.9)
    place.later(seconds=20)
    worker.run([key], seconds=10)
    assert [call.idempotency_key for call in outer.calls] == [str(key)] * 3
    assert list(place.open_tasks(instance)) == ["after"]


def test_the_other_side_may_say_when_to_come_again(place):
    outer = Outer(failing(TryAgain("busy", after=timedelta(minutes=7))))
    _, key = start(place)
    runner(place, outer).run([key], seconds=10)
    assert row_of(place, key).available_at - place.now == timedelta(minutes=7)


def test_after_the_last_attempt_there_is_an_incident(place):
    outer = Outer(failing(TryAgain("mail_away")))
    instance, key = start(place)
    worker = runner(place, outer)
    for _ in range(5):
        worker.run([key], seconds=10)
        place.later(hours=2)
    assert len(outer.calls) == 3
    assert open_incidents(place, instance) == ["mail_away"]


def test_what_cannot_be_helped_is_an_incident_at_once(place):
    outer = Outer(failing(GivenUp("mail_refused", "550")))
    instance, key = start(place)
    runner(place, outer).run([key], seconds=10)
    assert open_incidents(place, instance) == ["mail_refused"]
    assert len(outer.calls) == 1


def test_a_business_error_takes_the_way_that_is_drawn(place):
    outer = Outer(failing(BusinessError("no_free_times")))
    instance, key = start(place, CAUGHT)
    runner(place, outer).run([key], seconds=10)
    assert list(place.open_tasks(instance)) == ["other_way"]
    assert open_incidents(place, instance) == []


def test_a_business_error_that_nobody_catches_is_an_incident(place):
    outer = Outer(failing(BusinessError("no_free_times")))
    instance, key = start(place)
    runner(place, outer).run([key], seconds=10)
    assert len(open_incidents(place, instance)) == 1


@pytest.mark.parametrize("xml", [WORK_FIRST, CAUGHT], ids=["uncaught", "caught"])
def test_a_business_error_with_what_no_process_takes_is_an_incident_at_once(place, xml):
    wrong = BusinessError("no_free_times", variables={"asia": 1})
    instance, key = start(place, xml)
    runner(place, Outer(failing(wrong))).run([key], seconds=10)
    assert open_incidents(place, instance) == ["job_result_invalid"]
    assert row_of(place, key).status == "dead"


def test_what_may_have_been_done_is_never_repeated_without_a_person(place):
    outer = Outer(failing(MaybeDone("http_timeout")), idempotent=False)
    instance, key = start(place)
    worker = runner(place, outer)
    worker.run([key], seconds=10)
    place.later(days=1)
    worker.run([key], seconds=10)
    assert len(outer.calls) == 1
    assert row_of(place, key).status == "unknown"
    assert open_incidents(place, instance) == ["job_maybe_done"]


def test_an_unclear_end_is_repeated_where_that_has_one_effect(place):
    outer = Outer(failing(MaybeDone("http_timeout")), idempotent=True)
    _, key = start(place)
    runner(place, outer).run([key], seconds=10)
    assert row_of(place, key).status == "ready"


def test_a_connector_that_breaks_is_tried_again_and_says_nothing_of_the_data(place):
    outer = Outer(failing(ValueError("Meikäläinen 131052-308T")))
    instance, key = start(place)
    worker = runner(place, outer)
    for _ in range(3):
        worker.run([key], seconds=10)
        place.later(hours=2)
    assert open_incidents(place, instance) == ["job_failed"]
    assert "131052" not in row_of(place, key).last_error


def test_a_result_that_comes_after_the_lease_went_to_another_is_dropped(place):
    def slow(_: Call) -> Mapping[str, Any]:
        place.later(seconds=61)
        if len(outer.calls) == 1:
            runner(place, outer, owner="w2").run([key], seconds=10)
        return {"who": len(outer.calls)}

    outer = Outer(slow)
    instance, key = start(place)
    runner(place, outer).run([key], seconds=10)
    assert len(outer.calls) == 2
    assert list(place.open_tasks(instance)) == ["after"]
    completions = [event for event in place.events(instance) if event == ("work", "completed")]
    assert len(completions) == 1


def test_a_lease_is_kept_while_the_worker_lives(place):
    seen = []

    def slow(_: Call) -> Mapping[str, Any]:
        before = row_of(place, key).lease_until
        place.later(seconds=50)
        deadline = time.monotonic() + 5
        while row_of(place, key).lease_until == before and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append(row_of(place, key).lease_until - before)
        return {}

    _, key = start(place)
    runner(place, Outer(slow), every=0.05).run([key], seconds=10)
    assert seen == [timedelta(seconds=50)]


def test_a_job_whose_workers_die_is_an_incident_after_its_attempts(place):
    class Died(BaseException):
        """What a crash looks like from inside."""

    outer = Outer(failing(Died()))  # type: ignore[arg-type]
    instance, key = start(place)
    worker = runner(place, outer)
    for _ in range(3):
        with pytest.raises(Died):
            worker.run([key], seconds=10)
        place.later(seconds=61)
    worker.run([key], seconds=10)
    assert len(outer.calls) == 3
    assert open_incidents(place, instance) == ["job_worker_died"]


def test_a_job_of_a_type_that_this_build_does_not_know_is_left_for_others(place):
    _, key = start(place)
    runner(place).run([key], seconds=10)
    row = row_of(place, key)
    assert (row.status, row.last_error) == ("ready", "job_type_unknown")


def test_a_local_job_is_done_in_the_transaction_that_finishes_it(place):
    def work(uow, instance, claimed, now):
        uow.audit.add(
            actor=place.people["system"], action="worked", subject="job", subject_key=claimed.key, details={}, now=now
        )
        return {"answer": 42}

    instance, key = start(place)
    assert runner(place, local={"test_work": work}).run([key], seconds=10) == 1
    assert list(place.open_tasks(instance)) == ["after"]
    assert [line["name"] for line in place.executor.read(lambda uow: uow.monitor.variables(instance))] == ["answer"]


def test_a_local_job_that_fails_leaves_nothing_behind(place):
    def work(uow, instance, claimed, now):
        uow.messages.add(
            name="left behind",
            correlation_key="",
            variables={},
            message_id=None,
            expires_at=now + timedelta(days=1),
            sender_instance_key=None,
            now=now,
        )
        raise GivenUp("booking_headers_invalid")

    instance, key = start(place)
    runner(place, local={"test_work": work}).run([key], seconds=10)
    assert open_incidents(place, instance) == ["booking_headers_invalid"]
    assert place.executor.read(lambda uow: uow.monitor.messages(after=None, limit=10)) == []


def test_a_worker_begins_nothing_new_when_its_time_is_over(place):
    outer = Outer()
    place.publish(WORK_FIRST)
    keys = [place.open_jobs(place.start())["work"] for _ in range(3)]
    assert runner(place, outer).run(keys, seconds=-1) == 0
    assert outer.calls == []
    assert runner(place, outer).run(keys, seconds=10) == 3


def test_a_job_that_kills_its_worker_takes_no_other_job_with_it(place):
    class Died(BaseException):
        """What a crash looks like from inside."""

    place.publish(WORK_FIRST)
    instances = [place.start() for _ in range(6)]
    keys = [place.open_jobs(instance)["work"] for instance in instances]
    poison = min(keys)

    def answer(call: Call) -> Mapping[str, Any]:
        if call.idempotency_key == str(poison):
            raise Died
        return {}

    worker = runner(place, Outer(answer))
    for _ in range(12):
        try:
            worker.run(keys, seconds=10)
        except Died:
            place.later(seconds=61)
    ends = {row_of(place, key).status for key in keys if key != poison}
    assert ends == {"done"}
    assert row_of(place, poison).status == "dead"
