"""Called processes through commands, pages and the API, on both databases."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, text, update

from app.commands.cancel_instance import cancel_instance
from app.commands.fire_timer import fire_timer
from app.commands.jobs import claim_jobs, fail_job, finish_job, throw_job_error
from app.commands.messages import broadcast_signal, deliver, publish_message
from app.commands.report_event import report_event
from app.commands.resolve_incident import resolve_incident, set_variables
from app.domain.errors import Conflict, InvalidSubmission
from app.queries.case_page import case_page
from app.settings import Settings
from app.storage.tables.instances import (
    called_process,
    delivery,
    history,
    incident,
    message_subscription,
    process_instance,
    variable,
)
from app.storage.tables.work import user_task
from app.web import create_app
from tests.factories import chain, diagram, flow, job_step, make_place, user_step
from tests.programs import open_door
from tests.races.test_commands import open_case
from tests.scenarios.world import Person, token_of

LEASE = timedelta(seconds=60)
MESSAGE = (
    '<bpmn:message id="m" name="viesti"><bpmn:extensionElements><zeebe:subscription correlationKey="=avain"/>'
    '</bpmn:extensionElements></bpmn:message><bpmn:signal id="sig" name="merkki"/>'
    '<bpmn:error id="err" errorCode="virhe"/>'
)


def call_step(element_id: str = "kutsu", process_id: str = "callee", inner: str = "", **attributes: str) -> str:
    """Return a call activity; the attributes are those of zeebe:calledElement."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<bpmn:callActivity id="{element_id}" name="Kutsu {element_id}"><bpmn:extensionElements>'
        f'<zeebe:calledElement processId="{process_id}"{written}/></bpmn:extensionElements>{inner}</bpmn:callActivity>'
    )


def caller(*, inner: str = "", more: str = "", **attributes: str) -> bytes:
    """Return a process that calls another one and then asks a person."""
    steps = (
        '<bpmn:startEvent id="begin"/>'
        + call_step(inner=inner, **attributes)
        + user_step("after")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "kutsu", "after", "done")
    )
    return diagram(steps + more, roots=MESSAGE)


def callee(*steps: str, order: tuple[str, ...], process_id: str = "callee") -> bytes:
    """Return a process that can be called."""
    body = f'<bpmn:startEvent id="alku"/>{"".join(steps)}<bpmn:endEvent id="loppu"/>{chain("alku", *order, "loppu")}'
    return diagram(body, process_id=process_id, roots=MESSAGE).replace(b"Koeprosessi", b"Kutsuttu")


ONE_TASK = callee(user_step("kysy"), order=("kysy",))
ONE_JOB = callee(job_step("tee", retries=1), order=("tee",))


@pytest.fixture
def place(database):
    return make_place(database)


def rows(place, table, *conditions):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(select(table).where(*conditions)).all()


def calls_of(place, instance):
    return sorted(rows(place, called_process, called_process.c.instance_key == instance), key=lambda row: row.version)


def lease(place, instance):
    (key,) = place.open_jobs(instance).values()
    (job,) = place.run(claim_jobs, keys=[key], owner="w1", lease=LEASE)
    return job


# -- what is written ---------------------------------------------------------------------------------------------------


def test_a_call_has_a_line_of_its_own_from_start_to_end(place):
    place.publish(caller(), ONE_TASK)
    instance = place.start(variables={"x": 1})
    (line,) = calls_of(place, instance)
    assert (line.parent_key, line.element_id, line.process_id, line.version) == (instance, "kutsu", "callee", 1)
    assert (line.status, line.ended_at) == ("active", None)
    task = place.executor.read(lambda uow: uow.tasks.get(place.open_tasks(instance)["kysy"]))
    assert (task.called_process_key, task.definition_key) == (line.key, line.process_definition_key)
    assert task.process_id == "callee"
    place.later(minutes=1)
    place.complete(task.key, vastaus="kyllä")
    (line,) = calls_of(place, instance)
    assert (line.status, line.ended_at) == ("completed", place.now)
    place.complete(place.open_tasks(instance)["after"])
    assert place.status(instance) == "completed"
    inside = {row.element_id for row in rows(place, history, history.c.called_process_key == line.key)}
    assert inside == {"callee", "alku", "alku_to_kysy", "kysy", "kysy_to_loppu", "loppu"}
    values = {row.name: row.value for row in rows(place, variable, variable.c.scope_key == instance)}
    assert values == {"x": 1, "vastaus": "kyllä"}
    seen = {row.name: row.value for row in rows(place, variable, variable.c.called_process_key == line.key)}
    assert seen == {"x": 1, "vastaus": "kyllä"}


def test_a_call_that_waits_for_nothing_has_its_line_too(place):
    place.publish(caller(), callee(order=()))
    instance = place.start()
    assert [line.status for line in calls_of(place, instance)] == ["completed"]
    assert set(place.open_tasks(instance)) == {"after"}


def test_cancelling_the_instance_ends_what_it_called(place):
    place.publish(caller(), ONE_TASK)
    instance = place.start()
    (line,) = calls_of(place, instance)
    with pytest.raises(Conflict):
        place.run(cancel_instance, instance_key=line.key, actor=place.people["admin"], reason="turha")
    place.run(cancel_instance, instance_key=instance, actor=place.people["admin"], reason="turha")
    assert [line.status for line in calls_of(place, instance)] == ["terminated"]
    assert place.open_tasks(instance) == {}


def test_an_instance_that_cannot_be_read_is_ended_with_what_it_called(place):
    place.publish(caller(), ONE_TASK)
    instance = place.start()
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            update(process_instance).where(process_instance.c.key == instance).values(state=b"nothing that was stored")
        )
    place.run(cancel_instance, instance_key=instance, actor=place.people["admin"], reason="ei aukea")
    assert [line.status for line in calls_of(place, instance)] == ["terminated"]
    assert place.open_tasks(instance) == {}


# -- versions ----------------------------------------------------------------------------------------------------------

FORM = (
    '{"id": "f_kutsu", "title": {"fi": "Koe", "sv": "Prov", "en": "Test"}, "dataGroup": "terveys", "sections":'
    ' [{"key": "osa", "title": {"fi": "Osa", "sv": "Del", "en": "Part"}, "fields": [{"key": "KEY", "type": "integer",'
    ' "required": true, "variable": "KEY", "label": {"fi": "K", "sv": "K", "en": "K"}}]}]}'
)
WITH_FORM = callee(user_step("kysy", form_id="f_kutsu"), order=("kysy",))


def test_an_open_task_keeps_its_version_and_form_and_the_next_call_takes_the_new_one(place):
    twice = diagram(
        '<bpmn:startEvent id="begin"/>' + call_step("a") + call_step("b") + chain("begin", "a", "b"),
    )
    place.publish(twice, WITH_FORM, resources={"f.json": FORM.replace("KEY", "vanha").encode()})
    instance = place.start()
    # only the form changed: the diagram, and with it the engine's spec, is the same
    place.publish(WITH_FORM, resources={"f.json": FORM.replace("KEY", "uusi").encode()})
    with pytest.raises(InvalidSubmission):
        place.complete(place.open_tasks(instance)["kysy"], uusi=1)
    place.complete(place.open_tasks(instance)["kysy"], vanha=1)
    assert [line.version for line in calls_of(place, instance)] == [1, 2]
    with pytest.raises(InvalidSubmission):
        place.complete(place.open_tasks(instance)["kysy"], vanha=1)
    place.complete(place.open_tasks(instance)["kysy"], uusi=2)
    assert place.status(instance) == "completed"


def version(number: int, tag: str = "") -> bytes:
    """Return a version of the called process whose task has the number in its id."""
    xml = callee(user_step(f"kysy{number}"), order=(f"kysy{number}",))
    extension = f'<bpmn:extensionElements><zeebe:versionTag value="{tag}"/></bpmn:extensionElements>' if tag else ""
    return xml.replace(b'isExecutable="true">', f'isExecutable="true">{extension}'.encode())


def test_the_version_tag_chooses_the_newest_version_with_the_tag(place):
    place.publish(version(1, "kevät"))
    place.publish(version(2, "kevät"))
    place.publish(version(3))
    place.publish(caller(bindingType="versionTag", versionTag="kevät"))
    assert set(place.open_tasks(place.start())) == {"kysy2"}


def test_a_bound_call_takes_the_version_published_with_the_caller(place):
    bound = caller(bindingType="deployment")
    first = place.publish(bound, version(1))
    place.later(minutes=1)
    place.publish(version(2))
    assert set(place.open_tasks(place.start())) == {"kysy1"}
    place.later(minutes=1)
    again = place.publish(bound, version(3))
    assert set(place.open_tasks(place.start())) == {"kysy3"}, "published together, called together"
    assert [each.processes[0][0].version for each in (first, again)] == [1, 2]
    assert place.publish(bound, version(3)).processes[0][0].version == 2, "nothing changed"


def test_a_missing_process_is_an_incident_until_it_is_published(place):
    place.publish(caller())
    instance = place.start()
    (stuck,) = rows(place, incident, incident.c.instance_key == instance)
    assert (stuck.code, stuck.element_id, stuck.called_process_key) == ("called_process_missing", "kutsu", None)
    place.publish(ONE_TASK)
    place.run(resolve_incident, incident_key=stuck.key, actor=place.people["admin"])
    assert set(place.open_tasks(instance)) == {"kysy"}


# -- what happens inside -----------------------------------------------------------------------------------------------


def test_a_failed_job_inside_is_repaired_with_data_of_the_called_process(place):
    place.publish(caller(), ONE_JOB)
    instance = place.start(variables={"x": 1})
    (line,) = calls_of(place, instance)
    job = lease(place, instance)
    assert (job.called_process_key, job.variables) == (line.key, {"x": 1})
    place.run(fail_job, job_key=job.key, fence=job.fence, code="connector_failed", message="")
    (stuck,) = rows(place, incident, incident.c.instance_key == instance)
    assert (stuck.process_id, stuck.called_process_key) == ("callee", line.key)
    place.run(resolve_incident, incident_key=stuck.key, actor=place.people["admin"], variables={"x": 2})
    assert [row.value for row in rows(place, variable, variable.c.scope_key == instance)] == [1]
    assert [row.value for row in rows(place, variable, variable.c.scope_key == line.key)] == [2]
    job = lease(place, instance)
    place.run(finish_job, job_key=job.key, fence=job.fence, variables={})
    assert [row.value for row in rows(place, variable, variable.c.scope_key == instance)] == [2]


def test_an_error_of_a_job_inside_is_caught_by_the_caller(place):
    catching = (
        '<bpmn:boundaryEvent id="virhe" attachedToRef="kutsu"><bpmn:errorEventDefinition errorRef="err"/>'
        "</bpmn:boundaryEvent>" + user_step("korjaa") + flow("virhe", "korjaa")
    )
    place.publish(caller(more=catching), ONE_JOB)
    instance = place.start()
    job = lease(place, instance)
    place.run(throw_job_error, job_key=job.key, fence=job.fence, error_code="virhe")
    assert set(place.open_tasks(instance)) == {"korjaa"}
    assert [line.status for line in calls_of(place, instance)] == ["terminated"]


def test_timers_inside_and_on_the_call_go_off(place):
    waiting = callee(
        '<bpmn:intermediateCatchEvent id="odota"><bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration>'
        "</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>",
        user_step("kysy"),
        order=("odota", "kysy"),
    )
    late = (
        '<bpmn:boundaryEvent id="myohassa" attachedToRef="kutsu"><bpmn:timerEventDefinition>'
        "<bpmn:timeDuration>P3D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        + user_step("kiirehdi")
        + flow("myohassa", "kiirehdi")
    )
    place.publish(caller(more=late), waiting)
    instance = place.start()
    timers = place.open_timers(instance)
    place.later(days=1)
    assert place.run(fire_timer, timer_key=timers["odota"][0])
    assert set(place.open_tasks(instance)) == {"kysy"}
    place.later(days=2)
    assert place.run(fire_timer, timer_key=timers["myohassa"][0])
    assert set(place.open_tasks(instance)) == {"kiirehdi"}


CATCHES = callee(
    '<bpmn:intermediateCatchEvent id="saapuu"><bpmn:messageEventDefinition messageRef="m"/>'
    "</bpmn:intermediateCatchEvent>",
    user_step("kysy"),
    order=("saapuu", "kysy"),
)


def test_a_message_goes_once_to_each_process_and_a_called_one_counts_as_its_own(place):
    watching = (
        '<bpmn:boundaryEvent id="ulkona" cancelActivity="false" attachedToRef="kutsu">'
        '<bpmn:messageEventDefinition messageRef="m"/></bpmn:boundaryEvent>'
        + user_step("katso")
        + flow("ulkona", "katso")
    )
    place.publish(caller(more=watching), CATCHES)
    first, second = (place.start(variables={"avain": "1"}) for _ in range(2))
    waits = rows(place, message_subscription, message_subscription.c.status == "open")
    assert sorted(row.process_id for row in waits) == ["callee", "callee", "test_process", "test_process"]
    published = place.run(publish_message, name="viesti", correlation_key="1", actor=place.people["admin"])
    assert len(published.delivery_keys) == 2
    for key in published.delivery_keys:
        place.run(deliver, delivery_key=key)
    opened = sorted([*place.open_tasks(first), *place.open_tasks(second)])
    assert opened == ["katso", "kysy"]


def test_a_delivery_that_comes_too_late_leaves_the_message_to_another_call(place):
    place.publish(caller(), CATCHES)
    first, second = (place.start(variables={"avain": "1"}) for _ in range(2))
    published = place.run(
        publish_message, name="viesti", correlation_key="1", actor=place.people["admin"], time_to_live=timedelta(days=1)
    )
    (key,) = published.delivery_keys
    (meant,) = rows(place, delivery, delivery.c.key == key)
    place.run(cancel_instance, instance_key=meant.instance_key, actor=place.people["admin"], reason="turha")
    place.run(deliver, delivery_key=key)
    place.deliver_messages()
    (other,) = {first, second} - {meant.instance_key}
    assert set(place.open_tasks(other)) == {"kysy"}


def test_a_signal_reaches_waits_inside_calls(place):
    hears = callee(
        '<bpmn:intermediateCatchEvent id="kuulee"><bpmn:signalEventDefinition signalRef="sig"/>'
        "</bpmn:intermediateCatchEvent>",
        user_step("kysy"),
        order=("kuulee", "kysy"),
    )
    place.publish(caller(), hears)
    instance = place.start()
    for key in place.run(broadcast_signal, name="merkki", actor=place.people["admin"]):
        place.run(deliver, delivery_key=key)
    assert set(place.open_tasks(instance)) == {"kysy"}


def test_turns_of_a_call_in_an_event_sub_process(place):
    turns = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
        'inputCollection="=[1, 2]" inputElement="n" outputCollection="kaikki" outputElement="=vastaus"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
    )
    inside = (
        '<bpmn:subProcess id="sivussa" triggeredByEvent="true"><bpmn:startEvent id="alkaa" isInterrupting="false">'
        '<bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>'
        + call_step("monta", inner=turns)
        + chain("alkaa", "monta")
        + "</bpmn:subProcess>"
    )
    place.publish(caller(more=inside), ONE_TASK)
    instance = place.start(variables={"avain": "1"})
    published = place.run(publish_message, name="viesti", correlation_key="1", actor=place.people["admin"])
    place.run(deliver, delivery_key=published.delivery_keys[0])
    lines = calls_of(place, instance)
    assert sorted(line.element_id for line in lines) == ["kutsu", "monta", "monta"]
    assert {line.parent_key for line in lines} == {instance}
    tasks = rows(place, user_task, user_task.c.instance_key == instance, user_task.c.element_id == "kysy")
    for number, task in enumerate(sorted(tasks, key=lambda row: row.called_process_key)):
        place.complete(task.key, vastaus=number)
    place.complete(place.open_tasks(instance)["after"])
    assert place.status(instance) == "completed"
    assert {line.status for line in calls_of(place, instance)} == {"completed"}


def test_a_process_that_calls_itself_without_end_stops_with_an_incident(place):
    place.publish(
        diagram('<bpmn:startEvent id="begin"/>' + call_step(process_id="test_process") + chain("begin", "kutsu"))
    )
    instance = place.start()
    (stuck,) = rows(place, incident, incident.c.instance_key == instance)
    lines = calls_of(place, instance)
    assert stuck.code == "call_depth"
    assert stuck.called_process_key in {line.key for line in lines}
    place.run(cancel_instance, instance_key=instance, actor=place.people["admin"], reason="kiertää kehää")
    assert {line.status for line in calls_of(place, instance)} == {"terminated"}


def test_variables_of_a_called_process_can_be_set(place):
    place.publish(caller(), ONE_TASK)
    instance = place.start(variables={"x": 1})
    (line,) = calls_of(place, instance)
    place.run(
        set_variables,
        instance_key=instance,
        scope_key=line.key,
        variables={"x": 2},
        actor=place.people["admin"],
    )
    (changed,) = rows(place, variable, variable.c.scope_key == line.key)
    assert (changed.value, changed.called_process_key) == (2, line.key)


# -- pages -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def pages(place, tmp_path):
    settings = Settings.load({"KYKYPOLKU_DATA_FOLDER": str(tmp_path), "KYKYPOLKU_MODE": "demo"})
    app = create_app(place.executor, settings, clock=lambda: place.now)
    app.testing = True
    return SimpleNamespace(app=app)


def test_a_person_does_the_task_of_a_called_process_on_its_page(place, pages):
    place.publish(caller(), ONE_TASK)
    instance = place.start()
    task_key = place.open_tasks(instance)["kysy"]
    person = Person(pages, "counsellor")
    assert f"/tasks/{task_key}" in person.get("/worklist?tab=groups").text
    page = person.get(f"/tasks/{task_key}")
    assert "Tehtävä kysy" in page.text
    assert person.post(f"/tasks/{task_key}", {}, page=page).status_code == 303
    assert set(place.open_tasks(instance)) == {"after"}


def test_the_monitor_shows_the_called_process_with_its_tokens_and_the_way_back(place, pages):
    middle = callee(call_step("sisempi", "innermost"), order=("sisempi",))
    innermost = callee(job_step("tee", retries=1), order=("tee",), process_id="innermost")
    place.publish(caller(), middle, innermost)
    instance = place.start()
    job = lease(place, instance)
    place.run(fail_job, job_key=job.key, fence=job.fence, code="connector_failed", message="")
    inner, outer = sorted(calls_of(place, instance), key=lambda line: line.parent_key == instance)
    admin = Person(pages, "admin")
    page = admin.get(f"/monitor/instances/{instance}").text
    assert f"/monitor/instances/{outer.key}" in page
    assert "Kutsu kutsu" in page
    assert 'data-element="tee"' not in page, "tokens of the called process are on its own diagram"
    page = admin.get(f"/monitor/instances/{outer.key}").text
    assert f'href="/monitor/instances/{instance}"' in page
    assert f'href="/monitor/instances/{inner.key}"' in page
    assert "/cancel" not in page
    page = admin.get(f"/monitor/instances/{inner.key}").text
    assert f'href="/monitor/instances/{outer.key}"' in page
    assert 'data-element="tee"' in page
    (stuck,) = rows(place, incident, incident.c.instance_key == instance)
    assert f"/monitor/instances/{inner.key}#incident-{stuck.key}" in admin.get("/monitor/incidents").text
    listed = admin.get("/monitor?process=innermost&status=incident").text
    assert f"/monitor/instances/{instance}" in listed, "found by the process that it has called"
    assert "Työ tee" in listed
    sent = {"csrf_token": token_of(page), "reason": "turha"}
    assert admin.client.post(f"/monitor/instances/{inner.key}/cancel", data=sent).status_code == 409
    sent = {"csrf_token": token_of(page), "instance": str(inner.key), "decision": "done"}
    answer = admin.client.post(f"/monitor/incidents/{stuck.key}/retry", data=sent)
    assert answer.headers["Location"].endswith(f"/monitor/instances/{inner.key}")
    assert set(place.open_tasks(instance)) == {"after"}


def test_the_page_of_a_version_counts_tokens_of_calls_too(place, pages):
    published = place.publish(caller(), ONE_TASK)
    place.start()
    place.start()
    key = next(item.key for item, _ in published.processes if item.process_id == "callee")
    page = Person(pages, "admin").get(f"/monitor/processes/{key}").text
    assert "Tehtävä kysy" in page
    counts = place.executor.read(lambda uow: uow.monitor.element_counts(key))
    assert counts == {"kysy": 2}


def test_the_case_page_tells_the_steps_of_called_processes_by_their_names(place):
    place.publish(caller(), ONE_TASK)
    case_key = open_case(place)
    instance = place.start(case_key=case_key)
    place.complete(place.open_tasks(instance)["kysy"])
    page = place.executor.run(
        lambda uow: case_page(uow, case_key=case_key, actor=place.people["counsellor"], now=place.now)
    )
    told = [line.element_name.get("fi") for line in page.timeline if line.element_type == "userTask"]
    assert told == ["Tehtävä kysy"]


def test_a_care_event_reaches_a_wait_inside_a_call_and_is_offered_by_its_diagram(place):
    offered = (
        '<bpmn:intermediateCatchEvent id="peruu" name="Asiakas peruu"><bpmn:extensionElements><zeebe:properties>'
        '<zeebe:property name="kyky.offeredTo" value="r_palveluohjaaja"/></zeebe:properties></bpmn:extensionElements>'
        '<bpmn:messageEventDefinition messageRef="care"/></bpmn:intermediateCatchEvent>'
    )
    roots = MESSAGE.replace('id="m" name="viesti"', 'id="care" name="asiakas_peruu"').replace("=avain", "=asia_id")
    body = f'<bpmn:startEvent id="alku"/>{offered}{user_step("kysy")}{chain("alku", "peruu", "kysy")}'
    place.publish(caller(), diagram(body, process_id="callee", roots=roots))
    case_key = open_case(place)
    instance = place.start(case_key=case_key)
    (awaited,) = place.executor.read(lambda uow: uow.messages.waiting_in_case(case_key))
    keys = place.run(report_event, case_key=case_key, subscription_key=awaited.key, actor=place.people["counsellor"])
    for key in keys:
        place.run(deliver, delivery_key=key)
    assert set(place.open_tasks(instance)) == {"kysy"}
    task = place.executor.read(lambda uow: uow.tasks.get(place.open_tasks(instance)["kysy"]))
    assert task.case_key == case_key


# -- API ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def door(database, tmp_path):
    return open_door(database, tmp_path / "data")


@pytest.fixture
def admin(door):
    return door.program("prog-admin", "r_yllapitaja", "r_prosessinomistaja")


def test_the_api_shows_a_called_process_as_an_instance_with_a_parent(door, admin):
    door.place.publish(caller(), ONE_TASK)
    instance = door.place.start(business_id="b-1")
    (line,) = calls_of(door.place, instance)
    (found,) = admin.search("process-instances", filter={"parentProcessInstanceKey": str(instance)})["items"]
    assert found["processInstanceKey"] == str(line.key)
    assert found["rootProcessInstanceKey"] == str(instance)
    assert found["parentElementInstanceKey"] == str(line.element_instance_key)
    assert (found["processDefinitionId"], found["state"], found["businessId"]) == ("callee", "ACTIVE", "b-1")
    assert admin.get(f"/v2/process-instances/{line.key}").get_json() == found
    assert admin.search("process-instances")["page"]["totalItems"] == 2
    (root,) = admin.search("process-instances", filter={"parentProcessInstanceKey": {"$exists": False}})["items"]
    assert (root["processInstanceKey"], root["parentProcessInstanceKey"]) == (str(instance), None)
    answer = admin.post(f"/v2/process-instances/{line.key}/cancellation", {})
    assert answer.status_code == 409
    assert str(instance) in answer.get_json()["detail"]
    assert admin.post(f"/v2/process-instances/{instance}/cancellation", {}).status_code == 204
    assert admin.get(f"/v2/process-instances/{line.key}").get_json()["state"] == "TERMINATED"


def test_the_api_finds_what_is_inside_by_the_called_process(door, admin):
    door.place.publish(caller(), ONE_TASK)
    instance = door.place.start(variables={"x": 1})
    (line,) = calls_of(door.place, instance)
    inside, outside = ({"processInstanceKey": str(key)} for key in (line.key, instance))
    (task,) = admin.search("user-tasks", filter=inside)["items"]
    assert (task["elementId"], task["processDefinitionKey"]) == ("kysy", str(line.process_definition_key))
    assert (task["processInstanceKey"], task["rootProcessInstanceKey"]) == (str(line.key), str(instance))
    assert admin.search("user-tasks", filter=outside)["items"] == []
    found = admin.search("element-instances", filter=inside)["items"]
    assert {(item["elementId"], item["processDefinitionId"]) for item in found} == {
        (name, "callee") for name in ("callee", "alku", "kysy")
    }
    found = admin.search("element-instances", filter=outside)["items"]
    assert {item["elementId"] for item in found} == {"test_process", "begin", "kutsu"}
    (value,) = admin.search("variables", filter=inside)["items"]
    assert (value["scopeKey"], value["name"], value["value"]) == (str(line.key), "x", "1")
    seen = admin.post(f"/v2/user-tasks/{task['userTaskKey']}/variables/search", {}).get_json()["items"]
    assert [item["scopeKey"] for item in seen] == [str(line.key)], "nothing of the caller is seen inside"
    flows = admin.get(f"/v2/process-instances/{line.key}/sequence-flows").get_json()["items"]
    assert {item["sequenceFlowId"] for item in flows} == {f"{line.key}_alku_to_kysy"}


def test_a_worker_of_the_api_does_a_job_of_a_called_process(door, admin):
    door.place.publish(caller(), ONE_JOB)
    instance = door.place.start(variables={"x": 1})
    (line,) = calls_of(door.place, instance)
    body = {"type": "test_work", "timeout": 60_000, "maxJobsToActivate": 1}
    (job,) = admin.post("/v2/jobs/activation", body).get_json()["jobs"]
    assert (job["processInstanceKey"], job["processDefinitionId"]) == (str(line.key), "callee")
    written = admin.post(f"/v2/element-instances/{line.key}/variables", {"variables": {"x": 5}}, method="PUT")
    assert written.status_code == 204
    assert admin.post(f"/v2/jobs/{job['jobKey']}/completion", {}).status_code == 204
    found = admin.get(f"/v2/process-instances/{line.key}").get_json()
    assert (found["state"], found["hasIncident"]) == ("COMPLETED", False)
    (value,) = admin.search("variables", filter={"scopeKey": str(instance)})["items"]
    assert value["value"] == "5"


def test_the_api_says_which_incident_is_whose(door, admin):
    place = door.place
    place.publish(caller(), callee(call_step("puuttuva", "nowhere"), order=("puuttuva",)))
    instance = place.start()
    (line,) = calls_of(place, instance)
    (item,) = admin.search("incidents", filter={"processInstanceKey": str(line.key)})["items"]
    assert (item["errorType"], item["processDefinitionId"]) == ("CALLED_ELEMENT_ERROR", "callee")
    assert (item["elementId"], item["rootProcessInstanceKey"]) == ("puuttuva", str(instance))
    found = admin.search("process-instances", filter={"hasIncident": True})["items"]
    assert {each["processInstanceKey"] for each in found} == {str(instance), str(line.key)}


# -- cost --------------------------------------------------------------------------------------------------------------


def test_a_loop_around_a_call_leaves_no_trace_in_the_state(place):
    looped = '<bpmn:standardLoopCharacteristics loopMaximum="30"/>'
    place.publish(caller(inner=looped), ONE_TASK)
    instance = place.start(variables={"x": 1})
    sizes = []
    for turn in range(12):
        place.complete(place.open_tasks(instance)["kysy"], n=turn)
        with place.executor.database.engine.connect() as connection:
            size = connection.execute(
                text("SELECT length(state) FROM process_instance WHERE key = :key"), {"key": instance}
            ).scalar_one()
        sizes.append(size)
    assert max(sizes[2:]) <= sizes[1] * 1.05
    counted = select(func.count()).where(called_process.c.instance_key == instance)
    with place.executor.database.engine.connect() as connection:
        assert connection.execute(counted).scalar_one() == 13
