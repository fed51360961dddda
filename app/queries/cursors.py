"""Cursors of keyset paging: the place of the last row shown, as a short text that survives a URL."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.domain.errors import InvalidInput, Problem
from app.domain.keys import parse_key

#: above every number that a list is sorted by
LARGEST_NUMBER = 2**31


def write_cursor(value: datetime | int | str, key: int) -> str:
    """Return the cursor of a row by its sort value and key."""
    return write_place([value], key)


def read_cursor(text: str, *, sorted_by: type[datetime | int] = datetime) -> tuple[Any, int] | None:
    """
    Return sort value and key of the cursor, or None for an empty one.

    :raises InvalidInput: the text is no cursor of ours, or one of a list that is sorted by another kind of value
    """
    place = read_place(text, sorted_by=[sorted_by])
    return None if place is None else (place[0][0], place[1])


def write_place(values: Sequence[datetime | int | str], key: int) -> str:
    """Return the cursor of a row by the values that it is sorted by, and its key."""
    shown = [
        part for value in values for part in (("t", value.isoformat()) if isinstance(value, datetime) else ("v", value))
    ]
    return base64.urlsafe_b64encode(msgspec.json.encode([*shown, str(key)])).decode().rstrip("=")


def read_place(text: str, *, sorted_by: Sequence[type[datetime | int | str]]) -> tuple[tuple[Any, ...], int] | None:
    """
    Return the sort values and the key of the cursor, or None for an empty one.

    :raises InvalidInput: the text is no cursor of ours, or one of a list that is sorted by other kinds of values
    """
    if not text:
        return None
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        *parts, key_text = msgspec.json.decode(content, type=list[str | int])
        values = tuple(
            datetime.fromisoformat(str(value)) if kind == "t" else value
            for kind, value in zip(parts[::2], parts[1::2], strict=True)
        )
    except (ValueError, TypeError, binascii.Error, msgspec.MsgspecError) as error:
        raise InvalidInput([Problem("bad_cursor", place="after")]) from error
    key = parse_key(str(key_text))
    if key is None or len(values) != len(sorted_by) or not all(map(_fits, values, sorted_by)):
        raise InvalidInput([Problem("bad_cursor", place="after")])
    return values, key


def _fits(value: datetime | int | str, sorted_by: type[datetime | int | str]) -> bool:
    """Tell whether a database can compare the value with the list's: a moment with its zone, a small number, a text."""
    if isinstance(value, datetime):
        return sorted_by is datetime and value.tzinfo is not None
    if isinstance(value, str):
        return sorted_by is str and "\x00" not in value
    return sorted_by is int and abs(value) < LARGEST_NUMBER
