"""What leaves the order open, through the commands of both databases: several ways to start, conditions, ad hoc."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.commands.begin_activities import begin_activities
from app.commands.evaluate_start_conditions import evaluate_start_conditions
from app.commands.messages import broadcast_signal, deliver, publish_message
from app.commands.pause_instance import pause_instance, resume_instance
from app.commands.resolve_incident import resolve_incident, set_variables
from app.domain.errors import InstancePaused, NotAllowed, NotFound
from app.storage.tables.instances import history, incident, variable
from tests.factories import chain, diagram, flow, make_place, user_step
from tests.programs import open_door
from tests.web import Visitor

MESSAGES = "".join(
    f'<bpmn:message id="m_{name}" name="{name}"><bpmn:extensionElements>'
    f'<zeebe:subscription correlationKey="=avain"/></bpmn:extensionElements></bpmn:message>'
    for name in ("yksi", "kaksi")
)


@pytest.fixture
def place(database):
    return make_place(database)


@pytest.fixture
def door(database, tmp_path):
    return open_door(database, tmp_path / "data")


def send(place, name, **variables):
    published = place.run(
        publish_message,
        name=name,
        correlation_key="k",
        variables={"avain": "k", **variables},
        time_to_live=timedelta(days=1),
        actor=place.people["owner"],
    )
    for key in published.delivery_keys:
        place.run(deliver, delivery_key=key)


def begun(place, element_id):
    """Return the instances in which the element has begun, and the keys of its element instances."""
    with place.executor.database.engine.connect() as connection:
        return connection.execute(
            select(history.c.instance_key, history.c.element_instance_key)
            .where(history.c.element_id == element_id, history.c.event == "activated")
            .order_by(history.c.sequence)
        ).all()


def test_an_event_with_several_definitions_starts_a_process_in_several_ways(place):
    place.publish(
        diagram(
            '<bpmn:startEvent id="begin"><bpmn:messageEventDefinition messageRef="m_yksi"/>'
            '<bpmn:messageEventDefinition messageRef="m_kaksi"/><bpmn:signalEventDefinition signalRef="s"/>'
            "</bpmn:startEvent>" + user_step("first") + chain("begin", "first"),
            roots=MESSAGES + '<bpmn:signal id="s" name="merkki"/>',
        )
    )
    send(place, "yksi")
    send(place, "kaksi")
    [key] = place.run(broadcast_signal, name="merkki", actor=place.people["owner"], variables={})
    place.run(deliver, delivery_key=key)
    assert len(begun(place, "first")) == 3


def test_a_gateway_starts_a_process_with_one_message_and_waits_for_the_other(place):
    place.publish(
        diagram(
            '<bpmn:eventBasedGateway id="begin" instantiate="true" eventGatewayType="Parallel"/>'
            '<bpmn:receiveTask id="one" messageRef="m_yksi"/><bpmn:receiveTask id="two" messageRef="m_kaksi"/>'
            + chain("begin", "one")
            + chain("begin", "two"),
            roots=MESSAGES,
        )
    )
    send(place, "kaksi")
    [(instance, _)] = begun(place, "one")
    assert place.status(instance) == "active"
    send(place, "yksi")
    assert place.status(instance) == "completed"


AD_HOC = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:adHocSubProcess id="open" ordering="Sequential">'
    + user_step("a")
    + user_step("b")
    + "<bpmn:completionCondition>=valmis</bpmn:completionCondition></bpmn:adHocSubProcess>"
    '<bpmn:boundaryEvent id="enough" attachedToRef="open" cancelActivity="false"><bpmn:conditionalEventDefinition>'
    "<bpmn:condition>=pisteet &gt; 5</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:boundaryEvent>"
    + user_step("beside")
    + '<bpmn:endEvent id="done"/>'
    + chain("begin", "open", "done")
    + flow("enough", "beside")
)


def test_conditions_and_the_choice_of_activities(place):
    place.publish(AD_HOC)
    instance = place.start(variables={"pisteet": 1})
    admin = place.people["admin"]
    [(_, scope)] = begun(place, "open")
    place.complete(place.open_tasks(instance)["a"])
    place.complete(place.open_tasks(instance)["b"])
    place.run(set_variables, instance_key=instance, scope_key=instance, variables={"pisteet": 6}, actor=admin)
    assert list(place.open_tasks(instance)) == ["beside"]
    chosen = {"element_instance_key": scope, "activities": [("b", {"oma": 1})], "cancels_remaining": False}
    chosen["reason"] = "lisäselvitys"
    with pytest.raises(NotAllowed):
        place.run(begin_activities, **chosen, actor=place.people["counsellor"])
    with pytest.raises(NotFound):
        place.run(begin_activities, **{**chosen, "element_instance_key": 1}, actor=admin)
    place.run(pause_instance, instance_key=instance, actor=admin, reason="selvitetään")
    with pytest.raises(InstancePaused):
        place.run(begin_activities, **chosen, actor=admin)
    place.run(resume_instance, instance_key=instance, actor=admin)
    place.run(begin_activities, **chosen, actor=admin)
    assert sorted(place.open_tasks(instance)) == ["b", "beside"]
    place.complete(place.open_tasks(instance)["b"])
    with place.executor.database.engine.connect() as connection:
        [(key, code)] = connection.execute(select(incident.c.key, incident.c.code).where(incident.c.status == "open"))
    assert code == "ad_hoc_unfinished"
    place.run(resolve_incident, incident_key=key, actor=admin, variables={"valmis": True})
    place.complete(place.open_tasks(instance)["beside"])
    assert place.status(instance) == "completed"


def test_an_administrator_begins_activities_on_the_page_of_the_instance(door):
    place = door.place
    place.publish(AD_HOC)
    instance = place.start(variables={"pisteet": 1})
    [(_, scope)] = begun(place, "open")
    visitor = Visitor(door.app)
    address = f"/monitor/instances/{instance}"
    visitor.sign_in("admin")
    page = visitor.get(address).text
    assert f'action="{address}/begin"' in page
    assert "Tehtävä b" in page

    def begin(*activities, reason="lisäselvitys", **more):
        fields = {"scope": str(scope), "activity": list(activities), "reason": reason, **more}
        return visitor.post(f"{address}/begin", fields)

    nothing = begin(reason=" ")
    assert nothing.status_code == 422
    assert "Valitse vähintään yksi tehtävä." in nothing.text
    assert "Kirjoita peruste." in nothing.text
    assert begin("beside").status_code == 422
    busy = begin("b")
    assert busy.status_code == 409
    assert 'value="b" checked' in busy.text
    assert 'value="lisäselvitys"' in busy.text
    assert begin("b", cancels="1").status_code == 303
    assert list(place.open_tasks(instance)) == ["b"]
    assert "lisäselvitys" in visitor.get(address).text
    visitor.post(f"{address}/cancel", {"reason": "riittää"})
    assert begin("b").status_code == 409
    assert f"{address}/begin" not in visitor.get(address).text


def test_the_api_names_every_kind_of_element(door):
    transaction = '<bpmn:startEvent id="in"/>' + user_step("a") + chain("in", "a")
    place, admin = door.place, door.program("prog-admin", "r_yllapitaja")
    place.publish(
        diagram(
            f'<bpmn:startEvent id="begin"/><bpmn:transaction id="t">{transaction}</bpmn:transaction>'
            '<bpmn:complexGateway id="k"/>' + chain("begin", "k", "t")
        )
    )
    place.start()

    def found(**wanted):
        items = admin.search("element-instances", filter=wanted)["items"]
        return {item["elementId"]: item["type"] for item in items}

    everything = found()
    assert everything["t"] == "SUB_PROCESS"
    assert everything["k"] == "UNKNOWN"
    assert found(type="SUB_PROCESS") == {"t": "SUB_PROCESS"}
    assert found(type="UNKNOWN") == {"k": "UNKNOWN"}


def test_conditions_start_processes_for_those_who_may(place):
    begins = (
        '<bpmn:startEvent id="begin"><bpmn:conditionalEventDefinition><bpmn:condition>=pisteet &gt; 5</bpmn:condition>'
        "</bpmn:conditionalEventDefinition></bpmn:startEvent>"
    )
    drawn = diagram(begins + user_step("first") + chain("begin", "first"))
    older = place.publish(drawn.replace(b"&gt; 5", b"&gt; 4")).processes[0][0].key
    newest = place.publish(drawn).processes[0][0].key

    def evaluate(pisteet, person="owner", key=None):
        variables = {"pisteet": pisteet}
        actor = place.people[person]
        started = place.run(evaluate_start_conditions, definition_key=key, variables=variables, actor=actor)
        return [each.definition.key for each in started]

    assert evaluate(5) == []
    assert evaluate(6) == [newest]
    assert evaluate(5, key=older) == [older]
    assert evaluate(6, "colleague") == []
    with pytest.raises(NotAllowed):
        evaluate(6, "colleague", key=newest)
    assert len(begun(place, "first")) == 2


def test_what_one_step_sends_arrives_in_the_order_in_which_it_was_sent(place):
    numbers = range(6)
    steps = [f"n{number}" for number in numbers]

    def sent(number):
        return (
            f'<bpmn:intermediateThrowEvent id="n{number}"><bpmn:extensionElements>'
            '<zeebe:properties><zeebe:property name="kyky.correlationKey" value="k" /></zeebe:properties>'
            f'<zeebe:ioMapping><zeebe:input source="={number}" target="monesko" /></zeebe:ioMapping>'
            '</bpmn:extensionElements><bpmn:messageEventDefinition messageRef="m_yksi"/></bpmn:intermediateThrowEvent>'
        )

    def heard(number):
        return (
            f'<bpmn:receiveTask id="n{number}" messageRef="m_yksi"><bpmn:extensionElements><zeebe:ioMapping>'
            f'<zeebe:output source="=monesko" target="n{number}"/></zeebe:ioMapping></bpmn:extensionElements>'
            "</bpmn:receiveTask>"
        )

    start, end = '<bpmn:startEvent id="begin"/>', '<bpmn:endEvent id="done"/>'
    ways = chain("begin", *steps, "done")
    place.publish(diagram(start + "".join(map(sent, numbers)) + end + ways, roots=MESSAGES, process_id="lahettaja"))
    place.publish(diagram(start + "".join(map(heard, numbers)) + end + ways, roots=MESSAGES, process_id="kuulija"))
    place.start("lahettaja")
    hearer = place.start("kuulija", variables={"avain": "k"})
    for _ in numbers:
        place.deliver_messages()
    assert place.status(hearer) == "completed"
    with place.executor.database.engine.connect() as connection:
        told = connection.execute(select(variable.c.name, variable.c.value).where(variable.c.scope_key == hearer)).all()
    assert {name: value for name, value in told if name in steps} == dict(zip(steps, numbers, strict=True))
