"""
Cron expressions of timer cycles, as Camunda 8 takes them: those of Spring, six fields from seconds to days of the week.

Source of the rules: Spring Framework, `CronExpression`. Everything here is a clock on a wall without zone; which
moments these are is said by app.engine.timers.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_RANGE = re.compile(r"(?:\*|(?P<first>\d{1,2})(?:-(?P<last>\d{1,2}))?)(?:/(?P<step>\d{1,2}))?")
#: L, L-3, LW, 15W of a month
_OF_MONTH = re.compile(r"L(?:-(?P<before>\d{1,2}))?|(?P<last_weekday>LW)|(?P<near>\d{1,2})W")
#: 5L, 5#2 of the weekdays
_OF_WEEK = re.compile(r"(?P<weekday>\d)(?:(?P<last>L)|#(?P<number>\d))")
#: 29 February on a given weekday comes again within 40 years, over 2100 too
_LONGEST_SEARCH_YEARS = 41

_DayRule = Callable[[date], bool]


class NoCronExpression(ValueError):
    """The text is no cron expression."""


@dataclass(frozen=True, slots=True, eq=False)
class CronExpression:
    """
    The seconds, minutes, hours, months and days at which something happens; a day has to keep both rules of days.

    `text` is the expression as it was written.
    """

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    day_of_month: _DayRule
    day_of_week: _DayRule

    @property
    def is_every_hour(self) -> bool:
        """Whether the hour of the day makes no difference."""
        return len(self.hours) == 24

    def holds(self, clock: datetime) -> bool:
        """Return whether it happens at this second."""
        return (
            self._is_a_day(clock.date())
            and clock.hour in self.hours
            and clock.minute in self.minutes
            and clock.second in self.seconds
        )

    def first_after(self, clock: datetime) -> datetime | None:
        """Return the first time later than the clock, None where there is none (30 February)."""
        clock = clock.replace(microsecond=0)
        day = clock.date()
        if self._is_a_day(day):
            for found in self._times(day, clock.hour):
                if found > clock:
                    return found
        last = day.year + _LONGEST_SEARCH_YEARS
        while (day := self._day_after(day)).year <= min(last, 9_990):
            if self._is_a_day(day):
                return next(self._times(day, 0))
        return None

    def _day_after(self, day: date) -> date:
        if day.month in self.months:
            return day + timedelta(days=1)
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)

    def _is_a_day(self, day: date) -> bool:
        return day.month in self.months and self.day_of_month(day) and self.day_of_week(day)

    def _times(self, day: date, first_hour: int) -> Iterator[datetime]:
        for hour in self.hours:
            if hour >= first_hour:
                for minute in self.minutes:
                    for second in self.seconds:
                        yield datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001


def read_cron(text: str) -> CronExpression:
    """
    Return the cron expression of six fields, or one of the names like @daily.

    :raises NoCronExpression: it is none, or happens never
    """
    fields = _MACROS.get(text.strip().lower(), text).upper().split()
    if len(fields) != 6:
        raise NoCronExpression(text)
    seconds, minutes, hours, days, months, weekdays = fields
    expression = CronExpression(
        text=text.strip(),
        seconds=tuple(sorted(_numbers(seconds, 0, 59))),
        minutes=tuple(sorted(_numbers(minutes, 0, 59))),
        hours=tuple(sorted(_numbers(hours, 0, 23))),
        months=frozenset(_numbers(_numbered(months, _MONTHS), 1, 12)),
        day_of_month=_any_of([_day_of_month(part) for part in _any(days).split(",")]),
        day_of_week=_any_of([_day_of_week(part) for part in _numbered(_any(weekdays), _WEEKDAYS).split(",")]),
    )
    if expression.first_after(datetime(2000, 1, 1)) is None:  # noqa: DTZ001
        raise NoCronExpression(text)
    return expression


def _any(field: str) -> str:
    """Return the field; days that are left open are any day."""
    return "*" if field == "?" else field


def _numbered(field: str, names: Sequence[str]) -> str:
    """Return the field with numbers, from 1, in the place of names."""
    for number, name in enumerate(names, 1):
        field = field.replace(name, str(number))
    return field


def _numbers(field: str, least: int, most: int) -> frozenset[int]:
    """Return the numbers of a field: a list of numbers, ranges and steps."""
    found: set[int] = set()
    for part in field.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise NoCronExpression(field)
        step = int(match["step"] or 1)
        first = least if match["first"] is None else int(match["first"])
        # 5/20 goes on to the end, 5 alone does not
        alone = match["first"] is not None and match["last"] is None and match["step"] is None
        last = first if alone else int(match["last"] or most)
        if step == 0 or not least <= first <= last <= most:
            raise NoCronExpression(field)
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _any_of(rules: Sequence[_DayRule]) -> _DayRule:
    return rules[0] if len(rules) == 1 else lambda day: any(rule(day) for rule in rules)


def _day_of_month(part: str) -> _DayRule:
    match = _OF_MONTH.fullmatch(part)
    if match is None:
        numbers = _numbers(part, 1, 31)
        return lambda day: day.day in numbers
    if match["last_weekday"]:
        return lambda day: day.day == _nearest_weekday(day, _last_day(day))
    if match["near"]:
        near = int(match["near"])
        if not 1 <= near <= 31:
            raise NoCronExpression(part)
        return lambda day: near <= _last_day(day) and day.day == _nearest_weekday(day, near)
    before = int(match["before"] or 0)
    if before > 30:
        raise NoCronExpression(part)
    return lambda day: day.day == _last_day(day) - before


def _day_of_week(part: str) -> _DayRule:
    match = _OF_WEEK.fullmatch(part)
    if match is None:
        # Sunday is 7 and 0, so that SUN-TUE is a range as FRI-SUN is one
        numbers = {number % 7 for number in _numbers(re.sub(r"^7-", "0-", part), 0, 7)}
        return lambda day: day.isoweekday() % 7 in numbers
    weekday, number = int(match["weekday"]), int(match["number"] or 0)
    if weekday > 7 or (not match["last"] and not 1 <= number <= 5):
        raise NoCronExpression(part)
    if match["last"]:
        return lambda day: day.isoweekday() % 7 == weekday % 7 and day.day > _last_day(day) - 7
    return lambda day: day.isoweekday() % 7 == weekday % 7 and (day.day - 1) // 7 == number - 1


def _last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> int:
    """Return the day from Monday to Friday that is nearest to the wanted day and in the same month."""
    weekday = day.replace(day=wanted).isoweekday()
    if weekday == 6:
        return wanted - 1 if wanted > 1 else 3
    if weekday == 7:
        return wanted + 1 if wanted < _last_day(day) else wanted - 2
    return wanted
