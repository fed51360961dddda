"""References lead to something, and to something of the right kind (BPMN 2.0.2, the attribute tables of each class)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.checks.standard.model import NODES, Model, is_true, scope_of, without_prefix
from app.engine.vocabulary import ACTIVITIES, BPMN, EVENT_DEFINITIONS, GLOBAL_TASKS, local_name, namespace, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

#: what holds data (clause 10.4.1)
_DATA = frozenset(
    {
        *("dataInput", "dataOutput", "dataObject", "dataObjectReference", "dataStore", "dataStoreReference"),
        *("property", "inputDataItem", "outputDataItem"),
    }
)
_CALLABLE = GLOBAL_TASKS.keys() | {"process"}
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_CONVERSATIONS = frozenset({"conversation", "subConversation", "callConversation"})
#: by holder (or "" for any) and attribute or child: what it may lead to
_KINDS: dict[tuple[str, str], frozenset[str]] = {
    ("sequenceFlow", "sourceRef"): NODES,
    ("sequenceFlow", "targetRef"): NODES,
    ("boundaryEvent", "attachedToRef"): ACTIVITIES,
    ("", "default"): frozenset({"sequenceFlow"}),
    ("", "incoming"): frozenset({"sequenceFlow"}),
    ("", "outgoing"): frozenset({"sequenceFlow"}),
    ("", "messageRef"): frozenset({"message"}),
    ("", "inMessageRef"): frozenset({"message"}),
    ("", "outMessageRef"): frozenset({"message"}),
    ("", "signalRef"): frozenset({"signal"}),
    ("", "errorRef"): frozenset({"error"}),
    ("", "escalationRef"): frozenset({"escalation"}),
    ("", "operationRef"): frozenset({"operation"}),
    ("", "itemSubjectRef"): frozenset({"itemDefinition"}),
    ("", "itemRef"): frozenset({"itemDefinition"}),
    ("", "eventDefinitionRef"): frozenset(EVENT_DEFINITIONS),
    ("", "noneBehaviorEventRef"): frozenset(EVENT_DEFINITIONS),
    ("", "oneBehaviorEventRef"): frozenset(EVENT_DEFINITIONS),
    ("compensateEventDefinition", "activityRef"): ACTIVITIES,
    ("", "flowNodeRef"): NODES,
    ("participant", "processRef"): frozenset({"process"}),
    ("dataInputAssociation", "sourceRef"): _DATA,
    ("dataInputAssociation", "targetRef"): _DATA,
    ("dataOutputAssociation", "sourceRef"): _DATA,
    ("dataOutputAssociation", "targetRef"): _DATA,
    ("conversationLink", "sourceRef"): _CONVERSATIONS | {"participant"},
    ("conversationLink", "targetRef"): _CONVERSATIONS | {"participant"},
    ("linkEventDefinition", "source"): frozenset({"linkEventDefinition"}),
    ("linkEventDefinition", "target"): frozenset({"linkEventDefinition"}),
    ("resourceParameterBinding", "parameterRef"): frozenset({"resourceParameter"}),
    ("ioBinding", "inputDataRef"): frozenset({"inputSet"}),
    ("ioBinding", "outputDataRef"): frozenset({"outputSet"}),
    ("callConversation", "calledCollaborationRef"): frozenset({"collaboration", "globalConversation"}),
    ("collaboration", "choreographyRef"): frozenset({"choreography", "globalChoreographyTask"}),
    ("callChoreography", "calledChoreographyRef"): frozenset({"choreography", "globalChoreographyTask"}),
    ("", "innerMessageFlowRef"): frozenset({"messageFlow"}),
    ("", "outerMessageFlowRef"): frozenset({"messageFlow"}),
    ("", "innerConversationNodeRef"): _CONVERSATIONS,
    ("", "outerConversationNodeRef"): _CONVERSATIONS,
    ("", "endPointRef"): frozenset({"endPoint"}),
    ("process", "supports"): frozenset({"process"}),
    ("", "dataObjectRef"): frozenset({"dataObject"}),
    ("", "dataStoreRef"): frozenset({"dataStore"}),
    ("", "categoryValueRef"): frozenset({"categoryValue"}),
    ("", "participantRef"): frozenset({"participant"}),
    ("", "initiatingParticipantRef"): frozenset({"participant"}),
    ("", "messageFlowRef"): frozenset({"messageFlow"}),
    ("", "dataInputRefs"): frozenset({"dataInput"}),
    ("", "optionalInputRefs"): frozenset({"dataInput"}),
    ("", "whileExecutingInputRefs"): frozenset({"dataInput"}),
    ("", "dataOutputRefs"): frozenset({"dataOutput"}),
    ("", "optionalOutputRefs"): frozenset({"dataOutput"}),
    ("", "whileExecutingOutputRefs"): frozenset({"dataOutput"}),
    ("", "outputSetRefs"): frozenset({"outputSet"}),
    ("", "inputSetRefs"): frozenset({"inputSet"}),
    ("", "definitionalCollaborationRef"): frozenset({"collaboration", "choreography", "globalConversation"}),
    ("", "resourceRef"): frozenset({"resource"}),
    ("", "correlationPropertyRef"): frozenset({"correlationProperty"}),
    ("", "correlationKeyRef"): frozenset({"correlationKey"}),
    ("", "interfaceRef"): frozenset({"interface"}),
    ("", "supportedInterfaceRef"): frozenset({"interface"}),
    ("", "outerParticipantRef"): frozenset({"participant"}),
    ("", "innerParticipantRef"): frozenset({"participant"}),
    ("", "loopDataInputRef"): frozenset({"dataInput", "dataObject", "dataObjectReference", "property"}),
    ("", "loopDataOutputRef"): frozenset({"dataOutput", "dataObject", "dataObjectReference", "property"}),
}
#: these lead anywhere in the file
_ANY = {
    "association": ("sourceRef", "targetRef"),
    "messageFlow": ("sourceRef", "targetRef"),
    "lane": ("partitionElementRef",),
}
_ATTRIBUTES = sorted({name for _, name in _KINDS} | {"sourceRef", "targetRef", "partitionElementRef"})
_BY_CHILD = frozenset({name for _, name in _KINDS} | {"sourceRef", "targetRef"})
#: standard values of types and operations that are no ids of any file
_IMPLIED = frozenset({"##unspecified", "##webservice", "##other"})


def check_references(model: Model) -> None:
    """Warn of references that lead nowhere, or to a wrong kind of element."""
    imports = any(local_name(each) == "import" for each in model.elements)
    for element in model.elements:
        name = local_name(element)
        for attribute in _ATTRIBUTES:
            if text := element.get(attribute):
                _check(model, element, name, attribute, text, imports=imports)
        holder = element.getparent()
        if name in _BY_CHILD and holder is not None and len(element) == 0 and (text := text_of(element)):
            _check(model, holder, local_name(holder), name, text, imports=imports)
    _check_scopes(model)
    for activity in model.of("callActivity"):
        _check_called(model, activity, imports=imports)


def _check_called(model: Model, activity: _Element, *, imports: bool) -> None:
    """What is called is a process or a global task (clause 10.3.6); other programs find it among what they run."""
    text = activity.get("calledElement", "").strip()
    called = model.by_id.get(without_prefix(text))
    if called is not None and local_name(called) not in _CALLABLE:
        model.warn("reference_wrong_kind", activity, attribute="calledElement", reference=text[:100])
    elif called is None and text and not imports and _is_plain(model):
        model.warn("reference_unknown", activity, attribute="calledElement", reference=text[:100])


def _is_plain(model: Model) -> bool:
    """Return whether the file is BPMN and nothing else: no program has left anything of its own in it."""
    spaces = {namespace(each) for each in model.root.iter("{*}*")}
    own = {str(name).partition("}")[0] for each in model.elements for name in each.attrib if str(name).startswith("{")}
    return all(space == BPMN or "www.omg.org" in space for space in spaces) and own <= {f"{{{_INSTANCE}"}


def _check(model: Model, element: _Element, name: str, attribute: str, text: str, *, imports: bool) -> None:
    kinds = _KINDS.get((name, attribute)) or _KINDS.get(("", attribute))
    if kinds is None and attribute not in _ANY.get(name, ()):
        return
    if imports and ":" in text:
        # what another file holds is not looked for
        return
    target = model.by_id.get(without_prefix(text))
    if target is None:
        if text.lower() not in _IMPLIED:
            model.warn("reference_unknown", element, attribute=attribute, reference=text[:100])
    elif kinds is not None and local_name(target) not in kinds:
        model.warn("reference_wrong_kind", element, attribute=attribute, reference=text[:100])


def _check_scopes(model: Model) -> None:
    """What belongs together stands in one process or sub-process (clauses 7.6.1, 10.5.4, 10.8)."""
    for flow in model.of("sequenceFlow"):
        ends = [end for name in ("sourceRef", "targetRef") if (end := model.referred(flow, name)) is not None]
        if any(scope_of(end) is not scope_of(flow) for end in ends if local_name(end) in NODES):
            model.warn("flow_across", flow)
    for event in model.of("boundaryEvent"):
        activity = model.referred(event, "attachedToRef")
        if activity is not None and scope_of(activity) is not scope_of(event):
            model.warn("reference_wrong_kind", event, attribute="attachedToRef", reference=activity.get("id", ""))
        if activity is not None and is_true(activity, "triggeredByEvent"):
            # what an event begins is no activity on the way (clause 13.5.4)
            model.warn("reference_wrong_kind", event, attribute="attachedToRef", reference=activity.get("id", ""))
    for node in model.nodes():
        if (default := model.referred(node, "default")) is not None and default not in model.flows(node).outgoing:
            model.warn("reference_wrong_kind", node, attribute="default", reference=default.get("id", ""))
        _check_named_flows(model, node)
    _check_lanes(model)


def _check_named_flows(model: Model, node: _Element) -> None:
    flows = model.flows(node)
    for child in node:
        name = local_name(child)
        if name not in {"incoming", "outgoing"}:
            continue
        flow = model.by_id.get(without_prefix(text_of(child)))
        own = flows.incoming if name == "incoming" else flows.outgoing
        if flow is not None and local_name(flow) == "sequenceFlow" and flow not in own:
            model.warn("flow_contradicts", node, flow=flow.get("id", ""))


def _check_lanes(model: Model) -> None:
    """A lane holds nodes of its own process, and of the lanes of one set only one holds a node (clause 10.8)."""
    for lane_set in model.of("laneSet"):
        process = next((each for each in lane_set.iterancestors() if local_name(each) == "process"), None)
        seen: set[str] = set()
        for lane in lane_set:
            held = {without_prefix(text_of(each)) for each in lane if local_name(each) == "flowNodeRef"}
            for node_id in sorted(held):
                node = model.by_id.get(node_id)
                elsewhere = node is not None and process is not None and process not in node.iterancestors()
                if elsewhere or node_id in seen:
                    model.warn("lane_contradicts", lane, reference=node_id)
            seen |= held
