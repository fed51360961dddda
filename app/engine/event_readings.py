"""Read what conditional events and events with several definitions wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.dialect.conditions import ConditionCatching
from app.engine.dialect.multiples import MultipleCatching
from app.engine.vocabulary import bpmn, extension, text_of

if TYPE_CHECKING:
    from app.engine.graph import EventDefinition, Node
    from app.engine.readings import Readings


def read_condition(readings: Readings, node: Node, event: EventDefinition) -> ConditionCatching | None:
    """Return the condition of an event; None where it has none that can be read (a problem)."""
    text = "" if event.element is None else text_of(event.element.find(bpmn("condition")))
    if not text:
        readings.findings.refuse("event_condition_missing", node)
        return None
    kept = None if event.element is None else extension(event.element, "conditionalFilter")
    names: frozenset[str] = frozenset()
    if kept is not None:
        names = frozenset(name for part in kept.get("variableNames", "").split(",") if (name := part.strip()))
        events = {part.strip() for part in kept.get("variableEvents", "").split(",") if part.strip()}
        if events and events != {"create", "update"}:
            # a variable is written: whether it was there before is no fact of the pathway
            readings.findings.refuse("unsupported_attribute", node, attribute="variableEvents")
    condition = readings.expression(text, node)
    return None if condition is None else ConditionCatching(condition=condition, names=names)


def read_multiple(readings: Readings, node: Node, event: EventDefinition) -> MultipleCatching | None:
    """Return what an event with several definitions waits for; errors and escalations are not waited for."""
    found = [readings.awaited(node, part) for part in event.parts if part.kind not in {"error", "escalation"}]
    parts = tuple(part for part in found if part is not None)
    return MultipleCatching(parts=parts, parallel=event.parallel) if parts else None
