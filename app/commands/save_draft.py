"""Keep what somebody has typed and not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from app.commands.claim_task import restriction
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
    if actor.user_key is None or not (may_take(actor, task=restriction(task)) or task.assignee == actor.user_key):
        raise NotAllowed("save_draft")
    content = msgspec.json.encode({key: list(values) for key, values in fields.items()})
    if len(content) > LARGEST_DRAFT:
        raise InvalidInput([Problem("draft_too_large")])
    sealed = uow.cipher.encrypt(content, table="draft", key=task_key, field=str(actor.user_key))
    uow.tasks.save_draft(task_key, actor.user_key, sealed, now=now)
    return now


def find_draft(uow: UnitOfWork, *, task_key: int, user_key: int) -> tuple[dict[str, list[str]], datetime] | None:
    """Return the fields of the person's draft and when it was saved."""
    found = uow.tasks.find_draft(task_key, user_key)
    if found is None:
        return None
    content, saved_at = found
    opened = uow.cipher.decrypt(content, table="draft", key=task_key, field=str(user_key))
    return msgspec.json.decode(opened, type=dict[str, list[str]]), saved_at
