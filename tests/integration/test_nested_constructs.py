"""
Every construct inside every container, and every container inside every other: by commands and history.

Containers in containers on both databases; what has nothing inside by turns on one of them, so that each kind of row
comes about on both.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import literal, select, union_all

from app.commands.fire_timer import fire_timer
from app.commands.jobs import claim_jobs, finish_job
from app.commands.messages import broadcast_signal, deliver, publish_message
from app.storage.tables.instances import called_process, job, message_subscription, signal_subscription, timer
from app.storage.tables.work import user_task
from tests.factories import Place, make_place
from tests.faults.invariants import ensure_nothing_stuck, ensure_states_load
from tests.unit.engine.drawing import (
    ROOTS,
    boundary,
    call,
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
    user,
    xor,
)
from tests.unit.engine.drawing import timer as timed

WHO = '<zeebe:assignmentDefinition candidateGroups="r_palveluohjaaja"/>'
TWICE = "=[1, 2]"
AGAIN = (
    "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>=loopCounter &lt; 2</bpmn:loopCondition>"
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

    def boxed(self, inside: Block, marker: str = "", *, more: Callable[[str], str] = lambda _: "") -> Block:
        """Draw a sub-process around the block."""
        elements, flows, first, last = inside
        box, begin, done = self.new("box"), self.new("begin"), self.new("done")
        flow = "; ".join([*flows, f"{begin} {first}", f"{last} {done}"])
        return [sub(box, marker, start(begin), *elements, end(done), more(box), flow=flow)], [], box, box

    def beside(self, inside: Block) -> Block:
        """Draw a sub-process whose event sub-process, with the block in it, takes over when the message comes."""
        elements, flows, first, last = inside
        done, over = self.new("done"), self.new("over")
        flow = "; ".join([*flows, f"{over}_s {first}", f"{last} {done}"])
        taking_over = event_sub(over, message("m2"), *elements, end(done), flow=flow)
        return self.boxed(self.task(), more=lambda _: taking_over)

    def calling(self, inside: Block, marker: str = "") -> Block:
        """Draw a call of a process with the block in it."""
        elements, flows, first, last = inside
        begin, done, process_id = self.new("begin"), self.new("done"), f"{self.process_id}_{self.new('q')}"
        flow = "; ".join([*flows, f"{begin} {first}", f"{last} {done}"])
        drawn = diagram(start(begin), *elements, end(done), flow=flow, roots=ROOTS, process_id=process_id)
        self.called.append(drawn)
        name = self.new("call")
        return [call(name, process_id, marker)], [], name, name

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

    def waiting(self, event: str) -> Block:
        name = self.new("wait")
        return self.one(element("intermediateCatchEvent", name, event), name)

    def receiving(self) -> Block:
        name = self.new("receive")
        return self.one(element("receiveTask", name, messageRef="m"), name)

    def late(self) -> Block:
        name, late, out = self.new("task"), self.new("late"), self.new("out")
        drawn = [user(name, "", WHO), boundary(late, name, timed("timeDuration", "P1D")), xor(out)]
        return drawn, [f"{name} {out}", f"{late} {out}"], name, out

    def events(self) -> Block:
        choice, told, time, out = self.new("choice"), self.new("told"), self.new("time"), self.new("out")
        drawn = [element("eventBasedGateway", choice), element("intermediateCatchEvent", told, message())]
        drawn += [element("intermediateCatchEvent", time, timed("timeDuration", "P1D")), xor(out)]
        return drawn, [f"{choice} {told}", f"{choice} {time}", f"{told} {out}", f"{time} {out}"], choice, out

    def forked(self, gateway: Callable[..., str], condition: str = "") -> Block:
        split, join = self.new("split"), self.new("join")
        ways = [self.task(), self.reckoning()]
        flows = [flow for _, _, first, last in ways for flow in (f"{split} {first}{condition}", f"{last} {join}")]
        return [gateway(split), *(drawn for way in ways for drawn in way[0]), gateway(join)], flows, split, join

    def failing(self) -> Block:
        box, begin, wrong, caught, out = (self.new(each) for each in ("box", "begin", "wrong", "caught", "out"))
        inside = sub(box, start(begin), end(wrong, error()), flow=f"{begin} {wrong}")
        return [inside, boundary(caught, box, error()), xor(out)], [f"{box} {out}", f"{caught} {out}"], box, out

    def raising(self) -> Block:
        box, begin, lift, caught, out = (self.new(each) for each in ("box", "begin", "lift", "caught", "out"))
        inside = sub(box, start(begin), end(lift, escalation()), flow=f"{begin} {lift}")
        return [inside, boundary(caught, box, escalation()), xor(out)], [f"{box} {out}", f"{caught} {out}"], box, out


CONTAINERS: dict[str, Callable[[Pen, Block], Block]] = {
    "sub-process": Pen.boxed,
    "event sub-process": Pen.beside,
    "parallel turns": lambda pen, inside: pen.boxed(inside, multi(TWICE)),
    "turns in sequence": lambda pen, inside: pen.boxed(inside, multi(TWICE, sequential=True)),
    "loop": lambda pen, inside: pen.boxed(inside, AGAIN),
    "call": Pen.calling,
    "turns of a call": lambda pen, inside: pen.calling(inside, multi(TWICE)),
}
LEAVES: dict[str, Callable[[Pen], Block]] = {
    "user task": Pen.task,
    "turns of a task": lambda pen: pen.task(multi(TWICE)),
    "looped task": lambda pen: pen.task(AGAIN),
    "job": Pen.work,
    "script": Pen.reckoning,
    "message": lambda pen: pen.waiting(message()),
    "receive task": Pen.receiving,
    "signal": lambda pen: pen.waiting(signal()),
    "timer": lambda pen: pen.waiting(timed("timeDuration", "PT1H")),
    "task with a timer": Pen.late,
    "event gateway": Pen.events,
    "parallel gateway": lambda pen: pen.forked(parallel),
    "inclusive gateway": lambda pen: pen.forked(inclusive, " [=true]"),
    "error": Pen.failing,
    "escalation": Pen.raising,
}


@pytest.fixture
def place(database):
    return make_place(database)


@pytest.mark.parametrize("outer", CONTAINERS)
def test_whatever_lies_inside_a_container_runs_to_its_end(place, outer):
    turn = list(CONTAINERS).index(outer) + place.executor.database.is_sqlite
    inner = dict(list(LEAVES.items())[turn % 2 :: 2])
    inner |= {name: lambda pen, around=around: around(pen, pen.task()) for name, around in CONTAINERS.items()}
    diagrams: list[bytes] = []
    chosen = [(f"p{number}", name, draw) for number, (name, draw) in enumerate(inner.items())]
    for process_id, _, draw in chosen:
        pen = Pen(process_id)
        elements, flows, first, last = CONTAINERS[outer](pen, draw(pen))
        flow = "; ".join([*flows, f"s {first}", f"{last} e"])
        diagrams += [diagram(start(), *elements, end(), flow=flow, roots=ROOTS, process_id=process_id), *pen.called]
    place.publish(*diagrams)
    for process_id, name, _ in chosen:
        instance = place.start(process_id, variables={"avain": process_id})
        run_to_its_end(place, instance, process_id, name)
        ensure_told_rightly(place, instance, name)
    ensure_nothing_stuck(place.executor.database)
    ensure_states_load(place.executor.database)


def run_to_its_end(place: Place, instance: int, key: str, name: str) -> None:
    """Do one of the things that the instance waits for after the other."""
    for _ in range(40):
        waits = open_rows(place, instance)
        if "message" in waits:
            told = place.run(
                publish_message, name=waits["message"][0].named, correlation_key=key, actor=place.people["owner"]
            )
            for delivery in told.delivery_keys:
                place.run(deliver, delivery_key=delivery)
        elif "signal" in waits:
            for delivery in place.run(broadcast_signal, name="merkki", actor=place.people["owner"]):
                place.run(deliver, delivery_key=delivery)
        elif "timer" in waits:
            place.later(days=1)
            assert place.run(fire_timer, timer_key=waits["timer"][0].key)
        elif "job" in waits:
            keys = [waits["job"][0].key]
            [claimed] = place.run(claim_jobs, keys=keys, owner="test", lease=timedelta(minutes=1))
            place.run(finish_job, job_key=claimed.key, fence=claimed.fence, variables={"tulos": 1})
        elif "task" in waits:
            place.complete(waits["task"][0].key, vastaus=1)
        else:
            assert place.status(instance) == "completed", f"{name}: nothing can continue the instance"
            return
    raise AssertionError(f"{name}: the instance does not come to its end")


WAITS = {
    "task": (user_task, user_task.c.element_id, "open"),
    "job": (job, job.c.element_id, "ready"),
    "timer": (timer, timer.c.element_id, "open"),
    "message": (message_subscription, message_subscription.c.message_name, "open"),
    "signal": (signal_subscription, signal_subscription.c.signal_name, "open"),
    "call": (called_process, called_process.c.element_id, "active"),
}


def open_rows(place: Place, instance: int) -> dict[str, list[Any]]:
    """Return the rows that are open for the instance, by what they are."""
    parts = [
        select(literal(what).label("what"), table.c.key, named.label("named")).where(
            table.c.instance_key == instance, table.c.status == status
        )
        for what, (table, named, status) in WAITS.items()
    ]
    found: dict[str, list[Any]] = {}
    with place.executor.database.engine.connect() as connection:
        for row in connection.execute(union_all(*parts).order_by("key")):
            found.setdefault(row.what, []).append(row)
    return found


def ensure_told_rightly(place: Place, instance: int, name: str) -> None:
    """Everything that began has ended once, and what was called ended with it."""
    told: dict[str, Counter[int]] = {}
    for line in place.executor.read(lambda uow: uow.monitor.history(instance)):
        told.setdefault(line["event"], Counter())[line["element_instance_key"]] += 1
    ended = told["completed"] + told.get("terminated", Counter())
    assert ended == told["activated"], name
    assert set(ended.values()) == {1}, name
    assert open_rows(place, instance) == {}, name
