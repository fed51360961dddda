"""A paused instance: nothing happens by itself, nothing is completed, dates wait; on both databases, and in races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from app.commands.cancel_instance import cancel_instance
from app.commands.fire_timer import fire_timer
from app.commands.jobs import claim_jobs, finish_job
from app.commands.messages import deliver, publish_message
from app.commands.pause_instance import pause_instance, resume_instance
from app.domain.errors import Conflict, InstanceEnded, InstancePaused, InvalidInput, NotAllowed
from app.settings import Settings
from app.storage.tables.instances import process_instance, timer
from app.storage.tables.work import task_offer, user_task
from app.storage.types import NEVER
from app.web import create_app
from tests.factories import START, diagram, flow, job_step, make_place, user_step
from tests.programs import open_door
from tests.web import Visitor

DATED = (
    '<bpmn:userTask id="dated"><bpmn:extensionElements><zeebe:assignmentDefinition candidateGroups="r_palveluohjaaja"/>'
    '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P5D&quot;)"'
    ' followUpDate="=now() + duration(&quot;P2D&quot;)"/>'
    "</bpmn:extensionElements></bpmn:userTask>"
)
EVERYTHING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:parallelGateway id="all"/>'
    + flow("begin", "all")
    + "".join(flow("all", name) for name in ("dated", "undated", "work", "waits", "hears"))
    + DATED
    + user_step("undated")
    + job_step("work")
    + '<bpmn:intermediateCatchEvent id="waits"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P3D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    '<bpmn:receiveTask id="hears" messageRef="m"/>',
    roots='<bpmn:message id="m" name="news"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=&quot;k&quot;"/></bpmn:extensionElements></bpmn:message>',
)
LEASE = timedelta(seconds=60)


@pytest.fixture
def place(database):
    place = make_place(database)
    place.publish(EVERYTHING)
    return place


def pause(place, instance, reason="the client moves", person="admin"):
    place.run(pause_instance, instance_key=instance, actor=place.people[person], reason=reason)


def resume(place, instance, person="admin"):
    place.run(resume_instance, instance_key=instance, actor=place.people[person])


def due(place):
    return place.executor.read(lambda uow: uow.timers.due(now=place.now, limit=10))


def dates(place, instance):
    with place.executor.database.engine.connect() as connection:
        rows = connection.execute(
            select(user_task.c.element_id, user_task.c.due_at, user_task.c.follow_up_at, task_offer.c.due_at)
            .join(task_offer, task_offer.c.task_key == user_task.c.key)
            .where(user_task.c.instance_key == instance)
        ).all()
    return {row[0]: tuple(row)[1:] for row in rows}


def test_timers_do_not_fire_and_wait_as_long_as_the_pause_was(place):
    instance = place.start()
    [(key, _)] = place.open_timers(instance).values()
    place.later(days=1)
    pause(place, instance)
    place.later(days=10)
    assert due(place) == []
    assert place.run(fire_timer, timer_key=key) is False
    resume(place, instance)
    assert place.open_timers(instance)["waits"] == (key, START + timedelta(days=13))
    place.later(days=2)
    assert due(place) == [key]
    assert place.run(fire_timer, timer_key=key) is True


def test_due_dates_move_with_their_place_in_the_lists_and_none_stays_none(place):
    instance = place.start()
    pause(place, instance)
    place.later(days=4, hours=1)
    resume(place, instance)
    moved = START + timedelta(days=9, hours=1)
    assert dates(place, instance) == {
        "dated": (moved, START + timedelta(days=6, hours=1), moved),
        "undated": (NEVER, None, NEVER),
    }


def test_jobs_are_not_handed_out_but_what_is_in_hand_is_handed_in(place):
    first, second = place.start(), place.start()
    [job] = place.run(claim_jobs, keys=[place.open_jobs(first)["work"]], owner="w", lease=LEASE)
    for instance in (first, second):
        pause(place, instance)
    place.run(finish_job, job_key=job.key, fence=job.fence, variables={})
    assert ("work", "completed") in place.events(first)
    waiting = place.open_jobs(second)["work"]
    nudged = place.executor.run(lambda uow: uow.jobs.nudge(now=place.now, again_after=timedelta(0), limit=10))
    assert nudged == []
    assert place.run(claim_jobs, keys=[waiting], owner="w", lease=LEASE) == []
    resume(place, second)
    assert [job.key for job in place.run(claim_jobs, keys=[waiting], owner="w", lease=LEASE)] == [waiting]


def test_messages_wait_until_it_goes_on(place):
    instance = place.start()
    pause(place, instance)
    sent = place.run(
        publish_message, name="news", correlation_key="k", actor=place.people["admin"], time_to_live=timedelta(hours=1)
    )
    [key] = sent.delivery_keys
    assert place.run(deliver, delivery_key=key) is None
    assert place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10)) == []
    resume(place, instance)
    assert place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10)) == [key]
    assert place.run(deliver, delivery_key=key) == instance
    assert ("hears", "completed") in place.events(instance)


def test_no_task_is_completed_meanwhile_and_afterwards_it_is(place):
    instance = place.start()
    task = place.open_tasks(instance)["undated"]
    pause(place, instance)
    with pytest.raises(InstancePaused):
        place.complete(task)
    assert place.open_tasks(instance)["undated"] == task
    resume(place, instance)
    place.complete(task)
    assert "undated" not in place.open_tasks(instance)


def test_it_takes_a_reason_the_right_and_an_instance_that_runs(place):
    instance = place.start()
    with pytest.raises(InvalidInput):
        pause(place, instance, reason="  ")
    with pytest.raises(NotAllowed):
        pause(place, instance, person="counsellor")
    with pytest.raises(Conflict):
        resume(place, instance)
    pause(place, instance)
    with pytest.raises(Conflict):
        pause(place, instance)
    with pytest.raises(NotAllowed):
        resume(place, instance, person="owner")
    place.run(cancel_instance, instance_key=instance, actor=place.people["admin"], reason="over")
    with pytest.raises(InstanceEnded):
        resume(place, instance)
    lines = place.executor.read(lambda uow: uow.monitor.audit(instance))
    assert [line["reason"] for line in lines if line["action"] == "instance_paused"] == ["the client moves"]


def test_a_pause_and_a_timer_or_a_completion_at_once_leave_one_of_both_done(place):
    for _ in range(4):
        instance = place.start()
        [(key, fires)] = place.open_timers(instance).values()
        task, barrier = place.open_tasks(instance)["undated"], Barrier(3)
        place.now = fires

        def run(act, barrier=barrier):
            barrier.wait()
            try:
                return act()
            except InstancePaused:
                return "paused"

        acts = (
            lambda instance=instance: pause(place, instance),
            lambda key=key: place.run(fire_timer, timer_key=key),
            lambda task=task: place.complete(task),
        )
        with ThreadPoolExecutor(3) as pool:
            _, fired, completed = pool.map(run, acts)
        with place.executor.database.engine.connect() as connection:
            paused = connection.scalar(select(process_instance.c.paused_at).where(process_instance.c.key == instance))
            status = connection.scalar(select(timer.c.status).where(timer.c.key == key))
        assert paused == place.now
        assert status == ("fired" if fired else "open")
        assert ("undated" in place.open_tasks(instance)) is (completed == "paused")


def test_two_who_resume_at_once_move_the_dates_once(place):
    instance = place.start()
    pause(place, instance)
    place.later(days=1)
    barrier = Barrier(2)

    def run(_number):
        barrier.wait()
        try:
            resume(place, instance)
        except Conflict:
            return "told"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, range(2))) == ["done", "told"]
    assert place.open_timers(instance)["waits"][1] == START + timedelta(days=4)


def test_people_see_that_a_task_is_paused_and_keep_a_draft(database, tmp_path):
    door = open_door(database, tmp_path / "data")
    place = door.place
    settings = Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")
    visitor = Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    place.publish(EVERYTHING)
    instance = place.start()
    task = place.open_tasks(instance)["undated"]
    visitor.sign_in("counsellor")
    assert "Tauolla" not in visitor.get("/worklist?tab=groups").text
    assert 'value="complete"' in visitor.get(f"/tasks/{task}").text
    pause(place, instance)
    assert "Tauolla" in visitor.get("/worklist?tab=groups").text
    page = visitor.get(f"/tasks/{task}").text
    assert "Polku on tauolla" in page
    assert 'value="complete"' not in page
    resume(place, instance)
    assert "Tauolla" not in visitor.get("/worklist?tab=groups").text
    assert 'value="complete"' in visitor.get(f"/tasks/{task}").text


def test_the_monitor_says_what_is_on_its_way_and_what_holds_it(database, tmp_path):
    door = open_door(database, tmp_path / "data")
    place = door.place
    settings = Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")
    visitor = Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    place.publish(EVERYTHING)
    instance = place.start()
    pause(place, instance)
    place.run(publish_message, name="news", correlation_key="k", variables={}, actor=place.people["owner"])
    visitor.sign_in("admin")

    def deliver_all():
        for key in place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10)):
            place.run(deliver, delivery_key=key)

    deliver_all()
    [line] = place.executor.read(lambda uow: uow.monitor.deliveries_under_way())
    told = (line.kind, line.name, line.since.replace(microsecond=0), line.count, line.paused)
    assert told == ("message", "news", START, 1, 1)
    page = visitor.get("/monitor/messages").text
    assert "Matkalla" in page
    assert "Yksi tauolla olevassa" in page
    resume(place, instance)
    deliver_all()
    assert "Matkalla" not in visitor.get("/monitor/messages").text
