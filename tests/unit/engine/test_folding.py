"""Turns of a wide multi-instance are stored folded: a step opens what it wakes, and all turns only where all count."""

from __future__ import annotations

import dataclasses
import random
from datetime import date
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from app.domain.errors import NotFound, StateUnreadable
from app.engine import codec, folding, run
from app.engine.dialect import turns
from app.engine.scopes import Scopes
from app.engine.seam import (
    IncidentOpened,
    InstanceStatus,
    JobOpened,
    Surroundings,
    UserTaskCompleted,
    UserTaskOpened,
    VariablesSet,
)
from app.engine.tokens import Token
from tests.unit.engine.drawing import (
    ROOTS,
    boundary,
    call,
    diagram,
    element,
    end,
    event_sub,
    inclusive,
    io,
    multi,
    service,
    signal,
    start,
    sub,
    timer,
    user,
    xor,
)
from tests.unit.engine.walk import NOW, ROOT, Shelf, Walk, compiled

WIDE = 20
ONE_TASK = diagram(start("qs"), user("q1"), end("qe"), flow="qs q1; q1 qe", process_id="q")
TWO_TASKS = diagram(start("qs"), user("q1"), user("q2"), flow="qs q1; q1 q2", process_id="q")
CALLS = diagram(start(), call("c", "q", multi("=lista")), user("after"), end(), flow="s c; c after; after e")


class Made:
    """What a step makes of its state: tokens, scopes, and turns that are opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tokens = self.scopes = self.turns = 0
        make, add, unfold = Token.__init__, Scopes._add, folding.inflate_turn

        def counted_token(*args: Any, **more: Any) -> None:
            self.tokens += 1
            make(*args, **more)

        def counted_scope(*args: Any, **more: Any) -> None:
            self.scopes += 1
            add(*args, **more)

        def counted_turn(turn: codec.FoldedTurn, sample: bytes) -> codec.TurnRecord:
            self.turns += 1
            return unfold(turn, sample)

        monkeypatch.setattr(Token, "__init__", counted_token)
        monkeypatch.setattr(Scopes, "_add", counted_scope)
        monkeypatch.setattr(folding, "inflate_turn", counted_turn)

    def by(self, act: Any) -> tuple[int, int, int]:
        """Return how many tokens, scopes and opened turns the act took."""
        self.tokens = self.scopes = self.turns = 0
        act()
        return self.tokens, self.scopes, self.turns


@pytest.mark.parametrize(
    "xml", [CALLS, diagram(start(), user("q1", multi("=lista")), end(), flow="s q1; q1 e")], ids=["calls", "tasks"]
)
def test_what_a_step_costs_depends_on_what_moves_and_not_on_how_many_turns_there_are(monkeypatch, xml):
    few, many = (Walk(xml, {"lista": list(range(number))}, shelf=Shelf().put(ONE_TASK)) for number in (10, 300))
    made = Made(monkeypatch)
    cost = made.by(lambda: run_on(many))
    assert cost == made.by(lambda: run_on(few))
    assert cost[2] == 1, "one turn is opened"
    assert cost[0] <= 6


def run_on(walk: Walk) -> None:
    task = walk.waits(UserTaskOpened)[0]
    run.advance(
        walk.process, walk.step.state, UserTaskCompleted(key=task.key, variables={}), surroundings=walk.surroundings
    )


def test_few_turns_are_stored_as_ever_and_many_of_an_older_build_are_folded_with_the_next_step():
    few = Walk(CALLS, {"lista": [1, 2, 3]}, shelf=Shelf().put(ONE_TASK))
    assert codec.decode(few.step.state).version == codec.VERSION_WITHOUT_POOL
    with patch.object(turns, "WIDE", 1_000_000):
        many = Walk(CALLS, {"lista": list(range(WIDE))}, shelf=Shelf().put(ONE_TASK))
    assert not codec.decode(many.step.state).turns
    many.complete("q1")
    assert len(codec.decode(many.step.state).turns) == WIDE - 1
    for _ in range(WIDE - 1):
        many.complete("q1")
    assert many.tasks == ["after"]
    assert codec.decode(many.step.state).version == codec.VERSION_WITHOUT_CALLS


def test_all_folded_turns_end_with_what_is_around_them():
    xml = diagram(
        start(),
        call("c", "q", multi("=lista")),
        boundary("late", "c", timer("timeDuration", "P1D")),
        user("after"),
        end(),
        flow="s c; c after; late after; after e",
    )
    walk = Walk(xml, {"lista": list(range(WIDE))}, shelf=Shelf().put(ONE_TASK))
    walk.fire("late")
    assert (walk.tasks, walk.called) == (["after"], {})
    assert sum(wait.kind.value == "user_task" for wait in walk.step.closed) == WIDE
    cancelled = Walk(xml, {"lista": list(range(WIDE))}, shelf=Shelf().put(ONE_TASK))
    assert cancelled.cancel().status is InstanceStatus.TERMINATED
    assert (cancelled.open, cancelled.called) == ({}, {})


def test_when_it_was_enough_the_folded_turns_end():
    marker = multi("=lista", condition="=numberOfCompletedInstances = 2")
    walk = Walk(
        diagram(start(), call("c", "q", marker), user("after"), flow="s c; c after"),
        {"lista": list(range(WIDE))},
        shelf=Shelf().put(ONE_TASK),
    )
    walk.complete("q1")
    assert walk.tasks.count("q1") == WIDE - 1
    walk.complete("q1")
    assert (walk.tasks, walk.called) == (["after"], {})


def test_a_signal_inside_the_instance_wakes_the_folded_turns_that_wait_for_it_and_no_others(monkeypatch):
    hearing = event_sub("es", signal(), user("heard"), end("he"), flow="es_s heard; heard he", interrupting=False)
    listening = diagram(start("qs"), user("q1"), hearing, end("qe"), flow="qs q1; q1 qe", process_id="q", roots=ROOTS)
    xml = diagram(
        start(),
        element("parallelGateway", "f"),
        call("c", "q", multi("=lista")),
        call("d", "deaf", multi("=lista")),
        user("u"),
        element("intermediateThrowEvent", "t", signal()),
        flow="s f; f c; f d; f u; u t",
        roots=ROOTS,
    )
    deaf = ONE_TASK.replace(b'"q"', b'"deaf"').replace(b'"q1"', b'"d1"')
    walk = Walk(xml, {"lista": list(range(WIDE))}, shelf=Shelf().put(listening, deaf))
    made = Made(monkeypatch)
    *_, opened = made.by(lambda: walk.complete("u"))
    assert walk.tasks.count("heard") == WIDE
    assert walk.tasks.count("d1") == WIDE
    # once by the step, once by the walk that looks into what is stored
    assert opened == WIDE


def test_turns_inside_turns_are_folded_too_and_joins_in_them_wait_where_they_are():
    inner = diagram(
        start("qs"),
        inclusive("f"),
        user("a"),
        user("b", multi("=lista")),
        inclusive("j"),
        user("z"),
        flow="qs f; f a [=true]; f b [=true]; a j; b j; j z",
        process_id="q",
    )
    walk = Walk(CALLS, {"lista": list(range(WIDE // 2))}, shelf=Shelf().put(inner))
    key = next(iter(walk.called))
    mine = [each for each in walk.waits(UserTaskOpened) if each.called.key == key]
    for task in sorted(mine, key=lambda each: each.element_id):
        assert "z" not in walk.tasks
        walk.advance(UserTaskCompleted(key=task.key, variables={}))
    assert walk.tasks.count("z") == 1
    assert walk.tasks.count("a") == WIDE // 2 - 1
    assert walk.tasks.count("b") == (WIDE // 2 - 1) * (WIDE // 2)


def test_variables_inside_a_folded_turn_are_read_and_written_by_the_key_of_their_scope():
    walk = Walk(CALLS, {"lista": list(range(WIDE))}, shelf=Shelf().put(ONE_TASK))
    key = list(walk.called)[7]
    walk.advance(VariablesSet(scope_key=key, variables={"oma": 7}))
    assert run.read_variables(walk.step.state)[key]["oma"] == 7
    task = next(each for each in walk.waits(UserTaskOpened) if each.called.key == key)
    walk.advance(VariablesSet(scope_key=task.element_instance_key, variables={"lisa": 1}, local=True))
    assert run.read_variables(walk.step.state)[task.element_instance_key] == {"lisa": 1}
    with pytest.raises(NotFound):
        walk.advance(VariablesSet(scope_key=4_711, variables={"oma": 7}))


def test_what_turns_were_given_stays_theirs_while_others_write_and_new_calls_come():
    """Values in the pool keep their places for the turns that are folded."""
    caller = diagram(
        start(),
        sub("p1", multi("=lista"), start("ps"), user("u"), call("c", "q"), end("pe"), flow="ps u; u c; c pe"),
        flow="s p1",
    )
    text, other = "x" * 40, "y" * 40
    walk = Walk(caller, {"lista": list(range(WIDE)), "teksti": text}, shelf=Shelf().put(ONE_TASK))
    waiting = [each.key for each in walk.waits(UserTaskOpened, "u")]
    for number, key in enumerate(waiting):
        if number == WIDE // 2:
            walk.set(ROOT, teksti=other)
        walk.advance(UserTaskCompleted(key=key, variables={}))
    seen = [variables["teksti"] for key, variables in run.read_variables(walk.step.state).items() if key in walk.called]
    assert sorted(seen) == [text] * (WIDE // 2) + [other] * (WIDE // 2)
    assert walk.step.state.count(text.encode()) == 1
    assert walk.step.state.count(other.encode()) == 1
    for number in range(WIDE):
        walk.complete("q1")
        places = codec.decode(walk.step.state).pool
        assert len(places) == (2 if number < WIDE - 1 else 0) or number >= WIDE // 2
    assert walk.ended


def test_a_step_that_was_stopped_finds_what_it_left_on_its_way_in_one_of_many_turns():
    endless = sub(
        "p1",
        multi("=lista"),
        start("ps"),
        user("u"),
        element("parallelGateway", "f"),
        *(
            drawn
            for name in "gh"
            for drawn in (xor(name, default=f"{name}__{name}k"), element("task", f"{name}k"), user(f"{name}w"))
        ),
        flow="ps u; u f; f g; f h; " + "; ".join(f"{n} {n}k; {n}k {n}; {n} {n}w [=valmis]" for n in "gh"),
    )
    walk = Walk(diagram(start(), endless, flow="s p1"), {"lista": list(range(WIDE)), "valmis": False})
    walk.complete("u")
    assert walk.incidents == ["step_budget"]
    assert len(codec.decode(walk.step.state).turns) == WIDE - 1
    walk.set(valmis=True)
    walk.retry()
    assert (walk.incidents, walk.tasks) == ([], ["gw", "hw", *["u"] * (WIDE - 1)])
    assert len(codec.decode(walk.step.state).turns) == WIDE


def test_an_incident_in_one_turn_is_retried_there():
    early = '=x < date("2026-01-01")'
    walk = Walk(
        diagram(
            start(),
            service("j", inner=multi("=lista"), extensions=io(None, {"y": early})),
            flow="s j",
        ),
        {"lista": list(range(WIDE))},
    )
    walk.job(x="ei luku")
    assert len(walk.incidents) == 1
    key = walk.one(IncidentOpened).element_instance_key
    walk.advance(VariablesSet(scope_key=key, variables={"x": date(2025, 1, 1)}))
    walk.retry()
    assert (walk.incidents, len(walk.waits(JobOpened))) == ([], WIDE - 1)


def test_three_hundred_calls_are_little_to_store():
    # keys of a running system are random: nothing makes them shorter
    numbers = random.Random(1)
    around = Surroundings(now=NOW, new_key=lambda: numbers.getrandbits(62), processes=Shelf().put(ONE_TASK))
    items = [f"kohta {number}" for number in range(300)]
    step = run.start(compiled(CALLS), variables={"lista": items}, surroundings=around, instance_key=ROOT)
    assert len(step.state) < 40_000
    # what turns have in common is no variable of any of them
    assert b"kohta" not in codec.decode(step.state).sample


def test_turns_that_an_earlier_build_has_folded_go_on_beside_new_ones():
    walk = Walk(CALLS, {"lista": list(range(WIDE))}, shelf=Shelf().put(TWO_TASKS))
    record = codec.decode(walk.step.state)
    for turn in record.turns:
        turn.content = msgspec.Raw(msgspec.msgpack.encode(codec.inflate_turn(turn, record.sample)))
    walk.step = dataclasses.replace(
        walk.step, state=codec.encode(msgspec.structs.replace(record, sample=b"", version=5))
    )
    for task in ("q1", "q2"):
        for _ in range(WIDE):
            walk.complete(task)
    assert walk.tasks == ["after"]


@pytest.mark.parametrize("content", [b"\xc0", b"", b"\xc4\x02ab", msgspec.msgpack.encode(codec.TurnRecord([], []))])
def test_a_folded_turn_that_makes_no_sense_is_unreadable(content):
    walk = Walk(CALLS, {"lista": list(range(WIDE))}, shelf=Shelf().put(ONE_TASK))
    record = codec.decode(walk.step.state)
    task = walk.waits(UserTaskOpened)[0]
    record.turns[0].content = msgspec.Raw(content)
    walk.step = dataclasses.replace(walk.step, state=codec.encode(record))
    with pytest.raises(StateUnreadable):
        walk.advance(UserTaskCompleted(key=task.key, variables={}))
    with pytest.raises(StateUnreadable):
        run.ensure_readable(walk.process, walk.step.state, walk.surroundings)
