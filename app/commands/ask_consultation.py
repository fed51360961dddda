"""
Bring an anonymous item to the consultation hour, or take it back.

Nothing here writes who asked beside a moment: no audit row, no access log, no submission, no draft. The item itself
says who brought it only to whoever holds its session's secret (docs/decisions/0060).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.commands._consultation import (
    check_texts,
)
from app.domain.actor import Actor
from app.domain.anonymity import Checked, confirmation_mark, is_stopped
from app.domain.consultation import ITEM_FORM, Item, ItemStatus, may_bring, works_in
from app.domain.errors import Conflict, InvalidSubmission, NotAllowed, NotFound, Problem
from app.domain.keys import new_key
from app.engine.forms import Raw, parse_submission
from app.published import around_form, consultation_form
from app.storage.unit_of_work import UnitOfWork

#: keys of the form that the counts need; whatever else the form asks is kept as it was answered
TOPICS, PROFESSION, ORGANISATION, AGE_GROUP, ASSURANCE = (
    "aihe",
    "tuojan_ammatti",
    "tuojan_org",
    "ikaryhma",
    "vakuutus",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    What became of the item: `number` in the queue of the session, or 0 where the texts stand in its way.

    `mark` is what a confirmation of the soft findings has to carry, "" where something certainly identifies.
    """

    number: int = 0
    session_key: int = 0
    checked: tuple[Checked, ...] = ()
    mark: str = ""


def ask_consultation(
    uow: UnitOfWork,
    *,
    area_id: str,
    actor: Actor,
    fields: Raw,
    page_names: frozenset[str],
    language: str,
    confirmed: str,
    ticket: str,
    now: datetime,
) -> Asked:
    """
    Check the texts and let the item join the queue of the next session, behind those that came before.

    `confirmed` is the mark of the soft findings that the person has looked at. The same page sent twice (`ticket`)
    makes one item. A text that is stopped is counted, and nothing of it is kept.

    :raises NotFound: the area holds no hour, or its forms are not published
    :raises NotAllowed: the actor brings no items here
    :raises InvalidSubmission: the answers do not fit the form, or the assurance is missing
    :raises Conflict: no session is planned
    """
    hour = uow.consultation.lock_hour(area_id)
    user_key = actor.user_key
    may = may_bring(actor, with_physicians=uow.consultation.physicians_may_bring(area_id)) and works_in(actor, area_id)
    if user_key is None or not may:
        raise NotAllowed("consultation_bring")
    form = consultation_form(uow, ITEM_FORM)
    around = around_form(uow, form, case_key=None, area_id=area_id, now=now)
    values = parse_submission(form, fields, language=language, around=around, ignore=page_names).values
    if values.get(ASSURANCE) is not True:
        raise InvalidSubmission([Problem("consultation_assurance", place=ASSURANCE)])
    session = uow.consultation.coming(hour.area_id, after=now)
    if session is None:
        raise Conflict("no session is planned")
    kept_ticket = hashlib.sha256(ticket.encode()).hexdigest() if ticket else None
    first = uow.consultation_items.find_ticket(kept_ticket) if kept_ticket else None
    if first is not None:
        return Asked(number=_number(uow, first), session_key=first.session_key)
    checked = check_texts(form, values, now=now)
    mark = confirmation_mark(checked)
    stopped = any(is_stopped(each.findings) for each in checked)
    if stopped or mark != (confirmed if mark else ""):
        uow.consultation.count_refusal(session.key)
        return Asked(session_key=session.key, checked=checked, mark="" if stopped else mark)
    item = Item(
        key=new_key(),
        session_key=session.key,
        status=ItemStatus.WAITING,
        arrival=uow.consultation.next_arrival(area_id),
        walk_in=False,
        topics=tuple(values.get(TOPICS) or ()),
        profession=str(values.get(PROFESSION) or ""),
        organisation_id=str(values.get(ORGANISATION) or ""),
        age_group=str(values.get(AGE_GROUP) or ""),
        asked={key: value for key, value in values.items() if key != ASSURANCE},
        answer={},
    )
    uow.consultation_items.add(
        item,
        requester=user_key,
        secret=uow.consultation.secrets_of([session.key])[session.key],
        confirmed=sorted({str(finding.kind) for each in checked for finding in each.findings}),
        ticket=kept_ticket,
    )
    return Asked(number=_number(uow, item), session_key=session.key)


def check_consultation(
    uow: UnitOfWork, *, area_id: str, actor: Actor, fields: Raw, now: datetime
) -> tuple[Checked, ...]:
    """
    Return what the anonymity check finds in the texts typed so far; nothing is kept or counted.

    :raises NotFound: the area holds no hour, or its forms are not published
    :raises NotAllowed: the actor brings no items
    """
    if area_id not in {hour.area_id for hour in uow.consultation.hours()}:
        raise NotFound("consultation hour", area_id)
    may = may_bring(actor, with_physicians=uow.consultation.physicians_may_bring(area_id))
    if not may:
        raise NotAllowed("consultation_bring")
    form = consultation_form(uow, ITEM_FORM)
    texts = {name: sent[0] for name, sent in fields.items() if sent and isinstance(sent[0], str)}
    return check_texts(form, texts, now=now)


def withdraw_consultation(uow: UnitOfWork, *, item_key: int, actor: Actor) -> None:
    """
    Take back an own item that waits; what was asked is forgotten at once.

    :raises NotFound: no such item of this person
    :raises Conflict: it is dealt with already
    """
    found = _own_item(uow, item_key, actor)
    session = uow.consultation.lock_session(found.session_key)
    item = uow.consultation_items.get(item_key, session_key=session.key)
    if item.status is not ItemStatus.WAITING:
        raise Conflict("the item is dealt with already")
    uow.consultation_items.withdraw(item)


def _own_item(uow: UnitOfWork, item_key: int, actor: Actor) -> Item:
    if actor.user_key is not None:
        living = uow.consultation.living_secrets()
        for item in uow.consultation_items.of_requester(actor.user_key, living):
            if item.key == item_key:
                return item
    raise NotFound("consultation item", "")


def _number(uow: UnitOfWork, item: Item) -> int:
    """Return which in the queue of its session the item is, counted from 1; 0 where it no longer waits."""
    keys = [each.key for each in uow.consultation_items.queue(item.session_key)]
    return keys.index(item.key) + 1 if item.key in keys else 0
