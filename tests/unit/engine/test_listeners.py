"""Execution and task listeners: jobs that hold an element at a moment of its life."""

import pytest

from app.domain.errors import InvalidDiagram, NotFound
from app.engine.diagrams import read_diagram
from app.engine.seam import (
    ElementEvent,
    JobCompleted,
    JobOpened,
    ListenerEvent,
    MessageAwaited,
    Ruling,
    TimerOpened,
    UserTaskChangeAsked,
    UserTaskOpened,
)
from tests.unit.engine.drawing import (
    ROOTS,
    boundary,
    call,
    diagram,
    element,
    end,
    error,
    event_sub,
    io,
    message,
    multi,
    service,
    start,
    sub,
    timer,
    user,
    xor,
)
from tests.unit.engine.walk import Shelf, Walk


def execution(*listeners: str) -> str:
    """Return execution listeners: "event type" each."""
    return _listeners("execution", listeners)


def task(*listeners: str) -> str:
    """Return task listeners: "event type" each."""
    return _listeners("task", listeners)


def _listeners(kind: str, listeners: tuple[str, ...]) -> str:
    inner = "".join(
        f'<zeebe:{kind}Listener eventType="{event}" type="{job_type}" retries="2"/>'
        for event, job_type in (line.split() for line in listeners)
    )
    return f"<zeebe:{kind}Listeners>{inner}</zeebe:{kind}Listeners>"


def answer(walk: Walk, **answer: object) -> None:
    """Let the listener at work answer."""
    walk.advance(JobCompleted(key=walk.one(JobOpened).key, variables={}, **answer))  # type: ignore[arg-type]


def test_listeners_hold_the_element_before_it_begins_and_before_it_ends():
    held = execution("start begin1", "start begin2", "end after")
    headers = '<zeebe:taskHeaders><zeebe:header key="maa" value="FI"/></zeebe:taskHeaders>'
    inputs = io({"oma": "=luku + 1"}, {"ulos": "=oma + lisa"})
    walk = Walk(
        diagram(start(), service(extensions=held + headers + inputs), end(), flow="s t; t e"),
        {"luku": 1},
    )
    first = walk.one(JobOpened)
    assert (first.type, first.retries, first.listener_event) == ("begin1", 2, ListenerEvent.START)
    assert first.variables == {"oma": 2}
    assert first.headers == {"maa": "FI"}
    walk.job("t", lisa=40)
    assert walk.one(JobOpened).type == "begin2"
    walk.job("t")
    own = walk.one(JobOpened)
    assert (own.type, own.listener_event) == ("job", None)
    assert own.variables == {"oma": 2, "lisa": 40}
    walk.job("t")
    assert (walk.one(JobOpened).type, walk.root()["ulos"]) == ("after", 42)
    assert "t" not in walk.happened()
    walk.job("t", loppu="valmis")
    assert walk.ended
    assert walk.root() == {"luku": 1, "ulos": 42, "loppu": "valmis"}


def test_the_events_on_an_element_wait_only_while_it_is_at_work():
    held = execution("start alku", "end loppu")
    xml = diagram(
        start(),
        user(extensions=held),
        boundary("late", "u", timer("timeDuration", "P1D")),
        end(),
        end("e2"),
        flow="s u; u e; late e2",
    )
    walk = Walk(xml)
    assert walk.waits(TimerOpened) == []
    walk.job("u")
    assert len(walk.waits(TimerOpened)) == 1
    walk.complete("u")
    assert walk.waits(TimerOpened) == []
    assert walk.one(JobOpened).type == "loppu"


@pytest.mark.parametrize(
    ("xml", "held"),
    [
        (diagram(start(extensions=execution("end l")), end(), flow="s e"), ["s"]),
        (diagram(start(), end(extensions=execution("start k", "end l")), flow="s e"), ["e", "e"]),
        (diagram(start(), xor(extensions=execution("start l")), end(), flow="s g; g e"), ["g"]),
        (diagram(start(), element("task", "x", extensions=execution("end l")), end(), flow="s x; x e"), ["x"]),
        (
            diagram(
                start(),
                sub("p1", start("s1"), end("e1"), flow="s1 e1", extensions=execution("start k", "end l")),
                end(),
                flow="s p1; p1 e",
            ),
            ["p1", "p1"],
        ),
    ],
)
def test_every_kind_of_element_can_be_held(xml, held):
    walk = Walk(xml)
    for element_id in held:
        assert walk.one(JobOpened).element_id == element_id
        walk.job(element_id)
    assert walk.ended


def test_a_process_is_held_before_its_start_event_and_before_its_end():
    listeners = f"<bpmn:extensionElements>{execution('start alku', 'end loppu')}</bpmn:extensionElements>"
    walk = Walk(diagram(listeners, start(), user(), end(), flow="s u; u e"))
    assert walk.one(JobOpened).type == "alku"
    assert walk.happened(ElementEvent.ACTIVATED) == ["p"]
    walk.job("p", x=1)
    walk.complete("u")
    assert not walk.ended
    walk.job("p")
    assert walk.ended
    assert walk.root() == {"x": 1}


def test_each_turn_of_a_multi_instance_is_held_by_itself():
    listened = execution("start alku")
    walk = Walk(diagram(start(), user("u", multi("=[1, 2]"), listened), end(), flow="s u; u e"))
    assert [each.variables["item"] for each in walk.waits(JobOpened)] == [1, 2]
    walk.job("u", oma="a")
    assert walk.tasks == ["u"]
    walk.job("u", oma="b")
    walk.complete("u")
    walk.complete("u")
    assert walk.ended


def test_an_event_after_an_event_gateway_keeps_what_it_brought_while_it_is_held():
    xml = diagram(
        start(),
        element("eventBasedGateway", "g"),
        element("intermediateCatchEvent", "m1", message(), execution("start alku")),
        element("intermediateCatchEvent", "late", timer("timeDuration", "P3D")),
        end(),
        end("e2"),
        flow="s g; g m1; g late; m1 e; late e2",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": "1"})
    walk.message("m1", vastaus=7)
    walk.job("m1")
    assert walk.ended
    assert walk.root()["vastaus"] == 7


def test_a_message_is_awaited_only_after_the_listener():
    listened = element("intermediateCatchEvent", "m1", message(), execution("start alku"))
    walk = Walk(diagram(start(), listened, end(), flow="s m1; m1 e", roots=ROOTS), {"avain": "1"})
    assert walk.waits(MessageAwaited) == []
    walk.job("m1")
    walk.message("m1")
    assert walk.ended


def test_what_goes_wrong_after_a_listener_does_not_ask_it_again():
    held = execution("start alku")
    listened = element("intermediateCatchEvent", "m1", message(), held)
    walk = Walk(diagram(start(), listened, end(), flow="s m1; m1 e", roots=ROOTS), {"avain": None})
    walk.job("m1")
    assert walk.incidents == ["correlation_key_value"]
    walk.set(avain="1")
    walk.retry()
    assert walk.waits(JobOpened) == []
    walk.message("m1")
    assert walk.ended


def test_flows_are_chosen_after_the_listeners_at_the_end():
    xml = diagram(
        start(),
        service(extensions=execution("end loppu")),
        end("a"),
        end("b"),
        flow="s t; t a [=tulos = 1]; t b [=tulos = 2]",
    )
    walk = Walk(xml, {"tulos": 0})
    walk.job("t")
    walk.job("t", tulos=3)
    assert walk.incidents == ["no_flow"]
    walk.set(tulos=2)
    walk.retry()
    assert walk.ended
    assert "b" in walk.happened()


def test_an_error_of_a_listener_is_caught_as_that_of_a_job_and_else_an_incident():
    held = execution("start alku")
    xml = diagram(
        start(),
        sub("p1", start("s1"), service(extensions=held), end("e1"), flow="s1 t; t e1"),
        boundary("b", "p1", error()),
        end(),
        user(),
        flow="s p1; p1 e; b u",
        roots=ROOTS,
    )
    caught = Walk(xml)
    caught.job_error("virhe", "t")
    assert caught.tasks == ["u"]
    other = Walk(xml)
    other.job_error("muu", "t")
    assert other.incidents == ["uncaught_error"]
    other.retry()
    assert other.one(JobOpened).type == "alku"


def test_an_interrupting_event_withdraws_a_listener_at_work():
    xml = diagram(
        start(),
        service(extensions=execution("start alku")),
        end(),
        event_sub("es", message(), end("ex"), flow="es_s ex"),
        flow="s t; t e",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": "1"})
    walk.message("es_s")
    assert walk.ended
    assert walk.happened(ElementEvent.TERMINATED) == ["t"]


# -- task listeners ------------------------------------------------------------------------------------------------


def test_a_task_comes_about_when_its_listeners_have_been_heard_and_may_be_corrected():
    people = '<zeebe:assignmentDefinition candidateGroups="ryhma"/>'
    walk = Walk(diagram(start(), user(extensions=people + task("creating luonti")), end(), flow="s u; u e"))
    assert (walk.tasks, walk.one(JobOpened).listener_event) == ([], ListenerEvent.CREATING)
    answer(
        walk,
        corrections={"candidate_groups": ["toinen"], "due_at": "2026-05-01T09:00:00+00:00", "priority": 80},
    )
    opened = walk.one(UserTaskOpened)
    assert (opened.candidate_groups, opened.priority, opened.due_at.day) == (("toinen",), 80, 1)
    walk.complete("u")
    assert walk.ended


def test_a_denied_completion_leaves_the_task_open_and_the_process_untouched():
    walk = Walk(diagram(start(), user(extensions=task("completing tarkistus")), end(), flow="s u; u e"))
    walk.complete("u", vastaus="x")
    job = walk.one(JobOpened)
    assert job.variables == {"vastaus": "x"}
    assert [each.ruling for each in walk.step.rulings] == [Ruling.HELD]
    answer(walk, denied=True, denied_reason="Liite puuttuu")
    assert [(each.ruling, each.reason) for each in walk.step.rulings] == [(Ruling.DENIED, "Liite puuttuu")]
    assert (walk.tasks, walk.root()) == (["u"], {})
    walk.complete("u", vastaus="y")
    answer(walk)
    assert walk.ended
    assert walk.root() == {"vastaus": "y"}


def test_a_task_is_given_and_changed_when_its_listeners_allow_it():
    listened = task("assigning anto", "updating muutos")
    people = '<zeebe:assignmentDefinition assignee="=hoitaja"/>'
    walk = Walk(diagram(start(), user(extensions=people + listened), end(), flow="s u; u e"), {"hoitaja": "aino"})
    opened = walk.one(UserTaskOpened)
    assert opened.assignee is None
    answer(walk, corrections={"assignee": "eero"})
    [ruled] = walk.step.rulings
    assert (ruled.ruling, ruled.event, ruled.changes) == (Ruling.ALLOWED, ListenerEvent.ASSIGNING, {"assignee": "eero"})
    walk.advance(UserTaskChangeAsked(key=opened.key, event=ListenerEvent.UPDATING, changes={"priority": 10}))
    answer(walk, denied=True)
    assert walk.step.rulings[0].ruling is Ruling.DENIED
    walk.complete("u")
    assert walk.ended


def test_one_change_of_a_task_at_a_time():
    walk = Walk(diagram(start(), user(extensions=task("completing tarkistus")), end(), flow="s u; u e"))
    walk.complete("u")
    with pytest.raises(NotFound):
        walk.complete("u")


def test_a_listener_of_a_task_that_answers_what_it_cannot_is_an_incident():
    walk = Walk(diagram(start(), user(extensions=task("creating a", "completing b")), end(), flow="s u; u e"))
    answer(walk, denied=True)
    assert walk.incidents == ["task_listener_answer"]
    walk.retry()
    answer(walk)
    walk.complete("u", x=1)
    walk.job_error("virhe", "u")
    assert walk.incidents == ["task_listener_answer"]
    walk.retry()
    answer(walk)
    assert walk.ended
    assert walk.root() == {"x": 1}


def test_a_listener_whose_job_type_is_nothing_is_an_incident_that_keeps_what_was_sent():
    listened = '<zeebe:taskListeners><zeebe:taskListener eventType="completing" type="=laji"/></zeebe:taskListeners>'
    walk = Walk(diagram(start(), user(extensions=listened), end(), flow="s u; u e"), {"laji": None})
    walk.complete("u", x=1)
    assert (walk.incidents, walk.tasks) == (["job_type_value"], ["u"])
    walk.set(laji="tarkistus")
    walk.retry()
    answer(walk)
    assert walk.ended
    assert walk.root()["x"] == 1


@pytest.mark.parametrize(
    ("xml", "code", "place"),
    [
        (diagram(start(extensions=execution("start l")), end(), flow="s e"), "listener_event", "s"),
        (diagram(start(), xor(extensions=execution("end l")), end(), flow="s g; g e"), "listener_event", "g"),
        (diagram(start(), user(extensions=task("sleeping l")), end(), flow="s u; u e"), "listener_event", "u"),
        (
            diagram(start(), element("userTask", "u", "", task("completing l")), end(), flow="s u; u e"),
            "task_listener_without_task",
            "u",
        ),
        (
            diagram(start(), service(extensions=task("completing l")), end(), flow="s t; t e"),
            "unsupported_extension",
            "t",
        ),
    ],
)
def test_listeners_that_nothing_would_call_are_refused(xml, code, place):
    with pytest.raises(InvalidDiagram) as refused:
        read_diagram(xml)
    assert (code, place) in [(problem.code, problem.place) for problem in refused.value.problems]


# -- a task is cancelled -------------------------------------------------------------------------------------------

GONE = task("canceling first", "canceling second")


def heard(walk: Walk) -> list[tuple[str, str, int]]:
    return [(job.element_id, job.type, job.retries) for job in walk.told.values()]


def test_listeners_are_told_of_a_cancelled_task_and_hold_nothing():
    xml = diagram(
        start(),
        user("u", extensions=GONE + io({"oma": "=1"})),
        boundary("b", "u", message()),
        end("late"),
        end(),
        flow="s u; u e; b late",
        roots=ROOTS,
    )
    walk = Walk(xml, {"avain": "x"})
    walk.message()
    assert walk.ended
    assert heard(walk) == [("u", "first", 2), ("u", "second", 2)]
    assert {job.element_instance_key for job in walk.told.values()} == {
        each.element_instance_key for each in walk.history if each.element_id == "u"
    }
    assert [dict(job.variables) for job in walk.told.values()] == [{"oma": 1}, {"oma": 1}]


def test_a_task_that_is_done_is_not_cancelled():
    walk = Walk(diagram(start(), user("u", extensions=GONE), end(), flow="s u; u e"))
    walk.complete("u")
    assert walk.ended
    assert not walk.told


def test_whoever_ends_the_task_its_listeners_are_told():
    inner = sub("inner", start("si"), user("u", extensions=GONE), end("ei"), flow="si u; u ei")
    told = [("u", "first", 2), ("u", "second", 2)]
    walk = Walk(diagram(start(), inner, end(), flow="s inner; inner e"))
    walk.cancel()
    assert heard(walk) == told
    stopping = event_sub("stop", message(), end("es"), flow="stop_s es")
    walk = Walk(diagram(start(), inner, stopping, end(), flow="s inner; inner e", roots=ROOTS), {"avain": "x"})
    walk.message()
    assert walk.ended
    assert heard(walk) == told


def test_a_held_task_that_is_cancelled_drops_what_was_held():
    listeners = task("completing check", "canceling gone")
    xml = diagram(
        start(), user("u", extensions=listeners), boundary("b", "u", timer("timeDuration", "P1D")), end("late"), end(),
        flow="s u; u e; b late",
    )  # fmt: skip
    walk = Walk(xml)
    walk.complete("u", tulos=1)
    walk.fire("b")
    assert walk.ended
    assert heard(walk) == [("u", "gone", 2)]
    assert "tulos" not in walk.root()


def test_a_task_that_nobody_has_seen_is_not_told():
    both = element("parallelGateway", "g")
    xml = diagram(
        start(), both, user("u", extensions=GONE), end("stop", "<bpmn:terminateEventDefinition/>"), end(),
        flow="s g; g u; g stop; u e",
    )  # fmt: skip
    walk = Walk(xml)
    assert walk.ended
    assert not walk.told


def test_a_called_process_tells_whose_task_it_was():
    called = diagram(start(), user("u", extensions=GONE), end(), flow="s u; u e", process_id="c")
    caller = diagram(start(), call("ca", "c"), end(), flow="s ca; ca e")
    walk = Walk(caller, shelf=Shelf().put(called))
    [key] = walk.called
    walk.cancel()
    assert [job.called.key for job in walk.told.values()] == [key, key]
