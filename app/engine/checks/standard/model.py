"""A whole BPMN file for checking: every element by its id and every flow node with its flows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from app.domain.errors import Problem
from app.engine.vocabulary import BPMN, FLOW_NODES, SUB_PROCESSES, bpmn, local_name, namespace, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

#: what flow nodes and sequence flows stand in
SCOPES = SUB_PROCESSES | {"process", "choreography", "subChoreography"}
CHOREOGRAPHY_ACTIVITIES = frozenset({"choreographyTask", "subChoreography", "callChoreography"})
NODES = FLOW_NODES | CHOREOGRAPHY_ACTIVITIES


@dataclass(slots=True)
class Flows:
    """The sequence flows of a node."""

    incoming: list[_Element] = field(default_factory=list)
    outgoing: list[_Element] = field(default_factory=list)


class Model:
    """A file, and what was found in it."""

    def __init__(self, root: _Element) -> None:
        self.root = root
        self.found: list[Problem] = []
        self.elements = [element for element in root.iter() if namespace(element) == BPMN]
        self.by_id = {element.get("id", ""): element for element in self.elements if element.get("id")}
        self._flows: dict[_Element, Flows] = {}
        for flow in self.of("sequenceFlow"):
            source, target = self.referred(flow, "sourceRef"), self.referred(flow, "targetRef")
            if source is not None:
                self.flows(source).outgoing.append(flow)
            if target is not None:
                self.flows(target).incoming.append(flow)

    @cached_property
    def _by_name(self) -> dict[str, list[_Element]]:
        found: dict[str, list[_Element]] = {}
        for element in self.elements:
            found.setdefault(local_name(element), []).append(element)
        return found

    def of(self, *names: str) -> Iterator[_Element]:
        """Return the elements with one of the names."""
        for name in names:
            yield from self._by_name.get(name, ())

    def nodes(self) -> Iterator[_Element]:
        """Return every flow node."""
        return self.of(*sorted(NODES))

    def flows(self, node: _Element) -> Flows:
        """Return the flows of a node."""
        return self._flows.setdefault(node, Flows())

    def referred(self, element: _Element, attribute: str) -> _Element | None:
        """Return what an attribute refers to by an id of this file; None where it names nothing here."""
        return self.by_id.get(without_prefix(element.get(attribute, "")))

    def warn(self, code: str, element: _Element, /, **values: object) -> None:
        """Note something at the element, or at the nearest one around it that has an id."""
        place = element
        while not place.get("id") and (around := place.getparent()) is not None:
            place = around
        self.found.append(Problem(code, place=place.get("id", ""), name=place.get("name", ""), values=values))


def without_prefix(text: str) -> str:
    """Return the local part of a qualified name."""
    return text.strip().rpartition(":")[2]


def scope_of(element: _Element) -> _Element | None:
    """Return the process, sub-process or choreography that the element stands in directly."""
    return next((each for each in element.iterancestors() if local_name(each) in SCOPES), None)


def process_of(element: _Element) -> _Element | None:
    """Return the process or choreography that the element stands in."""
    return next((each for each in element.iterancestors() if local_name(each) in {"process", "choreography"}), None)


def texts(element: _Element, name: str) -> Iterator[str]:
    """Return the texts of the children with the name."""
    return (text_of(each) for each in element.findall(bpmn(name)))


def is_true(element: _Element, attribute: str) -> bool:
    """Return whether the attribute says true."""
    return element.get(attribute, "").strip() in {"true", "1"}
