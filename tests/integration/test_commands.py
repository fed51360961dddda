"""Commands on both databases: what opens, what closes, who may, and what the history says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.commands.cancel_instance import cancel_instance
from app.commands.claim_task import claim_task, release_task
from app.commands.complete_task import Submission, complete_task
from app.commands.fire_timer import fire_timer
from app.commands.jobs import claim_jobs, fail_job, finish_job, throw_job_error
from app.commands.messages import broadcast_signal, deliver, publish_message
from app.commands.publish import publish
from app.commands.resolve_incident import resolve_incident, set_variables
from app.commands.save_draft import save_draft
from app.commands.start_by_timer import start_by_timer
from app.commands.start_instance import start_instance
from app.domain.errors import (
    Conflict,
    InstanceEnded,
    InvalidInput,
    LeaseLost,
    NotAllowed,
    NotFound,
    TaskAlreadyClosed,
    TaskClaimedByOther,
)
from app.storage.tables.instances import incident, message
from tests.factories import WORK, chain, diagram, flow, job_step, make_place, user_step

LEASE = timedelta(seconds=60)


@pytest.fixture
def place(database):
    return make_place(database)


def lease(place, job_key):
    [job] = place.run(claim_jobs, keys=[job_key], owner="w1", lease=LEASE)
    return job


def test_a_case_of_work_runs_from_start_to_end(place):
    place.publish(WORK)
    instance = place.start()
    place.complete(place.open_tasks(instance)["first"])
    job = lease(place, place.open_jobs(instance)["work"])
    place.run(finish_job, job_key=job.key, fence=job.fence, variables={"answer": 42})
    place.complete(place.open_tasks(instance)["second"])
    assert place.status(instance) == "completed"
    steps = [element for element, event in place.events(instance) if event == "completed"]
    assert steps == ["begin", "first", "work", "second", "done", "test_process"]
    [variable] = place.executor.read(lambda uow: uow.monitor.variables(instance))
    assert (variable["name"], variable["value"]) == ("answer", 42)


def test_publishing_the_same_diagram_again_keeps_the_version(place):
    first = place.publish(WORK)
    again = place.publish(WORK)
    changed = place.publish(WORK.replace(b"first", b"alku"))
    assert [item.processes[0][0].version for item in (first, again, changed)] == [1, 1, 2]


def test_a_running_instance_keeps_its_version(place):
    place.publish(WORK)
    instance = place.start()
    place.publish(WORK.replace(b'"first"', b'"alku"').replace(b"_first", b"_alku").replace(b"first_", b"alku_"))
    assert "first" in place.open_tasks(instance)
    assert "alku" in place.open_tasks(place.start())


@pytest.mark.parametrize(
    "content",
    [
        b"not xml",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
        diagram('<bpmn:startEvent id="begin"/><bpmn:adHocSubProcess id="odd" name="Outo"/>' + chain("begin", "odd")),
        diagram('<bpmn:startEvent id="begin"/>' + user_step("a", form_id="f_missing") + chain("begin", "a")),
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:exclusiveGateway id="x"/>'
            + user_step("a")
            + flow("begin", "x")
            + flow("x", "a", "1 +* 2")
        ),
    ],
    ids=["malformed", "hostile", "unsupported", "form_missing", "bad_expression"],
)
def test_a_diagram_that_cannot_run_rightly_is_refused_whole(place, content):
    with pytest.raises(InvalidInput) as refusal:
        place.publish(WORK.replace(b"test_process", b"other"), content)
    assert refusal.value.problems
    with pytest.raises(NotFound):
        place.start("other")


def test_only_a_process_owner_publishes(place):
    with pytest.raises(NotAllowed):
        place.run(publish, resources={"a.bpmn": WORK}, actor=place.people["counsellor"])


def test_a_process_without_start_roles_is_started_by_nobody_else(place):
    place.publish(WORK)
    with pytest.raises(NotAllowed):
        place.run(start_instance, process_id="test_process", actor=place.people["counsellor"])


def test_a_task_is_claimed_once(place):
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    assert place.run(claim_task, task_key=task, actor=place.people["counsellor"]).assignee
    with pytest.raises(TaskClaimedByOther) as refusal:
        place.run(claim_task, task_key=task, actor=place.people["colleague"])
    assert refusal.value.by == place.people["counsellor"].user_key
    with pytest.raises(NotAllowed):
        place.run(release_task, task_key=task, actor=place.people["colleague"])
    place.run(release_task, task_key=task, actor=place.people["counsellor"])
    assert place.run(claim_task, task_key=task, actor=place.people["colleague"]).assignee


def test_a_task_of_another_group_is_out_of_reach(place):
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    for command in (claim_task, complete_task):
        extra = {"submission": Submission(values={})} if command is complete_task else {}
        with pytest.raises(NotAllowed):
            place.run(command, task_key=task, actor=place.people["booker"], **extra)
    with pytest.raises(NotAllowed):
        place.run(save_draft, task_key=task, actor=place.people["booker"], fields={"a": ["b"]})


def test_a_task_that_someone_holds_is_not_completed_by_another(place):
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    with pytest.raises(TaskClaimedByOther):
        place.complete(task, "colleague")


def test_a_finished_task_says_who_and_when(place):
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    place.complete(task)
    with pytest.raises(TaskAlreadyClosed) as refusal:
        place.complete(task, "colleague")
    assert (refusal.value.by, refusal.value.at) == (place.people["counsellor"].user_key, place.now)


def test_the_same_form_sent_twice_gets_the_first_result(place):
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    send = {
        "task_key": task,
        "actor": place.people["counsellor"],
        "submission": Submission(values={}, submission_id="form-1"),
    }
    assert not place.run(complete_task, **send).repeated
    assert place.run(complete_task, **send).repeated


def test_a_draft_is_kept_encrypted_for_its_writer_only(place):
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    counsellor, colleague = place.people["counsellor"], place.people["colleague"]
    place.run(save_draft, task_key=task, actor=counsellor, fields={"note": ["kesken jäänyt"]})
    found = place.executor.read(lambda uow: uow.tasks.find_draft(task, counsellor.user_key))
    assert b"kesken" in found[0]
    assert place.executor.read(lambda uow: uow.tasks.find_draft(task, colleague.user_key)) is None
    with place.executor.database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT content FROM draft").scalar_one()
    assert b"kesken" not in bytes(stored)


def test_a_message_that_comes_early_waits_for_its_receiver(place):
    waiting = diagram(
        '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait">'
        '<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent><bpmn:endEvent id="done"/>'
        + chain("begin", "wait", "done"),
        roots='<bpmn:message id="m" name="tieto"><bpmn:extensionElements>'
        '<zeebe:subscription correlationKey="=asia_id"/></bpmn:extensionElements></bpmn:message>',
    )
    place.publish(waiting)
    place.run(
        publish_message,
        name="tieto",
        correlation_key="k1",
        variables={"x": 1},
        time_to_live=timedelta(days=1),
        actor=place.people["owner"],
    )
    first, second = (place.start(variables={"asia_id": "k1"}) for _ in range(2))
    other = place.start(variables={"asia_id": "k2"})
    place.deliver_messages()
    assert sorted([place.status(first), place.status(second)]) == ["active", "completed"]
    assert place.status(other) == "active"
    place.deliver_messages()
    assert sorted([place.status(first), place.status(second)]) == ["active", "completed"]


def test_a_message_without_time_to_live_reaches_only_who_waits_now(place):
    place.publish(WORK)
    sent = place.run(publish_message, name="nobody", correlation_key="k", actor=place.people["owner"])
    assert sent.delivery_keys == ()
    with place.executor.database.engine.connect() as connection:
        assert connection.execute(select(message.c.status)).scalar_one() == "expired"


def test_the_same_message_id_is_taken_once(place):
    send = {"name": "tieto", "correlation_key": "k", "message_id": "m1", "time_to_live": timedelta(hours=1)}
    place.run(publish_message, actor=place.people["owner"], **send)
    with pytest.raises(Conflict):
        place.run(publish_message, actor=place.people["owner"], **send)
    place.later(hours=2)
    place.deliver_messages()
    place.run(publish_message, actor=place.people["owner"], **send)


def test_a_signal_reaches_everyone_who_waits(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait">'
            '<bpmn:signalEventDefinition signalRef="s"/></bpmn:intermediateCatchEvent><bpmn:endEvent id="done"/>'
            + chain("begin", "wait", "done"),
            roots='<bpmn:signal id="s" name="merkki"/>',
        )
    )
    instances = [place.start() for _ in range(3)]
    for key in place.run(broadcast_signal, name="merkki", actor=place.people["owner"]):
        place.run(deliver, delivery_key=key)
    assert {place.status(instance) for instance in instances} == {"completed"}


TIMED = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("first")
    + '<bpmn:boundaryEvent id="late" attachedToRef="first" cancelActivity="true"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P2D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    '<bpmn:endEvent id="done"/><bpmn:endEvent id="gone"/>' + chain("begin", "first", "done") + flow("late", "gone")
)


def test_a_timer_fires_when_it_is_due_and_only_once(place):
    place.publish(TIMED)
    instance = place.start()
    timer, due = place.open_timers(instance)["late"]
    assert due == place.now + timedelta(days=2)
    assert not place.run(fire_timer, timer_key=timer)
    place.later(days=2)
    assert place.run(fire_timer, timer_key=timer)
    assert not place.run(fire_timer, timer_key=timer)
    assert place.status(instance) == "completed"
    assert place.open_tasks(instance) == {}


def test_completing_the_task_cancels_its_timer(place):
    place.publish(TIMED)
    instance = place.start()
    timer, _ = place.open_timers(instance)["late"]
    place.complete(place.open_tasks(instance)["first"])
    place.later(days=3)
    assert not place.run(fire_timer, timer_key=timer)


def test_a_failing_job_is_tried_again_and_then_becomes_an_incident(place):
    place.publish(WORK)
    instance = place.start()
    place.complete(place.open_tasks(instance)["first"])
    key = place.open_jobs(instance)["work"]
    waits = []
    for _ in range(3):
        job = lease(place, key)
        place.run(fail_job, job_key=key, fence=job.fence, code="job_failed", message="no answer")
        waits.append(place.now)
        place.later(hours=2)
    assert place.run(claim_jobs, keys=[key], owner="w", lease=LEASE) == []
    line = place.executor.read(lambda uow: uow.monitor.find_instance(instance))
    assert line.open_incidents == 1
    [found] = place.executor.read(lambda uow: uow.monitor.incidents(instance_key=instance))
    assert found["code"] == "job_failed"
    place.run(resolve_incident, incident_key=found["key"], actor=place.people["admin"], note="korjattu")
    with pytest.raises(Conflict):
        place.run(resolve_incident, incident_key=found["key"], actor=place.people["admin"])
    job = lease(place, key)
    place.run(finish_job, job_key=key, fence=job.fence, variables={})
    assert "second" in place.open_tasks(instance)
    assert place.executor.read(lambda uow: uow.monitor.find_instance(instance)).open_incidents == 0


def test_a_job_that_kills_its_worker_each_time_becomes_an_incident(place):
    place.publish(WORK)
    instance = place.start()
    place.complete(place.open_tasks(instance)["first"])
    key = place.open_jobs(instance)["work"]
    for _ in range(3):
        assert place.run(claim_jobs, keys=[key], owner="w", lease=LEASE)
        place.later(minutes=2)
    assert place.run(claim_jobs, keys=[key], owner="w", lease=LEASE) == []
    [found] = place.executor.read(lambda uow: uow.monitor.incidents(instance_key=instance))
    assert found["code"] == "job_worker_died"


def test_a_late_worker_is_refused_by_the_fence(place):
    place.publish(WORK)
    instance = place.start()
    place.complete(place.open_tasks(instance)["first"])
    slow = lease(place, place.open_jobs(instance)["work"])
    place.later(minutes=2)
    quick = lease(place, slow.key)
    with pytest.raises(LeaseLost):
        place.run(finish_job, job_key=slow.key, fence=slow.fence, variables={})
    place.run(finish_job, job_key=quick.key, fence=quick.fence, variables={})
    with pytest.raises(LeaseLost):
        place.run(finish_job, job_key=quick.key, fence=quick.fence, variables={})


def test_an_effect_that_may_have_happened_is_for_a_person_to_decide(place):
    place.publish(WORK)
    instance = place.start()
    place.complete(place.open_tasks(instance)["first"])
    job = lease(place, place.open_jobs(instance)["work"])
    place.run(fail_job, job_key=job.key, fence=job.fence, code="x", message="", maybe_done=True)
    [found] = place.executor.read(lambda uow: uow.monitor.incidents(instance_key=instance))
    assert found["code"] == "job_maybe_done"
    place.run(
        resolve_incident,
        incident_key=found["key"],
        actor=place.people["admin"],
        decision="done",
        variables={"sent": True},
    )
    assert "second" in place.open_tasks(instance)


def test_an_error_of_a_job_goes_to_the_boundary_event(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/>'
            + job_step("work")
            + '<bpmn:boundaryEvent id="caught" attachedToRef="work"><bpmn:errorEventDefinition errorRef="e"/>'
            "</bpmn:boundaryEvent>"
            + user_step("repair")
            + '<bpmn:endEvent id="done"/>'
            + chain("begin", "work", "done")
            + flow("caught", "repair"),
            roots='<bpmn:error id="e" name="Ei aikoja" errorCode="ei_vapaita_aikoja"/>',
        )
    )
    instance = place.start()
    job = lease(place, place.open_jobs(instance)["work"])
    place.run(throw_job_error, job_key=job.key, fence=job.fence, error_code="ei_vapaita_aikoja")
    assert list(place.open_tasks(instance)) == ["repair"]


BROKEN = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:exclusiveGateway id="choose" name="Mihin?"/>'
    + user_step("yes")
    + user_step("no")
    + flow("begin", "choose")
    + flow("choose", "yes", "amount &gt; 10")
    + flow("choose", "no", "amount &lt;= 10")
)


def test_what_cannot_go_on_is_an_incident_that_an_admin_repairs_with_data(place):
    place.publish(BROKEN)
    instance = place.start(variables={"amount": "many"})
    [found] = place.executor.read(lambda uow: uow.monitor.incidents(instance_key=instance))
    assert found["element_id"] == "choose"
    with pytest.raises(NotAllowed):
        place.run(resolve_incident, incident_key=found["key"], actor=place.people["counsellor"])
    place.run(resolve_incident, incident_key=found["key"], actor=place.people["admin"], variables={"amount": 11})
    assert list(place.open_tasks(instance)) == ["yes"]
    with place.executor.database.engine.connect() as connection:
        assert connection.execute(select(incident.c.status)).scalars().all() == ["resolved"]


def test_an_admin_may_write_variables_and_others_may_not(place):
    place.publish(WORK)
    instance = place.start()
    values = {"instance_key": instance, "scope_key": instance, "variables": {"x": 1}}
    with pytest.raises(NotAllowed):
        place.run(set_variables, actor=place.people["owner"], **values)
    place.run(set_variables, actor=place.people["admin"], **values)
    [variable] = place.executor.read(lambda uow: uow.monitor.variables(instance))
    assert variable["value"] == 1


def test_cancelling_closes_everything_and_keeps_the_reason(place):
    place.publish(TIMED)
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    values = {"instance_key": instance, "actor": place.people["admin"]}
    with pytest.raises(InvalidInput):
        place.run(cancel_instance, reason=" ", **values)
    place.run(cancel_instance, reason="aloitettu vahingossa", **values)
    assert place.status(instance) == "terminated"
    assert place.open_tasks(instance) == {} == place.open_timers(instance)
    assert place.executor.read(lambda uow: uow.monitor.find_instance(instance)).end_reason == "aloitettu vahingossa"
    with pytest.raises(InstanceEnded):
        place.run(cancel_instance, reason="uudestaan", **values)
    with pytest.raises(TaskAlreadyClosed):
        place.complete(task)


def timed_start(kind, text):
    return diagram(
        f'<bpmn:startEvent id="begin"><bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}>'
        "</bpmn:timerEventDefinition></bpmn:startEvent>" + user_step("first") + chain("begin", "first")
    )


def due_starts(place):
    return place.executor.read(lambda uow: uow.timer_starts.due(now=place.now, limit=10))


def test_a_process_starts_by_itself_in_its_cycle(place):
    place.publish(timed_start("timeCycle", "R2/P1D"))
    assert due_starts(place) == []
    for _ in range(2):
        place.later(days=1)
        [key] = due_starts(place)
        instance = place.run(start_by_timer, start_key=key)
        assert list(place.open_tasks(instance)) == ["first"]
        assert place.run(start_by_timer, start_key=key) is None
    place.later(days=5)
    assert due_starts(place) == []


def test_a_new_version_plans_its_own_starts(place):
    place.publish(timed_start("timeDuration", "P1D"))
    place.publish(timed_start("timeDuration", "P9D"))
    place.later(days=2)
    assert due_starts(place) == []
    place.later(days=8)
    assert len(due_starts(place)) == 1


def test_a_signal_starts_a_process(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"><bpmn:signalEventDefinition signalRef="s"/></bpmn:startEvent>'
            + user_step("first")
            + chain("begin", "first"),
            roots='<bpmn:signal id="s" name="merkki"/>',
        )
    )
    [key] = place.run(broadcast_signal, name="merkki", actor=place.people["owner"], variables={"x": 1})
    instance = place.run(deliver, delivery_key=key)
    assert list(place.open_tasks(instance)) == ["first"]
    assert place.run(deliver, delivery_key=key) is None


def test_a_message_thrown_to_live_no_time_reaches_who_waits_at_that_moment(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait">'
            '<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>'
            + user_step("first")
            + '<bpmn:endEvent id="told"><bpmn:extensionElements><zeebe:properties>'
            '<zeebe:property name="kyky.correlationKey" value="=&quot;k&quot;"/>'
            '<zeebe:property name="kyky.timeToLive" value="PT0S"/></zeebe:properties></bpmn:extensionElements>'
            '<bpmn:messageEventDefinition messageRef="m"/></bpmn:endEvent>'
            + chain("begin", "wait", "first")
            + chain("begin", "told"),
            roots='<bpmn:message id="m" name="tieto"><bpmn:extensionElements>'
            '<zeebe:subscription correlationKey="=&quot;k&quot;"/></bpmn:extensionElements></bpmn:message>',
        )
    )
    instance = place.start()
    place.later(days=1)
    [key] = place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10))
    place.run(deliver, delivery_key=key)
    assert list(place.open_tasks(instance)) == ["first"]


def test_a_message_thrown_to_live_no_time_is_not_kept(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:endEvent id="told"><bpmn:extensionElements><zeebe:properties>'
            '<zeebe:property name="kyky.correlationKey" value="=&quot;k&quot;"/>'
            '<zeebe:property name="kyky.timeToLive" value="PT0S"/></zeebe:properties></bpmn:extensionElements>'
            '<bpmn:messageEventDefinition messageRef="m"/></bpmn:endEvent>' + chain("begin", "told"),
            roots='<bpmn:message id="m" name="tieto"/>',
        )
    )
    place.start()
    place.deliver_messages()
    with place.executor.database.engine.connect() as connection:
        assert connection.execute(select(message.c.status)).scalar_one() == "expired"
