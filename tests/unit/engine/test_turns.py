"""Multi-instance and loops."""

from datetime import date

import pytest

from app.domain.errors import InvalidDiagram
from app.engine.diagrams import read_diagram
from app.engine.seam import IncidentOpened, JobOpened, ScopeClosed, TimerOpened, UserTaskOpened
from tests.unit.engine.drawing import (
    ROOTS,
    boundary,
    diagram,
    end,
    error,
    io,
    multi,
    script,
    service,
    signal,
    start,
    sub,
    timer,
    user,
)
from tests.unit.engine.walk import Walk


def test_parallel_turns_collect_their_outputs_in_the_order_of_the_inputs():
    xml = diagram(
        start(),
        user("u", multi("=palvelut", item="palvelu", output=("tulokset", "=vastaus"))),
        user("v"),
        flow="s u; u v",
    )
    walk = Walk(xml, {"palvelut": ["a", "b", "c"]})
    assert walk.tasks == ["u", "u", "u"]
    keys = [each.key for each in walk.waits(UserTaskOpened)]
    for position in (2, 0, 1):
        walk.open = dict(sorted(walk.open.items(), key=lambda item: item[0] != keys[position]))
        walk.complete("u", vastaus=f"v{position}")
    assert walk.tasks == ["v"]
    assert walk.root() == {"palvelut": ["a", "b", "c"], "tulokset": ["v0", "v1", "v2"]}


def test_sequential_turns_come_one_after_another():
    xml = diagram(
        start(),
        service("t", "job", multi("=[10, 20]", sequential=True, item="n"), io({"x": "=n + loopCounter"})),
        end(),
        flow="s t; t e",
    )
    walk = Walk(xml)
    assert walk.one(JobOpened).variables["x"] == 11
    walk.job("t")
    assert walk.one(JobOpened).variables["x"] == 22
    walk.job("t")
    assert walk.ended


def test_an_empty_collection_goes_on_at_once():
    xml = diagram(start(), user("u", multi("=[]", output=("tulokset", "=x"))), end(), flow="s u; u e")
    walk = Walk(xml)
    assert walk.ended
    assert walk.root() == {"tulokset": []}


def test_enough_turns_withdraw_the_rest():
    xml = diagram(
        start(),
        user("u", multi("=[1, 2, 3]", condition="=numberOfCompletedInstances >= 2")),
        user("v"),
        flow="s u; u v",
    )
    walk = Walk(xml)
    walk.complete("u")
    walk.complete("u")
    assert walk.tasks == ["v"]


def test_a_missing_collection_is_an_incident():
    walk = Walk(diagram(start(), user("u", multi("=palvelut")), user("v"), flow="s u; u v"))
    assert walk.incidents == ["input_collection_value"]
    walk.set(palvelut=[1])
    walk.retry()
    assert walk.tasks == ["u"]


def test_a_timer_on_a_multi_instance_ends_all_turns():
    xml = diagram(
        start(),
        user("u", multi("=[1, 2]")),
        boundary("late", "u", timer("timeDuration", "P1D")),
        user("x"),
        end(),
        flow="s u; u e; late x",
    )
    walk = Walk(xml)
    assert len(walk.waits(TimerOpened)) == 1
    walk.complete("u")
    walk.fire("late")
    assert walk.tasks == ["x"]


def test_an_error_in_one_turn_is_caught_on_the_body():
    xml = diagram(
        start(),
        service("t", "job", multi("=[1, 2]")),
        boundary("b", "t", error()),
        user("x"),
        end(),
        flow="s t; t e; b x",
        roots=ROOTS,
    )
    walk = Walk(xml)
    walk.job_error("virhe", "t")
    assert walk.tasks == ["x"]


def test_a_sub_process_for_each_item_has_variables_of_its_own():
    inner = sub(
        "p1",
        multi("=[1, 2]", item="n", output=("kaikki", "=tulos")),
        start("s1"),
        script("k", "=n * 10", "tulos"),
        user("a"),
        end("e1"),
        flow="s1 k; k a; a e1",
    )
    walk = Walk(diagram(start(), inner, end(), flow="s p1; p1 e"))
    assert walk.tasks == ["a", "a"]
    walk.complete("a")
    walk.complete("a")
    assert walk.ended
    assert walk.root() == {"kaikki": [10, 20]}
    assert isinstance(walk.step.scopes_closed[0], ScopeClosed)


def test_turns_by_number():
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>=maara</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    walk = Walk(diagram(start(), user("u", loop), end(), flow="s u; u e"), {"maara": 3})
    assert walk.tasks == ["u", "u", "u"]


def test_a_standard_loop_runs_while_its_condition_holds():
    loop = (
        '<bpmn:standardLoopCharacteristics testBefore="{}"><bpmn:loopCondition>=x &lt; 3</bpmn:loopCondition>'
        "</bpmn:standardLoopCharacteristics>"
    )
    for before, begin, end_value in (("true", 0, 3), ("true", 5, 5), ("false", 5, 6)):
        xml = diagram(start(), script("k", "=x + 1", "x", loop.format(before)), end(), flow="s k; k e")
        walk = Walk(xml, {"x": begin})
        assert walk.ended
        assert walk.root()["x"] == end_value


def test_a_standard_loop_stops_at_its_maximum():
    loop = '<bpmn:standardLoopCharacteristics loopMaximum="2"/>'
    walk = Walk(diagram(start(), user("u", loop), end(), flow="s u; u e"))
    walk.complete("u")
    walk.complete("u")
    assert walk.ended


def test_a_failing_output_element_holds_only_its_own_turn():
    output = ("tulos", '=vastaus < date("2026-01-01")')
    walk = Walk(diagram(start(), user("u", multi("=[1, 2]", output=output)), end(), flow="s u; u e"))
    walk.complete("u", vastaus="eilen")
    [failed] = walk.waits(IncidentOpened)
    assert walk.tasks == ["u"]
    walk.complete("u", vastaus=date(2026, 2, 1))
    walk.set(failed.element_instance_key, vastaus=date(2025, 2, 1))
    walk.retry()
    assert walk.ended
    assert sorted(walk.root()["tulos"]) == [False, True]


def test_a_collection_that_changes_meanwhile_does_not_change_the_turns():
    for sequential in (True, False):
        walk = Walk(
            diagram(start(), user("u", multi("=lista", sequential=sequential)), end(), flow="s u; u e"),
            {"lista": [1, 2]},
        )
        walk.set(lista=[1, 2, 3, 4])
        walk.complete("u")
        walk.set(lista=None)
        walk.complete("u")
        assert walk.ended


def test_over_ten_thousand_items_are_refused_at_once_and_run_one_after_another():
    parallel = Walk(
        diagram(start(), user("u", multi("=for i in 1..10001 return i")), end(), flow="s u; u e"),
    )
    assert (parallel.incidents, parallel.tasks) == (["too_many_turns"], [])
    one_by_one = multi("=for i in 1..10001 return i", sequential=True)
    walk = Walk(diagram(start(), user("u", one_by_one), end(), flow="s u; u e"))
    assert walk.tasks == ["u"]
    walk.complete("u")
    assert len(walk.step.state) < 200_000


def test_a_collection_of_null_items_has_a_turn_for_each():
    walk = Walk(diagram(start(), user("u", multi("=[null, null]")), end(), flow="s u; u e"))
    assert walk.tasks == ["u", "u"]


def throwing(behavior: str, *, interrupting: bool, inner: str = "", sequential: bool = True) -> bytes:
    """Return a multi-instance whose turns throw the signal when they are done, with an event on it that hears it."""
    loop = multi("=[1, 2, 3]", sequential=sequential).replace(
        "<bpmn:multiInstanceLoopCharacteristics", f'<bpmn:multiInstanceLoopCharacteristics behavior="{behavior}"'
    )
    if behavior != "Complex":
        loop = loop.replace(" behavior=", f' {behavior.lower()}BehaviorEventRef="thrown" behavior=')
    return diagram(
        start(),
        user("u", loop.replace("</bpmn:extensionElements>", "</bpmn:extensionElements>" + inner)),
        boundary("b", "u", signal(), interrupting=interrupting),
        user("heard"),
        user("after"),
        flow="s u; b heard; u after",
        roots=ROOTS + '<bpmn:signalEventDefinition id="thrown" signalRef="sig"/>',
    )


def complex_behavior(condition: str, event: str) -> str:
    return (
        f"<bpmn:complexBehaviorDefinition><bpmn:condition>{condition}</bpmn:condition><bpmn:event>{event}</bpmn:event>"
        "</bpmn:complexBehaviorDefinition>"
    )


@pytest.mark.parametrize(("behavior", "heard"), [("None", [1, 2, 3]), ("One", [1, 1, 1])])
def test_each_turn_or_the_first_throws_when_it_is_done(behavior, heard):
    for sequential in (True, False):
        walk = Walk(throwing(behavior, interrupting=False, sequential=sequential))
        for count in heard:
            walk.complete("u")
            assert walk.tasks.count("heard") == count
        assert walk.tasks.count("after") == 1


def test_turns_throw_where_their_condition_holds():
    inner = complex_behavior("=numberOfCompletedInstances = 2", signal())
    walk = Walk(throwing("Complex", interrupting=False, inner=inner))
    walk.complete("u")
    assert walk.tasks == ["u"]
    walk.complete("u")
    assert walk.tasks == ["heard", "u"]
    walk.complete("u")
    assert walk.tasks == ["after", "heard"]


def test_what_a_turn_throws_may_end_the_other_turns_and_completes_the_activity():
    for sequential in (True, False):
        walk = Walk(throwing("One", interrupting=True, sequential=sequential))
        walk.complete("u")
        assert walk.tasks == ["after", "heard"]


def test_a_signal_from_elsewhere_interrupts_turns_that_throw():
    walk = Walk(throwing("One", interrupting=True))
    walk.signal("b")
    assert walk.tasks == ["heard"]


def test_an_escalation_of_a_turn_goes_outwards_where_nothing_on_the_activity_catches_it():
    xml = throwing("None", interrupting=True).replace(
        b'<bpmn:signalEventDefinition id="thrown" signalRef="sig"/>',
        b'<bpmn:escalationEventDefinition id="thrown" escalationRef="esc"/>',
    )
    walk = Walk(xml)
    for _ in range(3):
        walk.complete("u")
    assert walk.tasks == ["after"]


@pytest.mark.parametrize(
    "xml",
    [
        throwing("None", interrupting=True).replace(b'id="thrown"', b'id="other"'),
        throwing("Complex", interrupting=True),
        throwing("Complex", interrupting=True, inner=complex_behavior("=true", error())),
    ],
)
def test_turns_that_throw_nothing_that_can_be_thrown_are_refused(xml):
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(xml)
    assert {(each.code, each.place) for each in refusal.value.problems} == {("turn_event_missing", "u")}
