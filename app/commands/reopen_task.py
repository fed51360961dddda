"""Take the completion of one's own task back, while nothing has been built on it (ADR 122)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from app.commands._record import record_step
from app.commands._task_changes import note_change
from app.commands._way_back import Before
from app.commands.absences import is_substitute
from app.commands.claim_task import ensure_concerns
from app.domain.actor import Actor, may_complete
from app.domain.errors import InstancePaused, NotAllowed, NotReopenable
from app.domain.keys import new_key
from app.domain.steps import (
    ElementEvent,
    HistoryEvent,
    InstanceStatus,
    Step,
    VariableWritten,
    WaitClosed,
    WaitKind,
)
from app.domain.way_back import LIMIT, USUAL, Obstacle, obstacle_now
from app.engine.rekeying import FoldedState, rekeyed
from app.engine.run import ensure_readable, read_variables
from app.published import locked_surroundings, process_of
from app.storage.rows import Instance, Task
from app.storage.unit_of_work import UnitOfWork


def reopen_task(uow: UnitOfWork, *, task_key: int, actor: Actor, now: datetime) -> Task:
    """
    Open the task that the actor has completed again, theirs, with what they had sent as their draft.

    The instance goes back to the state in which it was, and its history goes on: it tells of the completion and that
    it was taken back. What the completion had opened is cancelled, what it had ended waits again. Answers stay in the
    client's records until newer ones take their place. A task that is open already stays as it is.

    :raises NotFound: no such task
    :raises NotAllowed: the actor has not completed it, or could not do it any more
    :raises InstancePaused: an administrator has paused the process
    :raises NotReopenable: something has been built on it, or its time is over
    :raises StateUnreadable: the instance cannot go back until an administrator has put it right
    """
    instance = uow.instances.lock_for_task(task_key)
    task = uow.tasks.get(task_key)
    ensure_concerns(task, actor, "reopen_task")
    if task.status == "open" and task.assignee == actor.user_key:
        return task
    if task.status != "completed" or task.completed_by != actor.user_key or actor.client_key is not None:
        raise NotAllowed("reopen_task")
    if not may_complete(actor, task=task.restriction) and not is_substitute(uow, task=task, actor=actor, now=now):
        raise NotAllowed("reopen_task")
    if instance.paused_at is not None:
        raise InstancePaused(instance.key)
    _ensure_nothing_built(uow, instance, task, now)
    kept = uow.way_back.find(instance.key)
    before = msgspec.msgpack.decode(kept.content, type=Before)
    _go_back(uow, instance, task, before, kept.opened, actor, now)
    uow.tasks.save_draft(task_key, actor.user_key or 0, before.typed, now=now)
    note_change(uow, "task_reopened", task, actor=actor, now=now, element=task.element_id)
    return uow.tasks.get(task_key)


def _ensure_nothing_built(uow: UnitOfWork, instance: Instance, task: Task, now: datetime) -> None:
    obstacle = obstacle_now(
        uow.way_back.standing(instance.key, lock=True),
        task_key=task.key,
        properties=task.properties,
        lasts=uow.reference.duration(LIMIT, area_id=instance.area_id, usual=USUAL),
        now=now,
    )
    if obstacle is not None:
        raise NotReopenable(task.key, obstacle=obstacle)


def _go_back(
    uow: UnitOfWork,
    instance: Instance,
    task: Task,
    before: Before,
    opened: Mapping[str, Sequence[int]],
    actor: Actor,
    now: datetime,
) -> None:
    events = uow.way_back.events_after(instance.key, before.history_count)
    try:
        state, given = rekeyed(before.state, {each.element_instance_key for each in events}, new_key=new_key)
    except FoldedState:
        raise NotReopenable(task.key, obstacle=Obstacle.WIDE) from None
    process = process_of(uow, instance.definition_key)
    ensure_readable(process, state, locked_surroundings(uow, process, instance, now=now))
    known = read_variables(state)
    step = Step(
        state=state,
        status=InstanceStatus.ACTIVE,
        closed=tuple(
            WaitClosed(key=key, kind=WaitKind(kind), completed=False) for kind, keys in opened.items() for key in keys
        ),
        history=_told(events, task, given),
        variables=_variables(events, before, known, given),
    )
    record_step(uow, instance=instance, step=step, actor=actor, now=now)
    uow.way_back.forget_variables(
        [(scope, name) for scope, name in before.written if scope in known and name not in known[scope]]
    )
    for kind, keys in before.closed.items():
        uow.way_back.revive(WaitKind(kind), keys, element_instances=given)
    uow.tasks.reopen(
        task,
        assignee=actor.user_key if task.assignee is None else task.assignee,
        element_instance_key=given[task.element_instance_key],
    )
    uow.way_back.forget(instance.key)


def _variables(
    events: Sequence[HistoryEvent],
    before: Before,
    known: Mapping[int, Mapping[str, Any]],
    given: Mapping[int, int],
) -> tuple[VariableWritten, ...]:
    """Return the variables that the completion wrote over, as they were, and those of scopes that have a new key."""
    called = {
        given[each.element_instance_key]: each.called_key for each in events if each.element_instance_key in given
    }
    places = [(scope, name) for scope, name in before.written if name in known.get(scope, {})]
    places += [(scope, name) for scope in given.values() for name in known.get(scope, {})]
    return tuple(
        VariableWritten(scope_key=scope, name=name, value=known[scope][name], called_key=called.get(scope))
        for scope, name in places
    )


def _told(events: Sequence[HistoryEvent], task: Task, given: Mapping[int, int]) -> tuple[HistoryEvent, ...]:
    """Return what the history says of going back: the completion taken back, what it began, what goes on."""
    begun = {each.element_instance_key: each for each in events if each.event is ElementEvent.ACTIVATED}
    ended = {each.element_instance_key: each for each in events if each.event is not ElementEvent.ACTIVATED}
    withdrawn = replace(ended[task.element_instance_key], event=ElementEvent.WITHDRAWN)
    # what began last ends first, and what ended last goes on first: it is around the others
    left = [replace(each, event=ElementEvent.TERMINATED) for key, each in begun.items() if key not in ended]
    alive = [
        replace(
            each,
            element_instance_key=given[key],
            scope_key=given.get(each.scope_key, each.scope_key),
            event=ElementEvent.ACTIVATED,
        )
        for key, each in ended.items()
        if key not in begun
    ]
    return (withdrawn, *reversed(left), *reversed(alive))
