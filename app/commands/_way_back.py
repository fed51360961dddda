"""Keep what leads back from the completion of a user task; it travels with the writes of the completion."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from app.domain.answers import Answers
from app.domain.steps import (
    NOTE_TIME,
    ConditionAwaited,
    IncidentOpened,
    JobOpened,
    ListenerEvent,
    MessageAwaited,
    Opened,
    SignalAwaited,
    Step,
    TimerOpened,
    UserTaskOpened,
    WaitKind,
)
from app.domain.way_back import Obstacle, obstacle_of
from app.published import process_of
from app.storage.rows import Instance, Task
from app.storage.unit_of_work import UnitOfWork
from app.storage.way_back import KeptCompletion

#: bytes of a state of which a second copy is kept; a wide one would double what a completion writes
LARGEST_STATE = 100_000

_KINDS: Mapping[type[Opened], WaitKind] = {
    UserTaskOpened: WaitKind.USER_TASK,
    JobOpened: WaitKind.JOB,
    TimerOpened: WaitKind.TIMER,
    MessageAwaited: WaitKind.MESSAGE,
    SignalAwaited: WaitKind.SIGNAL,
    ConditionAwaited: WaitKind.CONDITION,
    IncidentOpened: WaitKind.INCIDENT,
}


class Before(msgspec.Struct, array_like=True, gc=False):
    """An instance as it was before a completion, what the completion ended and wrote, and what was typed."""

    state: bytes
    #: lines of its history
    history_count: int
    #: keys of what it ended besides the task, by the kind of the wait
    closed: dict[str, list[int]]
    #: variables as scope and name
    written: list[tuple[int, str]]
    #: as a draft
    typed: bytes


def keep_way_back(
    uow: UnitOfWork,
    *,
    task: Task,
    before: Instance,
    after: Instance,
    step: Step,
    answers: Answers | None,
    typed: bytes,
    now: datetime,
) -> None:
    """
    Keep what is needed to take the completion back, or why it cannot be; of some tasks nothing that says when.

    `before` and `after` are the instance as it was locked, and with the case that the answers have brought.
    """
    if task.properties.get(NOTE_TIME):
        return
    opened_case = before.case_key != after.case_key
    obstacle = obstacle_of(step, task_key=task.key, answers=answers, opened_case=opened_case)
    if obstacle is None and _has_listeners(uow, after, step):
        obstacle = Obstacle.LISTENERS
    if obstacle is None and len(before.state) > LARGEST_STATE:
        obstacle = Obstacle.WIDE
    opened: dict[str, list[int]] = {}
    closed: dict[str, list[int]] = {}
    content = b""
    if obstacle is None:
        for wait in step.opened:
            opened.setdefault(_KINDS[type(wait)], []).append(wait.key)
        for ended in step.closed:
            if ended.key != task.key and ended.kind is not WaitKind.CONDITION:
                closed.setdefault(ended.kind, []).append(ended.key)
        content = msgspec.msgpack.encode(
            Before(
                state=before.state,
                history_count=before.history_count,
                closed=closed,
                written=[(each.scope_key, each.name) for each in step.variables],
                typed=typed,
            )
        )
    uow.way_back.keep(
        after.key,
        KeptCompletion(
            task_key=task.key,
            revision=after.revision + 1,
            at=now,
            obstacle=obstacle or "",
            opened=opened,
            content=content,
        ),
    )


def _has_listeners(uow: UnitOfWork, instance: Instance, step: Step) -> bool:
    """Tell whether one of the new tasks has listeners that are told when it is cancelled."""
    for wait in step.opened:
        if isinstance(wait, UserTaskOpened):
            definition_key = wait.called.definition_key if wait.called else instance.definition_key
            for element in process_of(uow, definition_key).outline.elements:
                if element.element_id == wait.element_id and ListenerEvent.CANCELING in element.task_events:
                    return True
    return False
