"""
A scope as a net: places where a token may stand, and moves that take and put tokens.

What cannot change the answer is taken out: things one after the other become one place, equal branches one branch
(T. Murata 1989, clause V.A).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from app.engine.graph import Node, Scope
from app.engine.vocabulary import ACTIVITIES

#: branches of an inclusive gateway of which every choice is tried; of more, each alone, each pair, and all
MOST_FREE_BRANCHES = 5
_ENDS_ALL = frozenset({"terminate", "error", "cancel"})


@dataclass(slots=True, eq=False)
class Move:
    """Takes a token from each place of `takes`, puts one to each of `puts`; `clears` empties places, None = all."""

    takes: frozenset[str]
    puts: frozenset[str]
    clears: frozenset[str] | None = frozenset()
    #: needs a token there and leaves it
    reads: frozenset[str] = frozenset()
    #: the parallel join that this is
    join: Node | None = None

    @property
    def content(self) -> tuple[object, ...]:
        return self.takes, self.puts, self.clears, self.reads


@dataclass(slots=True, eq=False)
class InclusiveJoin:
    """Goes on with what has come when nothing else can come any more (BPMN 2.0.2 table 13.3)."""

    node: Node
    takes: frozenset[str]
    puts: frozenset[str]


@dataclass(slots=True)
class Net:
    moves: list[Move] = field(default_factory=list)
    inclusive: list[InclusiveJoin] = field(default_factory=list)
    #: alternatives to begin with
    starts: list[frozenset[str]] = field(default_factory=list)
    #: what somebody does while a token stands there
    doing: dict[str, list[Node]] = field(default_factory=dict)
    #: where each flow went when the net was reduced
    became: dict[str, str] = field(default_factory=dict)

    def place(self, name: str) -> str:
        """Return the place that the name has become."""
        while name in self.became:
            name = self.became[name]
        return name

    def reduce(self) -> None:
        """Take out what cannot change the answer, until nothing more can be taken out."""
        while self._join_rows() or self._drop_ends() or self._join_equals() or self._join_branches():
            pass

    def _kept(self) -> set[str]:
        """Return the places that something looks at besides those who take from them."""
        kept = {place for move in self.moves for place in (*move.reads, *(move.clears or ()))}
        return kept | {place for join in self.inclusive for place in join.takes}

    def _handing_on(self) -> Iterator[tuple[str, Move]]:
        """Return the places that one plain move alone takes from, which takes nothing else."""
        takers: dict[str, list[Move]] = {}
        for move in self.moves:
            for place in move.takes:
                takers.setdefault(place, []).append(move)
        kept = self._kept()
        for place, moves in takers.items():
            move = moves[0]
            plain = len(move.takes) == 1 and not move.reads and move.clears == frozenset()
            if len(moves) == 1 and plain and place not in kept:
                yield place, move

    def _join_rows(self) -> bool:
        """A place whose tokens can only go on to one other place is that place."""
        for place, move in self._handing_on():
            if len(move.puts) != 1:
                continue
            (target,) = move.puts
            together = any({place, target} <= move.puts or {place, target} <= move.takes for move in self.moves)
            if place == target or together or any({place, target} <= start for start in self.starts):
                continue
            if self._is_filled_only_by(target, move) or self._told_before(place):
                self.moves.remove(move)
                self._rename(place, target)
                return True
        return False

    def _drop_ends(self) -> bool:
        """Tokens at an end are gone."""
        for place, move in self._handing_on():
            begins = any(place in start for start in self.starts)
            if not move.puts and not begins and self._told_before(place):
                self.moves.remove(move)
                for other in self.moves:
                    other.puts -= {place}
                for join in self.inclusive:
                    join.puts -= {place}
                return True
        return False

    def _is_filled_only_by(self, place: str, move: Move) -> bool:
        others = any(place in other.puts for other in self.moves if other is not move)
        return not others and not any(place in each for each in (*self.starts, *(join.puts for join in self.inclusive)))

    def _comes_again(self, place: str) -> bool:
        """Return whether a token may come back to the place."""
        reached: set[str] = set()
        waiting = [place]
        while waiting:
            each = waiting.pop()
            steps: list[Move | InclusiveJoin] = [*self.moves, *self.inclusive]
            for found in {put for step in steps if each in step.takes for put in step.puts} - reached:
                reached.add(found)
                waiting.append(found)
        return place in reached

    def _told_before(self, place: str) -> bool:
        """Let what is done at the place be told at the place before it; False where there are several or none."""
        doing = self.doing.get(place)
        if not doing:
            return True
        fillers = [move for move in self.moves if place in move.puts]
        begins = any(place in start for start in self.starts) or any(place in join.puts for join in self.inclusive)
        if begins or len(fillers) != 1 or len(fillers[0].takes) != 1:
            return False
        (before,) = fillers[0].takes
        if self._comes_again(before):
            # tokens may gather at the place though one at a time comes through the place before it
            return False
        self.doing.setdefault(before, []).extend(doing)
        del self.doing[place]
        return True

    def _join_equals(self) -> bool:
        """Moves that do the same are one; one that changes nothing is none, where another way leads on."""
        seen: dict[tuple[object, ...], Move] = {}
        for move in self.moves:
            seen.setdefault(move.content, move)
        left = list(seen.values())
        idle = [move for move in left if move.takes == move.puts and move.clears == frozenset()]
        for move in idle:
            if any(other is not move and other.takes == move.takes and not other.reads for other in left):
                left.remove(move)
        found = len(left) < len(self.moves)
        self.moves = left
        return found

    def _join_branches(self) -> bool:
        """Places that the same moves fill and the same moves empty are one."""
        special = {place for join in self.inclusive for place in (*join.takes, *join.puts)}
        special |= {place for move in self.moves for place in (*move.reads, *(move.clears or ()))}
        seen: dict[tuple[frozenset[int], frozenset[int], tuple[bool, ...]], str] = {}
        for place in sorted({place for move in self.moves for place in (*move.takes, *move.puts)} - special):
            filled = frozenset(number for number, move in enumerate(self.moves) if place in move.puts)
            emptied = frozenset(number for number, move in enumerate(self.moves) if place in move.takes)
            begins = tuple(place in start for start in self.starts)
            twin = seen.setdefault((filled, emptied, begins), place)
            if twin != place and emptied:
                self._rename(place, twin)
                return True
        return False

    def _rename(self, old: str, new: str) -> None:
        self.became[old] = new

        def renamed(places: frozenset[str]) -> frozenset[str]:
            return (places - {old}) | {new} if old in places else places

        for move in self.moves:
            move.takes, move.puts = renamed(move.takes), renamed(move.puts)
        for join in self.inclusive:
            join.puts = renamed(join.puts)
        self.starts = [renamed(start) for start in self.starts]
        if doing := self.doing.pop(old, None):
            self.doing[new] = [*doing, *self.doing.get(new, [])]


def net_of(scope: Scope) -> Net:
    """Return what may happen in the scope; events that start event sub-processes are no part of it."""
    net = Net()
    starts = scope.starts()
    by_event = [node for node in starts if node.tag == "startEvent" or node.instantiates]
    net.starts += [_entered(node) for node in by_event]
    if together := [_entered(node) for node in starts if node not in by_event]:
        net.starts.append(frozenset().union(*together))
    for node in scope.nodes.values():
        if not (node.triggered_by_event or node.for_compensation):
            _add(node, net)
    return net


def _armed(node: Node) -> frozenset[str]:
    """Return the places of the events beside the node that may come while a token stands there."""
    return frozenset(f"armed {each.node_id}" for each in node.boundaries if not each.interrupting)


def _entered(node: Node) -> frozenset[str]:
    """Return what a token that comes to the node fills."""
    return frozenset({f"at {node.node_id}"}) | _armed(node)


def _add(node: Node, net: Net) -> None:
    """Add the moves of a node: into it, what may happen to it, and out of it."""
    incoming = [edge.flow_id for edge in node.incoming]
    outgoing = [edge.flow_id for edge in node.outgoing]
    at = f"at {node.node_id}"
    if node.tag == "parallelGateway" and len(incoming) > 1:
        net.moves.append(Move(frozenset(incoming), frozenset({at}), join=node))
    elif node.tag == "inclusiveGateway" and len(incoming) > 1:
        net.inclusive.append(InclusiveJoin(node, frozenset(incoming), frozenset({at})))
    else:
        net.moves.extend(Move(frozenset({flow}), _entered(node)) for flow in incoming)
    if node.tag in ACTIVITIES or node.event is not None:
        net.doing.setdefault(at, []).append(node)
    armed = _armed(node)
    for event in node.boundaries:
        if event.event is not None and event.event.kind == "compensation":
            continue
        after = frozenset({f"at {event.node_id}"}) if event.outgoing else frozenset()
        if event.interrupting:
            net.moves.append(Move(frozenset({at}), after, clears=armed))
        else:
            net.moves.append(Move(frozenset({f"armed {event.node_id}"}), after, reads=frozenset({at})))
    if node.tag == "endEvent" and node.event is not None and any(part.kind in _ENDS_ALL for part in node.event.each):
        net.moves.append(Move(frozenset({at}), frozenset(), clears=None))
        return
    for chosen in _choices(node, outgoing):
        net.moves.append(Move(frozenset({at}), frozenset(chosen), clears=armed))


def _choices(node: Node, outgoing: list[str]) -> Iterator[tuple[str, ...]]:
    """Return every set of flows that the node may go on with."""
    if node.tag in {"exclusiveGateway", "eventBasedGateway"} and outgoing and not node.waits_for_all:
        yield from ((flow,) for flow in outgoing)
        return
    if node.tag == "inclusiveGateway" and len(outgoing) > 1:
        # a flow that says no condition yet will say one
        free = outgoing
    elif node.tag == "parallelGateway":
        free = []
    else:
        default = node.default_flow
        free = [edge.flow_id for edge in node.outgoing if edge.condition is not None or edge.flow_id == default]
    always = tuple(flow for flow in outgoing if flow not in free)
    if not free:
        yield always
        return
    sizes = (1, 2, len(free)) if len(free) > MOST_FREE_BRANCHES else range(1, len(free) + 1)
    if always:
        yield always
    for size in sizes:
        yield from ((*always, *chosen) for chosen in combinations(free, size))
