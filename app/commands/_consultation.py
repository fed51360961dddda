"""What the commands of the consultation hour share: schedule, coming sessions, forms, the check of texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM, Actor
from app.domain.anonymity import Checked, find_identifying
from app.domain.calendar import local_date
from app.domain.consultation import (
    Item,
    Part,
    Schedule,
    Session,
    SessionStatus,
    may_lead,
    next_chairs,
)
from app.domain.errors import NotAllowed, NotFound
from app.domain.forms import FREE_TEXT, FormDefinition, Values
from app.domain.keys import new_key
from app.storage.unit_of_work import UnitOfWork

#: runs beside each session: cancels, reminds, asks who comes; knows no item
SESSION_PROCESS = "tyky_konsultaatio_istunto"
SESSION_START = "d1_istunto_luotu"
#: messages to it, correlated by the session's key
OPENED, CLOSED = "konsultaatiotunti_avattu", "konsultaatiotunti_suljettu"


def lock_to_lead(uow: UnitOfWork, *, session_key: int, actor: Actor, reason: str) -> Session:
    """
    Lock the session for somebody who leads it.

    :raises NotFound: no such session
    :raises NotAllowed: the actor does not lead sessions of the area
    """
    session = uow.consultation.lock_session(session_key)
    if not may_lead(actor, area_id=session.area_id, facilitators=uow.consultation.facilitators(session)):
        raise NotAllowed(reason)
    return session


def plan_session(uow: UnitOfWork, *, area_id: str, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """
    Make the session with who leads it by turn, and the process beside it; the hour is locked. Return whether it is new.

    Nobody who brings an item makes a session: the moments of a session and of its process are nobody's.
    """
    facilitators = uow.consultation.members(area_id, Part.FACILITATOR)
    facilitator, deputy = next_chairs(facilitators, uow.consultation.last_led(area_id))
    session = Session(
        key=new_key(),
        area_id=area_id,
        starts_at=starts_at,
        ends_at=ends_at,
        status=SessionStatus.PLANNED,
        facilitator_key=facilitator,
        deputy_key=deputy,
    )
    if not uow.consultation.add_session(session):
        return False
    uow.audit.add(
        actor=SYSTEM,
        action="consultation_session_planned",
        subject="consultation_session",
        subject_key=session.key,
        details={"area": area_id},
        now=now,
    )
    if uow.definitions.find_latest(SESSION_PROCESS) is not None:
        start_instance(
            uow,
            actor=SYSTEM,
            now=now,
            process_id=SESSION_PROCESS,
            start_element_id=SESSION_START,
            area_id=area_id,
            variables=_variables(uow, session, uow.consultation.schedule(area_id)),
        )
    return True


def _variables(uow: UnitOfWork, session: Session, schedule: Schedule) -> dict[str, Any]:
    experts = uow.consultation.members(session.area_id, Part.EXPERT)
    return {
        "istunto_id": str(session.key),
        "istunto_alkaa": session.starts_at.isoformat(),
        "istunto_paattyy": session.ends_at.isoformat(),
        "istunto_aamu": schedule.morning_of(session.day).isoformat(),
        "jono_tarkistetaan": schedule.checked_at(session.day).isoformat(),
        "asiantuntijat": [str(member.user_key) for member in experts],
        "fasilitaattori": str(session.facilitator_key) if session.facilitator_key else None,
    }


def session_after(uow: UnitOfWork, session: Session, *, now: datetime) -> Session:
    """Return the session of the area that follows, which is planned where it is not there yet; the hour is locked."""
    after = max(session.starts_at, now)
    found = uow.consultation.coming(session.area_id, after=after)
    if found is None:
        schedule = uow.consultation.schedule(session.area_id)
        day = next(schedule.days(local_date(after) + timedelta(days=1)))
        plan_session(
            uow,
            area_id=session.area_id,
            starts_at=schedule.starts_at(day),
            ends_at=schedule.ends_at(day),
            now=now,
        )
        found = uow.consultation.coming(session.area_id, after=after)
    if found is None:
        raise NotFound("consultation session", "next")
    return found


def move_items(uow: UnitOfWork, items: Collection[Item], *, session: Session, passed: bool, now: datetime) -> None:
    """Let the items wait for the session that follows: in their old places, or behind all others where passed over."""
    if not items:
        return
    following = session_after(uow, session, now=now)
    living = uow.consultation.secrets_of([session.key, following.key])
    for item in items:
        arrival = item.arrival
        if passed or arrival is None:
            arrival = uow.consultation.next_arrival(session.area_id)
        uow.consultation_items.move(
            item,
            to=following.key,
            arrival=arrival,
            old_secret=living.get(session.key),
            secret=living[following.key],
            passed=passed,
        )


def check_texts(form: FormDefinition, values: Values, *, now: datetime) -> tuple[Checked, ...]:
    """Return what the anonymity check finds in the free texts; those in which it finds nothing are not there."""
    today = local_date(now)
    checked = (
        Checked(key=key, text=text, findings=tuple(find_identifying(text, today=today)))
        for key, text in _free_texts(form, values)
    )
    return tuple(each for each in checked if each.findings)


def _free_texts(form: FormDefinition, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for asked in form.fields:
        value = values.get(asked.key)
        if asked.type in FREE_TEXT and isinstance(value, str):
            yield asked.key, value
