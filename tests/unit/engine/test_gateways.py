"""Splits and joins."""

from app.engine.seam import ElementEvent
from tests.unit.engine.drawing import (
    ROOTS,
    boundary,
    diagram,
    element,
    end,
    inclusive,
    message,
    parallel,
    script,
    start,
    timer,
    user,
    xor,
)
from tests.unit.engine.walk import Walk

CHOICE = diagram(
    start(),
    user(),
    xor("g", default="g__c"),
    user("a"),
    user("b"),
    user("c"),
    end(),
    flow='s u; u g; g a [=tulos = "tarjottu"]; g b [=maara > 3]; g c; a e; b e; c e',
)


def test_the_first_flow_whose_condition_holds_is_taken():
    walk = Walk(CHOICE)
    walk.complete("u", tulos="tarjottu", maara=9)
    assert walk.tasks == ["a"]


def test_the_default_flow_is_taken_where_no_condition_holds():
    walk = Walk(CHOICE)
    walk.complete("u", tulos="ei", maara=1)
    assert walk.tasks == ["c"]
    assert walk.happened(ElementEvent.FLOW_TAKEN) == ["s__u", "u__g", "g__c"]


def test_a_condition_that_is_neither_true_nor_false_opens_an_incident_and_the_retry_reads_the_corrected_variable():
    walk = Walk(CHOICE)
    walk.complete("u", tulos="ei")
    assert walk.incidents == ["condition_not_boolean"]
    walk.set(maara=4)
    walk.retry()
    assert walk.tasks == ["b"]
    assert walk.incidents == []


def test_a_condition_after_the_one_that_holds_may_be_unknown():
    walk = Walk(CHOICE)
    walk.complete("u", tulos="tarjottu")
    assert walk.tasks == ["a"]


def test_no_flow_to_take_is_an_incident_not_an_end():
    walk = Walk(diagram(start(), xor("g"), user("a"), user("b"), flow="s g; g a [=x = 1]; g b [=x = 2]"), {"x": 3})
    assert walk.incidents == ["no_flow"]
    walk.set(x=2)
    walk.retry()
    assert walk.tasks == ["b"]


def test_conditions_read_the_facts_of_the_case_and_keep_nothing_of_them():
    xml = diagram(start(), xor("g", default="g__b"), user("a"), user("b"), flow="s g; g a [=asia.ika >= 55]; g b")
    walk = Walk(xml, contexts={"asia": {"ika": 57}})
    assert walk.tasks == ["a"]
    assert b"ika" not in walk.step.state
    assert walk.variables == {}


FORK = diagram(
    start(),
    parallel("f"),
    user("a"),
    user("b"),
    parallel("j"),
    user("c"),
    end(),
    flow="s f; f a; f b; a j; b j; j c; c e",
)


def test_two_parallel_tasks_completed_in_both_orders_keep_both_answers():
    for order in (("a", "b"), ("b", "a")):
        walk = Walk(FORK)
        assert walk.tasks == ["a", "b"]
        for task in order:
            walk.complete(task, **{f"vastaus_{task}": task, "viimeinen": task})
        assert walk.tasks == ["c"]
        assert walk.root() == {"vastaus_a": "a", "vastaus_b": "b", "viimeinen": order[-1]}
        walk.complete("c")
        assert walk.ended
        assert walk.happened().count("j") == 1


def test_a_parallel_join_takes_one_token_of_each_flow():
    # the loop brings a second token to a before b has brought its first
    xml = diagram(
        start(),
        parallel("f"),
        user("a"),
        user("b"),
        parallel("k"),
        parallel("j"),
        user("c"),
        end(),
        flow="s f; f a; f b; a k; k a; k j; b j; j c; c e",
    )
    walk = Walk(xml)
    walk.complete("a")
    walk.complete("a")
    assert "c" not in walk.tasks
    walk.complete("b")
    assert walk.tasks == ["a", "c"]


def test_a_join_that_can_never_fire_is_told_as_stuck():
    xml = diagram(
        start(),
        xor("g", default="g__b"),
        user("a"),
        user("b"),
        parallel("j"),
        end(),
        flow="s g; g a [=x = 1]; g b; a j; b j; j e",
    )
    walk = Walk(xml, {"x": 1})
    walk.complete("a")
    assert walk.incidents == ["stuck"]
    walk.retry()
    assert walk.incidents == ["stuck"]


INCLUSIVE = diagram(
    start(),
    inclusive("f", default="f__c"),
    user("a"),
    user("b"),
    user("c"),
    inclusive("j"),
    user("d"),
    end(),
    flow="s f; f a [=a]; f b [=b]; f c; a j; b j; c j; j d; d e",
)


def test_an_inclusive_gateway_takes_every_flow_that_holds_and_joins_exactly_those():
    walk = Walk(INCLUSIVE, {"a": True, "b": True})
    assert walk.tasks == ["a", "b"]
    walk.complete("b")
    assert walk.tasks == ["a"]
    walk.complete("a")
    assert walk.tasks == ["d"]
    walk.complete("d")
    assert walk.ended


def test_an_inclusive_gateway_takes_the_default_only_where_nothing_holds():
    walk = Walk(INCLUSIVE, {"a": False, "b": False})
    assert walk.tasks == ["c"]
    walk.complete("c")
    assert walk.tasks == ["d"]


def test_an_inclusive_join_waits_for_a_token_that_can_still_come_through_a_boundary_event():
    xml = diagram(
        start(),
        parallel("f"),
        user("a"),
        user("b"),
        boundary("late", "b", timer("timeDuration", "P1D")),
        inclusive("j"),
        user("d"),
        end(),
        end("e2"),
        flow="s f; f a; f b; a j; b e2; late j; j d; d e",
    )
    walk = Walk(xml)
    walk.complete("a")
    assert walk.tasks == ["b"]
    walk.fire("late")
    assert walk.tasks == ["d"]


def test_several_flows_out_of_a_task_are_a_parallel_split_and_several_into_it_a_merge():
    xml = diagram(start(), user("u"), user("a"), user("b"), user("c"), end(), flow="s u; u a; u b; a c; b c; c e")
    walk = Walk(xml)
    walk.complete("u")
    assert walk.tasks == ["a", "b"]
    walk.complete("a")
    walk.complete("b")
    assert walk.tasks == ["c", "c"]


def test_conditional_flows_out_of_a_task_with_a_default():
    xml = diagram(
        start(),
        user("u", default="u__c"),
        user("a"),
        user("b"),
        user("c"),
        flow="s u; u a [=x > 1]; u b [=x > 2]; u c",
    )
    for value, tasks in ((3, ["a", "b"]), (2, ["a"]), (1, ["c"])):
        walk = Walk(xml)
        walk.complete("u", x=value)
        assert walk.tasks == tasks


def test_an_event_gateway_goes_on_with_the_first_event_only():
    catch = element("intermediateCatchEvent", "m1", message())
    late = element("intermediateCatchEvent", "late", timer("timeDuration", "PT2H"))
    xml = diagram(
        start(),
        element("eventBasedGateway", "g"),
        catch,
        late,
        user("a"),
        user("b"),
        flow="s g; g m1; g late; m1 a; late b",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": "17"})
    walk.message("m1", vastaus="kyllä")
    assert walk.tasks == ["a"]
    assert walk.root()["vastaus"] == "kyllä"
    assert len(walk.open) == 1
    walk = Walk(xml, {"avain": "17"})
    walk.fire("late")
    assert walk.tasks == ["b"]
    assert walk.happened()[-2:] == ["g", "late"]


def test_an_event_gateway_may_wait_with_a_receive_task():
    receive = element("receiveTask", "r", messageRef="m")
    late = element("intermediateCatchEvent", "late", timer("timeDuration", "PT2H"))
    xml = diagram(
        start(),
        element("eventBasedGateway", "g"),
        receive,
        late,
        user("a"),
        user("b"),
        flow="s g; g r; g late; r a; late b",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": 17})
    walk.message("r")
    assert walk.tasks == ["a"]


def test_a_loop_through_gateways_that_never_waits_is_stopped_by_an_incident():
    walk = Walk(diagram(start(), xor("g"), script("k", "=n + 1", "n"), flow="s g; g k; k g"), {"n": 0})
    assert any(code in {"step_budget", "feel_budget"} for code in walk.incidents)
