"""Check answers against the form's JSON Schema, and say what is wrong in the words of forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from app.domain.errors import Problem
from app.domain.forms import Field, FieldType, FormDefinition, Refused, Values
from app.domain.offence_words import tells_of_offence
from app.engine.forms.conversion import to_json_value
from app.engine.forms.received import Received
from app.engine.forms.schema import form_schema

_Moment = TypeVar("_Moment", bound=date)

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

_FREE_TEXT = frozenset({FieldType.TEXT, FieldType.LONG_TEXT})


def required_problem(asked: Field, *, place: str) -> Problem:
    """Return the problem of an answer that must be given and is not."""
    return Problem(_REQUIRED_CODES.get(asked.type, "required"), place=place, name=asked.key)


def validate(form: FormDefinition, received: Received) -> None:
    """Note a problem for everything that the form's JSON Schema refuses; a place keeps its first problem."""
    fields = {".".join(path): asked for path, asked in form.walk()}
    instance = submitted_json(form, received.all_values())
    for error in validator(form).iter_errors(instance):
        place, asked, code, values = _explain(error, received, fields)
        problem = required_problem(asked, place=place) if code == "required" else None
        received.problems.setdefault(place, problem or Problem(code, place=place, name=asked.key, values=values))
    if form.refuses is Refused.OFFENCE:
        for place, asked, text in _texts(form, received):
            if tells_of_offence(text):
                # the problem never repeats what was written
                received.problems.setdefault(place, Problem("offence", place=place, name=asked.key))


def _texts(form: FormDefinition, received: Received) -> Iterator[tuple[str, Field, str]]:
    """Give each free text that was sent, with its place."""
    for asked in form.fields:
        text = received.values.get(asked.key)
        if asked.type in _FREE_TEXT and isinstance(text, str):
            yield asked.key, asked, text
        for row in received.rows.get(asked.key, ()):
            for inner in asked.fields:
                text = row.values.get(inner.key)
                if inner.type in _FREE_TEXT and isinstance(text, str):
                    yield f"{asked.key}.{row.position}.{inner.key}", inner, text


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
def validator(form: FormDefinition) -> Draft202012Validator:
    """Return the validator of the form's schema; its patterns run in linear time, so none can hang."""
    return Draft202012Validator(
        form_schema(form),
        validate_formats=True,
        formats={"date": _is_date, "date-time": _is_moment},
        keywords={"formatMinimum": _Earliest, "formatMaximum": _Latest},
        pattern_options=RegexOptions(),
    )


def _explain(
    error: ValidationError, received: Received, fields: Mapping[str, Field]
) -> tuple[str, Field, str, dict[str, Any]]:
    path = list(error.instance_path)
    keys = [part for part in path if isinstance(part, str)]
    if len(path) > 1 and isinstance(path[1], int) and keys[0] in received.rows:
        path[1] = received.rows[keys[0]][path[1]].position
    place = ".".join(map(str, path[:3] if keys and keys[0] in received.rows else path[:1]))
    details = error.kind.as_dict()
    keyword = details.get("keyword", error.kind.name)
    if keyword == "required":
        key = details["property"]
        return f"{place}.{key}" if place else key, fields[".".join([*keys, key])], "required", {}
    asked = fields[".".join(keys[:2] if keys[0] in received.rows else keys[:1])]
    code, limit = _CODES.get(keyword, ("not_acceptable", ""))
    bounds = {"formatMinimum": asked.minimum, "formatMaximum": asked.maximum}
    values = {limit: bounds.get(keyword, details.get("limit"))} if limit else {}
    if code == "too_long":
        values["length"] = len(str(error.instance))
    return place, asked, code, values


def _is_date(text: str) -> bool:
    return _reads(date.fromisoformat, text) is not None


def _is_moment(text: str) -> bool:
    moment = _reads(datetime.fromisoformat, text)
    return moment is not None and moment.tzinfo is not None


def _reads(read: Callable[[str], _Moment], text: str) -> _Moment | None:
    try:
        return read(text)
    except ValueError:
        return None


class _Earliest:
    """The keyword `formatMinimum`: ISO texts are in the order of time."""

    def __init__(self, _schema: dict[str, Any], bound: str, _path: list[str | int]) -> None:
        self._bound = bound

    def validate(self, instance: object) -> None:
        """Refuse an earlier date."""
        if isinstance(instance, str) and instance < self._bound:
            raise ValueError("too early")


class _Latest:
    """The keyword `formatMaximum`."""

    def __init__(self, _schema: dict[str, Any], bound: str, _path: list[str | int]) -> None:
        self._bound = bound

    def validate(self, instance: object) -> None:
        """Refuse a later date."""
        if isinstance(instance, str) and instance > self._bound:
            raise ValueError("too late")
