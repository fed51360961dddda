"""The inbox of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor
from app.domain.errors import NotAllowed
from app.domain.notices import Notice
from app.queries.cursors import read_cursor, write_cursor
from app.storage.unit_of_work import UnitOfWork

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """One page of a person's notices, the newest first."""

    notices: tuple[Notice, ...]
    unread: int
    next_cursor: str


def inbox(uow: UnitOfWork, *, actor: Actor, after: str) -> Inbox:
    """
    Return a page of the actor's notices; they hold no client data.

    :raises InvalidInput: the cursor is not ours
    """
    if actor.user_key is None or actor.client_key is not None:
        raise NotAllowed("notices")
    found = uow.notices.of_person(actor.user_key, after=read_cursor(after, sorted_by=datetime), limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    return Inbox(
        notices=tuple(shown),
        unread=uow.notices.count_unread(actor.user_key),
        next_cursor=write_cursor(shown[-1].at, shown[-1].key) if len(found) > PAGE_SIZE else "",
    )


def count_unread(uow: UnitOfWork, *, user_key: int) -> int:
    """Return how many notices the person has not seen: the number beside the place."""
    return uow.notices.count_unread(user_key)
