"""Read the bytes of a BPMN file defensively: no DOCTYPE, no entities, caps on bytes, elements and depth."""

from __future__ import annotations

from lxml import etree

from app.domain.errors import InvalidDiagram, Problem
from app.engine.vocabulary import BPMN, LAYOUT, local_name, namespace

LARGEST_FILE = 2 * 1024 * 1024
MOST_ELEMENTS = 5_000
#: elements of the diagram interchange (shapes, edges, bounds, way points) do not run and count apart
MOST_ELEMENTS_WITH_LAYOUT = 60_000
DEEPEST_NESTING = 60


def read_document(xml: bytes) -> etree._Element:
    """
    Return the root element of a BPMN document, without its layout: shapes and edges do not run.

    :raises InvalidDiagram: as `read_drawing`
    """
    root = read_drawing(xml)
    for layout in root.findall(f"{{{LAYOUT}}}BPMNDiagram"):
        root.remove(layout)
    return root


def read_drawing(xml: bytes, *, largest: int = LARGEST_FILE) -> etree._Element:
    """
    Return the root element of a BPMN document with everything that is drawn; `largest` in bytes.

    :raises InvalidDiagram: too large, not well-formed, with a DOCTYPE, or not a BPMN 2.0 `definitions`
    """
    if len(xml) > largest:
        raise InvalidDiagram([Problem("diagram_too_large", values={"limit": largest // 1024})])
    # libxml2 finds a DOCTYPE in every encoding; the plain search refuses it before anything is expanded
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise InvalidDiagram([Problem("diagram_doctype")])
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        raise InvalidDiagram([Problem("diagram_malformed", values={"line": line})]) from None
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise InvalidDiagram([Problem("diagram_doctype")])
    if namespace(root) != BPMN or local_name(root) != "definitions":
        raise InvalidDiagram([Problem("diagram_not_bpmn")])
    _check_size(root)
    return root


def _check_size(root: etree._Element) -> None:
    elements = with_layout = depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "end":
            continue
        if depth > DEEPEST_NESTING:
            raise InvalidDiagram([Problem("diagram_too_deep", values={"limit": DEEPEST_NESTING})])
        with_layout += 1
        if namespace(element) == BPMN and local_name(element) in _COUNTED:
            elements += 1
    if elements > MOST_ELEMENTS or with_layout > MOST_ELEMENTS_WITH_LAYOUT:
        raise InvalidDiagram([Problem("diagram_too_many_elements", values={"limit": MOST_ELEMENTS})])


_COUNTED = frozenset(
    {
        "process",
        "sequenceFlow",
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "subProcess",
        "callActivity",
        "transaction",
        "adHocSubProcess",
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "complexGateway",
        "message",
        "signal",
        "error",
        "escalation",
        "property",
        "dataObject",
        "dataObjectReference",
        "textAnnotation",
        "association",
        "lane",
    }
)
