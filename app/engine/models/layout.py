"""A plain drawing for what came without one: columns from left to right, so that an editor can open and show it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.repairs.drawing import DC, DI, Drawing
from app.engine.models.repairs.working_copy import NODES, SUB_PROCESSES
from app.engine.vocabulary import BPMN as MODEL
from app.engine.vocabulary import EVENTS, LAYOUT, bpmn, local_name, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element

#: width and height of what is drawn, as in the editor
_EVENT, _GATEWAY, _TASK = (36, 36), (50, 50), (100, 80)
_COLUMN, _ROW, _MARGIN, _HEADER = 160, 120, 60, 30
Size = tuple[int, int]
Box = tuple[int, int, int, int]


def lay_out(root: _Element) -> bool:
    """Draw every process of a document that has no drawing; return whether there was something to draw."""
    if any(local_name(each) == "BPMNShape" for each in root.iter(f"{{{LAYOUT}}}BPMNShape")):
        return False
    processes = [each for each in root.findall(bpmn("process")) if _nodes(each)]
    if not processes:
        return False
    for empty in root.findall(f"{{{LAYOUT}}}BPMNDiagram"):
        root.remove(empty)
    collaboration = root.find(bpmn("collaboration"))
    pools = {} if collaboration is None else {each.get("processRef"): each for each in collaboration}
    owner = processes[0] if collaboration is None else collaboration
    diagram = etree.SubElement(root, f"{{{LAYOUT}}}BPMNDiagram", id=f"{owner.get('id')}_diagram")
    plane = etree.SubElement(diagram, f"{{{LAYOUT}}}BPMNPlane", id=f"{owner.get('id')}_plane")
    plane.set("bpmnElement", owner.get("id", ""))
    top = _MARGIN
    for process in processes if pools else processes[:1]:
        pool = pools.get(process.get("id"))
        boxes = _place(process, _MARGIN * 2, top + _MARGIN)
        right = max(x + width for x, _, width, _ in boxes.values()) + _MARGIN
        bottom = max(y + height for _, y, _, height in boxes.values()) + _MARGIN
        if pool is not None and pool.get("id"):
            _shape(plane, pool, (_MARGIN, top, right - _MARGIN, bottom - top), horizontal=True)
        _draw(plane, process, boxes)
        top = bottom + _MARGIN
    return True


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
    nodes = {each.get("id", ""): each for each in _nodes(scope)}
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
    _draw(plane, scope, _place(scope, _MARGIN * 2, _MARGIN * 2))


def _draw_below(drawing: Drawing, nodes: dict[str, _Element], missing: list[str]) -> None:
    present = {key: box for key in nodes if (box := drawing.box(key)) is not None}
    beside = next(iter(present))
    x = min(box[0] for box in present.values())
    y = max(box[1] + box[3] for box in present.values()) + _MARGIN
    for key in missing:
        host = present.get(nodes[key].get("attachedToRef", ""))
        width, height = _size(nodes[key], None)
        if host is not None:
            drawing.put(key, (host[0] + host[2] - 50, host[1] + host[3] - 18, *_EVENT), beside=beside)
            continue
        drawing.put(key, (x, y, width, height), beside=beside)
        x += width + _MARGIN


def _whole(box: tuple[float, float, float, float]) -> Box:
    x, y, width, height = (round(value) for value in box)
    return x, y, width, height


def _nodes(scope: _Element) -> list[_Element]:
    return [each for each in scope if namespace(each) == MODEL and local_name(each) in NODES]


def _place(scope: _Element, left: int, top: int) -> dict[str, Box]:
    """Return the box of every node of the scope and of the scopes in it."""
    nodes = {each.get("id", ""): each for each in _nodes(scope)}
    if not nodes:
        return {}
    boundary = {key: each for key, each in nodes.items() if local_name(each) == "boundaryEvent"}
    columns = _columns(scope, nodes)
    grid: dict[int, list[str]] = defaultdict(list)
    for key in nodes:
        if key not in boundary:
            grid[columns[key]].append(key)
    inner = {key: _place(each, 0, 0) for key, each in nodes.items() if local_name(each) in SUB_PROCESSES}
    sizes = {key: _size(each, inner.get(key)) for key, each in nodes.items()}
    boxes: dict[str, Box] = {}
    x = left
    for column in sorted(grid):
        y = top
        widest = max(sizes[key][0] for key in grid[column])
        for key in grid[column]:
            width, height = sizes[key]
            room = max(height, _TASK[1])
            boxes[key] = (x + (widest - width) // 2, y + (room - height) // 2, width, height)
            y += room + _ROW - _TASK[1]
        x += widest + _COLUMN - _TASK[0]
    for key, within in inner.items():
        here = boxes[key]
        for name, (inner_x, inner_y, width, height) in within.items():
            boxes[name] = (here[0] + _HEADER + inner_x, here[1] + _HEADER + inner_y, width, height)
    attached: dict[str, int] = defaultdict(int)
    for key, each in boundary.items():
        host = boxes.get(each.get("attachedToRef", ""), (left, top, *_TASK))
        boxes[key] = (host[0] + 10 + 45 * attached[each.get("attachedToRef", "")], host[1] + host[3] - 18, *_EVENT)
        attached[each.get("attachedToRef", "")] += 1
    return boxes


def _size(node: _Element, inner: dict[str, Box] | None) -> Size:
    if inner:
        width = max(x + width for x, _, width, _ in inner.values())
        height = max(y + height for _, y, _, height in inner.values())
        return width + 2 * _HEADER, height + 2 * _HEADER
    name = local_name(node)
    return _EVENT if name in EVENTS else _GATEWAY if name.endswith("Gateway") else _TASK


def _columns(scope: _Element, nodes: dict[str, _Element]) -> dict[str, int]:
    """Return the column of each node: one more than the node from which it is first reached."""
    after: dict[str, list[str]] = defaultdict(list)
    reached: set[str] = set()
    for edge in scope.findall(bpmn("sequenceFlow")):
        source, target = edge.get("sourceRef", ""), edge.get("targetRef", "")
        after[source].append(target)
        reached.add(target)
    for key, each in nodes.items():
        host = each.get("attachedToRef")
        if host:
            after[host].append(key)
            reached.add(key)
    columns: dict[str, int] = {}
    if not nodes:
        return columns
    waiting = [(key, 0) for key in nodes if key not in reached] or [(next(iter(nodes)), 0)]
    while waiting or len(columns) < len(nodes):
        if not waiting:
            waiting = [(next(key for key in nodes if key not in columns), 0)]
        key, column = waiting.pop(0)
        if key in columns or key not in nodes:
            continue
        columns[key] = column
        own = local_name(nodes[key]) == "boundaryEvent"
        waiting += [(target, column if own else column + 1) for target in after[key]]
    return columns


def _draw(plane: _Element, scope: _Element, boxes: dict[str, Box]) -> None:
    for node in _nodes(scope):
        _shape(plane, node, boxes[node.get("id", "")], expanded=local_name(node) in SUB_PROCESSES)
        if local_name(node) in SUB_PROCESSES:
            _draw(plane, node, boxes)
    for edge in scope.findall(bpmn("sequenceFlow")):
        source, target = boxes.get(edge.get("sourceRef", "")), boxes.get(edge.get("targetRef", ""))
        if source is None or target is None:
            continue
        drawn = etree.SubElement(plane, f"{{{LAYOUT}}}BPMNEdge", id=f"{edge.get('id')}_di")
        drawn.set("bpmnElement", edge.get("id", ""))
        for x, y in _way(source, target):
            etree.SubElement(drawn, f"{{{DI}}}waypoint", x=str(x), y=str(y))


def _way(source: Box, target: Box) -> list[tuple[float, float]]:
    begin = (source[0] + source[2], source[1] + source[3] // 2)
    end = (target[0], target[1] + target[3] // 2)
    if begin[1] == end[1] and begin[0] <= end[0]:
        return [begin, end]
    middle = (begin[0] + end[0]) // 2 if begin[0] < end[0] else begin[0] + 20
    return [begin, (middle, begin[1]), (middle, end[1]), end]


def _shape(plane: _Element, node: _Element, box: Box, *, expanded: bool = False, horizontal: bool = False) -> None:
    shape = etree.SubElement(plane, f"{{{LAYOUT}}}BPMNShape", id=f"{node.get('id')}_di")
    shape.set("bpmnElement", node.get("id", ""))
    if expanded:
        shape.set("isExpanded", "true")
    if horizontal:
        shape.set("isHorizontal", "true")
    names = ("x", "y", "width", "height")
    etree.SubElement(shape, f"{{{DC}}}Bounds", {name: str(value) for name, value in zip(names, box, strict=True)})
