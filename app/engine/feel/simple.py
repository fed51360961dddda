"""
The expressions that need no V8: literals, and names with their paths.

A call into V8 costs about 0.1 ms before any work; most expressions of our diagrams are of these forms. Each form is one
whose meaning FEEL fixes without any choice; a property test holds both ways of evaluating against each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Simple:
    """A value found without V8."""

    value: Value


_TEXT = re.compile(r'\s*"([^"\\\n\r]*)"\s*')
_NUMBER = re.compile(r"\s*(-?\d{1,15})\s*", re.ASCII)
_PATH = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*", re.ASCII)
_CONSTANTS: Mapping[str, Value] = {"true": True, "false": False, "null": None}
#: words of the grammar and names of built-in functions, which a bare name may mean
_NOT_NAMES = frozenset(
    {
        *("for", "in", "return", "if", "then", "else", "some", "every", "satisfies", "or", "and", "not", "between"),
        *("instance", "of", "days", "date", "time", "duration", "years", "months", "list", "context", "function"),
        *("external", "item", "partial"),
    }
)


def answer(text: str, context: Mapping[str, Value]) -> Simple | None:
    """Return the value of a simple expression, or None where only V8 can tell."""
    constant, path = _parsed(text)
    if constant is not None:
        return constant
    return _walk(path, context) if path else None


@lru_cache(maxsize=8192)
def _parsed(text: str) -> tuple[Simple | None, tuple[str, ...]]:
    if match := _TEXT.fullmatch(text):
        return Simple(match[1]), ()
    if match := _NUMBER.fullmatch(text):
        return Simple(int(match[1])), ()
    match = _PATH.fullmatch(text)
    if match is None:
        return None, ()
    if match[1] in _CONSTANTS:
        return Simple(_CONSTANTS[match[1]]), ()
    names = tuple(match[1].split("."))
    return None, (() if _NOT_NAMES.intersection(names) or _CONSTANTS.keys() & names else names)


def _walk(names: tuple[str, ...], context: Mapping[str, Value]) -> Simple | None:
    value: Value = context
    for name in names:
        # anything but contexts has properties of its own, a missing name may be a function: V8's business
        if type(value) is not dict and value is not context:
            return None
        if name not in value:
            return None
        value = value[name]
    return Simple(value) if _plain(value) else None


def _plain(value: Value) -> bool:
    """Only values that come back from V8 as they went in; the rest goes through it and is checked there."""
    return value is None or type(value) in (str, bool) or (type(value) is int and abs(value) < 2**53)
