"""Which free time is booked: the rules of slots."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.domain.calendar import HELSINKI, is_working_day

#: BPMN error code: there is no free time within the limits
NO_FREE_TIMES = "ei_vapaita_aikoja"


class AppointmentKind(enum.StrEnum):
    """What a time is for (job header `kind`)."""

    ORDINARY = "tavallinen"
    INITIAL_SERVICE = "alkupalvelu"
    HEALTH_EXAMINATION = "terveystarkastus"
    LABORATORY = "laboratorio"
    PHYSICIAN = "laakari"
    TEAM = "tiimi"
    JOINT = "yhteisvastaanotto"


class AppointmentStatus(enum.StrEnum):
    """The life of an appointment."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    KEPT = "kept"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time of a unit, in UTC."""

    key: int
    kind: AppointmentKind
    unit_id: str
    starts_at: datetime
    ends_at: datetime
    is_free: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Within which moments a time has to begin: not before `earliest`, not after `latest` (None = no limit)."""

    earliest: datetime
    latest: datetime | None = None

    def admits(self, starts_at: datetime) -> bool:
        """Tell whether a time that begins at the moment is within the limits."""
        return self.earliest <= starts_at and (self.latest is None or starts_at <= self.latest)


def booking_window(*, now: datetime, not_before: timedelta = timedelta(0), within: timedelta | None = None) -> Window:
    """
    Return the limits for a booking made now.

    Nothing in the past or now is booked; "within 14 days" lasts to the end of the fourteenth day in Finland.

    :raises ValueError: the limits exclude each other or are negative
    """
    if not_before < timedelta(0) or (within is not None and within < not_before):
        raise ValueError("the limits of a booking exclude each other")
    if within is None:
        return Window(earliest=now + not_before)
    last_day = (now + within).astimezone(HELSINKI).date()
    end_of_day = datetime.combine(last_day, time.max, HELSINKI)
    return Window(earliest=now + not_before, latest=end_of_day.astimezone(now.tzinfo))


def first_free_slot(slots: Iterable[Slot], *, kind: AppointmentKind, window: Window) -> Slot | None:
    """Return the earliest free slot of the kind within the window; at one moment the one with the least key."""
    fitting = [slot for slot in slots if slot.is_free and slot.kind is kind and window.admits(slot.starts_at)]
    return min(fitting, key=lambda slot: (slot.starts_at, slot.key), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When a unit gives times of a kind: weekdays (Monday = 0), hours in Finland, length of one time."""

    kind: AppointmentKind
    unit_id: str
    weekdays: frozenset[int]
    opens: time
    closes: time
    length: timedelta


def times_of_day(hours: OpeningHours, *, day: date) -> list[tuple[datetime, datetime]]:
    """Return the times (begin, end; aware, Europe/Helsinki) that the unit gives on the day: none on holidays."""
    if day.weekday() not in hours.weekdays or not is_working_day(day) or hours.length <= timedelta(0):
        return []
    times = []
    begin = datetime.combine(day, hours.opens, HELSINKI)
    closing = datetime.combine(day, hours.closes, HELSINKI)
    while begin + hours.length <= closing:
        times.append((begin, begin + hours.length))
        begin += hours.length
    return times
