"""Keep a person's own reminders: write one, move it, mark it as done, take that back."""

from __future__ import annotations

from datetime import date, datetime

from app.domain.actor import Actor
from app.domain.calendar import local_date, parse_day
from app.domain.errors import InvalidInput, NotAllowed, Problem
from app.domain.reminders import MOST_REMINDERS, problems_of_day, problems_of_text
from app.storage.unit_of_work import UnitOfWork


def write_reminder(uow: UnitOfWork, *, text: str, day: str, actor: Actor, now: datetime) -> int:
    """
    Keep what the actor wants to be reminded of on the day (as `parse_day` reads it), and return its key.

    :raises NotAllowed: the actor is no person at work
    :raises InvalidInput: the text is none, too long or names an identity code, the day is none, past or too far, or
        they have as many as one person can have
    """
    person, text = _person(actor), " ".join(text.split())
    chosen, problems = _day(day, now)
    problems = [*problems_of_text(text), *problems]
    if not problems and uow.reminders.count_open(person) >= MOST_REMINDERS:
        problems = [Problem("reminder_many", place="text", values={"most": MOST_REMINDERS})]
    if problems or chosen is None:
        raise InvalidInput(problems)
    return uow.reminders.add(user_key=person, day=chosen, text=text, now=now)


def move_reminder(uow: UnitOfWork, *, key: int, day: str, actor: Actor, now: datetime) -> date:
    """
    Move the actor's reminder to another day and return it.

    :raises NotAllowed: the actor is no person at work
    :raises NotFound: they have no such reminder
    :raises InvalidInput: the day is none, past or too far
    """
    person = _person(actor)
    chosen, problems = _day(day, now)
    if problems or chosen is None:
        raise InvalidInput(problems)
    uow.reminders.change(key, user_key=person, day=chosen)
    return chosen


def finish_reminder(uow: UnitOfWork, *, key: int, done: bool, actor: Actor, now: datetime) -> None:
    """
    Mark the actor's reminder as done, or take that back.

    :raises NotAllowed: the actor is no person at work
    :raises NotFound: they have no such reminder
    """
    uow.reminders.change(key, user_key=_person(actor), done_at=now if done else None)


def _person(actor: Actor) -> int:
    if actor.user_key is None or actor.client_key is not None:
        raise NotAllowed("reminders")
    return actor.user_key


def _day(text: str, now: datetime) -> tuple[date | None, list[Problem]]:
    day = parse_day(text)
    return day, problems_of_day(day, today=local_date(now))
