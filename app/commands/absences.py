"""Say that one is away and who stands in; end it sooner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.absences import LONGEST_ABSENCE, LONGEST_NOTE, stands_in
from app.domain.actor import Actor
from app.domain.calendar import local_date, parse_day
from app.domain.errors import InvalidInput, NotAllowed, NotFound, Problem
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """What somebody sent: days as people write them, the substitute's user name, roles by id, a note to them."""

    first_day: str
    last_day: str
    substitute: str
    roles: Sequence[str] = ()
    note: str = field(default="", repr=False)


def begin_absence(uow: UnitOfWork, *, leave: Leave, actor: Actor, now: datetime) -> int:
    """
    Keep the absence and return its key; on its days the substitute does the actor's tasks on their behalf.

    The substitute works in the actor's unit and has a role of theirs: standing in opens nothing to them that they could
    not take themself.

    :raises NotAllowed: the actor is no person at work
    :raises InvalidInput: a day is missing, past or too late, or nobody of this name can stand in
    """
    if actor.user_key is None or actor.client_key is not None:
        raise NotAllowed("absences")
    today = local_date(now)
    first, last = parse_day(leave.first_day), parse_day(leave.last_day)
    problems = [
        Problem("required", place=place) for place, day in (("first_day", first), ("last_day", last)) if day is None
    ]
    if first is not None and last is not None:
        if last < max(first, today):
            problems.append(Problem("absence_over", place="last_day"))
        elif last - first > timedelta(days=LONGEST_ABSENCE):
            problems.append(Problem("absence_long", place="last_day", values={"most": LONGEST_ABSENCE}))
    note = leave.note.strip()
    if len(note) > LONGEST_NOTE:
        problems.append(Problem("absence_note_long", place="note", values={"longest": LONGEST_NOTE}))
    roles = actor.roles.intersection(leave.roles)
    substitute = next(
        (
            person
            for person in uow.api_clients.people_named(leave.substitute)
            if person.unit_id == actor.unit_id
            and person.user_key != actor.user_key
            and not person.roles.isdisjoint(roles or actor.roles)
        ),
        None,
    )
    if substitute is None:
        problems.append(Problem("substitute_unsuitable", place="substitute"))
    if problems or first is None or last is None or substitute is None or substitute.user_key is None:
        raise InvalidInput(problems)
    key = uow.absences.add(
        user_key=actor.user_key,
        substitute_key=substitute.user_key,
        first_day=first,
        last_day=last,
        roles=roles,
        note=note,
        now=now,
    )
    uow.audit.add(
        actor=actor,
        action="absence_begun",
        subject="absence",
        subject_key=key,
        details={
            "substitute": str(substitute.user_key),
            "first_day": first.isoformat(),
            "last_day": last.isoformat(),
            "roles": sorted(roles),
        },
        now=now,
    )
    return key


def end_absence(uow: UnitOfWork, *, key: int, actor: Actor, now: datetime) -> None:
    """
    End the absence now: who is away, or the substitute who cannot go on.

    :raises NotFound: there is none, it was ended before, or it is not the actor's
    """
    found = uow.absences.get(key)
    if actor.user_key not in (found.user_key, found.substitute_key) or not uow.absences.end(key, now=now):
        raise NotFound("absence", key)
    uow.audit.add(actor=actor, action="absence_ended", subject="absence", subject_key=key, now=now)


def is_substitute(uow: UnitOfWork, *, task: Task, actor: Actor, now: datetime) -> bool:
    """Tell whether the actor may do the task on behalf of its holder, who is away today."""
    if actor.user_key is None or task.assignee in (None, actor.user_key) or actor.client_key is not None:
        return False
    today = local_date(now)
    away = uow.absences.for_substitute(actor.user_key, away=task.assignee or 0, day=today)
    return stands_in(actor, task=task.restriction, absences=away, day=today)
