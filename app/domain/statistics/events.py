"""
What measures are made of: one line for each thing that happened, without anything that says who the client is.

An event's name says what happened and where: `start:tyky_tiimi`, `done:f_arvio`, `answer:f_tiimikokous.asiakas_lasna`,
`case:opened`, `action:started`. Its value is what is counted (the answer, the outcome, the service, a number).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

#: what an event may carry: a code, a number, yes or no; never writing
EventValue: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    One thing that happened on a day.

    `case_key` ties the events of a case together and is never shown; None where nothing may (consultation, surveys).
    `target` is the organisation that something goes to, `organisation_id` the one in which it happened. `thing_key`
    tells several things of a case apart (actions of a plan, measurements).
    """

    name: str
    day: date
    value: EventValue = None
    case_key: int | None = None
    area_id: str = ""
    source: str = ""
    organisation_id: str = ""
    #: where the client lives, "" where that is not known or protected
    municipality: str = ""
    target: str = ""
    thing_key: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole months, the last one included: two reports whose periods differ by a day would tell of single people."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is asked for; "" does not narrow."""

    period: Period
    area_id: str = ""
    source: str = ""
    organisation_id: str = ""

    def admits(self, event: Event | Change) -> bool:
        """Tell whether the event is of the area, source and organisation that are asked for, whatever its day."""
        return (
            self.area_id in ("", event.area_id)
            and self.source in ("", event.source)
            and self.organisation_id in ("", event.organisation_id)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One section of the Kykyviisari measured at the start and again, both on one scale from 0 to 10.

    `after` is None where nobody has measured again; `day` is that of the last measurement there is.
    """

    section: str
    before: float
    after: float | None
    first_day: date
    day: date
    case_key: int
    area_id: str = ""
    source: str = ""
    organisation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a report is computed from."""

    events: tuple[Event, ...] = ()
    changes: tuple[Change, ...] = ()
