"""
Loop growth: cost and state of turn 1,000 and 10,000 against turn 1 of a loop through two user tasks and a gateway.

Run: `python -m tests.bench.engine.loop`. Every turn goes through stored bytes; figures are medians of 100 turns.
"""

from __future__ import annotations

import itertools
import statistics
import time
from datetime import UTC, datetime

from app.engine import run
from app.engine.diagrams import compile_process, content_hash
from app.engine.seam import Surroundings, UserTaskCompleted, UserTaskOpened
from tests.unit.engine.drawing import boundary, diagram, end, multi, start, timer, user, xor

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TURNS = 10_000
LOOP = diagram(
    start(), user("u"), boundary("late", "u", timer("timeDuration", "P7D"), interrupting=False), user("v"),
    xor("g", default="g__u"), end(), end("e2"), flow='s u; u v; v g; g e [=loppu = true]; g u; late e2',
)
SEQUENTIAL = diagram(start(), user("u", multi("=lista", sequential=True)), end(), flow="s u; u e")


def turns(xml: bytes, variables: dict[str, object], steps_per_turn: int) -> tuple[list[float], list[int]]:
    """Return milliseconds and bytes of every turn."""
    process = compile_process(xml, "p", content_hash(xml))
    keys = itertools.count(2**60)
    surroundings = Surroundings(now=NOW, new_key=lambda: next(keys))
    step = run.start(process, variables=variables, surroundings=surroundings, instance_key=2**61)
    times, sizes = [], []
    for turn in range(TURNS):
        begun = time.perf_counter()
        for _ in range(steps_per_turn):
            task = next(each for each in step.opened if isinstance(each, UserTaskOpened))
            trigger = UserTaskCompleted(key=task.key, variables={"vastaus": turn % 100, "loppu": False})
            step = run.advance(process, step.state, trigger, surroundings=surroundings)
            if not step.opened:
                break
        times.append((time.perf_counter() - begun) * 1000)
        sizes.append(len(step.state))
    return times, sizes


def report(name: str, times: list[float], sizes: list[int]) -> None:
    """Print the medians around the first, the thousandth and the last turn."""
    first, thousandth, last = (statistics.median(times[at : at + 100]) for at in (10, 1_000, TURNS - 110))
    print(f"{name}: turn 1 {first:.3f} ms, turn 1,000 {thousandth:.3f} ms, turn 10,000 {last:.3f} ms")
    print(f"  time ratio 1,000:1 {thousandth / first:.2f}, 10,000:1 {last / first:.2f}")
    print(f"  state {sizes[1]} -> {sizes[1_000]} -> {sizes[-110]} bytes, ratio {sizes[1_000] / sizes[1]:.2f}")


def main() -> None:
    """Print the table."""
    report("loop through a gateway", *turns(LOOP, {}, 2))
    report("sequential multi-instance", *turns(SEQUENTIAL, {"lista": list(range(TURNS))}, 1))


if __name__ == "__main__":
    main()
