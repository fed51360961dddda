"""The chart of the whole: how pathways lead to one another, and where each stands on the drawing."""

from __future__ import annotations

import enum
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

#: a message that more pathways than this hear is told to all; it leads nowhere in particular and is not drawn
MOST_HEARERS = 6


class LinkKind(enum.StrEnum):
    """What a diagram says of another: it calls it, starts it beside itself, sends or hears a message or signal."""

    CALLS = "calls"
    STARTS = "starts"
    SENDS = "sends"
    HEARS = "hears"


@dataclass(frozen=True, slots=True)
class ProcessLink:
    """One link of a process; `name` is the id of a process that it calls or starts, else of a message or signal."""

    kind: LinkKind
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """From one pathway to another; `kind` is calls, starts or sends."""

    source: str
    target: str
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a pathway stands: column from the left and row from the top, both from 0."""

    process_id: str
    column: int
    row: int


def passages(links: Mapping[str, Iterable[ProcessLink]]) -> tuple[Passage, ...]:
    """Return how the processes lead to one another; what is no process of these, and what nobody hears, is left out."""
    hearers: dict[str, set[str]] = defaultdict(set)
    for process_id, own in links.items():
        for link in own:
            if link.kind is LinkKind.HEARS:
                hearers[link.name].add(process_id)
    found = set()
    for process_id, own in links.items():
        for link in own:
            if link.kind in {LinkKind.CALLS, LinkKind.STARTS} and link.name in links:
                found.add(Passage(process_id, link.name, link.kind))
            elif link.kind is LinkKind.SENDS and len(hearers[link.name]) <= MOST_HEARERS:
                found |= {Passage(process_id, to, link.kind) for to in hearers[link.name] - {process_id}}
    return tuple(sorted(found))


def spots(process_ids: Sequence[str], ways: Collection[Passage]) -> tuple[Spot, ...]:
    """
    Return a place for each process: those that none leads to stand first, each other one column after the nearest.

    Within a column they stand by those that lead to them, so that few lines cross; equal ones as they are given.
    """
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, set[str]] = defaultdict(set)
    for way in ways:
        if way.source != way.target:
            after[way.source].append(way.target)
            before[way.target].add(way.source)
    column = _columns(_first_of(process_ids, before, after), after)
    placed: list[Spot] = []
    rows: dict[str, int] = {}
    for at in range(max(column.values(), default=-1) + 1):
        here = [each for each in process_ids if column[each] == at]
        here.sort(key=lambda each: _middle([rows[source] for source in before[each] if source in rows]))
        rows |= {each: row for row, each in enumerate(here)}
        placed += [Spot(each, at, rows[each]) for each in here]
    return tuple(placed)


def _first_of(
    process_ids: Sequence[str], before: Mapping[str, Collection[str]], after: Mapping[str, Collection[str]]
) -> list[str]:
    """Return those that none leads to; where all that are left lead to one another, the first of them as well."""
    first = [each for each in process_ids if not before.get(each)]
    reached = set(_columns(first, after))
    for each in process_ids:
        if each not in reached:
            first.append(each)
            reached |= _columns([each], after).keys()
    return first


def _columns(first: Sequence[str], after: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Return how many steps each that can be reached is from the nearest of the first."""
    column = dict.fromkeys(first, 0)
    waiting = deque(first)
    while waiting:
        process_id = waiting.popleft()
        for target in sorted(set(after.get(process_id, ()))):
            if target not in column:
                column[target] = column[process_id] + 1
                waiting.append(target)
    return column


def spots_around(process_id: str, ways: Collection[Passage]) -> tuple[Spot, ...]:
    """
    Return a place for one process and those next to it: what leads to it on its left, where it leads to on its right.

    What does both stands on the left.
    """
    before = sorted({way.source for way in ways if way.target == process_id} - {process_id})
    after = sorted({way.target for way in ways if way.source == process_id} - {process_id, *before})
    at = 1 if before else 0
    middle = (max(len(before), len(after), 1) - 1) // 2
    left = [Spot(each, 0, row) for row, each in enumerate(before)]
    right = [Spot(each, at + 1, row) for row, each in enumerate(after)]
    return (*left, Spot(process_id, at, middle), *right)


def _middle(rows: Sequence[int]) -> float:
    return sum(rows) / len(rows) if rows else 0.0
