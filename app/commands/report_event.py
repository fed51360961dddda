"""Tell a case what has happened: a person presses what the case page offers, or a care event reaches every instance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.actor import Actor, may_act_in
from app.domain.care_events import CARE_EVENTS, OFFERED_TO, REPORTER, offered_to
from app.domain.errors import Conflict, NotAllowed
from app.published import process_of
from app.storage.rows import Awaited
from app.storage.unit_of_work import UnitOfWork


def report_event(
    uow: UnitOfWork, *, case_key: int, subscription_key: int, actor: Actor, now: datetime
) -> tuple[int, ...]:
    """
    Deliver the message that an instance of the case waits for and offers to the actor's roles.

    A care event goes to every running instance of the case. Where the diagram asks for it (kyky.reporter), the worker
    who told it is a variable of the message; a client is none. Returns the keys of the deliveries, each to be carried
    out by `messages.deliver` in a transaction of its own.

    :raises Conflict: nobody waits for it any more
    :raises NotAllowed: it is not offered to the actor's roles
    """
    if not may_act_in(actor, case_key):
        raise NotAllowed("report_event")
    waiting = uow.messages.waiting_in_case(case_key)
    wanted = next((item for item in waiting if item.key == subscription_key), None)
    if wanted is None:
        raise Conflict("the case does not wait for this any more")
    said = _properties(uow, wanted)
    if actor.roles.isdisjoint(offered_to(said.get(OFFERED_TO, ""))):
        raise NotAllowed("report_event")
    uow.audit.add(
        actor=actor,
        action="event_reported",
        subject="case",
        subject_key=case_key,
        case_key=case_key,
        instance_key=wanted.instance_key,
        details={"message": wanted.message_name, "element": wanted.element_id},
        now=now,
    )
    if wanted.message_name in CARE_EVENTS:
        return raise_care_event(uow, case_key=case_key, name=wanted.message_name, now=now)
    reporter = said.get(REPORTER, "")
    told = {reporter: None if actor.client_key is not None else str(actor.user_key)} if reporter else {}
    return tuple(uow.messages.deliver_directly([wanted], told, now=now))


def raise_care_event(
    uow: UnitOfWork, *, case_key: int, name: str, now: datetime, variables: Mapping[str, Any] | None = None
) -> tuple[int, ...]:
    """
    Let the care event reach every running instance of the case; in each the outermost that waits takes it.

    Correlation keys do not matter: an instance may have begun before its case was known.
    """
    first: dict[int, Awaited] = {}
    for item in uow.messages.waiting_in_case(case_key):
        if item.message_name == name:
            first.setdefault(item.instance_key, item)
    return tuple(uow.messages.deliver_directly(list(first.values()), variables or {}, now=now))


def _properties(uow: UnitOfWork, awaited: Awaited) -> Mapping[str, str]:
    """Return the extension properties of the event that waits."""
    elements = process_of(uow, awaited.definition_key).outline.elements
    element = next((item for item in elements if item.element_id == awaited.element_id), None)
    return element.properties if element is not None else {}
