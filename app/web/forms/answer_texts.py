"""Answers as people write and read them: dates as 9.3.2026, decimals with a comma; the reverse of what is taken in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.forms import Field, FieldType, FormDefinition, Values
from app.engine.forms import ROW_MARK

_HELSINKI = ZoneInfo("Europe/Helsinki")


def answer_text(asked: Field, value: Any, language: str) -> str:
    """Return one answer as it stands in an input; also takes the ISO texts of stored answers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        value = _from_iso(asked, value)
    if isinstance(value, datetime):
        local = value.astimezone(_HELSINKI) if value.tzinfo else value
        return f"{_day(local)} {local.hour}.{local.minute:02}"
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, (int, float, Decimal)):
        return number_text(value, language)
    return str(value)


def number_text(value: float | Decimal, language: str) -> str:
    """Return a number with the decimal sign of the language and no needless zeros."""
    text = f"{Decimal(str(value)):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if language == "en" else text.replace(".", ",")


def size_text(size: int, language: str) -> str:
    """Return the size of a file given in bytes, rounded up as people say it: 340 kB, 1.2 MB."""
    kilobytes = max(1, -(-size // 1024))
    number = kilobytes if kilobytes < 1024 else Decimal(-(-size * 10 // 1024**2)) / 10
    unit = ("k" if kilobytes < 1024 else "M") + ("t" if language == "fi" else "B")
    return f"{number_text(number, language)}\N{NO-BREAK SPACE}{unit}"


def limit_text(value: Any, language: str) -> str:
    """Return a limit that a problem names: a number, a date, or a text as it is."""
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return number_text(value, language)
    return str(value)


def raw_of(form: FormDefinition, values: Values, *, language: str) -> dict[str, list[str]]:
    """Return the answers as a browser would send them, to pre-fill the form; files are named by their document key."""
    raw: dict[str, list[str]] = {}
    for each in form.fields:
        value = values.get(each.key)
        if value is None or not each.submittable:
            continue
        if each.type is not FieldType.GROUP:
            raw[each.key] = _texts(each, value, language)
            continue
        for position, row in enumerate(value):
            raw[f"{each.key}-{position}-{ROW_MARK}"] = ["1"]
            for inner in each.fields:
                if row.get(inner.key) is not None and inner.submittable:
                    raw[f"{each.key}-{position}-{inner.key}"] = _texts(inner, row[inner.key], language)
    return raw


def _texts(asked: Field, value: Any, language: str) -> list[str]:
    if asked.type is FieldType.FILE:
        return [str(each["documentKey"]) for each in value if isinstance(each, Mapping) and "documentKey" in each]
    return [answer_text(asked, each, language) for each in (value if isinstance(value, (list, tuple)) else [value])]


def _from_iso(asked: Field, text: str) -> Any:
    try:
        if asked.type is FieldType.DATE:
            return date.fromisoformat(text)
        if asked.type is FieldType.DATE_TIME:
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    return text


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
