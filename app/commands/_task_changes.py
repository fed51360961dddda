"""
Give a user task to somebody or change it (at once, or when its listeners have allowed it), and note that.

Of some tasks no finer time than the week may be written (`kyky.noteTime`): that is seen to here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from app.commands._record import record_step
from app.domain.actor import Actor
from app.domain.errors import TaskClaimedByOther
from app.domain.notices import NoticeKind
from app.domain.steps import ListenerEvent, TaskChanges, UserTaskChangeAsked, noted_moments
from app.engine.run import advance
from app.published import locked_surroundings, process_of
from app.storage.rows import Instance, Task
from app.storage.unit_of_work import UnitOfWork


def give(
    uow: UnitOfWork,
    *,
    instance: Instance,
    task: Task,
    to: int | None,
    username: str,
    actor: Actor,
    delegated_by: int | None = None,
    now: datetime,
) -> bool:
    """
    Give the open task to the person (or to nobody), and return True; False where listeners have to allow it first.

    `delegated_by` is to whom it returns; what listeners allow later is given for good.

    :raises TaskClaimedByOther: somebody was faster
    """
    if held(uow, instance=instance, task=task, changes={"assignee": username}, actor=actor, now=now):
        return False
    noted, _ = noted_moments(task.properties, now)
    if not uow.tasks.assign(
        task.key, to, expected=task.assignee, by=actor.user_key, delegated_by=delegated_by, now=noted
    ):
        raise TaskClaimedByOther(task.key, by=0)
    return True


def held(
    uow: UnitOfWork,
    *,
    instance: Instance,
    task: Task,
    changes: TaskChanges,
    event: ListenerEvent = ListenerEvent.ASSIGNING,
    actor: Actor,
    now: datetime,
) -> bool:
    """Hand the change to the task's listeners where it has some for the event, and return whether it has."""
    outline = process_of(uow, task.definition_key).outline
    if not any(event in each.task_events for each in outline.elements if each.element_id == task.element_id):
        return False
    process = process_of(uow, instance.definition_key)
    noted, counted = noted_moments(task.properties, now)
    step = advance(
        process,
        instance.state,
        UserTaskChangeAsked(key=task.key, event=event, changes=changes),
        surroundings=locked_surroundings(uow, process, instance, now=counted),
    )
    record_step(uow, instance=instance, step=step, actor=actor, now=noted)
    return True


def note_change(uow: UnitOfWork, action: str, task: Task, *, actor: Actor, now: datetime, **details: Any) -> None:
    """Write into the audit what was done with the task."""
    uow.audit.add(
        actor=actor,
        action=action,
        subject="user_task",
        subject_key=task.key,
        instance_key=task.instance_key,
        case_key=task.case_key,
        details=details,
        now=noted_moments(task.properties, now)[0],
    )


def tell(
    uow: UnitOfWork, people: Collection[int], kind: NoticeKind, task: Task, *, actor: Actor, now: datetime
) -> None:
    """Bring what the actor did with the task to the notice of these people."""
    noted, _ = noted_moments(task.properties, now)
    uow.notices.add(people, kind, task_key=task.key, by=actor.user_key, now=noted)
