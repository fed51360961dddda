"""Where a drawing contradicts itself it is refused: nobody can know which half was meant. Oddities are told."""

from __future__ import annotations

from app.engine.graph import Findings, Node, Scope
from app.engine.vocabulary import ACTIVITIES, CHOOSING, GATEWAY_DIRECTIONS, bpmn, text_of


def check_constraints(scope: Scope, findings: Findings) -> None:
    """Note contradictions and oddities of the flows directly in the scope."""
    flow_ids = {edge.flow_id for edge in scope.flows}
    for node in scope.nodes.values():
        _check_named_flows(node, flow_ids, findings)
        _check_direction(node, findings)
        if node.default_flow and node.tag not in CHOOSING:
            findings.refuse("unsupported_attribute", node, attribute="default")
        _tell_conditions(node, findings)


def _check_named_flows(node: Node, flow_ids: set[str], findings: Findings) -> None:
    """Refuse a flow that the element names as its own and that says otherwise; names of no flow mean nothing."""
    for tag, own in (("incoming", node.incoming), ("outgoing", node.outgoing)):
        mine = {edge.flow_id for edge in own}
        for named in node.element.findall(bpmn(tag)):
            flow_id = text_of(named).rpartition(":")[2]
            if flow_id in flow_ids and flow_id not in mine:
                findings.refuse("flow_contradicts", node, flow=flow_id)


def _check_direction(node: Node, findings: Findings) -> None:
    direction = node.element.get("gatewayDirection", "")
    several_in, several_out = GATEWAY_DIRECTIONS.get(direction, (None, None))
    # too few flows contradict nothing that runs: the check of the standard warns of them
    if (len(node.incoming) > 1 and several_in is False) or (len(node.outgoing) > 1 and several_out is False):
        findings.refuse("gateway_direction", node, direction=direction)


def _tell_conditions(node: Node, findings: Findings) -> None:
    for edge in node.outgoing:
        if edge.flow_id == node.default_flow and edge.condition is not None:
            findings.repaired("default_condition_ignored", node, flow=edge.flow_id)
    if node.tag in ACTIVITIES and len(node.outgoing) == 1 and node.outgoing[0].condition is not None:
        findings.repaired("condition_alone", node, flow=node.outgoing[0].flow_id)
