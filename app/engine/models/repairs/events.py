"""Repairs of events: what they wait for and throw has a name, borders have activities, starts can begin something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.repairs.working_copy import (
    ACTIVITY_NODES,
    SUB_PROCESSES,
    WorkingCopy,
    incoming,
    label_of,
    outgoing,
)
from app.engine.normaliser import is_false, is_true
from app.engine.vocabulary import EVENT_DEFINITIONS, EVENTS, bpmn, local_name, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

#: what can begin a process; others begin event sub-processes only
_BEGINS = frozenset({"messageEventDefinition", "timerEventDefinition", "signalEventDefinition"})
_WAITS_ONLY = frozenset({"timerEventDefinition", "conditionalEventDefinition"})


def definitions_of(event: _Element) -> list[_Element]:
    """Return the event definitions inside the event."""
    return [each for each in event if local_name(each) in EVENT_DEFINITIONS]


def inline_definitions(copy: WorkingCopy) -> None:
    """An event that points at a definition outside of it gets a copy of its own, which editors can show."""
    outside = {each.get("id"): each for each in copy.root if local_name(each) in EVENT_DEFINITIONS and each.get("id")}
    for event in [element for element in copy.root.iter() if local_name(element) in EVENTS]:
        for reference in event.findall(bpmn("eventDefinitionRef")):
            bare = text_of(reference).rpartition(":")[2]
            definition = outside.get(bare)
            if definition is None:
                _define_by(copy, event, bare)
                event.remove(reference)
                copy.note("event_definition_inlined", event, reference=bare)
                continue
            inlined = etree.SubElement(event, definition.tag)
            for name, value in definition.attrib.items():
                if name != "id":
                    inlined.set(name, value)
            for part in definition:
                inlined.append(etree.fromstring(etree.tostring(part)))
            event.remove(reference)
            copy.note("event_definition_inlined", event, reference=text_of(reference))


def _define_by(copy: WorkingCopy, event: _Element, element_id: str) -> None:
    """Some tools refer to the signal, message, error or escalation itself, or repeat the definition that is there."""
    root = copy.definition(element_id)
    kind = "" if root is None else local_name(root)
    if kind in {"signal", "message", "error", "escalation"} and not definitions_of(event):
        etree.SubElement(event, bpmn(f"{kind}EventDefinition"), {f"{kind}Ref": element_id})


def attach_borders(copy: WorkingCopy) -> None:
    """An event on a border is on the activity that it names, else on the one that it touches, else it is on its way."""
    nodes = copy.nodes_by_id()
    hosts = {key: node for key, node in nodes.items() if _can_host(node)}
    for event in copy.nodes("boundaryEvent"):
        scope = event.getparent()
        host = hosts.get(event.get("attachedToRef", "").rpartition(":")[2])
        if host is None:
            box = copy.drawing.box(event.get("id", ""))
            beside = {key: node for key, node in hosts.items() if node.getparent() is scope}
            middle = None if box is None else (box[0] + box[2] / 2, box[1] + box[3] / 2)
            host = None if middle is None else beside.get(copy.drawing.node_at(middle, beside))
            if host is None:
                event.tag = bpmn("intermediateCatchEvent")
                for attribute in ("attachedToRef", "cancelActivity"):
                    event.attrib.pop(attribute, "")
                copy.note("border_without_activity", event)
                continue
            copy.note("border_found", event, activity=label_of(host))
        event.set("attachedToRef", host.get("id", ""))
        around = host.getparent()
        if around is not None and around is not scope:
            around.append(event)
            copy.note("border_moved", event, activity=label_of(host))


def _can_host(node: _Element) -> bool:
    return local_name(node) in ACTIVITY_NODES and not is_true(node.get("triggeredByEvent"))


def mend_flags(copy: WorkingCopy) -> None:
    """Flags stand only where they mean something: an error ends what it comes out of, a plain start nothing."""
    for event in copy.nodes(*EVENTS):
        definitions = definitions_of(event)
        is_error = any(local_name(each) == "errorEventDefinition" for each in definitions)
        if local_name(event) == "boundaryEvent" and is_error and is_false(event.get("cancelActivity")):
            del event.attrib["cancelActivity"]
            copy.note("error_made_interrupting", event)
        if local_name(event) == "startEvent" and is_false(event.get("isInterrupting")):
            scope = event.getparent()
            of_event = scope is not None and is_true(scope.get("triggeredByEvent"))
            if of_event and is_error:
                del event.attrib["isInterrupting"]
                copy.note("error_made_interrupting", event)
            elif not of_event:
                del event.attrib["isInterrupting"]
                copy.note("flag_left_out", event, flag="isInterrupting")
        if is_true(event.get("parallelMultiple")) and len(definitions) < 2:
            del event.attrib["parallelMultiple"]
            copy.note("flag_left_out", event, flag="parallelMultiple")


def turn_events(copy: WorkingCopy) -> None:
    """A time or a condition is waited for, however its event was drawn."""
    for event in copy.nodes("intermediateThrowEvent"):
        if any(local_name(each) in _WAITS_ONLY for each in definitions_of(event)):
            event.tag = bpmn("intermediateCatchEvent")
            copy.note("event_made_catching", event)


def make_starts_plain(copy: WorkingCopy) -> None:
    """A sub-process begins when it is reached; a process by nothing that only happens inside of one."""
    for event in copy.nodes("startEvent"):
        scope = event.getparent()
        if scope is None or is_true(scope.get("triggeredByEvent")):
            continue
        in_sub_process = local_name(scope) in SUB_PROCESSES
        for definition in definitions_of(event):
            if in_sub_process or local_name(definition) not in _BEGINS:
                copy.note("start_made_plain", event, event=EVENT_DEFINITIONS[local_name(definition)])
                copy.set_aside(definition, event)


def name_links(copy: WorkingCopy) -> None:
    """A link leads to the catch of its name in its scope; one without its other half is none."""
    for scope in copy.scopes():
        throws, catches = (_links(scope, name) for name in ("intermediateThrowEvent", "intermediateCatchEvent"))
        for event, definition in [*throws, *catches]:
            if not definition.get("name"):
                definition.set("name", label_of(event))
                copy.note("link_named", event, link=definition.get("name", ""))
        thrown = {definition.get("name") for _, definition in throws}
        caught = {definition.get("name") for _, definition in catches}
        for event, definition in throws:
            if definition.get("name") not in caught:
                copy.note("link_lost", event, link=definition.get("name", ""))
                copy.set_aside(definition, event)
        for event, definition in catches:
            if definition.get("name") not in thrown:
                copy.note("link_lost", event, link=definition.get("name", ""))
                copy.set_aside(definition, event)


def _links(scope: _Element, name: str) -> list[tuple[_Element, _Element]]:
    return [
        (event, definition)
        for event in scope.findall(bpmn(name))
        for definition in event.findall(bpmn("linkEventDefinition"))
    ]


def give_messages(copy: WorkingCopy) -> None:
    """An event that waits for something that was not drawn waits for a message of its name."""
    for event in copy.nodes("intermediateCatchEvent", "boundaryEvent", "startEvent"):
        scope = event.getparent()
        by_event = scope is not None and is_true(scope.get("triggeredByEvent"))
        if definitions_of(event) or event.find(bpmn("eventDefinitionRef")) is not None:
            continue
        if local_name(event) == "startEvent" and not by_event:
            continue
        etree.SubElement(event, bpmn("messageEventDefinition"))
        copy.note("event_given_message", event)


def have_one_start(copy: WorkingCopy) -> None:
    """Of several plain starts a process has the first; each other is a way to begin of its own, by a message."""
    for scope in copy.scopes():
        plain = [
            each
            for each in scope.findall(bpmn("startEvent"))
            if not definitions_of(each) and each.find(bpmn("eventDefinitionRef")) is None
        ]
        if len(plain) < 2 or is_true(scope.get("triggeredByEvent")):
            continue
        for event in plain[1:]:
            if local_name(scope) == "process":
                etree.SubElement(event, bpmn("messageEventDefinition"))
                copy.note("start_given_message", event, first=label_of(plain[0]))
            else:
                _begin_with(copy, scope, plain[0], event)


def _begin_with(copy: WorkingCopy, scope: _Element, first: _Element, event: _Element) -> None:
    """Let what was a second start of a sub-process begin together with the first."""
    event.tag = bpmn("intermediateThrowEvent")
    event.attrib.pop("isInterrupting", "")
    ends = {"sourceRef": first.get("id", ""), "targetRef": event.get("id", "")}
    flow = copy.add(scope, "sequenceFlow", f"virta_{ends['sourceRef']}_{ends['targetRef']}", **ends)
    begin, end = copy.drawing.box(ends["sourceRef"]), copy.drawing.box(ends["targetRef"])
    if begin is not None and end is not None:
        points = [(begin[0] + begin[2] / 2, begin[1] + begin[3]), (end[0] + end[2] / 2, end[1])]
        copy.drawing.connect(flow.get("id", ""), points, beside=ends["sourceRef"])
    copy.note("starts_together", event, first=label_of(first))


def wait_behind_event_gateways(copy: WorkingCopy) -> None:
    """An event gateway waits for events: where a step follows at once, a message is waited for before it."""
    nodes = copy.nodes_by_id()
    for gateway in list(copy.nodes("eventBasedGateway")):
        for flow in outgoing(gateway):
            target = nodes.get(flow.get("targetRef", ""))
            if target is None:
                continue
            if local_name(target) not in {"intermediateCatchEvent", "receiveTask"} or _waits_otherwise(target):
                _wait_before(copy, flow, target)
            elif len(incoming(target)) > 1:
                _double(copy, flow, target)


def _waits_otherwise(target: _Element) -> bool:
    """Return whether the task cannot wait together with others: it is repeated, or has events on its border."""
    scope = target.getparent()
    borders = [] if scope is None else scope.findall(bpmn("boundaryEvent"))
    repeated = any(local_name(each).endswith("LoopCharacteristics") for each in target)
    return repeated or any(each.get("attachedToRef") == target.get("id") for each in borders)


def _double(copy: WorkingCopy, flow: _Element, target: _Element) -> None:
    """Let the gateway wait by an event of its own for what other ways wait for too."""
    scope = flow.getparent()
    if scope is None:
        return
    made = etree.fromstring(etree.tostring(target, with_tail=False))
    made.set("id", copy.fresh_id(f"{target.get('id', '')}_toinen"))
    for inner in made.iter():
        if inner is not made and inner.get("id"):
            inner.set("id", copy.fresh_id(inner.get("id", "")))
    scope.append(made)
    flow.set("targetRef", made.get("id", ""))
    for onward in outgoing(target):
        ends = {"sourceRef": made.get("id", ""), "targetRef": onward.get("targetRef", "")}
        copy.add(scope, "sequenceFlow", f"virta_{ends['sourceRef']}_{ends['targetRef']}", **ends)
    copy.note("event_doubled", target, event=made.get("id", ""))


def _wait_before(copy: WorkingCopy, flow: _Element, target: _Element) -> None:
    scope = flow.getparent()
    if scope is None:
        return
    name = " ".join(flow.get("name", "").split()) or label_of(target)
    event = copy.add(scope, "intermediateCatchEvent", f"odota_{target.get('id', '')}", name=name)
    etree.SubElement(event, bpmn("messageEventDefinition"))
    event_id, target_id = event.get("id", ""), target.get("id", "")
    flow.set("targetRef", event_id)
    ends = {"sourceRef": event_id, "targetRef": target_id}
    onward = copy.add(scope, "sequenceFlow", f"virta_{event_id}_{target_id}", **ends)
    points = copy.drawing.points(flow.get("id", ""))
    if len(points) > 1:
        x, y = (points[-2][0] + points[-1][0]) / 2, (points[-2][1] + points[-1][1]) / 2
        copy.drawing.put(event_id, (x - 18, y - 18, 36, 36), beside=flow.get("id", ""))
        copy.drawing.connect(onward.get("id", ""), [(x + 18, y), points[-1]], beside=flow.get("id", ""))
        copy.drawing.end_at(flow.get("id", ""), (x - 18, y))
    copy.note("event_put_before", target, event=name)
