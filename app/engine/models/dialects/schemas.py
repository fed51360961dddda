"""Forms that are drawn as a JSON Schema in a file of their own, as Spiff-Arena keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec

from app.domain.errors import Problem
from app.engine.models.dialects.forms import TYPES, name_from_key
from app.engine.models.repairs.working_copy import name_from


def form_id_of(file_name: str) -> str:
    """Return the id that the form of a file gets: a diagram and the file itself name it alike."""
    return name_from(PurePosixPath(file_name).stem, "lomake")


def form_of_schema(content: bytes, form_id: str) -> tuple[bytes, tuple[Problem, ...]] | None:
    """
    Return the form that a JSON Schema of an object describes, as form-js writes it, with what was put right.

    None where the content is no such schema, or a form already.
    """
    try:
        schema = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict) or "components" in schema:
        return None
    found: list[Problem] = []
    components = list(_fields(schema, found))
    if isinstance(schema.get("title"), str) and schema["title"]:
        components.insert(0, {"type": "text", "id": "otsikko", "text": f"# {schema['title']}"})
    form = {"id": form_id, "type": "default", "schemaVersion": 16, "components": components}
    found.insert(0, Problem("form_translated", values={"count": sum("key" in each for each in components)}))
    return json.dumps(form, ensure_ascii=False, indent=2).encode(), tuple(found)


def _fields(schema: Mapping[str, Any], found: list[Problem]) -> Iterator[dict[str, Any]]:
    required = schema.get("required")
    needed = set(map(str, required)) if isinstance(required, list) else set()
    for key, source in schema["properties"].items():
        label = str(source.get("title") or key) if isinstance(source, dict) else key
        kind = _kind(source) if isinstance(source, dict) else None
        if kind is None:
            found.append(Problem("form_part_left_out", values={"part": label}))
            continue
        name = name_from_key(key)
        if name != key:
            found.append(Problem("form_key_changed", values={"old": key, "new": name}))
        field = {**kind, "id": name, "key": name, "label": label}
        if isinstance(source.get("description"), str):
            field["description"] = source["description"]
        if key in needed:
            field["validate"] = {"required": True}
        yield field


def _kind(source: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what form-js says of a field of this kind; None where it has no such field."""
    several = source.get("items") if source.get("type") == "array" else None
    if isinstance(several, dict):
        return {"type": "checklist", "values": choices} if (choices := _choices(several)) else None
    if choices := _choices(source):
        return {"type": "radio" if len(choices) <= _MOST_RADIOS else "select", "values": choices}
    if source.get("type") == "string" and source.get("format") == "date":
        return dict(TYPES["date"])
    known = TYPES.get(str(source.get("type", "")))
    return None if known is None else dict(known)


#: choices that are shown side by side; more are a list
_MOST_RADIOS = 5


def _choices(source: Mapping[str, Any]) -> list[dict[str, str]]:
    values = source.get("enum")
    if isinstance(values, list):
        return [{"value": str(value), "label": str(value)} for value in values]
    told = source.get("oneOf") or source.get("anyOf")
    return [
        {"value": str(each["const"]), "label": str(each.get("title") or each["const"])}
        for each in (told if isinstance(told, list) else ())
        if isinstance(each, dict) and "const" in each
    ]
