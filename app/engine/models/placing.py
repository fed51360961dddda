"""Places for what came without a drawing: columns from left to right as the flows go, lanes one below another."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from app.engine.models.repairs.working_copy import NODES, SUB_PROCESSES
from app.engine.vocabulary import BPMN as MODEL
from app.engine.vocabulary import EVENTS, bpmn, local_name, namespace, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

Size: TypeAlias = tuple[int, int]
#: x, y, width, height
Box: TypeAlias = tuple[int, int, int, int]

#: width and height of what is drawn, as in the editor
EVENT, GATEWAY, TASK = (36, 36), (50, 50), (100, 80)
_ARTIFACTS: dict[str, Size] = {
    "dataObjectReference": (36, 50),
    "dataStoreReference": (50, 50),
    "textAnnotation": (140, 60),
}
COLUMN, ROW, MARGIN, HEADER = 160, 120, 60, 30
#: between the border of a lane and what is in it: a boundary event and its label find room
_LANE_MARGIN = 40


@dataclass(slots=True)
class Places:
    """Boxes by id: of the nodes, data and notes of a scope and of the scopes in it, and of its lanes."""

    boxes: dict[str, Box] = field(default_factory=dict)
    lanes: dict[str, Box] = field(default_factory=dict)

    @property
    def right(self) -> int:
        """Where the last of it ends."""
        return max((x + width for x, _, width, _ in (*self.boxes.values(), *self.lanes.values())), default=0)

    @property
    def bottom(self) -> int:
        """Where the lowest of it ends."""
        return max((y + height for _, y, _, height in (*self.boxes.values(), *self.lanes.values())), default=0)

    def lanes_until(self, right: int) -> dict[str, Box]:
        """Return the lanes, all ending where the pool does."""
        return {key: (x, y, right - x, height) for key, (x, y, _, height) in self.lanes.items()}


@dataclass(frozen=True, slots=True)
class _Lane:
    """A lane without lanes in it, the lanes around it from the outside, and what it names."""

    lane: _Element
    around: tuple[_Element, ...]
    names: frozenset[str]


def nodes_of(scope: _Element) -> list[_Element]:
    """Return the flow nodes directly in the scope."""
    return [each for each in scope if namespace(each) == MODEL and local_name(each) in NODES]


def artifacts_of(scope: _Element) -> list[_Element]:
    """Return the data and the notes directly in the scope that can be drawn."""
    return [each for each in scope if namespace(each) == MODEL and local_name(each) in _ARTIFACTS and each.get("id")]


def place(scope: _Element, left: int, top: int) -> Places:
    """Return the places of what is in the scope, one node below another where flows part."""
    return _place_all(scope, left, top, [])


def place_in_lanes(process: _Element, left: int, top: int) -> Places:
    """Return the places in a pool whose content begins at the point; each node stands in its lane."""
    lanes = list(_lanes(process))
    if not lanes:
        return place(process, left + MARGIN, top + MARGIN)
    # the names of the pool and of each lane around another stand side by side
    names = max(len(lane.around) for lane in lanes) + 2
    return _place_all(process, left + HEADER * names + _LANE_MARGIN, top, lanes)


def _lanes(process: _Element) -> list[_Lane]:
    found: list[_Lane] = []

    def walk(lane_set: _Element, around: tuple[_Element, ...]) -> None:
        for lane in lane_set.findall(bpmn("lane")):
            inner = lane.find(bpmn("childLaneSet"))
            if inner is not None and inner.find(bpmn("lane")) is not None:
                walk(inner, (*around, lane))
            elif lane.get("id"):
                names = (text_of(each).rpartition(":")[2] for each in lane.findall(bpmn("flowNodeRef")))
                found.append(_Lane(lane, around, frozenset(names)))

    for lane_set in process.findall(bpmn("laneSet")):
        if not found:
            walk(lane_set, ())
    return found


def _place_all(scope: _Element, left: int, top: int, lanes: list[_Lane]) -> Places:
    nodes = {each.get("id", ""): each for each in nodes_of(scope)}
    boundary = {key: each for key, each in nodes.items() if local_name(each) == "boundaryEvent"}
    columns = _columns(scope, nodes)
    bands = _bands(scope, nodes, columns, lanes)
    hosts = _hosts(scope)
    inner = {key: place(each, 0, 0).boxes for key, each in nodes.items() if local_name(each) in SUB_PROCESSES}
    sizes = {key: _size(each, inner.get(key)) for key, each in nodes.items()}
    #: by column: what stands there, by band from the top
    grid: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key in nodes:
        if key not in boundary:
            grid[columns[key]][bands[key]].append(key)
    for artifact in artifacts_of(scope):
        key, host = artifact.get("id", ""), hosts.get(artifact.get("id", ""), "")
        sizes[key] = _ARTIFACTS[local_name(artifact)]
        grid[columns.get(host, 0)][bands.get(host, 0)].append(key)
    places = Places()
    tops = _band_tops(grid, sizes, top, lanes)
    x = left
    for column in sorted(grid):
        widest = max(sizes[key][0] for keys in grid[column].values() for key in keys)
        for band, keys in grid[column].items():
            y = tops[band]
            for key in keys:
                width, height = sizes[key]
                places.boxes[key] = (x + (widest - width) // 2, y + (_room(height) - height) // 2, width, height)
                y += _room(height) + ROW - TASK[1]
        x += widest + COLUMN - TASK[0]
    for key, within in inner.items():
        here = places.boxes[key]
        for name, (inner_x, inner_y, width, height) in within.items():
            places.boxes[name] = (here[0] + HEADER + inner_x, here[1] + HEADER + inner_y, width, height)
    attached: dict[str, int] = defaultdict(int)
    for key, each in boundary.items():
        host = each.get("attachedToRef", "")
        box = places.boxes.get(host, (left, top, *TASK))
        places.boxes[key] = (box[0] + 10 + 45 * attached[host], box[1] + box[3] - 18, *EVENT)
        attached[host] += 1
    _place_lanes(places, lanes, left - _LANE_MARGIN, tops)
    return places


def _room(height: int) -> int:
    return max(height, TASK[1])


def _band_tops(
    grid: dict[int, dict[int, list[str]]], sizes: dict[str, Size], top: int, lanes: list[_Lane]
) -> dict[int, int]:
    """Return where the content of each band begins, and, one further, where that after the last would."""
    if not lanes:
        return {0: top}
    tops = {0: top + _LANE_MARGIN}
    for band in range(len(lanes)):
        stacks = (stack for column in grid.values() if (stack := column.get(band)))
        heights = (sum(_room(sizes[key][1]) + ROW - TASK[1] for key in stack) - (ROW - TASK[1]) for stack in stacks)
        tops[band + 1] = tops[band] + max(heights, default=TASK[1]) + 2 * _LANE_MARGIN
    return tops


def _place_lanes(places: Places, lanes: list[_Lane], content: int, tops: dict[int, int]) -> None:
    """Give each lane its band; a lane around others covers theirs. What the lanes are called stands to their left."""
    for band, lane in enumerate(lanes):
        top, bottom = (tops[each] - _LANE_MARGIN for each in (band, band + 1))
        depth = max(len(each.around) for each in lanes) - len(lane.around)
        left = content - HEADER * (depth + 1)
        places.lanes[lane.lane.get("id", "")] = (left, top, 0, bottom - top)
        for level, around in enumerate(reversed(lane.around), start=1):
            key = around.get("id", "")
            first = places.lanes.get(key, (0, top, 0, 0))[1]
            if key:
                places.lanes[key] = (left - HEADER * level, first, 0, bottom - first)


def _bands(scope: _Element, nodes: dict[str, _Element], columns: dict[str, int], lanes: list[_Lane]) -> dict[str, int]:
    """Return the lane of each node by its number; what no lane names stands where the node before it does."""
    bands: dict[str, int] = {}
    before = {
        flow.get("targetRef", ""): flow.get("sourceRef", "")
        for flow in reversed(scope.findall(bpmn("sequenceFlow")))
        if flow.get("targetRef") != flow.get("sourceRef")
    }
    before |= {key: host for key, node in nodes.items() if (host := node.get("attachedToRef"))}
    for key in sorted(columns, key=lambda key: (columns[key], "attachedToRef" in nodes[key].attrib)):
        own = next((number for number, lane in enumerate(lanes) if key in lane.names), None)
        bands[key] = bands.get(before.get(key, ""), 0) if own is None else own
    return bands


def _hosts(scope: _Element) -> dict[str, str]:
    """Return by data or note the node beside which it belongs: the first that is tied to it."""
    found: dict[str, str] = {}
    for node in nodes_of(scope):
        for association in node.iterchildren(bpmn("dataInputAssociation"), bpmn("dataOutputAssociation")):
            for end in association.iterchildren(bpmn("sourceRef"), bpmn("targetRef")):
                found.setdefault(text_of(end), node.get("id", ""))
    for association in scope.findall(bpmn("association")):
        source, target = association.get("sourceRef", ""), association.get("targetRef", "")
        found.setdefault(source, target)
        found.setdefault(target, source)
    return found


def _size(node: _Element, inner: dict[str, Box] | None) -> Size:
    if inner:
        within = Places(inner)
        return within.right + 2 * HEADER, within.bottom + 2 * HEADER
    return size_of(node)


def size_of(node: _Element) -> Size:
    """Return the width and height of a node with nothing drawn in it."""
    name = local_name(node)
    return EVENT if name in EVENTS else GATEWAY if name.endswith("Gateway") else TASK


def _columns(scope: _Element, nodes: dict[str, _Element]) -> dict[str, int]:
    """Return the column of each node: one more than the last of those before it; flows that lead back do not count."""
    after: dict[str, list[str]] = defaultdict(list)
    reached: set[str] = set()
    for edge in scope.findall(bpmn("sequenceFlow")):
        source, target = edge.get("sourceRef", ""), edge.get("targetRef", "")
        if source in nodes and target in nodes:
            after[source].append(target)
            reached.add(target)
    for key, each in nodes.items():
        host = each.get("attachedToRef", "")
        if host in nodes:
            # what is attached stands in the column of its activity
            after[host].append(key)
            reached.add(key)
    begins = [key for key in nodes if key not in reached]
    order, back = _order(begins + [key for key in nodes if key in reached], after)
    columns = dict.fromkeys(nodes, 0)
    for key in order:
        for target in after[key]:
            attached = nodes[target].get("attachedToRef") == key
            if (key, target) not in back:
                columns[target] = max(columns[target], columns[key] + (0 if attached else 1))
    return columns


def _order(begins: list[str], after: dict[str, list[str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """Return the nodes, each before those that it leads to, and the flows that lead back to a node on the way."""
    finished: list[str] = []
    seen: set[str] = set()
    back: set[tuple[str, str]] = set()
    for begin in begins:
        way = [] if begin in seen else [(begin, iter(after[begin]))]
        open_nodes = {key for key, _ in way}
        while way:
            key, targets = way[-1]
            seen.add(key)
            target = next((each for each in targets if each not in seen or each in open_nodes), None)
            if target is None:
                way.pop()
                open_nodes.discard(key)
                finished.append(key)
            elif target in open_nodes:
                back.add((key, target))
            else:
                way.append((target, iter(after[target])))
                open_nodes.add(target)
    return finished[::-1], back
