"""Read the multi-instance and loop markers of an activity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.dialect.tasks import NOTHING
from app.engine.dialect.turns import TurnEvent, Turns
from app.engine.expressions import Constant, Expression, Template
from app.engine.graph import EventDefinition
from app.engine.normaliser import is_false, is_true
from app.engine.vocabulary import EVENT_DEFINITIONS, bpmn, extension, local_name, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

    from app.engine.graph import Node
    from app.engine.readings import Readings

#: BPMN's own way to say the data of the turns; zeebe:loopCharacteristics says it here
_OTHER_DATA = (
    "loopDataInputRef",
    "loopDataOutputRef",
    "inputDataItem",
    "outputDataItem",
)


#: by behavior: the attribute that refers to the event that turns throw
_BEHAVIOR_EVENTS = {"None": "noneBehaviorEventRef", "One": "oneBehaviorEventRef"}
#: by event: the attribute of the root element that names it
_THROWN_BY_TURNS = {"signal": "name", "escalation": "escalationCode"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A standard loop: goes on while the condition holds, at most `maximum` times."""

    condition: Expression | None
    test_before: bool
    maximum: int | None


def read_turns(readings: Readings, node: Node, element: _Element) -> Turns:
    """Return the multi-instance of an activity."""
    findings = readings.findings
    for name in _OTHER_DATA:
        if element.find(bpmn(name)) is not None:
            findings.refuse("unsupported_element", node, element=name)
    loop = extension(element, "loopCharacteristics")
    attributes: dict[str, str] = {} if loop is None else {str(name): str(value) for name, value in loop.items()}
    collection = attributes.get("inputCollection", "")
    cardinality = text_of(element.find(bpmn("loopCardinality")))
    if bool(collection) == bool(cardinality):
        findings.refuse("input_collection_missing", node)
    output = attributes.get("outputElement")
    names = {
        key: readings.variable_name(attributes[key], node) if attributes.get(key) else ""
        for key in ("inputElement", "outputCollection")
    }
    if bool(names["outputCollection"]) != bool(output):
        findings.refuse("output_collection_incomplete", node)
    condition = text_of(element.find(bpmn("completionCondition")))
    return Turns(
        sequential=is_true(element.get("isSequential")),
        collection=_collection(readings, node, collection, cardinality),
        by_number=not collection,
        input_element=names["inputElement"],
        output_collection=names["outputCollection"],
        output_element=readings.expression(output, node) if output else None,
        completion_condition=readings.expression(condition, node) if condition else None,
        events=_turn_events(readings, node, element),
    )


def _turn_events(readings: Readings, node: Node, element: _Element) -> tuple[TurnEvent, ...]:
    """Return what the turns throw: each of them, the first, or those for which a condition holds."""
    behavior = element.get("behavior", "All")
    if behavior == "All":
        return ()
    if behavior in _BEHAVIOR_EVENTS:
        reference = element.get(_BEHAVIOR_EVENTS[behavior], "").rpartition(":")[2]
        root = node.element.getroottree().getroot()
        defined = next((each for each in root.iter() if reference and each.get("id") == reference), None)
        return _turn_event(readings, node, defined, first_only=behavior == "One")
    if behavior != "Complex":
        readings.findings.refuse("unsupported_attribute", node, attribute="behavior")
    events: tuple[TurnEvent, ...] = ()
    for definition in element.findall(bpmn("complexBehaviorDefinition")):
        condition = readings.expression(text_of(definition.find(bpmn("condition"))), node)
        event = definition.find(bpmn("event"))
        for part in [] if event is None else event:
            if local_name(part) in EVENT_DEFINITIONS:
                events += _turn_event(readings, node, part, condition=condition)
    if not events:
        readings.findings.refuse("turn_event_missing", node)
    return events


def _turn_event(
    readings: Readings,
    node: Node,
    element: _Element | None,
    *,
    first_only: bool = False,
    condition: Expression | None = None,
) -> tuple[TurnEvent, ...]:
    kind = "" if element is None else EVENT_DEFINITIONS.get(local_name(element), "")
    if element is None or kind not in _THROWN_BY_TURNS:
        readings.findings.refuse("turn_event_missing", node)
        return ()
    reference = element.get(f"{kind}Ref", "").rpartition(":")[2]
    found = [each for each in element.getroottree().getroot().findall(bpmn(kind)) if each.get("id") == reference]
    event = EventDefinition(kind=kind, element=element, root_element=found[0] if found else None)
    event.name = found[0].get(_THROWN_BY_TURNS[kind], "") if found else ""
    name = readings.named(node, event)
    return (TurnEvent(kind=kind, name=name, first_only=first_only, condition=condition),)


def _collection(readings: Readings, node: Node, collection: str, cardinality: str) -> Template:
    if collection:
        return readings.expression(collection, node) or NOTHING
    if not cardinality or cardinality.startswith("="):
        return readings.template(cardinality or None, node)
    if not cardinality.isdecimal():
        readings.findings.refuse("loop_cardinality_value", node, value=cardinality[:50])
        return NOTHING
    return Constant(int(cardinality))


def read_loop(readings: Readings, node: Node, element: _Element) -> Loop:
    """Return the standard loop of an activity."""
    text = text_of(element.find(bpmn("loopCondition")))
    maximum = element.get("loopMaximum")
    if maximum is not None and not maximum.strip().isdecimal():
        readings.findings.refuse("loop_maximum_value", node, value=maximum[:50])
        maximum = None
    if not text and maximum is None:
        readings.findings.refuse("loop_without_end", node)
    before = element.get("testBefore")
    return Loop(
        condition=readings.expression(text, node) if text else None,
        test_before=before is not None and not is_false(before),
        maximum=None if maximum is None else int(maximum),
    )
