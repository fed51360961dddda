"""Finnish working days: every question is a pure function of a date."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

HELSINKI = ZoneInfo("Europe/Helsinki")
_DAY = timedelta(days=1)
_SATURDAY = 5
#: what people type as a day lies between these
EARLIEST_YEAR, LATEST_YEAR = 1850, 2199
_WRITTEN_DAY = re.compile(r"(\d{1,2})[.\-/ ]\s*(\d{1,2})[.\-/ ]\s*(\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_RUN_OF_DIGITS = re.compile(r"(\d{2})(\d{2})(\d{4})")


@cache
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FI", years=year))


def local_date(instant: datetime) -> date:
    """Return the date in Finland at that moment (aware)."""
    return instant.astimezone(HELSINKI).date()


def local_midnight(day: date) -> datetime:
    """Return the moment (aware, UTC) at which the day begins in Finland."""
    return datetime(day.year, day.month, day.day, tzinfo=HELSINKI).astimezone(UTC)


def parse_day(text: str) -> date | None:
    """
    Return the day that somebody typed, e.g. 14.5.1990, 14 05 1990, 14051990 or 1990-05-14; None where it is none.

    A year that nobody means is none either.
    """
    text = text.strip()
    iso = _ISO_DAY.fullmatch(text)
    found = _WRITTEN_DAY.fullmatch(text) or _RUN_OF_DIGITS.fullmatch(text)
    parts = (iso[1], iso[2], iso[3]) if iso else (found[3], found[2], found[1]) if found else None
    try:
        day = date(*map(int, parts)) if parts else None
    except ValueError:
        return None
    return day if day is not None and EARLIEST_YEAR <= day.year <= LATEST_YEAR else None


def written_day(day: date) -> str:
    """Return the day as people type it, in every language: 9.3.2026."""
    return f"{day.day}.{day.month}.{day.year}"


def week_around(instant: datetime) -> tuple[datetime, datetime]:
    """Return the moments (aware, UTC) at which the week of this one begins and ends in Finland, Monday to Monday."""
    monday = local_date(instant) - _DAY * local_date(instant).weekday()
    return local_midnight(monday), local_midnight(monday + 7 * _DAY)


def is_holiday(day: date) -> bool:
    """Tell whether the day is a public holiday in Finland; Midsummer Eve and Christmas Eve are, mere Sundays not."""
    return day in _holidays_of(day.year)


def is_working_day(day: date) -> bool:
    """Tell whether the day is from Monday to Friday and no public holiday."""
    return day.weekday() < _SATURDAY and not is_holiday(day)


def is_eve(day: date) -> bool:
    """
    Tell whether the day is the eve of a public holiday: the day before one, New Year's Eve and May Day Eve included.

    By this rule the consultation hour has no session (domain.md 3.0, t_konsultaatio_viikko).
    """
    return is_holiday(day + _DAY)


def is_holiday_or_eve(day: date) -> bool:
    """Tell whether the day is a public holiday or the eve of one."""
    return is_holiday(day) or is_eve(day)


def working_day_on_or_after(day: date) -> date:
    """Return the day itself where it is a working day, else the next that is."""
    while not is_working_day(day):
        day += _DAY
    return day


def add_working_days(day: date, count: int) -> date:
    """
    Return the day that is `count` working days after the day; for a negative count, before it.

    :raises OverflowError: the result is outside the calendar
    """
    step = _DAY if count >= 0 else -_DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def last_night(now: datetime, *, hour: int = 2) -> datetime:
    """
    Return the last moment (aware, UTC) at or before now at which it was this full hour in Finland.

    Two o'clock exists once in every night: summer time begins at three and ends at four.
    """
    local = now.astimezone(HELSINKI)
    night = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if night > local:
        day = local.date() - _DAY
        night = datetime(day.year, day.month, day.day, hour, tzinfo=HELSINKI)
    return night.astimezone(UTC)
