"""Give a user task to somebody or change it: at once, or when the task's listeners have allowed it."""

from __future__ import annotations

from datetime import datetime

from app.commands._record import record_step
from app.domain.actor import Actor
from app.domain.errors import TaskClaimedByOther
from app.domain.steps import ListenerEvent, TaskChanges, UserTaskChangeAsked
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
    if not uow.tasks.assign(
        task.key, to, expected=task.assignee, by=actor.user_key, delegated_by=delegated_by, now=now
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
    step = advance(
        process,
        instance.state,
        UserTaskChangeAsked(key=task.key, event=event, changes=changes),
        surroundings=locked_surroundings(uow, process, instance, now=now),
    )
    record_step(uow, instance=instance, step=step, actor=actor, now=now)
    return True
