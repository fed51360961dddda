"""startQuantity, completionQuantity, and tasks beside the processes of a file."""

import pytest

from app.domain.errors import InvalidDiagram
from app.engine.diagrams import read_diagram
from app.engine.seam import ElementEvent
from tests.unit.engine.drawing import boundary, diagram, element, end, io, multi, script, start, timer, user
from tests.unit.engine.walk import Walk


def test_an_activity_puts_as_many_tokens_on_its_flow_as_it_says():
    walk = Walk(diagram(start(), script("a", "=1", "x", completionQuantity="3"), user("b"), flow="s a; a b"))
    assert walk.tasks == ["b", "b", "b"]


def test_an_activity_begins_when_enough_tokens_are_there():
    walk = Walk(
        diagram(
            start(),
            script("a", "=1", "x", completionQuantity="4"),
            user("b"),
            user("c", startQuantity="2"),
            end(),
            flow="s a; a b; b c; c e",
        )
    )
    for tasks in (["b", "b", "b"], ["b", "b", "c"], ["b", "c"], ["c", "c"]):
        walk.complete("b")
        assert walk.tasks == tasks
    walk.complete("c")
    walk.complete("c")
    assert walk.ended


def test_too_few_tokens_are_told():
    walk = Walk(diagram(start(), user("a"), user("b", startQuantity="2"), flow="s a; a b"))
    walk.complete("a")
    assert walk.incidents == ["stuck"]


def test_turns_count_as_one_activity():
    task = user("b", multi("=[1, 2]"), startQuantity="2", completionQuantity="2")
    walk = Walk(diagram(start(), script("a", "=1", "x", completionQuantity="2"), task, user("c"), flow="s a; a b; b c"))
    assert walk.tasks == ["b", "b"]
    walk.complete("b")
    walk.complete("b")
    assert walk.tasks == ["c", "c"]


@pytest.mark.parametrize("text", ["0", "-1", "x", "1001", ""])
@pytest.mark.parametrize("attribute", ["startQuantity", "completionQuantity"])
def test_a_number_of_tokens_that_makes_no_sense_is_refused(attribute, text):
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(diagram(start(), user("a", **{attribute: text}), flow="s a"))
    assert ("quantity_value", "a") in {(each.code, each.place) for each in refusal.value.problems}


GLOBAL = (
    '<bpmn:globalUserTask id="yhteinen" name="Soita asiakkaalle"><bpmn:extensionElements><zeebe:userTask/>'
    '<zeebe:assignmentDefinition candidateGroups="r_a"/></bpmn:extensionElements></bpmn:globalUserTask>'
)


def test_a_task_beside_the_processes_is_called_from_several_places():
    xml = diagram(
        start(),
        element("callActivity", "c1", extensions=io({"syy": "=1"}, {"eka": "=tulos"}), calledElement="yhteinen"),
        boundary("late", "c1", timer("timeDuration", "P1D")),
        element("callActivity", "c2", calledElement="yhteinen"),
        end(),
        flow="s c1; c1 c2; late c2; c2 e",
        roots=GLOBAL,
    )
    walk = Walk(xml)
    assert walk.tasks == ["yhteinen"]
    (opened,) = [each for each in walk.step.opened if hasattr(each, "candidate_groups")]
    assert (opened.candidate_groups, opened.name) == (("r_a",), {"fi": "Soita asiakkaalle"})
    walk.complete("yhteinen", tulos=5)
    assert walk.tasks == ["yhteinen"]
    walk.complete("yhteinen")
    assert walk.ended
    assert walk.root()["eka"] == 5
    assert walk.happened(ElementEvent.COMPLETED) == ["s", "yhteinen", "c1", "yhteinen", "c2", "e", "p"]
    assert [each.element_id for each in walk.process.outline.elements].count("yhteinen") == 1
    assert walk.process.outline.called_process_ids == frozenset()


def test_what_is_wrong_with_a_task_beside_the_processes_is_told_at_the_task():
    roots = '<bpmn:globalScriptTask id="t"><bpmn:script>import os</bpmn:script></bpmn:globalScriptTask>'
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(diagram(start(), element("callActivity", "c", calledElement="t"), flow="s c", roots=roots))
    assert [(each.code, each.place) for each in refusal.value.problems] == [("script_missing", "t")]
