"""References between the parts of a document: each has to lead to something of the right kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.graph import Findings, Node, Scope
from app.engine.vocabulary import BPMN, bpmn, local_name, namespace, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_ANYTHING: frozenset[str] = frozenset()
_ENDS = {"sourceRef": _ANYTHING, "targetRef": _ANYTHING}
#: by element: its references, and what they may lead to; the normaliser resolves those of flows, events and tasks.
#: Lanes may name what a common rule has replaced, associations what is only drawn
_ATTRIBUTES = {
    "messageFlow": _ENDS,
    "participant": {"processRef": frozenset({"process"})},
    "dataObjectReference": {"dataObjectRef": frozenset({"dataObject"})},
    "dataStoreReference": {"dataStoreRef": frozenset({"dataStore"})},
}
_EVERYWHERE = {
    "itemSubjectRef": frozenset({"itemDefinition"}),
    "operationRef": frozenset({"operation"}),
}
_TEXTS = {
    "dataInputAssociation": _ENDS,
    "dataOutputAssociation": _ENDS,
    "inputSet": {"dataInputRefs": frozenset({"dataInput"})},
    "outputSet": {"dataOutputRefs": frozenset({"dataOutput"})},
}


def check_references(process: Scope, findings: Findings) -> None:
    """
    Note references of the document that lead nowhere, or to something else than they may.

    What another file declares (another namespace) is not looked for; a reference that is left out is none.
    """
    root = process.element.getroottree().getroot()
    kinds = {element.get("id"): local_name(element) for element in root.iter() if element.get("id")}
    for element in root.iter():
        if namespace(element) != BPMN:
            continue
        name = local_name(element)
        for attribute, allowed in (*_ATTRIBUTES.get(name, {}).items(), *_EVERYWHERE.items()):
            _check(element, element.get(attribute, ""), allowed, kinds, process, findings)
        for tag, allowed in _TEXTS.get(name, {}).items():
            for part in element.findall(bpmn(tag)):
                _check(element, text_of(part), allowed, kinds, process, findings)


def _check(
    element: _Element,
    reference: str,
    allowed: frozenset[str],
    kinds: dict[str | None, str],
    process: Scope,
    findings: Findings,
) -> None:
    prefix, _, local = reference.rpartition(":")
    elsewhere = element.nsmap.get(prefix) if prefix else None
    if not local or (elsewhere is not None and elsewhere != element.getroottree().getroot().get("targetNamespace")):
        return
    kind = kinds.get(local)
    if kind is None or (allowed and kind not in allowed):
        place = Node(element.get("id", ""), local_name(element), element.get("name", ""), element, process)
        findings.refuse("unknown_reference", place if place.node_id else process, reference=reference[:200])
