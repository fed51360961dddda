"""The places people go, as the list on the left of every page; each person sees those that their roles open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import request

from app.domain.actor import Actor, may_change_limits, may_edit_models, may_monitor, may_name_statute, may_see_measures
from app.domain.consultation import may_visit
from app.domain.data_rights import may_handle_requests
from app.domain.emergency import may_break_glass, may_see_openings
from app.domain.meeting import may_lead_meetings
from app.domain.retention import may_see_retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place: `address` is where it begins, and the beginning of the addresses of all its pages."""

    key: str
    address: str
    icon: str
    opens_to: Callable[[Actor], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceGroup:
    """Places that belong together."""

    key: str
    places: tuple[Place, ...]


def _everybody(_actor: Actor) -> bool:
    return True


PLACES = (
    PlaceGroup(
        key="work",
        places=(
            Place(key="worklist", address="/worklist", icon="inbox", opens_to=_everybody),
            Place(key="notices", address="/notices", icon="envelope", opens_to=_everybody),
            Place(key="cases", address="/cases", icon="folder", opens_to=_everybody),
            Place(key="start", address="/start", icon="plus", opens_to=_everybody),
            Place(key="services", address="/services", icon="list", opens_to=_everybody),
            Place(key="consultation", address="/consultation", icon="people", opens_to=may_visit),
            Place(key="meetings", address="/meetings", icon="people", opens_to=may_lead_meetings),
            Place(key="absences", address="/absences", icon="calendar", opens_to=_everybody),
            Place(key="statute", address="/statute", icon="document", opens_to=may_name_statute),
            Place(key="emergency", address="/emergency", icon="lock", opens_to=may_break_glass),
        ),
    ),
    PlaceGroup(
        key="studio",
        places=(
            Place(key="pathways", address="/studio", icon="pencil", opens_to=may_edit_models),
            Place(key="import", address="/studio/import", icon="document", opens_to=may_edit_models),
            Place(key="limits", address="/limits", icon="clock", opens_to=may_change_limits),
        ),
    ),
    PlaceGroup(
        key="measures",
        places=(
            Place(key="measures", address="/measures", icon="pulse", opens_to=may_see_measures),
            Place(key="questions", address="/measures/questions", icon="list", opens_to=may_see_measures),
        ),
    ),
    PlaceGroup(
        key="protection",
        places=(
            Place(key="emergency_reviews", address="/emergency/reviews", icon="lock", opens_to=may_see_openings),
            Place(key="data_requests", address="/data-requests", icon="inbox", opens_to=may_handle_requests),
            Place(key="retention", address="/retention", icon="document", opens_to=may_see_retention),
        ),
    ),
    PlaceGroup(
        key="monitor",
        places=(
            Place(key="instances", address="/monitor", icon="pulse", opens_to=may_monitor),
            Place(key="incidents", address="/monitor/incidents", icon="trouble", opens_to=may_monitor),
            Place(key="open_cases", address="/monitor/open-cases", icon="folder", opens_to=may_monitor),
            Place(key="processes", address="/monitor/processes", icon="list", opens_to=may_monitor),
            Place(key="messages", address="/monitor/messages", icon="envelope", opens_to=may_monitor),
            Place(key="outbox", address="/monitor/outbox", icon="send", opens_to=may_monitor),
        ),
    ),
)


def places_for(actor: Actor) -> list[PlaceGroup]:
    """Return the groups of places that are open to the actor."""
    groups = []
    for group in PLACES:
        places = tuple(place for place in group.places if place.opens_to(actor))
        if places:
            groups.append(PlaceGroup(key=group.key, places=places))
    return groups


def current_place() -> str:
    """Return the key of the place that this page belongs to: the longest address that begins its path."""
    path = f"{request.path}/"
    found = [place for group in PLACES for place in group.places if path.startswith(f"{place.address}/")]
    return max(found, key=lambda place: len(place.address)).key if found else ""
