"""
Every command against itself and its rivals at the same moment: one wins, the others are told, nothing happens twice.

Each race starts its runners behind a barrier and is run several times; the interleavings differ by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from app.commands.begin_activities import begin_activities
from app.commands.cancel_instance import cancel_instance
from app.commands.claim_task import claim_task, release_task
from app.commands.complete_task import Submission, complete_task
from app.commands.fire_timer import fire_timer
from app.commands.jobs import ListenerAnswer, claim_jobs, fail_job, finish_job
from app.commands.messages import broadcast_signal, deliver, match_messages, publish_message
from app.commands.publish import publish
from app.commands.report_event import report_event
from app.commands.resolve_incident import resolve_incident, set_variables
from app.commands.save_draft import save_draft
from app.commands.start_instance import start_by_hand
from app.domain.client import Identity, ServiceNeeds
from app.domain.errors import KykypolkuError
from app.domain.keys import new_key
from app.storage.tables.instances import history
from tests.factories import AREA, WORK, chain, diagram, flow, make_place, user_step
from workers.rounds import delivery_round

ROUNDS = 6
LEASE = timedelta(seconds=60)


@pytest.fixture
def place(database):
    return make_place(database)


def race(*runners: Callable[[], Any]) -> list[str]:
    """Run all at once and return what became of each: "done", or the name of its error."""
    barrier = Barrier(len(runners))

    def run(runner: Callable[[], Any]) -> str:
        barrier.wait()
        try:
            result = runner()
        except KykypolkuError as error:
            return type(error).__name__
        return "done" if result is not False else "nothing"

    with ThreadPoolExecutor(len(runners)) as pool:
        return sorted(pool.map(run, runners))


def ensure_each_step_once(place, instance):
    with place.executor.database.engine.connect() as connection:
        repeated = connection.execute(
            select(history.c.element_id, history.c.event, func.count())
            .where(history.c.instance_key == instance, history.c.event != "flow_taken")
            .group_by(history.c.element_id, history.c.event)
            .having(func.count() > 1)
        ).all()
    assert repeated == []


def test_two_people_complete_one_task(place):
    place.publish(WORK)
    for _ in range(ROUNDS):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        results = race(
            lambda task=task: place.complete(task, "counsellor"), lambda task=task: place.complete(task, "colleague")
        )
        assert results == ["TaskAlreadyClosed", "done"]
        assert len(place.open_jobs(instance)) == 1
        ensure_each_step_once(place, instance)


def test_one_form_is_sent_twice_at_once(place):
    place.publish(WORK)
    for number in range(ROUNDS):
        task = place.open_tasks(place.start())["first"]
        send = Submission(values={}, submission_id=f"form-{number}")

        def complete(task=task, send=send):
            return place.run(complete_task, task_key=task, actor=place.people["counsellor"], submission=send)

        assert race(complete, complete) == ["done", "done"]


def test_two_people_claim_one_task(place):
    place.publish(WORK)
    for _ in range(ROUNDS):
        task = place.open_tasks(place.start())["first"]
        results = race(
            lambda task=task: place.run(claim_task, task_key=task, actor=place.people["counsellor"]),
            lambda task=task: place.run(claim_task, task_key=task, actor=place.people["colleague"]),
        )
        assert results == ["TaskClaimedByOther", "done"]


def test_release_against_complete(place):
    place.publish(WORK)
    for _ in range(ROUNDS):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        place.run(claim_task, task_key=task, actor=place.people["counsellor"])
        results = race(
            lambda task=task: place.run(release_task, task_key=task, actor=place.people["counsellor"]),
            lambda task=task: place.complete(task, "counsellor"),
        )
        assert results in (["TaskAlreadyClosed", "done"], ["done", "done"])
        ensure_each_step_once(place, instance)


def test_draft_against_complete(place):
    place.publish(WORK)
    for _ in range(ROUNDS):
        task = place.open_tasks(place.start())["first"]
        results = race(
            lambda task=task: place.run(
                save_draft, task_key=task, actor=place.people["colleague"], fields={"a": ["b"]}
            ),
            lambda task=task: place.complete(task, "counsellor"),
        )
        # what was typed is kept even where someone else completed the task meanwhile
        assert results == ["done", "done"]


def test_cancel_against_complete(place):
    place.publish(WORK)
    for _ in range(ROUNDS):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        results = race(
            lambda instance=instance: place.run(
                cancel_instance, instance_key=instance, actor=place.people["admin"], reason="koe"
            ),
            lambda task=task: place.complete(task),
        )
        assert results in (["TaskAlreadyClosed", "done"], ["done", "done"])
        assert place.status(instance) == "terminated"
        assert place.open_jobs(instance) == {}


def test_one_nudge_is_delivered_many_times(place):
    place.publish(WORK)
    instance = place.start()
    place.complete(place.open_tasks(instance)["first"])
    key = place.open_jobs(instance)["work"]
    claimed = []

    def claim():
        claimed.extend(place.run(claim_jobs, keys=[key], owner="w", lease=LEASE))

    race(*[claim] * 8)
    assert len(claimed) == 1


def test_two_workers_finish_one_job(place):
    place.publish(WORK)
    for _ in range(ROUNDS):
        instance = place.start()
        place.complete(place.open_tasks(instance)["first"])
        [job] = place.run(claim_jobs, keys=list(place.open_jobs(instance).values()), owner="w", lease=LEASE)

        def finish(job=job):
            place.run(finish_job, job_key=job.key, fence=job.fence, variables={})

        assert race(finish, finish) == ["LeaseLost", "done"]
        ensure_each_step_once(place, instance)


def test_finish_against_fail_and_cancel(place):
    place.publish(WORK)
    for _ in range(ROUNDS):
        instance = place.start()
        place.complete(place.open_tasks(instance)["first"])
        [job] = place.run(claim_jobs, keys=list(place.open_jobs(instance).values()), owner="w", lease=LEASE)
        race(
            lambda job=job: place.run(finish_job, job_key=job.key, fence=job.fence, variables={}),
            lambda job=job: place.run(fail_job, job_key=job.key, fence=job.fence, code="x", message=""),
            lambda instance=instance: place.run(
                cancel_instance, instance_key=instance, actor=place.people["admin"], reason="koe"
            ),
        )
        assert place.status(instance) == "terminated"
        assert place.open_jobs(instance) == {} == place.open_tasks(instance)
        ensure_each_step_once(place, instance)


TIMED = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("first")
    + '<bpmn:boundaryEvent id="late" attachedToRef="first" cancelActivity="true"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    + user_step("reminder")
    + '<bpmn:endEvent id="done"/>'
    + chain("begin", "first", "done")
    + flow("late", "reminder")
)


def test_two_schedulers_fire_one_timer_while_its_task_is_completed(place):
    place.publish(TIMED)
    for _ in range(ROUNDS):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        timer, _ = place.open_timers(instance)["late"]
        place.later(hours=2)

        def fire(timer=timer):
            return place.run(fire_timer, timer_key=timer)

        results = Counter(race(fire, fire, lambda task=task: place.complete(task)))
        assert results["done"] == 1
        ensure_each_step_once(place, instance)


WAITING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait">'
    '<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent><bpmn:endEvent id="done"/>'
    + chain("begin", "wait", "done"),
    roots='<bpmn:message id="m" name="tieto"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=k"/></bpmn:extensionElements></bpmn:message>',
)


def test_two_schedulers_match_and_deliver_one_message(place):
    place.publish(WAITING)
    for number in range(ROUNDS):
        first, second = (place.start(variables={"k": f"k{number}"}) for _ in range(2))
        place.run(
            publish_message,
            name="tieto",
            correlation_key=f"k{number}",
            time_to_live=timedelta(hours=1),
            actor=place.people["owner"],
        )

        def schedule():
            for key in place.run(match_messages):
                place.run(deliver, delivery_key=key)

        race(schedule, schedule)
        place.deliver_messages()
        keys = place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10))
        race(*[lambda key=key: place.run(deliver, delivery_key=key) for key in keys * 2])
        assert sorted([place.status(first), place.status(second)]) == ["active", "completed"]
        ensure_each_step_once(place, first)
        ensure_each_step_once(place, second)


def test_one_signal_delivery_is_carried_out_twice_at_once(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait">'
            '<bpmn:signalEventDefinition signalRef="s"/></bpmn:intermediateCatchEvent>'
            + user_step("after")
            + chain("begin", "wait", "after"),
            roots='<bpmn:signal id="s" name="merkki"/>',
        )
    )
    instance = place.start()
    [key] = place.run(broadcast_signal, name="merkki", actor=place.people["owner"])
    race(*[lambda: place.run(deliver, delivery_key=key)] * 4)
    assert list(place.open_tasks(instance)) == ["after"]
    ensure_each_step_once(place, instance)


HEARS = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait">'
    '<bpmn:signalEventDefinition signalRef="s"/></bpmn:intermediateCatchEvent>'
    + user_step("after")
    + chain("begin", "wait", "after"),
    roots='<bpmn:signal id="s" name="merkki"/>',
)


def test_a_signal_to_many_against_another_cancelling_and_new_ones(place):
    """Two schedulers carry it while it is sent again, some receivers are cancelled and others begin to wait."""
    place.publish(HEARS)
    instances = [place.start() for _ in range(24)]
    place.run(broadcast_signal, name="merkki", actor=place.people["owner"])
    cancelled, begun = instances[::4], []

    def carry():
        for _ in range(50):
            if not delivery_round(place.executor, lambda: place.now)(place.now) and not pending(place):
                break

    def cancel():
        for each in cancelled:
            place.run(cancel_instance, instance_key=each, actor=place.people["admin"], reason="race")

    def begin():
        begun.extend(place.start() for _ in range(4))

    again = {"name": "merkki", "actor": place.people["owner"]}
    assert race(carry, carry, cancel, begin, lambda: place.run(broadcast_signal, **again)) == ["done"] * 5
    carry()
    assert pending(place) == 0
    for each in instances:
        ensure_each_step_once(place, each)
        assert place.status(each) == ("terminated" if each in cancelled else "active")
        if each not in cancelled:
            assert list(place.open_tasks(each)) == ["after"]
    # who began while it was sent has heard it, or waits for the next
    assert {tuple(place.open_tasks(each)) for each in begun} <= {(), ("after",)}


def pending(place):
    lines = place.executor.read(lambda uow: uow.monitor.deliveries_under_way())
    return sum(line.count for line in lines)


def test_two_admins_resolve_one_incident(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:exclusiveGateway id="choose"/>'
            + user_step("yes")
            + flow("begin", "choose")
            + flow("choose", "yes", "amount &gt; 10")
        )
    )
    for _ in range(ROUNDS):
        instance = place.start(variables={"amount": "many"})
        [found] = place.executor.read(lambda uow, key=instance: uow.monitor.incidents(instance_key=key))

        def resolve(found=found):
            place.run(
                resolve_incident, incident_key=found["key"], actor=place.people["admin"], variables={"amount": 11}
            )

        assert race(resolve, resolve) == ["Conflict", "done"]
        assert list(place.open_tasks(instance)) == ["yes"]
        ensure_each_step_once(place, instance)


def test_two_owners_publish_at_once(place):
    variants = [WORK.replace(b"Koeprosessi", f"Koe {number}".encode()) for number in range(4)]
    results = race(
        *[
            lambda xml=xml: place.run(publish, resources={"a.bpmn": xml}, actor=place.people["owner"])
            for xml in variants
        ]
    )
    assert results == ["done"] * 4
    lines = place.executor.read(lambda uow: uow.monitor.definitions())
    assert sorted(line.version for line in lines) == [1, 2, 3, 4]


def test_two_people_start_at_once(place):
    place.publish(WORK)
    assert race(*[place.start] * 4) == ["done"] * 4
    assert place.executor.read(lambda uow: uow.monitor.totals())["active"] == 4


def test_two_admins_write_variables_at_once(place):
    place.publish(WORK)
    instance = place.start()

    def write(name):
        return lambda: place.run(
            set_variables,
            instance_key=instance,
            scope_key=instance,
            variables={name: 1},
            actor=place.people["admin"],
        )

    assert race(write("a"), write("b"), write("c")) == ["done"] * 3
    lines = place.executor.read(lambda uow: uow.monitor.variables(instance))
    assert {line["name"] for line in lines} == {"a", "b", "c"}


def test_one_page_starts_one_instance_however_often_it_is_sent(place):
    startable = WORK.replace(
        b'<bpmn:startEvent id="begin"/>',
        b'<bpmn:startEvent id="begin"><bpmn:extensionElements><zeebe:properties>'
        b'<zeebe:property name="kyky.startRoles" value="r_palveluohjaaja"/></zeebe:properties>'
        b"</bpmn:extensionElements></bpmn:startEvent>",
    )
    place.publish(startable)
    started = []

    def start():
        started.append(
            place.run(
                start_by_hand,
                actor=place.people["counsellor"],
                process_id="test_process",
                start_element_id="begin",
                case_key=None,
                submission_id="page-1",
            )
        )

    assert race(start, start, start) == ["done"] * 3
    assert len({item.instance_key for item in started}) == 1
    assert place.executor.read(lambda uow: uow.monitor.totals())["active"] == 1


OFFERED = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait" name="Ei saapunut"><bpmn:extensionElements>'
    '<zeebe:properties><zeebe:property name="kyky.offeredTo" value="r_palveluohjaaja"/></zeebe:properties>'
    '</bpmn:extensionElements><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>'
    + user_step("after")
    + chain("begin", "wait", "after"),
    roots='<bpmn:message id="m" name="ei_saapunut"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=asia_id"/></bpmn:extensionElements></bpmn:message>',
)


def test_two_people_tell_a_case_the_same_event(place):
    place.publish(OFFERED)
    for _ in range(ROUNDS):
        case_key = open_case(place)
        instance = place.start(case_key=case_key)
        [awaited] = place.executor.read(lambda uow, key=case_key: uow.messages.waiting_in_case(key))

        def tell(person, case_key=case_key, key=awaited.key):
            def told():
                for delivery in place.run(
                    report_event, case_key=case_key, subscription_key=key, actor=place.people[person]
                ):
                    place.run(deliver, delivery_key=delivery)

            return told

        assert race(tell("counsellor"), tell("colleague"))[-1] == "done"
        assert list(place.open_tasks(instance)) == ["after"]
        ensure_each_step_once(place, instance)


def open_case(place):
    """Open a case of an invented client."""
    owner = place.people["counsellor"]

    def add(uow):
        client = uow.care.clients.add(
            key=new_key(),
            identity=Identity(name="Matti Esimerkki"),
            needs=ServiceNeeds(),
            area_id=AREA,
            controller_organisation_id=owner.organisation_id,
            now=place.now,
        )
        return uow.care.cases.add(
            key=new_key(),
            client_key=client.key,
            area_id=AREA,
            controller_organisation_id=owner.organisation_id,
            unit_id=owner.unit_id,
            owner_key=owner.user_key,
            now=place.now,
        ).key

    return place.executor.run(add)


HELD = WORK.replace(
    b"</bpmn:extensionElements></bpmn:userTask>",
    b"<zeebe:taskListeners>"
    + b"".join(
        f'<zeebe:taskListener eventType="{event}" type="listen" retries="1"/>'.encode()
        for event in ("assigning", "completing")
    )
    + b"</zeebe:taskListeners></bpmn:extensionElements></bpmn:userTask>",
    1,
)


def listeners_of(place, instance):
    """Return runners that answer the jobs of the instance's listeners: allowed, and denied."""
    [job] = place.run(claim_jobs, keys=list(place.open_jobs(instance).values()), owner="w", lease=LEASE)

    def answer(*, denied):
        place.run(finish_job, job_key=job.key, fence=job.fence, variables={}, ruling=ListenerAnswer(denied=denied))

    return lambda: answer(denied=False), lambda: answer(denied=True)


def test_two_people_ask_for_one_task_that_listeners_hold(place):
    place.publish(HELD)
    for _ in range(ROUNDS):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        results = race(
            lambda task=task: place.run(claim_task, task_key=task, actor=place.people["counsellor"]),
            lambda task=task: place.run(claim_task, task_key=task, actor=place.people["colleague"]),
        )
        assert results == ["TaskHeld", "done"]
        assert len(place.open_jobs(instance)) == 1


def test_a_held_completion_against_another_its_answer_and_the_end(place):
    place.publish(HELD)
    for _ in range(ROUNDS):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        place.complete(task, "counsellor")
        allow, deny = listeners_of(place, instance)
        results = race(allow, deny, lambda task=task: place.complete(task, "colleague"))
        # one answer counts; whoever completes too finds the task held, done, or open again and held once more
        assert results in (
            ["LeaseLost", "TaskHeld", "done"],
            ["LeaseLost", "TaskAlreadyClosed", "done"],
            ["LeaseLost", "done", "done"],
        )
        ensure_each_step_once(place, instance)
        found = place.executor.read(lambda uow, task=task: uow.tasks.get(task))
        again = results == ["LeaseLost", "done", "done"]
        assert found.held_event == ("completing" if again else "")
        assert len(place.open_jobs(instance)) == (1 if again or found.status == "completed" else 0)


def test_a_held_completion_against_the_cancelling_of_its_instance(place):
    place.publish(HELD)
    for _ in range(ROUNDS):
        instance = place.start()
        task = place.open_tasks(instance)["first"]
        place.complete(task, "counsellor")
        allow, _ = listeners_of(place, instance)
        cancel = {"instance_key": instance, "actor": place.people["admin"], "reason": "race"}
        results = race(allow, lambda cancel=cancel: place.run(cancel_instance, **cancel))
        assert results in (["LeaseLost", "done"], ["done", "done"])
        assert place.open_jobs(instance) == {}
        found = place.executor.read(lambda uow, task=task: uow.tasks.get(task))
        assert (found.status, found.held_event) == ("completed" if "LeaseLost" not in results else "cancelled", "")


def test_two_choose_the_next_activity_of_a_sub_process_that_does_one_at_a_time(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:adHocSubProcess id="open" ordering="Sequential">'
            "<bpmn:completionCondition>=false</bpmn:completionCondition>"
            + user_step("a")
            + "</bpmn:adHocSubProcess>"
            + chain("begin", "open")
        )
    )
    for _ in range(ROUNDS):
        instance = place.start()
        place.complete(place.open_tasks(instance)["a"])
        with place.executor.database.engine.connect() as connection:
            scope = connection.scalar(
                select(history.c.element_instance_key).where(
                    history.c.instance_key == instance, history.c.element_id == "open"
                )
            )

        def begin(key: int = scope) -> None:
            activities = [("a", dict[str, Any]())]
            place.run(
                begin_activities,
                element_instance_key=key,
                activities=activities,
                cancels_remaining=False,
                actor=place.people["admin"],
                reason="koe",
            )

        assert race(begin, begin) == ["Conflict", "done"]
        assert list(place.open_tasks(instance)) == ["a"]
