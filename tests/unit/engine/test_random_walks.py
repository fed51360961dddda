"""Random walks over small generated diagrams: saving and loading after each step changes nothing; all of them end."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import run
from app.engine.dialect import turns
from app.engine.seam import (
    Cancelled,
    ConditionAwaited,
    ElementEvent,
    IncidentOpened,
    IncidentRetried,
    InstanceStatus,
    JobCompleted,
    JobOpened,
    JobThrewError,
    MessageArrived,
    MessageAwaited,
    SignalArrived,
    SignalAwaited,
    Step,
    Surroundings,
    TimerFired,
    TimerOpened,
    UserTaskCompleted,
    UserTaskOpened,
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
    escalation,
    event_sub,
    inclusive,
    message,
    multi,
    parallel,
    script,
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
from tests.unit.engine.kept import Kept, ensure_same_but_for_bytes
from tests.unit.engine.walk import NOW, ROOT, Shelf, compiled

LEAVES = [
    "user", "job", "risky", "script", "catch", "turns", "task with timer", "events", "watched", "failing", "raising",
    "undoing", "cancelling", "conditional", "gathering", "ad_hoc", "counting",
]  # fmt: skip
#: a block of a diagram: a tree of kinds
BLOCKS = st.recursive(
    st.sampled_from([(kind,) for kind in LEAVES]),
    lambda inner: st.tuples(
        st.sampled_from(
            ["sequence", "choice", "parallel", "inclusive", "partial", "repeat", "sub", "called", "turns_called"]
        ),
        inner,
        inner,
    ),
    max_leaves=6,
)


class Drawn:
    """Writes blocks as elements and flows; each block has one way in and one way out."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        #: the diagrams of the processes that are called
        self.processes: list[bytes] = []

    def new(self, letter: str) -> str:
        return f"{letter}{next(self.numbers)}"

    def block(self, tree: Any) -> tuple[list[str], list[str], str, str]:
        kind = tree[0]
        if len(tree) > 1:
            return getattr(self, kind)(tree[1], tree[2])
        return self.leaf(kind)

    def leaf(self, kind: str) -> tuple[list[str], list[str], str, str]:
        name = self.new("n")
        if kind == "task with timer":
            late, out = self.new("b"), self.new("o")
            drawn = [user(name), boundary(late, name, timer("timeDuration", "P1D")), xor(out)]
            return drawn, [f"{name} {out}", f"{late} {out}"], name, out
        if hasattr(self, kind):
            return getattr(self, kind)(name, self.new("o"))
        drawn_by = {
            "user": lambda: user(name),
            "job": lambda: service(name),
            "script": lambda: script(name, "=laskuri + 1", "laskuri"),
            "catch": lambda: element("intermediateCatchEvent", name, message()),
            "gathering": lambda: element(
                "intermediateCatchEvent", name, message() + timer("timeDuration", "PT1H"), parallelMultiple="true"
            ),
            "turns": lambda: user(name, multi("=[1, 2]", output=("kerätty", "=item"))),
        }
        return [drawn_by[kind]()], [], name, name

    def risky(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """A job whose error is caught."""
        wrong = self.new("b")
        drawn = [service(name), boundary(wrong, name, error()), xor(out)]
        return drawn, [f"{name} {out}", f"{wrong} {out}"], name, out

    def events(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        one, two = self.new("c"), self.new("c")
        drawn = [element("eventBasedGateway", name), element("intermediateCatchEvent", one, message()), xor(out)]
        drawn.append(element("intermediateCatchEvent", two, timer("timeDuration", "PT1H")))
        return drawn, [f"{name} {one}", f"{name} {two}", f"{one} {out}", f"{two} {out}"], name, out

    def watched(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """A sub-process with an event sub-process that may run beside it once, and a timer that ends both."""
        begin, work, late, watch = self.new("s"), self.new("u"), self.new("b"), self.new("w")
        beside = event_sub(
            watch, timer("timeCycle", "R1/PT1H"), user(f"{watch}_u"), flow=f"{watch}_s {watch}_u", interrupting=False
        )
        drawn = [
            sub(name, start(begin), user(work), beside, flow=f"{begin} {work}"),
            boundary(late, name, timer("timeDuration", "P1D")),
            xor(out),
        ]
        return drawn, [f"{name} {out}", f"{late} {out}"], name, out

    def failing(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """A sub-process in which one branch throws an error that ends the other."""
        begin, fork, work, wrong, caught = (self.new(letter) for letter in "sguxb")
        inner = [start(begin), parallel(fork), user(work), user(f"{work}_2"), end(wrong, error())]
        flow = f"{begin} {fork}; {fork} {work}; {fork} {work}_2; {work} {wrong}"
        drawn = [sub(name, *inner, flow=flow), boundary(caught, name, error()), xor(out)]
        return drawn, [f"{name} {out}", f"{caught} {out}"], name, out

    def raising(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """A sub-process that escalates to an event sub-process beside it and to a signal inside it."""
        begin, work, lift = self.new("s"), self.new("u"), self.new("x")
        beside = event_sub(lift, signal(), user(f"{lift}_u"), flow=f"{lift}_s {lift}_u", interrupting=False)
        inner = [
            start(begin),
            element("intermediateThrowEvent", f"{lift}_t", signal()),
            element("intermediateThrowEvent", f"{lift}_e", escalation()),
            user(work),
            beside,
        ]
        flow = f"{begin} {lift}_t; {lift}_t {lift}_e; {lift}_e {work}"
        drawn = [
            sub(name, *inner, flow=flow),
            boundary(f"{lift}_b", name, escalation(), interrupting=False),
            user(f"{lift}_v"),
            xor(out),
        ]
        return drawn, [f"{name} {out}", f"{lift}_b {lift}_v"], name, out

    def undoing(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """Turns of a sub-process, and a throw event that undoes what is there of it: nested, and in turns."""
        begin, work, inner = self.new("s"), self.new("u"), self.new("p")
        nested = sub(inner, start(f"{inner}_s"), user(work), *undone(work), flow=f"{inner}_s {work}")
        drawn = [sub(name, start(begin), multi("=[1, 2]"), nested, flow=f"{begin} {inner}")]
        return [*drawn, element("intermediateThrowEvent", out, compensation(name))], [f"{name} {out}"], name, out

    def cancelling(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """A transaction in which two tasks run until a third cancels them."""
        begin, work, stop, caught = self.new("s"), self.new("u"), self.new("x"), self.new("b")
        cancel = "<bpmn:cancelEventDefinition/>"
        inner = [start(begin), user(work), script(f"{work}_2", "=1", "y"), user(stop), end(f"{stop}_e", cancel)]
        handlers = [*undone(work), *undone(f"{work}_2")]
        flow = f"{begin} {work}; {begin} {stop}; {work} {work}_2; {stop} {stop}_e"
        drawn = [transaction(name, *inner, *handlers, flow=flow), boundary(caught, name, cancel), xor(out)]
        return drawn, [f"{name} {out}", f"{caught} {out}"], name, out

    def conditional(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """A sub-process that a condition interrupts and another one accompanies, and a condition that holds already."""
        begin, work, high, beside = self.new("s"), self.new("u"), self.new("b"), self.new("b")
        drawn = [
            sub(name, start(begin), user(work), user(f"{work}_2"), flow=f"{begin} {work}; {work} {work}_2"),
            boundary(high, name, condition("=laskuri > 2 or vastaus_1 != null")),
            boundary(beside, name, condition("=laskuri > 1 or vastaus_0 != null"), interrupting=False),
            user(f"{beside}_u"),
            element("intermediateCatchEvent", out, condition("=laskuri >= 0")),
        ]
        return drawn, [f"{name} {out}", f"{high} {out}", f"{beside} {beside}_u"], name, out

    def ad_hoc(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """Two ad-hoc sub-processes: one is over with its first activity, the other does one after the other."""
        one, two, three = self.new("u"), self.new("u"), self.new("t")
        done = "<bpmn:completionCondition>=laskuri &gt;= 0</bpmn:completionCondition>"
        drawn = [
            element("adHocSubProcess", name, user(one) + user(f"{one}_2") + done),
            element("adHocSubProcess", out, user(two) + service(three), ordering="Sequential"),
        ]
        return drawn, [f"{name} {out}"], name, out

    def counting(self, name: str, out: str) -> tuple[list[str], list[str], str, str]:
        """Two tokens for one, and one for two."""
        between = self.new("u")
        drawn = [user(name, completionQuantity="2"), user(between), user(out, startQuantity="2")]
        return drawn, [f"{name} {between}", f"{between} {out}"], name, out

    def sequence(self, first: Any, second: Any) -> tuple[list[str], list[str], str, str]:
        one, flows_one, into, middle = self.block(first)
        two, flows_two, begin, out = self.block(second)
        return one + two, [*flows_one, *flows_two, f"{middle} {begin}"], into, out

    def fork(self, first: Any, second: Any, gateway: Any, conditions: tuple[str, str], **more: str) -> Any:
        split, join = self.new("g"), self.new("g")
        one, flows_one, in_one, out_one = self.block(first)
        two, flows_two, in_two, out_two = self.block(second)
        attributes = {"default": f"{split}__{in_two}"} if more else {}
        flows = [
            f"{split} {in_one}{conditions[0]}",
            f"{split} {in_two}{conditions[1]}",
            f"{out_one} {join}",
            f"{out_two} {join}",
        ]
        drawn = [gateway(split, **attributes), gateway(join)]
        return one + two + drawn, flows_one + flows_two + flows, split, join

    def choice(self, first: Any, second: Any) -> Any:
        return self.fork(first, second, xor, (" [=laskuri > 2]", ""), default="yes")

    def parallel(self, first: Any, second: Any) -> Any:
        return self.fork(first, second, parallel, ("", ""))

    def inclusive(self, first: Any, second: Any) -> Any:
        return self.fork(first, second, inclusive, (" [=laskuri > 1]", " [=true]"))

    def partial(self, first: Any, second: Any) -> Any:
        """A split whose branches are joined by the first of them."""
        drawn, flows, split, join = self.parallel(first, second)
        first_of = "<bpmn:activationCondition>=activationCount &gt;= 1</bpmn:activationCondition>"
        joined = [element("complexGateway", join, first_of) if each == parallel(join) else each for each in drawn]
        return joined, flows, split, join

    def repeat(self, first: Any, second: Any) -> Any:
        before, counted, after = self.new("g"), self.new("k"), self.new("g")
        drawn, flows, into, out = self.sequence(first, second)
        drawn = [
            *drawn,
            xor(before),
            script(counted, "=laskuri + 1", "laskuri"),
            xor(after, default=f"{after}__{before}"),
        ]
        flows = [*flows, f"{before} {into}", f"{out} {counted}", f"{counted} {after}", f"{after} {before}"]
        leave = self.new("o")
        return [*drawn, xor(leave)], [*flows, f"{after} {leave} [=laskuri > 3]"], before, leave

    def sub(self, first: Any, second: Any) -> Any:
        drawn, flows, into, out = self.sequence(first, second)
        begin, finish, name = self.new("s"), self.new("e"), self.new("p")
        flows = [*flows, f"{begin} {into}", f"{out} {finish}"]
        return [sub(name, start(begin), end(finish), *drawn, flow="; ".join(flows))], [], name, name

    def called(self, first: Any, second: Any, inner: str = "") -> Any:
        """A call of a process that is drawn apart, with an error of it caught on the call."""
        drawn, flows, into, out = self.sequence(first, second)
        begin, finish, name, process_id = self.new("s"), self.new("e"), self.new("c"), self.new("q")
        flows = [*flows, f"{begin} {into}", f"{out} {finish}"]
        self.processes.append(
            diagram(start(begin), *drawn, end(finish), flow="; ".join(flows), roots=ROOTS, process_id=process_id)
        )
        caught, leave = self.new("b"), self.new("o")
        elements = [call(name, process_id, inner), boundary(caught, name, error()), xor(leave)]
        return elements, [f"{name} {leave}", f"{caught} {leave}"], name, leave

    def turns_called(self, first: Any, second: Any) -> Any:
        return self.called(first, second, multi("=[1, 2]", output=("kutsutut", "=item")))


def drawn(tree: Any) -> tuple[bytes, list[bytes]]:
    """Return the diagram of the tree, and those of the processes that it calls."""
    pen = Drawn()
    elements, flows, into, out = pen.block(tree)
    flow = "; ".join([*flows, f"s {into}", f"{out} e"])
    return diagram(start(), *elements, end(), flow=flow, roots=ROOTS), pen.processes


TRIGGERS = {
    UserTaskOpened: lambda key: UserTaskCompleted(key=key, variables={f"vastaus_{key % 3}": key}),
    JobOpened: lambda key: JobCompleted(key=key, variables={"tulos": key}),
    TimerOpened: lambda key: TimerFired(key=key),
    SignalAwaited: lambda key: SignalArrived(key=key, variables={}),
    MessageAwaited: lambda key: MessageArrived(key=key, variables={"viesti": key}),
    IncidentOpened: lambda key: IncidentRetried(key=key),
}
#: errors of jobs in one walk: one that nobody catches is an incident, and its retry opens the job again
MOST_THROWN = 3


def surroundings(shelf: Shelf) -> Surroundings:
    counter = itertools.count(ROOT + 1)
    return Surroundings(now=NOW, new_key=lambda: next(counter), processes=shelf)


CHOICES = st.lists(st.integers(0, 99), min_size=1, max_size=12)
#: the step before which the instance is cancelled, None: it comes to its end
CANCELLED = st.none() | st.integers(0, 12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=BLOCKS, choices=CHOICES, cancelled=CANCELLED)
def test_saving_and_loading_after_each_step_changes_nothing(tree, choices, cancelled):
    walk(tree, choices, cancelled)


@pytest.mark.fuzz
@pytest.mark.timeout(1800)
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=BLOCKS, choices=CHOICES, cancelled=CANCELLED)
def test_saving_and_loading_changes_nothing_in_many_walks(tree, choices, cancelled):
    walk(tree, choices, cancelled)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=BLOCKS, choices=CHOICES, cancelled=CANCELLED)
def test_folding_every_turn_changes_nothing(tree, choices, cancelled):
    with patch.object(turns, "WIDE", 1):
        walk(tree, choices, cancelled, same=ensure_same_but_for_bytes)


def ensure_equal(step: Step, kept: Step) -> None:
    assert step == kept


def walk(
    tree: Any, choices: list[int], cancelled: int | None = None, same: Callable[[Step, Step], None] = ensure_equal
) -> None:
    xml, processes = drawn(tree)
    process, shelf = compiled(xml), Shelf().put(*processes)
    variables = {"laskuri": 0, "avain": "1"}
    ours, theirs = surroundings(shelf), surroundings(shelf)
    kept = Kept(process, theirs, variables)
    step = run.start(process, variables=variables, surroundings=ours, instance_key=ROOT)
    same(step, kept.first)
    waiting: dict[int, Any] = {}
    lives: Counter[int] = Counter()
    calls: set[int] = set()
    steps = itertools.cycle(choices)
    thrown = 0
    for number in range(400):
        for closed in step.closed:
            del waiting[closed.key]
        waiting.update({opened.key: opened for opened in step.opened})
        lives.update(each.element_instance_key for each in step.history if each.event is ElementEvent.ACTIVATED)
        calls |= {each.called.key for each in step.calls}
        calls -= {each.key for each in step.calls_ended}
        assert calls == {each.process_key for each in run.inspect_state(step.state)} - {ROOT}
        lives.subtract(
            each.element_instance_key
            for each in step.history
            if each.event in {ElementEvent.COMPLETED, ElementEvent.TERMINATED}
        )
        if step.status is not InstanceStatus.ACTIVE:
            break
        # signals come from inside, conditions from variables
        inner = (SignalAwaited, ConditionAwaited)
        open_ends = [key for key in sorted(waiting) if not isinstance(waiting[key], inner)]
        # another one after each round of choices: what is always passed over would never come to its end
        choice = next(steps) + number // len(choices)
        opened = waiting[open_ends[choice % len(open_ends)]]
        trigger: Any = TRIGGERS[type(opened)](opened.key)
        if number == cancelled:
            trigger = Cancelled()
        elif isinstance(opened, JobOpened) and choice % 3 == 0 and thrown < MOST_THROWN:
            thrown += 1
            trigger = JobThrewError(key=opened.key, error_code="virhe", variables={"vika": choice})
        step = run.advance(process, step.state, trigger, surroundings=ours)
        same(step, kept.advance(trigger))
    was_cancelled = cancelled is not None and number == cancelled + 1
    assert step.status is (InstanceStatus.TERMINATED if was_cancelled else InstanceStatus.COMPLETED)
    assert waiting == {}
    assert set(lives.values()) == {0}
    assert not calls
