"""
Turn what was sent into typed answers, one field at a time: texts of a web form, or values of JSON.

Types of answers: str, int, Decimal, datetime.date, aware datetime, bool, list of str, and for files and groups lists of
mappings. An answer that is empty is None. What cannot be read raises InvalidInput with one problem without a place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from app.domain.calendar import EARLIEST_YEAR, LATEST_YEAR
from app.domain.errors import InvalidInput, Problem
from app.domain.forms import LARGEST_NUMBER, Field, FieldType
from app.domain.identity_code import parse_identity_code

HELSINKI = ZoneInfo("Europe/Helsinki")
#: the longest thing that is looked at as a number or a date
_LONGEST_SHORT = 64
_LONGEST_REFERENCE = 200

_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"([+-]?[0-9]{1,15})(?:[.,]([0-9]{1,10}))?")
_FINNISH_DATE = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})")
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[.:]([0-5][0-9])")
_DATE_AND_TIME = re.compile(r"(.+?)(?:\s*,)?(?:\s+(?:klo|kl\.?|at))?(?:\s+|T)([0-9]{1,2}[.:][0-9]{2})(?::00)?")
#: control characters, halves of pairs, separators of lines that no keyboard makes, what is no character
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufffe\uffff]")
_MINUS = {ord("\u2212"): "-", ord("\u2013"): "-"}


def refuse(code: str, **values: Any) -> NoReturn:
    """Raise InvalidInput with this problem; the caller says where."""
    raise InvalidInput([Problem(code, values=values)])


def from_text(asked: Field, text: str) -> Any:
    """Read one text of a web form as the field's type; an empty text is None."""
    if asked.type in (FieldType.TEXT, FieldType.LONG_TEXT):
        return _clean(asked, text)
    short = text.strip()
    if not short:
        return None
    if len(short) > _LONGEST_SHORT and asked.type is not FieldType.REFERENCE:
        refuse(_UNREADABLE.get(asked.type, "not_an_option"))
    return _FROM_TEXT[asked.type](short)


def from_json(asked: Field, value: Any) -> Any:
    """Read one JSON value as the field's type, strictly: a number is no text, a date is ISO 8601."""
    if value is None:
        return None
    if asked.type is FieldType.BOOLEAN:
        return value if isinstance(value, bool) else refuse("not_boolean")
    if asked.type in (FieldType.INTEGER, FieldType.DECIMAL):
        return _json_number(asked, value)
    if not isinstance(value, str):
        refuse(_UNREADABLE.get(asked.type, "not_text"))
    if asked.type is FieldType.DATE and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
        refuse("not_date")
    return from_text(asked, value)


def from_feel(asked: Field, value: Any) -> Any:
    """Take what a FEEL expression computed as the field's type; refuses like from_json."""
    fits = (asked.type is FieldType.DATE and type(value) is date) or (
        asked.type is FieldType.DATE_TIME and isinstance(value, datetime)
    )
    return value if fits else from_json(asked, value)


def to_json_value(value: Any) -> Any:
    """Write an answer as plain JSON: dates as ISO 8601, numbers as int or float."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: to_json_value(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json_value(each) for each in value]
    return value


def _clean(asked: Field, text: str) -> str | None:
    """Normalise what people type; a letter means the same however the keyboard made it."""
    written = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if asked.type is FieldType.TEXT:
        written = written.replace("\n", " ").replace("\t", " ")
    if _NO_TEXT.search(written):
        refuse("not_text_character")
    return written or None


def _json_number(asked: Field, value: Any) -> int | Decimal:
    code = _UNREADABLE[asked.type]
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        refuse(code)
    if isinstance(value, Decimal) and not value.is_finite():
        refuse(code)
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        refuse(code)
    number = Decimal(str(value))
    whole = number == number.to_integral_value()
    if asked.type is FieldType.INTEGER:
        return int(number) if whole else refuse(code)
    return number


def _number_text(text: str) -> str:
    return "".join(text.split()).translate(_MINUS)


def _integer(text: str) -> int:
    written = _number_text(text)
    return int(written) if _INTEGER.fullmatch(written) else refuse("not_integer")


def _decimal(text: str) -> Decimal:
    match = _DECIMAL.fullmatch(_number_text(text))
    return Decimal(f"{match[1]}.{match[2] or 0}") if match else refuse("not_decimal")


def _date(text: str) -> date:
    with suppress(ValueError):
        if match := _FINNISH_DATE.fullmatch(text):
            return _sane(date(int(match[3]), int(match[2]), int(match[1])))
        if text.isascii() and len(text) == len("2026-03-09"):
            return _sane(date.fromisoformat(text))
    return refuse("not_date")


def _sane(day: date) -> date:
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError("a year that nobody means")
    return day


def _date_time(text: str) -> datetime:
    local = _local_date_time(text)
    if local is None:
        refuse("not_date_time")
    moment = local if local.tzinfo else local.replace(tzinfo=HELSINKI)
    there = moment.astimezone(HELSINKI)
    # on the night when the clocks go forward an hour is missing
    if local.tzinfo is None and there.astimezone(ZoneInfo("UTC")).astimezone(HELSINKI).hour != local.hour:
        refuse("no_such_time")
    return there


def _local_date_time(text: str) -> datetime | None:
    with suppress(ValueError, OverflowError, InvalidInput):
        match = _DATE_AND_TIME.fullmatch(text)
        time = _TIME.fullmatch(match[2]) if match else None
        if match and time:
            day = _date(match[1].strip())
            return datetime(day.year, day.month, day.day, int(time[1]), int(time[2]))  # noqa: DTZ001  # the caller adds the zone
        if text.isascii() and "T" in text:
            moment = datetime.fromisoformat(text)
            _sane(moment.date())
            return moment
    return None


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text] if text in ("true", "false") else refuse("not_boolean")


def _option(text: str) -> str:
    return text if text.isascii() and text.isprintable() else refuse("not_an_option")


def _reference(text: str) -> str:
    fits = len(text) <= _LONGEST_REFERENCE and text.isascii() and text.isprintable()
    return text if fits else refuse("not_an_option")


def _identity_code(text: str) -> str:
    return parse_identity_code(text).text


_FROM_TEXT: Mapping[FieldType, Callable[[str], Any]] = {
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.DATE: _date,
    FieldType.DATE_TIME: _date_time,
    FieldType.BOOLEAN: _boolean,
    FieldType.CHOICE: _option,
    FieldType.MULTI_CHOICE: _option,
    FieldType.USER: _option,
    FieldType.ORGANISATION: _option,
    FieldType.REFERENCE: _reference,
    FieldType.IDENTITY_CODE: _identity_code,
}
#: what to say of something that cannot be read as the type at all
_UNREADABLE: Mapping[FieldType, str] = {
    FieldType.TEXT: "not_text",
    FieldType.LONG_TEXT: "not_text",
    FieldType.INTEGER: "not_integer",
    FieldType.DECIMAL: "not_decimal",
    FieldType.DATE: "not_date",
    FieldType.DATE_TIME: "not_date_time",
    FieldType.BOOLEAN: "not_boolean",
    FieldType.IDENTITY_CODE: "identity_code_format",
}
