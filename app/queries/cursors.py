"""Cursors of keyset paging: the place of the last row shown, as a short text that survives a URL."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec

from app.domain.errors import InvalidInput, Problem


def write_cursor(value: datetime | int | str, key: int) -> str:
    """Return the cursor of a row by its sort value and key."""
    kind = "t" if isinstance(value, datetime) else "v"
    shown = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(msgspec.json.encode([kind, shown, str(key)])).decode().rstrip("=")


def read_cursor(text: str) -> tuple[Any, int] | None:
    """
    Return sort value and key of the cursor, or None for an empty one.

    :raises InvalidInput: the text is no cursor of ours
    """
    if not text:
        return None
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        kind, value, key = msgspec.json.decode(content, type=tuple[str, str | int, str])
        return (datetime.fromisoformat(str(value)) if kind == "t" else value), int(key)
    except (ValueError, TypeError, binascii.Error, msgspec.MsgspecError) as error:
        raise InvalidInput([Problem("bad_cursor", place="after")]) from error
