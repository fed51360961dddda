"""What changed between two versions is told part by part, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.models import Change, ModelKind
from app.engine.models import compare
from tests.factories import chain, diagram, flow, user_step

STEPS = '<bpmn:startEvent id="begin"/><bpmn:endEvent id="done"/>'
TWO = diagram(STEPS + user_step("one") + user_step("two") + chain("begin", "one", "two", "done"))


def told(before, after, kind=ModelKind.DIAGRAM):
    return {(item.change, item.element_id) for item in compare(kind, before, after)}


def test_the_same_model_has_no_differences():
    assert compare(ModelKind.DIAGRAM, TWO, TWO) == ()
    assert compare(ModelKind.DIAGRAM, TWO, TWO.replace(b"><", b">\n  <")) == ()


def test_what_was_added_removed_and_changed_is_told_with_its_name():
    after = diagram(
        STEPS + user_step("one", groups="r_laakari") + user_step("three") + chain("begin", "one", "three", "done")
    )
    assert told(TWO, after) == {
        (Change.CHANGED, "one"),
        (Change.ADDED, "three"),
        (Change.ADDED, "one_to_three"),
        (Change.ADDED, "three_to_done"),
        (Change.REMOVED, "two"),
        (Change.REMOVED, "one_to_two"),
        (Change.REMOVED, "two_to_done"),
    }
    changed = next(item for item in compare(ModelKind.DIAGRAM, TWO, after) if item.change is Change.CHANGED)
    assert (changed.element_type, changed.name) == ("userTask", "Tehtävä one")
    assert changed.values["details"] == (("candidateGroups", "r_palveluohjaaja", "r_laakari"),)


def test_a_condition_is_told_as_it_was_and_is():
    before = diagram(STEPS + flow("begin", "done", "a &lt; 1"))
    after = diagram(STEPS + flow("begin", "done", "a &lt; 2"))
    [item] = compare(ModelKind.DIAGRAM, before, after)
    assert item.values["details"] == (("conditionExpression", "=a < 1", "=a < 2"),)


FORM = (
    b'{"id": "f", "title": {"fi": "A"}, "sections": [{"key": "s", "fields":'
    b' [{"key": "ryhma", "type": "group", "fields": [{"key": "mita", "type": "text"}]}]}]}'
)


def test_a_form_is_told_field_by_field():
    after = FORM.replace(b'"mita", "type": "text"', b'"mita", "type": "text", "required": true')
    assert told(FORM, after, ModelKind.FORM) == {(Change.CHANGED, "ryhma.mita")}
    assert told(FORM, FORM.replace(b'"A"', b'"B"'), ModelKind.FORM) == {(Change.CHANGED, "")}


@given(st.binary(max_size=200))
def test_a_form_that_is_no_form_has_no_parts_and_breaks_nothing(content):
    compare(ModelKind.FORM, FORM, content)
    compare(ModelKind.FORM, content, FORM)


@pytest.mark.parametrize("content", [b"[]", b'{"sections": [1]}', b'{"sections": [{"fields": {"a": 1}}]}'])
def test_a_form_of_other_shapes_has_the_parts_that_can_be_read(content):
    assert isinstance(compare(ModelKind.FORM, FORM, content), tuple)
