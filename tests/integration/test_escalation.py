"""Rule X2: a step that is late goes back to its group, its holder keeps their draft, the supervisor sees the delay."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.commands.claim_task import claim_task
from app.commands.complete_task import Submission, complete_task
from app.commands.fire_timer import fire_timer
from app.commands.jobs import ListenerAnswer, activate_jobs, finish_job
from app.commands.local_jobs import LOCAL_JOBS
from app.commands.run_local_job import run_local_job
from app.commands.save_draft import save_draft
from app.queries.worklist import Tab, Wish, worklist
from app.storage.tables.instances import incident
from app.storage.tables.people import audit
from tests.factories import chain, diagram, flow, make_place, user_step
from workers.handlers import Handlers
from workers.heartbeat import Heartbeat
from workers.run_jobs import JobRunner

LEASE = timedelta(seconds=60)


def escalating(*, header: str = "first") -> bytes:
    """Return a process whose first task is escalated after an hour; a second one follows."""
    named = f'<zeebe:taskHeaders><zeebe:header key="task" value="{header}"/></zeebe:taskHeaders>' if header else ""
    return diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("first")
        + '<bpmn:boundaryEvent id="late" attachedToRef="first" cancelActivity="false"><bpmn:timerEventDefinition>'
        "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        '<bpmn:intermediateThrowEvent id="offer"><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="escalate_task" retries="3"/>{named}</bpmn:extensionElements>'
        "<bpmn:messageEventDefinition/></bpmn:intermediateThrowEvent>"
        + '<bpmn:endEvent id="offered"/>'
        + user_step("second")
        + chain("begin", "first", "second")
        + chain("late", "offer", "offered")
        + flow("second", "done")
        + '<bpmn:endEvent id="done"/>'
    )


@pytest.fixture
def place(database):
    return make_place(database)


def work(place):
    """Let the workers do what is promised."""
    heartbeat = Heartbeat(place.executor, lease=LEASE, every=30, clock=lambda: place.now)
    handlers = Handlers(local=LOCAL_JOBS, outside={})
    runner = JobRunner(place.executor, handlers, heartbeat, owner="w", lease=LEASE, clock=lambda: place.now)
    keys = place.executor.run(lambda uow: uow.jobs.nudge(now=place.now, again_after=timedelta(0), limit=10))
    return runner.run(keys, seconds=10)


def start(place, xml=None):
    """Start the process as the counsellor's unit does; return instance and first task."""
    place.publish(xml or escalating())
    instance = place.start()
    return instance, place.open_tasks(instance)["first"]


def let_it_be_late(place, instance):
    key, _ = place.open_timers(instance)["late"]
    place.later(hours=2)
    assert place.run(fire_timer, timer_key=key)


def task_of(place, key):
    return place.executor.read(lambda uow: uow.tasks.get(key))


def seen(place, person, tab):
    found = place.executor.read(worklist, actor=place.people[person], wish=Wish(tab=tab), now=place.now)
    return found, [line.key for line in found.lines]


def test_a_late_step_goes_back_to_its_group_and_remembers_who_had_it(place):
    instance, task = start(place)
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    assert seen(place, "colleague", Tab.GROUPS)[1] == []
    let_it_be_late(place, instance)
    assert work(place) == 1
    found = task_of(place, task)
    assert (found.assignee, found.escalated_from) == (None, place.people["counsellor"].user_key)
    assert found.escalated_at == place.now
    found, keys = seen(place, "colleague", Tab.GROUPS)
    assert (keys, found.lines[0].escalated_at) == ([task], place.now)
    with place.executor.database.engine.connect() as connection:
        [line] = connection.execute(select(audit).where(audit.c.action == "task_escalated")).all()
    assert line.details == {"element": "first", "held_by": str(place.people["counsellor"].user_key)}
    assert (line.actor_key, line.subject_key) == (None, task)


def test_the_draft_of_who_had_it_waits_for_them(place):
    instance, task = start(place)
    holder = place.people["counsellor"]
    place.run(claim_task, task_key=task, actor=holder)
    place.run(save_draft, task_key=task, actor=holder, fields={"a": ["kesken"]})
    let_it_be_late(place, instance)
    work(place)
    kept = place.executor.read(lambda uow: uow.tasks.find_draft(task, holder.user_key))
    assert kept is not None
    assert b"kesken" in kept[0]
    place.run(claim_task, task_key=task, actor=holder)
    place.run(complete_task, task_key=task, actor=holder, submission=Submission(values={}))
    assert list(place.open_tasks(instance)) == ["second"]


def test_the_supervisor_of_the_unit_sees_the_delay_and_opens_nothing(place):
    instance, task = start(place)
    found, keys = seen(place, "supervisor", Tab.DELAYED)
    assert (keys, found.counts["delayed"]) == ([], 0)
    let_it_be_late(place, instance)
    work(place)
    found, keys = seen(place, "supervisor", Tab.DELAYED)
    assert (keys, found.counts["delayed"], found.openable) == ([task], 1, frozenset())
    place.complete(task)
    assert seen(place, "supervisor", Tab.DELAYED)[1] == []


def test_nobody_else_has_the_list_of_delays(place):
    instance, _ = start(place)
    let_it_be_late(place, instance)
    work(place)
    for person in ("counsellor", "nurse", "admin", "employment"):
        found, _ = seen(place, person, Tab.DELAYED)
        assert found.wish.tab is Tab.MINE
        assert Tab.DELAYED not in found.tabs


def test_a_supervisor_of_another_unit_does_not_see_it(place):
    instance, _ = start(place)
    let_it_be_late(place, instance)
    work(place)
    other = replace(place.people["supervisor"], unit_id="unit_employment")
    found = place.executor.read(worklist, actor=other, wish=Wish(tab=Tab.DELAYED), now=place.now)
    assert found.lines == ()


def test_what_was_done_meanwhile_is_left_alone(place):
    instance, task = start(place)
    let_it_be_late(place, instance)
    place.complete(task)
    assert work(place) == 1
    assert task_of(place, task).escalated_at is None
    assert list(place.open_tasks(instance)) == ["second"]


def test_an_escalation_that_names_no_task_is_an_incident(place):
    instance, task = start(place, escalating(header=""))
    let_it_be_late(place, instance)
    work(place)
    assert task_of(place, task).escalated_at is None
    with place.executor.database.engine.connect() as connection:
        codes = connection.execute(select(incident.c.code).where(incident.c.instance_key == instance)).scalars().all()
    assert codes == ["escalation_headers_invalid"]


def test_a_clients_own_task_is_never_offered_to_a_group(place):
    mark = b'<zeebe:properties><zeebe:property name="kyky.selfFilled" value="true"/></zeebe:properties>'
    xml = escalating().replace(b"<zeebe:userTask/>", b"<zeebe:userTask/>" + mark, 1)
    instance, task = start(place, xml)
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    let_it_be_late(place, instance)
    work(place)
    assert task_of(place, task).assignee == place.people["counsellor"].user_key


LISTENED = (
    b'<zeebe:taskListeners><zeebe:taskListener eventType="assigning" type="give" retries="1"/></zeebe:taskListeners>'
)


def answered(place, **answer):
    """Answer the listener's job that is open."""
    [job] = place.run(activate_jobs, types=["give"], owner="w", lease=LEASE, limit=5)
    place.run(finish_job, job_key=job.key, fence=job.fence, variables={}, ruling=ListenerAnswer(**answer))


@pytest.mark.parametrize("denied", [False, True])
def test_listeners_are_asked_before_the_step_leaves_its_holder(place, denied):
    xml = escalating().replace(
        b"</bpmn:extensionElements></bpmn:userTask>", LISTENED + b"</bpmn:extensionElements></bpmn:userTask>", 1
    )
    instance, task = start(place, xml)
    holder = place.people["counsellor"].user_key
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    answered(place)
    let_it_be_late(place, instance)
    assert work(place) == 1
    held = task_of(place, task)
    assert (held.assignee, held.held_event, held.escalated_from) == (holder, "assigning", holder)
    answered(place, denied=denied)
    found = task_of(place, task)
    assert (found.assignee, found.held_event) == (holder if denied else None, "")
    assert found.escalated_at == place.now


def test_a_step_that_listeners_hold_already_stays_as_it_is(place):
    xml = escalating().replace(
        b"</bpmn:extensionElements></bpmn:userTask>", LISTENED + b"</bpmn:extensionElements></bpmn:userTask>", 1
    )
    instance, task = start(place, xml)
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    let_it_be_late(place, instance)
    [escalation] = place.run(activate_jobs, types=["escalate_task"], owner="w", lease=LEASE, limit=5)
    place.run(run_local_job, job_key=escalation.key, fence=escalation.fence, local_work=LOCAL_JOBS["escalate_task"])
    assert task_of(place, task).escalated_at == place.now
    answered(place)
    assert task_of(place, task).assignee == place.people["counsellor"].user_key
