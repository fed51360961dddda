"""Activities and the data that they declare (BPMN 2.0.2 clauses 10.3 and 10.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.engine.checks.standard.model import Model, is_true, process_of, texts, without_prefix
from app.engine.refusals import MOST_TOKENS
from app.engine.vocabulary import ACTIVITIES, bpmn, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

_NUMBER = re.compile(r"-?\d+")
_SETS = {
    "inputSet": ("dataInput", "dataInputRefs", ("optionalInputRefs", "whileExecutingInputRefs")),
    "outputSet": ("dataOutput", "dataOutputRefs", ("optionalOutputRefs", "whileExecutingOutputRefs")),
}


def check_data(model: Model) -> None:
    """Warn of sets, associations and repetitions that contradict themselves."""
    for name, (item, all_of_it, parts) in _SETS.items():
        for each in model.of(name):
            _check_set(model, each, item, all_of_it, parts)
    for association in model.of("dataInputAssociation", "dataOutputAssociation"):
        _check_association(model, association)
        _check_association_sources(model, association)
    for holder in model.of("sendTask", "receiveTask", "messageEventDefinition"):
        _check_operation(model, holder)
    for role in model.of("resourceRole", "performer", "humanPerformer", "potentialOwner"):
        if role.find(bpmn("resourceRef")) is not None and role.find(bpmn("resourceAssignmentExpression")) is not None:
            model.warn("resource_twice", role)
    _check_numbers(model)


def _check_numbers(model: Model) -> None:
    for loop in model.of("multiInstanceLoopCharacteristics"):
        _check_turns(model, loop)
    for name in sorted(ACTIVITIES):
        for activity in model.of(name):
            for attribute in ("startQuantity", "completionQuantity"):
                if _is_below_one(activity.get(attribute, "1")):
                    model.warn("quantity_value", activity, attribute=attribute, limit=MOST_TOKENS)
    for loop in model.of("standardLoopCharacteristics"):
        if _is_below_one(loop.get("loopMaximum", "1")):
            model.warn("loop_maximum", loop)


def _is_below_one(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip())) and int(text) < 1


def _check_set(model: Model, each: _Element, item: str, all_of_it: str, parts: tuple[str, ...]) -> None:
    holder = each.getparent()
    if holder is None:
        return
    own = {data.get("id") for data in holder.findall(bpmn(item))}
    named = {without_prefix(text) for text in texts(each, all_of_it)}
    for reference in sorted(named):
        if reference in model.by_id and reference not in own:
            model.warn("data_set_contradicts", each, reference=reference)
    for part in parts:
        for reference in (without_prefix(text) for text in texts(each, part)):
            if reference not in named:
                model.warn("data_set_contradicts", each, reference=reference)


def _check_association(model: Model, association: _Element) -> None:
    """Data goes into an input of the element that holds the association, and comes from an output of it (10.4.1)."""
    holder = association.getparent()
    if holder is None:
        return
    into = local_name(association) == "dataInputAssociation"
    own_end, kind = ("targetRef", "dataInput") if into else ("sourceRef", "dataOutput")
    for reference in texts(association, own_end):
        target = model.by_id.get(without_prefix(reference))
        elsewhere = target is not None and holder not in target.iterancestors()
        if target is not None and local_name(target) == kind and elsewhere:
            model.warn("data_set_contradicts", association, reference=reference)


def _check_association_sources(model: Model, association: _Element) -> None:
    """What is copied has one source; several need a transformation (clause 10.4.1)."""
    # editors leave out the end that is the element itself, so that there may be none
    computed = any(association.find(bpmn(name)) is not None for name in ("transformation", "assignment"))
    if not computed and len(association.findall(bpmn("sourceRef"))) > 1:
        model.warn("association_sources", association)


def _check_operation(model: Model, holder: _Element) -> None:
    """The message of a task or event is that of the operation that it names (10.3.3, 10.5.5)."""
    message, operation = model.referred(holder, "messageRef"), model.referred(holder, "operationRef")
    if operation is None:
        operation = model.by_id.get(without_prefix(next(texts(holder, "operationRef"), "")))
    if operation is None or message is None:
        return
    both = (*texts(operation, "inMessageRef"), *texts(operation, "outMessageRef"))
    own = [each for text in both if (each := model.by_id.get(without_prefix(text))) is not None]
    if own and message not in own:
        name = own[0].get("name") or own[0].get("id", "")
        model.warn("operation_of_another_message", holder, message=name)


def _runs(element: _Element) -> bool:
    process = process_of(element)
    return process is not None and is_true(process, "isExecutable")


def _check_turns(model: Model, loop: _Element) -> None:
    """A multi-instance says how many there are, or over what, where it is to run (table 10.30)."""
    number = loop.find(bpmn("loopCardinality"))
    collection = loop.find(bpmn("loopDataInputRef"))
    extended = loop.find(bpmn("extensionElements")) is not None or any("}" in str(name) for name in loop.attrib)
    if number is not None and collection is not None:
        model.warn("turns_twice", loop)
    elif number is None and collection is None and not extended and _runs(loop):
        model.warn("turns_missing", loop)
    if number is not None and _NUMBER.fullmatch((number.text or "").strip()) and int(number.text or "0") < 0:
        model.warn("turns_missing", loop)
    behavior = loop.get("behavior", "All")
    for wanted, attribute in (("None", "noneBehaviorEventRef"), ("One", "oneBehaviorEventRef")):
        if loop.get(attribute) and behavior != wanted:
            model.warn("behavior_contradicts", loop, behavior=behavior)
    complex_ones = loop.findall(bpmn("complexBehaviorDefinition"))
    if bool(complex_ones) != (behavior == "Complex"):
        model.warn("behavior_contradicts", loop, behavior=behavior)
