"""
What the engines of the Camunda 7 family (Camunda, Flowable and their like) write, in our words.

People, dates, priorities, forms, called elements, decisions, data of calls and turns, inputs and outputs are put in
our words; Java classes and beans become types of jobs, because here programs stand outside. All else is listed by
`vendors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.dialects.expressions import NotTranslated, translate_expression, translate_value
from app.engine.models.dialects.forms import fields_of
from app.engine.models.repairs.asked import give_form
from app.engine.models.repairs.working_copy import WorkingCopy, label_of, name_from
from app.engine.vocabulary import CAMUNDA_7, bpmn, extension, local_name, namespace, text_of, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

_PEOPLE = ("assignee", "candidateUsers", "candidateGroups")
_DATES = ("dueDate", "followUpDate")
_JOBS = ("serviceTask", "sendTask", "businessRuleTask", "intermediateThrowEvent", "endEvent")
UNNAMED = "tuotu"


def translate_camunda_7(copy: WorkingCopy) -> None:
    """Translate what has a meaning here, at every node."""
    for node in list(copy.nodes()):
        if local_name(node) == "userTask":
            _people(copy, node)
        if local_name(node) in _JOBS:
            _job(copy, node)
        if local_name(node) == "callActivity":
            _call(copy, node)
        if local_name(node) == "scriptTask":
            _script(copy, node)
        if local_name(node) in {"userTask", "startEvent"}:
            _form(copy, node)
        _mappings(copy, node)
        for marker in node.findall(bpmn("multiInstanceLoopCharacteristics")):
            _turns(copy, node, marker)


# -- reading -------------------------------------------------------------------------------------------


def attribute(element: _Element, name: str) -> str:
    """Return the family's attribute of the name and nothing else's; "" where it has none."""
    return next(
        (element.get(f"{{{space}}}{name}", "").strip() for space in CAMUNDA_7 if element.get(f"{{{space}}}{name}")), ""
    )


def take(element: _Element, name: str) -> None:
    """Remove the attribute: its meaning is in our words now."""
    for space in CAMUNDA_7:
        element.attrib.pop(f"{{{space}}}{name}", "")


def extensions_of(element: _Element, name: str) -> list[_Element]:
    """Return the family's extension elements of the name."""
    holder = element.find(bpmn("extensionElements"))
    return (
        [] if holder is None else [each for each in holder if namespace(each) in CAMUNDA_7 and local_name(each) == name]
    )


def _value(copy: WorkingCopy, element: _Element, name: str) -> str | None:
    """Return the attribute's text in our words and take it; None where there is none or it is of another kind."""
    text = attribute(element, name)
    if not text:
        return None
    try:
        value = translate_value(text)
    except NotTranslated:
        copy.note("expression_not_translated", element, part=name, expression=text)
        return None
    take(element, name)
    if value != text:
        copy.note("expression_translated", element, expression=text, translated=value)
    return value


# -- people, dates, forms ------------------------------------------------------------------------------


def _people(copy: WorkingCopy, task: _Element) -> None:
    found = {}
    for name in _PEOPLE:
        value = _value(copy, task, name)
        if value is not None:
            found[name] = value
    if found and extension(task, "assignmentDefinition") is None:
        copy.extend(task, "assignmentDefinition", **found)
        copy.note("people_translated", task, people=", ".join(found.values()))
    dates = {name: value for name in _DATES if (value := _value(copy, task, name)) is not None}
    if dates:
        copy.extend(task, "taskSchedule", **dates)
    priority = _value(copy, task, "priority")
    if priority is not None:
        copy.extend(task, "priorityDefinition", priority=priority)
    _owners(copy, task)


def _owners(copy: WorkingCopy, task: _Element) -> None:
    """BPMN's own way to say people, as this family writes it: user(kermit), group(management)."""
    users: list[str] = []
    groups: list[str] = []
    for role in [*task.findall(bpmn("potentialOwner")), *task.findall(bpmn("humanPerformer"))]:
        for expression in role.iter(bpmn("formalExpression")):
            for part in filter(None, (each.strip() for each in text_of(expression).split(","))):
                if part.startswith("user(") and part.endswith(")"):
                    users.append(part[5:-1].strip())
                elif part.startswith("group(") and part.endswith(")"):
                    groups.append(part[6:-1].strip())
    if (users or groups) and extension(task, "assignmentDefinition") is None:
        named = {"candidateUsers": ",".join(users), "candidateGroups": ",".join(groups)}
        copy.extend(task, "assignmentDefinition", **{name: text for name, text in named.items() if text})
        copy.note("people_translated", task, people=", ".join([*users, *groups]))


def _form(copy: WorkingCopy, node: _Element) -> None:
    key, form_id = attribute(node, "formKey"), attribute(node, "formRef")
    fields, left_out = fields_of(node)
    if extension(node, "formDefinition") is not None:
        return
    if fields:
        give_form(copy, node, label_of(node), fields)
        copy.note("form_translated", node, count=len(fields))
        for part in left_out:
            copy.note("form_part_left_out", node, part=part)
        for name in ("formData", "formProperty"):
            for each in extensions_of(node, name):
                copy.set_aside(each, node)
    elif form_id:
        copy.extend(node, "formDefinition", formId=form_id)
        take(node, "formRef")
        copy.note("form_named", node, form=form_id)
    elif key and "$" not in key:
        copy.extend(node, "formDefinition", externalReference=key)
        take(node, "formKey")
        copy.note("form_elsewhere_kept", node, form=key)


# -- programs, calls, scripts --------------------------------------------------------------------------


def _job(copy: WorkingCopy, node: _Element) -> None:
    decision = attribute(node, "decisionRef")
    if decision and local_name(node) == "businessRuleTask":
        _decision(copy, node, decision)
        return
    holders = [node, *(each for each in node if local_name(each) == "messageEventDefinition")]
    holder = next((each for each in holders if _implementation(each)), None)
    connector = next((each for each in extensions_of(node, "connector")), None)
    if extension(node, "taskDefinition") is not None or (holder is None and connector is None):
        return
    if holder is not None:
        job_type, said_by = _implementation(holder) or ("", [])
        for name in said_by:
            copy.set_attribute_aside(holder, name)
    else:
        found = [] if connector is None else [each for each in connector if local_name(each) == "connectorId"]
        job_type = (text_of(found[0]) if found else "") or name_from(label_of(node))
    copy.extend(node, "taskDefinition", type=job_type)
    _headers(copy, node)
    copy.note("job_type_translated", node, type=job_type)


def _implementation(element: _Element) -> tuple[str, list[str]] | None:
    """Return the job type for what does the work, and the attributes that said it; None where none does."""
    topic = attribute(element, "topic")
    kind = attribute(element, "type")
    if topic:
        return topic, [_qualified(element, name) for name in ("topic", "type") if attribute(element, name)]
    for name in ("class", "delegateExpression", "expression"):
        text = attribute(element, name)
        if text:
            return _type_of(text), [_qualified(element, name)]
    return (f"{UNNAMED}.{kind}", [_qualified(element, "type")]) if kind else None


def _qualified(element: _Element, name: str) -> str:
    return next((f"{{{space}}}{name}" for space in CAMUNDA_7 if element.get(f"{{{space}}}{name}")), name)


def _type_of(text: str) -> str:
    bare = text.strip().removeprefix("${").removeprefix("#{").removesuffix("}").strip()
    name = bare.partition("(")[0].strip()
    return name if name and all(part.isidentifier() for part in name.split(".")) else f"{UNNAMED}.{name_from(bare)}"


def _headers(copy: WorkingCopy, node: _Element) -> None:
    """Fields of a class or mail are headers of the job."""
    for field in extensions_of(node, "field"):
        value = (
            field.get("stringValue")
            or field.get("expression")
            or "".join(str(text) for text in field.itertext()).strip()
        )
        holder = copy.extend(node, "taskHeaders")
        etree.SubElement(holder, zeebe("header"), key=field.get("name", ""), value=value)
        copy.set_aside(field, node)


def _decision(copy: WorkingCopy, node: _Element, decision: str) -> None:
    try:
        decision_id = translate_value(decision)
    except NotTranslated:
        return
    result = attribute(node, "resultVariable") or copy.variable("tulos", node)
    copy.extend(node, "calledDecision", decisionId=decision_id, resultVariable=result)
    take(node, "decisionRef")
    take(node, "resultVariable")
    copy.note("decision_translated", node, decision=decision_id)


def _call(copy: WorkingCopy, call: _Element) -> None:
    called = call.get("calledElement", "")
    if "${" in called or "#{" in called:
        try:
            copy.extend(call, "calledElement", processId=translate_value(called))
            copy.note("expression_translated", call, expression=called, translated=translate_value(called))
        except NotTranslated:
            copy.note("expression_not_translated", call, part="calledElement", expression=called)
            copy.set_attribute_aside(call, "calledElement")
    given, taken = extensions_of(call, "in"), extensions_of(call, "out")
    if not given and not taken:
        return
    everything_in = _pass(copy, call, given, inward=True)
    everything_out = _pass(copy, call, taken, inward=False)
    process_id = call.get("calledElement", "").rpartition(":")[2]
    definition = copy.extend(
        call,
        "calledElement",
        propagateAllParentVariables=str(everything_in).lower(),
        propagateAllChildVariables=str(everything_out).lower(),
    )
    if not definition.get("processId") and process_id:
        definition.set("processId", process_id)
    copy.note("call_data_translated", call)


def _pass(copy: WorkingCopy, call: _Element, parts: list[_Element], *, inward: bool) -> bool:
    """Translate what goes in or out of a call, and return whether everything does."""
    everything = False
    for part in parts:
        if part.get("variables") == "all":
            everything = True
        elif part.get("businessKey") is not None and not part.get("target"):
            pass
        else:
            source, target = part.get("source", ""), part.get("target", "")
            try:
                value = f"={source}" if source else translate_value(part.get("sourceExpression", ""))
            except NotTranslated:
                copy.note("expression_not_translated", call, part=target, expression=part.get("sourceExpression", ""))
                copy.set_aside(part, call)
                continue
            (copy.map_input if inward else copy.map_output)(call, value, target)
        _remove(part)
    return everything


def _script(copy: WorkingCopy, task: _Element) -> None:
    result, text = attribute(task, "resultVariable"), text_of(task.find(bpmn("script")))
    if not result or not text or extension(task, "script") is not None:
        return
    try:
        expression = translate_expression(text.removeprefix("${").removesuffix("}"))
    except NotTranslated:
        return
    copy.extend(task, "script", expression=f"={expression}", resultVariable=result)
    take(task, "resultVariable")
    copy.note("script_translated", task, script=text)


# -- data ----------------------------------------------------------------------------------------------


def _mappings(copy: WorkingCopy, node: _Element) -> None:
    for holder in extensions_of(node, "inputOutput"):
        for part in list(holder):
            name, text = part.get("name", ""), text_of(part)
            try:
                value = "" if len(part) else translate_value(text)
            except NotTranslated:
                value = ""
            if not value:
                copy.note("expression_not_translated", node, part=name, expression=text or local_name(part))
                copy.set_aside(part, node)
                continue
            if local_name(part) == "inputParameter":
                copy.map_input(node, value, name)
            else:
                copy.map_output(node, value, name)
            _remove(part)
        _remove(holder)
        copy.note("mappings_translated", node)


def _turns(copy: WorkingCopy, node: _Element, marker: _Element) -> None:
    collection, item = attribute(marker, "collection"), attribute(marker, "elementVariable")
    if not collection or extension(marker, "loopCharacteristics") is not None:
        return
    try:
        value = translate_value(collection) if "{" in collection else f"={translate_expression(collection)}"
    except NotTranslated:
        copy.note("expression_not_translated", node, part="collection", expression=collection)
        return
    named = {"inputCollection": value} | ({"inputElement": item} if item else {})
    copy.extend(marker, "loopCharacteristics", **named)
    take(marker, "collection")
    take(marker, "elementVariable")
    copy.note("expression_translated", node, expression=collection, translated=value)


def _remove(part: _Element) -> None:
    parent = part.getparent()
    if parent is not None:
        parent.remove(part)
