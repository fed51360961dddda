"""Check answers against the form's JSON Schema, and say what is wrong in the words of forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from app.domain.errors import Problem
from app.domain.forms import Field, FieldType, FormDefinition, Values
from app.engine.forms.conversion import to_json_value
from app.engine.forms.received import Received
from app.engine.forms.schema import form_schema

_REQUIRED_CODES: Mapping[FieldType, str] = {
    FieldType.DATE: "required_date",
    FieldType.DATE_TIME: "required_date",
    FieldType.BOOLEAN: "required_choice",
    FieldType.CHOICE: "required_choice",
    FieldType.USER: "required_choice",
    FieldType.ORGANISATION: "required_choice",
    FieldType.MULTI_CHOICE: "required_choices",
    FieldType.GROUP: "required_row",
    FieldType.FILE: "required_file",
}
#: keyword of the schema -> code of the problem, and the name under which the problem's text finds the limit
_CODES: Mapping[str, tuple[str, str]] = {
    "minLength": ("too_short", "minimum"),
    "maxLength": ("too_long", "maximum"),
    "minimum": ("too_small", "minimum"),
    "maximum": ("too_large", "maximum"),
    "formatMinimum": ("too_early", "minimum"),
    "formatMaximum": ("too_late", "maximum"),
    "minItems": ("too_few_items", "minimum"),
    "maxItems": ("too_many_items", "maximum"),
    "pattern": ("pattern", ""),
    "enum": ("not_an_option", ""),
}


def required_problem(asked: Field, *, place: str) -> Problem:
    """Return the problem of an answer that must be given and is not."""
    return Problem(_REQUIRED_CODES.get(asked.type, "required"), place=place, name=asked.key)


def validate(form: FormDefinition, received: Received) -> None:
    """Note a problem for everything that the form's JSON Schema refuses; a place keeps its first problem."""
    fields = {".".join(path): asked for path, asked in form.walk()}
    instance = submitted_json(form, received.all_values())
    for error in validator(form).iter_errors(instance):
        for place, asked, code, values in _explain(error, received, fields):
            problem = required_problem(asked, place=place) if code == "required" else None
            received.problems.setdefault(place, problem or Problem(code, place=place, name=asked.key, values=values))


def submitted_json(form: FormDefinition, values: Values) -> dict[str, Any]:
    """
    Return the submitted answers as the JSON that the schema describes: no computed values, files by their key.

    A file that is not stored yet has none; its sha256 stands in for it.
    """
    return _submitted(list(form.fields), values)


def _submitted(fields: list[Field], values: Values) -> dict[str, Any]:
    made = {}
    for each in fields:
        value = values.get(each.key)
        if value is None or not each.submittable:
            continue
        if each.type is FieldType.GROUP:
            made[each.key] = [_submitted(list(each.fields), row) for row in value]
        elif each.type is FieldType.FILE:
            made[each.key] = [file.get("documentKey") or file["sha256"] for file in value]
        else:
            made[each.key] = to_json_value(value)
    return made


@lru_cache(maxsize=1000)
def validator(form: FormDefinition) -> Any:
    """Return the validator of the form's schema; patterns run on RE2, so none can hang."""
    return _Validator(form_schema(form), format_checker=_formats)


def _explain(
    error: ValidationError, received: Received, fields: Mapping[str, Field]
) -> Iterator[tuple[str, Field, str, dict[str, Any]]]:
    path = list(error.absolute_path)
    keys = [str(part) for part in path if isinstance(part, str)]
    if len(path) > 1 and isinstance(path[1], int) and keys[0] in received.rows:
        path[1] = received.rows[keys[0]][path[1]].position
    place = ".".join(map(str, path[:3] if keys and keys[0] in received.rows else path[:1]))
    sent: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "required":
        for key in wanted:
            if key not in sent:
                yield f"{place}.{key}" if place else key, fields[".".join([*keys, key])], "required", {}
        return
    asked = fields[".".join(keys[:2] if keys[0] in received.rows else keys[:1])]
    code, limit = _CODES.get(str(error.validator), ("not_acceptable", ""))
    values = {limit: _plain(wanted)} if limit else {}
    if code == "too_long":
        values["length"] = len(sent)
    yield place, asked, code, values


def _plain(limit: Any) -> Any:
    return date.fromisoformat(limit) if isinstance(limit, str) else limit


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re2.search(pattern, instance):
        yield ValidationError("does not match")


def _format_minimum(_: Any, bound: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and instance < bound:
        yield ValidationError("too early")


def _format_maximum(_: Any, bound: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and instance > bound:
        yield ValidationError("too late")


_formats = FormatChecker(formats=())
_formats.checks("date", raises=ValueError)(lambda value: not isinstance(value, str) or bool(date.fromisoformat(value)))
_formats.checks("date-time", raises=ValueError)(
    lambda value: not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
)
_Validator: Any = extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
    Draft202012Validator,
    {"pattern": _pattern, "formatMinimum": _format_minimum, "formatMaximum": _format_maximum},
)
