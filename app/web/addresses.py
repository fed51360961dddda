"""Addresses that come from outside: only paths of our own are followed."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST = 2000
#: one slash, then no second slash or backslash: //evil and /\evil are other sites to a browser
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def own_path(address: str | None, default: str = "/") -> str:
    """Return the address where it is a path of ours, else the default."""
    if not address or len(address) > LONGEST or not _OWN_PATH.fullmatch(address):
        return default
    parts = urlsplit(address)
    return default if parts.scheme or parts.netloc else address
