"""Keep what somebody has typed and not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from app.domain.actor import Actor, may_take
from app.domain.errors import InvalidInput, NotAllowed, Problem
from app.storage.unit_of_work import UnitOfWork

#: what a person can type into one form; more is a fault or an attack
LARGEST_DRAFT = 1_000_000


def save_draft(
    uow: UnitOfWork, *, task_key: int, actor: Actor, fields: Mapping[str, Sequence[str]], now: datetime
) -> datetime:
    """
    Keep the fields as they are, unchecked and encrypted, for this person and task; return when.

    A draft is also taken for a task that someone else has or has completed meanwhile: what was typed is never lost.

    :raises NotFound: no such task
    :raises NotAllowed: the task is not for the actor's roles
    :raises InvalidInput: the draft is too large
    """
    task = uow.tasks.get(task_key)
    if actor.user_key is None or not (may_take(actor, task=task.restriction) or task.assignee == actor.user_key):
        raise NotAllowed("save_draft")
    content = msgspec.json.encode({key: list(values) for key, values in fields.items()})
    if len(content) > LARGEST_DRAFT:
        raise InvalidInput([Problem("draft_too_large")])
    uow.tasks.save_draft(task_key, actor.user_key, content, now=now)
    return now
