"""Keep what somebody has typed and chosen and not sent."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.commands.keep_uploads import KeptFields, keep_uploads
from app.domain.actor import Actor
from app.domain.errors import InvalidInput, NotAllowed, Problem
from app.engine.forms import Raw
from app.storage.unit_of_work import UnitOfWork

#: what a person can type into one form; more is a fault or an attack
LARGEST_DRAFT = 1_000_000


def save_draft(uow: UnitOfWork, *, task_key: int, actor: Actor, fields: Raw, now: datetime) -> KeptFields:
    """
    Keep the fields for this person and task, encrypted: texts as they are and unchecked, files that fit the form.

    A draft is also taken for a task that someone else has or has completed meanwhile: what was typed is never lost.

    :raises NotFound: no such task
    :raises NotAllowed: the task is not for the actor's roles
    :raises InvalidInput: the draft is too large
    """
    kept = keep_uploads(uow, task=uow.tasks.get(task_key), actor=actor, fields=fields, now=now)
    content = msgspec.json.encode({key: list(values) for key, values in kept.fields.items()})
    if len(content) > LARGEST_DRAFT:
        raise InvalidInput([Problem("draft_too_large")])
    if actor.user_key is None:
        raise NotAllowed("save_draft")
    uow.tasks.save_draft(task_key, actor.user_key, content, now=now)
    return kept
