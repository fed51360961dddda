"""Pools, message flows and choreographies (BPMN 2.0.2 clauses 9 and 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.checks.standard.model import CHOREOGRAPHY_ACTIVITIES, Model, is_true, process_of, texts, without_prefix
from app.engine.vocabulary import ACTIVITIES, EVENT_DEFINITIONS, EVENTS, GATEWAYS, bpmn, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

_CONVERSATIONS = frozenset({"conversation", "subConversation", "callConversation"})
#: what takes part in an exchange (clause 9.3.1)
_ENDS = ACTIVITIES | EVENTS | _CONVERSATIONS | {"participant"}
#: what message flows never begin at, and never lead to (clause 7.6.2)
_NO_SOURCES = GATEWAYS | {"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask", "scriptTask"}
_NO_TARGETS = GATEWAYS | {"endEvent", "intermediateThrowEvent", "sendTask", "scriptTask"}
_CHOREOGRAPHY_PARTICIPANTS = 2


def check_collaboration(model: Model) -> None:
    """Warn of message flows, pools and choreography activities that contradict the standard."""
    for flow in model.of("messageFlow"):
        _check_message_flow(model, flow)
    for participant in model.of("participant"):
        numbers = participant.find(bpmn("participantMultiplicity"))
        least, most = (0, 1) if numbers is None else (_number(numbers, "minimum", 0), _number(numbers, "maximum", 1))
        if least < 0 or most < 1 or least > most:
            model.warn("participant_multiplicity", participant)
    for link in model.of("conversationLink"):
        ends = [end for name in ("sourceRef", "targetRef") if (end := model.referred(link, name)) is not None]
        if len(ends) == 2 and len({local_name(end) == "participant" for end in ends}) == 1:
            model.warn("conversation_link", link)
    for process in model.of("process"):
        if process.get("processType") == "Public" and is_true(process, "isExecutable"):
            model.warn("public_process", process)
    for activity in model.of(*sorted(CHOREOGRAPHY_ACTIVITIES)):
        _check_choreography(model, activity)


def _number(element: _Element, attribute: str, default: int) -> int:
    text = element.get(attribute, "").strip()
    return int(text) if text.lstrip("-").isdecimal() else default


def _check_message_flow(model: Model, flow: _Element) -> None:
    source, target = model.referred(flow, "sourceRef"), model.referred(flow, "targetRef")
    if source is None or target is None:
        return
    if source is target or (_pool(model, source) is not None and _pool(model, source) is _pool(model, target)):
        model.warn("message_flow_within", flow)
    if local_name(source) in _NO_SOURCES or local_name(source) not in _ENDS or _of_another_kind(source):
        model.warn("message_flow_end", flow, element=source.get("name") or source.get("id", ""))
    if local_name(target) in _NO_TARGETS or local_name(target) not in _ENDS or _of_another_kind(target):
        model.warn("message_flow_end", flow, element=target.get("name") or target.get("id", ""))


def _pool(model: Model, element: _Element) -> _Element | None:
    """Return the participant that the element is, or whose process it stands in; the process where it has none."""
    if local_name(element) == "participant":
        return element
    process = process_of(element)
    if process is None:
        return None
    for participant in model.of("participant"):
        if without_prefix(participant.get("processRef", "")) == process.get("id"):
            return participant
    return process


def _of_another_kind(element: _Element) -> bool:
    """Return whether it is an event that says that something else than a message triggers it."""
    kinds = [EVENT_DEFINITIONS[name] for each in element if (name := local_name(each)) in EVENT_DEFINITIONS]
    return bool(kinds) and "message" not in kinds


def _check_choreography(model: Model, activity: _Element) -> None:
    """An activity of a choreography has an initiator among its participants; a task has two of these (clause 11.5)."""
    participants = [without_prefix(text) for text in texts(activity, "participantRef")]
    initiator = without_prefix(activity.get("initiatingParticipantRef", ""))
    two = local_name(activity) != "choreographyTask" or len(set(participants)) == _CHOREOGRAPHY_PARTICIPANTS
    if initiator not in participants or not two:
        model.warn("choreography_participants", activity)
