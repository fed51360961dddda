"""What the pages tell of what happened: steps, events, beginning and end of a process; not how its drawing is made."""

from __future__ import annotations

import pytest

from app.domain.course import is_told, name_of
from app.domain.steps import ElementOutline

INSTANCE, CALLED, PART = 1, 2, 3


def line(element_type, *, event="completed", scope=INSTANCE, called=None):
    return {
        "instance_key": INSTANCE,
        "called_process_key": called,
        "scope_key": scope,
        "element_type": element_type,
        "event": event,
    }


def element(element_id, element_type="boundaryEvent", *, name="", drawn_as="", attached_to=""):
    return ElementOutline(
        element_id=element_id,
        element_type=element_type,
        name={"fi": name},
        documentation={},
        properties={"kyky.drawnAs": drawn_as} if drawn_as else {},
        attached_to=attached_to,
    )


@pytest.mark.parametrize("element_type", ["userTask", "callActivity", "boundaryEvent", "intermediateCatchEvent"])
def test_a_step_and_an_event_are_told_when_they_are_over_wherever_they_stand(element_type):
    assert is_told(line(element_type), None)
    assert is_told(line(element_type, event="terminated"), None)
    assert is_told(line(element_type, scope=PART), None)
    assert not is_told(line(element_type, event="activated"), None)


@pytest.mark.parametrize("element_type", ["startEvent", "endEvent"])
def test_a_process_begins_and_ends_and_a_part_of_it_does_not(element_type):
    assert is_told(line(element_type), None)
    assert is_told(line(element_type, scope=CALLED, called=CALLED), None)
    assert not is_told(line(element_type, scope=PART), None)
    assert not is_told(line(element_type, scope=INSTANCE, called=CALLED), None)


@pytest.mark.parametrize("element_type", ["exclusiveGateway", "subProcess", "process"])
def test_what_only_the_drawing_has_is_left_to_the_monitor(element_type):
    assert not is_told(line(element_type), None)


def test_the_end_of_a_common_rule_is_not_that_of_the_process_that_took_it_in():
    assert is_told(line("endEvent"), element("end", "endEvent"))
    assert not is_told(line("endEvent"), element("call_reminded", "endEvent", drawn_as="call"))


def test_an_event_that_a_common_rule_put_on_a_step_is_named_with_the_step():
    call = element("call", "userTask", name="Soita")
    reminded = element("call_reminder", name="Muistutus", drawn_as="reminders", attached_to="call")
    own = element("late", name="Ei ole alkanut", attached_to="call")
    elements = {each.element_id: each for each in (call, reminded, own)}
    assert [name_of(each, elements)["fi"] for each in (call, reminded, own)] == [
        "Soita",
        "Muistutus (Soita)",
        own.name["fi"],
    ]
    assert name_of(None, elements) == {}
