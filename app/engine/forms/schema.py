"""
The JSON Schema 2020-12 of a form: what a submission of it looks like, for web, API and OpenAPI alike.

It says what a schema can say: types, lengths, ranges, options listed in the form, patterns, rows, and conditions that
are simple (app.domain.conditions) and look at submitted answers only. What it cannot say (FEEL, catalogue options,
identity codes) the submission checks beside it. Ranges of dates use `formatMinimum` and `formatMaximum`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from app.domain.conditions import Condition, keys_of, to_schema
from app.domain.forms import (
    LARGEST_NUMBER,
    LONGEST_LONG_TEXT,
    LONGEST_TEXT,
    MOST_OPTIONS,
    MOST_ROWS,
    Expression,
    Field,
    FieldType,
    FormDefinition,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LONGEST_VALUE = 200


@lru_cache(maxsize=1000)
def form_schema(form: FormDefinition) -> dict[str, Any]:
    """Return the JSON Schema of the form's submissions. Shared: do not change it."""
    return {
        "$schema": DIALECT,
        "title": form.title.get("en") or form.title["fi"],
        **_object(list(form.fields)),
    }


def _object(fields: list[Field]) -> dict[str, Any]:
    asked = [each for each in fields if each.submittable]
    # a condition that looks at anything else (an outer answer, a computed or read-only one) is no matter of the schema
    visible = frozenset(each.key for each in asked)
    required = [each.key for each in asked if each.required and each.show_if is None]
    rules = list(_rules(asked, visible))
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {each.key: _field(each) for each in asked},
        **({"required": required} if required else {}),
        **({"allOf": rules} if rules else {}),
    }


def _rules(fields: Iterable[Field], visible: frozenset[str]) -> Iterable[dict[str, Any]]:
    for each in fields:
        shown = _condition(each.show_if, visible)
        needed = _condition(each.required_if, visible)
        must = {"required": [each.key]}
        if shown is not None:
            hidden_rule = {"properties": {each.key: False}}
            then = {"then": must} if each.required else {}
            yield {"if": to_schema(shown), **then, "else": hidden_rule}
        if needed is not None and (each.show_if is None or shown is not None):
            conditions = [to_schema(condition) for condition in (shown, needed) if condition is not None]
            yield {"if": {"allOf": conditions} if len(conditions) > 1 else conditions[0], "then": must}


def _condition(expression: Expression | None, visible: frozenset[str]) -> Condition | None:
    if expression is None or expression.simple is None or not keys_of(expression.simple) <= visible:
        return None
    return expression.simple


def _field(asked: Field) -> dict[str, Any]:
    return {"title": asked.label.get("en") or asked.label["fi"], **_typed(asked)}


def _typed(asked: Field) -> dict[str, Any]:
    if asked.type in _WRITERS:
        return _WRITERS[asked.type](asked)
    return _option(asked)


def _text(asked: Field) -> dict[str, Any]:
    most = LONGEST_TEXT if asked.type is FieldType.TEXT else LONGEST_LONG_TEXT
    lengths = {"minLength": max(asked.min_length or 1, 1), "maxLength": asked.max_length or most}
    return {"type": "string", **lengths, **_pattern(asked)}


def _number(asked: Field) -> dict[str, Any]:
    return {
        "type": "integer" if asked.type is FieldType.INTEGER else "number",
        "minimum": _bound(asked.minimum, default=-LARGEST_NUMBER),
        "maximum": _bound(asked.maximum, default=LARGEST_NUMBER),
    }


def _date(asked: Field) -> dict[str, Any]:
    bounds = {"formatMinimum": asked.minimum, "formatMaximum": asked.maximum}
    written = {name: bound.isoformat() for name, bound in bounds.items() if isinstance(bound, date)}
    return {"type": "string", "format": "date", **written}


def _several(asked: Field) -> dict[str, Any]:
    return {"type": "array", "uniqueItems": True, **_items(asked, _option(asked), most=MOST_OPTIONS)}


def _rows(asked: Field) -> dict[str, Any]:
    return {"type": "array", **_items(asked, _object(list(asked.fields)), most=MOST_ROWS)}


def _files(asked: Field) -> dict[str, Any]:
    # by the keys of documents that were uploaded before
    return {"type": "array", **_items(asked, {"type": "string", "maxLength": _LONGEST_VALUE}, most=1)}


_WRITERS: Mapping[FieldType, Callable[[Field], dict[str, Any]]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.INTEGER: _number,
    FieldType.DECIMAL: _number,
    FieldType.DATE: _date,
    FieldType.DATE_TIME: lambda _: {"type": "string", "format": "date-time"},
    FieldType.BOOLEAN: lambda _: {"type": "boolean"},
    FieldType.MULTI_CHOICE: _several,
    FieldType.GROUP: _rows,
    FieldType.FILE: _files,
}


def _option(asked: Field) -> dict[str, Any]:
    if asked.options:
        return {"type": "string", "enum": [option.value for option in asked.options]}
    if asked.type is FieldType.IDENTITY_CODE:
        return {"type": "string", "minLength": 11, "maxLength": 11}
    return {"type": "string", "minLength": 1, "maxLength": _LONGEST_VALUE, **_pattern(asked)}


def _pattern(asked: Field) -> dict[str, Any]:
    return {"pattern": f"^(?:{asked.pattern})$"} if asked.pattern else {}


def _items(asked: Field, items: dict[str, Any], *, most: int) -> dict[str, Any]:
    return {"items": items, "minItems": max(asked.min_items or 1, 1), "maxItems": asked.max_items or most}


def _bound(value: int | Decimal | date | None, *, default: int) -> int | float:
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, int) else default
