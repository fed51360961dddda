"""Start, catch, throw, boundary and end events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import InstanceEnded, NotFound
from app.engine import run
from app.engine.seam import (
    ElementEvent,
    InstanceStatus,
    JobOpened,
    MessageAwaited,
    SignalAwaited,
    Surroundings,
    TimerFired,
    TimerOpened,
)
from app.engine.start_timers import PlannedStart, plan_start
from tests.unit.engine.drawing import (
    ROOTS,
    TERMINATE,
    boundary,
    diagram,
    element,
    end,
    error,
    escalation,
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
from tests.unit.engine.walk import NOW, Walk, compiled


def test_an_interrupting_timer_on_a_task_ends_the_task_and_goes_its_own_way():
    xml = diagram(
        start(), user(), boundary("late", "u", timer("timeDuration", "P1D")), user("x"), end(), flow="s u; u e; late x"
    )
    walk = Walk(xml)
    assert walk.one(TimerOpened).due_at == NOW + timedelta(days=1)
    walk.fire("late")
    assert walk.tasks == ["x"]
    assert walk.happened(ElementEvent.TERMINATED) == ["u"]


def test_a_completed_task_withdraws_its_timer():
    xml = diagram(
        start(), user(), boundary("late", "u", timer("timeDuration", "P1D")), end(), end("e2"), flow="s u; u e; late e2"
    )
    walk = Walk(xml)
    key = walk.one(TimerOpened).key
    walk.complete()
    assert walk.ended
    assert [(each.key, each.completed) for each in walk.step.closed if each.key == key] == [(key, False)]


def test_a_reminder_repeats_three_times_and_the_task_stays_open():
    xml = diagram(
        start(),
        user(),
        boundary("again", "u", timer("timeCycle", "R3/P7D"), interrupting=False),
        end(),
        end("e2"),
        flow="s u; u e; again e2",
    )
    walk = Walk(xml)
    due = []
    while walk.waits(TimerOpened):
        due.append(walk.one(TimerOpened).due_at)
        walk.fire("again")
        assert walk.tasks == ["u"]
    assert [moment.date().isoformat() for moment in due] == ["2026-03-09", "2026-03-16", "2026-03-23"]


def test_a_cycle_that_was_missed_for_a_month_runs_once_and_keeps_its_grid():
    xml = diagram(
        start(),
        user(),
        boundary("again", "u", timer("timeCycle", "R/P7D"), interrupting=False),
        end(),
        end("e2"),
        flow="s u; u e; again e2",
    )
    walk = Walk(xml).at(NOW + timedelta(days=31))
    walk.fire("again")
    assert walk.one(TimerOpened).due_at.date().isoformat() == "2026-04-06"


def test_days_are_days_of_the_wall_clock_over_the_change_to_summer_time():
    xml = diagram(start(), element("intermediateCatchEvent", "w", timer("timeDuration", "P1D")), end(), flow="s w; w e")
    walk = Walk(xml, now=datetime(2026, 3, 28, 10, 0, tzinfo=UTC))
    assert walk.one(TimerOpened).due_at == datetime(2026, 3, 29, 9, 0, tzinfo=UTC)


def test_a_timer_reads_its_time_limit_from_the_reference_data():
    xml = diagram(
        start(),
        element("intermediateCatchEvent", "w", timer("timeDuration", "=viite.t_vastaus")),
        end(),
        flow="s w; w e",
    )
    walk = Walk(xml, contexts={"viite": {"t_vastaus": "P14D"}})
    assert walk.one(TimerOpened).due_at == datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
    walk.fire("w")
    assert walk.ended


def test_an_unknown_time_limit_is_an_incident_until_it_is_known():
    xml = diagram(
        start(), element("intermediateCatchEvent", "w", timer("timeDuration", "=raja")), end(), flow="s w; w e"
    )
    walk = Walk(xml)
    assert walk.incidents == ["timer_value"]
    walk.set(raja="PT1H")
    walk.retry()
    assert walk.one(TimerOpened).due_at == NOW + timedelta(hours=1)


def test_a_message_with_the_correlation_key_of_the_instance_continues_it():
    xml = diagram(start(), element("intermediateCatchEvent", "w", message()), user(), flow="s w; w u", roots=ROOTS)
    walk = Walk(xml, {"avain": "a-17"})
    awaited = walk.one(MessageAwaited)
    assert (awaited.message_name, awaited.correlation_key, awaited.interrupting) == ("viesti", "a-17", True)
    walk.message("w", tulos=5)
    assert walk.tasks == ["u"]
    assert walk.root()["tulos"] == 5


def test_an_empty_correlation_key_is_an_incident():
    xml = diagram(start(), element("receiveTask", "w", messageRef="m"), user(), flow="s w; w u", roots=ROOTS)
    walk = Walk(xml)
    assert walk.incidents == ["correlation_key_value"]


def test_a_message_on_a_task_that_does_not_interrupt_may_come_again():
    xml = diagram(
        start(),
        user(),
        boundary("b", "u", message(), interrupting=False),
        user("x"),
        end(),
        flow="s u; u e; b x",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": "1"})
    assert walk.one(MessageAwaited).interrupting is False
    walk.message("b")
    walk.message("b")
    assert walk.tasks == ["u", "x", "x"]


def test_a_signal_continues_what_waits_for_it_and_a_throw_tells_it():
    xml = diagram(
        start(),
        element("intermediateThrowEvent", "t", signal()),
        element("intermediateCatchEvent", "w", signal()),
        end("e", signal()),
        flow="s t; t w; w e",
        roots=ROOTS,
    )
    walk = Walk(xml)
    assert [thrown.name for thrown in walk.step.signals] == ["merkki"]
    assert walk.one(SignalAwaited).signal_name == "merkki"
    walk.signal("w")
    assert walk.ended
    assert [thrown.element_id for thrown in walk.step.signals] == ["e"]


def test_a_thrown_message_carries_its_input_mappings_and_nothing_else():
    extensions = io({"syy": "=peruste"}) + (
        '<zeebe:properties><zeebe:property name="kyky.correlationKey" value="=asia_id"/>'
        '<zeebe:property name="kyky.timeToLive" value="P7D"/></zeebe:properties>'
    )
    xml = diagram(start(), element("endEvent", "e", message(), extensions), flow="s e", roots=ROOTS)
    walk = Walk(xml, {"asia_id": "99", "peruste": "kiire", "muu": 1})
    [thrown] = walk.step.messages
    assert (thrown.name, thrown.correlation_key, thrown.variables) == ("viesti", "99", {"syy": "kiire"})
    assert thrown.time_to_live == timedelta(days=7)
    assert walk.ended


def test_a_message_event_with_a_job_type_is_a_job():
    xml = diagram(
        start(),
        element("endEvent", "e", message(), '<zeebe:taskDefinition type="send_notification"/>'),
        flow="s e",
        roots=ROOTS,
    )
    walk = Walk(xml)
    assert walk.one(JobOpened).type == "send_notification"
    walk.job("e")
    assert walk.ended


def test_a_bpmn_error_of_a_job_is_caught_on_the_task():
    xml = diagram(start(), service(), boundary("b", "t", error()), user("x"), end(), flow="s t; t e; b x", roots=ROOTS)
    walk = Walk(xml)
    walk.job_error("virhe", "t", syy="täynnä")
    assert walk.tasks == ["x"]
    assert walk.root() == {"syy": "täynnä"}
    assert walk.happened(ElementEvent.TERMINATED) == ["t"]


def test_an_error_that_nobody_catches_is_an_incident_at_the_task_and_the_retry_opens_the_job_again():
    xml = diagram(start(), service(), boundary("b", "t", error()), user("x"), end(), flow="s t; t e; b x", roots=ROOTS)
    walk = Walk(xml)
    first = walk.one(JobOpened).key
    walk.job_error("muu", "t")
    assert walk.incidents == ["uncaught_error"]
    walk.retry()
    assert walk.one(JobOpened).key != first
    walk.job("t")
    assert walk.ended


def test_an_exact_error_code_wins_over_the_catch_all():
    xml = diagram(
        start(),
        service(),
        boundary("any", "t", error(None)),
        boundary("one", "t", error()),
        user("a"),
        user("b"),
        end(),
        flow="s t; t e; any a; one b",
        roots=ROOTS,
    )
    walk = Walk(xml)
    walk.job_error("virhe", "t")
    assert walk.tasks == ["b"]
    walk = Walk(xml)
    walk.job_error("jokin", "t")
    assert walk.tasks == ["a"]


def test_an_error_end_leaves_the_sub_process_by_its_boundary():
    inner = sub("p1", start("s1"), parallel("f"), user("n"), end("e1", error()), flow="s1 f; f n; f e1")
    xml = diagram(start(), inner, boundary("b", "p1", error()), user("x"), end(), flow="s p1; p1 e; b x", roots=ROOTS)
    walk = Walk(xml)
    assert walk.tasks == ["x"]
    assert set(walk.happened(ElementEvent.TERMINATED)) == {"n", "e1", "p1"}


def test_an_escalation_that_does_not_interrupt_lets_both_go_on():
    inner = sub(
        "p1",
        start("s1"),
        element("intermediateThrowEvent", "t", escalation()),
        user("n"),
        end("e1"),
        flow="s1 t; t n; n e1",
    )
    xml = diagram(
        start(),
        inner,
        boundary("b", "p1", escalation(), interrupting=False),
        user("x"),
        end(),
        flow="s p1; p1 e; b x",
        roots=ROOTS,
    )
    walk = Walk(xml)
    assert walk.tasks == ["n", "x"]


def test_an_escalation_that_interrupts_ends_the_sub_process():
    inner = sub(
        "p1",
        start("s1"),
        element("intermediateThrowEvent", "t", escalation()),
        user("n"),
        end("e1"),
        flow="s1 t; t n; n e1",
    )
    xml = diagram(
        start(), inner, boundary("b", "p1", escalation()), user("x"), end(), flow="s p1; p1 e; b x", roots=ROOTS
    )
    walk = Walk(xml)
    assert walk.tasks == ["x"]


def test_an_escalation_that_nobody_catches_changes_nothing():
    xml = diagram(
        start(),
        element("intermediateThrowEvent", "t", escalation()),
        end("e", escalation()),
        flow="s t; t e",
        roots=ROOTS,
    )
    assert Walk(xml).ended


def test_a_terminate_end_ends_everything_in_its_scope_and_the_scope_goes_on():
    inner = sub(
        "p1",
        start("s1"),
        parallel("f"),
        user("a"),
        user("b"),
        end("stop", TERMINATE),
        end("e1"),
        flow="s1 f; f a; f b; a stop; b e1",
    )
    xml = diagram(start(), inner, user("next"), flow="s p1; p1 next")
    walk = Walk(xml)
    walk.complete("a")
    assert walk.tasks == ["next"]
    xml = diagram(
        start(), parallel("f"), user("a"), user("b"), end("stop", TERMINATE), flow="s f; f a; f b; a stop; b stop"
    )
    walk = Walk(xml)
    walk.complete("b")
    assert walk.ended


def test_link_events_join_two_halves_of_a_drawing():
    link = '<bpmn:linkEventDefinition name="{}"/>'.format
    xml = diagram(
        start(),
        element("intermediateThrowEvent", "a", link("L")),
        user(),
        element("intermediateCatchEvent", "b", link("L")),
        end(),
        flow="s a; b u; u e",
    )
    walk = Walk(xml)
    assert walk.tasks == ["u"]
    assert walk.happened() == ["s", "a", "b"]
    assert walk.happened(ElementEvent.FLOW_TAKEN) == ["s__a", "b__u"]


def test_a_process_with_several_starts_begins_at_the_one_named():
    xml = diagram(start(), start("sm", message()), user("a"), user("b"), flow="s a; sm b", roots=ROOTS)
    assert Walk(xml).tasks == ["a"]
    assert Walk(xml, {"avain": "1"}, start="sm").tasks == ["b"]
    with pytest.raises(NotFound):
        Walk(xml, start="a")


def test_a_process_that_only_starts_by_message_does_not_start_without_one():
    xml = diagram(start("sm", message()), user("b"), flow="sm b", roots=ROOTS)
    with pytest.raises(NotFound):
        Walk(xml)
    outline = compiled(xml).outline
    assert [(event.kind, event.detail) for event in outline.start_events] == [("message", "viesti")]


def test_a_process_without_start_event_begins_at_what_nothing_leads_to():
    xml = diagram(user("a"), user("b"), user("c"), flow="a c")
    assert Walk(xml).tasks == ["a", "b"]


def test_flows_without_ids_run_and_are_not_in_history():
    xml = diagram(start(), user(), end(), flow="s u; u e").replace(b' id="s__u"', b"").replace(b' id="u__e"', b"")
    walk = Walk(xml)
    walk.complete()
    assert walk.ended
    assert walk.happened(ElementEvent.FLOW_TAKEN) == []


def test_elements_called_start_and_end_are_ordinary_elements():
    xml = diagram(start("Start"), user("End"), end("Root"), flow="Start End; End Root")
    walk = Walk(xml)
    assert walk.tasks == ["End"]
    walk.complete("End")
    assert walk.ended


def test_a_cancelled_instance_withdraws_everything_and_hears_nothing_more():
    xml = diagram(
        start(), user(), boundary("late", "u", timer("timeDuration", "P1D")), end(), end("e2"), flow="s u; u e; late e2"
    )
    walk = Walk(xml)
    timer_key = walk.one(TimerOpened).key
    walk.cancel()
    assert walk.step.status is InstanceStatus.TERMINATED
    assert walk.open == {}
    assert walk.happened(ElementEvent.TERMINATED) == ["u", "p"]
    with pytest.raises(NotFound):
        run.advance(walk.process, walk.step.state, TimerFired(key=timer_key), surroundings=walk.surroundings)
    with pytest.raises(InstanceEnded):
        walk.cancel()


def test_the_same_task_cannot_be_completed_twice():
    walk = Walk(diagram(start(), user(), user("v"), flow="s u; u v"))
    waiting = walk.one(type(next(iter(walk.open.values()))))
    walk.complete("u")
    walk.open[waiting.key] = waiting
    with pytest.raises(NotFound):
        walk.complete("u")


def test_an_event_definition_by_reference_is_the_event_itself():
    xml = diagram(
        start(),
        element("intermediateCatchEvent", "w", "<bpmn:eventDefinitionRef>d</bpmn:eventDefinitionRef>"),
        end(),
        flow="s w; w e",
        roots=timer("timeDuration", "PT1H").replace("Definition>", 'Definition id="d">', 1),
    )
    walk = Walk(xml)
    assert walk.one(TimerOpened).due_at == NOW + timedelta(hours=1)


def test_a_signal_reaches_what_waits_in_the_same_instance_at_that_moment_and_nothing_that_waits_later():
    inner = sub("p1", start("s1"), end("e1", signal()), flow="s1 e1")
    xml = diagram(
        start(),
        inner,
        boundary("b", "p1", signal(), interrupting=False),
        user("x"),
        element("intermediateCatchEvent", "later", signal()),
        flow="s p1; p1 later; b x",
        roots=ROOTS,
    )
    walk = Walk(xml)
    assert walk.tasks == ["x"]
    assert walk.one(SignalAwaited).element_id == "later"


def test_a_timer_start_event_is_planned_and_planned_again_after_each_start():
    xml = diagram(start("st", timer("timeCycle", "=viite.vali")), user(), flow="st u")
    process = compiled(xml)
    around = Surroundings(now=NOW, new_key=lambda: 1, contexts={"viite": {"vali": "R2/P1D"}})
    first = plan_start(process, "st", surroundings=around)
    assert first == PlannedStart(due_at=NOW + timedelta(days=1), repetitions_left=1)
    second = plan_start(process, "st", surroundings=replace(around, now=first.due_at), after=first)
    assert second == PlannedStart(due_at=NOW + timedelta(days=2), repetitions_left=0)
    assert plan_start(process, "st", surroundings=replace(around, now=second.due_at), after=second) is None
    assert Walk(process, start="st").tasks == ["u"]
    with pytest.raises(NotFound):
        plan_start(process, "u", surroundings=around)
