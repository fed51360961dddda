"""The worklist among a thousand and among a million open tasks, in turns: its first page, filters, searches, counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.clients import Person, send, sign_in
from tests.bench.crowd import GROUPS, PEOPLE, fill
from tests.bench.installation import Installation
from tests.bench.measuring import Line, median, percentile

SMALL = 1_000
LARGE = 1_000_000
#: without --full
SMALLER = 100_000
ROUNDS = 10
PAGES = 6
#: how much longer anything but the first page may take than among SMALL
MOST = 3.0


@dataclass(frozen=True)
class Asked:
    """One way to ask for a list; `status` is what is answered."""

    what: str
    path: str
    who: str = "counsellor"
    status: int = 200


FIRST = Asked("the groups' first page", "/worklist?tab=groups")
OTHERS = (
    Asked("own tasks", "/worklist?tab=mine"),
    Asked("all that one may see", "/worklist?tab=all"),
    Asked("of one process", "/worklist?tab=groups&process=service"),
    Asked("due in seven working days", "/worklist?tab=groups&due=workdays-7"),
    Asked("the urgent first", "/worklist?tab=groups&sort=-priority"),
    Asked("follow-up reached", "/worklist?tab=all&follow=reached"),
    Asked("search: number of a case", "/worklist?tab=all&text=2026-00100"),
    Asked("search: a word of every task", "/worklist?tab=all&text=indikaattorit"),
    Asked("search: a word of some tasks", "/worklist?tab=all&text=seuranta"),
    Asked("search: nothing is called so", "/worklist?tab=all&text=olematon"),
    Asked("counts alone", "/worklist/news?seen=999999999", status=204),
    Asked("open in the unit", "/worklist?tab=unit", who="supervisor"),
)


def lists(small: Installation, large: Installation, tasks: int) -> Iterator[Line]:
    """Fill both installations and ask each in turn for the same."""
    places = {SMALL: small, tasks: large}
    people: dict[tuple[int, str], Person] = {}
    for number, place in places.items():
        fill(place, number)
        place.start("web")
        for who in ("counsellor", "supervisor"):
            people[number, who] = sign_in(place.port, who)
    for asked in (FIRST, *OTHERS):
        times: dict[int, list[float]] = {SMALL: [], tasks: []}
        medians: dict[int, list[float]] = {SMALL: [], tasks: []}
        for turn in range(ROUNDS + 1):
            for number, place in places.items():
                requests = [people[number, asked.who].get(asked.path)] * PAGES
                sent = send(place.port, requests, status=asked.status)
                # the first turn fills caches
                if turn:
                    times[number] += sent.times
                    medians[number].append(median(sent.times))
        ratio = median([many / few for few, many in zip(medians[SMALL], medians[tasks], strict=True)])
        slow = percentile(times[tasks], 0.95)
        note = f"p50 {median(times[SMALL]):.1f} ms among {SMALL:,}, {median(times[tasks]):.1f} ms among {tasks:,}"
        if asked is FIRST:
            name = f"worklist's first page, {tasks:,} open tasks, {PEOPLE:,} people, {GROUPS} groups each"
            yield Line(f"{name}, against {SMALL:,}", f"{ratio:.2f}x", "<= 1.5x", ratio <= 1.5, note)
            yield Line(f"{name}, p95", f"{slow:.0f} ms", "<= 50 ms", slow <= 50, f"{len(times[tasks])} pages")
        else:
            note += f", p95 {slow:.0f} ms"
            yield Line(f"worklist, {asked.what}", f"{ratio:.2f}x", f"<= {MOST:.0f}x", ratio <= MOST, note)
