"""Repairs of sequence flows: where they belong, what they connect, where paths begin and end."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.repairs.working_copy import (
    NODES,
    SUB_PROCESSES,
    WorkingCopy,
    incoming,
    name_from,
    outgoing,
)
from app.engine.normaliser import is_true
from app.engine.rules import TAKES_IN
from app.engine.vocabulary import BPMN, EVENT_DEFINITIONS, bpmn, local_name, namespace, properties, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_SIZE = 36.0


def find_ends(copy: WorkingCopy) -> None:
    """A flow whose end is not told ends at the node that lists it, else at the shape that its line touches."""
    nodes = copy.nodes_by_id()
    listed = {
        side: {text_of(each): node for node, element in nodes.items() for each in element.findall(bpmn(side))}
        for side in ("incoming", "outgoing")
    }
    for flow in copy.flows():
        for attribute, side, index in (("sourceRef", "outgoing", 0), ("targetRef", "incoming", -1)):
            bare = flow.get(attribute, "").rpartition(":")[2]
            if bare in nodes:
                flow.set(attribute, bare)
                continue
            found = listed[side].get(flow.get("id", ""), "")
            points = copy.drawing.points(flow.get("id", ""))
            if not found and len(points) > 1:
                other = flow.get("targetRef" if index == 0 else "sourceRef", "")
                process = _process_of(flow)
                near = {key: node for key, node in nodes.items() if key != other and _process_of(node) is process}
                found = copy.drawing.node_at(points[index], near)
            if found:
                flow.set(attribute, found)
                copy.note("flow_end_found", flow, node=found)


def move_into_scopes(copy: WorkingCopy) -> None:
    """A flow stands in the process or sub-process of the nodes that it connects."""
    nodes = copy.nodes_by_id()
    for flow in copy.flows():
        source, target = nodes.get(flow.get("sourceRef", "")), nodes.get(flow.get("targetRef", ""))
        if source is None or target is None:
            continue
        scope = source.getparent()
        if scope is not None and scope is target.getparent() and scope is not flow.getparent():
            scope.append(flow)
            copy.note("flow_moved", flow)


def lift_over_borders(copy: WorkingCopy) -> None:
    """A flow that crosses the border of a sub-process is one of the sub-process itself; between pools it is none."""
    nodes = copy.nodes_by_id()
    for flow in copy.flows():
        source, target = nodes.get(flow.get("sourceRef", "")), nodes.get(flow.get("targetRef", ""))
        if source is None or target is None or source.getparent() is target.getparent():
            continue
        pair = _in_one_scope(source, target)
        if pair is None or pair[0] is pair[1]:
            copy.note("flow_between_scopes_dropped", flow, source=_named(source), target=_named(target))
            copy.drop_flow(flow)
            continue
        lifted_source, lifted_target = pair
        flow.set("sourceRef", lifted_source.get("id", ""))
        flow.set("targetRef", lifted_target.get("id", ""))
        scope = lifted_source.getparent()
        if scope is not None:
            scope.append(flow)
        copy.note("flow_lifted", flow, source=_named(lifted_source), target=_named(lifted_target))


def _in_one_scope(source: _Element, target: _Element) -> tuple[_Element, _Element] | None:
    """Return the two, or what they stand in, so that both are in one scope; None for two processes."""
    of_source = [source, *_around(source)]
    of_target = [target, *_around(target)]
    for outer_source in of_source:
        for outer_target in of_target:
            if outer_source.getparent() is outer_target.getparent():
                return outer_source, outer_target
    return None


def _around(node: _Element) -> list[_Element]:
    return [each for each in node.iterancestors() if local_name(each) in SUB_PROCESSES]


def end_loose_flows(copy: WorkingCopy) -> None:
    """A flow that leads nowhere leads to an end; one that comes from nowhere is set aside."""
    nodes = copy.nodes_by_id()
    for flow in copy.flows():
        source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
        if source in nodes and target in nodes:
            continue
        if source not in nodes:
            copy.note("flow_without_source_dropped", flow, reference=source)
            copy.drop_flow(flow)
            continue
        scope = nodes[source].getparent()
        if scope is None:
            continue
        if scope is not flow.getparent():
            scope.append(flow)
        end = copy.add(scope, "endEvent", f"loppu_{name_from(flow.get('id', ''))}")
        flow.set("targetRef", end.get("id", ""))
        points = copy.drawing.points(flow.get("id", ""))
        if len(points) > 1:
            x, y = points[-1]
            copy.drawing.put(end.get("id", ""), (x, y - _SIZE / 2, _SIZE, _SIZE), beside=flow.get("id", ""))
        copy.note("end_added", flow, reference=target)


def free_starts_and_ends(copy: WorkingCopy) -> None:
    """Nothing leads into a start or an event on a border, nothing out of an end or a sub-process begun by an event."""
    for node in list(copy.nodes("startEvent")):
        _free_start(copy, node)
    for node in list(copy.nodes("boundaryEvent")):
        for flow in incoming(node):
            copy.note("flow_into_start_dropped", node, flow=flow.get("id", ""))
            copy.drop_flow(flow)
    for node in list(copy.nodes("endEvent")):
        if outgoing(node):
            _continue_at(copy, node)
    for node in list(copy.nodes("subProcess")):
        if is_true(node.get("triggeredByEvent")):
            for flow in [*incoming(node), *outgoing(node)]:
                copy.note("flow_of_event_sub_process_dropped", node, flow=flow.get("id", ""))
                copy.drop_flow(flow)


def _free_start(copy: WorkingCopy, node: _Element) -> None:
    arriving, leaving = incoming(node), outgoing(node)
    if not arriving:
        return
    onward = [each.get("targetRef", "") for each in leaving if each.get("targetRef") != node.get("id")]
    after = onward[0] if len(onward) == 1 else ""
    for flow in arriving:
        if after and flow.get("sourceRef") not in {after, node.get("id")}:
            flow.set("targetRef", after)
            box = copy.drawing.box(after)
            if box is not None:
                copy.drawing.end_at(flow.get("id", ""), (box[0] + box[2] / 2, box[1]))
            copy.note("flow_into_start_moved", node, flow=flow.get("id", ""), target=after)
        else:
            copy.note("flow_into_start_dropped", node, flow=flow.get("id", ""))
            copy.drop_flow(flow)


def _continue_at(copy: WorkingCopy, node: _Element) -> None:
    """An end with a flow out of it was drawn as a milestone on the way."""
    definitions = [each for each in node if local_name(each) in EVENT_DEFINITIONS]
    if any(
        local_name(each) in {"terminateEventDefinition", "errorEventDefinition", "cancelEventDefinition"}
        for each in definitions
    ):
        for flow in outgoing(node):
            copy.note("flow_out_of_end_dropped", node, flow=flow.get("id", ""))
            copy.drop_flow(flow)
        return
    node.tag = bpmn("intermediateThrowEvent")
    copy.note("end_made_intermediate", node)


def begin_somewhere(copy: WorkingCopy) -> None:
    """A scope begins at its starts, else at what nothing leads to; where neither is, a start is put first."""
    for scope in copy.scopes():
        nodes = [each for each in scope if namespace(each) == BPMN and local_name(each) in NODES]
        by_event = is_true(scope.get("triggeredByEvent"))
        if local_name(scope) == "adHocSubProcess" or by_event or properties(scope).get(TAKES_IN):
            continue
        if not any(_may_begin(each) or local_name(each) == "startEvent" for each in nodes):
            start = copy.add(scope, "startEvent", f"alku_{name_from(scope.get('id', ''))}")
            end = copy.add(scope, "endEvent", f"loppu_{name_from(scope.get('id', ''))}")
            _flow(copy, scope, start, end)
            copy.note("content_missing", scope)
            continue
        events = [each for each in nodes if local_name(each) == "startEvent"]
        free = [each for each in nodes if not incoming(each) and _may_begin(each)]
        if events or free:
            continue
        first = next(each for each in nodes if _may_begin(each))
        start = copy.add(scope, "startEvent", f"alku_{name_from(scope.get('id', ''))}")
        flow = _flow(copy, scope, start, first)
        box = copy.drawing.box(first.get("id", ""))
        if box is not None:
            x, y = box[0] - 70, box[1] - 60
            copy.drawing.put(start.get("id", ""), (x, y, _SIZE, _SIZE), beside=first.get("id", ""))
            points = [(x + _SIZE, y + _SIZE / 2), (box[0], box[1] + box[3] / 4)]
            copy.drawing.connect(flow.get("id", ""), points, beside=first.get("id", ""))
        copy.note("start_added", scope, node=_named(first))


def _may_begin(node: _Element) -> bool:
    if local_name(node) in {"boundaryEvent", "startEvent"}:
        return False
    return not is_true(node.get("triggeredByEvent")) and not is_true(node.get("isForCompensation"))


def _flow(copy: WorkingCopy, scope: _Element, source: _Element, target: _Element) -> _Element:
    ends = {"sourceRef": source.get("id", ""), "targetRef": target.get("id", "")}
    return copy.add(scope, "sequenceFlow", f"virta_{ends['sourceRef']}_{ends['targetRef']}", **ends)


def mend_lists(copy: WorkingCopy) -> None:
    """A node lists the flows that come to it and leave it: what flows say themselves counts."""
    mended = _write_lists(copy)
    if mended:
        copy.note("flow_lists_mended", None, count=mended)


def list_flows(copy: WorkingCopy) -> None:
    """Let the lists of the nodes follow what the rules did to the flows, and told."""
    _write_lists(copy)


def _write_lists(copy: WorkingCopy) -> int:
    mended = 0
    for scope in copy.root.iter(*(bpmn(name) for name in ("process", *SUB_PROCESSES))):
        wanted: dict[str, list[tuple[str, str]]] = defaultdict(list)
        flows = scope.findall(bpmn("sequenceFlow"))
        for flow in flows:
            wanted[flow.get("targetRef", "")].append(("incoming", flow.get("id", "")))
        for flow in flows:
            wanted[flow.get("sourceRef", "")].append(("outgoing", flow.get("id", "")))
        for node in scope:
            if local_name(node) in NODES:
                mended += _write_list(node, wanted[node.get("id", "")])
    return mended


def _write_list(node: _Element, wanted: list[tuple[str, str]]) -> bool:
    listed = [*node.findall(bpmn("incoming")), *node.findall(bpmn("outgoing"))]
    # the lists may be left out as a whole
    if not listed or sorted((local_name(each), text_of(each)) for each in listed) == sorted(wanted):
        return False
    place = node.index(listed[0])
    for each in listed:
        node.remove(each)
    for name, flow_id in reversed(wanted):
        made = etree.Element(bpmn(name))
        made.text = flow_id
        node.insert(place, made)
    return True


def _process_of(element: _Element) -> _Element | None:
    return next(element.iterancestors(bpmn("process")), None)


def _named(element: _Element) -> str:
    return " ".join(element.get("name", "").split()) or element.get("id", "")
