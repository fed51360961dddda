"""Receive tasks and event-based gateways that start a process."""

import pytest

from app.domain.errors import InvalidDiagram, NotFound
from app.engine.diagrams import read_diagram
from tests.unit.engine.drawing import ROOTS, diagram, element, end, io, message, multi, signal, start, sub, timer, user
from tests.unit.engine.walk import Walk

RECEIVING = diagram(
    element("receiveTask", "r", messageRef="m", instantiate="true"), user(), end(), flow="r u; u e", roots=ROOTS
)


def test_a_receive_task_starts_the_process_with_its_message():
    walk = Walk(RECEIVING, {"syy": "ö"}, start="r")
    assert walk.happened() == ["r"]
    assert (walk.tasks, walk.root()) == (["u"], {"syy": "ö"})
    assert [(each.element_id, each.kind, each.detail) for each in walk.process.outline.start_events] == [
        ("r", "message", "viesti")
    ]


def test_without_its_message_such_a_process_does_not_start():
    with pytest.raises(NotFound):
        Walk(RECEIVING)


def test_its_mappings_decide_what_of_the_message_goes_on():
    task = element("receiveTask", "r", "", io(None, {"tulos": "=syy"}), messageRef="m", instantiate="true")
    walk = Walk(diagram(task, user(), flow="r u", roots=ROOTS), {"syy": 1, "muu": 2}, start="r")
    assert walk.root() == {"tulos": 1}


def test_a_receive_task_beside_a_start_event_is_another_way_in():
    xml = diagram(
        start(),
        user("a"),
        element("receiveTask", "r", messageRef="m", instantiate="true"),
        user("b"),
        flow="s a; r b",
        roots=ROOTS,
    )
    assert Walk(xml).tasks == ["a"]
    assert Walk(xml, start="r").tasks == ["b"]


def test_a_plain_receive_task_that_nothing_leads_to_waits_from_the_beginning():
    xml = diagram(element("receiveTask", "r", messageRef="m"), user(), flow="r u", roots=ROOTS)
    walk = Walk(xml, {"avain": "1"})
    assert walk.tasks == []
    walk.message("r")
    assert walk.tasks == ["u"]


def by_gateway(**attributes: str) -> bytes:
    return diagram(
        element("eventBasedGateway", "g", instantiate="true", **attributes),
        element("intermediateCatchEvent", "one", message("m")),
        element("receiveTask", "two", messageRef="m2"),
        user("a"),
        user("b"),
        end(),
        flow="g one; g two; one a; two b; a e; b e",
        roots=ROOTS,
    )


@pytest.mark.parametrize(("event", "task"), [("one", "a"), ("two", "b")])
def test_the_event_that_came_first_starts_the_process_and_the_others_are_not_waited_for(event, task):
    walk = Walk(by_gateway(), {"avain": "1"}, start=event)
    assert walk.happened() == ["g", event]
    assert walk.tasks == [task]
    assert len(walk.open) == 1
    walk.complete()
    assert walk.ended


def test_a_parallel_gateway_waits_for_the_others_too():
    walk = Walk(by_gateway(eventGatewayType="Parallel"), {"avain": "1"}, start="two")
    assert walk.tasks == ["b"]
    walk.complete("b")
    assert not walk.ended
    walk.message("one", syy=1)
    assert walk.tasks == ["a"]
    walk.complete("a")
    assert walk.ended


@pytest.mark.parametrize(
    ("xml", "code", "place"),
    [
        (
            diagram(start(), element("receiveTask", "r", messageRef="m", instantiate="true"), flow="s r", roots=ROOTS),
            "instantiates_within",
            "r",
        ),
        (
            diagram(
                start(),
                sub("p1", element("receiveTask", "r", messageRef="m", instantiate="true")),
                flow="s p1",
                roots=ROOTS,
            ),
            "instantiates_within",
            "r",
        ),
        (
            diagram(element("receiveTask", "r", multi("=[1]"), messageRef="m", instantiate="true"), roots=ROOTS),
            "instantiates_within",
            "r",
        ),
        (
            diagram(
                element("eventBasedGateway", "g", instantiate="true"),
                element("intermediateCatchEvent", "t", timer("timeDuration", "P1D")),
                element("intermediateCatchEvent", "c", signal()),
                flow="g t; g c",
                roots=ROOTS,
            ),
            "event_gateway_needs_events",
            "t",
        ),
        (
            diagram(
                start(),
                element("eventBasedGateway", "g", eventGatewayType="Parallel"),
                element("intermediateCatchEvent", "c", signal()),
                flow="s g; g c",
                roots=ROOTS,
            ),
            "unsupported_attribute",
            "g",
        ),
    ],
)
def test_what_cannot_start_a_process_is_refused(xml, code, place):
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(xml)
    assert (code, place) in {(problem.code, problem.place) for problem in refusal.value.problems}


def two_participants(flow_message: str, sent: str, received: str) -> bytes:
    """Return two processes in one file: the one sends to the other, whose message may be named in three places."""
    sending = diagram(
        start(),
        element("intermediateThrowEvent", "t", f"<bpmn:messageEventDefinition{sent}/>"),
        flow="s t",
        roots=ROOTS
        + '<bpmn:collaboration id="c"><bpmn:messageFlow id="mf" sourceRef="t" targetRef="s2"'
        + f"{flow_message}/></bpmn:collaboration>",
    )
    receiving = diagram(
        start("s2", f"<bpmn:messageEventDefinition{received}/>"), user("u2"), flow="s2 u2", process_id="q"
    )
    process = receiving[receiving.index(b"<bpmn:process") : receiving.index(b"</bpmn:definitions>")]
    return sending.replace(b"</bpmn:definitions>", process + b"</bpmn:definitions>")


NAMED = ' messageRef="m"'


@pytest.mark.parametrize("named", [(NAMED, "", ""), ("", NAMED, ""), ("", "", NAMED), (NAMED, NAMED, NAMED)])
def test_a_message_flow_says_which_message_its_ends_mean(named):
    xml = two_participants(*named)
    read = read_diagram(xml)
    ways = {each.process_id: [(event.kind, event.detail) for event in each.start_events] for each in read.processes}
    assert ways == {"p": [("none", "")], "q": [("message", "viesti")]}
    told = [each.place for each in read.repairs if each.code == "message_from_flow"]
    assert told == [place for place, name in (("t", named[1]), ("s2", named[2])) if not name]
    [thrown] = Walk(xml, {"avain": "7"}).step.messages
    assert (thrown.name, thrown.correlation_key) == ("viesti", "7")


def test_a_message_flow_without_a_message_says_nothing():
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(two_participants("", "", ""))
    problems = {(each.code, each.place) for each in refusal.value.problems}
    assert problems == {("event_without_name", "t"), ("event_without_name", "s2")}
