"""Names of what events throw and wait for: messages, signals, errors and escalations; how messages find who waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.models.repairs.events import definitions_of
from app.engine.models.repairs.working_copy import WorkingCopy, label_of
from app.engine.vocabulary import EVENTS, ZEEBE, bpmn, extension, local_name, properties, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

#: by definition: what it refers to, and how that is told apart
_NAMED = {
    "signalEventDefinition": ("signal", "signalRef", "name"),
    "errorEventDefinition": ("error", "errorRef", "errorCode"),
    "escalationEventDefinition": ("escalation", "escalationRef", "escalationCode"),
}
#: the case, to which all pathways of one client belong: what messages of our own pathways say
CASE = "=asia_id"


def name_messages(copy: WorkingCopy) -> None:
    """What is sent has a name, and both ends of a message flow the same one."""
    takers = list(_takers(copy))
    ends = {owner.get("id", ""): taker for owner, taker in takers}
    flows = [flow for each in copy.root.findall(bpmn("collaboration")) for flow in each.findall(bpmn("messageFlow"))]
    for flow in flows:
        message = copy.definition(flow.get("messageRef", ""), "message")
        sides = [ends[side] for side in (flow.get("sourceRef", ""), flow.get("targetRef", "")) if side in ends]
        known = [taker for taker in sides if _message(copy, taker) is not None]
        if message is None and known:
            message = _message(copy, known[0])
        for taker in sides:
            if taker in known:
                continue
            if message is None:
                message = _define(copy, flow, taker)
            taker.set("messageRef", message.get("id", ""))
            copy.note("message_named", _owner(taker), message=message.get("name", ""))
    for owner, taker in takers:
        if _message(copy, taker) is None and not _is_job(owner):
            message = _define(copy, owner, taker)
            taker.set("messageRef", message.get("id", ""))
            copy.note("message_named", owner, message=message.get("name", ""))


def _takers(copy: WorkingCopy) -> list[tuple[_Element, _Element]]:
    """Return what has a message, with the attribute's holder: the definition in an event, else the task."""
    found = [(task, task) for task in copy.nodes("sendTask", "receiveTask")]
    for event in copy.nodes(*EVENTS):
        found += [(event, each) for each in definitions_of(event) if local_name(each) == "messageEventDefinition"]
    return found


def _message(copy: WorkingCopy, taker: _Element) -> _Element | None:
    return copy.definition(taker.get("messageRef", "").rpartition(":")[2], "message")


def _is_job(owner: _Element) -> bool:
    return extension(owner, "taskDefinition") is not None


def _says_key(owner: _Element) -> bool:
    """Return whether the key is said elsewhere, or is for nobody: a process is begun for whoever it is."""
    parent = owner.getparent()
    if local_name(owner) == "startEvent" and parent is not None and local_name(parent) == "process":
        return True
    return _is_job(owner) or bool(properties(owner).get("kyky.correlationKey"))


def _owner(taker: _Element) -> _Element:
    parent = taker.getparent()
    return parent if local_name(taker) == "messageEventDefinition" and parent is not None else taker


def _define(copy: WorkingCopy, named: _Element, taker: _Element) -> _Element:
    """Return a message with the name of the flow or element; the id is the one that was missing, if it was said."""
    missing = taker.get("messageRef", "").rpartition(":")[2]
    name = " ".join(named.get("name", "").split()) or label_of(_owner(taker))
    return copy.define("message", missing or f"viesti_{_owner(taker).get('id', '')}", name=name)


def name_definitions(copy: WorkingCopy) -> None:
    """Signals have names; errors and escalations have codes where they are thrown."""
    for event in copy.nodes(*EVENTS):
        for definition in definitions_of(event):
            if local_name(definition) not in _NAMED:
                continue
            kind, reference, told_by = _NAMED[local_name(definition)]
            bare = definition.get(reference, "").rpartition(":")[2]
            root = copy.definition(bare, kind)
            if root is None and (bare or kind == "signal" or _throws(event)):
                name = label_of(event)
                root = copy.define(kind, bare or f"{kind}_{event.get('id', '')}", **{"name": name, told_by: name})
                definition.set(reference, root.get("id", ""))
                copy.note("event_named", event, kind=kind, given=name)
            elif root is not None:
                definition.set(reference, root.get("id", ""))
                if not root.get(told_by):
                    root.set(told_by, label_of(root))
                    copy.note("event_named", event, kind=kind, given=label_of(root))


def _throws(event: _Element) -> bool:
    return local_name(event) in {"endEvent", "intermediateThrowEvent"}


def name_root_messages(copy: WorkingCopy) -> None:
    """A message that something of ours sends or waits for has a name, and says whom it is for."""
    for owner, taker in _takers(copy):
        message = _message(copy, taker)
        if message is None:
            continue
        if not message.get("name", "").strip():
            message.set("name", message.get("id", ""))
            copy.note("message_named", owner, message=message.get("id", ""))
        subscription = extension(message, "subscription")
        if not _says_key(owner) and (subscription is None or not subscription.get("correlationKey")):
            holder = copy.extensions(message)
            if subscription is None:
                subscription = holder.makeelement(zeebe("subscription"), nsmap={"zeebe": ZEEBE})
                holder.append(subscription)
            subscription.set("correlationKey", CASE)
            copy.note("correlation_key_assumed", owner, message=message.get("name", ""))


def tell_catches_apart(copy: WorkingCopy) -> None:
    """Of two events on one border that catch the same error or escalation, the second gets a code of its own."""
    caught: set[tuple[str, str, str]] = set()
    for event in copy.nodes("boundaryEvent"):
        for definition in definitions_of(event):
            kind, reference, told_by = _NAMED.get(local_name(definition), ("", "", ""))
            if kind not in {"error", "escalation"}:
                continue
            root = copy.definition(definition.get(reference, ""), kind)
            code = "" if root is None else root.get(told_by, "")
            if (event.get("attachedToRef", ""), kind, code) in caught:
                name = label_of(event) if label_of(event) != code else event.get("id", "")
                made = copy.define(
                    kind, f"{kind}_{event.get('id', '')}", **{"name": name, told_by: event.get("id", "")}
                )
                definition.set(reference, made.get("id", ""))
                copy.note("catch_told_apart", event, given=event.get("id", ""))
            caught.add((event.get("attachedToRef", ""), kind, code))
