"""Ask the holder for a task, hand one's own on (for good, or so that it returns), give it back, put it off."""

from __future__ import annotations

from datetime import date, datetime

from app.commands._task_changes import give, held, note_change, tell
from app.commands.claim_task import ensure_concerns, ensure_open
from app.domain.actor import Actor, may_take
from app.domain.calendar import local_date, local_midnight, parse_day
from app.domain.errors import InvalidInput, NotAllowed, Problem, TaskClaimedByOther
from app.domain.notices import NoticeKind
from app.domain.steps import ListenerEvent, noted_moments
from app.storage.rows import Instance, Task
from app.storage.unit_of_work import UnitOfWork


def ask_for_task(uow: UnitOfWork, *, task_key: int, actor: Actor, now: datetime) -> bool:
    """
    Tell the holder that the actor would like to have the task; asking again tells nothing new.

    Returns False where nobody holds the task any more: it can simply be taken.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises NotAllowed: the actor could not take it
    """
    task = uow.tasks.get(task_key)
    if actor.client_key is not None or not may_take(actor, task=task.restriction):
        raise NotAllowed("take_task")
    ensure_open(task)
    if task.assignee in (None, actor.user_key):
        return False
    uow.notices.add_once(
        task.assignee or 0,
        NoticeKind.ASKED,
        task_key=task_key,
        by=actor.user_key,
        once=f"asked:{task_key}:{actor.user_key}:{task.revision}",
        now=noted_moments(task.properties, now)[0],
    )
    _note(uow, actor, "task_asked_for", task, now, holder=task.assignee)
    return True


def delegate_task(uow: UnitOfWork, *, task_key: int, username: str, returns: bool, actor: Actor, now: datetime) -> Task:
    """
    Give the actor's own task to another candidate; with `returns` it comes back when they have done their part.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises TaskHeld: its listeners look at another change
    :raises TaskClaimedByOther: it is not the actor's any more
    :raises NotAllowed: it is not for the actor
    :raises InvalidInput: nobody of this name may take the task
    """
    instance, task = _own(uow, task_key, actor)
    able = [
        person
        for person in uow.api_clients.people_named(username)
        if person.user_key != actor.user_key and may_take(person, task=task.restriction)
    ]
    if not able or able[0].user_key is None:
        raise InvalidInput([Problem("not_a_candidate", place="assignee")])
    to = able[0].user_key
    responsible = (task.delegated_by or actor.user_key) if returns else None
    if give(
        uow,
        instance=instance,
        task=task,
        to=to,
        username=username,
        actor=actor,
        # who hands on what they were handed is not who it returns to, unless it goes back to them
        delegated_by=None if responsible == to else responsible,
        now=now,
    ):
        kind = NoticeKind.DELEGATED if returns else NoticeKind.ASSIGNED
        tell(uow, [to], kind, task, actor=actor, now=now)
        _note(uow, actor, "task_delegated", task, now, holder=to)
    return uow.tasks.get(task_key)


def return_task(uow: UnitOfWork, *, task_key: int, actor: Actor, now: datetime) -> Task:
    """
    Give a task that was handed on back to whom it returns; where they have left, to its group.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises TaskHeld: its listeners look at another change
    :raises TaskClaimedByOther: it is not the actor's any more
    :raises NotAllowed: it is not for the actor, or returns to nobody
    """
    instance, task = _own(uow, task_key, actor)
    if task.delegated_by is None:
        raise NotAllowed("return_task")
    to = None if uow.accounts.has_left(task.delegated_by) else task.delegated_by
    username = uow.accounts.get(to).username if to is not None else ""
    if give(uow, instance=instance, task=task, to=to, username=username, actor=actor, now=now):
        tell(uow, [] if to is None else [to], NoticeKind.RETURNED, task, actor=actor, now=now)
        _note(uow, actor, "task_returned", task, now, holder=to)
    return uow.tasks.get(task_key)


def set_follow_up(uow: UnitOfWork, *, task_key: int, day: str, actor: Actor, now: datetime) -> Task:
    """
    Note on which day (as `parse_day` reads it, in Finland) the holder goes on with the task; "" takes it away.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: it has ended
    :raises TaskHeld: its listeners look at another change
    :raises TaskClaimedByOther: it is not the actor's any more
    :raises NotAllowed: it is not for the actor
    :raises InvalidInput: that is no day, or it has passed
    """
    instance, task = _own(uow, task_key, actor)
    chosen = _day(day, today=local_date(now)) if day else None
    at = local_midnight(chosen) if chosen is not None else None
    changes = {"follow_up_at": at.isoformat() if at is not None else ""}
    event = ListenerEvent.UPDATING
    if not held(uow, instance=instance, task=task, changes=changes, event=event, actor=actor, now=now):
        uow.tasks.change(
            task,
            due_at=task.due_at,
            follow_up_at=at,
            priority=task.priority,
            candidate_groups=task.candidate_groups,
            candidate_users=task.candidate_users,
        )
        _note(uow, actor, "task_put_off", task, now, holder=task.assignee)
    return uow.tasks.get(task_key)


def _own(uow: UnitOfWork, task_key: int, actor: Actor) -> tuple[Instance, Task]:
    """
    Lock and return the actor's own open task with its instance.

    :raises TaskClaimedByOther: it is not theirs (any more)
    """
    instance = uow.instances.lock_for_task(task_key)
    task = uow.tasks.get(task_key)
    ensure_concerns(task, actor, "take_task")
    ensure_open(task)
    if actor.client_key is not None or task.assignee is None:
        raise NotAllowed("take_task")
    if task.assignee != actor.user_key:
        raise TaskClaimedByOther(task_key, by=task.assignee)
    return instance, task


def _day(text: str, *, today: date) -> date:
    day = parse_day(text)
    if day is None or day < today:
        raise InvalidInput([Problem("follow_up_day", place="follow_up")])
    return day


def _note(uow: UnitOfWork, actor: Actor, action: str, task: Task, now: datetime, *, holder: int | None) -> None:
    note_change(uow, action, task, actor=actor, now=now, element=task.element_id, holder=str(holder or ""))
