"""Cursors of keyset paging: the place of the last row shown, as a short text that survives a URL."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec

from app.domain.errors import InvalidInput, Problem
from app.domain.keys import parse_key

#: above every number that a list is sorted by
LARGEST_NUMBER = 2**31


def write_cursor(value: datetime | int | str, key: int) -> str:
    """Return the cursor of a row by its sort value and key."""
    kind = "t" if isinstance(value, datetime) else "v"
    shown = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(msgspec.json.encode([kind, shown, str(key)])).decode().rstrip("=")


def read_cursor(text: str, *, sorted_by: type[datetime | int] = datetime) -> tuple[Any, int] | None:
    """
    Return sort value and key of the cursor, or None for an empty one.

    :raises InvalidInput: the text is no cursor of ours, or one of a list that is sorted by another kind of value
    """
    if not text:
        return None
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        kind, value, key_text = msgspec.json.decode(content, type=tuple[str, str | int, str])
        sort_value = datetime.fromisoformat(str(value)) if kind == "t" else value
    except (ValueError, TypeError, binascii.Error, msgspec.MsgspecError) as error:
        raise InvalidInput([Problem("bad_cursor", place="after")]) from error
    key = parse_key(key_text)
    if key is None or not _fits(sort_value, sorted_by):
        raise InvalidInput([Problem("bad_cursor", place="after")])
    return sort_value, key


def _fits(value: datetime | int | str, sorted_by: type[datetime | int]) -> bool:
    """Tell whether a database can compare the value with the list's: a moment with its zone, or a small number."""
    if isinstance(value, datetime):
        return sorted_by is datetime and value.tzinfo is not None
    return sorted_by is int and isinstance(value, int) and abs(value) < LARGEST_NUMBER
