"""The rules that a diagram must keep to be run rightly; whatever breaks one is refused with its id and name."""

from __future__ import annotations

import re

from app.engine.compensation_rules import check_compensation
from app.engine.constraints import check_constraints
from app.engine.extensions import check_extensions
from app.engine.graph import Findings, Node, Scope
from app.engine.mappings import COMPUTING
from app.engine.normaliser import is_false, is_true, quantity
from app.engine.references import check_references
from app.engine.vocabulary import (
    ACTIVITIES,
    AWAITED,
    BPMN,
    DOCUMENTATION,
    EVENT_DEFINITIONS,
    KINDS_OF_EVENTS,
    OF_NOTHING,
    STARTS_OF_EVENT_SUB_PROCESSES,
    SUB_PROCESSES,
    bpmn,
    extension,
    local_name,
    namespace,
)

_START_OF_PROCESS = AWAITED | {"none"}
#: an xsd:NCName, as far as it matters to us: ids of our own making hold signs that no such id has
_ID = re.compile(r"[^\W\d][\w.\-·]*")
#: what a task or event may hold besides documentation and what this package reads
_PARTS = frozenset(
    {
        *EVENT_DEFINITIONS, "eventDefinitionRef", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics",
        "supportedInterfaceRef", "sequenceFlow",
    }
)  # fmt: skip
_LOOPS = frozenset({"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"})
#: BPMN's own ways to say data and people, which our dialect says otherwise
_DOCUMENT_ONLY = frozenset(
    {
        "ioSpecification", "dataInputAssociation", "dataOutputAssociation", "dataInput", "dataOutput", "inputSet",
        "outputSet", "script", "potentialOwner", "humanPerformer", "performer", "resourceRole", "property",
    }
)  # fmt: skip
_STARTS_BY_GATEWAY = frozenset({"message", "signal"})
#: what is inside of them begins without an event
_WITHOUT_START = frozenset({"adHocSubProcess", "callActivity"})
#: no event has them and something else: nothing would be left to do beside it, or it would have to wait for it
_ALONE = frozenset({"none", "link", "compensation", "cancel"})
#: they come from inside the element and are not waited for
_CAUGHT_INSIDE = frozenset({"error", "escalation"})


QUANTITIES = ("startQuantity", "completionQuantity")
#: tokens that an activity may need or put on one flow
MOST_TOKENS = 1_000


def check_process(process: Scope, findings: Findings) -> None:
    """Note every rule that the process breaks."""
    check_extensions(process, findings)
    _check_names_of_starts(process, findings)
    check_references(process, findings)
    _check_scope(process, findings, allowed_starts=_START_OF_PROCESS)


def _check_scope(scope: Scope, findings: Findings, *, allowed_starts: frozenset[str]) -> None:
    _check_starts(scope, findings, allowed_starts)
    check_compensation(scope, findings)
    check_constraints(scope, findings)
    for node in scope.nodes.values():
        _check_node(node, findings)
        if node.inside is not None:
            inner = STARTS_OF_EVENT_SUB_PROCESSES if node.triggered_by_event else frozenset({"none"})
            _check_scope(node.inside, findings, allowed_starts=inner)
            if node.tag == "adHocSubProcess":
                _check_ad_hoc(node, node.inside, findings)


def _check_ad_hoc(node: Node, inside: Scope, findings: Findings) -> None:
    """Note what an ad-hoc sub-process must not have: its activities have no order that events could begin or end."""
    for each in inside.nodes.values():
        if each.tag in {"startEvent", "endEvent"}:
            findings.refuse("event_in_ad_hoc", each)
    if not any(each.tag in ACTIVITIES and not each.triggered_by_event for each in inside.nodes.values()):
        findings.refuse("no_start", inside)
    if is_true(node.element.get("triggeredByEvent")):
        findings.refuse("unsupported_attribute", node, attribute="triggeredByEvent")
    if node.element.get("ordering", "Parallel") not in {"Parallel", "Sequential"}:
        findings.refuse("unsupported_attribute", node, attribute="ordering")


def _check_starts(scope: Scope, findings: Findings, allowed: frozenset[str]) -> None:
    starts = scope.starts()
    events = [node for node in starts if node.tag == "startEvent"]
    if not starts:
        findings.refuse("no_start", scope)
    for event in events:
        _check_event(event, allowed, findings)
        if allowed is _START_OF_PROCESS:
            _check_multiple_start(event, findings)
    if sum(1 for event in events if event.event is not None and event.event.kind == "none") > 1:
        findings.refuse("several_none_starts", scope)
    if allowed is STARTS_OF_EVENT_SUB_PROCESSES and len(events) != 1:
        findings.refuse("event_sub_process_needs_one_start", scope)
    if not events and any(not node.instantiates for node in starts) and local_name(scope.element) not in _WITHOUT_START:
        findings.repaired("implicit_start", scope)
    reached = _reached(starts)
    for node in scope.nodes.values():
        if node.node_id not in reached and not node.triggered_by_event:
            findings.repaired("never_reached", node)


def _reached(starts: list[Node]) -> set[str]:
    reached: set[str] = set()
    open_ends = list(starts)
    while open_ends:
        node = open_ends.pop()
        if node.node_id not in reached:
            reached.add(node.node_id)
            open_ends.extend(node.scope.nodes[edge.target] for edge in node.outgoing)
            open_ends.extend(node.boundaries)
            open_ends.extend(node.handlers)
    return reached


def _check_node(node: Node, findings: Findings) -> None:
    if not _ID.fullmatch(node.node_id):
        findings.refuse("id_invalid", node)
    _check_attributes(node, findings)
    _check_parts(node, findings)
    _check_flows(node, findings)
    _check_conditions(node, findings)
    if node.tag == "eventBasedGateway":
        _check_event_gateway(node, findings)
    allowed = KINDS_OF_EVENTS.get(node.tag)
    if allowed is not None:
        _check_event(node, allowed | {"none"} if node.tag in OF_NOTHING else allowed, findings)
    if node.boundaries and (node.tag not in ACTIVITIES or node.triggered_by_event):
        findings.refuse("boundary_on_wrong_element", node.boundaries[0])
    if node.event is not None and not node.interrupting and any(part.kind == "error" for part in node.event.each):
        findings.refuse("error_must_interrupt", node)


def _check_names_of_starts(process: Scope, findings: Findings) -> None:
    """Note starts by a message or signal that nobody could send, because it has no name."""
    for node in process.starts():
        ways = [process.nodes[edge.target] for edge in node.outgoing] if node.tag == "eventBasedGateway" else [node]
        for way in ways if node.instantiates or node.tag == "startEvent" else []:
            for part in way.event.each if way.event is not None else ():
                if part.kind in {"message", "signal"} and not part.name:
                    findings.refuse("event_without_name", way, event=part.kind)


def _check_event(node: Node, allowed: frozenset[str], findings: Findings) -> None:
    """Note definitions that the event cannot have, or not together."""
    event = node.event
    if event is None:
        return
    several = len(event.parts) > 1
    kinds = [part.kind for part in event.each]
    for kind in kinds:
        if kind not in allowed or (several and kind in _ALONE):
            findings.refuse("unsupported_event", node, event=kind)
    together = event.parallel and not _CAUGHT_INSIDE.isdisjoint(kinds)
    # each of them would end what the other has to happen in
    twice = kinds.count("error") > 1 or kinds.count("terminate") > 1
    a_job = several and extension(node.element, "taskDefinition") is not None
    if together or (twice and node.tag == "endEvent") or a_job:
        findings.refuse("several_event_definitions", node, events=", ".join(kinds))


def _check_multiple_start(node: Node, findings: Findings) -> None:
    """Note what a start event of a process cannot have several of: there is no instance yet that could keep them."""
    event = node.event
    if event is not None and (event.parallel or sum(part.kind == "timer" for part in event.parts) > 1):
        findings.refuse("several_event_definitions", node, events=", ".join(part.kind for part in event.parts))


def _check_attributes(node: Node, findings: Findings) -> None:
    element = node.element
    for attribute in QUANTITIES:
        if node.tag in ACTIVITIES and not 1 <= quantity(node, attribute) <= MOST_TOKENS:
            findings.refuse("quantity_value", node, attribute=attribute, limit=MOST_TOKENS)
    turns = any(element.find(bpmn(name)) is not None for name in _LOOPS)
    if node.instantiates and (node.incoming or turns or local_name(node.scope.element) != "process"):
        # only a process can be started, and only where nothing leads to
        findings.refuse("instantiates_within", node)
    if element.get("eventGatewayType", "Exclusive") != "Exclusive" and not node.waits_for_all:
        findings.refuse("unsupported_attribute", node, attribute="eventGatewayType")
    if node.tag == "startEvent" and is_false(element.get("isInterrupting")):
        sub_process = local_name(node.scope.element) == "subProcess"
        if not (sub_process and is_true(node.scope.element.get("triggeredByEvent"))):
            findings.refuse("unsupported_attribute", node, attribute="isInterrupting")


def _check_flows(node: Node, findings: Findings) -> None:
    if node.incoming and (node.tag in {"startEvent", "boundaryEvent"} or node.triggered_by_event):
        findings.refuse("flow_into_start", node)
    ends = node.tag == "endEvent" or node.triggered_by_event
    if node.outgoing and ends:
        findings.refuse("flow_out_of_end", node)
    if node.default_flow and node.default_flow not in {edge.flow_id for edge in node.outgoing}:
        findings.refuse("unknown_reference", node, reference=node.default_flow)
    if any(edge.element is not None for edge in node.incoming) and _is_link_target(node):
        findings.refuse("flow_into_link", node)
    links = [edge for edge in node.outgoing if edge.element is None]
    if links and len(node.outgoing) > 1:
        findings.refuse("flow_out_of_link", node)


def _is_link_target(node: Node) -> bool:
    return node.tag == "intermediateCatchEvent" and node.event is not None and node.event.kind == "link"


def _check_conditions(node: Node, findings: Findings) -> None:
    conditional = [edge for edge in node.outgoing if edge.condition is not None and edge.flow_id != node.default_flow]
    if node.tag in {"exclusiveGateway", "inclusiveGateway"}:
        plain = [edge for edge in node.outgoing if edge.condition is None and edge.flow_id != node.default_flow]
        if len(node.outgoing) > 1 and plain:
            for edge in plain:
                findings.refuse("flow_without_condition", node, flow=edge.flow_id)
    elif node.tag not in ACTIVITIES | {"complexGateway"} and conditional:
        findings.refuse("condition_not_allowed", node, flow=conditional[0].flow_id)
    if node.tag in ACTIVITIES | {"complexGateway"} and node.default_flow and not conditional:
        findings.refuse("default_without_condition", node)


def _check_event_gateway(node: Node, findings: Findings) -> None:
    if len(node.outgoing) < 2:
        findings.refuse("event_gateway_needs_events", node)
    allowed = _STARTS_BY_GATEWAY if node.instantiates else AWAITED
    for edge in node.outgoing:
        target = node.scope.nodes[edge.target]
        kinds = {part.kind for part in target.event.each} if target.event is not None else {"none"}
        together = target.event is not None and target.event.parallel
        catching = target.tag == "intermediateCatchEvent" and kinds <= allowed and not together
        receiving = target.tag == "receiveTask" and not target.boundaries and target.element.find(_MULTI) is None
        if not (catching or receiving) or len(target.incoming) != 1:
            findings.refuse("event_gateway_needs_events", target)


_MULTI = bpmn("multiInstanceLoopCharacteristics")


def _check_parts(node: Node, findings: Findings) -> None:
    """Look at what the element holds; the elements inside a sub-process are looked at as nodes."""
    loops = [part for part in node.element if local_name(part) in _LOOPS]
    # a global task is repeated where it is called (clause 10.3.7)
    repeated_elsewhere = node.tag not in ACTIVITIES or node.triggered_by_event or bool(node.spec_name)
    if len(loops) > 1 or (loops and repeated_elsewhere):
        findings.refuse("unsupported_element", node, element=local_name(loops[0]))
    for part in node.element:
        name = local_name(part)
        if namespace(part) != BPMN or name in _PARTS:
            continue
        if name == "activationCondition" and node.tag == "complexGateway":
            continue
        if any(part.find(inner) is not None for inner in COMPUTING):
            # read as a mapping
            continue
        if name in _DOCUMENT_ONLY:
            findings.repaired("documentation_only", node, element=name)
        elif name not in DOCUMENTATION and node.tag not in SUB_PROCESSES:
            findings.refuse("unsupported_element", node, element=name)
