"""A plain drawing for what came without one: columns from left to right, so that an editor can open and show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.placing import (
    EVENT,
    MARGIN,
    TASK,
    Box,
    Places,
    artifacts_of,
    nodes_of,
    place,
    place_in_lanes,
    size_of,
)
from app.engine.models.repairs.drawing import DC, DI, Drawing
from app.engine.models.repairs.working_copy import SUB_PROCESSES
from app.engine.vocabulary import LAYOUT, bpmn, local_name, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element


def lay_out(root: _Element) -> bool:
    """
    Draw every process of a document that has no drawing; return whether there was something to draw.

    Pools stand one below another, those without a process as well; in a pool with lanes each node stands in its lane.
    """
    if any(local_name(each) == "BPMNShape" for each in root.iter(f"{{{LAYOUT}}}BPMNShape")):
        return False
    processes = [each for each in root.findall(bpmn("process")) if nodes_of(each)]
    if not processes:
        return False
    for empty in root.findall(f"{{{LAYOUT}}}BPMNDiagram"):
        root.remove(empty)
    collaboration = root.find(bpmn("collaboration"))
    owner = processes[0] if collaboration is None else collaboration
    diagram = etree.SubElement(root, f"{{{LAYOUT}}}BPMNDiagram", id=f"{owner.get('id')}_diagram")
    plane = etree.SubElement(diagram, f"{{{LAYOUT}}}BPMNPlane", id=f"{owner.get('id')}_plane")
    plane.set("bpmnElement", owner.get("id", ""))
    if collaboration is None:
        places = place(processes[0], MARGIN * 2, MARGIN * 2)
        _draw(plane, processes[0], places.boxes)
    else:
        _draw_collaboration(plane, collaboration, processes)
    return True


def _draw_collaboration(plane: _Element, collaboration: _Element, processes: list[_Element]) -> None:
    participants = [each for each in collaboration.findall(bpmn("participant")) if each.get("id")]
    pools = {each.get("processRef"): each for each in participants}
    drawn: list[tuple[_Element | None, _Element | None, int, Places]] = []
    top = MARGIN
    for process in processes:
        pool = pools.pop(process.get("id"), None)
        places = place_in_lanes(process, MARGIN, top) if pool is not None else place(process, MARGIN * 2, top + MARGIN)
        drawn.append((pool, process, top, places))
        top = places.bottom + (MARGIN if places.lanes else 2 * MARGIN)
    for pool in participants:
        if pool in pools.values():
            drawn.append((pool, None, top, Places()))
            top += TASK[1] + MARGIN
    right = max(places.right for *_, places in drawn) + MARGIN
    boxes: dict[str, Box] = {}
    for owner, content, begin, places in drawn:
        height = TASK[1] if content is None else places.bottom - begin + (0 if places.lanes else MARGIN)
        if owner is not None:
            boxes[owner.get("id", "")] = (MARGIN, begin, right - MARGIN, height)
            _shape(plane, owner, boxes[owner.get("id", "")], horizontal=True)
        if content is not None:
            _draw_lanes(plane, content, places.lanes_until(right))
            _draw(plane, content, places.boxes)
            boxes |= places.boxes
    _draw_messages(plane, collaboration, boxes)


def _draw_lanes(plane: _Element, process: _Element, lanes: dict[str, Box]) -> None:
    for lane in process.iter(bpmn("lane")):
        if lane.get("id") in lanes:
            _shape(plane, lane, lanes[lane.get("id", "")], horizontal=True)


def _draw_messages(plane: _Element, collaboration: _Element, boxes: dict[str, Box]) -> None:
    for flow in collaboration.findall(bpmn("messageFlow")):
        source, target = boxes.get(flow.get("sourceRef", "")), boxes.get(flow.get("targetRef", ""))
        if flow.get("id") and source is not None and target is not None:
            _edge(plane, flow, _message_way(source, target))


def complete(root: _Element) -> int:
    """
    Draw what is missing from a drawing, and return how many parts that were.

    What stands beside others gets a place below them; the inside of a sub-process of which nothing is drawn gets a
    plane of its own, which editors open from the sub-process.
    """
    drawing = Drawing(root)
    if not drawing.shapes:
        return 0
    return sum(
        _complete_scope(root, drawing, scope)
        for process in root.findall(bpmn("process"))
        for scope in [process, *(each for each in process.iter() if local_name(each) in SUB_PROCESSES)]
    )


def _complete_scope(root: _Element, drawing: Drawing, scope: _Element) -> int:
    nodes = {each.get("id", ""): each for each in nodes_of(scope)}
    missing = [key for key in nodes if drawing.box(key) is None]
    if missing and len(missing) == len(nodes):
        own = drawing.shapes.get(scope.get("id", ""))
        if own is None or local_name(own) != "BPMNShape":
            # nothing around it is drawn either
            return 0
        own.set("isExpanded", "false")
        _draw_apart(root, scope)
        return len(missing)
    count = len(missing)
    if missing:
        _draw_below(drawing, nodes, missing)
    for edge in scope.findall(bpmn("sequenceFlow")):
        source, target = edge.get("sourceRef", ""), edge.get("targetRef", "")
        begin, end = drawing.box(source), drawing.box(target)
        if edge.get("id", "") not in drawing.edges and begin is not None and end is not None:
            drawing.connect(edge.get("id", ""), _way(_whole(begin), _whole(end)), beside=source)
            count += 1
    return count


def _draw_apart(root: _Element, scope: _Element) -> None:
    scope_id = scope.get("id", "")
    diagram = etree.SubElement(root, f"{{{LAYOUT}}}BPMNDiagram", id=f"{scope_id}_diagram")
    plane = etree.SubElement(diagram, f"{{{LAYOUT}}}BPMNPlane", id=f"{scope_id}_plane", bpmnElement=scope_id)
    _draw(plane, scope, place(scope, MARGIN * 2, MARGIN * 2).boxes)


def _draw_below(drawing: Drawing, nodes: dict[str, _Element], missing: list[str]) -> None:
    present = {key: box for key in nodes if (box := drawing.box(key)) is not None}
    beside = next(iter(present))
    x = min(box[0] for box in present.values())
    y = max(box[1] + box[3] for box in present.values()) + MARGIN
    for key in missing:
        host = present.get(nodes[key].get("attachedToRef", ""))
        width, height = size_of(nodes[key])
        if host is not None:
            drawing.put(key, (host[0] + host[2] - 50, host[1] + host[3] - 18, *EVENT), beside=beside)
            continue
        drawing.put(key, (x, y, width, height), beside=beside)
        x += width + MARGIN


def _whole(box: tuple[float, float, float, float]) -> Box:
    x, y, width, height = (round(value) for value in box)
    return x, y, width, height


def _draw(plane: _Element, scope: _Element, boxes: dict[str, Box]) -> None:
    for node in nodes_of(scope):
        _shape(plane, node, boxes[node.get("id", "")], expanded=local_name(node) in SUB_PROCESSES)
        if local_name(node) in SUB_PROCESSES:
            _draw(plane, node, boxes)
    for artifact in artifacts_of(scope):
        _shape(plane, artifact, boxes[artifact.get("id", "")])
    attached = {each.get("id") for each in scope.findall(bpmn("boundaryEvent"))}
    for edge in scope.findall(bpmn("sequenceFlow")):
        source, target = boxes.get(edge.get("sourceRef", "")), boxes.get(edge.get("targetRef", ""))
        if source is not None and target is not None:
            way = _way_from_border if edge.get("sourceRef") in attached else _way
            _edge(plane, edge, way(source, target))
    for edge in scope.findall(bpmn("association")):
        _tie(plane, edge, boxes.get(edge.get("sourceRef", "")), boxes.get(edge.get("targetRef", "")))
    for node in nodes_of(scope):
        own = boxes[node.get("id", "")]
        for edge in node.iterchildren(bpmn("dataInputAssociation")):
            _tie(plane, edge, boxes.get(text_of(edge.find(bpmn("sourceRef")))), own)
        for edge in node.iterchildren(bpmn("dataOutputAssociation")):
            _tie(plane, edge, own, boxes.get(text_of(edge.find(bpmn("targetRef")))))


def _tie(plane: _Element, edge: _Element, source: Box | None, target: Box | None) -> None:
    """Draw a straight line between the middles of what is tied, as far as it is seen."""
    if not edge.get("id") or source is None or target is None:
        return
    middles = [(x + width // 2, y + height // 2) for x, y, width, height in (source, target)]
    _edge(plane, edge, [_border(source, middles[1]), _border(target, middles[0])])


def _border(box: Box, towards: tuple[int, int]) -> tuple[int, int]:
    """Return where the line from the middle of the box to the point leaves the box."""
    x, y = box[0] + box[2] // 2, box[1] + box[3] // 2
    across, down = towards[0] - x, towards[1] - y
    reach = max(abs(across) * 2 / box[2], abs(down) * 2 / box[3])
    return (x, y) if reach <= 1 else (round(x + across / reach), round(y + down / reach))


def _edge(plane: _Element, edge: _Element, points: list[tuple[int, int]]) -> None:
    drawn = etree.SubElement(plane, f"{{{LAYOUT}}}BPMNEdge", id=f"{edge.get('id')}_di")
    drawn.set("bpmnElement", edge.get("id", ""))
    for x, y in points:
        etree.SubElement(drawn, f"{{{DI}}}waypoint", x=str(x), y=str(y))


def _message_way(source: Box, target: Box) -> list[tuple[int, int]]:
    """Return a way from below or above the source to the target; to a pool straight."""
    down = source[1] < target[1]
    begin_x, end_x = source[0] + source[2] // 2, target[0] + target[2] // 2
    if target[2] > source[2] and target[0] <= begin_x <= target[0] + target[2]:
        end_x = begin_x
    elif source[2] > target[2] and source[0] <= end_x <= source[0] + source[2]:
        begin_x = end_x
    begin = (begin_x, source[1] + source[3] if down else source[1])
    end = (end_x, target[1] if down else target[1] + target[3])
    middle = (begin[1] + end[1]) // 2
    return [begin, end] if begin_x == end_x else [begin, (begin_x, middle), (end_x, middle), end]


def _way(source: Box, target: Box) -> list[tuple[int, int]]:
    begin = (source[0] + source[2], source[1] + source[3] // 2)
    end = (target[0], target[1] + target[3] // 2)
    if begin[1] == end[1] and begin[0] <= end[0]:
        return [begin, end]
    if begin[0] >= end[0]:
        return _way_from_border(source, target)
    # the bend is before the target's column: what stands between the two is in other rows
    before = max(30, (TASK[0] - target[2]) // 2 + 15)
    middle = max((begin[0] + end[0]) // 2, end[0] - before)
    return [begin, (middle, begin[1]), (middle, end[1]), end]


def _way_from_border(source: Box, target: Box) -> list[tuple[int, int]]:
    """Return a way that leaves downwards: around the activity of a boundary event, or back under what lies between."""
    middle, bottom = source[0] + source[2] // 2, source[1] + source[3]
    before, end = target[0] - 20, target[1] + target[3] // 2
    if end > bottom and target[0] > middle:
        return [(middle, bottom), (middle, end), (target[0], end)]
    around = bottom + 20
    return [(middle, bottom), (middle, around), (before, around), (before, end), (target[0], end)]


def _shape(plane: _Element, node: _Element, box: Box, *, expanded: bool = False, horizontal: bool = False) -> None:
    shape = etree.SubElement(plane, f"{{{LAYOUT}}}BPMNShape", id=f"{node.get('id')}_di")
    shape.set("bpmnElement", node.get("id", ""))
    if expanded:
        shape.set("isExpanded", "true")
    if horizontal:
        shape.set("isHorizontal", "true")
    names = ("x", "y", "width", "height")
    etree.SubElement(shape, f"{{{DC}}}Bounds", {name: str(value) for name, value in zip(names, box, strict=True)})
