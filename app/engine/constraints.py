"""Where a drawing contradicts itself it is refused: nobody can know which half was meant. Oddities are told."""

from __future__ import annotations

from app.engine.graph import Findings, Node, Scope
from app.engine.vocabulary import ACTIVITIES, bpmn, text_of

#: by gatewayDirection: whether several flows may come in, and whether several may go out (BPMN 2.0.2 clause 10.6.1)
_DIRECTIONS = {"Converging": (True, False), "Diverging": (False, True)}
_WITH_DEFAULT = ACTIVITIES | {"exclusiveGateway", "inclusiveGateway", "complexGateway"}


def check_constraints(scope: Scope, findings: Findings) -> None:
    """Note contradictions and oddities of the flows directly in the scope."""
    flow_ids = {edge.flow_id for edge in scope.flows}
    for node in scope.nodes.values():
        _check_named_flows(node, flow_ids, findings)
        _check_direction(node, findings)
        if node.default_flow and node.tag not in _WITH_DEFAULT:
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
    several_in, several_out = _DIRECTIONS.get(node.element.get("gatewayDirection", ""), (True, True))
    if (len(node.incoming) > 1 and not several_in) or (len(node.outgoing) > 1 and not several_out):
        findings.refuse("gateway_direction", node, direction=node.element.get("gatewayDirection", ""))


def _tell_conditions(node: Node, findings: Findings) -> None:
    for edge in node.outgoing:
        if edge.flow_id == node.default_flow and edge.condition is not None:
            findings.repaired("default_condition_ignored", node, flow=edge.flow_id)
    if node.tag in ACTIVITIES and len(node.outgoing) == 1 and node.outgoing[0].condition is not None:
        findings.repaired("condition_alone", node, flow=node.outgoing[0].flow_id)
