"""Timers after a clock that jumped, after days of stillness, over summer time, and in great number (F25-F27)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.storage.tables.instances import timer
from app.storage.tables.work import user_task
from tests.factories import chain, diagram, make_place, user_step
from tests.faults.conftest import place_of_today
from tests.faults.diagrams import job_process
from tests.faults.invariants import ensure_nothing_stuck, ensure_sound
from tests.faults.timers import WAITING, fire_with_two_schedulers
from workers.handlers import Handlers, Outside
from workers.heartbeat import Heartbeat
from workers.rounds import timer_round
from workers.run_jobs import JobRunner

THREE_HOURS = timedelta(hours=3)
LEASE = timedelta(seconds=60)

DAILY = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("task")
    + '<bpmn:boundaryEvent id="daily" attachedToRef="task" cancelActivity="false"><bpmn:timerEventDefinition>'
    "<bpmn:timeCycle>R/P1D</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    + user_step("reminder")
    + chain("begin", "task")
    + chain("daily", "reminder")
)


def tick(place, moment) -> None:
    timer_round(place.executor, lambda: moment)(moment)


def timers_of(place):
    with place.executor.database.engine.connect() as connection:
        return [
            (row.status, row.due_at) for row in connection.execute(select(timer).order_by(timer.c.due_at, timer.c.key))
        ]


def test_a_clock_set_forward_and_back_fires_no_timer_twice(database):
    """F25"""
    place = make_place(database)
    place.publish(WAITING)
    instance = place.start()
    tick(place, place.now)
    assert place.open_tasks(instance) == {}
    tick(place, place.now + THREE_HOURS)
    assert list(place.open_tasks(instance)) == ["after"]
    for moment in (place.now, place.now - THREE_HOURS, place.now + THREE_HOURS, place.now + timedelta(hours=1)):
        tick(place, moment)
    assert list(place.open_tasks(instance)) == ["after"]
    # what is started while the clock is three hours behind waits for its hour on that clock
    place.now -= THREE_HOURS
    late = place.start()
    tick(place, place.now + timedelta(minutes=59))
    assert place.open_tasks(late) == {}
    tick(place, place.now + timedelta(hours=1))
    assert list(place.open_tasks(late)) == ["after"]
    ensure_sound(database)


def test_a_worker_whose_clock_is_three_hours_ahead_changes_nothing_twice(database):
    """F25: it may take over too early; the fencing token lets one result in."""
    place = make_place(database)
    place.publish(job_process(("test_work", 5)))
    instance = place.start("jobs")
    [key] = place.open_jobs(instance).values()
    calls, ahead = [], place.now + THREE_HOURS

    def worker(owner, clock, answer) -> JobRunner:
        class Connector:
            idempotent = True

            def __call__(self, call):
                calls.append((owner, call.idempotency_key))
                answer()
                return {"by": owner}

        return JobRunner(
            place.executor,
            Handlers(outside={"test_work": Outside(Connector())}),
            Heartbeat(place.executor, lease=LEASE, every=30.0, clock=clock),
            owner=owner,
            lease=LEASE,
            clock=clock,
        )

    other = worker("ahead", lambda: ahead, lambda: None)
    worker("right", lambda: place.now, lambda: other.run([key], seconds=10)).run([key], seconds=10)
    assert {call[1] for call in calls} == {str(key)}
    assert list(place.open_tasks(instance)) == ["after"]
    ensure_sound(database)


def test_a_daily_reminder_comes_once_after_three_days_of_stillness_and_at_its_hour_of_summer_time(database):
    """F26: Finland puts its clocks forward on 29.3.2026, while nothing runs; two schedulers wake up together."""
    place = make_place(database)
    place.publish(DAILY)
    # 10.00 in Finland, which is UTC+2 then and UTC+3 from Sunday on
    place.now = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)
    instance = place.start()
    place.now = datetime(2026, 3, 30, 9, 30, tzinfo=UTC)
    schedulers = [threading.Thread(target=tick, args=(place, place.now)) for _ in range(2)]
    for scheduler in schedulers:
        scheduler.start()
    for scheduler in schedulers:
        scheduler.join()
    assert timers_of(place) == [
        ("fired", datetime(2026, 3, 27, 8, 0, tzinfo=UTC)),
        ("open", datetime(2026, 3, 31, 7, 0, tzinfo=UTC)),
    ]
    with database.engine.connect() as connection:
        reminders = connection.scalars(select(user_task.c.element_id)).all()
    assert sorted(reminders) == ["reminder", "task"]
    assert "task" in place.open_tasks(instance)
    ensure_nothing_stuck(database)


def test_of_two_schedulers_one_dies_among_many_timers_and_each_fires_once(
    database, database_url, own_valkey, make_parts
):
    """F27, small; tests/soak has ten thousand."""
    place = place_of_today(database)
    fire_with_two_schedulers(place, make_parts(database_url, own_valkey.url), 150, seconds=40)
