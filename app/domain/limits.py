"""Time limits and thresholds that process owners change: how a value is written, read back and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import date
from typing import Any

from app.domain.errors import InvalidInput, Problem
from app.domain.retention import kept_until

_DURATION = re.compile(
    r"P(?=[\dT])(?:\d{1,3}Y)?(?:\d{1,3}M)?(?:\d{1,3}W)?(?:\d{1,4}D)?(?:T(?=\d)(?:\d{1,5}H)?(?:\d{1,6}M)?)?"
)
_WEEKS = re.compile(r"(\d{1,2})\s*[-\N{EN DASH}]\s*(\d{1,2})")
_ANY_DAY = date(2000, 1, 1)
_TEXT = re.compile(r"[^\x00-\x1f]{1,200}")
_NUMBER = re.compile(r"\d{1,4}")
_YEAR_DAY = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.")
#: kinds that are written as JSON: an object with names of its own, or a weekly hour
_AS_JSON = frozenset({"object", "schedule"})
#: kinds of the settings of areas
_OF_SETTINGS = frozenset({"choice", "names", "flag", "text"})


def limit_text(kind: str, value: Any) -> str:
    """Return the value as people write it: "P14D", "5", "26-31", "1.11.", "P1M, P3M", JSON for objects, "" for none."""
    if value is None:
        return ""
    if kind == "weeks":
        return f"{value['firstWeek']}-{value['lastWeek']}"
    if kind == "yearDay":
        return f"{value['day']}.{value['month']}."
    if kind in {"list", "names"}:
        return ", ".join(value)
    if kind == "flag":
        return "true" if value else "false"
    if kind in _AS_JSON:
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def read_limit(kind: str, text: str, *, present: Any, choices: Collection[str] = ()) -> Any:
    """
    Return the value of what was written, of the same form as the one that is present, or one of the choices.

    Durations are ISO 8601, not longer than some years; a period is one of whole days, empty where something is kept for
    good; working days a whole number; weeks of the ISO calendar from-to; a day of the year "1.11.", one that every year
    has; names are those of the choices, with commas between them.

    :raises InvalidInput: `limit_<kind>` at "value"
    """
    text = text.strip()
    try:
        return _read_setting(kind, text, choices) if kind in _OF_SETTINGS else _read(kind, text, present)
    except (LookupError, ValueError, TypeError, RecursionError) as error:
        raise InvalidInput([Problem(f"limit_{kind}", place="value")]) from error


def _read_setting(kind: str, text: str, choices: Collection[str]) -> Any:
    if kind == "choice":
        return _chosen(text, choices)
    if kind == "names":
        return [_chosen(part.strip(), choices) for part in text.split(",") if part.strip()]
    return _matched(_TEXT, text)[0] if kind == "text" else {"true": True, "false": False}[text]


def _read(kind: str, text: str, present: Any) -> Any:
    if kind == "duration":
        # the limits of the law are empty until counsel sets them
        return None if not text else _duration(text)
    if kind == "period":
        return None if not text else _period(text)
    if kind == "workingDays":
        return int(_matched(_NUMBER, text)[0])
    if kind == "weeks":
        first, last = (int(number) for number in _matched(_WEEKS, text).groups())
        if not (1 <= first <= 53 and 1 <= last <= 53):
            raise ValueError("no week of the calendar")
        return {"firstWeek": first, "lastWeek": last}
    if kind == "yearDay":
        day, month = (int(number) for number in _matched(_YEAR_DAY, text).groups())
        # of a year without a leap day
        found = date(2025, month, day)
        return {"day": found.day, "month": found.month}
    if kind == "list":
        return [_duration(part.strip()) for part in text.split(",")]
    value = json.loads(text)
    _ensure_alike(value, present)
    return value


def _chosen(text: str, choices: Collection[str]) -> str:
    if text not in choices:
        raise ValueError("none of the choices")
    return text


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError("of another form")
    return match


def _duration(text: str) -> str:
    return _matched(_DURATION, text)[0]


def _period(text: str) -> str:
    if kept_until(text, since=_ANY_DAY) == _ANY_DAY:
        raise ValueError("nothing is kept for no time")
    return text


def _ensure_alike(value: Any, present: Any) -> None:
    """Check that the value has the names and kinds of the one that is there; pathways read it by them."""
    if isinstance(present, dict):
        if not isinstance(value, dict) or value.keys() != present.keys():
            raise ValueError("other names")
        for name, part in present.items():
            _ensure_alike(value[name], part)
    elif isinstance(present, list):
        if not isinstance(value, list) or not value:
            raise ValueError("no list")
        for part in value:
            _ensure_alike(part, present[0] if present else part)
    elif not _is_alike(value, present):
        raise ValueError("of another kind")


def _is_alike(value: Any, present: Any) -> bool:
    """Tell whether a single value is of the present one's kind; a duration stays one."""
    if isinstance(present, bool) or isinstance(value, bool):
        return type(value) is type(present)
    if isinstance(present, int | float):
        return isinstance(value, int | float) and 0 <= value <= 100_000
    if not isinstance(value, str) or not isinstance(present, str):
        return False
    return not _DURATION.fullmatch(present) or _DURATION.fullmatch(value) is not None
