"""What Spiff-Arena writes into diagrams (Python conditions and scripts, operators of services, forms in files)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.dialects.expressions import NotTranslated, translate_assignments, translate_expression
from app.engine.models.dialects.schemas import form_id_of
from app.engine.models.repairs.working_copy import WorkingCopy, name_from
from app.engine.vocabulary import bpmn, extension, local_name, namespace, text_of, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
_QUOTED = re.compile(r"""(["'])(.*)\1""", re.DOTALL)


def translate_spiff(copy: WorkingCopy) -> None:
    """Translate what has a meaning here; a diagram without the vocabulary is left alone."""
    if not any(namespace(each) == SPIFF for each in copy.root.iter()):
        return
    _mark_conditions(copy)
    _unquote_times(copy)
    for node in list(copy.nodes()):
        for part in _parts(node):
            _translate(copy, node, part)


def _parts(node: _Element) -> list[_Element]:
    holder = node.find(bpmn("extensionElements"))
    return [] if holder is None else [each for each in holder if namespace(each) == SPIFF]


def _mark_conditions(copy: WorkingCopy) -> None:
    """Conditions are Python there and say no language."""
    for condition in copy.root.iter(bpmn("conditionExpression")):
        if not condition.get("language") and not text_of(condition).startswith("="):
            condition.set("language", "python")


def _unquote_times(copy: WorkingCopy) -> None:
    for definition in copy.root.iter(bpmn("timerEventDefinition")):
        for time in definition:
            match = _QUOTED.fullmatch(text_of(time))
            if match:
                time.text = match[2]


def _translate(copy: WorkingCopy, node: _Element, part: _Element) -> None:
    name = local_name(part)
    try:
        if name in {"preScript", "postScript"}:
            _scripts(copy, node, part, inward=name == "preScript")
        elif name == "calledDecisionId" and local_name(node) == "businessRuleTask":
            result = copy.variable("tulos", node)
            copy.extend(node, "calledDecision", decisionId=text_of(part), resultVariable=result)
            copy.note("decision_translated", node, decision=text_of(part))
            _remove(part)
        elif name == "serviceTaskOperator" and extension(node, "taskDefinition") is None:
            _operator(copy, node, part)
        elif name == "instructionsForEndUser":
            _document(copy, node, part)
        elif name == "properties" and extension(node, "formDefinition") is None:
            _form(copy, node, part)
    except NotTranslated:
        # told with all else that is left
        return


def _scripts(copy: WorkingCopy, node: _Element, part: _Element, *, inward: bool) -> None:
    assigned = translate_assignments(text_of(part))
    for name, expression in assigned:
        (copy.map_input if inward else copy.map_output)(node, f"={expression}", name)
    copy.note("script_translated", node, script=text_of(part))
    _remove(part)


def _operator(copy: WorkingCopy, node: _Element, part: _Element) -> None:
    job_type = part.get("id", "") or name_from(node.get("name", ""))
    copy.extend(node, "taskDefinition", type=job_type)
    for parameter in part.iter(f"{{{SPIFF}}}parameter"):
        try:
            value = translate_expression(parameter.get("value", "") or "null")
        except NotTranslated:
            copy.note(
                "expression_not_translated", node, part=parameter.get("id", ""), expression=parameter.get("value", "")
            )
            continue
        copy.map_input(node, f"={value}", name_from(parameter.get("id", "")))
    result = part.get("resultVariable", "")
    if result:
        copy.map_output(node, f"={result}", result)
    copy.note("job_type_translated", node, type=job_type)
    copy.set_aside(part, node)


def _document(copy: WorkingCopy, node: _Element, part: _Element) -> None:
    """Instructions are what the element is documented with; a template is kept as text."""
    if node.find(bpmn("documentation")) is not None or "{{" in text_of(part) or "{%" in text_of(part):
        return
    documentation = etree.Element(bpmn("documentation"))
    documentation.text = text_of(part)
    node.insert(0, documentation)
    _remove(part)
    copy.note("instructions_translated", node)


def _form(copy: WorkingCopy, node: _Element, part: _Element) -> None:
    """The form is a JSON Schema in a file of its own; imported, it has the same id. How it looks there stays there."""
    for each in list(part):
        if each.get("name") == "formJsonSchemaFilename" and each.get("value"):
            form_id = form_id_of(each.get("value", ""))
            copy.extend(node, "formDefinition", formId=form_id)
            copy.note("form_named", node, form=form_id)
            _remove(each)
    if len(part) == 0:
        _remove(part)


def output_of(node: _Element) -> list[_Element]:
    """Return the output mappings that the element has got."""
    holder = extension(node, "ioMapping")
    return [] if holder is None else holder.findall(zeebe("output"))


def _remove(part: _Element) -> None:
    parent = part.getparent()
    if parent is not None:
        parent.remove(part)
