"""The chart of the whole: every published pathway, and how its diagram leads to the others."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.chart import Passage, Spot, passages, spots
from app.domain.localized import LocalizedText
from app.domain.steps import START_ROLES
from app.published import process_of
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayLine:
    """A pathway in its newest version, with its ways in from others and out to others."""

    process_id: str
    name: LocalizedText
    documentation: LocalizedText
    #: whether a person starts it, or a moment in time
    by_hand: bool
    by_time: bool
    ways_in: tuple[Passage, ...]
    ways_out: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayChart:
    """The drawing and the same as a list, in the order of the drawing."""

    lines: tuple[PathwayLine, ...]
    spots: tuple[Spot, ...]
    passages: tuple[Passage, ...]


def pathway_chart(uow: UnitOfWork) -> PathwayChart:
    """Return the chart as the newest versions draw it; nothing of it is written by hand."""
    outlines = {
        line.process_id: process_of(uow, line.key).outline for line in uow.monitor.definitions(latest_only=True)
    }
    ways = passages({process_id: outline.links for process_id, outline in outlines.items()})
    places = spots(list(outlines), ways)
    lines = []
    for spot in places:
        outline = outlines[spot.process_id]
        by_roles = START_ROLES in outline.properties
        lines.append(
            PathwayLine(
                process_id=spot.process_id,
                name=outline.name,
                documentation=outline.documentation,
                by_hand=any(
                    bool(event.properties.get(START_ROLES)) or (event.kind == "none" and by_roles)
                    for event in outline.start_events
                ),
                by_time=any(event.kind == "timer" for event in outline.start_events),
                ways_in=tuple(way for way in ways if way.target == spot.process_id),
                ways_out=tuple(way for way in ways if way.source == spot.process_id),
            )
        )
    return PathwayChart(lines=tuple(lines), spots=places, passages=ways)
