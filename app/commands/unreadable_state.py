"""
An instance whose stored state cannot be read: one incident says so, however often and wherever somebody runs into it.

The failing command's transaction is undone as a whole, so the incident is written in one of its own, by the executor.
"""

from __future__ import annotations

from datetime import datetime

from app.domain.errors import UNREADABLE_STATE, StateUnreadable
from app.domain.keys import new_key
from app.domain.steps import (
    CalledProcessEnded,
    ElementEvent,
    HistoryEvent,
    IncidentOpened,
    InstanceStatus,
    Step,
    WaitClosed,
    WaitKind,
)
from app.engine.run import ensure_readable, inspect_state
from app.published import locked_surroundings, process_of
from app.storage.rows import Instance
from app.storage.unit_of_work import UnitOfWork

_CHECKED = frozenset({WaitKind.USER_TASK, WaitKind.JOB, WaitKind.TIMER})


def report_unreadable_state(uow: UnitOfWork, *, instance_key: int, code: str, message: str, now: datetime) -> bool:
    """
    Open the incident of the instance itself, unless it has one; return whether it was opened.

    :raises NotFound: no such instance
    """
    instance = uow.instances.lock(instance_key)
    if instance.status != InstanceStatus.ACTIVE or uow.incidents.has_open(instance.key, codes=UNREADABLE_STATE):
        return False
    opened = IncidentOpened(
        key=new_key(),
        element_instance_key=instance.key,
        element_id=instance.process_id,
        code=code,
        message=message,
    )
    uow.incidents.add(instance.key, instance.process_id, [opened], now=now)
    uow.instances.count_incidents(instance.key, change=1)
    return True


def ensure_sound_state(uow: UnitOfWork, instance: Instance, *, now: datetime) -> None:
    """
    Check that the locked instance's state can be read and waits for every open task, job and timer of the instance.

    A state put back from an older copy may be whole and yet not wait for what people see.

    :raises StateUnreadable: it cannot, or does not
    """
    process = process_of(uow, instance.definition_key)
    ensure_readable(process, instance.state, locked_surroundings(uow, process, instance, now=now))
    known = {wait.key for element in inspect_state(instance.state) for wait in element.waits}
    rows = uow.instances.open_waits(instance.key)
    missing = [key for kind, key in rows if kind in _CHECKED and key not in known]
    if missing:
        raise without_wait(instance, missing[0], now=now)


def without_wait(instance: Instance, key: int, *, now: datetime) -> StateUnreadable:
    """Return the fault of a state that can be read and does not wait for an open task, job or timer of this key."""
    error = StateUnreadable("state_without_wait", f"the state does not wait for {key}")
    error.instance_key, error.at = instance.key, now
    return error


def step_that_ends(uow: UnitOfWork, instance: Instance) -> Step:
    """Return the step that ends the locked instance by its rows alone; its state is left for whoever looks into it."""
    active: dict[int, HistoryEvent] = {}
    for line in uow.monitor.history(instance.key):
        if line["event"] == ElementEvent.ACTIVATED:
            active[line["element_instance_key"]] = HistoryEvent(
                element_instance_key=line["element_instance_key"],
                scope_key=line["scope_key"],
                element_id=line["element_id"],
                element_type=line["element_type"],
                event=ElementEvent.TERMINATED,
                called_key=line["called_process_key"],
            )
        else:
            active.pop(line["element_instance_key"], None)
    return Step(
        state=instance.state,
        status=InstanceStatus.TERMINATED,
        closed=tuple(
            WaitClosed(key=key, kind=kind, completed=False) for kind, key in uow.instances.open_waits(instance.key)
        ),
        # what began last ends first: the process itself at the end
        history=tuple(reversed(active.values())),
        calls_ended=tuple(
            CalledProcessEnded(key=line.element_instance_key, status=InstanceStatus.TERMINATED)
            for line in active.values()
            if line.element_instance_key == line.called_key
        ),
    )
