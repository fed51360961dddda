"""Pause a process instance and let it go on: meanwhile nothing of it happens by itself, and its dates wait."""

from __future__ import annotations

from datetime import datetime

from app.domain.actor import Actor, may_repair
from app.domain.errors import Conflict, InvalidInput, NotAllowed, Problem
from app.storage.unit_of_work import UnitOfWork


def pause_instance(uow: UnitOfWork, *, instance_key: int, actor: Actor, reason: str, now: datetime) -> None:
    """
    Stop the instance where it stands: no timer fires, no job is handed out, no message arrives, no task is completed.

    What a worker has in hand already it may hand in; what that leads to waits as well.

    :raises NotFound: no such instance
    :raises InstanceEnded: it has ended
    :raises NotAllowed: the actor may not repair instances
    :raises InvalidInput: no reason given
    :raises Conflict: it is paused already
    """
    if not may_repair(actor):
        raise NotAllowed("pause_instance")
    if not reason.strip():
        raise InvalidInput([Problem("reason_required", place="reason")])
    instance = uow.instances.lock_active(instance_key)
    if instance.paused_at is not None:
        raise Conflict("the instance is paused already")
    uow.instances.pause(instance_key, at=now)
    uow.audit.add(
        actor=actor,
        action="instance_paused",
        subject="process_instance",
        subject_key=instance_key,
        instance_key=instance_key,
        case_key=instance.case_key,
        reason=reason.strip(),
        now=now,
    )


def resume_instance(uow: UnitOfWork, *, instance_key: int, actor: Actor, now: datetime) -> None:
    """
    Let the paused instance go on; open timers and the due and follow-up dates of open tasks move by the pause.

    :raises NotFound: no such instance
    :raises InstanceEnded: it has ended
    :raises NotAllowed: the actor may not repair instances
    :raises Conflict: it is not paused
    """
    if not may_repair(actor):
        raise NotAllowed("resume_instance")
    instance = uow.instances.lock_active(instance_key)
    if instance.paused_at is None:
        raise Conflict("the instance is not paused")
    length = now - instance.paused_at
    uow.instances.pause(instance_key, at=None)
    uow.timers.move(instance_key, by=length)
    uow.tasks.move(instance_key, by=length)
    uow.audit.add(
        actor=actor,
        action="instance_resumed",
        subject="process_instance",
        subject_key=instance_key,
        instance_key=instance_key,
        case_key=instance.case_key,
        details={"seconds": int(length.total_seconds())},
        now=now,
    )
