"""
Constructs as blocks that can be drawn into one another: what has nothing inside, and containers around other blocks.

Somebody who does one thing after the other that is waited for (messages, signals, timers, jobs, then tasks) brings
each of them to its end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.unit.engine.drawing import (
    ROOTS,
    TERMINATE,
    associated,
    boundary,
    call,
    compensation,
    condition,
    diagram,
    element,
    end,
    error,
    escalation,
    escape,
    event_sub,
    flows,
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

WHO = '<zeebe:assignmentDefinition candidateGroups="r_palveluohjaaja"/>'
CANCEL = "<bpmn:cancelEventDefinition/>"
TWICE = "=[1, 2]"
AGAIN = (
    "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>=loopCounter &lt; 2</bpmn:loopCondition>"
    "</bpmn:standardLoopCharacteristics>"
)
ASKED_FIRST = (
    '<bpmn:standardLoopCharacteristics testBefore="true" loopMaximum="2"><bpmn:loopCondition>=true</bpmn:loopCondition>'
    "</bpmn:standardLoopCharacteristics>"
)
#: elements, flows, the first element and the last
Block = tuple[list[str], list[str], str, str]


@dataclass
class Pen:
    """Draws blocks with names of their own, and the processes that they call."""

    process_id: str
    names: Any = field(default_factory=lambda: itertools.count(1))
    called: list[bytes] = field(default_factory=list)

    def new(self, what: str) -> str:
        return f"{what}{next(self.names)}"

    def drawn(self, block: Block) -> list[bytes]:
        """Return a process of the block, and the processes that it calls."""
        elements, flow, first, last = block
        flow = "; ".join([*flow, f"s {first}", f"{last} e"])
        return [
            diagram(start(), *elements, end(), flow=flow, roots=ROOTS, process_id=self.process_id),
            *self.called,
        ]

    # -- containers ------------------------------------------------------------------------------------------------

    def boxed(
        self, inside: Block, marker: str = "", *, more: Callable[[str], str] = lambda _: "", draw: Any = sub
    ) -> Block:
        """Draw a sub-process around the block."""
        elements, flow, first, last = inside
        box, begin, done = self.new("box"), self.new("begin"), self.new("done")
        joined = "; ".join([*flow, f"{begin} {first}", f"{last} {done}"])
        return [draw(box, marker, start(begin), *elements, end(done), more(box), flow=joined)], [], box, box

    def beside(self, inside: Block, definition: str, *, interrupting: bool = True) -> Block:
        """Draw a sub-process around a task; its event sub-process, with the block in it, begins by the event."""
        elements, flow, first, last = inside
        done, over = self.new("done"), self.new("over")
        joined = "; ".join([*flow, f"{over}_s {first}", f"{last} {done}"])
        begun = event_sub(over, definition, *elements, end(done), flow=joined, interrupting=interrupting)
        return self.boxed(self.task(), more=lambda _: begun)

    def calling(self, inside: Block, marker: str = "") -> Block:
        """Draw a call of a process with the block in it."""
        elements, flow, first, last = inside
        begin, done, process_id = self.new("begin"), self.new("done"), f"{self.process_id}_{self.new('q')}"
        joined = "; ".join([*flow, f"{begin} {first}", f"{last} {done}"])
        called = diagram(start(begin), *elements, end(done), flow=joined, roots=ROOTS, process_id=process_id)
        self.called.append(called)
        name = self.new("call")
        return [call(name, process_id, marker)], [], name, name

    def at_will(self, inside: Block, **attributes: str) -> Block:
        """Draw an ad-hoc sub-process around the block."""
        elements, flow, *_ = inside
        box = self.new("box")
        return (
            [element("adHocSubProcess", box, "".join(elements) + flows("; ".join(flow)), **attributes)],
            [],
            box,
            box,
        )

    def undoing(self, inside: Block) -> Block:
        """Draw a task that is undone by a sub-process around the block."""
        elements, flow, first, last = inside
        task, begin, done = self.new("task"), self.new("begin"), self.new("done")
        event, undo, thrown = self.new("event"), self.new("undo"), self.new("throw")
        joined = "; ".join([*flow, f"{begin} {first}", f"{last} {done}"])
        handler = sub(undo, start(begin), *elements, end(done), flow=joined, isForCompensation="true")
        compensated = [boundary(event, task, compensation()), handler, associated(event, undo)]
        throw = element("intermediateThrowEvent", thrown, compensation())
        return [user(task, "", WHO), *compensated, throw], [f"{task} {thrown}"], task, thrown

    # -- what has nothing inside -----------------------------------------------------------------------------------

    def one(self, drawn: str, name: str) -> Block:
        return [drawn], [], name, name

    def task(self, marker: str = "") -> Block:
        name = self.new("task")
        return self.one(user(name, marker, WHO), name)

    def work(self) -> Block:
        name = self.new("work")
        return self.one(service(name), name)

    def reckoning(self) -> Block:
        name = self.new("script")
        return self.one(script(name, "=1 + 1", "summa"), name)

    def waiting(self, *events: str, together: bool = False) -> Block:
        name = self.new("wait")
        drawn = element("intermediateCatchEvent", name, "".join(events), parallelMultiple=str(together).lower())
        return self.one(drawn, name)

    def throwing(self, *events: str) -> Block:
        name = self.new("throw")
        return self.one(element("intermediateThrowEvent", name, "".join(events)), name)

    def receiving(self) -> Block:
        name = self.new("receive")
        return self.one(element("receiveTask", name, messageRef="m"), name)

    def late(self, *events: str, interrupting: bool = True) -> Block:
        """Draw a task with an event on it."""
        name, late, out = self.new("task"), self.new("late"), self.new("out")
        event = boundary(late, name, "".join(events), interrupting=interrupting)
        return [user(name, "", WHO), event, xor(out)], [f"{name} {out}", f"{late} {out}"], name, out

    def events(self) -> Block:
        choice, told, time, out = self.new("choice"), self.new("told"), self.new("time"), self.new("out")
        drawn = [element("eventBasedGateway", choice), element("intermediateCatchEvent", told, message())]
        drawn += [element("intermediateCatchEvent", time, timer("timeDuration", "P1D")), xor(out)]
        return drawn, [f"{choice} {told}", f"{choice} {time}", f"{told} {out}", f"{time} {out}"], choice, out

    def forked(
        self, gateway: Callable[[str], str], condition: str = "", *, join: Callable[[str], str] | None = None
    ) -> Block:
        split, joined = self.new("split"), self.new("join")
        ways = [self.task(), self.reckoning()]
        flow = [each for _, _, first, last in ways for each in (f"{split} {first}{condition}", f"{last} {joined}")]
        elements = [gateway(split), *(drawn for way in ways for drawn in way[0]), (join or gateway)(joined)]
        return elements, flow, split, joined

    def noticing(self) -> Block:
        """Draw a condition that becomes true by the task beside it."""
        split, joined, task, wait = (self.new(each) for each in ("split", "join", "task", "wait"))
        catch = element("intermediateCatchEvent", wait, condition("=vastaus = 1"))
        flow = [f"{split} {task}", f"{split} {wait}", f"{task} {joined}", f"{wait} {joined}"]
        return [parallel(split), user(task, "", WHO), catch, parallel(joined)], flow, split, joined

    def left_by(self, *events: str, caught: str, inside: Callable[..., str] = sub, more: str = "") -> Block:
        """Draw a sub-process around a task that can be undone, which the end event leaves for the event on it."""
        box, begin, done, left, catch, out = (
            self.new(each) for each in ("box", "begin", "done", "left", "caught", "out")
        )
        ended = end(left, "".join(events))
        within = [start(begin), user(done, "", WHO), *undone(done, WHO), ended, more]
        drawn = inside(box, *within, flow=f"{begin} {done}; {done} {left}")
        return [drawn, boundary(catch, box, caught), xor(out)], [f"{box} {out}", f"{catch} {out}"], box, out

    def heard_inside(self, thrown: str, heard: str, *, interrupting: bool = True) -> Block:
        """Draw a sub-process whose own event sub-process hears what is thrown in it."""
        box, begin, left, over, inner = (self.new(each) for each in ("box", "begin", "left", "over", "script"))
        hearing = event_sub(
            over,
            heard,
            script(inner, "=1 + 1", "summa"),
            flow=f"{over}_s {inner}",
            interrupting=interrupting,
        )
        return self.one(sub(box, start(begin), end(left, thrown), hearing, flow=f"{begin} {left}"), box)

    def noticed_inside(self, inside: Block) -> Block:
        """Draw a sub-process whose event sub-process takes over when what a script writes fulfils its condition."""
        elements, flow, first, last = inside
        done, over, written = self.new("done"), self.new("over"), self.new("script")
        joined = "; ".join([*flow, f"{over}_s {first}", f"{last} {done}"])
        over_taking = event_sub(over, condition("=summa = 2"), *elements, end(done), flow=joined)
        task = self.new("task")
        block = [script(written, "=1 + 1", "summa"), user(task, "", WHO)], [f"{written} {task}"], written, task
        return self.boxed(block, more=lambda _: over_taking)

    def undone_inside(self) -> Block:
        """Draw a sub-process that its own event sub-process undoes, and the event that asks for it."""
        over, inner, thrown = self.new("over"), self.new("task"), self.new("throw")
        undoing = event_sub(over, compensation(), user(inner, "", WHO), flow=f"{over}_s {inner}")
        elements, _, box, _ = self.boxed(self.task(), more=lambda _: undoing)
        throw = element("intermediateThrowEvent", thrown, compensation(box))
        return [*elements, throw], [f"{box} {thrown}"], box, thrown

    def ended_by_one(self) -> Block:
        """Draw a sub-process that ends as a whole by a terminate end while a task is open in it."""
        begin, split, task, over, box = (self.new(each) for each in ("begin", "split", "task", "over", "box"))
        flow = f"{begin} {split}; {split} {task}; {split} {over}"
        inside = [start(begin), parallel(split), user(task, "", WHO), end(over, TERMINATE)]
        return self.one(sub(box, *inside, flow=flow), box)

    def linked(self) -> Block:
        leaves, arrives = self.new("leaves"), self.new("arrives")
        link = f'<bpmn:linkEventDefinition name="{leaves}"/>'
        drawn = [element("intermediateThrowEvent", leaves, link), element("intermediateCatchEvent", arrives, link)]
        # the link is its own way from one to the other
        return drawn, [], leaves, arrives

    def counted(self) -> Block:
        """Draw an activity that gives two tokens, and one that takes two."""
        gives, takes = self.new("gives"), self.new("takes")
        drawn = [
            script(gives, "=1 + 1", "summa", completionQuantity="2"),
            user(takes, "", WHO, startQuantity="2"),
        ]
        return drawn, [f"{gives} {takes}"], gives, takes


def _complex(element_id: str) -> str:
    activation = escape("=activationCount >= 1")
    inner = f"<bpmn:activationCondition>{activation}</bpmn:activationCondition>"
    return element("complexGateway", element_id, inner)


_DAY = timer("timeDuration", "P1D")

CONTAINERS: dict[str, Callable[[Pen, Block], Block]] = {
    "sub-process": Pen.boxed,
    "event sub-process": lambda pen, inside: pen.beside(inside, message("m2")),
    "event sub-process beside": lambda pen, inside: pen.beside(inside, _DAY, interrupting=False),
    "parallel turns": lambda pen, inside: pen.boxed(inside, multi(TWICE)),
    "turns in sequence": lambda pen, inside: pen.boxed(inside, multi(TWICE, sequential=True)),
    "loop": lambda pen, inside: pen.boxed(inside, AGAIN),
    "call": Pen.calling,
    "turns of a call": lambda pen, inside: pen.calling(inside, multi(TWICE)),
    "transaction": lambda pen, inside: pen.boxed(inside, draw=transaction),
    # what begins in one has to be an activity (BPMN 10.3.6)
    "ad-hoc sub-process": lambda pen, inside: pen.at_will(pen.boxed(inside)),
    "compensation handler": Pen.undoing,
}
LEAVES: dict[str, Callable[[Pen], Block]] = {
    "user task": Pen.task,
    "turns of a task": lambda pen: pen.task(multi(TWICE)),
    "looped task": lambda pen: pen.task(AGAIN),
    "loop that is asked first": lambda pen: pen.task(ASKED_FIRST),
    "job": Pen.work,
    "script": Pen.reckoning,
    "message": lambda pen: pen.waiting(message()),
    "receive task": Pen.receiving,
    "signal": lambda pen: pen.waiting(signal()),
    "timer": lambda pen: pen.waiting(timer("timeDuration", "PT1H")),
    "condition": Pen.noticing,
    "one of several events": lambda pen: pen.waiting(message(), signal(), _DAY),
    "all of several events": lambda pen: pen.waiting(message(), signal(), together=True),
    "several events thrown": lambda pen: pen.throwing(signal(), escalation()),
    "link": Pen.linked,
    "task with a timer": lambda pen: pen.late(_DAY),
    "task with a timer beside": lambda pen: pen.late(_DAY, interrupting=False),
    "task with several events": lambda pen: pen.late(signal(), _DAY),
    "event gateway": Pen.events,
    "parallel gateway": lambda pen: pen.forked(parallel),
    "inclusive gateway": lambda pen: pen.forked(inclusive, " [=true]"),
    "complex gateway": lambda pen: pen.forked(parallel, join=_complex),
    "tokens in numbers": Pen.counted,
    "error": lambda pen: pen.left_by(error(), caught=error()),
    "escalation": lambda pen: pen.left_by(escalation(), caught=escalation()),
    "terminate": Pen.ended_by_one,
    "cancelled transaction": lambda pen: pen.left_by(CANCEL, caught=CANCEL, inside=transaction),
    "error out of a transaction": lambda pen: pen.left_by(error(), caught=error(), inside=transaction),
    "event sub-process by an error": lambda pen: pen.heard_inside(error(), error()),
    "event sub-process by an escalation": lambda pen: pen.heard_inside(escalation(), escalation(), interrupting=False),
    "event sub-process by a signal": lambda pen: pen.beside(pen.reckoning(), signal()),
    "event sub-process by a timer": lambda pen: pen.beside(pen.work(), _DAY),
    "event sub-process by a condition": lambda pen: pen.noticed_inside(pen.reckoning()),
    "event sub-process by a compensation": Pen.undone_inside,
    "ad-hoc in sequence": lambda pen: pen.at_will(
        ([*pen.task()[0], *pen.task()[0]], [], "", ""), ordering="Sequential"
    ),
}
