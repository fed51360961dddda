"""Figures and the table they are printed in."""

from __future__ import annotations

import os
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Line:
    """One line of the table: what was measured, the figure, the goal, and whether it is reached."""

    what: str
    figure: str
    goal: str = ""
    reached: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """The word for the table."""
        return {True: "yes", False: "NO", None: ""}[self.reached]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed, e.g. 0.95."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(act: Callable[[], object]) -> float:
    """Return how long the act took."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def processor_seconds(*pids: int) -> float:
    """Return the processor time that the processes have used so far, user and system together."""
    used = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        used += int(fields[11]) + int(fields[12])
    return used / TICKS_PER_SECOND


def resident_megabytes(pid: int) -> float:
    """Return the resident memory of the process, shared pages included."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def own_megabytes(pid: int) -> float:
    """Return the memory of the process with its share of the pages that it has in common with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def children_of(pid: int) -> list[int]:
    """Return the processes that this one has started and that live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def contention(rounds: int = 9) -> float:
    """
    Return how many times longer a busy loop takes by the clock than by the processor: 1.0 on an idle machine.

    Times of day measured beside other work are longer by about this factor; ratios within one run are not.
    """
    factors = []
    for _ in range(rounds):
        clock, processor = time.perf_counter(), time.process_time()
        while time.process_time() - processor < 0.02:
            pass
        factors.append((time.perf_counter() - clock) / (time.process_time() - processor))
    return median(factors)


def table(lines: Sequence[Line]) -> str:
    """Return the lines as a Markdown table whose columns also stand straight in a terminal."""
    rows = [("what", "measured", "goal", "reached", "note")]
    rows += [(line.what, line.figure, line.goal, line.verdict, line.note) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    written = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=False)) + f" | {row[4]} |"
        for row in rows
    ]
    written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|---|")
    return "\n".join(written)


def peak_of(step: Callable[[], object]) -> int:
    """Return the most bytes that Python holds at once for a step, after a first one that fills every cache."""
    step()
    tracemalloc.start()
    step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most
