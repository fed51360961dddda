"""Call activities: versions, variables in and out, and what travels through the wall between caller and called."""

import dataclasses

import pytest

from app.domain.errors import NotFound, StateUnreadable
from app.engine import codec, run
from app.engine.dialect.calls import DEEPEST_CALL
from app.engine.seam import (
    ElementEvent,
    IncidentOpened,
    InstanceStatus,
    JobOpened,
    MessageAwaited,
    Surroundings,
    TimerOpened,
    UserTaskOpened,
)
from tests.unit.engine.drawing import (
    ROOTS,
    TERMINATE,
    boundary,
    call,
    diagram,
    element,
    end,
    error,
    escalation,
    event_sub,
    io,
    message,
    multi,
    parallel,
    script,
    service,
    signal,
    start,
    sub,
    timer,
    user,
)
from tests.unit.engine.test_listeners import execution
from tests.unit.engine.walk import NOW, ROOT, Shelf, Walk, compiled

CALLER = diagram(start(), call("c", "q"), user("after"), end(), flow="s c; c after; after e")


def called(*elements: str, flow: str, process_id: str = "q", roots: str = ROOTS) -> bytes:
    return diagram(*elements, flow=flow, process_id=process_id, roots=roots)


ONE_TASK = called(start("qs"), user("q1"), end("qe"), flow="qs q1; q1 qe")


def call_with(*, inner: str = "", extensions: str = "", more: str = "", flow: str = "s c; c after", **attributes: str):
    """Return a caller whose call activity is followed by a task."""
    return diagram(
        start(), call("c", "q", inner, extensions, **attributes), user("after"), more, flow=flow, roots=ROOTS
    )


def test_a_call_runs_inside_the_instance_with_a_key_of_its_own():
    walk = Walk(CALLER, {"x": 1}, shelf=Shelf().put(ONE_TASK))
    (begun,) = walk.step.calls
    task = walk.one(UserTaskOpened, "q1")
    assert task.called == begun.called
    assert (begun.called.process_id, begun.called.version, begun.parent_key, begun.element_id) == ("q", 1, ROOT, "c")
    lines = [(line.element_id, line.event.value, line.called_key) for line in walk.history]
    key = begun.called.key
    assert lines[-6:] == [
        ("c", "activated", None),
        ("q", "activated", key),
        ("qs", "activated", key),
        ("qs", "completed", key),
        ("qs__q1", "flow_taken", key),
        ("q1", "activated", key),
    ]
    inside = next(line for line in walk.history if line.element_id == "q")
    assert (inside.element_instance_key, inside.scope_key) == (key, begun.element_instance_key)
    walk.complete("q1", y=2)
    assert [(each.key, each.status) for each in walk.step.calls_ended] == [(key, InstanceStatus.COMPLETED)]
    assert walk.tasks == ["after"]
    assert walk.one(UserTaskOpened).called is None
    assert walk.root() == {"x": 1, "y": 2}


def test_a_called_process_that_waits_for_nothing_ends_in_the_same_step():
    straight = called(start("qs"), script("k", "=x * 2", "tulos"), end("qe"), flow="qs k; k qe")
    walk = Walk(CALLER, {"x": 4}, shelf=Shelf().put(straight))
    assert walk.tasks == ["after"]
    assert walk.root() == {"x": 4, "tulos": 8}
    assert (len(walk.step.calls), len(walk.step.calls_ended)) == (1, 1)
    assert {each.scope_key for each in walk.step.variables} == {ROOT}, "a scope of one step is not told"


# -- versions ------------------------------------------------------------------------------------------------------


def test_a_newer_version_is_called_next_while_the_old_one_goes_on():
    newer = called(start("qs"), user("q2"), end("qe"), flow="qs q2; q2 qe")
    caller = diagram(start(), call("a", "q"), call("b", "q"), user("after"), flow="s a; a b; b after")
    shelf = Shelf().put(ONE_TASK)
    walk = Walk(caller, shelf=shelf)
    shelf.put(newer)
    assert walk.tasks == ["q1"]
    walk.complete("q1")
    assert walk.tasks == ["q2"]
    assert walk.one(UserTaskOpened).called.version == 2


def test_two_versions_live_side_by_side_in_one_state():
    newer = called(start("qs"), user("q1", name="uusi"), user("q2"), end("qe"), flow="qs q1; q1 q2; q2 qe")
    caller = diagram(
        start(), parallel("f"), call("a", "q"), user("u"), call("b", "q"), end(), flow="s f; f a; f u; u b; a e; b e"
    )
    shelf = Shelf().put(ONE_TASK)
    walk = Walk(caller, shelf=shelf)
    shelf.put(newer)
    walk.complete("u")
    assert sorted(each.called.version for each in walk.waits(UserTaskOpened, "q1")) == [1, 2]
    walk.complete("q1")
    assert walk.tasks == ["q1"]
    walk.complete("q1")
    assert walk.tasks == ["q2"]
    walk.complete("q2")
    assert walk.ended


@pytest.mark.parametrize(
    ("binding", "tag", "task"),
    [("latest", "", "q2"), ("deployment", "", "q1"), ("versionTag", "1", "q1"), ("versionTag", "=tunnus", "q2")],
)
def test_the_binding_chooses_the_version(binding, tag, task):
    newer = called(start("qs"), user("q2"), end("qe"), flow="qs q2; q2 qe")
    attributes = {"bindingType": binding} | ({"versionTag": tag} if tag else {})
    walk = Walk(call_with(**attributes), {"tunnus": "2"}, shelf=Shelf().put(ONE_TASK, newer))
    assert walk.tasks == [task]


def test_the_process_may_be_computed():
    caller = diagram(start(), call("c", '=if x > 1 then "q" else "r"'), end(), flow="s c; c e")
    other = called(start("rs"), user("r1"), flow="rs r1", process_id="r")
    shelf = Shelf().put(ONE_TASK, other)
    assert Walk(caller, {"x": 2}, shelf=shelf).tasks == ["q1"]
    assert Walk(caller, {"x": 1}, shelf=shelf).tasks == ["r1"]


@pytest.mark.parametrize(
    ("process_id", "code"),
    [("q", "called_process_missing"), ("=puuttuu", "called_process_value"), ("=7.5", "called_process_value")],
)
def test_what_cannot_be_called_is_an_incident_that_can_be_retried(process_id, code):
    shelf = Shelf()
    caller = diagram(
        start(), call("c", process_id), boundary("b", "c", timer("timeDuration", "P1D")), end(), flow="s c; c e; b e"
    )
    walk = Walk(caller, shelf=shelf)
    assert walk.incidents == [code]
    assert walk.one(IncidentOpened).element_id == "c"
    walk.retry()
    assert walk.incidents == [code]
    shelf.put(ONE_TASK)
    walk.set(puuttuu="q")
    if process_id == "=7.5":
        return
    walk.retry()
    assert walk.tasks == ["q1"]
    assert len(walk.waits(TimerOpened)) == 1, "events on the call are opened once"


def test_a_process_without_none_start_cannot_be_called():
    by_message = called(start("qs", message()), user("q1"), flow="qs q1")
    assert Walk(CALLER, shelf=Shelf().put(by_message)).incidents == ["called_process_start"]


def test_a_process_that_calls_itself_without_end_is_an_incident():
    endless = diagram(start(), call("c", "p"), end(), flow="s c; c e")
    walk = Walk(endless, shelf=Shelf().put(endless))
    assert walk.incidents == ["call_depth"]
    assert DEEPEST_CALL // 2 <= len(walk.called) <= DEEPEST_CALL
    walk.cancel()
    assert walk.step.status is InstanceStatus.TERMINATED
    assert not walk.called


def test_the_deepest_allowed_calls_come_back():
    counting = diagram(
        start(),
        script("k", "=n + 1", "n"),
        element("exclusiveGateway", "g", default="g__c"),
        call("c", "p"),
        user("u"),
        end(),
        flow="s k; k g; g u [=n > 28]; g c; c e; u e",
    )
    walk = Walk(counting, {"n": 0}, shelf=Shelf().put(counting))
    assert (walk.tasks, len(walk.called)) == (["u"], 28)
    walk.complete("u", syvin="tässä")
    assert walk.ended
    assert walk.root() == {"n": 29, "syvin": "tässä"}


# -- variables -----------------------------------------------------------------------------------------------------


def inside(walk: Walk) -> dict[str, object]:
    """Return the variables of the one live called process."""
    (key,) = walk.called
    return dict(run.read_variables(walk.step.state)[key])


def test_everything_goes_in_and_what_was_written_comes_back():
    walk = Walk(call_with(extensions=io({"oma": "=x + 1"})), {"x": 1, "y": 2}, shelf=Shelf().put(ONE_TASK))
    assert inside(walk) == {"oma": 2, "x": 1, "y": 2}
    walk.complete("q1", y=20, z=30)
    assert walk.root() == {"x": 1, "y": 20, "z": 30}


def test_only_the_inputs_go_in_where_the_call_says_so():
    caller = call_with(extensions=io({"oma": "=x + 1"}), propagateAllParentVariables="false")
    assert inside(Walk(caller, {"x": 1}, shelf=Shelf().put(ONE_TASK))) == {"oma": 2}
    caller = call_with(propagateAllParentVariables="false")
    assert inside(Walk(caller, {"x": 1}, shelf=Shelf().put(ONE_TASK))) == {}


def test_nothing_comes_back_where_the_call_says_so():
    caller = call_with(propagateAllChildVariables="false")
    walk = Walk(caller, {"x": 1}, shelf=Shelf().put(ONE_TASK))
    walk.complete("q1", x=2, z=3)
    assert walk.root() == {"x": 1}


@pytest.mark.parametrize("all_back", ["true", "false"])
def test_output_mappings_decide_what_comes_back(all_back):
    caller = call_with(extensions=io({"sisaan": "=x"}, {"ulos": "=z + sisaan"}), propagateAllChildVariables=all_back)
    walk = Walk(caller, {"x": 1}, shelf=Shelf().put(ONE_TASK))
    walk.complete("q1", z=3)
    assert walk.root() == {"x": 1, "ulos": 4}


def test_a_called_process_writes_nothing_outside_before_it_ends():
    walk = Walk(CALLER, {"x": 1}, shelf=Shelf().put(called(start("qs"), user("q1"), user("q2"), flow="qs q1; q1 q2")))
    walk.complete("q1", x=2)
    assert walk.root() == {"x": 1}
    walk.complete("q2")
    assert walk.root() == {"x": 2}


@pytest.mark.parametrize("first", ["q1", "u"])
def test_a_parallel_branch_keeps_what_it_wrote_while_the_call_ran(first):
    caller = diagram(start(), parallel("f"), call("c", "q"), user("u"), end(), flow="s f; f c; f u; c e; u e")
    walk = Walk(caller, {"x": 1, "y": 1}, shelf=Shelf().put(ONE_TASK))
    answers = {"q1": {"y": 2}, "u": {"x": 3}}
    for task in [first, *({"q1", "u"} - {first})]:
        walk.complete(task, **answers[task])
    assert walk.ended
    assert walk.root() == {"x": 3, "y": 2}


def test_a_variable_can_be_set_in_the_called_process():
    walk = Walk(CALLER, {"x": 1}, shelf=Shelf().put(ONE_TASK))
    (key,) = walk.called
    walk.set(key, x=5)
    assert (inside(walk), walk.root()) == ({"x": 5}, {"x": 1})
    assert {each.called_key for each in walk.step.variables} == {key}
    walk.complete("q1")
    assert walk.root() == {"x": 5}


def test_jobs_see_the_variables_of_their_process_only():
    work = called(start("qs"), service("t"), end("qe"), flow="qs t; t qe")
    walk = Walk(call_with(propagateAllParentVariables="false"), {"x": 1}, shelf=Shelf().put(work))
    assert walk.one(JobOpened).variables == {}
    walk.job("t", tulos=1)
    assert walk.root() == {"x": 1, "tulos": 1}


def test_a_failed_output_is_retried_with_what_the_process_brought():
    caller = call_with(extensions=io(None, {"ulos": '=z < date("2026-01-01")'}), propagateAllChildVariables="false")
    shelf = Shelf().put(ONE_TASK)
    walk = Walk(caller, shelf=shelf)
    walk.complete("q1", z="eilen")
    assert walk.one(IncidentOpened).element_id == "c"
    assert not walk.called
    walk.set(walk.one(IncidentOpened).element_instance_key, local=True, z=None)
    walk.retry()
    assert walk.tasks == ["after"]


def test_each_version_reads_its_own_contexts():
    reading = called(start("qs"), script("k", "=viite.raja", "raja"), end("qe"), flow="qs k; k qe")
    shelf = Shelf().put(reading, contexts={"viite": {"raja": 7}})
    walk = Walk(CALLER, contexts={"viite": {"raja": 1}}, shelf=shelf)
    assert walk.root() == {"raja": 7}


# -- what goes through the wall ------------------------------------------------------------------------------------

THROWS_ERROR = called(start("qs"), user("q1"), end("qe", error()), flow="qs q1; q1 qe")


def test_an_error_that_nobody_catches_inside_is_caught_on_the_call():
    caller = call_with(more=boundary("b", "c", error()) + user("x"), flow="s c; c after; b x")
    walk = Walk(caller, shelf=Shelf().put(THROWS_ERROR))
    walk.complete("q1", y=1)
    assert walk.tasks == ["x"]
    assert [each.status for each in walk.step.calls_ended] == [InstanceStatus.TERMINATED]
    assert walk.root() == {}, "an interrupted process brings nothing back"


def test_an_error_goes_out_through_several_calls_to_an_event_sub_process():
    middle = called(start("ms"), call("mc", "q"), flow="ms mc", process_id="mid")
    caller = diagram(
        start(),
        call("c", "mid"),
        event_sub("es", error(), user("x"), flow="es_s x"),
        flow="s c",
        roots=ROOTS,
    )
    walk = Walk(caller, shelf=Shelf().put(THROWS_ERROR, middle))
    walk.complete("q1")
    assert (walk.tasks, walk.called) == (["x"], {})


def test_an_error_that_nobody_catches_is_an_incident_inside():
    walk = Walk(CALLER, shelf=Shelf().put(THROWS_ERROR))
    walk.complete("q1")
    incident = walk.one(IncidentOpened)
    assert (incident.code, incident.element_id, incident.called.process_id) == ("uncaught_error", "qe", "q")


def test_a_job_error_goes_out_with_its_variables():
    caller = call_with(more=boundary("b", "c", error()) + user("x"), flow="s c; c after; b x")
    walk = Walk(caller, shelf=Shelf().put(called(start("qs"), service("t"), flow="qs t")))
    walk.job_error("virhe", "t", syy="ö")
    assert (walk.tasks, walk.root()) == (["x"], {"syy": "ö"})


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_goes_out(interrupting):
    throwing = called(
        start("qs"),
        element("intermediateThrowEvent", "nosto", escalation()),
        user("q1"),
        flow="qs nosto; nosto q1",
    )
    caller = call_with(
        more=boundary("b", "c", escalation(), interrupting=interrupting) + user("x"), flow="s c; c after; b x"
    )
    walk = Walk(caller, shelf=Shelf().put(throwing))
    assert walk.tasks == (["x"] if interrupting else ["q1", "x"])


def test_a_terminate_end_ends_the_called_process_only():
    ending = called(
        start("qs"), parallel("f"), user("q1"), user("q2"), end("qe", TERMINATE), flow="qs f; f q1; f q2; q1 qe"
    )
    walk = Walk(CALLER, shelf=Shelf().put(ending))
    walk.complete("q1", z=1)
    assert (walk.tasks, walk.root()) == (["after"], {"z": 1})
    assert [each.status for each in walk.step.calls_ended] == [InstanceStatus.COMPLETED]


def test_an_interrupting_event_on_the_call_ends_everything_inside():
    caller = call_with(more=boundary("b", "c", timer("timeDuration", "P1D")) + user("x"), flow="s c; c after; b x")
    waiting = called(
        start("qs"),
        parallel("f"),
        user("q1"),
        service("t"),
        element("intermediateCatchEvent", "m1", message()),
        flow="qs f; f q1; f t; f m1",
    )
    walk = Walk(caller, {"avain": "1"}, shelf=Shelf().put(waiting))
    walk.fire("b")
    assert (walk.tasks, len(walk.open), walk.called) == (["x"], 1, {})
    assert "q" in walk.happened(ElementEvent.TERMINATED)


def test_a_timer_on_the_call_that_does_not_interrupt_leaves_it_running():
    caller = call_with(
        more=boundary("b", "c", timer("timeCycle", "R2/P1D"), interrupting=False) + user("x"),
        flow="s c; c after; b x",
    )
    walk = Walk(caller, shelf=Shelf().put(ONE_TASK))
    walk.fire("b")
    walk.fire("b")
    assert walk.tasks == ["q1", "x", "x"]
    walk.complete("q1")
    assert walk.tasks == ["after", "x", "x"]


def test_waits_inside_a_call_go_on():
    waiting = called(
        start("qs"),
        element("intermediateCatchEvent", "odota", timer("timeDuration", "P1D")),
        element("intermediateCatchEvent", "m1", message()),
        element("intermediateCatchEvent", "s1", signal()),
        end("qe"),
        flow="qs odota; odota m1; m1 s1; s1 qe",
    )
    walk = Walk(CALLER, {"avain": 7}, shelf=Shelf().put(waiting))
    walk.fire("odota")
    assert walk.one(MessageAwaited).correlation_key == "7"
    walk.message("m1", vastaus=1)
    walk.signal("s1")
    assert (walk.tasks, walk.root()) == (["after"], {"avain": 7, "vastaus": 1})


def test_an_event_sub_process_of_the_called_process_replaces_it():
    watching = called(
        start("qs"), user("q1"), event_sub("es", message(), user("x"), end("ex"), flow="es_s x; x ex"), flow="qs q1"
    )
    walk = Walk(CALLER, {"avain": "1"}, shelf=Shelf().put(watching))
    walk.message("es_s", syy=1)
    assert walk.tasks == ["x"]
    walk.complete("x")
    assert (walk.tasks, walk.root()) == (["after"], {"avain": "1", "syy": 1})


def test_a_signal_thrown_inside_is_heard_outside_and_the_other_way():
    throwing = called(
        start("qs"),
        element("intermediateThrowEvent", "huuto", signal()),
        user("q1"),
        event_sub("es", signal("sig"), user("x"), flow="es_s x", interrupting=False),
        flow="qs huuto; huuto q1",
    )
    caller = call_with(more=boundary("b", "c", signal(), interrupting=False) + user("y"), flow="s c; c after; b y")
    assert Walk(caller, shelf=Shelf().put(throwing)).tasks == ["q1", "x", "y"]


def test_cancelling_the_instance_ends_the_called_processes():
    walk = Walk(CALLER, shelf=Shelf().put(ONE_TASK))
    walk.cancel()
    assert (walk.step.status, walk.open, walk.called) == (InstanceStatus.TERMINATED, {}, {})


# -- turns and nesting ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [True, False])
def test_turns_of_a_call_collect_what_their_processes_bring(sequential):
    turns = multi("=[10, 20, 30]", sequential=sequential, output=("kaikki", "=tulos"))
    answering = called(start("qs"), user("q1"), script("k", "=item + luku", "tulos"), flow="qs q1; q1 k")
    walk = Walk(call_with(inner=turns), shelf=Shelf().put(answering))
    assert len(walk.called) == (1 if sequential else 3)
    for luku in (1, 2, 3):
        walk.complete("q1", luku=luku)
    assert walk.tasks == ["after"]
    assert walk.root()["kaikki"] == [11, 22, 33]


@pytest.mark.parametrize("place", ["sub-process", "event sub-process", "turns in an event sub-process"])
def test_calls_nest_in_other_elements(place):
    if place == "sub-process":
        around, here = sub("p1", start("ps"), call("c", "q"), end("pe"), flow="ps c; c pe"), "s p1; p1 after"
    else:
        inner = multi("=[1, 2]") if place.startswith("turns") else ""
        around = event_sub("es", message(), call("c", "q", inner), end("ee"), flow="es_s c; c ee", interrupting=False)
        here = "s after"
    walk = Walk(
        diagram(start(), around, user("after"), flow=here, roots=ROOTS), {"avain": "1"}, shelf=Shelf().put(ONE_TASK)
    )
    if place != "sub-process":
        walk.message("es_s", z=1)
    turns = 2 if place.startswith("turns") else 1
    assert walk.tasks.count("q1") == turns
    for number in range(turns):
        walk.complete("q1", tulos=number)
    assert walk.tasks == ["after"]
    assert walk.called == {}
    assert walk.root()["tulos"] == turns - 1


def test_calls_inside_calls_know_their_parents():
    middle = called(start("ms"), call("mc", "q"), end("me"), flow="ms mc; mc me", process_id="mid")
    walk = Walk(diagram(start(), call("c", "mid"), end(), flow="s c; c e"), shelf=Shelf().put(ONE_TASK, middle))
    outer, inner = walk.step.calls
    assert (outer.parent_key, inner.parent_key, inner.element_id) == (ROOT, outer.called.key, "mc")
    walk.complete("q1", z=1)
    assert (walk.ended, walk.root()) == (True, {"z": 1})


def test_a_finished_call_leaves_nothing_in_the_state():
    looped = '<bpmn:standardLoopCharacteristics loopMaximum="400"/>'
    walk = Walk(call_with(inner=looped), {"x": 1}, shelf=Shelf().put(ONE_TASK))
    sizes = []
    for _ in range(300):
        sizes.append(len(walk.step.state))
        walk.complete("q1", z=1)
    assert max(sizes[10:]) <= sizes[2] * 1.1
    assert len(run.read_variables(walk.step.state)) == 3, "the process, the turn and the called process"


def test_listeners_hold_the_call_and_the_called_process():
    listened = f"<bpmn:extensionElements>{execution('start sisään', 'end ulos')}</bpmn:extensionElements>"
    shelf = Shelf().put(called(listened, start("qs"), user("q1"), end("qe"), flow="qs q1; q1 qe"))
    walk = Walk(call_with(extensions=execution("start alku", "end loppu")), {"x": 1}, shelf=shelf)
    heard = []
    for _ in range(2):
        heard.append((walk.one(JobOpened).type, walk.one(JobOpened).called is not None))
        walk.job()
    walk.complete("q1", y=2)
    for _ in range(2):
        heard.append((walk.one(JobOpened).type, walk.one(JobOpened).called is not None))
        walk.job()
    assert heard == [("alku", False), ("sisään", True), ("ulos", True), ("loppu", False)]
    assert (walk.tasks, walk.root()["y"], walk.called) == (["after"], 2, {})


# -- states --------------------------------------------------------------------------------------------------------


def test_a_state_is_opened_only_with_the_versions_that_it_called():
    walk = Walk(CALLER, shelf=Shelf().put(ONE_TASK))
    key = walk.one(UserTaskOpened).key
    walk.surroundings = dataclasses.replace(walk.surroundings, processes=Shelf().put(THROWS_ERROR))
    with pytest.raises(StateUnreadable):
        walk.complete("q1")
    assert key in walk.open


def test_without_published_processes_nothing_is_called():
    keys = iter(range(2, 100))
    around = Surroundings(now=NOW, new_key=lambda: next(keys))
    step = run.start(compiled(CALLER), variables={}, surroundings=around, instance_key=1)
    assert [each.code for each in step.opened] == ["called_process_missing"]
    with pytest.raises(NotFound):
        around.processes.version(1)


def test_what_many_calls_were_given_is_kept_once_and_belongs_to_each():
    callee = diagram(start("qs"), user("u"), end("qe"), flow="qs u; u qe", process_id="q")
    caller = diagram(start(), call("c", "q", multi("=lista")), user("after"), end(), flow="s c; c after; after e")
    items = list(range(40))
    walk = Walk(caller, {"lista": items, "pieni": 1}, shelf=Shelf().put(callee))
    assert len(walk.step.state) < 40 * 300
    writers = list(walk.called)
    seen = run.read_variables(walk.step.state)
    assert all(seen[key]["lista"] == items for key in writers)
    # what one of them writes is its own; the others and the caller keep what they have
    walk.set(writers[0], lista=["oma"])
    seen = run.read_variables(walk.step.state)
    assert seen[writers[0]]["lista"] == ["oma"]
    assert all(seen[key]["lista"] == items for key in (*writers[1:], ROOT))
    for _ in writers:
        walk.complete("u")
    assert walk.tasks == ["after"]
    assert run.read_variables(walk.step.state)[ROOT]["lista"] == ["oma"]
    # nothing is kept for calls that are over, and the state is what earlier builds open
    assert codec.decode(walk.step.state).version == codec.VERSION_WITHOUT_CALLS


def test_a_state_whose_pool_is_gone_is_unreadable():
    callee = diagram(start("qs"), user("u"), end("qe"), flow="qs u; u qe", process_id="q")
    caller = diagram(start(), call("c", "q", multi("=lista")), end(), flow="s c; c e")
    walk = Walk(caller, {"lista": list(range(40))}, shelf=Shelf().put(callee))
    record = codec.decode(walk.step.state)
    assert record.version == codec.VERSION
    record.pool = []
    walk.step = dataclasses.replace(walk.step, state=codec.encode(record))
    with pytest.raises(StateUnreadable):
        walk.complete("u")
    with pytest.raises(StateUnreadable):
        run.read_variables(walk.step.state)
