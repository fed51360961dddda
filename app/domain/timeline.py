"""
A client's cases on one timeline: which days something was being done, which were waits, and which were gaps.

A wait belongs to one lane: a pathway that runs while nobody has anything of it to do (it waits for a day, an answer
or a message), or a service that should have begun. A gap is of all lanes together: a case is open, and for a week or
longer nobody has anything to do and no service runs. Gaps are what the seeds ask the pathways to close: the client
who falls between organisations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)
#: what is shorter is a weekend or a week's rhythm, and no gap (our choice, [A])
SHORTEST_GAP = timedelta(days=7)
#: at most this many dates stand on the line
_MOST_MARKS = 4
_STEPS_IN_MONTHS = (1, 2, 3, 6, 12, 24, 60)


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """The days from the first to the last, both included. :raises ValueError: the last is before the first"""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("the last day is before the first")

    @property
    def length(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    def within(self, limits: Days) -> Days | None:
        """Return the part of the days that lies within the limits, None where there is none."""
        first, last = max(self.first, limits.first), min(self.last, limits.last)
        return Days(first, last) if first <= last else None


def joined(spans: Iterable[Days]) -> list[Days]:
    """Return the same days in as few spans as possible, in order; what touches is one."""
    found: list[Days] = []
    for span in sorted(spans):
        if found and span.first <= found[-1].last + _DAY:
            found[-1] = Days(found[-1].first, max(found[-1].last, span.last))
        else:
            found.append(span)
    return found


def days_without(covered: Iterable[Days], within: Days) -> list[Days]:
    """Return the days within the limits that nothing covers, in order."""
    free, position = [], within.first
    for span in joined(part for each in covered if (part := each.within(within)) is not None):
        if position < span.first:
            free.append(Days(position, span.first - _DAY))
        position = span.last + _DAY
    return [*free, Days(position, within.last)] if position <= within.last else free


def gaps(busy: Iterable[Days], *, open_days: Iterable[Days]) -> list[Days]:
    """Return the spans of a week or longer in which a case was open and nothing was being done for the client."""
    covered = list(busy)
    return [gap for span in joined(open_days) for gap in days_without(covered, span) if gap.length >= SHORTEST_GAP.days]


def marks(within: Days) -> list[date]:
    """Return the firsts of months that stand on the line, evenly and few enough to be read on a telephone."""
    firsts = []
    month = date(within.first.year, within.first.month, 1)
    while month <= within.last:
        firsts.append(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    for step in _STEPS_IN_MONTHS:
        chosen = [day for day in firsts if day >= within.first and (day.year * 12 + day.month - 1) % step == 0]
        if len(chosen) <= _MOST_MARKS:
            return chosen
    return []
