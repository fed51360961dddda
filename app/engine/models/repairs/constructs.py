"""Repairs of what is allowed in some places only: ad-hoc parts, compensation, transactions, kinds of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.models.repairs.events import definitions_of
from app.engine.models.repairs.working_copy import (
    ACTIVITY_NODES,
    NODES,
    WorkingCopy,
    incoming,
    label_of,
    outgoing,
)
from app.engine.normaliser import is_true
from app.engine.rules import TAKES_IN
from app.engine.vocabulary import (
    BPMN,
    DOCUMENTATION,
    EVENT_DEFINITIONS,
    EVENTS,
    KINDS_OF_EVENTS,
    STARTS_OF_EVENT_SUB_PROCESSES,
    bpmn,
    local_name,
    namespace,
    properties,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

#: not together with others in one event
_ALONE = frozenset({"link", "compensation", "cancel"})
_ONCE_AT_ENDS = frozenset({"error", "terminate"})
#: what nodes may hold besides documentation: BPMN's ways to say data, people and programs, which other rules look after
_PARTS = DOCUMENTATION | EVENT_DEFINITIONS.keys() | {
    "activationCondition", "completionCondition", "dataInput", "dataInputAssociation", "dataOutput",
    "dataOutputAssociation", "eventDefinitionRef", "inputSet", "ioSpecification", "multiInstanceLoopCharacteristics",
    "outputSet", "script", "sequenceFlow", "standardLoopCharacteristics", "supportedInterfaceRef", *NODES,
}  # fmt: skip


def leave_out_unknown(copy: WorkingCopy) -> None:
    """What BPMN has no place for in a node or scope is kept as text."""
    for holder in [*copy.scopes(), *copy.nodes()]:
        for part in list(holder):
            if namespace(part) == BPMN and local_name(part) not in _PARTS:
                copy.note("part_left_out", holder, part=local_name(part))
                copy.drawing.remove(part.get("id", ""))
                copy.set_aside(part, holder)


def leave_out_kinds(copy: WorkingCopy) -> None:
    """An event is of a kind that it can be of, and of several only where they can happen together."""
    for event in copy.nodes(*EVENTS):
        definitions = definitions_of(event)
        allowed = KINDS_OF_EVENTS.get(local_name(event))
        scope = event.getparent()
        if allowed is None:
            by_event = scope is not None and is_true(scope.get("triggeredByEvent"))
            allowed = STARTS_OF_EVENT_SUB_PROCESSES if by_event else frozenset(EVENT_DEFINITIONS.values())
        kept: list[str] = []
        for definition in definitions:
            kind = EVENT_DEFINITIONS[local_name(definition)]
            twice = kind in kept and kind in _ONCE_AT_ENDS and local_name(event) == "endEvent"
            apart = bool(kept) and (kind in _ALONE or not _ALONE.isdisjoint(kept))
            if kind not in allowed or twice or apart or (kind == "cancel" and not _can_cancel(event)):
                copy.note("event_kind_left_out", event, event=kind)
                copy.set_aside(definition, event)
            else:
                kept.append(kind)
        if is_true(event.get("parallelMultiple")) and not {"error", "escalation"}.isdisjoint(kept):
            del event.attrib["parallelMultiple"]
            copy.note("flag_left_out", event, flag="parallelMultiple")
        _mend_start(copy, event)


def _mend_start(copy: WorkingCopy, event: _Element) -> None:
    """A process is not begun by several things together: no instance is there yet that could keep the first."""
    scope = event.getparent()
    if local_name(event) != "startEvent" or scope is None or local_name(scope) != "process":
        return
    if is_true(event.get("parallelMultiple")):
        del event.attrib["parallelMultiple"]
        copy.note("flag_left_out", event, flag="parallelMultiple")
    for definition in event.findall(bpmn("timerEventDefinition"))[1:]:
        copy.note("event_kind_left_out", event, event="timer")
        copy.set_aside(definition, event)


def _can_cancel(event: _Element) -> bool:
    """Return whether the event is on a transaction, or ends one that has an event for it."""
    scope = event.getparent()
    if local_name(event) == "boundaryEvent":
        beside = [] if scope is None else scope.findall(bpmn("transaction"))
        host = next((each for each in beside if each.get("id") == event.get("attachedToRef")), None)
        return host is not None and not any(local_name(each).endswith("LoopCharacteristics") for each in host)
    while scope is not None and is_true(scope.get("triggeredByEvent")):
        scope = scope.getparent()
    around = None if scope is None else scope.getparent()
    if scope is None or around is None or local_name(scope) != "transaction":
        return False
    return any(
        each.get("attachedToRef") == scope.get("id") and each.find(bpmn("cancelEventDefinition")) is not None
        for each in around.findall(bpmn("boundaryEvent"))
    )


def mend_attributes(copy: WorkingCopy) -> None:
    """What begins a process is reached by nothing; transactions are undone by compensation."""
    for node in copy.nodes():
        if is_true(node.get("instantiate")) and not _can_instantiate(node):
            _leave_out_flag(copy, node, "instantiate")
        parallel = node.get("eventGatewayType", "Exclusive") != "Exclusive"
        if parallel and not is_true(node.get("instantiate")):
            _leave_out_flag(copy, node, "eventGatewayType")
        if local_name(node) in {"transaction", "adHocSubProcess"} and is_true(node.get("triggeredByEvent")):
            _leave_out_flag(copy, node, "triggeredByEvent")
        if local_name(node) == "transaction" and node.get("method", "##Compensate").lower() not in _METHODS:
            _leave_out_flag(copy, node, "method")
        if local_name(node) == "adHocSubProcess" and node.get("ordering", "Parallel") not in {"Parallel", "Sequential"}:
            _leave_out_flag(copy, node, "ordering")


_METHODS = frozenset({"##compensate", "compensate"})


def _leave_out_flag(copy: WorkingCopy, node: _Element, name: str) -> None:
    copy.note("flag_left_out", node, flag=f"{name}={copy.set_attribute_aside(node, name)}")


def _can_instantiate(node: _Element) -> bool:
    scope = node.getparent()
    turns = any(local_name(each).endswith("LoopCharacteristics") for each in node)
    if scope is None or local_name(scope) != "process" or incoming(node) or turns:
        return False
    if local_name(node) != "eventBasedGateway":
        return local_name(node) == "receiveTask"
    followers = {each.get("id"): each for each in scope}
    kinds = [
        EVENT_DEFINITIONS[local_name(definition)]
        for flow in outgoing(node)
        if (target := followers.get(flow.get("targetRef"))) is not None
        for definition in definitions_of(target)
    ]
    return set(kinds) <= {"message", "signal"}


def begin_ad_hoc(copy: WorkingCopy) -> None:
    """Of the activities of an ad-hoc part one at least can be begun."""
    for scope in copy.nodes("adHocSubProcess"):
        activities = [
            each for each in scope if local_name(each) in ACTIVITY_NODES and not is_true(each.get("triggeredByEvent"))
        ]
        if not activities:
            copy.add(scope, "task", f"tehtava_{scope.get('id', '')}")
            copy.note("content_missing", scope)
            continue
        if all(is_true(each.get("isForCompensation")) for each in activities):
            _leave_out_flag(copy, activities[0], "isForCompensation")
        if all(incoming(each) or is_true(each.get("isForCompensation")) for each in activities):
            for flow in incoming(activities[0]):
                copy.note("flow_into_start_dropped", activities[0], flow=flow.get("id", ""))
                copy.drop_flow(flow)


def connect_handlers(copy: WorkingCopy) -> None:
    """A compensation event leads to one activity that undoes, by an association and not by a flow."""
    undone: set[str] = set()
    for event in copy.nodes("boundaryEvent"):
        if event.find(bpmn("compensateEventDefinition")) is None:
            continue
        host = event.get("attachedToRef", "")
        flows = outgoing(event)
        if len(flows) == 1:
            _associate(copy, event, flows[0])
        for flow in outgoing(event):
            copy.note("flow_of_compensation_dropped", event, flow=flow.get("id", ""))
            copy.drop_flow(flow)
        handlers = _handlers(copy, event)
        if len(handlers) != 1 or host in undone:
            copy.note("compensation_left_out", event)
            copy.drop_node(event)
            continue
        undone.add(host)
        if not is_true(handlers[0].get("isForCompensation")):
            handlers[0].set("isForCompensation", "true")
            copy.note("handler_marked", handlers[0])
    _leave_out_marks(copy)


def _associate(copy: WorkingCopy, event: _Element, flow: _Element) -> None:
    scope = event.getparent()
    target = copy.nodes_by_id().get(flow.get("targetRef", ""))
    if scope is None or target is None or local_name(target) not in ACTIVITY_NODES:
        return
    if len(incoming(target)) > 1 or outgoing(target):
        return
    ends = {"sourceRef": event.get("id", ""), "targetRef": target.get("id", "")}
    association = copy.add(scope, "association", f"kumoaa_{ends['sourceRef']}", associationDirection="One", **ends)
    points = copy.drawing.points(flow.get("id", ""))
    copy.drop_flow(flow)
    if points:
        copy.drawing.connect(association.get("id", ""), points, beside=ends["sourceRef"])


def _handlers(copy: WorkingCopy, event: _Element) -> list[_Element]:
    scope = event.getparent()
    if scope is None:
        return []
    beside = {each.get("id", ""): each for each in scope if local_name(each) in ACTIVITY_NODES}
    found = []
    for association in copy.root.iter(bpmn("association")):
        ends = [association.get("sourceRef", ""), association.get("targetRef", "")]
        if event.get("id", "") in ends:
            other = beside.get(ends[0] if ends[1] == event.get("id", "") else ends[1])
            if other is not None and not incoming(other) and not outgoing(other):
                found.append(other)
    return list(dict.fromkeys(found))


def _leave_out_marks(copy: WorkingCopy) -> None:
    """What flows lead to is reached by them and undoes nothing."""
    for node in copy.nodes():
        if not is_true(node.get("isForCompensation")):
            continue
        hosts = {each.get("attachedToRef") for each in copy.nodes("boundaryEvent")}
        by_event = is_true(node.get("triggeredByEvent"))
        if incoming(node) or outgoing(node) or node.get("id") in hosts or (by_event and not _starts_undoing(node)):
            _leave_out_flag(copy, node, "isForCompensation")


def _starts_undoing(node: _Element) -> bool:
    return any(each.find(bpmn("compensateEventDefinition")) is not None for each in node.findall(bpmn("startEvent")))


def aim_compensation(copy: WorkingCopy) -> None:
    """What is undone by name is beside, and can be undone; else everything is."""
    undone = {
        each.get("attachedToRef", "")
        for each in copy.nodes("boundaryEvent")
        if each.find(bpmn("compensateEventDefinition")) is not None
    }
    for event in copy.nodes("intermediateThrowEvent", "endEvent"):
        for definition in event.findall(bpmn("compensateEventDefinition")):
            activity = definition.get("activityRef", "")
            if not activity:
                continue
            target = _beside(event).get(activity)
            if target is None or (activity not in undone and local_name(target) not in _UNDONE_INSIDE):
                del definition.attrib["activityRef"]
                copy.note("compensation_for_all", event, activity=activity)


_UNDONE_INSIDE = frozenset({"subProcess", "transaction", "adHocSubProcess", "callActivity"})


def _beside(event: _Element) -> dict[str, _Element]:
    scope = event.getparent()
    found: dict[str, _Element] = {}
    while scope is not None:
        found |= {each.get("id", ""): each for each in scope if local_name(each) in NODES}
        if not is_true(scope.get("triggeredByEvent")):
            break
        scope = scope.getparent()
    return found


def begin_by_one_event(copy: WorkingCopy) -> None:
    """A part that an event begins has that one start."""
    for scope in copy.nodes("subProcess"):
        # an empty one that takes in a common rule is whole
        if not is_true(scope.get("triggeredByEvent")) or properties(scope).get(TAKES_IN):
            continue
        starts = scope.findall(bpmn("startEvent"))
        for event in starts[1:]:
            copy.note("start_left_out", event, first=label_of(starts[0]))
            copy.drop_node(event)
        nodes = [each for each in scope if local_name(each) in NODES]
        if starts or not nodes:
            if not nodes and not starts:
                # nothing in it and nothing to begin it: an empty frame
                scope.attrib.pop("triggeredByEvent", "")
                copy.note("flag_left_out", scope, flag="triggeredByEvent")
            continue
        first = next((each for each in nodes if not incoming(each) and local_name(each) != "boundaryEvent"), nodes[0])
        start = copy.add(scope, "startEvent", f"alku_{scope.get('id', '')}", name=label_of(scope))
        ends = {"sourceRef": start.get("id", ""), "targetRef": first.get("id", "")}
        copy.add(scope, "sequenceFlow", f"virta_{ends['sourceRef']}_{ends['targetRef']}", **ends)
        copy.note("start_added", scope, node=label_of(first))


def untie_links(copy: WorkingCopy) -> None:
    """Only links lead to where a link arrives, and nothing leads on from where one leaves; one arrival a name."""
    for scope in copy.scopes():
        seen: set[str] = set()
        for event in [*scope.findall(bpmn("intermediateCatchEvent")), *scope.findall(bpmn("intermediateThrowEvent"))]:
            definition = event.find(bpmn("linkEventDefinition"))
            if definition is None:
                continue
            arrives = local_name(event) == "intermediateCatchEvent"
            name = definition.get("name", "")
            if (arrives and (incoming(event) or name in seen)) or (not arrives and outgoing(event)):
                copy.note("link_lost", event, link=name)
                copy.set_aside(definition, event)
            elif arrives:
                seen.add(name)
