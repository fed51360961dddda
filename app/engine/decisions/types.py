"""Item definitions and type references, as the evaluator in V8 wants them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.engine.decisions.document import Element, child, children, text_of

Type = dict[str, Any]

#: the types that FEEL itself has, in the spellings of DMN 1.1 to 1.5
BUILT_IN = frozenset(
    {
        "Any",
        "Null",
        "boolean",
        "context",
        "date",
        "date and time",
        "dateTime",
        "dayTimeDuration",
        "days and time duration",
        "duration",
        "function",
        "list",
        "number",
        "range",
        "string",
        "time",
        "yearMonthDuration",
        "years and months duration",
    }
)
_FEEL_NAMESPACE = re.compile(r"omg\.org/spec/(FEEL|DMN)/.*(FEEL|feel)|omg\.org/spec/FEEL/")
#: other notations for numbers, from modellers that came from other expression languages
_NUMBERS = frozenset({"integer", "long", "double"})
#: item definitions that refer to each other in a circle are found elsewhere
_DEEPEST_TYPE = 8
_GENERIC = re.compile(r"(list|range)\s*<(.*)>")


def reference(text: str | None, element: Element, imports: Mapping[str, str]) -> Type | None:
    """
    Read a type reference of an element; None where there is none or it is Any.

    `imports` are the names of imported models by namespace (a prefix of DMN 1.1 stands for them).
    """
    name = " ".join((text or "").split())
    if not name or name == "Any":
        return None
    if generic := _GENERIC.fullmatch(name):
        return {"kind": generic[1], "element": reference(generic[2], element, imports)}
    if name.startswith("context<"):
        return {"kind": "name", "name": "context"}
    if name.startswith("function<"):
        return {"kind": "function"}
    prefix, separator, local = name.partition(":")
    if separator:
        namespace = element.nsmap.get(prefix)
        if namespace is not None and _FEEL_NAMESPACE.search(namespace):
            name = local
        else:
            alias = imports.get(namespace or "", "")
            name = f"{alias}.{local}" if alias else local
    if name == "Any":
        return None
    return {"kind": "name", "name": "number" if name in _NUMBERS else name}


def item(definition: Element, imports: Mapping[str, str]) -> Type:
    """Read an item definition or a component of one (DMN 7.3.2)."""
    is_list = definition.get("isCollection", "false").strip() in ("true", "1")
    read: Type = {
        "kind": "item",
        "type": _inner(definition, imports),
        "list": is_list,
        "allowed": text_of(child(definition, "allowedValues")) or None,
    }
    constraint = text_of(child(definition, "typeConstraint"))
    if not constraint:
        return read
    if is_list:
        return {"kind": "item", "type": read, "list": False, "allowed": constraint}
    return read | {"allowed": constraint}


def _inner(definition: Element, imports: Mapping[str, str]) -> Type | None:
    components = list(children(definition, "itemComponent"))
    if components:
        entries = [{"name": name_of(each), "type": item(each, imports)} for each in components]
        return {"kind": "context", "entries": entries}
    function = child(definition, "functionItem")
    if function is not None:
        return _function(function, imports)
    type_reference = child(definition, "typeRef")
    return reference(None if type_reference is None else type_reference.text, definition, imports)


def _function(function: Element, imports: Mapping[str, str]) -> Type:
    parameters = [
        {"name": name_of(each), "type": reference(each.get("typeRef"), each, imports)}
        for each in children(function, "parameters")
    ]
    result = reference(function.get("outputTypeRef"), function, imports)
    return {"kind": "function", "parameters": parameters, "result": result}


def name_of(element: Element) -> str:
    """Return the element's name with single spaces."""
    return " ".join(element.get("name", "").split())


def names_in(written: Type | None) -> Iterator[str]:
    """Go through the names of item definitions that a type refers to."""
    if not written:
        return
    if written["kind"] == "name" and written["name"] not in BUILT_IN:
        yield written["name"]
    for inner in ("type", "element", "result"):
        yield from names_in(written.get(inner))
    for each in (*written.get("entries", ()), *(written.get("parameters") or ())):
        yield from names_in(each["type"])


def has_values(written: Type | None, types: Mapping[str, Type], depth: int = 0) -> bool:
    """Tell whether a type lists the values that it allows, itself or in an item definition that it refers to."""
    if not written or depth > _DEEPEST_TYPE:
        return False
    if written["kind"] == "name":
        return has_values(types.get(written["name"]), types, depth + 1)
    return bool(written.get("allowed")) or has_values(written.get("type"), types, depth + 1)
