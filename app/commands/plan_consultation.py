"""What the scheduler does for the consultation hour: sessions are planned, what was kept long enough is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.commands._consultation import move_items, plan_session
from app.commands.lead_consultation import end_session, note
from app.domain.actor import SYSTEM
from app.domain.calendar import local_date
from app.domain.consultation import (
    HOUR_WAY,
    PLANNED_AHEAD,
    REQUESTER_KEPT,
    TEXT_KEPT,
    WAY_SETTING,
    Session,
    SessionStatus,
)
from app.storage.reference import AREA_SETTINGS
from app.storage.unit_of_work import UnitOfWork

#: rows of each kind that are forgotten in one transaction
AT_ONCE = 200
#: a session that nobody has closed by then is closed, one that nobody has opened is moved: no item is left behind
LATEST = timedelta(hours=12)


def plan_consultation(uow: UnitOfWork, *, area_id: str, now: datetime) -> int:
    """
    Plan the area's sessions of the next seven days and the first one after them; return how many are new.

    So there is always a session to ask for, and nobody who asks makes one. An area that holds no hour any more plans
    none. Sessions that were forgotten by everybody are ended.

    :raises NotFound: the area holds no hour
    """
    uow.consultation.lock_hour(area_id)
    _end_forgotten(uow, area_id, now)
    if uow.reference.values(AREA_SETTINGS, area_id=area_id, ids=[WAY_SETTING]).get(WAY_SETTING) != HOUR_WAY:
        return 0
    schedule = uow.consultation.schedule(area_id)
    today = local_date(now)
    new = 0
    for day in schedule.days(today):
        starts_at = schedule.starts_at(day)
        if starts_at > now:
            new += plan_session(uow, area_id=area_id, starts_at=starts_at, ends_at=schedule.ends_at(day), now=now)
            if day > today + PLANNED_AHEAD:
                break
    return new


def _end_forgotten(uow: UnitOfWork, area_id: str, now: datetime) -> None:
    statuses = (SessionStatus.PLANNED, SessionStatus.OPEN)
    for session in uow.consultation.sessions([area_id], statuses=statuses):
        if session.ends_at + LATEST > now:
            continue
        if session.status is SessionStatus.OPEN:
            done = end_session(uow, session, learnt="", now=now)
            note(
                uow,
                session,
                "consultation_session_closed",
                SYSTEM,
                now,
                handled=done.handled,
                carried=done.carried,
            )
        else:
            move_session(uow, session, now=now)


def move_session(uow: UnitOfWork, session: Session, *, now: datetime) -> None:
    """Call the session off and let its whole queue wait for the next one, in its order; the hour is locked."""
    rest = uow.consultation_items.queue(session.key)
    uow.consultation.change_session(session.key, status=SessionStatus.MOVED, carried=len(rest))
    move_items(uow, rest, session=session, passed=False, now=now)
    uow.consultation_items.forget_order(session.key)
    note(uow, session, "consultation_session_moved", SYSTEM, now, carried=len(rest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much of the hour was forgotten."""

    secrets: int
    texts: int
    minutes: int

    @property
    def has_more(self) -> bool:
        """Tell whether a kind has filled its share, so that more may be waiting."""
        return AT_ONCE in (self.secrets, self.texts, self.minutes)


def forget_consultation(uow: UnitOfWork, *, now: datetime) -> Forgotten:
    """
    Destroy the way back to who brought an item 30 days after its session, and its texts after 90 (R-15).

    Role, organisation, topics and recommendation stay: they are counted.
    """
    destroyed = uow.consultation.forget_secrets(held_before=now - REQUESTER_KEPT, limit=AT_ONCE)
    if destroyed:
        uow.consultation_items.forget_requesters(destroyed)
    return Forgotten(
        secrets=len(destroyed),
        texts=uow.consultation_items.forget_texts(held_before=now - TEXT_KEPT, limit=AT_ONCE),
        minutes=len(uow.consultation.forget_minutes(held_before=now - TEXT_KEPT, limit=AT_ONCE)),
    )
