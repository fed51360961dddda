"""Keep what somebody has typed and chosen and not sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.commands.keep_uploads import KeptFields, keep_uploads
from app.domain.actor import Actor
from app.domain.errors import DraftElsewhere, InvalidInput, NotAllowed, Problem
from app.engine.forms import Raw
from app.storage.unit_of_work import UnitOfWork

#: what a person can type into one form; more is a fault or an attack
LARGEST_DRAFT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOn:
    """The page that was typed into: its own id, and the draft that it was drawn with (`draft_mark`, "" none)."""

    page_id: str
    seen: str

    def knows(self, *, page_id: str, saved_at: datetime) -> bool:
        """Tell whether the page saved that draft itself, or was drawn with it."""
        return page_id == self.page_id or draft_mark(saved_at) == self.seen


def draft_mark(saved_at: datetime | None) -> str:
    """Return by what a page knows again the draft that it was drawn with."""
    return "" if saved_at is None else saved_at.isoformat()


def save_draft(
    uow: UnitOfWork, *, task_key: int, actor: Actor, fields: Raw, now: datetime, page: WrittenOn | None = None
) -> KeptFields:
    """
    Keep the fields for this person and task, encrypted: texts as they are and unchecked, files that fit the form.

    A draft is also taken for a task that someone else has or has completed meanwhile: what was typed is never lost.
    Without `page` it is written over what there is.

    :raises NotFound: no such task
    :raises NotAllowed: the task is not for the actor's roles
    :raises InvalidInput: the draft is too large
    :raises DraftElsewhere: the person has typed on another page meanwhile, which this one does not know
    """
    kept = keep_uploads(uow, task=uow.tasks.get(task_key), actor=actor, fields=fields, now=now)
    content = msgspec.json.encode({key: list(values) for key, values in kept.fields.items()})
    if len(content) > LARGEST_DRAFT:
        raise InvalidInput([Problem("draft_too_large")])
    if actor.user_key is None:
        raise NotAllowed("save_draft")
    if page is None:
        uow.tasks.save_draft(task_key, actor.user_key, content, now=now)
    else:
        _save_from_page(uow, task_key, actor.user_key, content, page, now)
    return kept


def _save_from_page(
    uow: UnitOfWork, task_key: int, user_key: int, content: bytes, page: WrittenOn, now: datetime
) -> None:
    found = uow.tasks.lock_draft(task_key, user_key)
    if found is None:
        if not uow.tasks.add_draft(task_key, user_key, content, now=now, page_id=page.page_id):
            raise DraftElsewhere(task_key, at=now)
        return
    page_id, saved_at = found
    if not page.knows(page_id=page_id, saved_at=saved_at):
        raise DraftElsewhere(task_key, at=saved_at)
    uow.tasks.save_draft(task_key, user_key, content, now=now, page_id=page.page_id)
