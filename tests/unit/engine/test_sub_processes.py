"""Embedded sub-processes and event sub-processes."""

from app.engine.seam import ElementEvent, MessageAwaited, TimerOpened
from tests.unit.engine.drawing import (
    ROOTS,
    boundary,
    diagram,
    element,
    end,
    error,
    escalation,
    event_sub,
    io,
    message,
    parallel,
    service,
    signal,
    start,
    sub,
    timer,
    user,
)
from tests.unit.engine.walk import ROOT, Walk


def test_a_sub_process_is_over_when_nothing_in_it_is_left():
    inner = sub(
        "p1", start("s1"), parallel("f"), user("a"), user("b"), end("e1"), end("e2"), flow="s1 f; f a; f b; a e1; b e2"
    )
    walk = Walk(diagram(start(), inner, user("next"), flow="s p1; p1 next"))
    walk.complete("a")
    assert walk.tasks == ["b"]
    walk.complete("b")
    assert walk.tasks == ["next"]
    assert walk.happened()[-2:] == ["e2", "p1"]


def test_an_interrupting_timer_ends_everything_inside_the_sub_process():
    inner = sub("p1", start("s1"), sub("p2", start("s2"), user("a"), flow="s2 a"), flow="s1 p2")
    xml = diagram(start(), inner, boundary("late", "p1", timer("timeDuration", "P1D")), user("x"), flow="s p1; late x")
    walk = Walk(xml)
    walk.fire("late")
    assert walk.tasks == ["x"]
    assert walk.happened(ElementEvent.TERMINATED) == ["a", "p2", "p1"]


def test_variables_of_a_sub_process_stay_in_it_unless_mapped_out():
    inner = sub(
        "p1",
        start("s1"),
        user("a"),
        user("b"),
        end("e1"),
        flow="s1 a; a b; b e1",
        extensions=io({"oma": "=1"}, {"tulos": "=oma + 1"}),
    )
    walk = Walk(diagram(start(), inner, user("next"), flow="s p1; p1 next"), {"muu": 0})
    walk.complete("a", oma=41, muu=5)
    walk.complete("b")
    assert walk.root() == {"muu": 5, "tulos": 42}
    assert walk.tasks == ["next"]


def test_an_interrupting_message_replaces_what_runs_and_the_process_ends_after_it():
    xml = diagram(
        start(),
        user(),
        end(),
        event_sub("es", message(), user("x"), end("ex"), flow="es_s x; x ex"),
        flow="s u; u e",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": "1"})
    assert walk.one(MessageAwaited).depth == 0
    walk.message("es_s", syy="peruttu")
    assert walk.tasks == ["x"]
    assert walk.waits(MessageAwaited) == []
    assert walk.happened(ElementEvent.TERMINATED) == ["u"]
    walk.complete("x")
    assert walk.ended
    assert walk.root()["syy"] == "peruttu"


def test_a_message_that_does_not_interrupt_runs_beside_and_may_come_again():
    xml = diagram(
        start(),
        user(),
        end(),
        event_sub("es", message(), user("x"), end("ex"), flow="es_s x; x ex", interrupting=False),
        flow="s u; u e",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": "1"})
    walk.message("es_s")
    walk.message("es_s")
    assert walk.tasks == ["u", "x", "x"]
    walk.complete("u")
    assert not walk.ended
    walk.complete("x")
    walk.complete("x")
    assert walk.ended


def test_a_waiting_event_sub_process_does_not_keep_the_process_open():
    xml = diagram(
        start(),
        user(),
        end(),
        event_sub("es", timer("timeDuration", "P1D"), end("ex"), flow="es_s ex"),
        flow="s u; u e",
    )
    walk = Walk(xml)
    assert walk.waits(TimerOpened)
    walk.complete("u")
    assert walk.ended


def test_a_timer_event_sub_process_repeats_while_the_sub_process_lives():
    inner = sub(
        "p1",
        start("s1"),
        user("a"),
        end("e1"),
        event_sub("es", timer("timeCycle", "R2/PT1H"), end("ex"), flow="es_s ex", interrupting=False),
        flow="s1 a; a e1",
    )
    walk = Walk(diagram(start(), inner, end(), flow="s p1; p1 e"))
    walk.fire("es_s")
    walk.fire("es_s")
    assert walk.waits(TimerOpened) == []
    walk.complete("a")
    assert walk.ended
    assert walk.happened().count("es") == 2


def test_an_error_event_sub_process_catches_what_is_thrown_in_its_scope():
    inner = sub(
        "p1",
        start("s1"),
        parallel("f"),
        service("t"),
        user("a"),
        event_sub("es", error(), user("x"), end("ex"), flow="es_s x; x ex"),
        flow="s1 f; f t; f a",
    )
    walk = Walk(diagram(start(), inner, user("next"), flow="s p1; p1 next", roots=ROOTS))
    walk.job_error("virhe", "t")
    assert walk.tasks == ["x"]
    walk.complete("x")
    assert walk.tasks == ["next"]


def test_an_error_thrown_by_the_event_sub_process_itself_goes_further_out():
    inner = sub(
        "p1", start("s1"), service("t"), event_sub("es", error(), end("again", error()), flow="es_s again"), flow="s1 t"
    )
    xml = diagram(start(), inner, boundary("b", "p1", error()), user("x"), flow="s p1; b x", roots=ROOTS)
    walk = Walk(xml)
    walk.job_error("virhe", "t")
    assert walk.tasks == ["x"]


def test_an_escalation_event_sub_process_interrupting_and_not():
    for interrupting, tasks in ((True, ["x"]), (False, ["n", "x"])):
        throw = element("intermediateThrowEvent", "t", escalation())
        xml = diagram(
            start(),
            throw,
            user("n"),
            end(),
            event_sub("es", escalation(), user("x"), end("ex"), flow="es_s x; x ex", interrupting=interrupting),
            flow="s t; t n; n e",
            roots=ROOTS,
        )
        walk = Walk(xml)
        assert walk.tasks == tasks


def test_a_signal_event_sub_process():
    xml = diagram(
        start(),
        user(),
        end(),
        event_sub("es", signal(), user("x"), end("ex"), flow="es_s x; x ex"),
        flow="s u; u e",
        roots=ROOTS,
    )
    walk = Walk(xml)
    walk.signal("es_s")
    assert walk.tasks == ["x"]


def test_an_event_sub_process_inside_an_event_sub_process():
    nested = event_sub("in", timer("timeDuration", "PT1H"), user("y"), end("ey"), flow="in_s y; y ey")
    xml = diagram(
        start(),
        user(),
        end(),
        event_sub("es", message(), user("x"), nested, end("ex"), flow="es_s x; x ex"),
        flow="s u; u e",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": "1"})
    assert walk.waits(TimerOpened) == []
    walk.message("es_s")
    walk.fire("in_s")
    assert walk.tasks == ["y"]
    walk.complete("y")
    assert walk.ended


def test_a_subscription_that_cannot_be_made_stops_the_process_before_it_begins():
    xml = diagram(
        start(), user(), end(), event_sub("es", message(), end("ex"), flow="es_s ex"), flow="s u; u e", roots=ROOTS
    )
    walk = Walk(xml)
    assert walk.incidents == ["correlation_key_value"]
    assert walk.tasks == []
    walk.set(ROOT, avain="1")
    walk.retry()
    assert walk.tasks == ["u"]
