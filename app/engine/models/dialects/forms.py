"""Fields of forms inside diagrams of the Camunda 7 family, as fields that ours are made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.engine.models.repairs.working_copy import name_from
from app.engine.vocabulary import CAMUNDA_7, bpmn, local_name, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element

#: by the type that others name: what form-js says of such a field
TYPES: Mapping[str, dict[str, Any]] = {
    "string": {"type": "textfield"},
    "text": {"type": "textarea"},
    "multi-line-text": {"type": "textarea"},
    "long": {"type": "number", "decimalDigits": 0},
    "integer": {"type": "number", "decimalDigits": 0},
    "int": {"type": "number", "decimalDigits": 0},
    "double": {"type": "number"},
    "number": {"type": "number"},
    "boolean": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"},
}
_NUMBERS = frozenset({"min", "max", "minlength", "maxlength"})
_LENGTHS = {"minlength": "minLength", "maxlength": "maxLength"}


def fields_of(node: _Element) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the fields of the form inside the diagram as those of form-js, and what of it has no place there."""
    holder = node.find(bpmn("extensionElements"))
    left_out: list[str] = []
    fields = [
        _field(each, left_out)
        for each in ([] if holder is None else holder.iter())
        if namespace(each) in CAMUNDA_7 and local_name(each) in {"formField", "formProperty"}
    ]
    return fields, left_out


def _field(source: _Element, left_out: list[str]) -> dict[str, Any]:
    key = source.get("variable", "") or source.get("id", "")
    label = source.get("label", "") or source.get("name", "") or key
    values = [
        {"value": each.get("id", ""), "label": each.get("name", "") or each.get("id", "")}
        for each in source
        if local_name(each) == "value" and each.get("id")
    ]
    kind = source.get("type", "string")
    if kind == "enum" and values:
        made: dict[str, Any] = {"type": "select", "values": values}
    elif kind in TYPES:
        made = dict(TYPES[kind])
    else:
        made = {"type": "textfield"}
        left_out.append(f"{label}: {kind}")
    made |= {"key": name_from_key(key), "label": label}
    rules = _rules(source, left_out, label)
    if rules:
        made["validate"] = rules
    if source.get("writable") == "false" or rules.pop("readonly", None):
        made["readonly"] = True
    for name in ("defaultValue", "default", "expression"):
        given = source.get(name, "")
        if given and (name == "expression" or "${" in given or "#{" in given):
            left_out.append(f"{label}: {name} {given}")
        elif given:
            made["defaultValue"] = given
    return made


def _rules(source: _Element, left_out: list[str], label: str) -> dict[str, Any]:
    rules: dict[str, Any] = {"required": True} if source.get("required") == "true" else {}
    for constraint in source.iter():
        if local_name(constraint) != "constraint":
            continue
        name, config = constraint.get("name", ""), constraint.get("config", "")
        if name == "required":
            rules["required"] = config != "false"
        elif name == "readonly":
            rules["readonly"] = True
        elif name in _NUMBERS and config.lstrip("-").isdecimal():
            rules[_LENGTHS.get(name, name)] = int(config)
        else:
            left_out.append(f"{label}: {name} {config}".strip())
    return rules


def name_from_key(key: str) -> str:
    """Return the key as a name of a variable, as it was where it can be one."""
    return key if key.isascii() and key.isidentifier() and key[0].isalpha() else name_from(key, "kentta")
