"""Which of what a process did people recognise as something that happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: what people recognise as a step; gateways and joins are the engine's business
STEPS = frozenset(
    {"userTask", "manualTask", "serviceTask", "sendTask", "businessRuleTask", "receiveTask", "callActivity"}
)
EVENTS = frozenset({"intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
_ENDS_OF_PROCESS = frozenset({"startEvent", "endEvent"})


def is_told(line: Mapping[str, Any]) -> bool:
    """
    Tell whether a line of the history is told to people: steps that are over, events, beginning and end of a process.

    Where a part of a process begins and ends (a rule that looked at a form and found nothing, a round of reminders) is
    a matter of the drawing: what was done in it is told by its steps, and that it came about by its event.
    """
    if line["event"] == "activated":
        return False
    if line["element_type"] in _ENDS_OF_PROCESS:
        return bool(line["scope_key"] == (line["called_process_key"] or line["instance_key"]))
    return line["element_type"] in STEPS | EVENTS
