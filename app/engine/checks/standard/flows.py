"""Where flows may lead, and where they have to (BPMN 2.0.2 clauses 7.6, 8.3.13, 10.3, 10.5, 10.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.checks.standard.model import CHOREOGRAPHY_ACTIVITIES, NODES, Model, is_true, scope_of
from app.engine.rules import SHARED
from app.engine.vocabulary import (
    ACTIVITIES,
    AWAITED,
    BPMN,
    CHOOSING,
    EVENT_DEFINITIONS,
    GATEWAY_DIRECTIONS,
    GATEWAYS,
    SUB_PROCESSES,
    bpmn,
    local_name,
    namespace,
    properties,
)

if TYPE_CHECKING:
    from lxml.etree import _Element


#: events that never stand alone, whatever else the process has (clauses 10.5.2 to 10.5.4)
_LED_TO = frozenset({"endEvent", "intermediateCatchEvent", "intermediateThrowEvent"})
_LEADING_ON = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})


def check_flows(model: Model) -> None:
    """Warn of flows that the standard does not allow, and of those that it asks for and that are missing."""
    for node in model.nodes():
        _check_node(model, node)
        if local_name(node) in _LED_TO and not model.flows(node).incoming and _is_led_to(node):
            model.warn("incoming_missing", node)
        if local_name(node) in _LEADING_ON and not model.flows(node).outgoing and _leads_on(node):
            model.warn("outgoing_missing", node)
    for scope in model.of("process", *sorted(SUB_PROCESSES)):
        # a common rule is no process: it holds what is taken in elsewhere
        if SHARED not in properties(scope):
            _check_scope(model, scope)
    _check_links(model)


def _check_node(model: Model, node: _Element) -> None:
    name, flows = local_name(node), model.flows(node)
    beside_the_flow = is_true(node, "triggeredByEvent") or is_true(node, "isForCompensation")
    if flows.incoming and (name in {"startEvent", "boundaryEvent"} or beside_the_flow):
        model.warn("flow_into_start", node)
    if flows.outgoing and (name == "endEvent" or beside_the_flow or _compensates(node)):
        model.warn("flow_out_of_end", node)
    if name in GATEWAYS:
        _check_gateway(model, node)
    elif len(flows.outgoing) == 1 and name in ACTIVITIES | CHOREOGRAPHY_ACTIVITIES and _conditional(model, node):
        model.warn("condition_alone", node, flow=flows.outgoing[0].get("id", ""))
    for flow in _conditional(model, node):
        if name not in CHOOSING:
            model.warn("condition_not_allowed", node, flow=flow.get("id", ""))
        elif flow is model.referred(node, "default"):
            model.warn("default_condition_ignored", node, flow=flow.get("id", ""))
    if is_true(node, "instantiate") and flows.incoming:
        model.warn("instantiates_within", node)


def _conditional(model: Model, node: _Element) -> list[_Element]:
    return [flow for flow in model.flows(node).outgoing if flow.find(bpmn("conditionExpression")) is not None]


def _compensates(node: _Element) -> bool:
    compensation = node.find(bpmn("compensateEventDefinition")) is not None
    return local_name(node) == "boundaryEvent" and compensation


def _check_gateway(model: Model, node: _Element) -> None:
    flows = model.flows(node)
    into, out = len(flows.incoming), len(flows.outgoing)
    if into <= 1 and out <= 1:
        model.warn("gateway_without_use", node)
    several_in, several_out = GATEWAY_DIRECTIONS.get(node.get("gatewayDirection", ""), (None, None))
    for several, number in ((several_in, into), (several_out, out)):
        if several is not None and several != (number > 1):
            model.warn("gateway_direction", node, direction=node.get("gatewayDirection", ""))
            break
    if local_name(node) == "eventBasedGateway":
        _check_event_gateway(model, node)


def _check_event_gateway(model: Model, node: _Element) -> None:
    """Clause 10.6.6: catching events and receive tasks, not both kinds of messages, each reached from here alone."""
    referred = (model.referred(flow, "targetRef") for flow in model.flows(node).outgoing)
    targets = [target for target in referred if target is not None]
    receives = [target for target in targets if local_name(target) == "receiveTask"]
    by_message = [target for target in targets if target.find(bpmn("messageEventDefinition")) is not None]
    around = scope_of(node)
    if around is None or local_name(around) in {"choreography", "subChoreography"}:
        # there the events of several participants follow
        return
    wrong = len(targets) < 2 or (receives and by_message)
    for target in targets:
        kinds = {EVENT_DEFINITIONS[name] for each in target if (name := local_name(each)) in EVENT_DEFINITIONS}
        catching = local_name(target) == "intermediateCatchEvent" and kinds <= AWAITED
        bordered = any(model.referred(event, "attachedToRef") is target for event in model.of("boundaryEvent"))
        receiving = local_name(target) == "receiveTask" and not bordered
        if not (catching or receiving) or len(model.flows(target).incoming) > 1:
            wrong = True
    if wrong:
        model.warn("event_gateway_needs_events", node)
    if node.get("eventGatewayType") == "Parallel" and not is_true(node, "instantiate"):
        model.warn("instantiates_within", node)


def _check_scope(model: Model, scope: _Element) -> None:
    """
    Clauses 10.5.2 and 10.5.3: where there are start events, all begins with them, and so with end events.

    An ad-hoc sub-process has neither.
    """
    nodes = [node for node in scope if namespace(node) == BPMN and local_name(node) in NODES]
    starts = [node for node in nodes if local_name(node) == "startEvent"]
    ends = [node for node in nodes if local_name(node) == "endEvent"]
    if local_name(scope) == "adHocSubProcess":
        for event in (*starts, *ends):
            model.warn("event_in_ad_hoc", event)
        return
    begins = starts or any(is_true(node, "instantiate") for node in nodes)
    if bool(begins) != bool(ends) and nodes:
        model.warn("start_and_end", scope)
    for node in nodes:
        flows = model.flows(node)
        if not flows.incoming and begins and _is_led_to(node):
            model.warn("incoming_missing", node)
        if not flows.outgoing and ends and _leads_on(node):
            model.warn("outgoing_missing", node)


def _stands_apart(node: _Element) -> bool:
    return is_true(node, "triggeredByEvent") or is_true(node, "isForCompensation")


def _is_link(node: _Element) -> bool:
    return node.find(bpmn("linkEventDefinition")) is not None


def _is_led_to(node: _Element) -> bool:
    link = local_name(node) == "intermediateCatchEvent" and _is_link(node)
    begins = local_name(node) in {"startEvent", "boundaryEvent"} or is_true(node, "instantiate")
    return not (begins or link or _stands_apart(node))


def _leads_on(node: _Element) -> bool:
    link = local_name(node) == "intermediateThrowEvent" and _is_link(node)
    return not (local_name(node) == "endEvent" or link or _compensates(node) or _stands_apart(node))


def _check_links(model: Model) -> None:
    """Clause 10.5.5: a link leads to one target of its name in the same scope; several sources may have it."""
    names: dict[tuple[_Element | None, str], dict[str, list[_Element]]] = {}
    for event in model.of("intermediateCatchEvent", "intermediateThrowEvent"):
        link = event.find(bpmn("linkEventDefinition"))
        if link is not None:
            pair = names.setdefault((scope_of(event), link.get("name", "")), {})
            pair.setdefault(local_name(event), []).append(event)
        if link is not None and local_name(event) == "intermediateCatchEvent" and model.flows(event).incoming:
            model.warn("flow_into_link", event)
        if link is not None and local_name(event) == "intermediateThrowEvent" and model.flows(event).outgoing:
            model.warn("flow_out_of_link", event)
    for (_, name), pair in names.items():
        targets, sources = pair.get("intermediateCatchEvent", []), pair.get("intermediateThrowEvent", [])
        for event in (*targets[1:], *(targets if not sources else []), *(sources if not targets else [])):
            model.warn("link_unpaired", event, link=name)
