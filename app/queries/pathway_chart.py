"""The chart of the whole: every published pathway, and how its diagram leads to the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.chart import Passage, Spot, passages, spots, spots_around
from app.domain.errors import NotFound
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
    #: every pathway by its name, to choose one
    names: Mapping[str, LocalizedText]


def pathway_chart(uow: UnitOfWork, *, chosen: str = "") -> PathwayChart:
    """
    Return the chart as the newest versions draw it; nothing of it is written by hand.

    `chosen` is the process of which only the passages to it and from it are shown, "" for all.

    :raises NotFound: no such pathway is published
    """
    outlines = {
        line.process_id: process_of(uow, line.key).outline for line in uow.monitor.definitions(latest_only=True)
    }
    ways = passages({process_id: outline.links for process_id, outline in outlines.items()})
    if chosen and chosen not in outlines:
        raise NotFound("process", chosen)
    places = spots_around(chosen, ways) if chosen else spots(list(outlines), ways)
    drawn = tuple(way for way in ways if not chosen or chosen in (way.source, way.target))
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
    return PathwayChart(
        lines=tuple(lines),
        spots=places,
        passages=drawn,
        names={process_id: outline.name for process_id, outline in outlines.items()},
    )
