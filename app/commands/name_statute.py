"""Open a client's case for reading on a statute that the reader names (R-05)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.commands._sought_case import find_sought
from app.domain.access import Ground
from app.domain.actor import Actor, may_name_statute
from app.domain.durations import parse_duration
from app.domain.errors import InvalidInput, NotAllowed, Problem
from app.domain.keys import new_key
from app.domain.statutes import (
    LASTS,
    LONGEST_REASON,
    SHORTEST_REASON,
    NamedStatute,
    openable_groups,
)
from app.storage.reference import GROUNDS, LIMITS
from app.storage.unit_of_work import UnitOfWork

#: where the county has set nothing
_USUAL = "PT8H"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedReading:
    """What somebody wrote: whose case (identity code of the client, or number of the case), which ground, why."""

    sought: str = field(repr=False)
    ground: str
    reason: str = field(repr=False)


def name_statute(uow: UnitOfWork, *, wanted: WantedReading, actor: Actor, now: datetime) -> int:
    """
    Let the actor read what the named ground opens of the case for a time, and return the case's key.

    It is the case of the number, or the client's open case, the newest where there are several or none is open; in the
    actor's area. The naming stands in the client's log at once with the law and the data groups. Naming the same ground
    again while it lasts changes nothing.

    :raises NotAllowed: no statute could open anything to the actor
    :raises InvalidInput: something is missing, the reason too short, no such case is known in the actor's area, or
        the client has had the use of all that the ground opens restricted (R-21)
    """
    if not may_name_statute(actor) or actor.user_key is None:
        raise NotAllowed("statute")
    ground = uow.reference.values(GROUNDS).get(wanted.ground)
    groups = (
        openable_groups(roles=actor.roles, organisation_type=actor.organisation_type, ground=ground)
        if ground
        else frozenset()
    )
    problems = []
    if not wanted.sought.strip():
        problems.append(Problem("required", place="sought"))
    if ground is None or not groups:
        problems.append(Problem("required", place="ground"))
    if not SHORTEST_REASON <= len(wanted.reason.strip()) <= LONGEST_REASON:
        values = {"shortest": SHORTEST_REASON, "longest": LONGEST_REASON}
        problems.append(Problem("emergency_reason", place="reason", values=values))
    if problems or ground is None:
        raise InvalidInput(problems)
    found = find_sought(uow, wanted.sought.strip())
    if found is None or (actor.areas is not None and found.area_id not in actor.areas):
        raise InvalidInput([Problem("statute_unknown", place="sought")])
    # of two presses at once the second finds what the first has opened
    case = uow.care.cases.lock(found.key)
    if groups <= uow.data_rights.restricted(case.key):
        raise InvalidInput([Problem("statute_opens_nothing", place="ground")])
    statute = NamedStatute(number=ground["number"], groups=groups)
    live = uow.statutes.live(case.key, user_key=actor.user_key, organisation_id=actor.organisation_id, now=now)
    if any(naming.ground_id == wanted.ground for naming in live):
        return case.key
    lasts = uow.reference.values(LIMITS, area_id=case.area_id, ids=[LASTS]).get(LASTS) or _USUAL
    key = new_key()
    uow.statutes.add(
        key=key,
        case_key=case.key,
        user_key=actor.user_key,
        organisation_id=actor.organisation_id,
        unit_id=actor.unit_id,
        ground_id=wanted.ground,
        statute=statute,
        reason=wanted.reason.strip(),
        now=now,
        until=now + parse_duration(lasts),
    )
    uow.access_log.add(
        actor=actor,
        action="statute",
        client_key=case.client_key,
        case_key=case.key,
        data_groups=sorted(groups),
        purpose=f"statute:{statute.number}",
        ground=Ground.STATUTE,
        now=now,
    )
    uow.audit.add(
        actor=actor,
        action="statute_named",
        subject="statute_access",
        subject_key=key,
        case_key=case.key,
        reason=wanted.ground,
        now=now,
    )
    return case.key
