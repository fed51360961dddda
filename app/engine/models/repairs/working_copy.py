"""The copy of a foreign diagram while it is put right: its tree, its drawing, and what was found so far."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

from app.domain.errors import Problem
from app.engine.models.repairs.drawing import Drawing
from app.engine.normaliser import is_true
from app.engine.vocabulary import BPMN, FLOW_NODES, ZEEBE, bpmn, local_name, namespace, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

#: of elements that hold, as text, what was taken out of the running diagram: nothing that was drawn is thrown away
KEPT = "urn:kykypolku:import"
#: what has a place in flows, whether this build runs it or not
NODES = FLOW_NODES | {"complexGateway", "transaction", "adHocSubProcess"}
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITY_NODES = frozenset(name for name in NODES if name.endswith(("ask", "ubProcess"))) | {
    "transaction",
    "callActivity",
}
LONGEST_TOLD = 200
#: of a key of a form, with room for a number
LONGEST_NAME = 56
#: before extensionElements in every element that may have them
_FIRST = frozenset({"documentation"})
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9]+")


class WorkingCopy:
    """What the rules of repair change."""

    def __init__(self, root: _Element) -> None:
        self.root = root
        self.drawing = Drawing(root)
        self.findings: list[Problem] = []
        self._ids = {element.get("id", "") for element in root.iter() if element.get("id")}
        #: questions that the start of a process asks, by the id of the process: [(key, label)]
        self.asked_at_start: dict[str, list[tuple[str, str]]] = {}

    # -- looking -----------------------------------------------------------------------------------

    def processes(self) -> list[_Element]:
        """Return the processes that are to be run."""
        return [each for each in self.root.findall(bpmn("process")) if is_true(each.get("isExecutable"))]

    def scopes(self) -> Iterator[_Element]:
        """Yield the processes that are to be run and the sub-processes in them, outer ones first."""
        for process in self.processes():
            yield process
            yield from list(process.iter(*_qualified(SUB_PROCESSES)))

    def nodes(self, *names: str) -> Iterator[_Element]:
        """Yield the nodes of the processes that are to be run, of these names or all."""
        wanted = _qualified(frozenset(names) or NODES)
        for process in self.processes():
            yield from list(process.iter(*wanted))

    def nodes_by_id(self) -> dict[str, _Element]:
        """Return the nodes of all processes by their ids."""
        found: dict[str, _Element] = {}
        for process in self.root.findall(bpmn("process")):
            for each in process.iter(*_qualified(NODES)):
                found.setdefault(each.get("id", ""), each)
        return found

    def flows(self) -> list[_Element]:
        """Return the sequence flows of the processes that are to be run."""
        return [flow for process in self.processes() for flow in process.iter(bpmn("sequenceFlow"))]

    def definition(self, element_id: str, name: str = "") -> _Element | None:
        """Return the root element of the id, of this name where one is given."""
        for each in self.root:
            if namespace(each) == BPMN and each.get("id") == element_id and name in ("", local_name(each)):
                return each
        return None

    # -- changing ----------------------------------------------------------------------------------

    def note(self, code: str, element: _Element | None = None, /, **values: object) -> None:
        """Tell what was done, at the element; texts are cut to a length that a list bears."""
        place, name = (
            ("", "") if element is None else (element.get("id", ""), " ".join(element.get("name", "").split()))
        )
        told = {key: value[:LONGEST_TOLD] if isinstance(value, str) else value for key, value in values.items()}
        self.findings.append(Problem(code, place=place, name=name[:LONGEST_TOLD], values=told))

    def fresh_id(self, stem: str) -> str:
        """Return an id that nothing has, and take it."""
        made, number = stem, 1
        while made in self._ids:
            number += 1
            made = f"{stem}_{number}"
        self._ids.add(made)
        return made

    def variable(self, stem: str, element: _Element) -> str:
        """Return the name of a variable that belongs to the element and to no other."""
        return self.fresh_id(name_from(f"{stem}_{element.get('id', '')}"))

    def add(self, scope: _Element, name: str, stem: str, /, **attributes: str) -> _Element:
        """Return a new element of the scope, last in it."""
        return etree.SubElement(scope, bpmn(name), {"id": self.fresh_id(stem), **attributes})

    def define(self, name: str, stem: str, /, **attributes: str) -> _Element:
        """Return a new root element, such as a message, before the processes that refer to it."""
        made = etree.Element(bpmn(name), {"id": self.fresh_id(stem), **attributes})
        place = next((index for index, each in enumerate(self.root) if local_name(each) in _AFTER_ROOT_ELEMENTS), None)
        self.root.insert(len(self.root) if place is None else place, made)
        return made

    def extensions(self, element: _Element) -> _Element:
        """Return the element's extensionElements, made where there are none."""
        holder = element.find(bpmn("extensionElements"))
        if holder is None:
            holder = etree.Element(bpmn("extensionElements"))
            place = sum(1 for each in element if local_name(each) in _FIRST and namespace(each) == BPMN)
            element.insert(place, holder)
        return holder

    def extend(self, element: _Element, name: str, /, **attributes: str) -> _Element:
        """Return the element's zeebe extension of the name with the attributes, made where there is none."""
        holder = self.extensions(element)
        found = holder.find(zeebe(name))
        if found is None:
            found = etree.SubElement(holder, zeebe(name), nsmap={"zeebe": ZEEBE})
        for key, value in attributes.items():
            found.set(key, value)
        return found

    def map_output(self, element: _Element, source: str, target: str) -> None:
        """Give the element an output mapping."""
        etree.SubElement(self.extend(element, "ioMapping"), zeebe("output"), source=source, target=target)

    def map_input(self, element: _Element, source: str, target: str) -> None:
        """Give the element an input mapping, before its output mappings."""
        holder = self.extend(element, "ioMapping")
        made = etree.Element(zeebe("input"), source=source, target=target)
        holder.insert(len(holder.findall(zeebe("input"))), made)

    # -- keeping what is taken out -----------------------------------------------------------------

    def set_aside(self, part: _Element, owner: _Element) -> None:
        """Take a part out of the running diagram and keep it at the owner as text."""
        self._keep(owner, local_name(part), as_text(part))
        parent = part.getparent()
        if parent is not None:
            parent.remove(part)

    def set_attribute_aside(self, element: _Element, attribute: str) -> str:
        """Take an attribute out of the running diagram, keep it at the element as text, and return it."""
        value = element.get(attribute, "")
        self._keep(element, etree.QName(attribute).localname, f"{told_name(attribute, element)}={value}")
        del element.attrib[attribute]
        return value

    def _keep(self, owner: _Element, part: str, text: str) -> None:
        kept = etree.SubElement(self.extensions(owner), f"{{{KEPT}}}kept", nsmap={"import": KEPT})
        kept.set("part", part)
        kept.text = text

    def drop_flow(self, flow: _Element) -> None:
        """Take a sequence flow out of the running diagram, with its line; it is kept at its scope as text."""
        scope = flow.getparent()
        flow_id = flow.get("id", "")
        if scope is not None:
            self.set_aside(flow, scope)
        for each in self.root.iter():
            if namespace(each) == BPMN and each.get("default") == flow_id and local_name(each) in NODES:
                del each.attrib["default"]
        self.drawing.remove(flow_id)

    def drop_node(self, node: _Element) -> None:
        """Take a node out of the running diagram with all that hangs on it; it is kept at its scope as text."""
        scope, node_id = node.getparent(), node.get("id", "")
        if scope is None:
            return
        for flow in [*incoming(node), *outgoing(node)]:
            self.drop_flow(flow)
        for event in [each for each in scope.findall(bpmn("boundaryEvent")) if each.get("attachedToRef") == node_id]:
            self.drop_node(event)
        for line in list(self.root.iter(*(bpmn(name) for name in _LINES))):
            if node_id in {line.get("sourceRef"), line.get("targetRef")}:
                self.drawing.remove(line.get("id", ""))
                self.set_aside(line, scope)
        for reference in list(self.root.iter(bpmn("flowNodeRef"))):
            lane = reference.getparent()
            if (reference.text or "").strip() == node_id and lane is not None:
                lane.remove(reference)
        for inner in node.iter():
            self.drawing.remove(inner.get("id", ""))
        self.set_aside(node, scope)


@cache
def _qualified(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(bpmn(name) for name in sorted(names))


#: lines between things that are no sequence flows
_LINES = ("association", "messageFlow")
_AFTER_ROOT_ELEMENTS = frozenset({"process", "collaboration", "choreography", "BPMNDiagram"})


def as_text(part: _Element) -> str:
    """Return the element as XML on its own."""
    alone = etree.fromstring(etree.tostring(part, with_tail=False))
    etree.cleanup_namespaces(alone)
    return str(etree.tostring(alone, encoding="unicode"))


def told_name(name: str, element: _Element) -> str:
    """Return a qualified name as its author wrote it, with the prefix."""
    qualified = etree.QName(name)
    prefix = next((key for key, value in element.nsmap.items() if value == qualified.namespace and key), "")
    return f"{prefix}:{qualified.localname}" if prefix else str(qualified.localname)


def label_of(element: _Element) -> str:
    """Return what a person calls the element: its name on one line, else its id."""
    return " ".join(element.get("name", "").split()) or element.get("id", "")


def name_from(text: str, otherwise: str = "arvo") -> str:
    """Return a name of a variable or id made of the text: ASCII, words with lines between."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    made = _NOT_A_NAME.sub("_", plain).strip("_").lower()[:LONGEST_NAME].strip("_")
    if not made:
        return otherwise
    return made if made[0].isalpha() else f"{otherwise}_{made}"


def outgoing(node: _Element) -> list[_Element]:
    """Return the sequence flows that leave the node, in the order of the file."""
    scope = node.getparent()
    return (
        []
        if scope is None
        else [each for each in scope.findall(bpmn("sequenceFlow")) if each.get("sourceRef") == node.get("id")]
    )


def incoming(node: _Element) -> list[_Element]:
    """Return the sequence flows that lead to the node, in the order of the file."""
    scope = node.getparent()
    return (
        []
        if scope is None
        else [each for each in scope.findall(bpmn("sequenceFlow")) if each.get("targetRef") == node.get("id")]
    )
