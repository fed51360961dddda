"""Compensation: what has completed is undone, the last first, with the variables that it left."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.errors import InvalidDiagram, NotFound
from app.engine import run
from app.engine.diagrams import read_diagram
from app.engine.seam import InstanceStatus, UserTaskOpened
from tests.unit.engine.drawing import (
    ROOTS,
    associated,
    boundary,
    call,
    compensation,
    diagram,
    element,
    end,
    error,
    event_sub,
    flows,
    io,
    message,
    multi,
    parallel,
    script,
    start,
    sub,
    timer,
    transaction,
    undone,
    user,
    xor,
)
from tests.unit.engine.walk import Shelf, Walk


def throw(element_id="t", activity="", *, waits=True):
    return element("intermediateThrowEvent", element_id, compensation(activity, waits=waits))


def test_what_has_completed_is_undone_the_last_first_and_the_event_waits():
    walk = Walk(
        diagram(
            start(), user("a"), user("b"), user("c"), *undone("a"), *undone("b"), *undone("c"), throw(), user("after"),
            flow="s a; a b; b t; t after",
        )
    )  # fmt: skip
    walk.complete("a")
    walk.complete("b")
    # c has never run
    assert walk.tasks == ["undo_b"]
    walk.complete("undo_b")
    assert walk.tasks == ["undo_a"]
    walk.complete("undo_a")
    assert walk.tasks == ["after"]
    walk.complete()
    assert walk.ended


def test_nothing_is_undone_twice():
    walk = Walk(
        diagram(start(), user("a"), *undone("a"), throw("t1"), throw("t2"), end(), flow="s a; a t1; t1 t2; t2 e")
    )
    walk.complete("a")
    walk.complete("undo_a")
    assert walk.ended


def test_one_activity_alone_is_undone_as_often_as_it_completed():
    walk = Walk(
        diagram(
            start(),
            xor("again"),
            script("a", "=n + 1", "n"),
            user("b"),
            xor("g", default="g__again"),
            *undone("a"),
            *undone("b"),
            end("e", compensation("a")),
            flow="s again; again a; a b; b g; g again; g e [=n > 1]",
        ),
        {"n": 0},
    )
    walk.complete("b")
    walk.complete("b")
    walk.complete("undo_a")
    walk.complete("undo_a")
    assert walk.ended
    assert "undo_b" not in walk.happened()


def test_an_event_that_does_not_wait_goes_on_and_its_scope_stays_until_all_is_undone():
    inside = sub(
        "p1",
        start("s1"),
        user("a"),
        user("b"),
        *undone("a"),
        *undone("b"),
        end("e1", compensation(waits=False)),
        flow="s1 a; a b; b e1",
    )
    walk = Walk(diagram(start(), inside, end(), flow="s p1; p1 e"))
    walk.complete("a")
    walk.complete("b")
    assert "e1" in walk.happened()
    walk.complete("undo_b")
    assert not walk.ended
    walk.complete("undo_a")
    assert walk.ended


def test_a_completed_sub_process_is_undone_from_inside_with_the_variables_that_it_left():
    inside = sub(
        "p1",
        start("s1"),
        user("a"),
        *undone("a", io(None, {"nähty": "=oma"})),
        user("b"),
        end("e1"),
        flow="s1 a; a b; b e1",
        extensions=io({"oma": "=1"}),
    )
    walk = Walk(diagram(start(), inside, user("u"), throw(), end(), flow="s p1; p1 u; u t; t e"))
    walk.complete("a", oma=2)
    walk.complete("b", oma=3)
    p1 = next(each.element_instance_key for each in walk.history if each.element_id == "p1")
    walk.complete("u")
    assert walk.tasks == ["undo_a"]
    assert walk.history[-1].scope_key == p1
    assert run.read_variables(walk.step.state)[p1] == {"oma": 3}
    walk.complete("undo_a")
    assert walk.ended
    assert walk.root()["nähty"] == 3
    assert walk.happened().count("p1") == 1


def test_a_handler_of_its_own_stands_for_what_is_inside():
    inside = sub("p1", start("s1"), user("a"), *undone("a"), end("e1"), flow="s1 a; a e1")
    walk = Walk(diagram(start(), inside, *undone("p1"), throw(), end(), flow="s p1; p1 t; t e"))
    walk.complete("a")
    assert walk.tasks == ["undo_p1"]
    walk.complete("undo_p1")
    assert walk.ended


@pytest.mark.parametrize("activity", ["", "a"])
def test_an_event_sub_process_decides_what_is_undone_inside(activity):
    inside = sub(
        "p1",
        start("s1"),
        user("a"),
        user("b"),
        *undone("a"),
        *undone("b"),
        event_sub("es", compensation(), user("x"), throw("tx", activity), end("ex"), flow="es_s x; x tx; tx ex"),
        flow="s1 a; a b",
    )
    walk = Walk(diagram(start(), inside, throw(), end(), flow="s p1; p1 t; t e"))
    walk.complete("a")
    walk.complete("b", p1=1)
    assert walk.tasks == ["x"]
    walk.complete("x")
    for handler in ["undo_a"] if activity else ["undo_b", "undo_a"]:
        assert walk.tasks == [handler]
        walk.complete(handler)
    assert walk.ended


def test_what_was_interrupted_is_not_undone():
    inside = sub("p1", start("s1"), user("a"), user("b"), *undone("a"), *undone("b"), flow="s1 a; a b")
    walk = Walk(
        diagram(
            start(),
            inside,
            boundary("late", "p1", timer("timeDuration", "P1D")),
            throw(),
            end(),
            flow="s p1; p1 t; late t; t e",
        )
    )
    walk.complete("a")
    walk.fire()
    assert walk.ended
    assert "undo_a" not in walk.happened()


def test_an_event_sub_process_undoes_what_completed_around_it():
    walk = Walk(
        diagram(
            start(),
            user("a"),
            *undone("a"),
            user("b"),
            event_sub("es", error(), throw(), end("ex"), flow="es_s t; t ex"),
            end("e", error()),
            flow="s a; a b; b e",
            roots=ROOTS,
        )
    )
    walk.complete("a")
    walk.complete("b")
    assert walk.tasks == ["undo_a"]
    walk.complete()
    assert walk.ended


@pytest.mark.parametrize("sequential", [False, True])
def test_every_turn_is_undone_with_its_own_item(sequential):
    walk = Walk(
        diagram(
            start(),
            user("a", multi("=[10, 20]", sequential=sequential, output=("kaikki", "=item"))),
            *undone("a", io(None, {"purettu": "=append(purettu, item)"})),
            throw(),
            end(),
            flow="s a; a t; t e",
        ),
        {"purettu": []},
    )
    walk.complete("a")
    walk.complete("a")
    walk.complete("undo_a")
    walk.complete("undo_a")
    assert walk.ended
    assert walk.root()["purettu"] == [20, 10]


def test_turns_of_a_sub_process_are_undone_from_inside():
    inside = sub(
        "p1",
        start("s1"),
        multi("=[1, 2]"),
        user("a"),
        *undone("a", io(None, {"purettu": "=append(purettu, item)"})),
        end("e1"),
        flow="s1 a; a e1",
    )
    walk = Walk(diagram(start(), inside, throw("t", "p1"), end(), flow="s p1; p1 t; t e"), {"purettu": []})
    walk.complete("a")
    walk.complete("a")
    walk.complete("undo_a")
    walk.complete("undo_a")
    assert walk.ended
    assert walk.root()["purettu"] == [2, 1]


def test_an_error_of_a_handler_goes_to_the_scope_of_the_activity_and_ends_what_was_still_to_come():
    failing = sub("undo_b", start("s2"), end("e2", error()), flow="s2 e2", isForCompensation="true")
    walk = Walk(
        diagram(
            start(),
            user("a"),
            user("b"),
            *undone("a"),
            boundary("c_b", "b", compensation()),
            failing,
            associated("c_b", "undo_b"),
            event_sub("es", error(), user("x"), flow="es_s x"),
            throw(),
            flow="s a; a b; b t",
            roots=ROOTS,
        )
    )
    walk.complete("a")
    walk.complete("b")
    assert walk.tasks == ["x"]
    walk.complete()
    assert walk.ended
    assert "undo_a" not in walk.happened()


def test_an_incident_in_a_handler_is_retried_and_the_rest_is_undone():
    walk = Walk(
        diagram(
            start(),
            user("a"),
            script("b", "=1", "x"),
            *undone("a"),
            boundary("c_b", "b", compensation()),
            script("undo_b", '=päivä < date("2026-01-01")', "ennen", isForCompensation="true"),
            associated("undo_b", "c_b"),
            throw(),
            end(),
            flow="s a; a b; b t; t e",
        ),
        {"päivä": "eilen"},
    )
    walk.complete("a")
    assert walk.incidents
    walk.set(päivä=date(2025, 1, 1))
    walk.retry()
    assert walk.tasks == ["undo_a"]
    walk.complete()
    assert walk.ended


HANDLERS = {
    "a sub-process": sub("undo_a", start("s2"), user("h"), flow="s2 h", isForCompensation="true"),
    "turns": user("undo_a", multi("=[1]"), isForCompensation="true"),
    "a loop": user(
        "undo_a",
        '<bpmn:standardLoopCharacteristics loopMaximum="1"><bpmn:loopCondition>=true</bpmn:loopCondition>'
        "</bpmn:standardLoopCharacteristics>",
        isForCompensation="true",
    ),
    "a call": call("undo_a", "q").replace("<bpmn:callActivity ", '<bpmn:callActivity isForCompensation="true" '),
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_may_be_any_activity(handler):
    walk = Walk(
        diagram(
            start(),
            user("a"),
            boundary("c_a", "a", compensation()),
            HANDLERS[handler],
            associated("c_a", "undo_a"),
            throw(),
            user("after"),
            flow="s a; a t; t after",
        ),
        shelf=Shelf().put(diagram(start("qs"), user("h"), flow="qs h", process_id="q")),
    )
    walk.complete("a")
    assert len(walk.tasks) == 1
    walk.complete()
    assert walk.tasks == ["after"]


def test_what_interrupts_the_scope_ends_what_is_being_undone_and_what_was_still_to_come():
    walk = Walk(
        diagram(
            start(),
            user("a"),
            user("b"),
            *undone("a"),
            *undone("b"),
            event_sub("es", message(), user("x"), throw("tx"), flow="es_s x; x tx"),
            throw(),
            flow="s a; a b; b t",
            roots=ROOTS,
        ),
        {"avain": "1"},
    )
    walk.complete("a")
    walk.complete("b")
    assert walk.tasks == ["undo_b"]
    walk.message()
    assert walk.tasks == ["x"]
    walk.complete()
    # what had not been undone still can be
    assert walk.tasks == ["undo_a"]
    walk.complete()
    assert walk.ended


def test_each_completion_in_a_loop_is_undone_with_the_variables_that_it_left():
    inside = sub(
        "p1",
        start("s1"),
        user("a"),
        *undone("a", io(None, {"purettu": "=append(purettu, oma)"})),
        flow="s1 a",
        extensions=io({"oma": "=kierros"}),
    )
    walk = Walk(
        diagram(
            start(),
            xor("again"),
            inside,
            script("k", "=kierros + 1", "kierros"),
            xor("g", default="g__again"),
            throw(),
            end(),
            flow="s again; again p1; p1 k; k g; g again; g t [=kierros > 2]; t e",
        ),
        {"kierros": 0, "purettu": []},
    )
    for task in ("a", "a", "a", "undo_a", "undo_a", "undo_a"):
        walk.complete(task)
    assert walk.ended
    assert walk.root()["purettu"] == [2, 1, 0]


def test_two_events_share_what_there_is_to_undo():
    walk = Walk(
        diagram(
            start(),
            user("a"),
            user("b"),
            *undone("a"),
            *undone("b"),
            parallel("f"),
            throw("t1"),
            throw("t2"),
            end(),
            flow="s a; a b; b f; f t1; f t2; t1 e; t2 e",
        )
    )
    walk.complete("a")
    walk.complete("b")
    assert walk.tasks == ["undo_a", "undo_b"]
    walk.complete("undo_a")
    walk.complete("undo_b")
    assert walk.ended


def test_a_cancelled_instance_undoes_nothing():
    walk = Walk(diagram(start(), user("a"), *undone("a"), throw(), end(), flow="s a; a t; t e"))
    walk.complete("a")
    walk.cancel()
    assert walk.step.status is InstanceStatus.TERMINATED
    assert walk.open == {}


CANCEL = "<bpmn:cancelEventDefinition/>"
TRANSACTION = (
    start("s1"),
    parallel("f"),
    user("a"),
    user("b"),
    user("c"),
    *undone("a"),
    xor("g", default="g__c"),
    end("e1"),
    end("cancelled", CANCEL),
)
IN_TRANSACTION = "s1 f; f a; f b; a e1; b g; g c; g cancelled [=peru]; c e1"


def with_transaction(*more):
    return diagram(
        start(),
        transaction("p1", *TRANSACTION, *more, flow=IN_TRANSACTION),
        boundary("b_p1", "p1", CANCEL),
        boundary("late", "p1", timer("timeDuration", "P1D")),
        user("after"),
        user("instead"),
        flow="s p1; p1 after; b_p1 instead; late after",
    )


def test_a_transaction_that_is_not_cancelled_is_a_sub_process():
    walk = Walk(with_transaction(), {"peru": False})
    for task in ("a", "b", "c"):
        walk.complete(task)
    assert walk.tasks == ["after"]


def test_a_cancelled_transaction_undoes_what_completed_ends_the_rest_and_goes_on_at_its_event():
    walk = Walk(with_transaction(), {"peru": True})
    walk.complete("a")
    walk.complete("b")
    assert walk.tasks == ["undo_a"]
    # its other events are over
    assert len(walk.open) == 1
    walk.complete("undo_a")
    assert walk.tasks == ["instead"]
    walk.complete()
    assert walk.ended


def test_a_cancelled_transaction_without_anything_to_undo_goes_on_at_once():
    walk = Walk(with_transaction(), {"peru": True})
    walk.complete("b")
    assert walk.tasks == ["instead"]


def test_cancelling_undoes_what_has_completed_in_a_sub_process_that_has_not():
    inner = sub("q", start("sq"), user("x"), user("y"), *undone("x"), flow="sq x; x y", extensions=io({"oma": "=1"}))
    walk = Walk(with_transaction(inner, flows("f q")), {"peru": True})
    walk.complete("x", oma=5)
    walk.complete("b")
    assert walk.tasks == ["undo_x"]
    walk.complete()
    assert walk.tasks == ["instead"]


def test_an_event_sub_process_cancels_its_transaction_and_undoes_its_own_work_first():
    inside = transaction(
        "p1",
        start("s1"),
        user("a"),
        user("b"),
        *undone("a"),
        event_sub("es", message(), user("x"), *undone("x"), end("ex", CANCEL), flow="es_s x; x ex"),
        flow="s1 a; a b",
    )
    walk = Walk(
        diagram(
            start(), inside, boundary("b_p1", "p1", CANCEL), user("instead"), flow="s p1; b_p1 instead", roots=ROOTS
        ),
        {"avain": "1"},
    )
    walk.complete("a")
    walk.message()
    walk.complete("x")
    for task in ("undo_x", "undo_a", "instead"):
        assert walk.tasks == [task]
        walk.complete()
    assert walk.ended


def test_cancelling_undoes_the_turns_that_are_done_of_a_multi_instance_that_is_not():
    inside = transaction(
        "p1",
        start("s1"),
        user("a", multi("=[1, 2, 3]")),
        *undone("a", io(None, {"purettu": "=append(purettu, item)"})),
        user("b"),
        end("e1", CANCEL),
        flow="s1 a; s1 b; b e1",
    )
    walk = Walk(
        diagram(start(), inside, boundary("b_p1", "p1", CANCEL), end(), flow="s p1; p1 e; b_p1 e"), {"purettu": []}
    )
    walk.complete("a")
    walk.complete("a")
    walk.complete("b")
    walk.complete("undo_a")
    walk.complete("undo_a")
    assert walk.ended
    assert walk.root()["purettu"] == [2, 1]


def test_an_error_that_leaves_a_sub_process_undoes_nothing_and_nor_does_what_catches_it():
    inside = sub("p1", start("s1"), user("a"), *undone("a"), end("e1", error()), flow="s1 a; a e1")
    walk = Walk(
        diagram(
            start(),
            user("o"),
            *undone("o"),
            inside,
            boundary("b", "p1", error()),
            throw(),
            user("u"),
            flow="s o; o p1; b t; t u",
            roots=ROOTS,
        )
    )
    walk.complete("o")
    walk.complete("a")
    # p1 has failed and is not undone; o has completed
    assert walk.tasks == ["undo_o"]
    walk.complete("undo_o")
    assert walk.tasks == ["u"]


def test_an_error_that_a_sub_process_catches_itself_is_where_it_may_undo_what_is_in_it():
    caught = event_sub("es", error(), throw(), end("ex"), flow="es_s t; t ex")
    inside = sub("p1", start("s1"), user("a"), *undone("a"), end("e1", error()), caught, flow="s1 a; a e1")
    walk = Walk(diagram(start(), inside, user("u"), flow="s p1; p1 u", roots=ROOTS))
    walk.complete("a")
    assert walk.tasks == ["undo_a"]
    walk.complete("undo_a")
    assert walk.tasks == ["u"]


def test_an_error_that_leaves_a_transaction_undoes_nothing():
    inside = transaction("p1", start("s1"), user("a"), *undone("a"), end("e1", error()), flow="s1 a; a e1")
    walk = Walk(
        diagram(start(), inside, boundary("b", "p1", error()), user("u"), end(), flow="s p1; p1 e; b u", roots=ROOTS)
    )
    walk.complete("a")
    assert walk.tasks == ["u"]


def test_a_called_process_has_its_handler_on_the_call():
    shelf = Shelf().put(diagram(start("qs"), user("q1"), end("qe"), flow="qs q1; q1 qe", process_id="q"))
    walk = Walk(diagram(start(), call("c", "q"), *undone("c"), throw(), end(), flow="s c; c t; t e"), shelf=shelf)
    walk.complete("q1")
    walk.complete("undo_c")
    assert walk.ended


@pytest.mark.parametrize("sub_process", [False, True])
def test_what_has_completed_in_a_called_process_is_undone_there(sub_process):
    undoing = [event_sub("es", compensation(), user("x"), flow="es_s x")] if sub_process else []
    called = diagram(
        start("qs"),
        user("a"),
        *undone("a", io(None, {"nähty": "=oma"})),
        *undoing,
        end("qe"),
        flow="qs a; a qe",
        process_id="q",
    )
    walk = Walk(
        diagram(start(), call("c", "q"), user("u"), throw(), end(), flow="s c; c u; u t; t e"),
        {"oma": 1},
        shelf=Shelf().put(called),
    )
    walk.complete("a", oma=2)
    walk.complete("u")
    handler = "x" if sub_process else "undo_a"
    assert walk.tasks == [handler]
    [key] = walk.called
    assert walk.one(UserTaskOpened).called.key == key
    assert run.read_variables(walk.step.state)[key] == {"oma": 2}
    walk.complete(handler)
    assert walk.ended
    assert walk.called == {}


def test_a_called_version_that_is_not_there_is_an_incident_and_the_retry_undoes_what_is_in_it():
    class Emptied(Shelf):
        def version(self, definition_key):
            raise NotFound("process definition", definition_key)

    called = diagram(start("qs"), user("a"), *undone("a"), flow="qs a", process_id="q")
    shelf = Shelf().put(called)
    walk = Walk(diagram(start(), call("c", "q"), user("u"), throw(), flow="s c; c u; u t"), shelf=shelf)
    walk.complete("a")
    walk.surroundings = replace(walk.surroundings, processes=Emptied(shelf.versions))
    walk.complete("u")
    assert walk.incidents == ["called_process_missing"]
    walk.surroundings = replace(walk.surroundings, processes=shelf)
    walk.retry()
    assert walk.tasks == ["undo_a"]
    walk.complete()
    assert walk.ended


PLAIN = (start(), user("a"))


@pytest.mark.parametrize(
    ("elements", "flow", "code", "place"),
    [
        ((*PLAIN, boundary("c", "a", compensation())), "s a", "compensation_handler_missing", "c"),
        (
            (*PLAIN, boundary("c", "a", compensation()), user("h"), associated("c", "h")),
            "s a",
            "compensation_handler_missing",
            "c",
        ),
        ((*PLAIN, *undone("a"), user("x")), "s a; c_a x", "flow_out_of_compensation", "c_a"),
        ((*PLAIN, *undone("a"), user("x")), "s a; undo_a x", "compensation_handler_apart", "undo_a"),
        ((*PLAIN, *undone("a"), boundary("b", "undo_a", error())), "s a; b a", "compensation_handler_apart", "undo_a"),
        ((*PLAIN, throw("t", "a")), "s a; a t", "compensation_handler_missing", "a"),
        ((*PLAIN, throw("t", "nowhere")), "s a; a t", "compensation_out_of_reach", "t"),
        (
            (*PLAIN, *undone("a"), sub("p1", throw("t", "a"))),
            "s a; a p1",
            "compensation_out_of_reach",
            "t",
        ),
        (
            (*PLAIN, *undone("a"), boundary("c2", "a", compensation()), associated("c2", "undo_a")),
            "s a",
            "compensated_twice",
            "c2",
        ),
        ((*PLAIN, end("e", CANCEL)), "s a; a e", "cancel_outside_transaction", "e"),
        (
            (*PLAIN, boundary("b", "a", CANCEL), end()),
            "s a; b e",
            "cancel_outside_transaction",
            "b",
        ),
        (
            (start(), element("transaction", "p1", end("e1", CANCEL))),
            "s p1",
            "cancel_without_event",
            "e1",
        ),
        ((start(), element("transaction", "p1", end("e1"), method="##Store")), "s p1", "unsupported_attribute", "p1"),
        (
            (
                start(),
                element("transaction", "p1", multi("=[1]") + end("e1", CANCEL)),
                boundary("b", "p1", CANCEL),
                end(),
            ),
            "s p1; b e",
            "cancel_of_turns",
            "b",
        ),
    ],
)  # fmt: skip
def test_drawings_that_cannot_be_undone_rightly_are_refused(elements, flow, code, place):
    with pytest.raises(InvalidDiagram) as refusal:
        read_diagram(diagram(*elements, flow=flow, roots=ROOTS))
    assert (code, place) in {(problem.code, problem.place) for problem in refusal.value.problems}
