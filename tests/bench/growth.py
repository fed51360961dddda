"""Does a loop cost the same at its thousandth turn as at its first, in time and in bytes?"""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.engine.loop import CALL_LOOP, CALL_TURNS, CALLED, LOOP, SEQUENTIAL, Growth, grow
from tests.bench.engine.plain import (
    PLAIN_TURNS,
    Plain,
    plain_branches,
    plain_choice,
    plain_items,
    plain_loop,
    plain_peak,
)
from tests.bench.engine.step import OURS, our_step
from tests.bench.engine.width import (
    BRANCHES,
    ITEM_CALLS,
    ITEM_TASKS,
    NARROW,
    measure_branches,
    measure_items,
    peak_with_branches,
)
from tests.bench.measuring import Line


def loop() -> Iterator[Line]:
    """Run 10,000 turns of a loop through a task, a timer and a gateway, 10,000 items, 2,000 turns around a call."""
    yield from _lines("loop", grow(LOOP, {}))
    plain = plain_loop()
    times = " / ".join(f"{each.milliseconds:.1f}" for each in plain)
    sizes = " / ".join(str(each.size) for each in plain)
    ratio = plain[-1].milliseconds / plain[0].milliseconds
    note = f"{times} ms at turn {' / '.join(map(str, PLAIN_TURNS))}; {sizes} characters of state"
    yield Line(f"turn {PLAIN_TURNS[-1]} of a loop against turn 2, plain SpiffWorkflow", f"{ratio:.0f}x", note=note)
    yield from _lines("multi-instance", grow(SEQUENTIAL, {"lista": list(range(10_000))}))
    called = grow(CALL_LOOP, {"loppu": False}, called=[CALLED], turns=CALL_TURNS)
    yield from _lines("loop around a call", called)


def _lines(name: str, growth: Growth) -> Iterator[Line]:
    ratio, size = growth.time_ratio(1), growth.sizes[1] / growth.sizes[0]
    times = " / ".join(f"{cost:.2f}" for cost in growth.milliseconds)
    turns = " / ".join(f"{turn:,}" for turn in growth.turns)
    note = f"{times} ms at turn {turns}"
    yield Line(
        f"turn 1,000 of a {name} against turn 2; {growth.turns[-1]:,} run",
        f"{ratio:.2f}x",
        "<= 1.2x",
        ratio <= 1.2,
        note,
    )
    note = " / ".join(str(each) for each in growth.sizes) + " bytes"
    yield Line(f"stored state of the {name}, the same turns", f"{size:.2f}x", "<= 1.1x", size <= 1.1, note)


def width() -> Iterator[Line]:
    """Complete one of many open tasks: of branches, of items, of called processes; beside plain SpiffWorkflow."""
    cost, size = our_step(OURS)
    plain = plain_choice()
    yield Line("the engine's step, stored to stored", f"{cost:.2f} ms", note=f"{size} bytes of state")
    yield _plain(plain, cost)
    for name, found, plainly in (
        ("open branches", measure_branches(), plain_branches),
        ("items of a parallel multi-instance", measure_items(ITEM_TASKS), plain_items),
        ("items of a multi-instance of calls", measure_items(ITEM_CALLS), None),
    ):
        narrow, wide = found.milliseconds
        small, large = found.sizes
        note = f"{narrow:.2f} ms with {NARROW}; {small} and {large} bytes of state"
        yield Line(f"a step with {found.branches} {name}", f"{wide:.2f} ms", note=note)
        if plainly is not None:
            yield _plain(plainly(), wide)
    ours, theirs = peak_with_branches(), plain_peak()
    note = f"{theirs / 1024:.0f} kB with plain SpiffWorkflow"
    yield Line(f"memory that a step with {BRANCHES} open branches takes", f"{ours / 1024:.0f} kB", note=note)


def _plain(found: Plain, ours: float) -> Line:
    note = f"{found.milliseconds / ours:.1f} times ours; {found.size} characters of state"
    return Line("the same, plain SpiffWorkflow with its serializer", f"{found.milliseconds:.2f} ms", note=note)
