"""Read what goes into an element and out of it: zeebe:ioMapping, and data associations that compute something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.engine.dialect.facts import Mapping
from app.engine.expressions import Expression, Template
from app.engine.vocabulary import bpmn, extension, local_name, text_of, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

    from app.engine.graph import Node
    from app.engine.readings import Readings

_ASSOCIATIONS = {"input": "dataInputAssociation", "output": "dataOutputAssociation"}
#: what makes of a data association more than a line on paper
COMPUTING = (bpmn("assignment"), bpmn("transformation"))


def read_mappings(readings: Readings, node: Node, kind: str) -> tuple[tuple[Mapping, ...], ...]:
    """
    Return the mappings of a kind ("input", "output") in groups: each uses only what groups before it wrote.

    Data associations come first, in the order of the file. One that only says what belongs together documents; the
    variables of the dialect go where they are needed without it.
    """
    groups: list[list[Mapping]] = [[]]
    for target, source in (*_associated(readings, node, kind), *_mapped(readings, node, kind)):
        mapping = Mapping(source, tuple(target.split(".")))
        written = {each.target[0] for each in groups[-1]}
        if isinstance(mapping.source, Expression) and mapping.source.roots & written:
            groups.append([])
        groups[-1].append(mapping)
    return tuple(tuple(group) for group in groups if group)


def _mapped(readings: Readings, node: Node, kind: str) -> Iterator[tuple[str, Template]]:
    holder = extension(node.element, "ioMapping")
    for element in [] if holder is None else holder.findall(zeebe(kind)):
        target = readings.variable_name(element.get("target", ""), node)
        if not element.get("source"):
            readings.findings.refuse("mapping_source_missing", node, variable=target[:100])
        yield target, readings.template(element.get("source"), node)


def _associated(readings: Readings, node: Node, kind: str) -> Iterator[tuple[str, Template]]:
    for association in node.element.findall(bpmn(_ASSOCIATIONS[kind])):
        transformation = association.find(COMPUTING[1])
        if transformation is not None:
            yield _target(readings, node, association), _source(readings, node, transformation)
        for assignment in association.findall(COMPUTING[0]):
            source, target = assignment.find(bpmn("from")), assignment.find(bpmn("to"))
            if source is not None:
                name = text_of(target).removeprefix("=").strip()
                yield readings.variable_name(name, node), _source(readings, node, source)


def _source(readings: Readings, node: Node, element: _Element) -> Template:
    """Return a FEEL expression as in conditions: what other languages mean nobody here knows."""
    text, language = text_of(element), element.get("language", "")
    if not text.startswith("=") or (language and "feel" not in language.lower()):
        readings.findings.refuse("association_not_feel", node, expression=text[:200])
        return readings.template(None, node)
    return readings.template(text, node)


def _target(readings: Readings, node: Node, association: _Element) -> str:
    """Return the variable that a transformation writes: the name of the data that the association leads to."""
    reference = text_of(association.find(bpmn("targetRef")))
    root = association.getroottree().getroot()
    found = next((each for each in root.iter() if reference and each.get("id") == reference), None)
    name = "" if found is None else found.get("name", "")
    if found is not None and not name and local_name(found) == "property":
        name = reference
    return readings.variable_name(name, node)
