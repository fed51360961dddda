"""The drawing of a diagram while it is put right: what was there stays where it is, what is added gets a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from app.engine.vocabulary import LAYOUT, local_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
#: x, y, width, height
Box = tuple[float, float, float, float]
Point = tuple[float, float]
#: how far beside a shape an arrow may end that was meant to touch it
REACH = 12.0


class Drawing:
    """Shapes and edges by the element that they draw."""

    def __init__(self, root: _Element) -> None:
        self._root = root
        self.shapes: dict[str, _Element] = {}
        self.edges: dict[str, _Element] = {}
        for shape in root.iter(f"{{{LAYOUT}}}BPMNShape"):
            self.shapes.setdefault(_drawn(shape), shape)
        for edge in root.iter(f"{{{LAYOUT}}}BPMNEdge"):
            self.edges.setdefault(_drawn(edge), edge)

    def box(self, element_id: str) -> Box | None:
        """Return where the element is drawn; None where it is not, or not readably."""
        shape = self.shapes.get(element_id)
        return None if shape is None else _box(shape)

    def points(self, flow_id: str) -> list[Point]:
        """Return the points of the line."""
        edge = self.edges.get(flow_id)
        if edge is None:
            return []
        return [(_number(each.get("x")), _number(each.get("y"))) for each in edge.findall(f"{{{DI}}}waypoint")]

    def node_at(self, point: Point, candidates: dict[str, _Element]) -> str:
        """Return the id of the smallest candidate whose shape the point touches; "" where none does."""
        found: list[tuple[float, str]] = []
        for element_id in candidates:
            box = self.box(element_id)
            if box is None:
                continue
            x, y, width, height = box
            inside_x = x - REACH <= point[0] <= x + width + REACH
            if inside_x and y - REACH <= point[1] <= y + height + REACH:
                found.append((width * height, element_id))
        return min(found)[1] if found else ""

    # -- changing ----------------------------------------------------------------------------------

    def put(self, element_id: str, box: Box, *, beside: str) -> None:
        """Draw an element on the plane on which another stands."""
        plane = self._plane(beside)
        if plane is None:
            return
        shape = etree.Element(f"{{{LAYOUT}}}BPMNShape", id=f"{element_id}_di", bpmnElement=element_id)
        names = ("x", "y", "width", "height")
        etree.SubElement(shape, f"{{{DC}}}Bounds", {name: _text(value) for name, value in zip(names, box, strict=True)})
        plane.append(shape)
        self.shapes[element_id] = shape

    def connect(self, flow_id: str, points: Sequence[Point], *, beside: str) -> None:
        """Draw a line on the plane on which an element stands."""
        plane = self._plane(beside)
        if plane is None:
            return
        edge = etree.Element(f"{{{LAYOUT}}}BPMNEdge", id=f"{flow_id}_di", bpmnElement=flow_id)
        for x, y in points:
            etree.SubElement(edge, f"{{{DI}}}waypoint", x=_text(x), y=_text(y))
        plane.append(edge)
        self.edges[flow_id] = edge

    def remove(self, element_id: str) -> None:
        """Take shape and line of an element out of the drawing."""
        for drawn in (self.shapes.pop(element_id, None), self.edges.pop(element_id, None)):
            parent = None if drawn is None else drawn.getparent()
            if drawn is not None and parent is not None:
                parent.remove(drawn)

    def end_at(self, flow_id: str, point: Point) -> None:
        """Let the line end at the point."""
        self._move_point(flow_id, -1, point)

    def begin_at(self, flow_id: str, point: Point) -> None:
        """Let the line begin at the point."""
        self._move_point(flow_id, 0, point)

    def make_room(self, element_id: str, width: float) -> None:
        """Move the element and all that stands on its plane from there to the right; what lies around it grows."""
        plane, box = self._plane(element_id), self.box(element_id)
        if plane is None or box is None:
            return
        cut = box[0]
        stay: list[Box] = []
        for shape in plane.findall(f"{{{LAYOUT}}}BPMNShape"):
            own = _box(shape)
            if own is None:
                continue
            if own[0] >= cut:
                _shift(shape, width)
            elif own[0] + own[2] > cut:
                if own[2] * own[3] > box[2] * box[3] * 4 and _holds(own, box):
                    _widen(shape, width)
                else:
                    stay.append(own)
        for edge in plane.findall(f"{{{LAYOUT}}}BPMNEdge"):
            for point in [*edge.findall(f"{{{DI}}}waypoint"), *edge.iter(f"{{{DC}}}Bounds")]:
                at = (_number(point.get("x")), _number(point.get("y")))
                if at[0] >= cut and not any(_touches(at, each) for each in stay):
                    point.set("x", _text(at[0] + width))

    def _plane(self, element_id: str) -> _Element | None:
        drawn = self.shapes.get(element_id)
        if drawn is None:
            drawn = self.edges.get(element_id)
        return None if drawn is None else drawn.getparent()

    def _move_point(self, flow_id: str, index: int, point: Point) -> None:
        edge = self.edges.get(flow_id)
        points = [] if edge is None else edge.findall(f"{{{DI}}}waypoint")
        if points:
            points[index].set("x", _text(point[0]))
            points[index].set("y", _text(point[1]))


def _drawn(shape: _Element) -> str:
    return shape.get("bpmnElement", "").rpartition(":")[2]


def _box(shape: _Element) -> Box | None:
    bounds = shape.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (_number(bounds.get(name)) for name in ("x", "y", "width", "height"))
    return x, y, width, height


def _shift(shape: _Element, width: float) -> None:
    for bounds in shape.iter(f"{{{DC}}}Bounds"):
        bounds.set("x", _text(_number(bounds.get("x")) + width))


def _widen(shape: _Element, width: float) -> None:
    bounds = shape.find(f"{{{DC}}}Bounds")
    if bounds is not None:
        bounds.set("width", _text(_number(bounds.get("width")) + width))


def _holds(outer: Box, inner: Box) -> bool:
    return outer[1] <= inner[1] + inner[3] / 2 <= outer[1] + outer[3] or outer[0] + outer[2] >= inner[0] + inner[2]


def _touches(point: Point, box: Box) -> bool:
    return box[0] - 1 <= point[0] <= box[0] + box[2] + 1 and box[1] - 1 <= point[1] <= box[1] + box[3] + 1


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _text(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def is_drawing(element: _Element) -> bool:
    """Return whether the element is a diagram of the interchange."""
    return local_name(element) == "BPMNDiagram"
