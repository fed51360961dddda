"""
The key by which the API names a variable.

A variable is known by its scope and its name. Its key has the upper half of the scope's key, by which an index finds
it, and below 32 bits of a hash of scope and name: a number below 2**63, the same each time, and no column of its own.
"""

from __future__ import annotations

import hashlib

_LOW_BITS = 32
_LOW = (1 << _LOW_BITS) - 1


def variable_key(*, scope_key: int, name: str) -> int:
    """Return the key of the variable in the scope."""
    digest = hashlib.sha256(f"{scope_key}\0{name}".encode()).digest()
    return (scope_key & ~_LOW) | int.from_bytes(digest[:4])


def scope_range(key: int) -> tuple[int, int]:
    """Return between which scope keys, both included, the variable of this key is."""
    return key & ~_LOW, key | _LOW
