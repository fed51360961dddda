"""Does a loop cost the same at its thousandth turn as at its first, in time and in bytes?"""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.engine.loop import LOOP, SEQUENTIAL, Growth, grow
from tests.bench.measuring import Line


def loop() -> Iterator[Line]:
    """Run 10,000 turns of a loop through a task, a timer and a gateway, and 10,000 items of a multi-instance."""
    yield from _lines("loop", grow(LOOP, {}))
    yield from _lines("multi-instance", grow(SEQUENTIAL, {"lista": list(range(10_000))}))


def _lines(name: str, growth: Growth) -> Iterator[Line]:
    ratio, size = growth.time_ratio(1), growth.sizes[1] / growth.sizes[0]
    times = " / ".join(f"{cost:.2f}" for cost in growth.milliseconds)
    note = f"{times} ms at turn 2 / 1,000 / 9,990"
    yield Line(f"turn 1,000 of a {name} against turn 2; 10,000 run", f"{ratio:.2f}x", "<= 1.2x", ratio <= 1.2, note)
    note = " / ".join(str(each) for each in growth.sizes) + " bytes"
    yield Line(f"stored state of the {name}, the same turns", f"{size:.2f}x", "<= 1.1x", size <= 1.1, note)
