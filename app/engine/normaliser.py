"""
Turn a BPMN document into the graph that we run: references resolved, ids added, links and implicit parts made plain.

What is rewritten is noted in the findings' `repairs`, what cannot be run in `problems`; nothing is dropped unsaid.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from app.domain.errors import Problem
from app.engine.graph import EventDefinition, Findings, FlowEdge, Node, Scope
from app.engine.vocabulary import (
    ACTIVITIES,
    BPMN,
    DOCUMENTATION,
    EVENT_DEFINITIONS,
    EVENTS,
    FLOW_NODES,
    GLOBAL_TASKS,
    SUB_PROCESSES,
    bpmn,
    extension,
    local_name,
    namespace,
    text_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element


class Document:
    """The root elements of a document by id, and its executable processes as graphs."""

    def __init__(self, root: _Element) -> None:
        self.root = root
        self.findings = Findings()
        self.by_id: dict[str, _Element] = {}
        #: elements that were refused; what hangs on them is not worth a problem of its own
        self.refused: set[str] = set()
        self._index()
        #: by element: the message that flows between participants say that it sends or receives
        self.flowing = _messages_of_flows(root)
        self.processes = [self._read_process(element) for element in self._executable()]
        if not self.processes:
            self.findings.refuse("no_executable_process")

    def _index(self) -> None:
        counts = Counter(
            element_id
            for element in self.root.iter()
            if namespace(element) == BPMN and (element_id := element.get("id"))
        )
        for element_id, count in counts.items():
            if count > 1:
                self.findings.problems.append(Problem("duplicate_id", place=element_id, values={"id": element_id}))
        for element in self.root:
            if namespace(element) == BPMN and element.get("id"):
                self.by_id[element.get("id", "")] = element

    def _executable(self) -> list[_Element]:
        return [process for process in self.root.findall(bpmn("process")) if is_true(process.get("isExecutable"))]

    def _read_process(self, element: _Element) -> Scope:
        process_id = element.get("id", "")
        scope = Scope(scope_id=process_id, name=element.get("name", ""), element=element)
        if not process_id:
            self.findings.refuse("process_without_id", scope)
        if element.get("processType", "None") == "Public":
            self.findings.refuse("public_process", scope)
        self._read_scope(scope)
        _name_lanes(scope)
        self._associate(scope)
        return scope

    def _read_scope(self, scope: Scope) -> None:
        for element in scope.element:
            name = local_name(element)
            if namespace(element) != BPMN or name in DOCUMENTATION:
                continue
            if name == "completionCondition" and local_name(scope.element) == "adHocSubProcess":
                continue
            if name in FLOW_NODES:
                self._read_node(element, scope)
            elif name != "sequenceFlow" and name not in _PARTS_OF_A_SUB_PROCESS:
                self.refused.add(element.get("id", ""))
                self.findings.refuse("unsupported_element", _unread(element, scope), element=name)
        for element in scope.element.findall(bpmn("sequenceFlow")):
            self._read_flow(element, scope)
        for node in scope.nodes.values():
            self._attach(node, scope)
        self._join_links(scope)

    def _read_node(self, element: _Element, scope: Scope) -> None:
        tag = local_name(element)
        node = Node(node_id=element.get("id", ""), tag=tag, name=element.get("name", ""), element=element, scope=scope)
        if not node.node_id:
            node.node_id = f"{tag}_{len(scope.nodes) + 1}_{scope.scope_id}"
            self.findings.repaired("id_added", node)
        node.default_flow = element.get("default", "")
        scope.nodes[node.node_id] = node
        if tag in EVENTS:
            node.event = self._read_event(node)
        if tag in {"receiveTask", "sendTask"}:
            node.event = self._message_of(element, node)
        node.for_compensation = tag in ACTIVITIES and is_true(element.get("isForCompensation"))
        if tag in {"receiveTask", "eventBasedGateway"}:
            node.instantiates = is_true(element.get("instantiate"))
        if tag in SUB_PROCESSES:
            node.triggered_by_event = tag != "adHocSubProcess" and is_true(element.get("triggeredByEvent"))
            node.inside = Scope(scope_id=node.node_id, name=node.name, element=element, inside_of=node)
            self._read_scope(node.inside)
        if tag == "callActivity":
            self._read_global_task(node)
        if tag == "startEvent":
            node.interrupting = not is_false(element.get("isInterrupting"))
        if tag == "boundaryEvent":
            node.interrupting = not is_false(element.get("cancelActivity"))

    def _read_global_task(self, node: Node) -> None:
        """Put the task that a call activity refers to inside it, where it is one of the same file (clause 10.3.7)."""
        task_id = _without_prefix(node.element.get("calledElement", ""))
        element = self.by_id.get(task_id)
        tag = "" if element is None else GLOBAL_TASKS.get(local_name(element), "")
        if element is None or not tag or extension(node.element, "calledElement") is not None:
            return
        node.inside = Scope(scope_id=node.node_id, name=node.name, element=node.element, inside_of=node)
        task = Node(task_id, tag, element.get("name", ""), element, node.inside)
        # the same task may be called from several places
        task.spec_name = f"{task_id}#{node.node_id}"
        node.inside.nodes[task_id] = task
        self.findings.repaired("global_task_taken_in", node, task=task_id)

    def _read_event(self, node: Node) -> EventDefinition:
        inline = [child for child in node.element if local_name(child) in EVENT_DEFINITIONS]
        references = [text_of(child) for child in node.element.findall(bpmn("eventDefinitionRef"))]
        definitions = list(inline)
        for reference in references:
            definition = self.by_id.get(_without_prefix(reference))
            if definition is None or local_name(definition) not in EVENT_DEFINITIONS:
                self.findings.refuse("unknown_reference", node, reference=reference)
                continue
            definitions.append(definition)
            self.findings.repaired("event_definition_inlined", node, reference=reference)
        if not definitions:
            return EventDefinition(kind="none")
        read = [self._read_definition(definition, node) for definition in definitions]
        if len(read) == 1:
            return read[0]
        parallel = is_true(node.element.get("parallelMultiple"))
        return EventDefinition(kind="multiple", parts=tuple(read), parallel=parallel)

    def _read_definition(self, element: _Element, node: Node) -> EventDefinition:
        kind = EVENT_DEFINITIONS[local_name(element)]
        definition = EventDefinition(kind=kind, element=element)
        if kind == "link":
            definition.name = element.get("name", "")
        if kind == "compensation":
            definition.activity = _without_prefix(element.get("activityRef", ""))
            definition.waits = not is_false(element.get("waitForCompletion"))
        attribute = f"{kind}Ref"
        if kind in _WITH_ROOT_ELEMENT and element.get(attribute) is not None:
            self._resolve(definition, kind, element.get(attribute, ""), node)
        elif kind == "message":
            self._take_from_flow(definition, node)
        return definition

    def _message_of(self, element: _Element, node: Node) -> EventDefinition:
        definition = EventDefinition(kind="message", element=element)
        if element.get("messageRef") is not None:
            self._resolve(definition, "message", element.get("messageRef", ""), node)
        else:
            self._take_from_flow(definition, node)
        return definition

    def _take_from_flow(self, definition: EventDefinition, node: Node) -> None:
        """Let an element that names no message have that of its message flow, or of the flow's other end."""
        reference = self.flowing.get(node.node_id, "")
        if reference and extension(node.element, "taskDefinition") is None:
            self._resolve(definition, "message", reference, node)
            self.findings.repaired("message_from_flow", node, message=definition.name)

    def _resolve(self, definition: EventDefinition, kind: str, reference: str, node: Node) -> None:
        target = self.by_id.get(_without_prefix(reference))
        if target is None or local_name(target) != kind:
            self.findings.refuse("unknown_reference", node, reference=reference)
            return
        definition.root_element = target
        definition.name = target.get(_NAMED_BY[kind], "")

    def _read_flow(self, element: _Element, scope: Scope) -> None:
        source, target = element.get("sourceRef", ""), element.get("targetRef", "")
        flow_id = element.get("id", "")
        edge = FlowEdge(flow_id=flow_id, source=source, target=target, reported=bool(flow_id), element=element)
        condition = element.find(bpmn("conditionExpression"))
        if condition is not None:
            edge.condition = text_of(condition)
        here = Node(
            node_id=flow_id or source, tag="sequenceFlow", name=element.get("name", ""), element=element, scope=scope
        )
        if {source, target} & self.refused:
            return
        if source not in scope.nodes or target not in scope.nodes:
            self.findings.refuse("flow_without_end", here, source=source, target=target)
            return
        if not flow_id:
            edge.flow_id = f"{source}->{target}#{len(scope.flows)}"
            self.findings.repaired("flow_id_added", here, source=source, target=target)
        _connect(edge, scope)

    def _attach(self, node: Node, scope: Scope) -> None:
        if node.tag != "boundaryEvent":
            return
        attached_to = _without_prefix(node.element.get("attachedToRef", ""))
        host = scope.nodes.get(attached_to)
        if attached_to in self.refused:
            return
        if host is None:
            self.findings.refuse("boundary_without_activity", node)
        else:
            host.boundaries.append(node)

    def _associate(self, process: Scope) -> None:
        """Find the activities that associations connect with compensation events; artifacts may lie in any scope."""
        connected: dict[str, set[str]] = defaultdict(set)
        for each in self.root.iter(bpmn("association")):
            ends = _without_prefix(each.get("sourceRef", "")), _without_prefix(each.get("targetRef", ""))
            connected[ends[0]].add(ends[1])
            connected[ends[1]].add(ends[0])
        for node in process.all_nodes():
            if node.tag == "boundaryEvent" and node.event is not None and node.event.kind == "compensation":
                beside = node.scope.nodes
                node.handlers = [beside[each] for each in sorted(connected[node.node_id]) if each in beside]

    def _join_links(self, scope: Scope) -> None:
        links = [node for node in scope.nodes.values() if node.event is not None and node.event.kind == "link"]
        catches: dict[str, Node] = {}
        for node in links:
            if node.tag == "intermediateCatchEvent" and node.event is not None:
                if node.event.name in catches:
                    self.findings.refuse("link_ambiguous", node, link=node.event.name)
                catches[node.event.name] = node
        thrown: set[str] = set()
        for node in links:
            if node.tag != "intermediateThrowEvent" or node.event is None:
                continue
            name = node.event.name
            thrown.add(name)
            if name not in catches or not name:
                self.findings.refuse("link_without_target", node, link=name)
                continue
            target = catches[name].node_id
            _connect(
                FlowEdge(flow_id=f"{node.node_id}=>{target}", source=node.node_id, target=target, reported=False), scope
            )
            self.findings.repaired("link_joined", node, link=name)
        for name, node in catches.items():
            if name not in thrown:
                self.findings.refuse("link_without_source", node, link=name)


#: read by the builder from the sub-process or task itself, not flow nodes
_PARTS_OF_A_SUB_PROCESS = frozenset(
    {
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "ioSpecification",
        "dataInputAssociation",
        "dataOutputAssociation",
        "supportedInterfaceRef",
    }
)
_WITH_ROOT_ELEMENT = frozenset({"message", "signal", "error", "escalation"})
_NAMED_BY = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}


def is_true(text: str | None) -> bool:
    """Return whether an xsd:boolean attribute is true."""
    return text in {"true", "1"}


def is_false(text: str | None) -> bool:
    """Return whether an xsd:boolean attribute is there and false."""
    return text in {"false", "0"}


def _messages_of_flows(root: _Element) -> dict[str, str]:
    """Return the message of every element that a message flow leads from or to, as far as the drawing names one."""
    flows = list(root.iter(bpmn("messageFlow")))
    if not flows:
        return {}
    elements = {element.get("id", ""): element for element in root.iter()}
    found: dict[str, str] = {}
    for flow in flows:
        ends = [_without_prefix(flow.get(name, "")) for name in ("sourceRef", "targetRef")]
        named = [flow.get("messageRef", "")]
        for end in ends:
            element = elements.get(end)
            parts = [] if element is None else [element, *element.findall(bpmn("messageEventDefinition"))]
            named += [part.get("messageRef", "") for part in parts]
        message = next((_without_prefix(each) for each in named if each), "")
        found.update(dict.fromkeys(ends, message) if message else {})
    return found


def quantity(node: Node, attribute: str) -> int:
    """Return startQuantity or completionQuantity of an activity, 1 where it says none, 0 for what is no number."""
    text = node.element.get(attribute, "1").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _without_prefix(reference: str) -> str:
    return reference.rpartition(":")[2]


def _connect(edge: FlowEdge, scope: Scope) -> None:
    scope.flows.append(edge)
    scope.nodes[edge.source].outgoing.append(edge)
    scope.nodes[edge.target].incoming.append(edge)


def _unread(element: _Element, scope: Scope) -> Node:
    return Node(
        node_id=element.get("id", "") or scope.scope_id,
        tag=local_name(element),
        name=element.get("name", ""),
        element=element,
        scope=scope,
    )


def _name_lanes(process: Scope) -> None:
    lanes = {
        text_of(reference): lane.get("name", "")
        for lane in process.element.iter(bpmn("lane"))
        for reference in lane.findall(bpmn("flowNodeRef"))
    }

    def name(scope: Scope, outer: str) -> None:
        for node in scope.nodes.values():
            node.lane = lanes.get(node.node_id, outer)
            if node.inside is not None:
                name(node.inside, node.lane)

    name(process, "")
