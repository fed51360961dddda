"""What a reader of the diagram, or those who do its tasks, will miss: warnings and notes, nothing that refuses."""

from __future__ import annotations

from collections.abc import Iterable

from app.engine.graph import Findings, Node, Scope
from app.engine.vocabulary import bpmn, extension, properties, text_of

#: elements that a collected finding names
MOST_NAMED = 5
_SEEN_BY_PEOPLE = frozenset({"userTask", "manualTask"})
_CHOOSE = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})
_LANGUAGES = ("sv", "en")


def check_conventions(process: Scope, findings: Findings) -> None:
    """Note what a process owner who inherits the diagram would ask about."""
    nodes = list(process.all_nodes())
    for node in nodes:
        _check_name(node, findings)
        _check_ends(node, findings)
        _check_wait(node, findings)
    tasks = [node for node in nodes if node.tag == "userTask"]
    _collected("due_missing", (task for task in tasks if not _due(task)), process, findings)
    _collected("instructions_missing", (task for task in tasks if not _documentation(task)), process, findings)
    named = [node for node in nodes if node.name]
    for language in _LANGUAGES:
        missing = [node for node in named if not properties(node.element).get(f"kyky.name.{language}")]
        _collected(f"names_missing_{language}", missing, process, findings)


def _collected(code: str, nodes: Iterable[Node], process: Scope, findings: Findings) -> None:
    found = list(nodes)
    if found:
        names = ", ".join(node.name or node.node_id for node in found[:MOST_NAMED])
        findings.repaired(code, process, number=len(found), elements=names)


def _check_name(node: Node, findings: Findings) -> None:
    if node.name:
        return
    if node.tag in _SEEN_BY_PEOPLE:
        # the worklist would show its id
        findings.warn("task_unnamed", node)
    elif node.tag in _CHOOSE and len(node.outgoing) > 1:
        findings.repaired("choice_unnamed", node)
    elif node.tag == "callActivity" or (node.tag == "subProcess" and not node.triggered_by_event):
        findings.repaired("activity_unnamed", node)


def _check_ends(node: Node, findings: Findings) -> None:
    compensates = node.event is not None and node.event.kind == "compensation"
    part_of_the_flow = bool(node.incoming or node.tag in {"startEvent", "boundaryEvent"}) and not compensates
    if part_of_the_flow and not node.outgoing and node.tag != "endEvent":
        findings.warn("end_missing", node)
    seen: set[tuple[str, str | None]] = set()
    for edge in node.outgoing:
        flow = edge.target, edge.condition
        if flow in seen:
            findings.warn("flow_twice", node, target=node.scope.nodes[edge.target].name or edge.target)
        seen.add(flow)


def _check_wait(node: Node, findings: Findings) -> None:
    """A message may never come: somebody has to notice."""
    if node.event is None or node.event.kind != "message" or node.has_happened or not node.incoming:
        return
    if node.tag == "receiveTask" and any(_is_timer(event) for event in node.boundaries):
        return
    if node.tag not in {"receiveTask", "intermediateCatchEvent"}:
        return
    sources = [node.scope.nodes[edge.source] for edge in node.incoming]
    for source in sources:
        beside = [node.scope.nodes[edge.target] for edge in source.outgoing]
        if source.tag == "eventBasedGateway" and any(map(_is_timer, beside)):
            return
    if not _is_left_by_a_timer(node.scope):
        findings.repaired("waits_without_limit", node)


def _is_timer(node: Node) -> bool:
    return node.event is not None and any(each.kind == "timer" for each in node.event.each)


def _is_left_by_a_timer(scope: Scope) -> bool:
    """Return whether a timer beside the flow interrupts the scope."""
    return any(
        _is_timer(start) and start.interrupting
        for node in scope.event_sub_processes()
        if node.inside is not None
        for start in node.inside.starts()
    )


def _due(task: Node) -> str:
    schedule = extension(task.element, "taskSchedule")
    return "" if schedule is None else schedule.get("dueDate", "")


def _documentation(task: Node) -> str:
    return text_of(task.element.find(bpmn("documentation")))
