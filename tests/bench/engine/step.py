"""
What a step costs: decode, complete a user task, exclusive gateway, next user task, encode.

Run: `python -m tests.bench.engine.step`. Compared with SpiffWorkflow's own step on the same shape, held in memory.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from app.engine import run
from app.engine.diagrams import compile_process, content_hash
from app.engine.seam import Surroundings, UserTaskCompleted
from tests.unit.engine.drawing import diagram, end, start, user, xor

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ROUNDS = 300
FIELDS = {f"kentta_{number}": f"vastaus {number}" for number in range(10)}

OURS = diagram(
    start(),
    user("u"),
    xor("g", default="g__b"),
    user("a"),
    user("b"),
    end(),
    flow='s u; u g; g a [=tulos = "tarjottu"]; g b; a e; b e',
)
PLAIN = diagram(start(), user("u"), xor("g"), user("a"), end(), flow="s u; u g; g a; a e")
BARE = OURS.replace(b'=tulos = "tarjottu"', b'tulos == "tarjottu"')


def median(prepare: Callable[[], object], act: Callable[[object], object], rounds: int = ROUNDS) -> float:
    """Return the median milliseconds of `act`."""
    times = []
    for _ in range(rounds):
        given = prepare()
        begun = time.perf_counter()
        act(given)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def our_step(xml: bytes) -> tuple[float, int]:
    """Return milliseconds and bytes of state of one step of ours, from stored bytes to stored bytes."""
    process = compile_process(xml, "p", content_hash(xml))
    keys = itertools.count(10)
    surroundings = Surroundings(now=NOW, new_key=lambda: next(keys))
    begun = run.start(process, variables={"asia_id": "123"}, surroundings=surroundings, instance_key=1)
    trigger = UserTaskCompleted(key=begun.opened[0].key, variables={"tulos": "tarjottu", **FIELDS})
    cost = median(lambda: None, lambda _: run.advance(process, begun.state, trigger, surroundings=surroundings))
    return cost, len(run.advance(process, begun.state, trigger, surroundings=surroundings).state)


def bare_step(rounds: int = ROUNDS) -> float:
    """Return milliseconds of the same step of SpiffWorkflow with its own specs, in memory, nothing saved."""
    parser = BpmnParser()
    parser.add_bpmn_str(BARE)
    spec = parser.get_spec("p")

    def prepare() -> BpmnWorkflow:
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        return workflow

    def act(workflow: object) -> None:
        assert isinstance(workflow, BpmnWorkflow)
        task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
        task.set_data(tulos="tarjottu", **FIELDS)
        task.run()
        workflow.do_engine_steps()

    return median(prepare, act, rounds)


def main() -> None:
    """Print the table."""
    with_feel, size = our_step(OURS)
    without_feel, _ = our_step(PLAIN)
    bare = bare_step()
    print(f"our step, decode to encode, one condition in FEEL   {with_feel:6.3f} ms  ({size} bytes of state)")
    print(f"our step, decode to encode, no FEEL                 {without_feel:6.3f} ms")
    print(f"bare SpiffWorkflow step in memory                   {bare:6.3f} ms  (ratio {without_feel / bare:.2f})")


if __name__ == "__main__":
    main()
