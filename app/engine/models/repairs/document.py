"""Repairs of the file as a whole: ids, references, which processes are run."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from app.engine.models.repairs.working_copy import NODES, WorkingCopy
from app.engine.normaliser import is_true
from app.engine.vocabulary import BPMN, EVENT_DEFINITIONS, LAYOUT, bpmn, local_name, namespace, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ID = re.compile(r"[^\W\d][\w.\-·]*")
_IDENTIFIED = NODES | {"process", "sequenceFlow", "participant", "collaboration"}
#: attributes, and elements with a text, that name an element of the file by its id (BPMN 2.0.2, as editors resolve it)
REFERENCES = frozenset(
    {
        "activityRef", "attachedToRef", "bpmnElement", "boundaryEventRefs", "calledChoreographyRef",
        "calledCollaborationRef", "categoryValueRef", "choreographyActivityShape", "choreographyRef",
        "correlationKeyRef", "correlationPropertyRef",
        "dataInputRefs", "dataObjectRef", "dataOutputRefs", "dataStoreRef", "default",
        "definitionalCollaborationRef", "endPointRefs", "errorRef", "escalationRef", "evaluatesToTypeRef",
        "eventDefinitionRef", "flowNodeRef", "inMessageRef", "incoming", "initiatingParticipantRef",
        "innerConversationNodeRef", "innerMessageFlowRef", "innerParticipantRef", "inputDataRef", "inputSetRefs",
        "interfaceRef", "itemRef", "itemSubjectRef", "labelStyle", "loopDataInputRef", "loopDataOutputRef",
        "messageFlowRef", "messageRef", "noneBehaviorEventRef", "oneBehaviorEventRef", "operationRef",
        "optionalInputRefs", "optionalOutputRefs", "outMessageRef", "outerConversationNodeRef", "outerMessageFlowRef",
        "outerParticipantRef", "outgoing", "outputDataRef", "outputSetRefs", "parameterRef", "participantRef",
        "partitionElementRef", "processRef", "resourceRef", "signalRef", "source", "sourceElement", "sourceRef",
        "structureRef", "supportedInterfaceRef", "supports", "target", "targetElement", "targetRef", "type",
        "whileExecutingInputRefs", "whileExecutingOutputRefs",
    }
)  # fmt: skip
#: names that are references in these elements only
_ONLY_IN = {
    "structureRef": frozenset({"signal", "error", "escalation"}),
    "type": frozenset({"correlationProperty", "resourceParameter"}),
    "source": frozenset({"linkEventDefinition"}),
    "target": frozenset({"linkEventDefinition"}),
}


def choose_what_runs(copy: WorkingCopy) -> None:
    """A file in which nothing is executable was drawn to be looked at: its processes with steps are meant."""
    processes = copy.root.findall(bpmn("process"))
    if any(is_true(process.get("isExecutable")) for process in processes):
        return
    for process in processes:
        if any(local_name(each) in NODES and namespace(each) == BPMN for each in process):
            process.set("isExecutable", "true")
            copy.note("made_executable", process)


def close_processes(copy: WorkingCopy) -> None:
    """A public process shows only what others may see; what runs is a private one."""
    for process in copy.processes():
        if process.get("processType", "None") == "Public":
            process.set("processType", "Private")
            copy.note("made_private", process)


def give_ids(copy: WorkingCopy) -> None:
    """What can be referred to has an id that is one of XML, and its own."""
    seen: set[str] = set()
    drawing = 0
    for element in copy.root.iter():
        name, own = local_name(element), element.get("id")
        if namespace(element) == BPMN and not own and name in _IDENTIFIED:
            _give_id(copy, element)
        elif own and namespace(element) == BPMN and (own in seen or not _ID.fullmatch(own)):
            _rename(copy, element, own, again=own in seen)
        elif own and own in seen and namespace(element) == LAYOUT:
            element.set("id", copy.fresh_id(own))
            drawing += 1
        if element.get("id"):
            seen.add(element.get("id", ""))
    if drawing:
        copy.note("drawing_ids", None, count=drawing)


def _give_id(copy: WorkingCopy, element: _Element) -> None:
    name = local_name(element)
    element.set("id", copy.fresh_id(f"{name}_1"))
    if name == "sequenceFlow":
        copy.note("flow_id_added", element, source=element.get("sourceRef", ""), target=element.get("targetRef", ""))
    else:
        copy.note("id_added", element)


def _rename(copy: WorkingCopy, element: _Element, old: str, *, again: bool) -> None:
    stem = re.sub(r"[^\w.\-]", "_", old.strip())
    new = copy.fresh_id(stem if _ID.fullmatch(stem) else f"id_{stem}")
    element.set("id", new)
    copy.note("id_renamed", element, old=old)
    if again:
        # what refers to the id means the first that has it
        return
    for each in copy.root.iter():
        for attribute, value in each.attrib.items():
            if str(attribute) in REFERENCES and value == old:
                each.set(attribute, new)
        if local_name(each) in REFERENCES and text_of(each) == old:
            each.text = new


def mend_types(copy: WorkingCopy) -> None:
    """What kind of expression an expression is, is said with the prefix that the file has for BPMN."""
    mended = 0
    for element in copy.root.iter(f"{{{BPMN}}}*"):
        said = element.get(_TYPE)
        prefix, _, name = ("", "", "") if said is None else said.rpartition(":")
        if said is None or element.nsmap.get(prefix or None) == BPMN:
            continue
        if name in {"tFormalExpression", "tExpression"}:
            element.set(_TYPE, f"{element.prefix}:{name}" if element.prefix else name)
        else:
            del element.attrib[_TYPE]
        mended += 1
    if mended:
        copy.note("types_mended", None, count=mended)


def mend_references(copy: WorkingCopy) -> None:
    """A reference names an element of the file by its bare id; one that leads nowhere is set aside."""
    ids = {element.get("id", "") for element in copy.root.iter() if element.get("id")}
    lost: Counter[tuple[str, str]] = Counter()
    for element in list(copy.root.iter()):
        if namespace(element) not in {BPMN, LAYOUT}:
            continue
        for name in [str(name) for name in element.attrib if str(name) in REFERENCES]:
            if local_name(element) in _ONLY_IN.get(name, (local_name(element),)):
                _mend_attribute(copy, element, name, ids, lost)
        parent = element.getparent()
        name = local_name(element)
        if name not in REFERENCES or len(element) or parent is None:
            continue
        if local_name(parent) in _ONLY_IN.get(name, (local_name(parent),)):
            _mend_text(element, parent, ids, lost)
    shortened = lost.pop(("", ""), 0)
    if shortened:
        copy.note("references_shortened", None, count=shortened)
    for (what, value), count in lost.items():
        copy.note("reference_lost", None, part=what, reference=value, count=count)


def _mend_attribute(
    copy: WorkingCopy, element: _Element, attribute: str, ids: set[str], lost: Counter[tuple[str, str]]
) -> None:
    value = element.get(attribute, "")
    bare = value.rpartition(":")[2]
    if value in ids:
        return
    if bare in ids:
        element.set(attribute, bare)
        lost["", ""] += 1
    elif local_name(element) in _MENDED_LATER.get(attribute, ()) and _is_run(element):
        return
    elif namespace(element) == LAYOUT:
        _drop_drawn(element, attribute)
        if attribute == "bpmnElement":
            lost["BPMNShape", value] += 1
    else:
        if attribute == "evaluatesToTypeRef":
            # an expression has a text and no room for anything else
            del element.attrib[attribute]
        else:
            copy.set_attribute_aside(element, attribute)
        if value:
            lost[attribute, value] += 1


def _mend_text(element: _Element, parent: _Element, ids: set[str], lost: Counter[tuple[str, str]]) -> None:
    value = text_of(element)
    bare = value.rpartition(":")[2]
    if value in ids:
        return
    if bare in ids:
        element.text = bare
        lost["", ""] += 1
        return
    if local_name(element) in {"incoming", "outgoing"}:
        # the lists of flows at a node repeat what the flows say themselves; they have a rule of their own
        return
    parent.remove(element)
    if value:
        lost[local_name(element), value] += 1


def _is_run(element: _Element) -> bool:
    """Return whether the rules of what runs look after the element."""
    process = next(element.iterancestors(bpmn("process")), None)
    return process is not None and is_true(process.get("isExecutable"))


def drop_drawings_of_nothing(copy: WorkingCopy) -> None:
    """A shape or line that stands for no element cannot be shown; a plane without one shows the whole."""
    dropped = 0
    for drawn in list(copy.root.iter(f"{{{LAYOUT}}}BPMNShape", f"{{{LAYOUT}}}BPMNEdge")):
        parent = drawn.getparent()
        if not drawn.get("bpmnElement") and parent is not None:
            parent.remove(drawn)
            dropped += 1
    if dropped:
        copy.note("drawing_of_nothing", None, count=dropped)
    whole = copy.root.find(bpmn("collaboration"))
    whole = copy.root.find(bpmn("process")) if whole is None else whole
    for plane in copy.root.iter(f"{{{LAYOUT}}}BPMNPlane"):
        if not plane.get("bpmnElement") and whole is not None:
            plane.set("bpmnElement", whole.get("id", ""))


def drop_loose_flows_elsewhere(copy: WorkingCopy) -> None:
    """In a process that is only shown a flow without its ends cannot be drawn."""
    run = set(copy.processes())
    for process in copy.root.findall(bpmn("process")):
        if process in run:
            continue
        ids = {each.get("id") for each in process.iter() if local_name(each) in NODES}
        for flow in list(process.iter(bpmn("sequenceFlow"))):
            if flow.get("sourceRef") not in ids or flow.get("targetRef") not in ids:
                copy.note("flow_without_source_dropped", flow, reference="")
                copy.drop_flow(flow)


def _drop_drawn(element: _Element, attribute: str) -> None:
    """A shape of nothing is no shape; a style that is not there is no style."""
    parent = element.getparent()
    if attribute == "bpmnElement" and parent is not None and local_name(element) != "BPMNPlane":
        parent.remove(element)
    else:
        del element.attrib[attribute]


#: by attribute: elements whose own rules look after it
_MENDED_LATER = {
    "sourceRef": frozenset({"sequenceFlow"}),
    "targetRef": frozenset({"sequenceFlow"}),
    "attachedToRef": frozenset({"boundaryEvent"}),
    "messageRef": NODES | EVENT_DEFINITIONS.keys(),
    "signalRef": EVENT_DEFINITIONS.keys(),
    "errorRef": EVENT_DEFINITIONS.keys(),
    "escalationRef": EVENT_DEFINITIONS.keys(),
}
