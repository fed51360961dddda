"""
Golden states: instances stopped in the middle, with the moves that continue them. Every later build has to open them.

`python -m tests.conformance.golden_states` writes the ones that are missing; one that is there is never written again.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.engine import run
from app.engine.diagrams import CompiledProcess, compile_process, content_hash
from app.engine.feel.values import from_state, to_state
from app.engine.seam import (
    IncidentRetried,
    InstanceStatus,
    JobCompleted,
    JobThrewError,
    MessageArrived,
    SignalArrived,
    Surroundings,
    TimerFired,
    UserTaskCompleted,
    VariablesSet,
    WaitKind,
)
from tests.unit.engine.drawing import (
    ROOTS,
    boundary,
    call,
    compensation,
    condition,
    diagram,
    element,
    end,
    error,
    event_sub,
    inclusive,
    io,
    message,
    multi,
    parallel,
    service,
    signal,
    start,
    sub,
    timer,
    transaction,
    undone,
    user,
    xor,
)
from tests.unit.engine.walk import Shelf

FOLDER = Path(__file__).parent / "golden"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ROOT = 10
#: a move: what happens, at which element, with which variables
Move = tuple[str, str, dict[str, Any]]
#: a process that is called: its id and its diagram
Called = tuple[str, bytes]
_WITH_VARIABLES = {
    "user_task": UserTaskCompleted,
    "job": JobCompleted,
    "message": MessageArrived,
    "signal": SignalArrived,
}


@dataclass
class Reopened:
    """An instance known by its stored bytes only, and the processes that it has called."""

    process: CompiledProcess
    state: bytes
    keys: itertools.count[int]
    shelf: Shelf = field(default_factory=Shelf)
    ended: bool = False
    written: dict[str, Any] = field(default_factory=dict)
    now: datetime = NOW

    def surroundings(self) -> Surroundings:
        return Surroundings(
            now=self.now,
            new_key=lambda: next(self.keys),
            contexts={"viite": {"t": "P7D"}},
            processes=self.shelf,
        )

    def waits(self) -> list[tuple[str, str, int]]:
        return sorted(
            (wait.kind.value, wait.element_id, wait.key)
            for live in run.inspect_state(self.state)
            for wait in live.waits
        )

    def move(self, what: str, element_id: str, variables: dict[str, Any]) -> None:
        self.now += timedelta(days=1)
        if what == "set":
            trigger: Any = VariablesSet(scope_key=ROOT, variables=variables)
        else:
            kind = {"error": "job", "retry": WaitKind.INCIDENT.value}.get(what, what)
            key = next(key for found, element, key in self.waits() if found == kind and element_id in {"", element})
            if what == "error":
                trigger = JobThrewError(key=key, error_code="virhe", variables=variables)
            elif what == "retry":
                trigger = IncidentRetried(key=key)
            elif what == "timer":
                trigger = TimerFired(key=key)
            else:
                trigger = _WITH_VARIABLES[what](key=key, variables=variables)
        step = run.advance(self.process, self.state, trigger, surroundings=self.surroundings())
        self.state = step.state
        self.ended = step.status is InstanceStatus.COMPLETED
        self.written.update({each.name: each.value for each in step.variables if each.scope_key == ROOT})

    def facts(self) -> dict[str, Any]:
        return {
            "ended": self.ended,
            "waits": [[kind, element_id] for kind, element_id, _ in self.waits()],
            "written": {name: to_state(value) for name, value in sorted(self.written.items())},
        }


def reopened(xml: bytes, state: bytes, called: Sequence[Called] = ()) -> Reopened:
    """Return the instance of stored bytes; new keys begin far from the stored ones."""
    process = compile_process(xml, "p", content_hash(xml))
    return Reopened(process, state, itertools.count(5_000_000), shelf_of(called))


def shelf_of(called: Sequence[Called]) -> Shelf:
    """Return the called processes as published; they are compiled as what is published, not checked again."""
    shelf = Shelf()
    for process_id, xml in called:
        shelf.add(compile_process(xml, process_id, content_hash(xml)))
    return shelf


def begun(xml: bytes, variables: dict[str, Any], called: Sequence[Called]) -> Reopened:
    """Return a new instance."""
    process = compile_process(xml, "p", content_hash(xml))
    keys = itertools.count(1_000_000_000_000)
    instance = Reopened(process, b"", keys, shelf_of(called))
    step = run.start(process, variables=variables, surroundings=instance.surroundings(), instance_key=ROOT)
    instance.state = step.state
    return instance


def _listeners(kind: str, *events: str) -> str:
    inner = "".join(f'<zeebe:{kind}Listener eventType="{event}" type="kuuntelija"/>' for event in events)
    return f"<zeebe:{kind}Listeners>{inner}</zeebe:{kind}Listeners>"


#: name -> diagram, variables, moves before the state is kept, moves after
CASES: dict[str, tuple[bytes, dict[str, Any], list[Move], list[Move]]] = {
    "user_task_and_gateway": (
        diagram(
            start(),
            user(),
            xor("g", default="g__b"),
            user("a"),
            user("b"),
            end(),
            flow="s u; u g; g a [=x = 1]; g b; a e; b e",
        ),
        {"paiva": datetime(2026, 3, 1, tzinfo=UTC).date(), "kesto": timedelta(days=2)},
        [],
        [("user_task", "u", {"x": 1}), ("user_task", "a", {"y": "ö"})],
    ),
    "boundary_timers": (
        diagram(
            start(),
            user(),
            boundary("again", "u", timer("timeCycle", "R3/P7D"), interrupting=False),
            boundary("late", "u", timer("timeDuration", "=viite.t")),
            user("x"),
            end(),
            flow="s u; u e; again e; late x",
        ),
        {},
        [("timer", "again", {})],
        [("timer", "again", {}), ("timer", "late", {})],
    ),
    "parallel_join": (
        diagram(
            start(),
            parallel("f"),
            user("a"),
            user("b"),
            parallel("j"),
            user("c"),
            end(),
            flow="s f; f a; f b; a j; b j; j c; c e",
        ),
        {},
        [("user_task", "b", {"b": 1})],
        [("user_task", "a", {"a": 1}), ("user_task", "c", {})],
    ),
    "inclusive_join": (
        diagram(
            start(),
            inclusive("f"),
            user("a"),
            user("b"),
            inclusive("j"),
            user("c"),
            end(),
            flow="s f; f a [=x > 0]; f b [=x > 1]; a j; b j; j c; c e",
        ),
        {"x": 2},
        [("user_task", "b", {})],
        [("user_task", "a", {})],
    ),
    "event_gateway": (
        diagram(
            start(),
            element("eventBasedGateway", "g"),
            element("intermediateCatchEvent", "m1", message()),
            element("intermediateCatchEvent", "late", timer("timeDuration", "P3D")),
            user("a"),
            user("b"),
            flow="s g; g m1; g late; m1 a; late b",
            roots=ROOTS,
        ),
        {"avain": "k-1"},
        [],
        [("message", "m1", {"vastaus": [1, {"a": None}]})],
    ),
    "job_and_error": (
        diagram(
            start(),
            service(extensions=io({"x": "=1"}, {"y": "=tulos"})),
            boundary("b", "t", error()),
            user(),
            end(),
            flow="s t; t e; b u",
            roots=ROOTS,
        ),
        {},
        [],
        [("error", "t", {})],
    ),
    "sub_process": (
        diagram(
            start(),
            sub(
                "p1",
                start("s1"),
                user("a"),
                user("b"),
                end("e1"),
                flow="s1 a; a b; b e1",
                extensions=io({"oma": "=1"}, {"ulos": "=oma + 1"}),
            ),
            boundary("late", "p1", timer("timeDuration", "P9D")),
            end(),
            flow="s p1; p1 e; late e",
        ),
        {},
        [("user_task", "a", {"oma": 5})],
        [("user_task", "b", {})],
    ),
    "event_sub_processes": (
        diagram(
            start(),
            user(),
            end(),
            event_sub("es", message(), user("x"), end("ex"), flow="es_s x; x ex", interrupting=False),
            event_sub("et", signal(), user("y"), end("ey"), flow="et_s y; y ey"),
            flow="s u; u e",
            roots=ROOTS,
        ),
        {"avain": "1"},
        [("message", "es_s", {})],
        [("message", "es_s", {}), ("signal", "et_s", {})],
    ),
    "parallel_turns": (
        diagram(
            start(),
            user("u", multi("=lista", output=("kaikki", "=vastaus")), io({"oma": "=item"})),
            user("v"),
            flow="s u; u v",
        ),
        {"lista": ["a", "b", "c"]},
        [("user_task", "u", {"vastaus": 1})],
        [("user_task", "u", {"vastaus": 2}), ("user_task", "u", {"vastaus": 3})],
    ),
    "sequential_turns": (
        diagram(
            start(),
            user("u", multi("=lista", sequential=True, output=("kaikki", "=item + loopCounter"))),
            end(),
            flow="s u; u e",
        ),
        {"lista": [10, 20, 30]},
        [("user_task", "u", {})],
        [("user_task", "u", {}), ("user_task", "u", {})],
    ),
    # the collection is kept in chunks; "sequential_turns" was kept before that
    "sequential_turns_in_chunks": (
        diagram(start(), user("u", multi("=for i in 1..250 return i", sequential=True)), end(), flow="s u; u e"),
        {},
        [("user_task", "u", {})] * 99,
        [("user_task", "u", {})] * 150,
    ),
    "standard_loop": (
        diagram(
            start(),
            user(
                "u",
                "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>=uudelleen"
                "</bpmn:loopCondition></bpmn:standardLoopCharacteristics>",
            ),
            end(),
            flow="s u; u e",
        ),
        {},
        [("user_task", "u", {"uudelleen": True})],
        [("user_task", "u", {"uudelleen": False})],
    ),
    "incident_at_a_gateway": (
        diagram(start(), user(), xor("g"), user("a"), user("b"), flow="s u; u g; g a [=x = 1]; g b [=x = 2]"),
        {},
        [("user_task", "u", {"x": 3})],
        [("set", "", {"x": 2}), ("retry", "g", {})],
    ),
    "incident_while_leaving": (
        diagram(start(), user(extensions=io(None, {"y": '=x < date("2026-01-01")'})), user("v"), flow="s u; u v"),
        {},
        [("user_task", "u", {"x": "eilen"})],
        [("retry", "u", {})],
    ),
    "interrupted_scope": (
        diagram(
            start(),
            sub(
                "p1",
                start("s1"),
                user("a"),
                event_sub("es", message(), user("x"), user("y"), end("ex"), flow="es_s x; x y; y ex"),
                event_sub("ee", error(), end("eex"), flow="ee_s eex"),
                flow="s1 a",
            ),
            boundary("b", "p1", timer("timeDate", "2026-06-01T10:00:00")),
            end(),
            flow="s p1; p1 e; b e",
            roots=ROOTS,
        ),
        {"avain": "1"},
        [("message", "es_s", {"syy": "ö"})],
        [("user_task", "x", {}), ("user_task", "y", {})],
    ),
    "exhausted_budget": (
        diagram(
            start(),
            parallel("f"),
            xor("g", default="g__k"),
            element("task", "k"),
            xor("h", default="h__l"),
            element("manualTask", "l"),
            user("u"),
            user("v"),
            flow="s f; f g; f h; g k; k g; h l; l h; g u [=valmis]; h v [=valmis]",
        ),
        {"valmis": False},
        [],
        [("set", "", {"valmis": True}), ("retry", "", {})],
    ),
    "call": (
        diagram(
            start(),
            call("c", "q", extensions=io({"oma": "=x + 1"}, {"ulos": "=vastaus + oma"})),
            boundary("late", "c", timer("timeDuration", "P90D")),
            user("u"),
            end(),
            flow="s c; c u; late e; u e",
        ),
        {"x": 1, "avain": "1"},
        [("message", "es_s", {"syy": "ö"}), ("user_task", "q1", {"vastaus": 4})],
        [("user_task", "x", {}), ("message", "es_s", {}), ("user_task", "q2", {}), ("user_task", "x", {})],
    ),
    "calls_in_turns": (
        diagram(
            start(),
            sub(
                "p1",
                start("s1"),
                call("c", "q", multi("=[10, 20]", output=("kaikki", "=tulos + item"))),
                end("e1"),
                flow="s1 c; c e1",
            ),
            end(),
            flow="s p1; p1 e",
        ),
        {"x": [1]},
        [("user_task", "q1", {})],
        [("job", "rt", {"tulos": 1}), ("user_task", "q1", {}), ("job", "rt", {"tulos": 2})],
    ),
    "two_versions_called": (
        diagram(
            start(),
            parallel("f"),
            call("a", "q", bindingType="versionTag", versionTag="1"),
            call("b", "q", bindingType="versionTag", versionTag="2", propagateAllParentVariables="false"),
            end(),
            flow="s f; f a; f b; a e; b e",
        ),
        {"x": 1},
        [],
        [("user_task", "q1", {"x": 2}), ("user_task", "q1", {"y": 3}), ("user_task", "q2", {})],
    ),
    "calls_given_one_list": (
        diagram(start(), call("c", "q", multi("=lista")), user("after"), end(), flow="s c; c after; after e"),
        {"lista": [f"kohta numero {number}" for number in range(4)]},
        [],
        [
            ("user_task", "q1", {"lista": ["oma"]}),
            ("user_task", "q1", {}),
            ("user_task", "q1", {"tulos": 1}),
            ("user_task", "q1", {}),
            ("user_task", "after", {}),
        ],
    ),
    "many_calls_side_by_side": (
        diagram(start(), call("c", "q", multi("=lista")), user("after"), end(), flow="s c; c after; after e"),
        {"lista": [f"kohta numero {number}" for number in range(9)]},
        [("user_task", "q1", {"lista": ["oma"]})],
        [("user_task", "q1", {"tulos": 1}), *[("user_task", "q1", {})] * 7, ("user_task", "after", {})],
    ),
    "many_calls_deflated": (
        diagram(start(), call("c", "q", multi("=lista")), user("after"), end(), flow="s c; c after; after e"),
        {"lista": [f"kohta numero {number}" for number in range(9)]},
        [("user_task", "q1", {"tulos": 0})],
        [("user_task", "q1", {"tulos": 1}), *[("user_task", "q1", {})] * 7, ("user_task", "after", {})],
    ),
    "cron_cycle": (
        diagram(
            start(),
            user(),
            boundary("b", "u", timer("timeCycle", "0 0 9 ? * MON-FRI"), interrupting=False),
            user("reminded"),
            end(),
            flow="s u; u e; b reminded",
        ),
        {},
        [],
        [("timer", "b", {}), ("timer", "b", {}), ("user_task", "reminded", {}), ("user_task", "u", {})],
    ),
    "incident_in_a_call": (
        diagram(start(), call("c", "=prosessi"), user("u"), flow="s c; c u"),
        {"prosessi": "puuttuu"},
        [("set", "", {"prosessi": "q"}), ("retry", "c", {})],
        [("retry", "g", {})],
    ),
    "stuck_join": (
        diagram(
            start(),
            xor("g", default="g__b"),
            user("a"),
            user("b"),
            parallel("j"),
            end(),
            flow="s g; g a [=x = 1]; g b; a j; b j; j e",
        ),
        {"x": 1},
        [("user_task", "a", {})],
        [("retry", "j", {})],
    ),
    "conditions": (
        diagram(
            start(),
            sub("p1", start("s1"), user("a"), user("a2"), end("e1"), flow="s1 a; a a2; a2 e1"),
            boundary("again", "p1", condition("=pisteet > 5"), interrupting=False),
            boundary("enough", "p1", condition("=pisteet > 10")),
            event_sub("es", condition("=viite.t != null"), user("x"), flow="es_s x", interrupting=False),
            user("b"),
            user("c"),
            flow="s p1; p1 c; again b; enough c",
        ),
        {"pisteet": 6},
        [("set", "", {"pisteet": 7}), ("set", "", {"pisteet": 1})],
        [("set", "", {"pisteet": 8}), ("user_task", "a", {"pisteet": 11}), ("user_task", "x", {})],
    ),
    "several_events_gathered": (
        diagram(
            start(),
            element(
                "intermediateCatchEvent",
                "c",
                message() + signal() + timer("timeDuration", "P1D") + condition("=valmis"),
                parallelMultiple="true",
            ),
            user("u"),
            flow="s c; c u",
            roots=ROOTS,
        ),
        {"avain": "1"},
        [("signal", "c", {"merkki": "ö"}), ("timer", "c", {})],
        [("set", "", {"valmis": True}), ("message", "c", {"viesti": 1})],
    ),
    "complex_gateway_between_start_and_reset": (
        diagram(
            start(),
            parallel("f"),
            user("a"),
            user("b"),
            user("c"),
            element(
                "complexGateway", "k", "<bpmn:activationCondition>=activationCount &gt;= 2</bpmn:activationCondition>"
            ),
            user("u"),
            user("v"),
            flow="s f; f a; f b; f c; a k; b k; c k; k u; k v [=not(waitingForStart)]",
        ),
        {},
        [("user_task", "a", {}), ("user_task", "c", {})],
        [("user_task", "b", {})],
    ),
    "ad_hoc_one_after_the_other": (
        diagram(
            start(),
            element(
                "adHocSubProcess",
                "h",
                user("a") + user("b") + user("c") + "<bpmn:completionCondition>=valmis</bpmn:completionCondition>",
                '<zeebe:adHoc outputCollection="kaikki" outputElement="=tulos"/>',
                ordering="Sequential",
            ),
            user("u"),
            flow="s h; h u",
        ),
        {},
        [("user_task", "a", {"tulos": 1})],
        [("user_task", "b", {"tulos": 2, "valmis": True})],
    ),
    "tokens_gathered": (
        diagram(
            start(),
            parallel("f"),
            user("a", completionQuantity="2"),
            user("b"),
            user("c", startQuantity="3"),
            flow="s f; f a; f b; a c; b c",
        ),
        {},
        [("user_task", "a", {})],
        [("user_task", "b", {}), ("user_task", "c", {})],
    ),
    "task_beside_the_processes": (
        diagram(
            start(),
            element("callActivity", "c", multi("=[1, 2]"), calledElement="g"),
            user("u"),
            flow="s c; c u",
            roots='<bpmn:globalUserTask id="g" name="Soita"/>',
        ),
        {},
        [("user_task", "g", {"x": 1})],
        [("user_task", "g", {})],
    ),
    "held_at_its_start": (
        diagram(
            start(),
            service(extensions=_listeners("execution", "start", "start", "end") + io({"oma": "=1"})),
            end(),
            flow="s t; t e",
        ),
        {},
        [("job", "t", {"lisa": 2})],
        [("job", "t", {}), ("job", "t", {"tulos": 3}), ("job", "t", {"loppu": 4})],
    ),
    "held_at_its_end": (
        diagram(start(), user(extensions=_listeners("execution", "end", "end")), end(), flow="s u; u e"),
        {},
        [("user_task", "u", {"x": 1}), ("job", "u", {})],
        [("job", "u", {})],
    ),
    "compensation": (
        diagram(
            start(),
            sub(
                "p1",
                start("s1"),
                multi("=[10, 20]"),
                user("a"),
                *undone("a", io(None, {"purettu": "=append(purettu, item + oma)"})),
                end("e1"),
                flow="s1 a; a e1",
                extensions=io({"oma": "=1"}),
            ),
            user(),
            element("intermediateThrowEvent", "t", compensation()),
            end(),
            flow="s p1; p1 u; u t; t e",
        ),
        {"purettu": []},
        [("user_task", "a", {"oma": 2}), ("user_task", "a", {"oma": 3})],
        [("user_task", "u", {}), ("user_task", "undo_a", {}), ("user_task", "undo_a", {})],
    ),
    "compensation_under_way": (
        diagram(
            start(),
            sub(
                "p1",
                start("s1"),
                user("a"),
                user("b"),
                *undone("a"),
                *undone("b", io(None, {"nähty": "=oma"})),
                event_sub(
                    "es",
                    compensation(),
                    user("x"),
                    element("intermediateThrowEvent", "t1", compensation()),
                    end("ex"),
                    flow="es_s x; x t1; t1 ex",
                ),
                flow="s1 a; a b",
                extensions=io({"oma": "=1"}),
            ),
            element("intermediateThrowEvent", "t", compensation("p1")),
            end(),
            flow="s p1; p1 t; t e",
        ),
        {},
        [("user_task", "a", {}), ("user_task", "b", {"oma": 5}), ("user_task", "x", {})],
        [("user_task", "undo_b", {}), ("user_task", "undo_a", {})],
    ),
    "transaction_being_cancelled": (
        diagram(
            start(),
            transaction(
                "p1",
                start("s1"),
                user("a"),
                user("b"),
                user("c"),
                *undone("a"),
                *undone("b"),
                end("e1", "<bpmn:cancelEventDefinition/>"),
                flow="s1 a; a b; b e1; s1 c",
            ),
            boundary("x", "p1", "<bpmn:cancelEventDefinition/>"),
            user(),
            end(),
            flow="s p1; p1 e; x u; u e",
        ),
        {},
        [("user_task", "a", {}), ("user_task", "b", {}), ("user_task", "undo_b", {})],
        [("user_task", "undo_a", {}), ("user_task", "u", {})],
    ),
    "held_completion": (
        diagram(start(), user(extensions=_listeners("task", "completing", "completing")), end(), flow="s u; u e"),
        {},
        [("user_task", "u", {"vastaus": "ö"}), ("job", "u", {})],
        [("job", "u", {})],
    ),
    "held_creation": (
        diagram(start(), user(extensions=_listeners("task", "creating", "creating")), end(), flow="s u; u e"),
        {},
        [("job", "u", {})],
        [("job", "u", {}), ("user_task", "u", {})],
    ),
}


#: by case: what it calls, oldest version first
CALLED: dict[str, tuple[Called, ...]] = {
    "call": (
        (
            "q",
            diagram(
                start("qs"),
                user("q1"),
                user("q2"),
                event_sub("es", message(), user("x"), end("ex"), flow="es_s x; x ex", interrupting=False),
                end("qe"),
                flow="qs q1; q1 q2; q2 qe",
                roots=ROOTS,
                process_id="q",
            ),
        ),
    ),
    "calls_in_turns": (
        ("r", diagram(start("rs"), service("rt"), end("re"), flow="rs rt; rt re", process_id="r")),
        ("q", diagram(start("qs"), user("q1"), call("qc", "r"), flow="qs q1; q1 qc", process_id="q")),
    ),
    "two_versions_called": (
        ("q", diagram(start("qs"), user("q1"), end("qe"), flow="qs q1; q1 qe", process_id="q")),
        ("q", diagram(start("qs"), user("q1"), user("q2"), end("qe"), flow="qs q1; q1 q2; q2 qe", process_id="q")),
    ),
    "many_calls_side_by_side": (
        ("q", diagram(start("qs"), user("q1"), end("qe"), flow="qs q1; q1 qe", process_id="q")),
    ),
    "many_calls_deflated": (("q", diagram(start("qs"), user("q1"), end("qe"), flow="qs q1; q1 qe", process_id="q")),),
    "calls_given_one_list": (("q", diagram(start("qs"), user("q1"), end("qe"), flow="qs q1; q1 qe", process_id="q")),),
    "incident_in_a_call": (
        (
            "q",
            diagram(
                start("qs"), xor("g"), user("q1"), user("q2"), flow="qs g; g q1 [=x = 1]; g q2 [=x = 2]", process_id="q"
            ),
        ),
    ),
}


def main() -> None:
    """Write the golden states that are missing."""
    FOLDER.mkdir(exist_ok=True)
    for name, (xml, variables, before, after) in CASES.items():
        if (FOLDER / f"{name}.state").exists():
            continue
        called = CALLED.get(name, ())
        instance = begun(xml, variables, called)
        for move in before:
            instance.move(*move)
        kept = instance.state
        again = reopened(xml, kept, called)
        for move in after:
            again.move(*move)
        (FOLDER / f"{name}.bpmn").write_bytes(xml)
        for number, (process_id, called_xml) in enumerate(called):
            (FOLDER / f"{name}.{number}.{process_id}.bpmn").write_bytes(called_xml)
        (FOLDER / f"{name}.state").write_bytes(kept)
        moves = [[what, element_id, to_state(given)] for what, element_id, given in after]
        story = {"moves": moves, "then": again.facts()}
        (FOLDER / f"{name}.json").write_text(json.dumps(story, ensure_ascii=False, indent=1) + "\n")


def story(name: str) -> tuple[Reopened, list[Move], dict[str, Any]]:
    """Return a golden instance, the moves that continue it and what has to be true then."""
    told = json.loads((FOLDER / f"{name}.json").read_text())
    called = [(path.name.split(".")[2], path.read_bytes()) for path in sorted(FOLDER.glob(f"{name}.[0-9].*.bpmn"))]
    instance = reopened((FOLDER / f"{name}.bpmn").read_bytes(), (FOLDER / f"{name}.state").read_bytes(), called)
    return instance, [(what, element_id, from_state(given)) for what, element_id, given in told["moves"]], told["then"]


if __name__ == "__main__":
    main()
