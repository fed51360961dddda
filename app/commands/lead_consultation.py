"""Lead a session of the consultation hour: open it, deal with its queue item by item, close it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.commands._consultation import (
    CLOSED,
    OPENED,
    check_texts,
    lock_to_lead,
    move_items,
    session_after,
)
from app.domain.actor import Actor
from app.domain.anonymity import Checked, Finding, confirmation_mark, find_identifying, is_stopped
from app.domain.calendar import local_date
from app.domain.consultation import ANSWER_FORM, ITEM_FORM, Item, ItemStatus, Part, Session, SessionStatus
from app.domain.errors import Conflict, InvalidSubmission, Problem
from app.domain.keys import new_key
from app.engine.forms import Raw, parse_submission
from app.published import around_form, consultation_form
from app.storage.unit_of_work import UnitOfWork

#: a session may be opened this long before it begins
OPENS_BEFORE = timedelta(minutes=30)
#: its process waits for what the working screen tells it; what nobody awaits is soon forgotten
MESSAGE_LIVES = timedelta(days=2)
#: keys of the form f_konsultaatio_vastaus
RECOMMENDATION, SERVICES, MINUTES, ANEW = "suositus", "suositellut_palvelut", "kesto_min", "uusi_konsultaatio"
LONGEST_LEARNT = 4_000


def open_session(uow: UnitOfWork, *, session_key: int, rules_read: bool, actor: Actor, now: datetime) -> None:
    """
    Open the session once its ground rules have been gone through.

    :raises NotFound: no such session
    :raises NotAllowed: the actor does not lead sessions of the area
    :raises InvalidSubmission: the ground rules have not been gone through
    :raises Conflict: it is not its day yet, or it is not planned any more
    """
    session = lock_to_lead(uow, session_key=session_key, actor=actor, reason="consultation_lead")
    if session.status is SessionStatus.OPEN:
        return
    if session.status is not SessionStatus.PLANNED or now < session.starts_at - OPENS_BEFORE:
        raise Conflict("the session cannot be opened now")
    if not rules_read:
        raise InvalidSubmission([Problem("consultation_rules", place="rules")])
    uow.consultation.change_session(session.key, status=SessionStatus.OPEN)
    tell(uow, session, OPENED, now=now)
    note(uow, session, "consultation_session_opened", actor, now)


def note_present(uow: UnitOfWork, *, session_key: int, present: Collection[int], actor: Actor, now: datetime) -> None:
    """
    Write who of the group is there.

    :raises NotFound: no such session
    :raises NotAllowed: the actor does not lead sessions of the area
    :raises Conflict: the session is not open
    """
    del now  # every command is told the time; attendance has none
    session = _open(uow, session_key=session_key, actor=actor)
    group = {member.user_key for member in uow.consultation.members(session.area_id, Part.EXPERT)}
    uow.consultation.put_present(session.key, {key: key in present for key in sorted(group)})


def take_item(uow: UnitOfWork, *, session_key: int, item_key: int, actor: Actor) -> None:
    """
    Take a waiting item in hand; the one that was in hand waits again in its place.

    :raises NotFound: no such session, or no such item in it
    :raises NotAllowed: the actor does not lead sessions of the area
    :raises Conflict: the session is not open, or the item does not wait
    """
    session = _open(uow, session_key=session_key, actor=actor)
    item = uow.consultation_items.get(item_key, session_key=session.key)
    if item.status is not ItemStatus.WAITING:
        raise Conflict("the item does not wait")
    for each in uow.consultation_items.queue(session.key):
        if each.status is ItemStatus.IN_HAND:
            uow.consultation_items.change(each.key, status=ItemStatus.WAITING)
    uow.consultation_items.change(item.key, status=ItemStatus.IN_HAND)


def pass_over_item(uow: UnitOfWork, *, session_key: int, item_key: int, actor: Actor, now: datetime) -> None:
    """
    Move an item whose requester is absent to the next session, behind all that wait there (c4 -> c3).

    Raises as take_item.
    """
    session = _open(uow, session_key=session_key, actor=actor)
    item = uow.consultation_items.get(item_key, session_key=session.key)
    if item.status not in (ItemStatus.WAITING, ItemStatus.IN_HAND):
        raise Conflict("the item is dealt with already")
    move_items(uow, [item], session=session, passed=True, now=now)


def add_walk_in(uow: UnitOfWork, *, session_key: int, topics: Sequence[str], actor: Actor) -> None:
    """
    Open an item for somebody who has come along without asking before; it says what it is about and nothing else.

    :raises InvalidSubmission: no topic of the form is chosen
    Raises besides as take_item.
    """
    session = _open(uow, session_key=session_key, actor=actor)
    form = consultation_form(uow, ITEM_FORM)
    known = {option.value for asked in form.fields if asked.key == "aihe" for option in asked.options}
    if not topics or not known.issuperset(topics):
        raise InvalidSubmission([Problem("required", place="aihe")])
    item = Item(
        key=new_key(),
        session_key=session.key,
        status=ItemStatus.WAITING,
        arrival=uow.consultation.next_arrival(session.area_id),
        walk_in=True,
        topics=tuple(dict.fromkeys(topics)),
        profession="",
        organisation_id="",
        age_group="",
        asked={},
        answer={},
    )
    uow.consultation_items.add(item, requester=None, secret=b"", ticket=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of an answer: written, or stopped by the anonymity check; `mark` as in ask_consultation.Asked."""

    written: bool
    checked: tuple[Checked, ...] = ()
    mark: str = ""


def answer_item(
    uow: UnitOfWork,
    *,
    session_key: int,
    item_key: int,
    actor: Actor,
    fields: Raw,
    page_names: frozenset[str],
    language: str,
    confirmed: str,
    now: datetime,
) -> Answered:
    """
    Write the group's answer to the item in hand; its texts are checked as those of the item are.

    Where the group wants to hear of it again, an item of its own with the same text joins the next session's queue.

    :raises InvalidSubmission: the answers do not fit the form
    Raises besides as take_item.
    """
    session = _open(uow, session_key=session_key, actor=actor)
    item = uow.consultation_items.get(item_key, session_key=session.key)
    if item.status is not ItemStatus.IN_HAND:
        raise Conflict("the item is not in hand")
    form = consultation_form(uow, ANSWER_FORM)
    around = around_form(uow, form, case_key=None, area_id=session.area_id, now=now)
    values = parse_submission(form, fields, language=language, around=around, ignore=page_names).values
    checked = check_texts(form, values, now=now)
    mark = confirmation_mark(checked)
    if any(is_stopped(each.findings) for each in checked):
        return Answered(written=False, checked=checked)
    if mark and mark != confirmed:
        return Answered(written=False, checked=checked, mark=mark)
    minutes: Any = values.get(MINUTES)
    uow.consultation_items.answer(
        item,
        values,
        recommendation=str(values.get(RECOMMENDATION) or ""),
        services=list(values.get(SERVICES) or ()),
        minutes=int(minutes) if minutes is not None else None,
    )
    if values.get(RECOMMENDATION) == ANEW:
        _ask_again(uow, item, session, now)
    return Answered(written=True)


def _ask_again(uow: UnitOfWork, item: Item, session: Session, now: datetime) -> None:
    following = session_after(uow, session, now=now)
    living = uow.consultation.secrets_of([session.key, following.key])
    again = Item(
        key=new_key(),
        session_key=following.key,
        status=ItemStatus.WAITING,
        arrival=uow.consultation.next_arrival(session.area_id),
        walk_in=item.walk_in,
        topics=item.topics,
        profession=item.profession,
        organisation_id=item.organisation_id,
        age_group=item.age_group,
        asked=item.asked,
        answer={},
    )
    secret = living.get(session.key)
    requester = None if secret is None else uow.consultation_items.requester_of(item, secret)
    uow.consultation_items.add(again, requester=requester, secret=living[following.key], ticket=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What became of closing a session; `findings` are those of what was learnt, where they stand in the way."""

    closed: bool
    findings: tuple[Finding, ...] = ()
    handled: int = 0
    carried: int = 0


def close_session(uow: UnitOfWork, *, session_key: int, learnt: str, actor: Actor, now: datetime) -> Closed:
    """
    Close the session: what was not dealt with waits for the next one in its old places, other order is forgotten.

    What was learnt may name nobody: it is refused for whatever the anonymity check finds that certainly identifies.

    :raises NotFound: no such session
    :raises NotAllowed: the actor does not lead sessions of the area
    :raises Conflict: the session is not open
    """
    session = _open(uow, session_key=session_key, actor=actor)
    text = learnt.strip()[:LONGEST_LEARNT]
    findings = tuple(find_identifying(text, today=local_date(now)))
    if is_stopped(findings):
        return Closed(closed=False, findings=findings)
    done = end_session(uow, session, learnt=text, now=now)
    tell(uow, session, CLOSED, now=now)
    note(uow, session, "consultation_session_closed", actor, now, handled=done.handled, carried=done.carried)
    return done


def end_session(uow: UnitOfWork, session: Session, *, learnt: str, now: datetime) -> Closed:
    """Count, carry the rest over and forget the order; the hour is locked and the session open."""
    items = uow.consultation_items.of_session(session.key)
    rest = [item for item in items if item.status in (ItemStatus.WAITING, ItemStatus.IN_HAND)]
    answered = [item for item in items if item.status is ItemStatus.ANSWERED]
    types = uow.consultation.organisation_types()
    there = {key for key, (_, present) in uow.consultation.attendance(session.key).items() if present}
    group = uow.consultation.members(session.area_id, Part.EXPERT)
    organisations = {types.get(member.organisation_id, "") for member in group if member.user_key in there} - {""}
    uow.consultation.close_session(
        session,
        handled=len(answered),
        carried=len(rest),
        walk_ins=sum(item.walk_in for item in items),
        organisations=sorted(organisations),
        learnt=learnt,
    )
    move_items(uow, rest, session=session, passed=False, now=now)
    uow.consultation_items.forget_order(session.key)
    return Closed(closed=True, handled=len(answered), carried=len(rest))


def tell(uow: UnitOfWork, session: Session, message: str, *, now: datetime) -> None:
    """Tell the process beside the session what has become of it; no item is named."""
    uow.messages.add(
        name=message,
        correlation_key=str(session.key),
        variables={},
        message_id=None,
        expires_at=now + MESSAGE_LIVES,
        sender_instance_key=None,
        now=now,
    )


def note(uow: UnitOfWork, session: Session, action: str, actor: Actor, now: datetime, **counts: int) -> None:
    """Write to the audit what became of a session: counts, never an item."""
    uow.audit.add(
        actor=actor,
        action=action,
        subject="consultation_session",
        subject_key=session.key,
        details={"area": session.area_id, **counts},
        now=now,
    )


def _open(uow: UnitOfWork, *, session_key: int, actor: Actor) -> Session:
    session = lock_to_lead(uow, session_key=session_key, actor=actor, reason="consultation_lead")
    if session.status is not SessionStatus.OPEN:
        raise Conflict("the session is not open")
    return session
