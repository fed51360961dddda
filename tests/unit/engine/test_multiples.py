"""Events with several definitions."""

import pytest

from app.domain.errors import InvalidDiagram
from app.engine.diagrams import read_diagram
from app.engine.seam import ElementEvent
from tests.unit.engine.drawing import (
    ROOTS,
    TERMINATE,
    boundary,
    compensation,
    condition,
    diagram,
    element,
    end,
    error,
    escalation,
    event_sub,
    message,
    parallel,
    signal,
    start,
    sub,
    timer,
    user,
)
from tests.unit.engine.walk import Walk

KEY = {"avain": "1"}
CANCEL = "<bpmn:cancelEventDefinition/>"


def catch(*definitions: str, together: bool = False) -> bytes:
    event = element("intermediateCatchEvent", "c", "".join(definitions), parallelMultiple=str(together).lower())
    return diagram(start(), event, user("u"), flow="s c; c u", roots=ROOTS)


def test_one_of_several_is_enough_and_the_others_are_withdrawn():
    xml = catch(message("m"), signal(), timer("timeDuration", "P1D"))
    for happens in ("message", "signal", "fire"):
        walk = Walk(xml, KEY)
        assert len(walk.open) == 3
        getattr(walk, happens)("c")
        assert walk.tasks == ["u"]
        assert len(walk.open) == 1


def test_a_condition_among_several_that_holds_already_is_enough():
    assert Walk(catch(message("m"), condition("=valmis")), {**KEY, "valmis": True}).tasks == ["u"]
    walk = Walk(catch(message("m"), condition("=valmis")), KEY)
    walk.set(valmis=True)
    assert walk.tasks == ["u"]


def test_all_of_several_are_waited_for_and_all_that_they_bring_is_kept():
    walk = Walk(catch(message("m"), signal(), timer("timeDuration", "P1D"), together=True), KEY)
    walk.signal("c", merkki=1)
    walk.fire("c")
    assert walk.tasks == []
    # a message or signal that comes again is not for this event
    assert len(walk.open) == 1
    walk.message("c", viesti="ö")
    assert walk.tasks == ["u"]
    assert walk.root() == {**KEY, "merkki": 1, "viesti": "ö"}
    assert len(walk.open) == 1


def test_conditions_count_among_all_of_several():
    xml = catch(condition("=a"), condition("=b"), together=True)
    assert Walk(xml, {"a": True, "b": True}).tasks == ["u"]
    walk = Walk(xml, {"b": True})
    assert walk.tasks == []
    walk.set(a=True)
    assert walk.tasks == ["u"]


def on_a_task(*definitions: str, interrupting: bool, together: bool = False) -> bytes:
    event = boundary("b", "p1", "".join(definitions), interrupting=interrupting)
    event = event.replace("<bpmn:boundaryEvent", f'<bpmn:boundaryEvent parallelMultiple="{str(together).lower()}"')
    inside = sub("p1", start("s1"), user("a"), end("e1", error()), flow="s1 a; a e1")
    return diagram(start(), inside, event, user("u"), end(), flow="s p1; p1 e; b u; u e", roots=ROOTS)


def test_an_event_on_a_task_catches_any_of_several_errors_among_them():
    xml = on_a_task(message("m"), error(), timer("timeDuration", "P1D"), interrupting=True)
    for happens in ("complete", "fire", "message"):
        walk = Walk(xml, KEY)
        getattr(walk, happens)("a" if happens == "complete" else "b")
        assert walk.tasks == ["u"]
        assert len(walk.open) == 1


def test_an_event_beside_a_task_happens_for_each_of_several():
    walk = Walk(on_a_task(message("m"), timer("timeCycle", "R2/P1D"), interrupting=False), KEY)
    walk.message("b")
    walk.fire("b")
    walk.fire("b")
    walk.message("b")
    assert walk.tasks == ["a", "u", "u", "u", "u"]


def test_an_event_beside_a_task_waits_for_all_of_several_each_time_anew():
    walk = Walk(on_a_task(message("m"), signal(), interrupting=False, together=True), KEY)
    for count in (1, 2):
        walk.message("b")
        # the same again counts once
        walk.message("b")
        assert walk.tasks == ["a"] + ["u"] * (count - 1)
        walk.signal("b")
        assert walk.tasks == ["a"] + ["u"] * count


def test_an_event_sub_process_starts_with_any_of_several():
    beside = event_sub("es", message("m") + escalation(), user("x"), flow="es_s x", interrupting=False)
    lift = element("intermediateThrowEvent", "t", escalation())
    walk = Walk(diagram(start(), lift, user(), beside, flow="s t; t u", roots=ROOTS), KEY)
    assert walk.tasks == ["u", "x"]
    walk.message("es_s")
    assert walk.tasks == ["u", "x", "x"]


def test_several_are_thrown_and_what_ends_the_scope_comes_last():
    xml = diagram(
        start(),
        parallel("f"),
        element("intermediateCatchEvent", "c", signal()),
        user("a"),
        user("b"),
        end("t", TERMINATE + signal() + message()),
        flow="s f; f c; f b; c a; b t",
        roots=ROOTS,
    )
    walk = Walk(xml, KEY)
    step = walk.complete("b")
    assert walk.ended
    assert [each.name for each in step.signals] == ["merkki"]
    assert [each.name for each in step.messages] == ["viesti"]
    assert "c" in walk.happened()


def test_an_error_thrown_with_a_signal_comes_after_it():
    xml = diagram(
        start(),
        sub("p1", start("s1"), end("t", error() + signal()), flow="s1 t"),
        boundary("b", "p1", error()),
        user("u"),
        flow="s p1; b u",
        roots=ROOTS,
    )
    walk = Walk(xml)
    assert walk.tasks == ["u"]
    assert walk.step.signals
    assert "t" in walk.happened(ElementEvent.TERMINATED)


def test_a_process_starts_with_any_of_several():
    xml = diagram(start("s", message("m") + signal() + timer("timeCycle", "R/P1D")), user(), flow="s u", roots=ROOTS)
    walk = Walk(xml, start="s")
    assert walk.tasks == ["u"]
    events = read_diagram(xml).processes[0].start_events
    assert [(each.kind, each.detail) for each in events] == [
        ("message", "viesti"),
        ("signal", "merkki"),
        ("timer", "R/P1D"),
    ]
    assert walk.process.spec.start_timers.keys() == {"s"}


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (catch(message("m"), '<bpmn:linkEventDefinition name="x"/>'), "unsupported_event"),
        (catch(message("m"), error()), "unsupported_event"),
        (diagram(start(), end("e", compensation() + signal()), flow="s e", roots=ROOTS), "unsupported_event"),
        (diagram(start(), end("e", CANCEL + signal()), flow="s e", roots=ROOTS), "unsupported_event"),
        (on_a_task(message("m"), error(), interrupting=True, together=True), "several_event_definitions"),
        (
            diagram(start(), end("e", error() + error()), flow="s e", roots=ROOTS),
            "several_event_definitions",
        ),
        (
            diagram(start("s", message() + signal(), parallelMultiple="true"), user(), flow="s u", roots=ROOTS),
            "several_event_definitions",
        ),
        (
            diagram(start("s", timer("timeCycle", "R/P1D") * 2), user(), flow="s u", roots=ROOTS),
            "several_event_definitions",
        ),
    ],
)
def test_what_cannot_be_together_is_refused(xml, code):
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(xml)
    assert code in {problem.code for problem in refusal.value.problems}
