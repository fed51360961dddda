"""
Durations, moments and cycles of timers.

Days, weeks, months and years are steps of the wall clock in Europe/Helsinki (what comes "in one day" comes at the same
hour, also over a change to summer time); hours, minutes and seconds are elapsed time. Cron expressions are read off the
same clock. Results are in UTC.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.errors import EngineFault
from app.engine.cron import CronExpression, NoCronExpression, read_cron
from app.engine.feel.values import YearsMonths
from app.engine.seam import Value

HELSINKI = ZoneInfo("Europe/Helsinki")
ENDLESS = -1

_DURATION = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9})(?:[.,]\d{1,9})?S)?)?",
)
_CYCLE = re.compile(r"R(?P<times>\d{0,6})/(?:(?P<start>[^/]+)/)?(?P<step>[^/]+)")


@dataclass(frozen=True, slots=True)
class Interval:
    """A duration in its own units, so that days stay days of the wall clock."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    def after(self, moment: datetime) -> datetime:
        """Return the moment (UTC) that is this much later than the given one."""
        local = moment.astimezone(HELSINKI)
        if self.months:
            count = local.year * 12 + local.month - 1 + self.months
            year, month = divmod(count, 12)
            if not 1 <= year <= 9998:
                raise EngineFault("timer_out_of_range", "a timer is outside the calendar")
            last_day = calendar.monthrange(year, month + 1)[1]
            local = local.replace(year=year, month=month + 1, day=min(local.day, last_day))
        try:
            if self.days:
                local = (local.replace(tzinfo=None) + timedelta(days=self.days)).replace(tzinfo=HELSINKI)
            return local.astimezone(UTC) + timedelta(seconds=self.seconds)
        except OverflowError:
            raise EngineFault("timer_out_of_range", "a timer is outside the calendar") from None

    def times(self, count: int) -> Interval:
        """Return the interval so many times."""
        return Interval(months=self.months * count, days=self.days * count, seconds=self.seconds * count)

    def first_after(self, moment: datetime, *, anchor: datetime) -> datetime:
        """
        Return the first slot (UTC) after the moment of the grid anchor + n times the interval.

        `anchor` is a clock in Helsinki without zone; the interval leads forward by days or months. An hour that comes
        twice in autumn is the first of the two, one that does not exist in spring is the one after it.
        """
        # no month has more days: never beyond the slot that is sought
        longest_days = self.months * 31 + self.days + self.seconds / 86_400 + 1
        passed = (moment.astimezone(HELSINKI).replace(tzinfo=None) - anchor) / timedelta(days=1)
        count = max(1, int(passed / longest_days))
        while (due := self.times(count).after(anchor.replace(tzinfo=HELSINKI))) <= moment:
            count += 1
        return due

    def is_forward(self) -> bool:
        """Return whether the interval leads into the future."""
        return (self.months, self.days, self.seconds) > (0, 0, 0) and min(self.months, self.days, self.seconds) >= 0

    def text(self) -> str:
        """Return the interval as ISO 8601 text."""
        dated = f"{self.months}M{self.days}D"
        return f"P{dated}T{self.seconds}S"


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    When a timer is due, and how it goes on: `left` more turns (-1 endless, None no cycle), by `interval` or `cron`.

    `anchor` is the clock in Helsinki (without zone) from which a cycle of days or months counts. Were each turn counted
    from the one before, a cycle at 3.30 would stay at 4.30 after the night in spring that has no 3.30, and one on the
    31st would stay on the 28th after February.
    """

    due: datetime
    left: int | None = None
    interval: Interval | None = None
    anchor: datetime | None = None
    cron: CronExpression | None = None

    def rhythm(self) -> str:
        """Return what makes the cycle as text, for `with_rhythm`; "" where the timer is no cycle."""
        if self.cron is not None:
            return self.cron.text
        if self.interval is None:
            return ""
        return self.interval.text() + (f"@{self.anchor.isoformat()}" if self.anchor else "")

    def next_after(self, now: datetime) -> Schedule | None:
        """
        Return the next turn of a cycle, counted from the planned moment; turns missed meanwhile are one.

        A late cycle keeps its grid: it runs once and jumps to the next slot in the future (reliability.md 3.3).
        """
        if self.cron is not None:
            due = _first_of(self.cron, max(now, self.due))
            return None if due is None else replace(self, due=due)
        if self.interval is None or self.left is None or self.left == 0:
            return None
        left = self.left if self.left == ENDLESS else self.left - 1
        if not self.interval.months and not self.interval.days:
            due = self.interval.after(self.due)
            if due <= now:
                missed = int((now - due).total_seconds()) // self.interval.seconds
                due += timedelta(seconds=missed * self.interval.seconds)
            while due <= now:
                due = self.interval.after(due)
            return Schedule(due=due, left=left, interval=self.interval)
        anchor = self.anchor or self.due.astimezone(HELSINKI).replace(tzinfo=None)
        due = self.interval.first_after(max(now, self.due), anchor=anchor)
        return Schedule(due=due, left=left, interval=self.interval, anchor=anchor)


def read_interval(text: str) -> Interval | None:
    """Return the ISO 8601 duration, or None where the text is none."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    amounts = {name: int(value or 0) for name, value in match.groupdict().items() if name != "sign"}
    sign = -1 if match["sign"] else 1
    return Interval(
        months=sign * (amounts["years"] * 12 + amounts["months"]),
        days=sign * (amounts["weeks"] * 7 + amounts["days"]),
        seconds=sign * (amounts["hours"] * 3600 + amounts["minutes"] * 60 + amounts["seconds"]),
    )


def with_rhythm(text: str, *, due: datetime, left: int | None) -> Schedule:
    """Return a turn of the cycle of that text; states of earlier builds hold no anchor."""
    if text and text[0] not in "P-":
        return Schedule(due=due, left=left, cron=read_cron(text))
    interval, _, anchor = text.partition("@")
    return Schedule(
        due=due, left=left, interval=read_interval(interval), anchor=datetime.fromisoformat(anchor) if anchor else None
    )


def _first_of(cron: CronExpression, moment: datetime) -> datetime | None:
    """
    Return the first time (UTC) of the cron expression after the moment, None where none comes any more.

    As with the other cycles, an hour that comes twice in autumn is the first of the two and one that does not exist in
    spring is the one after it. What happens in every hour happens in each of the two, too.
    """
    local = moment.astimezone(HELSINKI)
    if cron.is_every_hour:
        clock = cron.first_after(local.replace(tzinfo=None))
        while clock is not None:
            # counted on with the offset of now; only around midnight of a day of change may that be another day
            found = (clock - (local.utcoffset() or timedelta())).replace(tzinfo=UTC)
            if cron.holds(found.astimezone(HELSINKI).replace(tzinfo=None)):
                return found
            clock = cron.first_after(clock)
        return None
    clock = cron.first_after(local.replace(tzinfo=None))
    while clock is not None:
        found = clock.replace(tzinfo=HELSINKI).astimezone(UTC)
        if found > moment:
            return found
        clock = cron.first_after(clock)
    return None


def to_interval(value: Value) -> Interval:
    """
    Return the FEEL value or ISO text as an interval.

    :raises EngineFault: it is no duration
    """
    if isinstance(value, timedelta):
        days, seconds = divmod(int(value.total_seconds()), 86_400)
        return Interval(days=days, seconds=seconds)
    if isinstance(value, YearsMonths):
        return Interval(months=value.months)
    if isinstance(value, str) and (interval := read_interval(value)) is not None:
        return interval
    raise EngineFault("timer_value", "a timer's value is not a duration")


def to_moment(value: Value, *, end_of_day: bool = False) -> datetime:
    """
    Return the FEEL date, date and time or ISO text as a moment in UTC.

    A date alone is its first moment in Helsinki, or its last second where `end_of_day` (a task due on a day is not late
    on that day). A date and time without offset is of Helsinki.

    :raises EngineFault: it is no moment
    """
    if isinstance(value, str):
        value = _read_moment(value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(23, 59, 59) if end_of_day else time(), tzinfo=HELSINKI)
    if not isinstance(value, datetime):
        raise EngineFault("timer_value", "a timer's value is not a date")
    try:
        return (value if value.tzinfo else value.replace(tzinfo=HELSINKI)).astimezone(UTC)
    except OverflowError:
        raise EngineFault("timer_out_of_range", "a timer is outside the calendar") from None


def _read_moment(text: str) -> date | datetime | None:
    bare = re.sub(r"\[[^\]]*\]$", "", text)
    try:
        if len(bare) == 10:
            return date.fromisoformat(bare)
        return datetime.fromisoformat(bare)
    except ValueError:
        return None


def plan(kind: str, value: Value, now: datetime) -> Schedule:
    """
    Return the first turn of a timer of this kind (`date`, `duration`, `cycle`), counted from now.

    :raises EngineFault: the value does not fit the kind
    """
    if kind == "date":
        return Schedule(due=to_moment(value))
    if kind == "duration":
        return Schedule(due=to_interval(value).after(now))
    return _plan_cycle(value, now)


def _plan_cycle(value: Value, now: datetime) -> Schedule:
    if isinstance(value, str) and (cron := _cron(value)) is not None:
        due = _first_of(cron, now)
        if due is None:
            raise EngineFault("timer_out_of_range", "a timer is outside the calendar")
        return Schedule(due=due, left=ENDLESS, cron=cron)
    match = _CYCLE.fullmatch(value.strip()) if isinstance(value, str) else None
    interval = read_interval(match["step"]) if match else to_interval(value)
    if interval is None or not interval.is_forward():
        raise EngineFault("timer_value", "a timer's cycle is neither of the form R3/P7D nor cron")
    times = int(match["times"]) if match and match["times"] else None
    if times == 0:
        raise EngineFault("timer_value", "a timer's cycle has no turns")
    left = ENDLESS if times is None else times - 1
    if match is None or match["start"] is None:
        return Schedule(due=interval.after(now), left=left, interval=interval)
    start = to_moment(match["start"])
    written = _read_moment(match["start"])
    anchor = start.astimezone(HELSINKI).replace(tzinfo=None)
    if isinstance(written, datetime) and written.tzinfo is None:
        anchor = written
    first = Schedule(due=start, left=left, interval=interval, anchor=anchor)
    if first.due > now:
        return first
    return first.next_after(now) or first


def _cron(text: str) -> CronExpression | None:
    try:
        return read_cron(text)
    except NoCronExpression:
        return None


def is_timer_text(kind: str, text: str) -> bool:
    """Return whether a plain text of a diagram can be a timer of this kind."""
    try:
        plan(kind, text, datetime(2026, 1, 1, tzinfo=UTC))
    except EngineFault:
        return False
    return True
