"""Conditional events: they happen when their condition becomes true."""

import pytest

from app.domain.errors import ExpressionError, NotFound
from app.engine.seam import ConditionAwaited, ElementEvent, Surroundings
from app.engine.start_conditions import starts_that_hold
from tests.unit.engine.drawing import (
    boundary,
    condition,
    diagram,
    element,
    end,
    event_sub,
    io,
    parallel,
    script,
    start,
    sub,
    timer,
    user,
)
from tests.unit.engine.walk import NOW, Walk, compiled

WAITING = diagram(
    start(),
    parallel("f"),
    element("intermediateCatchEvent", "c", condition("=pisteet > 5")),
    user("a"),
    user("b"),
    end(),
    flow="s f; f c; f a; c b; b e; a e",
)


def test_a_condition_that_holds_already_is_no_wait():
    walk = Walk(WAITING, {"pisteet": 6})
    assert walk.tasks == ["a", "b"]
    assert not walk.waits(ConditionAwaited)


def test_an_event_happens_when_a_variable_makes_its_condition_true():
    walk = Walk(WAITING, {"pisteet": 1})
    assert walk.tasks == ["a"]
    walk.set(pisteet=5)
    assert walk.tasks == ["a"]
    walk.complete("a", pisteet=7)
    assert walk.tasks == ["b"]
    walk.complete("b")
    assert walk.ended


def test_a_condition_over_what_is_not_there_yet_is_not_true():
    walk = Walk(WAITING)
    assert walk.incidents == []
    walk.set(pisteet=6)
    assert walk.tasks == ["a", "b"]


def test_a_condition_that_is_neither_true_nor_false_is_an_incident_and_its_retry_looks_again():
    xml = diagram(start(), element("intermediateCatchEvent", "c", condition("=arvo")), user("b"), flow="s c; c b")
    walk = Walk(xml, {"arvo": False})
    walk.set(arvo=3)
    walk.set(arvo=4)
    assert walk.incidents == ["event_condition_value"]
    walk.set(arvo=None)
    walk.retry()
    assert (walk.incidents, walk.tasks) == ([], [])
    walk.set(arvo=True)
    assert walk.tasks == ["b"]


def test_a_wrong_value_at_the_beginning_is_an_incident_too():
    xml = diagram(start(), user("a"), boundary("c", "a", condition("=arvo")), user("b"), flow="s a; c b")
    walk = Walk(xml, {"arvo": "kyllä"})
    assert (walk.incidents, walk.tasks) == (["event_condition_value"], [])
    walk.set(arvo=False)
    walk.retry()
    assert (walk.incidents, walk.tasks) == ([], ["a"])


def on_a_sub_process(*, interrupting: bool) -> bytes:
    return diagram(
        start(),
        sub("p1", start("s1"), user("a"), user("a2"), end("e1"), flow="s1 a; a a2; a2 e1"),
        boundary("c", "p1", condition("=pisteet > 5"), interrupting=interrupting),
        user("b"),
        end(),
        flow="s p1; p1 e; c b; b e",
    )


def test_an_interrupting_condition_ends_what_it_is_on_before_the_next_element_begins():
    walk = Walk(on_a_sub_process(interrupting=True), {"pisteet": 0})
    walk.complete("a", pisteet=9)
    assert walk.tasks == ["b"]
    assert "a2" not in walk.happened(ElementEvent.ACTIVATED)


def test_a_condition_that_holds_at_once_interrupts_before_anything_begins():
    walk = Walk(on_a_sub_process(interrupting=True), {"pisteet": 9})
    assert walk.tasks == ["b"]
    assert "s1" not in walk.happened(ElementEvent.ACTIVATED)
    script_host = diagram(
        start(),
        script("t", "=1", "x"),
        boundary("c", "t", condition("=true")),
        user("b"),
        user("d"),
        flow="s t; t d; c b",
    )
    assert Walk(script_host).tasks == ["b"]


def test_a_condition_beside_has_to_become_false_before_it_happens_again():
    walk = Walk(on_a_sub_process(interrupting=False), {"pisteet": 6})
    assert walk.tasks == ["a", "b"]
    walk.set(pisteet=7)
    assert walk.tasks == ["a", "b"]
    walk.set(pisteet=1)
    walk.set(pisteet=8)
    assert walk.tasks == ["a", "b", "b"]


def in_an_event_sub_process(*, interrupting: bool) -> bytes:
    return diagram(
        start(),
        user("a"),
        end(),
        event_sub("es", condition("=hylatty"), user("x"), end("ex"), flow="es_s x; x ex", interrupting=interrupting),
        flow="s a; a e",
    )


def test_a_condition_starts_an_event_sub_process():
    walk = Walk(in_an_event_sub_process(interrupting=True))
    assert walk.tasks == ["a"]
    walk.set(hylatty=True)
    assert walk.tasks == ["x"]
    walk.complete("x")
    assert walk.ended


def test_an_event_sub_process_whose_condition_holds_at_once_begins_instead():
    walk = Walk(in_an_event_sub_process(interrupting=True), {"hylatty": True})
    assert walk.tasks == ["x"]
    assert "s" not in walk.happened(ElementEvent.ACTIVATED)
    beside = Walk(in_an_event_sub_process(interrupting=False), {"hylatty": True})
    assert beside.tasks == ["a", "x"]


def test_an_event_gateway_waits_for_a_condition_too():
    xml = diagram(
        start(),
        element("eventBasedGateway", "g"),
        element("intermediateCatchEvent", "c", condition("=valmis")),
        element("intermediateCatchEvent", "late", timer("timeDuration", "P3D")),
        user("a"),
        user("b"),
        flow="s g; g c; g late; c a; late b",
    )
    walk = Walk(xml, {"valmis": False})
    walk.set(valmis=True)
    assert walk.tasks == ["a"]
    assert len(walk.open) == 1
    at_once = Walk(xml, {"valmis": True})
    assert at_once.tasks == ["a"]
    assert at_once.happened() == ["s", "g", "c"]
    late = Walk(xml)
    late.fire("late")
    assert late.tasks == ["b"]


def test_a_condition_sees_the_variables_of_what_it_is_on():
    xml = diagram(
        start(),
        user("a", extensions=io({"oma": "=raja"})),
        boundary("c", "a", condition("=pisteet > oma")),
        user("b"),
        flow="s a; c b",
    )
    walk = Walk(xml, {"raja": 3, "pisteet": 0})
    walk.set(pisteet=4)
    assert walk.tasks == ["b"]


def test_conditions_over_facts_of_the_case_are_looked_at_in_each_step():
    xml = diagram(start(), user("a"), boundary("c", "a", condition("=asia.ika > 64")), user("b"), flow="s a; c b")
    walk = Walk(xml, contexts={"asia": {"ika": 64}})
    assert walk.tasks == ["a"]
    walk.surroundings.contexts["asia"]["ika"] = 65
    walk.set(muu=1)
    assert walk.tasks == ["b"]


def test_a_filter_names_the_variables_that_count():
    filtered = condition("=a and b").replace(
        "<bpmn:condition>",
        '<bpmn:extensionElements><zeebe:conditionalFilter variableNames="b"/></bpmn:extensionElements><bpmn:condition>',
    )
    xml = diagram(start(), element("intermediateCatchEvent", "c", filtered), user("u"), flow="s c; c u")
    walk = Walk(xml, {"a": False, "b": True})
    walk.set(a=True)
    assert walk.tasks == []
    walk.set(b=True)
    assert walk.tasks == ["u"]


def test_a_condition_goes_with_its_element_when_the_instance_is_cancelled():
    walk = Walk(WAITING, {"pisteet": 0})
    assert walk.waits(ConditionAwaited)
    walk.cancel()
    assert not walk.open


def test_conditions_start_a_process_where_they_hold():
    xml = diagram(
        start("s1", condition("=pisteet > 5")),
        start("s2", condition("=viite.raja = 1") + condition("=pisteet > 8")),
        user("a"),
        user("b"),
        flow="s1 a; s2 b",
    )
    process = compiled(xml)
    assert [(each.element_id, each.kind, each.detail) for each in process.outline.start_events] == [
        ("s1", "conditional", "=pisteet > 5"),
        ("s2", "conditional", "=viite.raja = 1"),
        ("s2", "conditional", "=pisteet > 8"),
    ]
    for variables, raja, starts in (({}, 0, ()), ({"pisteet": 6}, 0, ("s1",)), ({"pisteet": 9}, 1, ("s1", "s2"))):
        around = Surroundings(now=NOW, new_key=lambda: 1, contexts={"viite": {"raja": raja}})
        assert starts_that_hold(process, variables=variables, surroundings=around) == starts
    with pytest.raises(ExpressionError):
        starts_that_hold(compiled(xml.replace(b"=pisteet > 5", b"=3")), variables={}, surroundings=around)
    assert Walk(process, {"pisteet": 6}, start="s1").tasks == ["a"]
    with pytest.raises(NotFound):
        Walk(process)
