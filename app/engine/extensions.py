"""Extension elements: the zeebe ones that we run, each where it means something; all others are refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from app.engine.graph import Findings, Node, Scope
from app.engine.seam import ListenerEvent
from app.engine.vocabulary import (
    BPMN,
    CAMUNDA_7,
    FLOW_NODES,
    FOREIGN_EXECUTION,
    GATEWAYS,
    GLOBAL_TASKS,
    SAYS_NOTHING,
    ZEEBE,
    extension,
    listener_elements,
    local_name,
    namespace,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_EVERYWHERE = frozenset({"properties"})
_LISTENERS = frozenset({"executionListeners"})
_JOB = frozenset({"taskDefinition", "taskHeaders", "ioMapping"})
#: by BPMN element: the zeebe elements that it may have besides properties
_MEANT_FOR = {
    "process": frozenset({"versionTag", "userTaskForm"}),
    "subProcess": frozenset({"ioMapping"}),
    "adHocSubProcess": frozenset({"adHoc", "ioMapping"}),
    "transaction": frozenset({"ioMapping"}),
    "callActivity": frozenset({"calledElement", "ioMapping"}),
    "task": frozenset({"ioMapping"}),
    "manualTask": frozenset({"ioMapping"}),
    "userTask": frozenset(
        {
            "userTask", "assignmentDefinition", "taskSchedule", "priorityDefinition", "formDefinition", "ioMapping",
            "taskHeaders", "taskListeners",
        }
    ),
    "serviceTask": _JOB,
    "sendTask": _JOB,
    "scriptTask": _JOB | {"script"},
    "businessRuleTask": _JOB | {"calledDecision"},
    "receiveTask": frozenset({"ioMapping"}),
    "startEvent": frozenset({"formDefinition", "ioMapping"}),
    "intermediateCatchEvent": frozenset({"ioMapping"}),
    "boundaryEvent": frozenset({"ioMapping"}),
    "intermediateThrowEvent": _JOB,
    "endEvent": _JOB,
    "multiInstanceLoopCharacteristics": frozenset({"loopCharacteristics"}),
    "conditionalEventDefinition": frozenset({"conditionalFilter"}),
}  # fmt: skip
_LISTENED = FLOW_NODES | {"process"}
#: an element does one thing: a job, a script or a decision
_BEHAVIOURS = frozenset({"taskDefinition", "script", "calledDecision"})


def check_extensions(process: Scope, findings: Findings) -> None:
    """Note extension elements and attributes that we would have to ignore."""
    for element in chain(process.element.iter(), *(task.iter() for task in _global_tasks(process))):
        holder = _holder(element)
        if namespace(element) in FOREIGN_EXECUTION:
            is_empty = not (len(element) or element.attrib or (element.text or "").strip())
            _note_foreign(local_name(element), namespace(element), element, process, findings, is_empty=is_empty)
        elif namespace(element) == ZEEBE and holder is not None:
            name = GLOBAL_TASKS.get(local_name(holder), local_name(holder))
            allowed = _MEANT_FOR.get(name, frozenset()) | _EVERYWHERE | (_LISTENERS if name in _LISTENED else set())
            if name == "userTask" and local_name(element) == "taskDefinition":
                # what a job-based user task is called: the worklist is where it is done
                findings.repaired("task_definition_left_out", _owner(element, process))
            elif local_name(element) not in allowed:
                findings.refuse("unsupported_extension", _owner(element, process), element=local_name(element))
        _check_attributes(element, process, findings)
        _check_behaviours(element, process, findings)
        if namespace(element) == BPMN:
            _check_listeners(element, process, findings)


def _global_tasks(scope: Scope) -> Iterator[_Element]:
    """Return the tasks beside the process that its call activities call."""
    for node in scope.nodes.values():
        if node.inside is not None and node.tag == "callActivity":
            yield from (task.element for task in node.inside.nodes.values())
        elif node.inside is not None:
            yield from _global_tasks(node.inside)


def _holder(element: _Element) -> _Element | None:
    """Return the BPMN element whose extension this is; None for what lies deeper in an extension."""
    parent = element.getparent()
    if parent is None or namespace(parent) != BPMN or local_name(parent) != "extensionElements":
        return None
    return parent.getparent()


def _check_attributes(element: _Element, process: Scope, findings: Findings) -> None:
    for attribute in element.attrib:
        name = str(attribute)
        space, _, local = name[1:].rpartition("}")
        if name.startswith("{") and space in FOREIGN_EXECUTION:
            is_empty = not element.get(name, "").strip()
            _note_foreign(local, space, element, process, findings, is_empty=is_empty)


def _note_foreign(
    name: str, space: str, element: _Element, process: Scope, findings: Findings, *, is_empty: bool
) -> None:
    """Refuse an instruction of another engine; tell of one that is empty, or that cannot change what runs."""
    if space in CAMUNDA_7 and (is_empty or name in SAYS_NOTHING):
        findings.repaired("foreign_left_out", _owner(element, process), element=name)
    else:
        findings.refuse("foreign_extension", _owner(element, process), element=name)


def _check_behaviours(element: _Element, process: Scope, findings: Findings) -> None:
    if namespace(element) == BPMN and local_name(element) == "extensionElements":
        found = [local_name(each) for each in element if namespace(each) == ZEEBE and local_name(each) in _BEHAVIOURS]
        if len(found) > 1:
            findings.refuse("several_behaviours", _owner(element, process), elements=", ".join(found))


def _check_listeners(element: _Element, process: Scope, findings: Findings) -> None:
    """Refuse listeners at moments that the element does not have, or that cannot be held."""
    for listener, event in listener_elements(element):
        of_task = local_name(listener) == "taskListener"
        if event not in _events_of(local_name(element), of_task=of_task):
            findings.refuse("listener_event", _owner(element, process), event=event)
        if of_task and extension(element, "userTask") is None:
            findings.refuse("task_listener_without_task", _owner(element, process))


def _events_of(tag: str, *, of_task: bool) -> set[str]:
    if of_task:
        return {event for event in ListenerEvent if event.of_task}
    if tag in GATEWAYS:
        return {ListenerEvent.START}
    if tag in {"startEvent", "boundaryEvent"}:
        # these have happened when they begin: nothing is left to hold
        return {ListenerEvent.END}
    return {ListenerEvent.START, ListenerEvent.END}


def _owner(element: _Element, process: Scope) -> Scope | Node:
    holder: _Element | None = element
    while holder is not None and not (namespace(holder) == BPMN and holder.get("id")):
        holder = holder.getparent()
    if holder is None:
        return process
    return Node(holder.get("id", ""), local_name(holder), holder.get("name", ""), holder, process)
