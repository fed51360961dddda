"""Messages and signals: keep them, find who waits for them, deliver each to one instance at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.commands._record import record_step
from app.commands.cancel_instance import end_instance
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM, Actor
from app.domain.errors import InvalidInput, NotFound, Problem
from app.domain.keys import parse_key
from app.domain.steps import ONCE_PER_CASE, InstanceStatus, MessageArrived, SignalArrived, is_said
from app.engine.run import advance
from app.published import locked_surroundings, process_of
from app.storage.rows import Delivery, Instance
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The message kept, and the deliveries that it leads to at once."""

    message_key: int
    delivery_keys: tuple[int, ...]


def publish_message(
    uow: UnitOfWork,
    *,
    name: str,
    correlation_key: str,
    actor: Actor,
    now: datetime,
    variables: Mapping[str, Any] | None = None,
    time_to_live: timedelta = timedelta(0),
    message_id: str = "",
) -> Published:
    """
    Keep the message for its time to live and make a delivery for everyone who waits for it now.

    Each delivery is carried out by `deliver` in a transaction of its own, by the door at once or by the scheduler.

    :raises InvalidInput: no name
    :raises Conflict: the same message id is still kept under this name
    """
    if not name:
        raise InvalidInput([Problem("message_name_required", place="name")])
    key = uow.messages.add(
        name=name,
        correlation_key=correlation_key,
        variables=variables or {},
        message_id=message_id or None,
        expires_at=now + time_to_live,
        sender_instance_key=None,
        now=now,
    )
    uow.audit.add(
        actor=actor, action="message_published", subject="message", subject_key=key, details={"name": name}, now=now
    )
    return Published(message_key=key, delivery_keys=tuple(uow.messages.match(now=now, limit=1000, message_key=key)))


def broadcast_signal(
    uow: UnitOfWork, *, name: str, actor: Actor, now: datetime, variables: Mapping[str, Any] | None = None
) -> tuple[int, ...]:
    """Make a delivery for every instance that waits for the signal, and return the deliveries' keys."""
    if not name:
        raise InvalidInput([Problem("signal_name_required", place="signalName")])
    keys = uow.messages.deliver_signal(name, variables or {}, now=now)
    uow.audit.add(
        actor=actor,
        action="signal_broadcast",
        subject="signal",
        subject_key=0,
        details={"name": name, "receivers": len(keys)},
        now=now,
    )
    return tuple(keys)


def match_messages(uow: UnitOfWork, *, now: datetime, limit: int = 500) -> list[int]:
    """Make deliveries for kept messages that somebody waits for by now; return their keys."""
    return uow.messages.match(now=now, limit=limit)


def deliver(uow: UnitOfWork, *, delivery_key: int, now: datetime) -> int | None:
    """
    Carry out one delivery: continue the instance that waits, or start one.

    Returns the instance's key; None where nobody waited any more (the message is then kept for another), and where the
    instance is paused (the delivery waits; the end of its case does not).

    :raises NotFound: no such delivery
    """
    found = uow.messages.get_delivery(delivery_key)
    if found.kind == "start":
        return _start(uow, found, now)
    instance = uow.instances.lock_for_delivery(delivery_key)
    if found.kind == "end":
        return _end(uow, found, instance, now)
    if instance.paused_at is not None:
        return None
    if not uow.messages.take_delivery(delivery_key, now=now):
        return None
    if found.subscription_key is None or instance.status != InstanceStatus.ACTIVE:
        uow.messages.drop_delivery(delivery_key, now=now)
        return None
    process = process_of(uow, instance.definition_key)
    arrived = MessageArrived if found.kind == "message" else SignalArrived
    try:
        step = advance(
            process,
            instance.state,
            arrived(key=found.subscription_key, variables=found.variables),
            surroundings=locked_surroundings(uow, process, instance, now=now),
        )
    except NotFound:
        uow.messages.drop_delivery(delivery_key, now=now)
        return None
    record_step(uow, instance=instance, step=step, actor=SYSTEM, now=now)
    return instance.key


def _end(uow: UnitOfWork, found: Delivery, instance: Instance, now: datetime) -> int | None:
    if not uow.messages.take_delivery(found.key, now=now):
        return None
    if instance.status != InstanceStatus.ACTIVE:
        uow.messages.drop_delivery(found.key, now=now)
        return None
    end_instance(uow, instance=instance, actor=SYSTEM, action="instance_ended_with_case", now=now)
    return instance.key


def _start(uow: UnitOfWork, found: Delivery, now: datetime) -> int | None:
    if not uow.messages.take_delivery(found.key, now=now):
        return None
    case_key = parse_key(str(found.variables.get("asia_id", "")))
    if case_key is not None and not uow.care.case_exists(case_key):
        case_key = None
    reason = "" if case_key is None else _refused(uow, found, case_key)
    if reason:
        uow.audit.add(
            actor=SYSTEM,
            action=reason,
            subject="case",
            subject_key=case_key or 0,
            case_key=case_key,
            details={"message": found.name},
            now=now,
        )
        return None
    started = start_instance(
        uow,
        actor=SYSTEM,
        now=now,
        definition_key=found.definition_key,
        start_element_id=found.element_id,
        variables=found.variables,
        case_key=case_key,
    )
    return started.instance_key


def _refused(uow: UnitOfWork, found: Delivery, case_key: int) -> str:
    """Return why the message starts nothing in the case, empty where it does; the case stays locked."""
    if not uow.care.cases.lock(case_key).is_open:
        # it was on its way when the case was closed: nothing new begins there
        return "start_in_closed_case"
    process = process_of(uow, found.definition_key or 0)
    once = is_said(process.outline, ONCE_PER_CASE)
    return "joined_in_case" if once and uow.instances.runs_in_case(case_key, process.process_id) else ""
