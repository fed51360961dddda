"""
Hold a team's meeting: open it, note who is there, take one client after the other, write the minutes, close it.

The meeting is locked before the instance of a client's pathway, always in this order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from app.commands.claim_task import claim_task
from app.commands.complete_task import Completed, Submission, complete_task
from app.domain.actor import Actor, may_take
from app.domain.calendar import local_date
from app.domain.errors import Conflict, InvalidSubmission, NotAllowed, NotFound, Problem
from app.domain.meeting import (
    LEADING_ROLES,
    MEETING_FORM,
    PREPARED_BEFORE,
    Meeting,
    Presence,
    Turn,
    leaving,
    may_lead,
    may_lead_meetings,
    stays_of,
)
from app.domain.permissions import ROLE_PERMISSIONS
from app.storage.unit_of_work import UnitOfWork

LONGEST_NAME = 100


def open_meeting(uow: UnitOfWork, *, day: date, actor: Actor, now: datetime) -> int:
    """
    Open the meeting of the actor's unit on the day and return its key; there is one a day, whoever opens it.

    :raises NotAllowed: the actor leads no meetings
    :raises InvalidSubmission: the day is over, or too far ahead to prepare it
    """
    if not may_lead_meetings(actor) or actor.user_key is None:
        raise NotAllowed("meeting_lead")
    if not local_date(now) <= day <= local_date(now) + PREPARED_BEFORE:
        raise InvalidSubmission([Problem("meeting_day", place="day")])
    area_id = next(iter(sorted(actor.areas or ())), "")
    meeting = uow.meetings.open(unit_id=actor.unit_id, area_id=area_id, day=day, leader_key=actor.user_key, now=now)
    added = uow.meetings.add_attendee(
        meeting.key,
        user_key=actor.user_key,
        name=uow.accounts.names_of([actor.user_key]).get(actor.user_key, actor.name),
        role_id=min(actor.roles & LEADING_ROLES),
        organisation_id=actor.organisation_id,
        area_id=area_id,
    )
    if added:
        _note(uow, meeting, "meeting_opened", actor, now)
    return meeting.key


def add_to_meeting(
    uow: UnitOfWork,
    *,
    meeting_key: int,
    seat: str,
    guest: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> None:
    """
    Add somebody who takes part: where they work (`seat` "user key:role:unit"), or a guest {name, role, organisation}.

    :raises NotFound: no such meeting
    :raises NotAllowed: the actor does not lead it
    :raises InvalidSubmission: nobody is named, or the role or organisation is none
    :raises Conflict: it is closed
    """
    meeting = _lock(uow, meeting_key, actor)
    if seat:
        seats = {f"{each.user_key}:{each.role_id}:{each.unit_id}": each for each in uow.meetings.seats(meeting.area_id)}
        chosen = seats.get(seat)
        if chosen is None or chosen.role_id not in ROLE_PERMISSIONS:
            raise InvalidSubmission([Problem("required", place="seat")])
        uow.meetings.add_attendee(
            meeting.key,
            user_key=chosen.user_key,
            name=chosen.name,
            role_id=chosen.role_id,
            organisation_id=chosen.organisation_id,
            area_id=chosen.area_id,
        )
    else:
        _add_guest(uow, meeting, guest)
    _note(uow, meeting, "meeting_attendee_added", actor, now)


def _add_guest(uow: UnitOfWork, meeting: Meeting, guest: Mapping[str, str]) -> None:
    name, role_id, organisation_id = (guest.get(key, "").strip() for key in ("name", "role", "organisation"))
    problems = []
    if not name or len(name) > LONGEST_NAME:
        problems.append(Problem("required", place="guest_name"))
    if role_id not in ROLE_PERMISSIONS:
        problems.append(Problem("required", place="guest_role"))
    if organisation_id not in dict(uow.accounts.organisations()):
        problems.append(Problem("required", place="guest_organisation"))
    if problems:
        raise InvalidSubmission(problems)
    uow.meetings.add_attendee(
        meeting.key,
        user_key=None,
        name=name,
        role_id=role_id,
        organisation_id=organisation_id,
        area_id=meeting.area_id,
    )


def note_presence(
    uow: UnitOfWork, *, meeting_key: int, presence: Mapping[int, str], actor: Actor, now: datetime
) -> None:
    """
    Write how each attendee (by key) takes part: the codes of Presence; others are left as they are.

    :raises NotFound: no such meeting
    :raises NotAllowed: the actor does not lead it
    :raises Conflict: it is closed
    """
    meeting = _lock(uow, meeting_key, actor)
    for attendee in uow.meetings.attendees(meeting.key):
        said = presence.get(attendee.key, "")
        if said in set(Presence) and said != attendee.presence:
            uow.meetings.note_presence(meeting.key, attendee.key, Presence(said))
    _note(uow, meeting, "meeting_presence_noted", actor, now)


def take_turn(uow: UnitOfWork, *, meeting_key: int, task_key: int, actor: Actor, now: datetime) -> None:
    """
    Take the next client: their task becomes the leader's, and the one who was in hand is put out of hand.

    :raises NotFound: no such meeting, or the task is no turn of one
    :raises NotAllowed: the actor does not lead it, or the task is not for their roles
    :raises Conflict: the meeting is closed, or it is not its day
    :raises TaskClaimedByOther: somebody else has the task
    :raises TaskAlreadyClosed: the task has ended
    """
    meeting = _lock(uow, meeting_key, actor)
    if local_date(now) != meeting.day:
        raise Conflict("the meeting is on another day")
    task = uow.tasks.get(task_key)
    if task.form_id != MEETING_FORM or task.case_key is None or not may_take(actor, task=task.restriction):
        raise NotFound("turn", task_key)
    claim_task(uow, task_key=task_key, actor=actor, now=now)
    _leave(uow, meeting, now)
    uow.meetings.take(meeting.key, task_key=task_key, case_key=task.case_key, now=now)
    _note(uow, meeting, "meeting_turn_taken", actor, now, case_key=task.case_key)


def clear_room(
    uow: UnitOfWork, *, meeting_key: int, task_key: int, outside: Collection[int], actor: Actor, now: datetime
) -> None:
    """
    Confirm that these attendees have left for the turn; before all who have to have left, nothing of it is shown.

    :raises NotFound: no such meeting, or the turn is not in hand
    :raises NotAllowed: the actor does not lead it
    :raises Conflict: the meeting is closed, or somebody else has to leave by now
    """
    meeting = _lock(uow, meeting_key, actor)
    turn = _in_hand(uow, meeting, task_key)
    gone = _who_leaves(uow, meeting, turn, now)
    if not gone <= set(outside):
        raise Conflict("others have to leave by now")
    uow.meetings.note_outside(meeting.key, task_key, gone)
    _note(uow, meeting, "meeting_room_cleared", actor, now, case_key=turn.case_key)


def write_minutes(
    uow: UnitOfWork, *, meeting_key: int, task_key: int, submission: Submission, actor: Actor, now: datetime
) -> Completed:
    """
    Complete the client's task with the minutes; their pathway goes on by what was decided.

    The client stays in hand until the next is taken, so that what follows can be gone through. Raises as complete_task,
    and besides:

    :raises NotFound: no such meeting, or the turn is not in hand
    :raises NotAllowed: the actor does not lead it
    :raises Conflict: the meeting is closed, or somebody who may not hear of the client is in the room
    """
    meeting = _lock(uow, meeting_key, actor)
    turn = _in_hand(uow, meeting, task_key)
    if not _who_leaves(uow, meeting, turn, now) <= turn.outside:
        raise Conflict("somebody has to leave first")
    return complete_task(uow, task_key=task_key, actor=actor, submission=submission, now=now)


def leave_turn(uow: UnitOfWork, *, meeting_key: int, actor: Actor, now: datetime) -> None:
    """
    Put the client who is in hand out of hand, without taking another: a break.

    :raises NotFound: no such meeting
    :raises NotAllowed: the actor does not lead it
    :raises Conflict: it is closed
    """
    _leave(uow, _lock(uow, meeting_key, actor), now)


def close_meeting(uow: UnitOfWork, *, meeting_key: int, actor: Actor, now: datetime) -> None:
    """
    Close the meeting; clients whose turn did not come keep their open tasks.

    :raises NotFound: no such meeting
    :raises NotAllowed: the actor does not lead it
    :raises Conflict: it is closed
    """
    meeting = _lock(uow, meeting_key, actor)
    _leave(uow, meeting, now)
    uow.meetings.close(meeting.key, now=now)
    _note(uow, meeting, "meeting_closed", actor, now)


def _lock(uow: UnitOfWork, meeting_key: int, actor: Actor) -> Meeting:
    meeting = uow.meetings.lock(meeting_key)
    if not may_lead(actor, meeting):
        raise NotAllowed("meeting_lead")
    if not meeting.is_open:
        raise Conflict("the meeting is closed")
    return meeting


def _in_hand(uow: UnitOfWork, meeting: Meeting, task_key: int) -> Turn:
    for turn in uow.meetings.turns(meeting.key):
        if turn.in_hand and turn.task_key == task_key:
            return turn
    raise NotFound("turn", task_key)


def _who_leaves(uow: UnitOfWork, meeting: Meeting, turn: Turn, now: datetime) -> frozenset[int]:
    return leaving(
        stays_of(
            uow.meetings.attendees(meeting.key),
            leader_key=meeting.leader_key,
            case=uow.care.cases.relation(turn.case_key),
            grants=uow.care.cases.grants(turn.case_key),
            restricted=uow.data_rights.restricted(turn.case_key),
            at=now,
        )
    )


def _leave(uow: UnitOfWork, meeting: Meeting, now: datetime) -> None:
    for turn in uow.meetings.turns(meeting.key):
        if turn.in_hand:
            uow.meetings.leave(meeting.key, turn, now=now)


def _note(
    uow: UnitOfWork, meeting: Meeting, action: str, actor: Actor, now: datetime, *, case_key: int | None = None
) -> None:
    uow.audit.add(
        actor=actor,
        action=action,
        subject="team_meeting",
        subject_key=meeting.key,
        case_key=case_key,
        details={"day": meeting.day.isoformat()},
        now=now,
    )
