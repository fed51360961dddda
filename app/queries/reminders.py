"""A person's own reminders: those of today in the worklist, all of them on a page of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.errors import NotAllowed
from app.domain.reminders import DONE_KEPT, Reminder, due_and_ahead
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPage:
    """What is due, what comes, and what was done in the last days, the newest first; no client data."""

    due: tuple[Reminder, ...]
    ahead: tuple[Reminder, ...]
    done: tuple[Reminder, ...]


def reminder_page(uow: UnitOfWork, *, actor: Actor, now: datetime) -> ReminderPage:
    """Return the actor's reminders. :raises NotAllowed: the actor is no person at work"""
    if actor.user_key is None or actor.client_key is not None:
        raise NotAllowed("reminders")
    found = uow.reminders.of_person(actor.user_key, done_since=now - DONE_KEPT)
    due, ahead = due_and_ahead(found, today=local_date(now))
    done = sorted(
        (each for each in found if each.done_at is not None), key=lambda each: (each.done_at, each.key), reverse=True
    )
    return ReminderPage(due=tuple(due), ahead=tuple(ahead), done=tuple(done))


def reminders_due(uow: UnitOfWork, *, actor: Actor, now: datetime) -> list[Reminder]:
    """Return what the actor wanted to be reminded of by today; nothing for who has no reminders of their own."""
    if actor.user_key is None or actor.client_key is not None:
        return []
    today = local_date(now)
    found = uow.reminders.of_person(actor.user_key, done_since=now, until=today)
    return due_and_ahead(found, today=today)[0]
