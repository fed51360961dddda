"""Which of what a process did people recognise as something that happened, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.localized import LocalizedText
from app.domain.steps import ElementOutline

#: what people recognise as a step; gateways and joins are the engine's business
STEPS = frozenset(
    {"userTask", "manualTask", "serviceTask", "sendTask", "businessRuleTask", "receiveTask", "callActivity"}
)
EVENTS = frozenset({"intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
_ENDS_OF_PROCESS = frozenset({"startEvent", "endEvent"})


def is_told(line: Mapping[str, Any], element: ElementOutline | None) -> bool:
    """
    Tell whether a line of the history is told to people: steps that are over, events, beginning and end of a process.

    Where a part of a process begins and ends (a rule that looked at a form and found nothing, a round of reminders) is
    a matter of the drawing: what was done in it is told by its steps, and that it came about by its event.
    """
    if line["event"] == "activated":
        return False
    if line["element_type"] in _ENDS_OF_PROCESS:
        of_process = line["scope_key"] == (line["called_process_key"] or line["instance_key"])
        return of_process and (element is None or not _is_of_rule(element))
    return line["element_type"] in STEPS | EVENTS


def name_of(element: ElementOutline | None, elements: Mapping[str, ElementOutline]) -> LocalizedText:
    """Return what the element is called; an event that a common rule put on a step with the name of the step."""
    if element is None:
        return {}
    step = elements.get(element.attached_to)
    if step is None or not _is_of_rule(element):
        return element.name
    return {
        language: f"{name} ({step.name[language]})" if step.name.get(language) else name
        for language, name in element.name.items()
    }


def _is_of_rule(element: ElementOutline) -> bool:
    return element.drawn_as != element.element_id
