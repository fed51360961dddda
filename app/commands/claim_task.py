"""Take a user task, or give it back."""

from __future__ import annotations

from datetime import datetime

from app.commands._task_changes import give, note_change
from app.domain.actor import Actor, may_take
from app.domain.errors import NotAllowed, TaskAlreadyClosed, TaskClaimedByOther, TaskHeld
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork


def ensure_open(task: Task) -> None:
    """
    Check that the task can still be worked on.

    :raises TaskAlreadyClosed: it cannot; says who and when
    :raises TaskHeld: it can again when its listeners have looked at what was asked for
    """
    if task.status != "open":
        raise TaskAlreadyClosed(task.key, by=task.completed_by, at=task.ended_at, state=task.status)
    if task.held_event:
        raise TaskHeld(task.key, event=task.held_event)


def ensure_concerns(task: Task, actor: Actor, reason: str) -> None:
    """
    Check that the actor holds, has done or could take the task; the system does everything.

    :raises NotAllowed: they have nothing to do with it, and learn nothing of it
    """
    own = actor.is_system or actor.user_key in (task.assignee, task.completed_by)
    if not own and not may_take(actor, task=task.restriction):
        raise NotAllowed(reason)


def claim_task(uow: UnitOfWork, *, task_key: int, actor: Actor, now: datetime) -> Task:
    """
    Give the open task to the actor; taking one's own task again changes nothing.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises TaskHeld: its listeners look at another change
    :raises TaskClaimedByOther: someone else has it
    :raises NotAllowed: it is not for the actor's roles
    """
    instance = uow.instances.lock_for_task(task_key)
    task = uow.tasks.get(task_key)
    # first of all: who has it or has done it is for those only who could
    ensure_concerns(task, actor, "take_task")
    ensure_open(task)
    if task.assignee == actor.user_key:
        return task
    if task.assignee is not None:
        raise TaskClaimedByOther(task_key, by=task.assignee)
    if give(uow, instance=instance, task=task, to=actor.user_key, username=actor.name, actor=actor, now=now):
        note_change(uow, "task_claimed", task, actor=actor, now=now)
    return uow.tasks.get(task_key)


def release_task(uow: UnitOfWork, *, task_key: int, actor: Actor, now: datetime) -> Task:
    """
    Give the actor's task back to its group; what they typed stays as their draft.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises NotAllowed: it is not the actor's
    """
    instance = uow.instances.lock_for_task(task_key)
    task = uow.tasks.get(task_key)
    ensure_concerns(task, actor, "release_task")
    ensure_open(task)
    if task.assignee is None:
        return task
    if task.assignee != actor.user_key:
        raise NotAllowed("release_task")
    if give(uow, instance=instance, task=task, to=None, username="", actor=actor, now=now):
        note_change(uow, "task_released", task, actor=actor, now=now)
    return uow.tasks.get(task_key)
