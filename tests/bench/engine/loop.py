"""
Loop growth: cost and state of turn 1,000 and 10,000 against turn 1.

Run: `python -m tests.bench.engine.loop`. The instance goes through stored bytes at every step; a step is a pure
function of them, so the states of the three turns are measured alternately and other load falls on all alike.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.engine import run
from app.engine.diagrams import CompiledProcess, compile_process, content_hash
from app.engine.seam import Step, Surroundings, UserTaskCompleted, UserTaskOpened
from tests.unit.engine.drawing import boundary, call, diagram, end, multi, start, sub, timer, user, xor
from tests.unit.engine.walk import Shelf

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TURNS = (2, 1_000, 9_990)
ROUNDS = 200
LOOP = diagram(
    start(),
    user("u"),
    boundary("late", "u", timer("timeDuration", "P7D"), interrupting=False),
    xor("g", default="g__u"),
    end(),
    end("e2"),
    flow="s u; u g; g e [=loppu = true]; g u; late e2",
)
#: a loop around a call of a process with a task, two containers deep
CALL_LOOP = diagram(
    start(),
    sub("p1", start("s1"), call("c", "q"), xor("g", default="g__c"), end("e1"), flow="s1 c; c g; g e1 [=loppu]; g c"),
    end(),
    flow="s p1; p1 e",
)
CALLED = diagram(
    start("qs"),
    user("u"),
    boundary("late", "u", timer("timeDuration", "P7D"), interrupting=False),
    end("qe"),
    end("qe2"),
    flow="qs u; u qe; late qe2",
    process_id="q",
)
CALL_TURNS = (2, 1_000, 1_990)
SEQUENTIAL = diagram(start(), user("u", multi("=lista", sequential=True)), end(), flow="s u; u e")


@dataclass(frozen=True)
class Growth:
    """Median milliseconds and bytes of state at some turns."""

    milliseconds: list[float]
    sizes: list[int]
    turns: tuple[int, ...] = TURNS

    def text(self, name: str) -> str:
        """Return the figures as one line."""
        times = ", ".join(
            f"turn {turn:,} {cost:.3f} ms {size} bytes"
            for turn, cost, size in zip(self.turns, self.milliseconds, self.sizes, strict=True)
        )
        return f"{name}: {times}; time ratio {self.time_ratio(1):.2f}, {self.time_ratio(2):.2f}"

    def time_ratio(self, number: int) -> float:
        """Return the cost of the turn with this number in `turns` against the first."""
        return self.milliseconds[number] / self.milliseconds[0]


def grow(
    xml: bytes, variables: Mapping[str, object], *, called: Sequence[bytes] = (), turns: tuple[int, ...] = TURNS
) -> Growth:
    """Walk the loop to its end and measure the kept turns; `called` are the processes that it calls."""
    process = compile_process(xml, "p", content_hash(xml))
    keys = itertools.count(2**60)
    surroundings = Surroundings(now=NOW, new_key=lambda: next(keys), processes=Shelf().put(*called))
    step = run.start(process, variables=variables, surroundings=surroundings, instance_key=2**61)
    kept = []
    for turn in range(1, turns[-1] + 1):
        if turn in turns:
            kept.append(step)
        step = complete(process, step, surroundings)
    times: list[list[float]] = [[] for _ in kept]
    for _ in range(ROUNDS):
        for number, each in enumerate(kept):
            begun = time.perf_counter()
            complete(process, each, surroundings)
            times[number].append((time.perf_counter() - begun) * 1000)
    return Growth([statistics.median(each) for each in times], [len(each.state) for each in kept], turns)


def complete(process: CompiledProcess, step: Step, surroundings: Surroundings) -> Step:
    """Return the step after completing the open task."""
    task = next(each for each in step.opened if isinstance(each, UserTaskOpened))
    trigger = UserTaskCompleted(key=task.key, variables={"vastaus": 7, "loppu": False})
    return run.advance(process, step.state, trigger, surroundings=surroundings)


def main() -> None:
    """Print the table."""
    print(grow(LOOP, {}).text("loop through a gateway"))
    print(grow(CALL_LOOP, {"loppu": False}, called=[CALLED], turns=CALL_TURNS).text("loop around a call"))
    print(grow(SEQUENTIAL, {"lista": list(range(10_000))}).text("sequential multi-instance over 10,000 items"))


if __name__ == "__main__":
    main()
