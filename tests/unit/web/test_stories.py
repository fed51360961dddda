"""What the pages tell of what happened: steps, events, beginning and end of a process; not how its drawing is made."""

from __future__ import annotations

import pytest

from app.domain.course import is_told

INSTANCE, CALLED, PART = 1, 2, 3


def line(element_type, *, event="completed", scope=INSTANCE, called=None):
    return {
        "instance_key": INSTANCE,
        "called_process_key": called,
        "scope_key": scope,
        "element_type": element_type,
        "event": event,
    }


@pytest.mark.parametrize("element_type", ["userTask", "callActivity", "boundaryEvent", "intermediateCatchEvent"])
def test_a_step_and_an_event_are_told_when_they_are_over_wherever_they_stand(element_type):
    assert is_told(line(element_type))
    assert is_told(line(element_type, event="terminated"))
    assert is_told(line(element_type, scope=PART))
    assert not is_told(line(element_type, event="activated"))


@pytest.mark.parametrize("element_type", ["startEvent", "endEvent"])
def test_a_process_begins_and_ends_and_a_part_of_it_does_not(element_type):
    assert is_told(line(element_type))
    assert is_told(line(element_type, scope=CALLED, called=CALLED))
    assert not is_told(line(element_type, scope=PART))
    assert not is_told(line(element_type, scope=INSTANCE, called=CALLED))


@pytest.mark.parametrize("element_type", ["exclusiveGateway", "subProcess", "process"])
def test_what_only_the_drawing_has_is_left_to_the_monitor(element_type):
    assert not is_told(line(element_type))
