"""`python -m tests.bench`: measure what the product promises about its speed, and print it as a table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import completion, growth, waiting, weight, worklists
from tests.bench.installation import Installation, Servers
from tests.bench.measuring import Line, contention, table


def _completion(servers: Servers, _full: bool) -> Iterator[Line]:
    with Installation(servers, "completion") as place:
        place.start("web")
        yield from completion.over_http(place)
        yield from completion.statements(place)
        yield from completion.against_bare_engine(place)


def _loop(_servers: Servers, _full: bool) -> Iterator[Line]:
    yield from growth.loop()


def _width(_servers: Servers, _full: bool) -> Iterator[Line]:
    yield from growth.width()


def _worklist(servers: Servers, full: bool) -> Iterator[Line]:
    with Installation(servers, "worklist_small") as small, Installation(servers, "worklist_large") as large:
        yield from worklists.lists(small, large, worklists.LARGE if full else worklists.SMALLER)


def _timers(servers: Servers, _full: bool) -> Iterator[Line]:
    with Installation(servers, "timers") as place:
        yield from waiting.timers(place)


def _signal(servers: Servers, _full: bool) -> Iterator[Line]:
    with Installation(servers, "signal") as place:
        yield from waiting.signal(place)


def _jobs(servers: Servers, _full: bool) -> Iterator[Line]:
    with Installation(servers, "latency") as place:
        yield from waiting.latency(place)
    with Installation(servers, "throughput") as place:
        yield from waiting.throughput(place)


def _weight(servers: Servers, _full: bool) -> Iterator[Line]:
    with Installation(servers, "weight") as place:
        yield from weight.web_process(place)


ROWS: dict[str, Callable[[Servers, bool], Iterator[Line]]] = {
    "completion": _completion,
    "loop": _loop,
    "width": _width,
    "worklist": _worklist,
    "timers": _timers,
    "signal": _signal,
    "jobs": _jobs,
    "weight": _weight,
}


REPORT = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"


def _report(lines: list[Line]) -> str:
    """Return the table as a page of the documentation."""
    return (
        "# Benchmarks\n\n"
        f"Made by `make bench ARGS=--write` with Python {platform.python_version()} on {os.cpu_count()} processors; "
        "medians. What each row measures: `tests/bench/README.md`. Contention says how many times longer a busy loop "
        "took by the clock than by the processor meanwhile: 1.0 is an idle machine.\n\n"
        f"{table(lines)}\n"
    )


def main() -> int:
    """Measure the rows asked for, all of them without a name."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all without one")
    parser.add_argument("--full", action="store_true", help="a million open tasks in the worklist")
    parser.add_argument("--write", action="store_true", help="also write docs/reference/benchmarks.md")
    arguments = parser.parse_args()
    lines: list[Line] = []
    begun = time.monotonic()
    with Servers() as servers:
        for name in arguments.rows or ROWS:
            print(f"-- {name} (contention {contention():.1f})", file=sys.stderr, flush=True)
            for line in ROWS[name](servers, arguments.full):
                print(f"   {line.what}: {line.figure} {line.verdict} {line.note}", file=sys.stderr, flush=True)
                lines.append(line)
    print(f"-- {time.monotonic() - begun:.0f} s", file=sys.stderr)
    print(table(lines))
    if arguments.write:
        REPORT.write_text(_report(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
