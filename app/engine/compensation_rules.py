"""The rules of compensation and transactions: what leads where, and who can be reached (BPMN 2.0.2 clause 10.7)."""

from __future__ import annotations

from app.engine.graph import Findings, Node, Scope
from app.engine.vocabulary import SUB_PROCESSES, bpmn

_LOOPS = (bpmn("multiInstanceLoopCharacteristics"), bpmn("standardLoopCharacteristics"))
_COMPENSATED_BY_ITS_CONTENT = SUB_PROCESSES | {"callActivity"}


def check_compensation(scope: Scope, findings: Findings) -> None:
    """Note what breaks a rule of compensation directly in the scope."""
    for node in scope.nodes.values():
        kind = node.event.kind if node.event is not None else "none"
        if node.for_compensation:
            _check_handler(node, findings)
        if kind == "compensation" and node.tag == "boundaryEvent":
            _check_boundary(node, findings)
        elif kind == "compensation" and node.tag in {"endEvent", "intermediateThrowEvent"}:
            _check_throw(node, findings)
        if kind == "cancel":
            _check_cancel(node, findings)
        _check_one_way(node, findings)
        if node.tag == "transaction":
            _check_transaction(node, findings)


def _check_handler(node: Node, findings: Findings) -> None:
    if node.triggered_by_event:
        # said of a compensation event sub-process it changes nothing; of any other it makes no sense
        if not _starts_by_compensation(node):
            findings.refuse("unsupported_attribute", node, attribute="isForCompensation")
    elif node.incoming or node.outgoing or node.boundaries:
        findings.refuse("compensation_handler_apart", node)


def _check_boundary(node: Node, findings: Findings) -> None:
    if node.outgoing:
        findings.refuse("flow_out_of_compensation", node)
    if len(node.handlers) != 1 or not node.handlers[0].for_compensation or node.handlers[0].triggered_by_event:
        findings.refuse("compensation_handler_missing", node)


def _check_throw(node: Node, findings: Findings) -> None:
    activity = node.event.activity if node.event is not None else ""
    if not activity:
        return
    target = _reachable(node.scope).get(activity)
    if target is None:
        findings.refuse("compensation_out_of_reach", node, reference=activity)
    elif target.tag not in _COMPENSATED_BY_ITS_CONTENT and not any(_compensates(each) for each in target.boundaries):
        findings.refuse("compensation_handler_missing", target)


def _check_cancel(node: Node, findings: Findings) -> None:
    """A cancel end stands in a transaction, or in an event sub-process of one; its event is on the transaction."""
    if node.tag == "boundaryEvent":
        if any(node in host.boundaries and host.tag != "transaction" for host in node.scope.nodes.values()):
            findings.refuse("cancel_outside_transaction", node)
        return
    cancelled = node.scope.inside_of
    while cancelled is not None and cancelled.triggered_by_event:
        cancelled = cancelled.scope.inside_of
    if cancelled is None or cancelled.tag != "transaction":
        findings.refuse("cancel_outside_transaction", node)
    elif not any(each.event is not None and each.event.kind == "cancel" for each in cancelled.boundaries):
        findings.refuse("cancel_without_event", node)


def _check_transaction(node: Node, findings: Findings) -> None:
    if node.triggered_by_event:
        findings.refuse("unsupported_attribute", node, attribute="triggeredByEvent")
    if node.element.get("method", "##Compensate") not in {"##Compensate", "compensate"}:
        findings.refuse("unsupported_attribute", node, attribute="method")
    cancels = [each for each in node.boundaries if each.event is not None and each.event.kind == "cancel"]
    if len(cancels) > 1:
        findings.refuse("caught_twice", cancels[1])
    if cancels and any(node.element.find(loop) is not None for loop in _LOOPS):
        findings.refuse("cancel_of_turns", cancels[0])


def _check_one_way(node: Node, findings: Findings) -> None:
    """An activity is compensated in one way: by one event on it, or by one event sub-process inside it."""
    ways = [each for each in node.boundaries if _compensates(each)]
    if node.inside is not None:
        ways += [each for each in node.inside.event_sub_processes() if _starts_by_compensation(each)]
    if len(ways) > 1:
        findings.refuse("compensated_twice", ways[1])


def _reachable(scope: Scope) -> dict[str, Node]:
    """Return the nodes that a throw event here may compensate: in an event sub-process those around it too."""
    nodes = dict(scope.nodes)
    while scope.inside_of is not None and scope.inside_of.triggered_by_event:
        scope = scope.inside_of.scope
        nodes |= scope.nodes
    return nodes


def _compensates(node: Node) -> bool:
    return node.event is not None and node.event.kind == "compensation"


def _starts_by_compensation(node: Node) -> bool:
    return node.inside is not None and any(
        _compensates(each) for each in node.inside.nodes.values() if each.tag == "startEvent"
    )
