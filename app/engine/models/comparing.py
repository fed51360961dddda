"""What changed from one version of a model to the next, part by part; the drawing (shapes, edges) does not count."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree

from app.domain.models import Change, Difference, ModelKind
from app.engine.decisions.document import is_dmn, parse
from app.engine.reader import read_document
from app.engine.vocabulary import BPMN, local_name, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element

#: a text that is told before and after; longer ones only "changed"
LONGEST_TEXT = 200
#: of one part; one that changed more is told as changed
MOST_DETAILS = 8
#: belong to what they connect and are told with it
_NOT_TOLD = frozenset({"incoming", "outgoing", "flowNodeRef"})


@dataclass(frozen=True, slots=True)
class _Part:
    element_id: str
    element_type: str
    name: str
    #: everything that belongs to the part itself, without the parts inside it
    signature: str
    #: its short texts by what they are: an attribute's name, a property's name, "" for the text of a cell
    texts: Mapping[str, str] = field(default_factory=dict)
    row: int = 0


def compare(kind: ModelKind, before: bytes, after: bytes) -> tuple[Difference, ...]:
    """
    Return what was added, removed and changed, in the order of the newer model, removed parts last.

    A form that is no JSON has no parts.

    :raises InvalidDiagram, InvalidDecision: one of them is malformed
    """
    old, new = _parts(kind, before), _parts(kind, after)
    found = []
    for element_id, part in new.items():
        was = old.get(element_id)
        if was is None:
            found.append(_difference(Change.ADDED, part))
        elif was.signature != part.signature:
            found.append(_difference(Change.CHANGED, part, was))
    found += [_difference(Change.REMOVED, part) for element_id, part in old.items() if element_id not in new]
    return tuple(found)


def _difference(change: Change, part: _Part, was: _Part | None = None) -> Difference:
    values: dict[str, Any] = {}
    if was is not None and (details := _details(was.texts, part.texts)):
        values["details"] = details
    if part.row:
        values["row"] = part.row
    return Difference(change, part.element_id, part.element_type, part.name, values)


def _details(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Return the short texts that are not as they were."""
    names = [name for name in dict.fromkeys((*before, *after)) if before.get(name, "") != after.get(name, "")]
    told = [(name, before.get(name, ""), after.get(name, "")) for name in names]
    return tuple(each for each in told if max(map(len, each)) <= LONGEST_TEXT)[:MOST_DETAILS]


def _parts(kind: ModelKind, content: bytes) -> dict[str, _Part]:
    if kind is ModelKind.FORM:
        return {part.element_id: part for part in _fields(content)}
    root = read_document(content) if kind is ModelKind.DIAGRAM else parse(content)
    return {part.element_id: part for part in _elements(root)}


# -- XML -----------------------------------------------------------------------------------------------------------


def _elements(root: _Element) -> Iterator[_Part]:
    rows = 0
    for element in root.iter():
        element_id = element.get("id")
        if element is root or not element_id or not _is_model(element):
            continue
        name = local_name(element)
        if name == "rule":
            rows += 1
        if name == "decisionTable":
            rows = 0
        yield _Part(
            element_id=element_id,
            element_type=name,
            name=element.get("name", "") or element.get("label", ""),
            signature=json.dumps(_written(element), sort_keys=True),
            texts=_cell(element) if name in _CELLS else _texts(element),
            row=rows if name in {"rule", "inputEntry", "outputEntry"} else 0,
        )


def _is_model(element: _Element) -> bool:
    return namespace(element) == BPMN or is_dmn(element)


def _written(element: _Element, *, top: bool = True) -> list[Any]:
    """Return the element as nested lists, without the elements that have an id of their own."""
    inside = [
        _written(child, top=False)
        for child in element
        if isinstance(child.tag, str)
        and not (child.get("id") and _is_model(child))
        and not (_is_model(child) and local_name(child) in _NOT_TOLD)
    ]
    attributes = sorted((str(key), value) for key, value in element.attrib.items() if not (top and key == "id"))
    return [str(element.tag), attributes, (element.text or "").strip(), inside]


_CELLS = frozenset({"inputEntry", "outputEntry", "inputExpression"})


def _cell(element: _Element) -> dict[str, str]:
    return {"": "".join(str(part) for part in etree.ElementTextIterator(element)).strip()}


def _texts(element: _Element) -> dict[str, str]:
    """Return the attributes and texts of the part, of its extensions too; a property goes by its own name."""
    found = {
        str(key): str(value) for key, value in element.attrib.items() if key != "id" and not str(key).startswith("{")
    }
    for child in element:
        if not isinstance(child.tag, str) or (child.get("id") and _is_model(child)) or local_name(child) in _NOT_TOLD:
            continue
        if local_name(child) == "property" and child.get("name"):
            found[child.get("name", "")] = child.get("value", "")
            continue
        if (text := (child.text or "").strip()) and not len(child):
            found[local_name(child)] = text
        found |= {name: text for name, text in _texts(child).items() if name not in found}
    return found


# -- forms ---------------------------------------------------------------------------------------------------------


def _fields(content: bytes) -> Iterator[_Part]:
    try:
        form = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return
    if not isinstance(form, dict):
        return
    head = {key: value for key, value in form.items() if key != "sections"}
    yield _Part("", "form", _label(form.get("title")), json.dumps(head, sort_keys=True))
    for section in _objects(form.get("sections")):
        own = {key: value for key, value in section.items() if key != "fields"}
        key = str(section.get("key", ""))
        yield _Part(f"#{key}", "section", _label(section.get("title")), json.dumps(own, sort_keys=True))
        for asked in _objects(section.get("fields")):
            yield from _field(asked, "")


def _field(asked: Mapping[str, Any], within: str) -> Iterator[_Part]:
    path = f"{within}{asked.get('key', '')}"
    own = {key: value for key, value in asked.items() if key != "fields"}
    texts = {key: str(value) for key, value in own.items() if isinstance(value, str | int | float)}
    yield _Part(path, str(asked.get("type", "")), _label(asked.get("label")), json.dumps(own, sort_keys=True), texts)
    for inner in _objects(asked.get("fields")):
        yield from _field(inner, f"{path}.")


def _objects(found: Any) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _label(text: Any) -> str:
    return str(text.get("fi", "")) if isinstance(text, dict) else ""
