"""
FEEL's values in Python, and their three written forms: in state, in JSON of the API, and on the way to V8.

    null, boolean, string, list, context      None, bool, str, list, dict with text keys
    number                                    int where integral, else float (Decimal is accepted); whole numbers keep
                                              the 34 digits that FEEL computes with, fractions those of a double
    date                                      datetime.date (FarMoment outside of the years 1 to 9999)
    date and time                             datetime.datetime; without zone it is local to Europe/Helsinki
    time                                      datetime.time
    days and time duration                    datetime.timedelta
    years and months duration                 YearsMonths

State and V8 get the same tagged objects for temporal values, `{"$feel": "date", "value": "2026-03-01"}`; a context that
has a key `$feel` of its own is wrapped, so no data from outside can pass for a tagged value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.errors import ExpressionError

Value: TypeAlias = Any
Json: TypeAlias = Any

HELSINKI = ZoneInfo("Europe/Helsinki")
TAG = "$feel"
_DATE, _DATE_AND_TIME, _TIME, _CONTEXT, _NUMBER = "date", "date and time", "time", "context", "number"
_DAYS_TIME, _YEARS_MONTHS = "days and time duration", "years and months duration"
#: deeper data is no process data, and would exhaust the stack
_DEEPEST = 100
#: JSON numbers beyond are read as doubles by V8, so whole ones travel as text
_EXACT = 2**53
_LARGEST = 10**300


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration (DMN 10.3.2.3.8): a whole number of months, negative ones too."""

    months: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return f"{'-' if self.months < 0 else ''}P{text}"

    def __neg__(self) -> YearsMonths:
        return YearsMonths(-self.months)


@dataclass(frozen=True, slots=True)
class FarMoment:
    """A date, or date and time, outside of Python's years 1 to 9999; `text` is how FEEL writes it: -2017-12-31."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


def to_state(value: Value) -> Json:
    """
    Write a value as JSON that keeps every type; from_state reads it back.

    Raises ExpressionError("feel_value") for what is no FEEL value: NaN, infinity, lone surrogates, foreign types,
    data nested more than 100 deep.
    """
    return _write(value, _tag, 0)


def to_json(value: Value) -> Json:
    """Write a value as plain JSON for the API: temporal values become ISO 8601 texts. Raises like to_state."""
    return _write(value, _plain, 0)


def from_state(written: Json) -> Value:
    """Read what to_state wrote. Raises ExpressionError("feel_value") for anything that it never writes."""
    kind = type(written)
    if kind is str or kind is int or kind is bool or written is None:
        return written
    if kind is list:
        return [from_state(item) for item in written]
    if kind is float:
        return _number(written)
    if kind is dict:
        if TAG not in written:
            return {key: from_state(item) for key, item in written.items()}
        return _untag(written)
    raise _refused(f"a {kind.__name__} in state")


def _write(value: Value, write_special: Any, depth: int) -> Json:
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind is int or kind is bool or value is None:
        return value if kind is not int or -_EXACT <= value <= _EXACT or write_special is _plain else _long(value)
    if isinstance(value, (float, Decimal)):
        return _number(value)
    if depth > _DEEPEST:
        raise _refused("data nested too deeply")
    if kind is list or kind is tuple:
        return [_write(item, write_special, depth + 1) for item in value]
    if isinstance(value, Mapping):
        written = {_key(key): _write(item, write_special, depth + 1) for key, item in value.items()}
        return {TAG: _CONTEXT, "value": written} if TAG in written and write_special is _tag else written
    if isinstance(value, (str, int)):
        return _write(_bare(value), write_special, depth)
    return write_special(value)


def _bare(value: str | int) -> Value:
    """Strip a subclass (an enum) down to the plain value."""
    return str.__str__(value) if isinstance(value, str) else int(value)


def _text(value: str) -> str:
    # isascii is a flag look-up; only other texts can hold a lone surrogate
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _refused("a text with a lone surrogate") from None
    return value


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise _refused(f"a context key of type {type(key).__name__}")
    return _text(key)


def _number(value: float | Decimal) -> int | float:
    if not math.isfinite(value):
        raise _refused("a number that is not finite")
    number = float(value)
    if number.is_integer() and abs(number) < 10**21:
        return int(value)
    return number


def _long(value: int) -> Json:
    if abs(value) > _LARGEST:
        raise _refused("a number that is too large")
    return {TAG: _NUMBER, "value": str(value)}


def _tag(value: Value) -> Json:
    kind, text = _temporal(value)
    return {TAG: kind, "value": text}


def _plain(value: Value) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    return _temporal(value)[1]


def _temporal(value: Value) -> tuple[str, str]:
    if isinstance(value, datetime):
        return _DATE_AND_TIME, value.replace(tzinfo=None).isoformat() + _zone_text(value.tzinfo, value)
    if isinstance(value, date):
        return _DATE, value.isoformat()
    if isinstance(value, time):
        return _TIME, value.replace(tzinfo=None).isoformat() + _zone_text(value.tzinfo, None)
    if isinstance(value, timedelta):
        return _DAYS_TIME, days_time_text(value)
    if isinstance(value, YearsMonths):
        return _YEARS_MONTHS, str(value)
    if isinstance(value, FarMoment):
        return value.kind, value.text
    raise _refused(f"a value of type {type(value).__name__}")


def _zone_text(zone: tzinfo | None, moment: datetime | None) -> str:
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo) and zone.key != "UTC":
        # in the hour that comes twice in autumn the zone's name alone would mean the first one
        offset = _offset_text(moment.utcoffset()) if moment is not None and moment.fold else ""
        return f"{offset}@{zone.key}"
    return _offset_text(zone.utcoffset(moment))


def _offset_text(offset: timedelta | None) -> str:
    seconds = int((offset or timedelta()).total_seconds())
    if seconds == 0:
        return "Z"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}" + (f":{rest:02}" if rest else "")


def days_time_text(value: timedelta) -> str:
    """Write a days and time duration in ISO 8601, days and parts of a day only: P2DT3H, -PT0.5S, PT0S."""
    microseconds = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    rest, fraction = divmod(abs(microseconds), 1_000_000)
    days, rest = divmod(rest, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    part = f"{fraction:06}".rstrip("0")
    clock = (
        (f"{hours}H" if hours else "")
        + (f"{minutes}M" if minutes else "")
        + (f"{seconds}{'.' + part if part else ''}S" if seconds or part else "")
    )
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"{'-' if microseconds < 0 else ''}P{text or 'T0S'}"


_MOMENT = re.compile(
    r"(?P<local>[^Z@+]*?T?[0-9:.]+?)(?P<offset>Z|[+-]\d\d:\d\d(?::\d\d)?)?(?:@(?P<zone>[A-Za-z0-9_+\-/]{1,64}))?",
    re.ASCII,
)
_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d{1,12})D)?"
    r"(?:T(?:(?P<hours>\d{1,15})H)?(?:(?P<minutes>\d{1,15})M)?(?:(?P<seconds>\d{1,15})(?:\.(?P<fraction>\d{1,9}))?S)?)?",
    re.ASCII,
)
_LONGEST_WHOLE = 310
_DATED = frozenset({_DATE, _DATE_AND_TIME})
_FAR_YEAR = re.compile(r"-\d{4,9}-|0000-|\d{5,9}-", re.ASCII)
_MONTHS = re.compile(r"(?P<sign>-?)P(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?", re.ASCII)


def _untag(written: dict[str, Json]) -> Value:
    kind, text = written[TAG], written.get("value")
    if kind == _CONTEXT and isinstance(text, dict):
        return {key: from_state(item) for key, item in text.items()}
    read = _READERS.get(kind)
    if read is None or not isinstance(text, str) or len(written) != 2:
        raise _refused("a tagged value of unknown kind")
    try:
        return FarMoment(kind, text) if kind in _DATED and _FAR_YEAR.match(text) else read(text)
    except (ValueError, OverflowError) as error:
        raise _refused(f"{kind} outside of the calendar: {error}") from None


def _read_date_and_time(text: str) -> datetime:
    local, zone, fold = _split_zone(text)
    return datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold)


def _read_time(text: str) -> time:
    local, zone, _ = _split_zone(text)
    return time.fromisoformat(local).replace(tzinfo=zone)


def _split_zone(text: str) -> tuple[str, tzinfo | None, int]:
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    offset, name = match["offset"], match["zone"]
    # V8 has nanoseconds, Python microseconds
    local = re.sub(r"(\.\d{6})\d+$", r"\1", match["local"])
    if name is not None:
        return local, _zone(name), 1 if offset else 0
    return local, (None if offset is None else _fixed(offset)), 0


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown zone {name}") from None


@lru_cache(maxsize=64)
def _fixed(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    hours, minutes, *seconds = (int(part) for part in offset[1:].split(":"))
    distance = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return timezone(-distance if offset[0] == "-" else distance)


def _read_days_time(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    duration = timedelta(
        days=int(match["days"] or 0),
        hours=int(match["hours"] or 0),
        minutes=int(match["minutes"] or 0),
        seconds=int(match["seconds"] or 0),
        microseconds=int((match["fraction"] or "0").ljust(6, "0")[:6]),
    )
    return -duration if match["sign"] else duration


def _read_years_months(text: str) -> YearsMonths:
    match = _MONTHS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    months = int(match["years"] or 0) * 12 + int(match["months"] or 0)
    return YearsMonths(-months if match["sign"] else months)


def _read_whole(text: str) -> int:
    if len(text) > _LONGEST_WHOLE:
        raise ValueError(text)
    return int(text)


_READERS: Mapping[str, Any] = {
    _NUMBER: _read_whole,
    _DATE: date.fromisoformat,
    _DATE_AND_TIME: _read_date_and_time,
    _TIME: _read_time,
    _DAYS_TIME: _read_days_time,
    _YEARS_MONTHS: _read_years_months,
}


def _refused(what: str) -> ExpressionError:
    return ExpressionError("feel_value", f"not a FEEL value: {what}")
