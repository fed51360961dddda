"""Who has opened cases in an emergency: the list for supervisors and officers, and one opening for its review."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.actor import Actor
from app.domain.emergency import Opening, may_review, may_see_openings
from app.domain.errors import NotAllowed, NotFound
from app.domain.localized import LocalizedText
from app.domain.retention import PROTECTION_ROLES
from app.storage.logs import AccessLine
from app.storage.unit_of_work import UnitOfWork

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningList:
    """Openings, those that nobody has reviewed first; `reviews` says whether the viewer opens them."""

    openings: tuple[Opening, ...]
    unit_names: dict[str, LocalizedText]
    reviews: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One opening with its reason, and what was looked at by it."""

    opening: Opening = field(repr=False)
    unit_name: LocalizedText
    looked_at: tuple[AccessLine, ...] = field(repr=False)


def openings(uow: UnitOfWork, *, actor: Actor) -> OpeningList:
    """
    Return the openings that the actor is shown, without what was written about them.

    An officer sees those by people of the own organisation and those of its registers, a supervisor those by people of
    the own unit. :raises NotAllowed: neither of them
    """
    if not may_see_openings(actor):
        raise NotAllowed("emergency_reviews")
    reviews = _reviews(actor)
    found = (
        uow.emergencies.of_organisation(actor.organisation_id, limit=MOST_SHOWN)
        if reviews
        else uow.emergencies.of_unit(actor.unit_id, limit=MOST_SHOWN)
    )
    return OpeningList(
        openings=tuple(found),
        unit_names=dict(uow.accounts.unit_names({opening.unit_id for opening in found})),
        reviews=reviews,
    )


def count_unreviewed(uow: UnitOfWork, *, actor: Actor) -> int:
    """Return how many openings that the actor is shown nobody has reviewed: the alarm beside the place."""
    if _reviews(actor):
        return uow.emergencies.count_unreviewed(organisation_id=actor.organisation_id)
    return uow.emergencies.count_unreviewed(unit_id=actor.unit_id) if may_see_openings(actor) else 0


def opening_for_review(uow: UnitOfWork, *, key: int, actor: Actor, now: datetime) -> Review:
    """
    Return the opening with its reason and the lines of the access log that came of it, and log that it was read.

    :raises NotFound: no such opening, or not this officer's
    """
    opening = uow.emergencies.get(key)
    if not may_review(actor, opening):
        raise NotFound("emergency", key)
    lines = uow.access_log.of_person_in_case(
        user_key=opening.user_key, case_key=opening.case_key, since=opening.opened_at, until=opening.ended
    )
    uow.access_log.add(
        actor=actor,
        action="read",
        client_key=opening.client_key,
        case_key=opening.case_key,
        data_groups=[],
        purpose=f"emergency_review:{key}",
        ground="",
        now=now,
    )
    units = uow.accounts.unit_names({opening.unit_id})
    return Review(opening=opening, unit_name=units.get(opening.unit_id, {}), looked_at=tuple(lines))


def _reviews(actor: Actor) -> bool:
    return not actor.roles.isdisjoint(PROTECTION_ROLES)
