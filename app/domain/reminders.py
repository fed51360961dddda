"""A person's own reminders: a note to oneself with a day, of no case and with nothing of any client in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.domain.errors import Problem
from app.domain.identity_code import find_identity_codes

#: characters of a reminder: a line, no document
LONGEST_REMINDER = 200
#: open reminders of one person
MOST_REMINDERS = 100
#: how far ahead one can be set
FARTHEST = timedelta(days=366)
#: how long one that is done can be taken back, and is kept
DONE_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """What somebody wants to be reminded of on a day (in Finland); open until `done_at`."""

    key: int
    day: date
    text: str = field(repr=False)
    done_at: datetime | None = None

    def is_due(self, today: date) -> bool:
        """Tell whether it is to be shown among the day's work."""
        return self.done_at is None and self.day <= today


def problems_of_text(text: str) -> list[Problem]:
    """Return what is wrong with a reminder's text: nothing in it, too long, or an identity code of somebody."""
    if not text:
        return [Problem("required", place="text")]
    if len(text) > LONGEST_REMINDER:
        return [Problem("reminder_long", place="text", values={"longest": LONGEST_REMINDER})]
    return [Problem("reminder_identifies", place="text")] if find_identity_codes(text) else []


def problems_of_day(day: date | None, *, today: date) -> list[Problem]:
    """Return what is wrong with a reminder's day: none, past, or too far ahead."""
    return [] if day is not None and today <= day <= today + FARTHEST else [Problem("reminder_day", place="day")]


def due_and_ahead(reminders: Iterable[Reminder], *, today: date) -> tuple[list[Reminder], list[Reminder]]:
    """Return the open reminders that are due, the longest due first, and those to come."""
    still_open = sorted((each for each in reminders if each.done_at is None), key=lambda each: each.day)
    return [each for each in still_open if each.is_due(today)], [each for each in still_open if each.day > today]
