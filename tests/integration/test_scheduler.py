"""The scheduler's rounds: what is due happens, once, whoever else runs and whatever the broker does."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.commands.messages import publish_message
from app.settings import Settings
from app.storage.tables.instances import job, process_instance, timer
from tests.factories import START, WORK, chain, diagram, job_step, make_place, user_step
from workers import JOBS_IN_NUDGE, QUEUE, make_celery
from workers.doorbell import ENOUGH_WAITING, Doorbell
from workers.rounds import FIRST_REST, Matching, Relay, delivery_round, timer_round
from workers.scheduler import Loop, Round

JOB_FIRST = diagram(
    '<bpmn:startEvent id="begin"/>' + job_step("work") + user_step("after") + chain("begin", "work", "after")
)
TIMED = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P14D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    + user_step("after")
    + chain("begin", "wait", "after")
)
LISTENING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="listen"><bpmn:messageEventDefinition'
    ' messageRef="m"/></bpmn:intermediateCatchEvent>' + user_step("after") + chain("begin", "listen", "after"),
    roots='<bpmn:message id="m" name="kutsu"><bpmn:extensionElements><zeebe:subscription'
    ' correlationKey="=asia_id"/></bpmn:extensionElements></bpmn:message>',
)


@pytest.fixture
def place(database):
    return make_place(database)


@pytest.fixture
def celery(valkey_url, tmp_path):
    celery = make_celery(Settings.load({}, data_folder=tmp_path, valkey_url=valkey_url))
    yield celery
    celery.close()


def waiting_messages(server):
    with server.client() as client:
        return client.llen(QUEUE)


def start_timed(place, count):
    place.publish(TIMED)
    return [place.start() for _ in range(count)]


def test_due_jobs_are_nudged_in_parcels_and_not_again_at_once(place, celery, shared_valkey):
    place.publish(JOB_FIRST)
    for _ in range(JOBS_IN_NUDGE + 5):
        place.start()
    relay = Relay(place.executor, Doorbell(celery), ["test_work"])
    assert relay(place.now) is False
    assert waiting_messages(shared_valkey) == 2
    relay(place.now)
    assert waiting_messages(shared_valkey) == 2
    relay(place.later(seconds=2.1))
    assert waiting_messages(shared_valkey) == 4


def test_nothing_but_keys_is_in_the_broker(place, celery, shared_valkey):
    place.publish(JOB_FIRST)
    place.start(variables={"secret": "Meikäläinen"})
    Relay(place.executor, Doorbell(celery), ["test_work"])(place.now)
    with shared_valkey.client() as client:
        everything = b"".join(client.lrange(QUEUE, 0, -1))
    assert b"Meik" not in everything
    assert b"secret" not in everything


def test_jobs_of_other_types_are_left_to_the_workers_of_the_api(place, celery, shared_valkey):
    place.publish(JOB_FIRST)
    place.start()
    Relay(place.executor, Doorbell(celery), ["something_else"])(place.now)
    assert waiting_messages(shared_valkey) == 0


def test_a_full_queue_gets_no_more(place, celery, shared_valkey):
    place.publish(JOB_FIRST)
    place.start()
    with shared_valkey.client() as client:
        client.rpush(QUEUE, *["{}"] * ENOUGH_WAITING)
    Relay(place.executor, Doorbell(celery), ["test_work"])(place.now)
    assert waiting_messages(shared_valkey) == ENOUGH_WAITING


def test_a_broker_that_is_away_costs_no_job(place, own_valkey, tmp_path):
    place.publish(JOB_FIRST)
    place.start()
    celery = make_celery(Settings.load({}, data_folder=tmp_path, valkey_url=own_valkey.url))
    relay = Relay(place.executor, Doorbell(celery), ["test_work"])
    own_valkey.kill()
    assert relay(place.now) is False
    own_valkey.start()
    relay(place.later(seconds=3))
    assert waiting_messages(own_valkey) == 1
    celery.close()


def test_a_frozen_broker_is_given_up_after_its_time_out(place, own_valkey, tmp_path):
    place.publish(JOB_FIRST)
    place.start()
    celery = make_celery(Settings.load({}, data_folder=tmp_path, valkey_url=own_valkey.url))
    relay = Relay(place.executor, Doorbell(celery), ["test_work"])
    relay(place.now)
    own_valkey.freeze()
    began = time.monotonic()
    assert relay(place.later(seconds=3)) is False
    assert time.monotonic() - began < 12
    own_valkey.thaw()
    relay(place.later(seconds=3))
    assert waiting_messages(own_valkey) == 2
    celery.close()


def test_a_due_timer_fires_and_one_that_is_not_due_does_not(place):
    [instance] = start_timed(place, 1)
    round_ = timer_round(place.executor, lambda: place.now)
    round_(place.now)
    assert place.open_tasks(instance) == {}
    round_(place.later(days=14))
    assert list(place.open_tasks(instance)) == ["after"]


def test_two_schedulers_fire_each_timer_once(place):
    instances = start_timed(place, 30)
    place.later(days=14)
    barrier = threading.Barrier(2)

    def work() -> None:
        round_ = timer_round(place.executor, lambda: place.now)
        barrier.wait()
        while round_(place.now):
            pass

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for instance in instances:
        assert list(place.open_tasks(instance)) == ["after"]
        assert place.events(instance).count(("wait", "completed")) == 1


def test_a_clock_that_goes_back_fires_nothing_twice(place):
    [instance] = start_timed(place, 1)
    round_ = timer_round(place.executor, lambda: place.now)
    round_(place.later(days=14))
    place.now = START
    round_(place.now)
    round_(place.later(days=15))
    assert place.events(instance).count(("wait", "completed")) == 1


def test_a_timer_that_cannot_fire_rests_and_blocks_no_other(place):
    broken, *sound = start_timed(place, 4)
    # a state that no build can open
    with place.executor.database.transaction() as connection:
        connection.execute(update(process_instance).where(process_instance.c.key == broken).values(state=b""))
        connection.commit()
    round_ = timer_round(place.executor, lambda: place.now)
    round_(place.later(days=14))
    assert all(list(place.open_tasks(instance)) == ["after"] for instance in sound)
    with place.executor.database.engine.connect() as connection:
        left = connection.execute(select(timer.c.instance_key).where(timer.c.status == "open")).scalars().all()
    assert list(left) == [broken]
    assert round_(place.now) is False
    assert round_(place.later(seconds=FIRST_REST.total_seconds() + 1)) is False


def test_a_kept_message_reaches_who_waits_for_it(place):
    place.publish(LISTENING)
    place.run(
        publish_message,
        name="kutsu",
        correlation_key="7",
        actor=place.people["admin"],
        time_to_live=timedelta(days=1),
        variables={"x": 1},
    )
    instance = place.start(variables={"asia_id": "7"})
    Matching(place.executor)(place.now)
    delivery_round(place.executor, lambda: place.now)(place.now)
    assert list(place.open_tasks(instance)) == ["after"]


def test_a_lost_lease_is_nudged_again(place, celery, shared_valkey):
    place.publish(WORK)
    place.publish(JOB_FIRST)
    instance = place.start()
    key = place.open_jobs(instance)["work"]
    with place.executor.database.transaction() as connection:
        connection.execute(
            update(job)
            .where(job.c.key == key)
            .values(status="leased", lease_until=place.now + timedelta(seconds=60), nudged_at=place.now)
        )
        connection.commit()
    relay = Relay(place.executor, Doorbell(celery), ["test_work"])
    relay(place.later(seconds=59))
    assert waiting_messages(shared_valkey) == 0
    relay(place.later(seconds=2))
    assert waiting_messages(shared_valkey) == 1


class TestLoop:
    def make(self, *rounds, stop_after=5):
        self.now = START
        self.waits = []

        def wait(seconds):
            self.waits.append(seconds)
            self.now += timedelta(seconds=seconds)
            return len(self.waits) >= stop_after

        return Loop(rounds, clock=lambda: self.now, wait=wait)

    def test_each_round_is_done_at_its_own_pace(self):
        done = []
        quick = Round("quick", 1.0, lambda now: bool(done.append("quick")))
        slow = Round("slow", 3.0, lambda now: bool(done.append("slow")))
        self.make(quick, slow, stop_after=6).run()
        assert done.count("quick") == 6
        assert done.count("slow") == 2

    def test_a_round_may_rest_longer_than_a_failure_lets_one(self):
        done = []
        rare = Round("rare", 600.0, lambda now: bool(done.append(now)))
        self.make(rare, Round("quick", 1.0, lambda now: False), stop_after=1_300).run()
        assert [(now - START).total_seconds() for now in done] == [0, 600, 1_200]

    def test_a_round_with_more_to_do_is_done_again_without_a_pause(self):
        left = [True, True, False]
        self.make(Round("timers", 1.0, lambda now: left.pop(0) if left else False), stop_after=4).run()
        assert self.waits == [0.0, 0.0, 1.0, 1.0]

    def test_a_round_that_breaks_is_done_again_ever_less_often_and_stops_no_other(self):
        done = []

        def breaks(now):
            done.append("tried")
            raise ZeroDivisionError

        good = Round("good", 1.0, lambda now: bool(done.append("good")))
        self.make(Round("bad", 1.0, breaks), good, stop_after=60).run()
        assert done.count("good") == 60
        assert 7 <= done.count("tried") <= 10

    def test_a_clock_set_back_by_hours_does_not_stop_the_rounds(self):
        done = []
        loop = self.make(Round("timers", 1.0, lambda now: bool(done.append(now))), stop_after=6)

        def work(now):
            done.append(now)
            if len(done) == 2:
                self.now -= timedelta(hours=3)
            return False

        loop._rounds = [Round("timers", 1.0, work)]
        loop.run()
        assert len(done) >= 4
