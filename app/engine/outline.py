"""What a process says of itself for pages, API and publishing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.engine.dialect.containers import EVENT_SUB_PROCESS
from app.engine.expressions import Constant, Template
from app.engine.graph import EventDefinition
from app.engine.links import links_of
from app.engine.seam import ElementOutline, ProcessOutline, StartEvent
from app.engine.vocabulary import bpmn, extension, properties, text_of

if TYPE_CHECKING:
    from app.domain.localized import LocalizedText
    from app.engine.graph import Node, Scope
    from app.engine.readings import Readings


def outline(process: Scope, readings: Readings) -> ProcessOutline:
    """Return the outline of a process whose elements were read with the readings."""
    tag = extension(process.element, "versionTag")
    # a task that several call activities call is one element
    elements = tuple({element.element_id: element for element in _elements(process, readings)}.values())
    return ProcessOutline(
        process_id=process.scope_id,
        name=readings.label(process),
        documentation=_documentation(process),
        version_tag="" if tag is None else tag.get("value", ""),
        start_events=tuple(_start_events(process, readings)),
        elements=elements,
        form_ids=readings.form_ids,
        decision_ids=readings.decision_ids,
        called_process_ids=frozenset(readings.called_process_ids),
        bound_process_ids=frozenset(readings.bound_process_ids),
        job_types=frozenset(readings.job_types),
        references=frozenset(readings.references),
        properties=readings.properties(process),
        pinned_decision_ids=readings.pinned_decision_ids,
        form_tags=readings.form_tags,
        decision_tags=readings.decision_tags,
        links=tuple(dict.fromkeys(links_of(process))),
        ways=tuple(dict.fromkeys(_ways(process))),
    )


def _documentation(node: Node | Scope) -> LocalizedText:
    kyky = properties(node.element)
    texts = {
        "fi": text_of(node.element.find(bpmn("documentation"))),
        "sv": kyky.get("kyky.documentation.sv", ""),
        "en": kyky.get("kyky.documentation.en", ""),
    }
    return {language: text for language, text in texts.items() if text or language == "fi"}


def _elements(scope: Scope, readings: Readings) -> Iterator[ElementOutline]:
    for node in scope.nodes.values():
        yield ElementOutline(
            element_id=node.node_id,
            element_type=EVENT_SUB_PROCESS if node.triggered_by_event else node.tag,
            name=readings.label(node),
            documentation=_documentation(node),
            lane=node.lane,
            form_id=readings.form_id(node),
            properties=readings.properties(node),
            task_events=frozenset(event for event in readings.listeners(node) if event.of_task),
            activities=_activities(node),
            attached_to=node.element.get("attachedToRef", ""),
        )
        if node.inside is not None:
            yield from _elements(node.inside, readings)
    for edge in scope.flows:
        if edge.reported and edge.element is not None:
            yield ElementOutline(
                element_id=edge.flow_id,
                element_type="sequenceFlow",
                name={"fi": edge.element.get("name", "")},
                documentation={"fi": text_of(edge.element.find(bpmn("documentation")))},
            )


def _ways(scope: Scope) -> Iterator[tuple[str, str]]:
    """Give the flows of the scope and of what is in it, from element to element."""
    for node in scope.nodes.values():
        yield from ((node.node_id, edge.target) for edge in node.outgoing)
        if node.inside is not None and not node.triggered_by_event:
            yield from ((node.node_id, start.node_id) for start in node.inside.starts())
            yield from _ways(node.inside)


def _activities(node: Node) -> tuple[str, ...]:
    if node.inside is None or node.tag != "adHocSubProcess":
        return ()
    return tuple(start.node_id for start in node.inside.starts())


def _start_events(process: Scope, readings: Readings) -> Iterator[StartEvent]:
    """Return each way to start the process: an event of several definitions is as many, and so is a gateway."""
    for node in process.starts():
        if node.tag == "startEvent" or (node.instantiates and node.tag == "receiveTask"):
            yield from _starts_at(node, readings)
        elif node.instantiates:
            for edge in node.outgoing:
                yield from _starts_at(process.nodes[edge.target], readings)


def _starts_at(node: Node, readings: Readings) -> Iterator[StartEvent]:
    for event in (EventDefinition("none"),) if node.event is None else node.event.each:
        yield StartEvent(
            element_id=node.node_id,
            name=readings.label(node),
            kind=event.kind,
            detail=_detail(node, event, readings),
            form_id=readings.form_id(node),
            properties=readings.properties(node),
        )


def _detail(node: Node, event: EventDefinition, readings: Readings) -> str:
    if event.kind == "none":
        return ""
    if event.kind == "conditional":
        return "" if event.element is None else text_of(event.element.find(bpmn("condition")))
    if event.kind != "timer":
        return event.name
    timer = readings.timer(node, event)
    return "" if timer is None else _text(timer.value)


def _text(template: Template) -> str:
    return str(template.value) if isinstance(template, Constant) else f"={template.text}"
