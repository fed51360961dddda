"""What a diagram may do besides what was meant: stuck, twice, for ever."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from app.engine.checks import advise_diagram
from app.engine.checks.net import net_of
from app.engine.checks.soundness import _Walk
from app.engine.normaliser import Document

KINDS = {"t": "task", "x": "exclusiveGateway", "a": "parallelGateway", "o": "inclusiveGateway"}


def diagram(flows: str, extra: str = "") -> bytes:
    """Return a process of flows as "s-x1 x1-t1": the first letter says what an element is, s starts and e ends."""
    kinds = KINDS | {"s": "startEvent", "e": "endEvent"}
    pairs = [pair.split("-") for pair in flows.split()]
    ids = dict.fromkeys(name for pair in pairs for name in pair)
    drawn = "".join(f'<{kinds[name[0]]} id="{name}" name="{name}"/>' for name in ids if name[0] in kinds)
    arrows = "".join(
        f'<sequenceFlow id="f{number}" sourceRef="{a}" targetRef="{b}"/>' for number, (a, b) in enumerate(pairs)
    )
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
        f'<process id="p" isExecutable="true">{drawn}{arrows}{extra}</process></definitions>'
    ).encode()


def warned(flows: str, extra: str = "") -> list[tuple[str, str]]:
    found = advise_diagram(diagram(flows, extra)).warnings
    return [(problem.code, problem.place) for problem in found if problem.code.startswith("may_")]


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ("s-t1 t1-e", []),
        ("s-x1 x1-t1 x1-t2 t1-x2 t2-x2 x2-e", []),
        ("s-a1 a1-t1 a1-t2 t1-a2 t2-a2 a2-e", []),
        ("s-o1 o1-t1 o1-t2 o1-t3 t1-o2 t2-o2 t3-o2 o2-e", []),
        ("s-x1 x1-t1 x1-t2 t1-a1 t2-a1 a1-e", [("may_get_stuck", "a1")]),
        ("s-o1 o1-t1 o1-t2 t1-a1 t2-a1 a1-e", [("may_get_stuck", "a1")]),
        ("s-a1 a1-t1 a1-t2 t1-x1 t2-x1 x1-t3 t3-e", [("may_run_twice", "t3")]),
        # each branch may end by itself, and two may end at the same end
        ("s-a1 a1-t1 a1-t2 t1-e t2-e", []),
        ("s-x1 x1-t1 t1-x1", [("may_never_end", "t1")]),
        ("s-x1 x1-t1 t1-x2 x2-x1 x2-e", []),
        # a join in a loop that nothing enters twice
        ("s-a1 a1-t1 t1-a1", [("may_get_stuck", "a1")]),
    ],
)
def test_what_the_flows_allow_is_told(flows, expected):
    flows = flows.replace("s-a1 a1-t1 t1-a1", "s-a1 t1-a1 a1-t1")
    assert warned(flows) == expected


def test_what_does_not_come_to_a_join_is_named():
    advice = advise_diagram(diagram("s-x1 x1-t1 x1-t2 t1-a1 t2-a1 a1-e"))
    stuck = next(problem for problem in advice.warnings if problem.code == "may_get_stuck")
    assert stuck.values == {"sources": "t1, t2"}


def test_an_event_that_interrupts_leaves_the_join_waiting():
    late = (
        '<boundaryEvent id="b1" attachedToRef="t1"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
        '<endEvent id="z"/><sequenceFlow id="fb" sourceRef="b1" targetRef="z"/>'
    )
    flows = "s-a1 a1-t1 a1-t2 t1-a2 t2-a2 a2-e"
    assert warned(flows, late) == [("may_get_stuck", "a2")]
    # beside the task it does no harm
    assert warned(flows, late.replace('attachedToRef="t1"', 'attachedToRef="t1" cancelActivity="false"')) == []


def test_what_only_events_beside_a_task_lead_to_may_come_as_often_as_they_do():
    reminders = "".join(
        f'<boundaryEvent id="b{number}" attachedToRef="t1" cancelActivity="false"><timerEventDefinition>'
        f"<timeDuration>PT{number}H</timeDuration></timerEventDefinition></boundaryEvent>"
        f'<sequenceFlow id="fb{number}" sourceRef="b{number}" targetRef="r"/>'
        for number in (1, 2)
    )
    remind = '<task id="r" name="r"/><endEvent id="z"/><sequenceFlow id="fr" sourceRef="r" targetRef="z"/>'
    assert warned("s-t1 t1-e", reminders + remind) == []
    # led back into the main flow it happens twice
    back = '<task id="r" name="r"/><sequenceFlow id="fr" sourceRef="r" targetRef="t2"/>'
    assert warned("s-t1 t1-t2 t2-e", reminders + back) == [("may_run_twice", "t2")]


def test_twelve_sound_branches_are_walked_in_no_time_and_twelve_faulty_ones_are_told_as_far_as_they_were_walked():
    sound = "s-a1 a2-e " + " ".join(f"a1-x{n} x{n}-t{n} x{n}-tt{n} t{n}-xx{n} tt{n}-xx{n} xx{n}-a2" for n in range(12))
    assert warned(sound) == []
    faulty = "s-a1 a2-e " + " ".join(f"a1-x{n} x{n}-t{n} x{n}-tt{n} t{n}-aa{n} tt{n}-aa{n} aa{n}-a2" for n in range(12))
    advice = advise_diagram(diagram(faulty))
    assert "may_get_stuck" in {problem.code for problem in advice.warnings}
    assert "not_explored" in {problem.code for problem in advice.notes}


NODES = ["t1", "t2", "x1", "x2", "a1", "a2", "o1"]


@given(st.lists(st.tuples(st.sampled_from(["s", *NODES]), st.sampled_from([*NODES, "e"])), min_size=2, unique=True))
@settings(max_examples=60, deadline=None)
def test_what_is_taken_out_of_the_net_changes_no_answer(pairs):
    flows = " ".join(f"{a}-{b}" for a, b in pairs)
    scope = Document(etree.fromstring(diagram(flows))).processes[0]
    whole, reduced = net_of(scope), net_of(scope)
    reduced.reduce()
    assert len(reduced.moves) <= len(whole.moves)
    walks = [_Walk(whole), _Walk(reduced)]
    if all(walk.complete for walk in walks):
        assert len({(bool(walk.stuck), bool(walk.twice), bool(walk.endless)) for walk in walks}) == 1
