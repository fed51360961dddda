"""
Play a diagram with every choice open, to see where it may get stuck, run a thing twice or never end.

The token game of BPMN 2.0.2 clause 13, over each process and each sub-process by itself: a sub-process is a task to the
scope around it. Conditions are not read: whatever a gateway may choose is chosen, each event on a border comes or does
not. So what is found may be impossible for the data that comes; it is a warning, and refuses nothing.

What is left of the net of a scope is walked from its start, at most `MOST_MARKINGS` markings.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.checks.conventions import MOST_NAMED
from app.engine.checks.net import InclusiveJoin, Move, Net, net_of
from app.engine.graph import Findings, Node, Scope
from app.engine.vocabulary import ACTIVITIES

#: markings of one scope that are looked at; where there are more, only what was found until then is told
MOST_MARKINGS = 5_000
#: a marking holds two bits a place: no token, one, or several
_BITS, _SEVERAL = 2, 2

#: what may be chosen there depends on more than the flows
_BEYOND = frozenset({"complexGateway"})


def check_soundness(process: Scope, findings: Findings) -> None:
    """Warn of what may go wrong in the flow of the process and of everything in it."""
    _check(process, findings)
    for node in process.nodes.values():
        if node.inside is not None:
            check_soundness(node.inside, findings)


def _check(scope: Scope, findings: Findings) -> None:
    if not scope.nodes or scope.element.tag.endswith("}adHocSubProcess"):
        return
    if any(node.tag in _BEYOND for node in scope.nodes.values()):
        return
    net = net_of(scope)
    net.reduce()
    walk = _Walk(net)
    if not walk.complete:
        findings.repaired("not_explored", scope, markings=MOST_MARKINGS)
    for join, missing in walk.stuck.values():
        names = sorted({_said(scope, edge.source) for edge in join.incoming if edge.flow_id in missing})
        findings.warn("may_get_stuck", join, sources=", ".join(names))
    in_the_main_flow = _reached_from_starts(scope)
    for node in walk.twice:
        # what only events beside a task lead to is meant to run as often as they come
        if node.node_id in in_the_main_flow:
            findings.warn("may_run_twice", node)
    if walk.endless:
        repeated = walk.repeated()
        told = ", ".join(_name(node) for node in repeated[:MOST_NAMED])
        findings.warn("may_never_end", repeated[0] if repeated else scope, elements=told or scope.name)


def _reached_from_starts(scope: Scope) -> set[str]:
    """Return the nodes that can be reached without an event that lets its task go on."""
    reached: set[str] = set()
    waiting = scope.starts()
    while waiting:
        node = waiting.pop()
        if node.node_id not in reached:
            reached.add(node.node_id)
            waiting.extend(scope.nodes[edge.target] for edge in node.outgoing)
            waiting.extend(event for event in node.boundaries if event.interrupting)
    return reached


def _said(scope: Scope, node_id: str) -> str:
    return _name(scope.nodes[node_id]) if node_id in scope.nodes else node_id


def _name(node: Node) -> str:
    return node.name or node.node_id


class _Walk:
    """Every marking that can be reached, and what is wrong with some of them."""

    def __init__(self, net: Net) -> None:
        self._net = net
        places = {place for start in net.starts for place in start}
        for move in net.moves:
            places |= move.takes | move.puts | move.reads
        for join in net.inclusive:
            places |= join.takes | join.puts
        self._number = {place: number for number, place in enumerate(sorted(places))}
        self._ones = sum(1 << (_BITS * number) for number in self._number.values())
        self._moves = [(self._mask(move.takes | move.reads), move) for move in net.moves]
        self._ways = _ways(net)
        self._next: dict[int, list[int]] = {}
        #: joins that may wait for ever, with the flows that do not come
        self.stuck: dict[str, tuple[Node, set[str]]] = {}
        self.complete = self._explore()
        #: what may be going on twice at the same time
        self.twice = self._found_twice()
        #: markings from which nothing leads to an end
        self.endless = self._found_endless() if self.complete else []

    def _mask(self, places: frozenset[str]) -> int:
        return sum(1 << (_BITS * self._number[place]) for place in places)

    def _count(self, marking: int, place: str) -> int:
        return marking >> (_BITS * self._number[place]) & (1 << _BITS) - 1

    def _explore(self) -> bool:
        waiting = [self._mask(start) for start in self._net.starts]
        while waiting:
            marking = waiting.pop()
            if marking in self._next:
                continue
            if len(self._next) >= MOST_MARKINGS:
                return False
            follow = self._next[marking] = list(self._follow(marking))
            if marking and not follow:
                self._note_stuck(marking)
            waiting.extend(follow)
        return True

    def _follow(self, marking: int) -> Iterator[int]:
        filled = (marking | marking >> 1) & self._ones
        for needs, move in self._moves:
            if filled & needs == needs:
                yield self._after(marking, move)
        for join in self._net.inclusive:
            come = frozenset(place for place in join.takes if self._count(marking, place))
            if come and not self._may_come(marking, join, come):
                yield self._put(marking - self._mask(come), join.puts)

    def _after(self, marking: int, move: Move) -> int:
        if move.clears is None:
            return 0
        marking -= self._mask(move.takes)
        for place in move.clears:
            if place in self._number:
                marking &= ~(((1 << _BITS) - 1) << (_BITS * self._number[place]))
        return self._put(marking, move.puts)

    def _put(self, marking: int, places: frozenset[str]) -> int:
        for place in places:
            if self._count(marking, place) < _SEVERAL:
                marking += 1 << (_BITS * self._number[place])
        return marking

    def _may_come(self, marking: int, join: InclusiveJoin, come: frozenset[str]) -> bool:
        """Return whether a token elsewhere leads to a flow that has none, and to none that has one."""
        ways = self._ways[join.node.node_id]
        for place in self._number:
            if place not in join.takes and self._count(marking, place):
                reached = ways.get(place, frozenset())
                if reached - come and not reached & come:
                    return True
        return False

    def _note_stuck(self, marking: int) -> None:
        for move in self._net.moves:
            if move.join is None:
                continue
            missing = {place for place in move.takes if not self._count(marking, place)}
            if missing and missing != move.takes:
                flows = {edge.flow_id for edge in move.join.incoming if self._net.place(edge.flow_id) in missing}
                self.stuck.setdefault(move.join.node_id, (move.join, set()))[1].update(flows)

    def _found_twice(self) -> list[Node]:
        several = 0
        for marking in self._next:
            several |= marking >> 1 & self._ones
        found = []
        for place, doing in self._net.doing.items():
            activities = [node for node in doing if node.tag in ACTIVITIES]
            if activities and place in self._number and several >> (_BITS * self._number[place]) & 1:
                found.append(activities[0])
        return found

    def _found_endless(self) -> list[int]:
        before: dict[int, list[int]] = {}
        for marking, follow in self._next.items():
            for each in follow:
                before.setdefault(each, []).append(marking)
        ending = [marking for marking, follow in self._next.items() if not follow]
        ends: set[int] = set()
        while ending:
            marking = ending.pop()
            if marking not in ends:
                ends.add(marking)
                ending.extend(before.get(marking, ()))
        return [marking for marking in self._next if marking not in ends]

    def repeated(self) -> list[Node]:
        """Return what goes on where nothing leads to an end."""
        return [
            node
            for place, nodes in self._net.doing.items()
            if place in self._number and any(self._count(marking, place) for marking in self.endless)
            for node in nodes
            if node.incoming
        ]


def _ways(net: Net) -> dict[str, dict[str, frozenset[str]]]:
    """Return for each inclusive join which of its flows can be reached from each place without passing through it."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for join in net.inclusive:
        steps: dict[str, set[str]] = {}
        for move in net.moves:
            for place in move.takes:
                steps.setdefault(place, set()).update(move.puts)
        for other in net.inclusive:
            if other is not join:
                for place in other.takes:
                    steps.setdefault(place, set()).update(other.puts)
        found[join.node.node_id] = {place: _reached(place, steps) & join.takes for place in steps}
    return found


def _reached(place: str, steps: dict[str, set[str]]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = list(steps.get(place, ()))
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting.extend(steps.get(each, ()))
    return frozenset(reached)
