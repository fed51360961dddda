"""Open a case in an emergency, end that, review it (R-20, break-glass)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.commands._sought_case import find_sought
from app.commands.start_instance import start_instance
from app.domain.access import Ground
from app.domain.actor import SYSTEM, Actor
from app.domain.durations import parse_duration
from app.domain.emergency import (
    LASTS,
    LONGEST_REASON,
    SHORTEST_REASON,
    Cause,
    Verdict,
    may_break_glass,
    may_review,
)
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from app.domain.keys import new_key
from app.storage.reference import LIMITS
from app.storage.unit_of_work import UnitOfWork

#: where the county has set nothing
_USUAL = "PT2H"
#: the pathway that tells those who review openings, and the variable that names the opening
ALARM, OPENING = "tyky_hatakaytto", "avaus_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What somebody wrote: whose case (identity code of the client, or number of the case), what kind, why."""

    sought: str = field(repr=False)
    cause: str
    reason: str = field(repr=False)


def open_emergency(uow: UnitOfWork, *, emergency: Emergency, actor: Actor, now: datetime) -> int:
    """
    Let the actor read the client's case for the time that the county sets, and return the case's key.

    It is the case of the number, or the client's open case, the newest where there are several or none is open. Who
    has it open already has it open until the earlier end. The opening stands in the client's log at once, and those who
    review it are told by mail.

    :raises NotAllowed: the actor is no professional of social or health care
    :raises InvalidInput: something is missing, the reason too short, or no such client or case is known
    """
    if not may_break_glass(actor) or actor.user_key is None:
        raise NotAllowed("emergency")
    cause = _checked(emergency)
    found = find_sought(uow, emergency.sought.strip())
    if found is None:
        raise InvalidInput([Problem("emergency_unknown", place="sought")])
    # of two presses at once the second finds what the first has opened
    case = uow.care.cases.lock(found.key)
    live = uow.emergencies.live(case.key, user_key=actor.user_key, now=now)
    if live is not None:
        return case.key
    lasts = uow.reference.values(LIMITS, area_id=case.area_id, ids=[LASTS]).get(LASTS) or _USUAL
    key, until = new_key(), now + parse_duration(lasts)
    uow.emergencies.add(
        key=key,
        case_key=case.key,
        user_key=actor.user_key,
        organisation_id=actor.organisation_id,
        unit_id=actor.unit_id,
        cause=cause,
        reason=emergency.reason.strip(),
        now=now,
        until=until,
    )
    uow.access_log.add(
        actor=actor,
        action="emergency",
        client_key=case.client_key,
        case_key=case.key,
        data_groups=[],
        purpose=f"emergency:{key}",
        ground=Ground.EMERGENCY,
        now=now,
    )
    _note(uow, "emergency_opened", key, case.key, actor, now, reason=cause)
    # without the pathway the alarm stands on the officers' pages only: an emergency waits for no diagram
    if uow.definitions.find_latest(ALARM) is not None:
        # the instance is bound to no case, so that nothing of the client can come into the mail
        start_instance(uow, actor=SYSTEM, process_id=ALARM, variables={OPENING: str(key)}, area_id="", now=now)
    return case.key


def _checked(emergency: Emergency) -> Cause:
    problems = []
    if not emergency.sought.strip():
        problems.append(Problem("required", place="sought"))
    if emergency.cause not in set(Cause):
        problems.append(Problem("required", place="cause"))
    if not SHORTEST_REASON <= len(emergency.reason.strip()) <= LONGEST_REASON:
        values = {"shortest": SHORTEST_REASON, "longest": LONGEST_REASON}
        problems.append(Problem("emergency_reason", place="reason", values=values))
    if problems:
        raise InvalidInput(problems)
    return Cause(emergency.cause)


def end_emergency(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> None:
    """End the actor's own opening of the case before its time. :raises Conflict: they have none"""
    live = None if actor.user_key is None else uow.emergencies.live(case_key, user_key=actor.user_key, now=now)
    if live is None:
        raise Conflict("nothing is open")
    uow.emergencies.end(live.key, now=now)
    _note(uow, "emergency_ended", live.key, case_key, actor, now)


def review_emergency(uow: UnitOfWork, *, key: int, verdict: str, note: str, actor: Actor, now: datetime) -> None:
    """
    Write what the review of an opening came to.

    :raises NotFound: no such opening, or not this officer's
    :raises InvalidInput: no verdict, or none of its words
    :raises Conflict: somebody has reviewed it already
    """
    opening = uow.emergencies.get(key)
    if not may_review(actor, opening):
        raise NotFound("emergency", key)
    problems = [] if verdict in set(Verdict) else [Problem("required", place="verdict")]
    if not note.strip() or len(note) > LONGEST_REASON:
        problems.append(Problem("required", place="note"))
    if problems:
        raise InvalidInput(problems)
    if not uow.emergencies.review(key, verdict=Verdict(verdict), note=note.strip(), by=actor.user_key, now=now):
        raise Conflict("it has been reviewed")
    _note(uow, "emergency_reviewed", key, opening.case_key, actor, now, reason=verdict)


def _note(
    uow: UnitOfWork, action: str, key: int, case_key: int, actor: Actor, now: datetime, *, reason: str = ""
) -> None:
    uow.audit.add(
        actor=actor, action=action, subject="emergency", subject_key=key, case_key=case_key, reason=reason, now=now
    )
