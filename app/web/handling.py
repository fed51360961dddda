"""What can be done with tasks that are marked in a list, as the form under it offers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain.actor import Actor
from app.domain.calendar import add_working_days, local_date
from app.domain.directing import may_direct_some
from app.queries.worklist import Wish
from app.web.language import Formats, current_language, texts
from app.web.shell import now
from app.web.wishes import PATH, fields_of

#: to which working days from today tasks are postponed
WORKDAYS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30)
#: what the ranks of the list are in numbers (zeebe:priorityDefinition)
RANKS = {"high": 80, "usual": 50, "low": 20}


def handling_form(wish: Wish, actor: Actor, colleagues: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what worklist/_handling.html draws: what this person can do with marked tasks, and with which values."""
    say = texts()
    directs = may_direct_some(actor)
    return {
        "address": f"{PATH}/selection",
        "fields": fields_of(wish),
        "directs": directs,
        "person_options": [("", say("selection.choose")), *colleagues] if directs else [],
        "day_options": _day_options() if directs else [],
        "rank_options": [
            ("", say("selection.choose")),
            *((str(number), say(f"selection.rank_{name}")) for name, number in RANKS.items()),
        ],
    }


def _day_options() -> list[tuple[str, str]]:
    say, formats, today = texts(), Formats(current_language()), local_date(now())
    days = {count: add_working_days(today, count) for count in WORKDAYS}
    shown = [
        (day.isoformat(), say.plural("selection.day", count=count, day=formats.day(day))) for count, day in days.items()
    ]
    return [("", say("selection.choose")), *shown]
