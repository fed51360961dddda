"""
Simple conditions over the answers of a form: the part of FEEL that needs no FEEL engine.

`hetu_puuttuu = true`, `paatos != "TIIMI" and not(sujuu)`, `list contains(tarpeet, "N01")`. They mean exactly what FEEL
means by them (three values: true, false, null), and the same condition is evaluated here, in the browser and as the
`if` of a JSON Schema. What is richer stays FEEL text and goes to the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

Literal: TypeAlias = str | bool | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Compare:
    """`key = literal`, `key != literal`, and for numbers also `<`, `<=`, `>`, `>=`."""

    key: str
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class IsTrue:
    """The key of a yes/no answer alone."""

    key: str


@dataclass(frozen=True, slots=True)
class Contains:
    """`list contains(key, "value")`: the option was ticked."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """`not(condition)`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class All:
    """Conditions joined by `and`."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions joined by `or`."""

    conditions: tuple[Condition, ...]


Condition: TypeAlias = Compare | IsTrue | Contains | Not | All | AnyOf


def holds(condition: Condition, values: Mapping[str, Any]) -> bool | None:
    """Tell whether the condition holds for these answers: True, False, or None where FEEL gives null."""
    match condition:
        case Compare():
            return _compare(condition, values.get(condition.key))
        case IsTrue(key):
            value = values.get(key)
            return value if isinstance(value, bool) else None
        case Contains(key, option):
            chosen = values.get(key)
            return None if chosen is None else option in chosen
        case Not(inner):
            result = holds(inner, values)
            return None if result is None else not result
        case All(conditions):
            results = [holds(each, values) for each in conditions]
            return False if False in results else None if None in results else True
        case AnyOf(conditions):
            results = [holds(each, values) for each in conditions]
            return True if True in results else None if None in results else False


def _compare(condition: Compare, value: Any) -> bool | None:
    if condition.operator == "=":
        return bool(value == condition.value)
    if condition.operator == "!=":
        return bool(value != condition.value)
    if value is None or condition.value is None:
        return None
    smaller, equal = value < condition.value, value == condition.value
    return bool(
        {"<": smaller, "<=": smaller or equal, ">": not smaller and not equal, ">=": not smaller}[condition.operator]
    )


def keys_of(condition: Condition) -> frozenset[str]:
    """Return the keys that the condition looks at."""
    match condition:
        case Compare(key) | IsTrue(key) | Contains(key):
            return frozenset([key])
        case Not(inner):
            return keys_of(inner)
        case All(conditions) | AnyOf(conditions):
            return frozenset().union(*map(keys_of, conditions))


def to_json(condition: Condition) -> dict[str, Any]:
    """Return the condition as the JSON that the browser evaluates (app/web/assets/form)."""
    match condition:
        case Compare(key, operator, value):
            return {"op": operator, "key": key, "value": _plain(value)}
        case IsTrue(key):
            return {"op": "true", "key": key}
        case Contains(key, value):
            return {"op": "contains", "key": key, "value": value}
        case Not(inner):
            return {"op": "not", "of": [to_json(inner)]}
        case All(conditions):
            return {"op": "and", "of": [to_json(each) for each in conditions]}
        case AnyOf(conditions):
            return {"op": "or", "of": [to_json(each) for each in conditions]}


def to_schema(condition: Condition) -> dict[str, Any]:
    """Return a JSON Schema that an object of answers fits exactly when the condition is true for it."""
    match condition:
        case Compare():
            return _compare_schema(condition)
        case IsTrue(key):
            return _present(key, {"const": True})
        case Contains(key, value):
            return _present(key, {"contains": {"const": value}})
        case Not(inner):
            return _false_schema(inner)
        case All(conditions):
            return {"allOf": [to_schema(each) for each in conditions]}
        case AnyOf(conditions):
            return {"anyOf": [to_schema(each) for each in conditions]}


_BOUNDS = {"<": "exclusiveMaximum", "<=": "maximum", ">": "exclusiveMinimum", ">=": "minimum"}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}


def _compare_schema(condition: Compare) -> dict[str, Any]:
    match condition:
        case Compare(key, "=", None):
            return {"not": {"required": [key]}}
        case Compare(key, "=", value):
            return _present(key, {"const": _plain(value)})
        case Compare(key, "!=", value):
            return {"not": _compare_schema(Compare(key, "=", value))}
        case Compare(key, operator, value):
            return _present(key, {_BOUNDS[operator]: _plain(value)})


def _false_schema(condition: Condition) -> dict[str, Any]:
    match condition:
        case Compare(key, operator, value):
            return to_schema(Compare(key, _OPPOSITE[operator], value))
        case IsTrue(key):
            return _present(key, {"const": False})
        case Contains(key, value):
            return _present(key, {"not": {"contains": {"const": value}}})
        case Not(inner):
            return to_schema(inner)
        case All(conditions):
            return {"anyOf": [_false_schema(each) for each in conditions]}
        case AnyOf(conditions):
            return {"allOf": [_false_schema(each) for each in conditions]}


def _present(key: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": [key], "properties": {key: schema}}


def _plain(value: Literal) -> str | bool | int | float | None:
    return float(value) if isinstance(value, Decimal) else value
