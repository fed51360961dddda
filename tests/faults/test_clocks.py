"""Timers after a clock that jumped, after days of stillness, over summer time, and in great number (F25-F27)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy import select, update

from app.clock import DatabaseClock, clock_of_the_machine
from app.commands.jobs import claim_jobs
from app.executor import Executor
from app.storage.database import Database
from app.storage.tables.instances import job, timer
from app.storage.tables.work import user_task
from tests.factories import chain, cipher, diagram, make_place, user_step
from tests.faults.conftest import place_of_today
from tests.faults.diagrams import job_process
from tests.faults.invariants import ensure_nothing_stuck, ensure_sound
from tests.faults.processes import within
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


def worker(place, owner, clock, calls, answer=lambda: None) -> JobRunner:
    """Return a worker that notes its calls and does `answer` while it is at work."""

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


def test_a_worker_whose_clock_is_three_hours_ahead_changes_nothing_twice(database):
    """F25: were it to go by such a clock it might take over too early; the fencing token lets one result in."""
    place = make_place(database)
    place.publish(job_process(("test_work", 5)))
    instance = place.start("jobs")
    [key] = place.open_jobs(instance).values()
    calls, ahead = [], place.now + THREE_HOURS
    other = worker(place, "ahead", lambda: ahead, calls)
    worker(place, "right", lambda: place.now, calls, lambda: other.run([key], seconds=10)).run([key], seconds=10)
    assert {call[1] for call in calls} == {str(key)}
    assert list(place.open_tasks(instance)) == ["after"]
    ensure_sound(database)


def clock_on_a_machine_ahead_by(place, **skew) -> DatabaseClock:
    """Return the clock of a process on a machine that is wrong, after it has looked once."""
    clock = DatabaseClock(place.executor, machine=lambda: clock_of_the_machine() + timedelta(**skew))
    assert clock.look()
    return clock


@pytest.mark.parametrize(("first", "second"), [(0, 10), (-10, 10), (10, -10), (-10, 0)])
def test_a_worker_on_a_machine_whose_clock_is_wrong_takes_no_job_that_another_works_on(place, first, second):
    """F25: one call outside, however far the two machines are apart."""
    place.publish(job_process(("test_work", 5)))
    instance = place.start("jobs")
    [key] = place.open_jobs(instance).values()
    calls: list[tuple[str, str]] = []
    other = worker(place, "second", clock_on_a_machine_ahead_by(place, minutes=second).moment, calls)
    clock = clock_on_a_machine_ahead_by(place, minutes=first)
    worker(place, "first", clock.moment, calls, lambda: other.run([key], seconds=10)).run([key], seconds=10)
    assert calls == [("first", str(key))]
    assert list(place.open_tasks(instance)) == ["after"]
    ensure_sound(place.executor.database)


@pytest.mark.parametrize("skew", [-10, 10])
def test_a_scheduler_on_a_machine_whose_clock_is_wrong_fires_neither_early_nor_late(place, skew):
    place.publish(WAITING)
    early, due = place.start(), place.start()
    clock = clock_on_a_machine_ahead_by(place, minutes=skew).moment
    real = clock_of_the_machine()
    for instance, moment in ((early, real + timedelta(minutes=5)), (due, real - timedelta(seconds=1))):
        with place.executor.database.engine.begin() as connection:
            connection.execute(update(timer).where(timer.c.instance_key == instance).values(due_at=moment))
    timer_round(place.executor, clock)(clock())
    assert place.open_tasks(early) == {}
    assert list(place.open_tasks(due)) == ["after"]


def test_processes_on_machines_ten_minutes_apart_fire_nothing_early_and_steal_no_lease(
    database, database_url, own_valkey, make_parts
):
    """F25 with the product's own programs."""
    place = place_of_today(database)
    place.publish(WAITING, job_process(("good", 5)))
    early, due, worked_on = place.start(), place.start(), place.start("jobs")
    real = clock_of_the_machine()
    with database.engine.begin() as connection:
        soon = {early: real + timedelta(minutes=5), due: real - timedelta(seconds=1)}
        for instance, moment in soon.items():
            connection.execute(update(timer).where(timer.c.instance_key == instance).values(due_at=moment))
    [key] = place.open_jobs(worked_on).values()
    place.executor.run(claim_jobs, keys=[key], owner="somebody", lease=LEASE, now=real)

    parts = make_parts(database_url, own_valkey.url)
    nudged = [parts.nudge(key, skew=600), parts.nudge(key, skew=-600)]
    parts.start("scheduler", module="tests.faults.skewed", skew=600)
    assert [process.wait(20) for process in nudged] == [0, 0], "a nudge finds nothing to do"
    assert within(20, lambda: list(place.open_tasks(due)) == ["after"]), parts.log("scheduler")
    assert "machine_differs" in parts.log("scheduler")
    assert not within(0.7, lambda: place.open_tasks(early)), "fired five minutes early"
    with database.engine.connect() as connection:
        assert connection.execute(select(job.c.owner, job.c.fence, job.c.attempts)).one() == ("somebody", 1, 1)


def test_the_clock_goes_on_while_the_database_is_away_and_when_the_machine_is_put_right(place):
    machine = [clock_of_the_machine() + timedelta(minutes=10)]
    clock = DatabaseClock(place.executor, machine=lambda: machine[0])
    assert clock.moment() == machine[0], "before the first look there is nothing else"
    with structlog.testing.capture_logs() as lines:
        clock.look()
        clock.look()
        machine[0] = clock_of_the_machine()
        clock.look()
    assert [line["event"] for line in lines] == [
        "clock.machine_differs_from_database",
        "clock.machine_agrees_with_database",
    ]
    assert abs(clock.moment() - clock_of_the_machine()) < timedelta(seconds=1)
    assert abs(clock.skew()) < timedelta(seconds=1)
    before = clock.moment()
    clock._executor = make_unreachable()
    machine[0] += timedelta(days=1)
    assert not clock.look()
    assert timedelta(0) <= clock.moment() - before < timedelta(seconds=10)


def make_unreachable() -> Executor:
    """Return an executor on a database that nobody can open."""
    return Executor(Database("sqlite:////nowhere/at/all.db"), cipher())


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
