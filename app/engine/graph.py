"""The normalised diagram: nodes, flows and the scopes that hold them, with every reference resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.errors import Problem

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(slots=True)
class FlowEdge:
    """A sequence flow. `reported` is false where the original has no id or no flow at all (link events)."""

    flow_id: str
    source: str
    target: str
    condition: str | None = None
    reported: bool = True
    element: _Element | None = None


@dataclass(slots=True)
class EventDefinition:
    """What an event waits for or throws, with its root element resolved."""

    kind: str
    element: _Element | None = None
    #: the message, signal, error or escalation that it refers to
    root_element: _Element | None = None
    #: name of message, signal or link; code of error or escalation
    name: str = ""
    #: of a compensation that is thrown: the activity that it compensates, and whether the event waits for that
    activity: str = ""
    waits: bool = True
    #: of an event with several definitions (kind "multiple"): these
    parts: tuple[EventDefinition, ...] = ()
    #: whether all of them have to happen, not just one
    parallel: bool = False

    @property
    def each(self) -> tuple[EventDefinition, ...]:
        """The definitions of the event, one or several."""
        return self.parts or (self,)


@dataclass(slots=True)
class Node:
    """A flow node of the diagram."""

    node_id: str
    tag: str
    name: str
    element: _Element
    scope: Scope
    incoming: list[FlowEdge] = field(default_factory=list)
    outgoing: list[FlowEdge] = field(default_factory=list)
    default_flow: str = ""
    event: EventDefinition | None = None
    boundaries: list[Node] = field(default_factory=list)
    #: the inside of a sub-process
    inside: Scope | None = None
    triggered_by_event: bool = False
    #: whether it only runs to compensate another activity
    for_compensation: bool = False
    #: of a compensation event: the activities that associations connect it with
    handlers: list[Node] = field(default_factory=list)
    interrupting: bool = True
    #: whether a message to this receive task, or an event after this gateway, starts the process
    instantiates: bool = False
    lane: str = ""
    #: what its spec is called where its id would not do
    spec_name: str = ""

    @property
    def waits_for_all(self) -> bool:
        """Whether all events after a gateway that starts the process have to happen, not just one (clause 13.4.4)."""
        return self.instantiates and self.element.get("eventGatewayType") == "Parallel"

    @property
    def has_happened(self) -> bool:
        """Whether what it waits for is what starts the process: no token ever waits there."""
        if self.tag == "receiveTask" and self.instantiates:
            return True
        sources = [self.scope.nodes[edge.source] for edge in self.incoming]
        return any(source.instantiates and not source.waits_for_all for source in sources)


@dataclass(slots=True)
class Scope:
    """A process or the inside of a sub-process."""

    scope_id: str
    name: str
    element: _Element
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[FlowEdge] = field(default_factory=list)
    #: the sub-process that this is the inside of; None for a process
    inside_of: Node | None = None

    def starts(self) -> list[Node]:
        """Return the start events and what else starts the process, or nodes that nothing leads to (clause 10.5.2)."""
        events = [node for node in self.nodes.values() if node.tag == "startEvent"]
        if events:
            return events + [node for node in self.nodes.values() if node.instantiates]
        return [
            node
            for node in self.nodes.values()
            if not node.incoming
            and node.tag != "boundaryEvent"
            and not (node.triggered_by_event or node.for_compensation)
        ]

    def all_nodes(self) -> Iterator[Node]:
        """Yield every node in the scope and in the scopes inside it."""
        for node in self.nodes.values():
            yield node
            if node.inside is not None:
                yield from node.inside.all_nodes()

    def none_starts(self) -> list[Node]:
        """Return where tokens are put when nothing in particular starts the process."""
        return [
            node
            for node in self.starts()
            if not node.instantiates and (node.tag != "startEvent" or node.event is None or node.event.kind == "none")
        ]

    def event_sub_processes(self) -> list[Node]:
        """Return the event sub-processes directly in this scope."""
        return [node for node in self.nodes.values() if node.triggered_by_event]


@dataclass(slots=True)
class Findings:
    """What was found wrong (refused), what may go wrong (warned of) and what was rewritten (informative)."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    repairs: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, node: Node | Scope | None = None, /, **values: object) -> None:
        """Note something that we refuse to run, at the node or scope."""
        self.problems.append(_at(code, node, values))

    def warn(self, code: str, node: Node | Scope | None = None, /, **values: object) -> None:
        """Note something that runs, and may not do what was meant."""
        self.warnings.append(_at(code, node, values))

    def repaired(self, code: str, node: Node | Scope | None = None, /, **values: object) -> None:
        """Note something that the normaliser rewrote."""
        self.repairs.append(_at(code, node, values))


def _at(code: str, node: Node | Scope | None, values: dict[str, object]) -> Problem:
    if node is None:
        return Problem(code, values=values)
    place = node.node_id if isinstance(node, Node) else node.scope_id
    return Problem(code, place=place, name=node.name, values=values)
