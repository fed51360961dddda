"""End a process instance from outside."""

from __future__ import annotations

from datetime import datetime

from app.commands._record import record_step
from app.commands.unreadable_state import step_that_ends
from app.domain.actor import Actor, may_repair
from app.domain.errors import CalledByOther, InvalidInput, NotAllowed, Problem, StateUnreadable
from app.domain.steps import Cancelled
from app.engine.run import advance
from app.published import locked_surroundings, process_of
from app.storage.rows import Instance
from app.storage.unit_of_work import UnitOfWork


def cancel_instance(uow: UnitOfWork, *, instance_key: int, actor: Actor, reason: str, now: datetime) -> None:
    """
    Close everything that the instance waits for and end it; the reason is kept.

    An instance whose state cannot be read is ended by its rows.

    :raises NotFound: no such instance
    :raises InstanceEnded: it has ended already
    :raises CalledByOther: it was called by another process and ends with that one's instance
    :raises NotAllowed: the actor may not repair instances
    :raises InvalidInput: no reason given
    """
    if not (may_repair(actor) or actor.is_system):
        raise NotAllowed("cancel_instance")
    if not reason.strip():
        raise InvalidInput([Problem("reason_required", place="reason")])
    called = uow.called_processes.find(instance_key)
    if called is not None:
        raise CalledByOther(instance_key, instance_key=called.instance_key)
    instance = uow.instances.lock_active(instance_key)
    end_instance(uow, instance=instance, actor=actor, action="instance_cancelled", reason=reason.strip(), now=now)


def end_instance(
    uow: UnitOfWork, *, instance: Instance, actor: Actor, action: str, now: datetime, reason: str = ""
) -> None:
    """
    Close everything that the locked running instance waits for and end it, readable or not.

    `action` is what the audit says of it, with the reason.
    """
    process = process_of(uow, instance.definition_key)
    around = locked_surroundings(uow, process, instance, now=now)
    try:
        step = advance(process, instance.state, Cancelled(), surroundings=around)
    except StateUnreadable:
        step = step_that_ends(uow, instance)
    record_step(uow, instance=instance, step=step, actor=actor, reason=reason, now=now)
    if instance.paused_at is not None:
        # listeners that are told of its tasks are not held back by a pause that nobody can end any more
        uow.instances.pause(instance.key, at=None)
    uow.audit.add(
        actor=actor,
        action=action,
        subject="process_instance",
        subject_key=instance.key,
        instance_key=instance.key,
        case_key=instance.case_key,
        reason=reason,
        now=now,
    )
