"""Keys: random positive 63-bit integers, shown as decimal strings."""

from __future__ import annotations

import secrets

KEY_BITS = 63


def new_key() -> int:
    """Return a new random key: positive, below 2**63, so that it fits a BIGINT."""
    return secrets.randbits(KEY_BITS) or new_key()


def parse_key(text: str) -> int | None:
    """Return the key written as a decimal string, or None where the text is no key."""
    if text.isascii() and text.isdigit() and len(text) <= 19:
        key = int(text)
        if 0 < key < 2**KEY_BITS:
            return key
    return None
