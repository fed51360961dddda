"""
The expressions that need no V8: literals, names with their paths, and a path compared with a literal of its own kind.

A call into V8 costs about 0.1 ms before any work, and most expressions of our diagrams are of these forms. Each is one
whose meaning FEEL fixes without any choice, on values that need no conversion; a property test holds both ways of
evaluating against each other. Everything else returns None and goes to V8.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Simple:
    """A value found without V8."""

    value: Value


@dataclass(frozen=True, slots=True)
class _Form:
    """What a text was read as: a literal alone, a path alone, or both with a comparison between."""

    literal: Simple | None = None
    path: tuple[str, ...] = ()
    comparison: str = ""


_LITERAL = r'"(?P<text>[^"\\\n\r]*)"|(?P<number>-?\d{1,15})|(?P<constant>true|false|null)'
_PATH = r"(?P<path>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
_ALONE = re.compile(rf"\s*(?:{_LITERAL}|{_PATH})\s*", re.ASCII)
_COMPARED = re.compile(rf"\s*{_PATH}\s*(?P<comparison>!=|<=|>=|=|<|>)\s*(?:{_LITERAL})\s*", re.ASCII)
_CONSTANTS: Mapping[str, Value] = {"true": True, "false": False, "null": None}
_COMPARISONS: Mapping[str, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EQUALITIES = frozenset({"=", "!="})
_BIGGEST = 2**53
#: words of the grammar and names of built-in functions, which a bare name may mean
_NOT_NAMES = frozenset(
    {
        *("for", "in", "return", "if", "then", "else", "some", "every", "satisfies", "or", "and", "not", "between"),
        *("instance", "of", "days", "date", "time", "duration", "years", "months", "list", "context", "function"),
        *("external", "item", "partial", "true", "false", "null"),
    }
)


def answer(text: str, context: Mapping[str, Value]) -> Simple | None:
    """Return the value of a simple expression, or None where only V8 can tell."""
    form = _read(text)
    if form is None:
        return None
    if not form.path:
        return form.literal
    found = _walk(form.path, context)
    if found is None or form.literal is None:
        return found
    return _compare(found.value, form.comparison, form.literal.value)


@lru_cache(maxsize=8192)
def _read(text: str) -> _Form | None:
    match = _ALONE.fullmatch(text)
    comparison = ""
    if match is None:
        match = _COMPARED.fullmatch(text)
        if match is None:
            return None
        comparison = match["comparison"]
    path = tuple(match["path"].split(".")) if match["path"] else ()
    if match["path"] in _CONSTANTS:
        return None if comparison else _Form(Simple(_CONSTANTS[match["path"]]))
    return None if _NOT_NAMES.intersection(path) else _Form(_literal(match), path, comparison)


def _literal(match: re.Match[str]) -> Simple | None:
    if match["text"] is not None:
        return Simple(match["text"])
    if match["number"] is not None:
        return Simple(int(match["number"]))
    return None if match["constant"] is None else Simple(_CONSTANTS[match["constant"]])


def _walk(names: tuple[str, ...], context: Mapping[str, Value]) -> Simple | None:
    value: Value = context
    for name in names:
        # only contexts have entries of their own; a missing name may be a function: V8's business
        if (type(value) is not dict and value is not context) or name not in value:
            return None
        value = value[name]
    return Simple(value) if _plain(value) else None


def _compare(left: Value, comparison: str, right: Value) -> Simple | None:
    if comparison in _EQUALITIES and (left is None or right is None):
        return Simple((left is right) == (comparison == "="))
    kind = type(left)
    if kind is not type(right) or (comparison not in _EQUALITIES and kind is not int):
        return None
    return Simple(_COMPARISONS[comparison](left, right))


def _plain(value: Value) -> bool:
    """Tell whether a value comes back from V8 as it went in; the others go through it and are checked there."""
    if isinstance(value, bool) or value is None:
        return True
    if type(value) is str:
        return value.isascii()
    return type(value) is int and abs(value) < _BIGGEST
