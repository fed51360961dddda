"""Let a due timer go off."""

from __future__ import annotations

from datetime import datetime

from app.commands._record import record_step
from app.commands.unreadable_state import without_wait
from app.domain.actor import SYSTEM
from app.domain.errors import NotFound
from app.domain.steps import InstanceStatus, TimerFired
from app.engine.run import advance
from app.published import locked_surroundings, process_of
from app.storage.unit_of_work import UnitOfWork


def fire_timer(uow: UnitOfWork, *, timer_key: int, now: datetime) -> bool:
    """
    Continue the instance behind the timer if it still waits for it; return whether it did.

    Status and not time decides, so that a clock set back never fires a timer twice.

    :raises NotFound: no such timer
    :raises StateUnreadable: the instance cannot go on until an administrator has put it right
    """
    instance = uow.instances.lock_for_timer(timer_key)
    timer = uow.timers.get(timer_key)
    if timer.status != "open" or timer.due_at > now or instance.status != InstanceStatus.ACTIVE:
        return False
    if instance.paused_at is not None:
        return False
    process = process_of(uow, instance.definition_key)
    around = locked_surroundings(uow, process, instance, now=now)
    try:
        step = advance(process, instance.state, TimerFired(key=timer_key), surroundings=around)
    except NotFound:
        raise without_wait(instance, timer_key, now=now) from None
    record_step(uow, instance=instance, step=step, actor=SYSTEM, now=now)
    return True
