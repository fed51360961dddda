"""Repairs of activities: what a program, a script, a decision or another process does has to be named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.dialects.expressions import (
    NotTranslated,
    translate,
    translate_assignments,
    translate_expression,
    translate_value,
)
from app.engine.models.repairs.working_copy import WorkingCopy, name_from
from app.engine.normaliser import is_true
from app.engine.vocabulary import ACTIVITIES, BPMN, ZEEBE, bpmn, extension, local_name, namespace, text_of, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

#: how types of jobs, processes and results begin that nobody has named yet
UNNAMED = "tuotu"
_SCRIPTS = frozenset(
    {"python", "text/python", "application/x-python", "juel", "groovy", "javascript", "js", "ecmascript", ""}
)
_INSTRUCTIONS = ("assignment", "transformation")
_TURN_DATA = ("loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem", "complexBehaviorDefinition")


def _job_type(task: _Element) -> str:
    """Return the name of a job that nothing does yet, after the task."""
    return f"{UNNAMED}.{name_from(task.get('name', ''), '') or name_from(task.get('id', ''))}"


def name_jobs(copy: WorkingCopy) -> None:
    """A service task names the program that does it; what has no name gets one that nothing does yet."""
    for task in copy.nodes("serviceTask"):
        definition = extension(task, "taskDefinition")
        if definition is None or not definition.get("type"):
            job_type = _job_type(task)
            copy.extend(task, "taskDefinition", type=job_type)
            copy.note("job_type_made", task, type=job_type)


def name_decisions(copy: WorkingCopy) -> None:
    """A business rule task names its decision; one that does not is a job until a table is drawn."""
    for task in copy.nodes("businessRuleTask"):
        called = extension(task, "calledDecision")
        if extension(task, "taskDefinition") is not None or (called is not None and called.get("decisionId")):
            continue
        if called is not None:
            copy.set_aside(called, task)
        job_type = _job_type(task)
        copy.extend(task, "taskDefinition", type=job_type)
        copy.note("decision_missing", task, type=job_type)


def write_scripts(copy: WorkingCopy) -> None:
    """A script that only assigns is FEEL; any other does nothing until somebody writes it."""
    for task in copy.nodes("scriptTask"):
        script = extension(task, "script")
        if extension(task, "taskDefinition") is not None or (script is not None and script.get("expression")):
            continue
        text = text_of(task.find(bpmn("script")))
        try:
            assigned = translate_assignments(text) if _is_simple(task) else []
        except NotTranslated:
            assigned = []
        if not assigned:
            result = copy.variable("tulos", task)
            copy.extend(task, "script", expression="=null", resultVariable=result)
            copy.note("script_to_write" if not text else "script_not_translated", task, script=text)
        elif len(assigned) == 1:
            copy.extend(task, "script", expression=f"={assigned[0][1]}", resultVariable=assigned[0][0])
            copy.note("script_translated", task, script=text)
        else:
            result = copy.variable("tulos", task)
            entries = ", ".join(f"{name}: {expression}" for name, expression in assigned)
            copy.extend(task, "script", expression=f"={{{entries}}}", resultVariable=result)
            for name in dict.fromkeys(name for name, _ in assigned):
                copy.map_output(task, f"={result}.{name}", name)
            copy.note("script_translated", task, script=text)


def _is_simple(task: _Element) -> bool:
    return task.get("scriptFormat", "").lower() in _SCRIPTS


def name_calls(copy: WorkingCopy) -> None:
    """A call names the process that it calls; it need not be there yet."""
    for call in copy.nodes("callActivity"):
        called = extension(call, "calledElement")
        if (called is not None and called.get("processId")) or call.get("calledElement", "").rpartition(":")[2]:
            continue
        process_id = f"{UNNAMED}_{name_from(call.get('name', ''), '') or name_from(call.get('id', ''))}"
        copy.extend(call, "calledElement", processId=process_id)
        copy.note("called_process_made", call, process=process_id)


def set_data_aside(copy: WorkingCopy) -> None:
    """Data is mapped by variables here: what computes on its way through associations is kept, and does not run."""
    for node in copy.nodes():
        for part in list(node):
            if namespace(part) == BPMN and any(part.find(bpmn(name)) is not None for name in _INSTRUCTIONS):
                copy.note("data_mapping_left_out", node, part=local_name(part), text=_texts(part))
                for name in _INSTRUCTIONS:
                    for instruction in part.findall(bpmn(name)):
                        copy.set_aside(instruction, node)


def _texts(part: _Element) -> str:
    return " ".join("".join(str(text) for text in part.itertext()).split())


def count_turns(copy: WorkingCopy) -> None:
    """A repeated activity says for which list it is repeated; one that does not looks for it in a variable."""
    for activity in copy.nodes():
        markers = [each for each in activity if local_name(each).endswith("LoopCharacteristics")]
        for more in markers[1:]:
            copy.note("marker_left_out", activity, part=local_name(more))
            copy.set_aside(more, activity)
        for marker in markers[:1]:
            if local_name(activity) not in ACTIVITIES or is_true(activity.get("triggeredByEvent")):
                copy.note("marker_left_out", activity, part=local_name(marker))
                copy.set_aside(marker, activity)
            elif local_name(marker) == "multiInstanceLoopCharacteristics":
                _count(copy, activity, marker)


def _count(copy: WorkingCopy, activity: _Element, marker: _Element) -> None:
    over = {name: marker.find(bpmn(name)) for name in _TURN_DATA}
    data = text_of(over["loopDataInputRef"])
    item = over["inputDataItem"]
    name = "" if item is None else item.get("name", "") or item.get("id", "")
    for part in over.values():
        if part is not None and local_name(part) != "complexBehaviorDefinition":
            copy.set_aside(part, activity)
    cardinality = marker.find(bpmn("loopCardinality"))
    condition = marker.find(bpmn("completionCondition"))
    if condition is not None and not text_of(condition):
        copy.set_aside(condition, activity)
    loop = extension(marker, "loopCharacteristics")
    if loop is not None and loop.get("inputCollection"):
        if cardinality is not None and text_of(cardinality):
            copy.note("cardinality_left_out", activity, value=text_of(cardinality))
            copy.set_aside(cardinality, activity)
        return
    number = text_of(cardinality)
    if number.isdecimal() or number.startswith("="):
        if data:
            copy.note("data_mapping_left_out", activity, part="loopDataInputRef", text=data)
        return
    if cardinality is not None:
        if number:
            copy.note("cardinality_left_out", activity, value=number)
        copy.set_aside(cardinality, activity)
    collection = name_from(_data_name(copy, data), "") or copy.variable("luettelo", activity)
    holder = copy.extensions(marker)
    loop = holder.makeelement(zeebe("loopCharacteristics"), nsmap={"zeebe": ZEEBE})
    holder.append(loop)
    loop.set("inputCollection", f"={collection}")
    loop.set("inputElement", name_from(name, "kohde"))
    copy.note("collection_asked", activity, variable=collection)


def _data_name(copy: WorkingCopy, data: str) -> str:
    """Return what the data over which the turns go is called; "" where it was not said."""
    for each in copy.root.iter():
        if data and each.get("id") == data:
            return each.get("name", "")
    return ""


def bound_loops(copy: WorkingCopy) -> None:
    """A loop says when it goes on, or how often; else it ends after its first turn until a variable says otherwise."""
    for activity in copy.nodes():
        for marker in activity.findall(bpmn("standardLoopCharacteristics")):
            _bound(copy, activity, marker)


def _bound(copy: WorkingCopy, activity: _Element, marker: _Element) -> None:
    maximum = marker.get("loopMaximum")
    if maximum is not None and not maximum.strip().isdecimal():
        del marker.attrib["loopMaximum"]
        copy.note("loop_maximum_left_out", activity, value=maximum)
        maximum = None
    condition = marker.find(bpmn("loopCondition"))
    if maximum is not None or text_of(condition):
        return
    if condition is None:
        condition = etree.SubElement(marker, bpmn("loopCondition"))
    key = copy.variable("toista", activity)
    condition.text = f"={key} = true"
    copy.note("loop_condition_missing", activity, variable=key)


#: what the engines of the Camunda 7 family call the numbers of turns
_NUMBERS = {
    "nrOfInstances": "numberOfInstances",
    "nrOfCompletedInstances": "numberOfCompletedInstances",
    "nrOfActiveInstances": "numberOfActiveInstances",
}


def read_loop_expressions(copy: WorkingCopy) -> None:
    """Conditions and numbers of turns are FEEL; those of another language are translated, or set aside."""
    for activity in copy.nodes():
        for marker in [each for each in activity if local_name(each).endswith("LoopCharacteristics")]:
            for name in ("loopCondition", "completionCondition", "loopCardinality"):
                part = marker.find(bpmn(name))
                text = text_of(part)
                if part is None or not text or text.startswith("=") or text.isdecimal():
                    continue
                _translate_turns(copy, activity, part, text)


def _translate_turns(copy: WorkingCopy, activity: _Element, part: _Element, text: str) -> None:
    try:
        if local_name(part) == "loopCardinality":
            translated = translate_value(text).removeprefix("=") if "{" in text else translate_expression(text)
        else:
            translated = translate(text, language=part.get("language", ""))
    except NotTranslated:
        copy.note("expression_not_translated", activity, part=local_name(part), expression=text)
        copy.set_aside(part, activity)
        return
    for theirs, ours in _NUMBERS.items():
        translated = re.sub(rf"\b{theirs}\b", ours, translated)
    part.attrib.pop("language", "")
    part.text = f"={translated}"
    copy.note("expression_translated", activity, expression=text, translated=translated)
