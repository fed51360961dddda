"""
Loop growth: cost and state of turn 1,000 and 10,000 against turn 1.

Run: `python -m tests.bench.engine.loop`. The instance goes through stored bytes at every step; a step is a pure
function of them, so the states of the three turns are measured alternately and other load falls on all alike.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.engine import run
from app.engine.diagrams import CompiledProcess, compile_process, content_hash
from app.engine.seam import Step, Surroundings, UserTaskCompleted, UserTaskOpened
from tests.unit.engine.drawing import boundary, diagram, end, multi, start, timer, user, xor

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
SEQUENTIAL = diagram(start(), user("u", multi("=lista", sequential=True)), end(), flow="s u; u e")


@dataclass(frozen=True)
class Growth:
    """Median milliseconds and bytes of state at the turns of TURNS."""

    milliseconds: list[float]
    sizes: list[int]

    def text(self, name: str) -> str:
        """Return the figures as one line."""
        times = ", ".join(
            f"turn {turn:,} {cost:.3f} ms {size} bytes"
            for turn, cost, size in zip(TURNS, self.milliseconds, self.sizes, strict=True)
        )
        return f"{name}: {times}; time ratio {self.time_ratio(1):.2f}, {self.time_ratio(2):.2f}"

    def time_ratio(self, number: int) -> float:
        """Return the cost of the turn with this number in TURNS against the first."""
        return self.milliseconds[number] / self.milliseconds[0]


def grow(xml: bytes, variables: Mapping[str, object]) -> Growth:
    """Walk the loop to its end and measure the kept turns."""
    process = compile_process(xml, "p", content_hash(xml))
    keys = itertools.count(2**60)
    surroundings = Surroundings(now=NOW, new_key=lambda: next(keys))
    step = run.start(process, variables=variables, surroundings=surroundings, instance_key=2**61)
    kept = []
    for turn in range(1, TURNS[-1] + 1):
        if turn in TURNS:
            kept.append(step)
        step = complete(process, step, surroundings)
    times: list[list[float]] = [[] for _ in kept]
    for _ in range(ROUNDS):
        for number, each in enumerate(kept):
            begun = time.perf_counter()
            complete(process, each, surroundings)
            times[number].append((time.perf_counter() - begun) * 1000)
    return Growth([statistics.median(each) for each in times], [len(each.state) for each in kept])


def complete(process: CompiledProcess, step: Step, surroundings: Surroundings) -> Step:
    """Return the step after completing the open task."""
    task = next(each for each in step.opened if isinstance(each, UserTaskOpened))
    trigger = UserTaskCompleted(key=task.key, variables={"vastaus": 7, "loppu": False})
    return run.advance(process, step.state, trigger, surroundings=surroundings)


def main() -> None:
    """Print the table."""
    print(grow(LOOP, {}).text("loop through a gateway"))
    print(grow(SEQUENTIAL, {"lista": list(range(10_000))}).text("sequential multi-instance over 10,000 items"))


if __name__ == "__main__":
    main()
