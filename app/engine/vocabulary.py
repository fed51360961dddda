"""The names of BPMN 2.0 and of Camunda 8's zeebe extension that we know; what is not here is refused."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
LAYOUT = "http://www.omg.org/spec/BPMN/20100524/DI"

#: extensions whose presence changes what other engines do: ignoring them would run another process than the one drawn
FOREIGN_EXECUTION = (
    "http://camunda.org/schema/1.0/bpmn",
    "http://activiti.org/bpmn",  # codespell:ignore activiti
    "http://flowable.org/bpmn",
    "http://operaton.org/schema/1.0/bpmn",  # codespell:ignore operaton
    "http://www.jboss.org/drools",
    "http://spiffworkflow.org/bpmn/schema/1.0/core",
)

#: the family of Camunda 7, whose editors leave things in files that run nothing: settings of its job executor, of its
#: lists and of the editor itself, and what its users note for themselves
CAMUNDA_7 = frozenset(FOREIGN_EXECUTION[:4])
SAYS_NOTHING = frozenset(
    {
        "async", "asyncAfter", "asyncBefore", "diagramRelationId", "exclusive", "failedJobRetryTimeCycle",
        "historyTimeToLive", "isStartableInTasklist", "jobPriority", "modelerTemplate", "modelerTemplateVersion",
        "properties", "property", "taskPriority", "versionTag",
    }
)  # fmt: skip

#: what drawings made before the events of task listeners got their present names call them
_EVENT_NAMES = {
    "create": "creating",
    "assignment": "assigning",
    "update": "updating",
    "complete": "completing",
    "cancel": "canceling",
}

#: properties of an activity: FEEL whose value becomes a fact of the case and no variable, and the fact's data group
NOTE, NOTE_GROUP = "kyky.note.", "kyky.noteGroup."

TASKS = frozenset(
    {"task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask"}
)
#: tasks beside the processes of a file, which call activities may call, by the task that each of them is
GLOBAL_TASKS = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SUB_PROCESSES | {"callActivity"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS

EVENT_DEFINITIONS = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "terminateEventDefinition": "terminate",
    "linkEventDefinition": "link",
    "compensateEventDefinition": "compensation",
    "conditionalEventDefinition": "conditional",
    "cancelEventDefinition": "cancel",
}

#: what an event can wait for wherever it waits
AWAITED = frozenset({"message", "timer", "signal", "conditional"})
#: by element: what its events may be of (BPMN 2.0.2 tables 10.84 to 10.93); start events have rules of their own
KINDS_OF_EVENTS = {
    "endEvent": frozenset({"message", "error", "escalation", "signal", "terminate", "compensation", "cancel"}),
    "intermediateCatchEvent": AWAITED | {"link"},
    "intermediateThrowEvent": frozenset({"message", "escalation", "signal", "link", "compensation"}),
    "boundaryEvent": AWAITED | {"error", "escalation", "compensation", "cancel"},
}
#: those of them that may be of nothing in particular
OF_NOTHING = frozenset({"endEvent", "intermediateThrowEvent"})
STARTS_OF_EVENT_SUB_PROCESSES = AWAITED | {"error", "escalation", "compensation"}
#: nodes with a condition on each way out of them, or a default
CHOOSING = ACTIVITIES | {"exclusiveGateway", "inclusiveGateway", "complexGateway"}
#: by gatewayDirection: whether several flows have to, may (None) or must not (False) come in, and go out (10.6.1)
GATEWAY_DIRECTIONS: dict[str, tuple[bool | None, bool | None]] = {
    "Converging": (None, False),
    "Diverging": (False, None),
    "Mixed": (True, True),
}

#: parts of a process that only document: nothing runs differently with or without them
DOCUMENTATION = frozenset(
    {
        "documentation",
        "extensionElements",
        "textAnnotation",
        "association",
        "group",
        "laneSet",
        "lane",
        "incoming",
        "outgoing",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "auditing",
        "monitoring",
        "category",
        "categoryValueRef",
        "resourceRole",
        "performer",
        "humanPerformer",
        "potentialOwner",
        "rendering",
        "property",
    }
)


@lru_cache(maxsize=2048)
def _split(tag: str) -> tuple[str, str]:
    space, _, name = tag.rpartition("}")
    return space[1:], name


def local_name(element: _Element) -> str:
    """Return the element's name without its namespace."""
    return _split(str(element.tag))[1]


def namespace(element: _Element) -> str:
    """Return the element's namespace, empty where it has none."""
    return _split(str(element.tag))[0]


def bpmn(name: str) -> str:
    """Return the qualified name of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def zeebe(name: str) -> str:
    """Return the qualified name of a zeebe extension element."""
    return f"{{{ZEEBE}}}{name}"


_EXTENSIONS = bpmn("extensionElements")


def extension(element: _Element, name: str) -> _Element | None:
    """Return the zeebe extension element of this name, if the BPMN element has it."""
    # publishing asks this a hundred thousand times, and `find` would read a path each time
    for holder in element.iterchildren(_EXTENSIONS):
        return next(holder.iterchildren(zeebe(name)), None)
    return None


def properties(element: _Element) -> dict[str, str]:
    """Return the zeebe properties of the element by name."""
    holder = extension(element, "properties")
    if holder is None:
        return {}
    return {entry.get("name", ""): entry.get("value", "") for entry in holder.findall(zeebe("property"))}


def headers_in(element: _Element | None) -> dict[str, str]:
    """Return the headers that stand in a zeebe:taskHeaders, or in one inside the element."""
    if element is None:
        return {}
    return {header.get("key", ""): header.get("value", "") for header in element.iter(zeebe("header"))}


def task_headers(element: _Element) -> dict[str, str]:
    """Return the headers of the BPMN element."""
    return headers_in(extension(element, "taskHeaders"))


def listener_elements(element: _Element) -> list[tuple[_Element, str]]:
    """Return the zeebe listeners of the BPMN element in order, each with its event, in the words of their jobs."""
    found = []
    for holder, tag in (("executionListeners", "executionListener"), ("taskListeners", "taskListener")):
        listeners = extension(element, holder)
        for each in [] if listeners is None else listeners.iter(zeebe(tag)):
            event = each.get("eventType", "")
            found.append((each, _EVENT_NAMES.get(event, event)))
    return found


def text_of(element: _Element | None) -> str:
    """Return the element's text without the white space around it."""
    return "" if element is None or element.text is None else element.text.strip()
