"""
Width: what a step costs where hundreds of branches are open in one instance, against two of them.

Run: `python -m tests.bench.engine.width`. One task of the kept state is completed again and again; narrow and wide are
measured in turns, so that other load falls on both alike.
"""

from __future__ import annotations

import itertools
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from app.engine import run
from app.engine.diagrams import CompiledProcess, compile_process, content_hash
from app.engine.seam import Step, Surroundings
from tests.bench.engine.loop import complete
from tests.bench.measuring import peak_of
from tests.unit.engine.drawing import call, diagram, end, multi, parallel, start, user
from tests.unit.engine.walk import Shelf

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NARROW = 2
BRANCHES = 200
ITEMS = 300
ROUNDS = 60
ITEM_TASKS = diagram(start(), user("u", multi("=lista")), end(), flow="s u; u e")
ITEM_CALLS = diagram(start(), call("c", "q", multi("=lista")), end(), flow="s c; c e")
CALLED = diagram(start("qs"), user("u"), end("qe"), flow="qs u; u qe", process_id="q")


@dataclass(frozen=True)
class Width:
    """Median milliseconds and bytes of state, narrow and wide, with the number of branches of the wide one."""

    branches: int
    milliseconds: tuple[float, float]
    sizes: tuple[int, int]


def branches(number: int) -> bytes:
    """Return a process that opens so many tasks at once and waits for all of them."""
    tasks = [f"u{index}" for index in range(number)]
    flows = "; ".join(f"split {task}; {task} join" for task in tasks)
    return diagram(
        start(), parallel("split"), *map(user, tasks), parallel("join"), end(), flow=f"s split; {flows}; join e"
    )


def measure_branches() -> Width:
    """Compare a step of a process with two hundred open branches with that of one with two."""
    return _compare(BRANCHES, _begun(branches(NARROW)), _begun(branches(BRANCHES)))


def peak_with_branches() -> int:
    """Return the most bytes that Python holds at once for a step with two hundred open branches."""
    begun = _begun(branches(BRANCHES))
    return peak_of(lambda: complete(*begun))


def measure_items(xml: bytes) -> Width:
    """Compare a step of a parallel multi-instance over three hundred items with that of one over two."""
    return _compare(ITEMS, *(_begun(xml, lista=list(range(number))) for number in (NARROW, ITEMS)))


def _begun(xml: bytes, **variables: object) -> tuple[CompiledProcess, Step, Surroundings]:
    process = compile_process(xml, "p", content_hash(xml))
    keys = itertools.count(2**60)
    around = Surroundings(now=NOW, new_key=lambda: next(keys), processes=Shelf().put(CALLED))
    return process, run.start(process, variables=variables, surroundings=around, instance_key=2**61), around


def _compare(number: int, *begun: tuple[CompiledProcess, Step, Surroundings]) -> Width:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for kept, (process, step, around) in zip(times, begun, strict=True):
            before = time.perf_counter()
            complete(process, step, around)
            kept.append((time.perf_counter() - before) * 1000)
    narrow, wide = (statistics.median(each) for each in times)
    small, large = (len(step.state) for _, step, _ in begun)
    return Width(number, (narrow, wide), (small, large))


def main() -> None:
    """Print the table."""
    for name, found in (
        ("open branches", measure_branches()),
        ("items of a parallel multi-instance", measure_items(ITEM_TASKS)),
        ("items of a multi-instance of calls", measure_items(ITEM_CALLS)),
    ):
        print(f"{found.branches} {name}: {found.milliseconds} ms, {found.sizes} bytes of state")


if __name__ == "__main__":
    main()
