"""
Common rules that a pathway takes in with one element, put into the copy of the diagram that runs.

A rule is a BPMN file of its own (`processes/shared/rules`), whose process says `kyky.sharedRule`. It holds either one
sub-process, which takes the place of an empty sub-process with `kyky.rule`; or user tasks with events on their borders,
which every user task around the element gets (a rule of tasks). The original file stays as it is.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from app.domain.errors import InvalidDiagram, Problem
from app.engine.reader import read_document
from app.engine.vocabulary import FLOW_NODES, bpmn, extension, local_name, properties, text_of, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

    from app.domain.localized import LocalizedText

#: of a process: it is a rule to take in, and runs nowhere by itself
SHARED = "kyky.sharedRule"
#: of an empty sub-process: the rule that takes its place
TAKES_IN = "kyky.rule"
#: of a user task: rules of tasks that leave it alone
WITHOUT = "kyky.withoutRule"
#: of what was taken in: the element of the drawing in whose place it stands
DRAWN_AS = "kyky.drawnAs"
#: of the taking element, followed by a user task's id in the rule: another form, other candidates
FORM_OF, GROUPS_OF = "kyky.formOf.", "kyky.groupsOf."
#: of user tasks: a template is for those that are filled by the client, or for those that are not
SELF_FILLED = "kyky.selfFilled"
DEEPEST_TAKING = 5

_ROOT_ELEMENTS = frozenset({"message", "signal", "error", "escalation"})
_REFERENCES = frozenset(
    {
        "sourceRef", "targetRef", "attachedToRef", "default", "messageRef", "signalRef", "errorRef", "escalationRef",
        "activityRef",
    }
)  # fmt: skip
_REFERRING_TEXTS = frozenset({"incoming", "outgoing", "eventDefinitionRef"})
_TIMES = frozenset({"timeDate", "timeDuration", "timeCycle"})
#: the due date of the task as a date and time: what the rule of a task counts from; without one its opening
_DUE = (
    "={{annettu: {given}, erapaiva: if annettu = null then now()"
    " else if annettu instance of string then date and time(annettu)"
    ' else if annettu instance of date then date and time(annettu, time("23:59:59")) else annettu,'
    " aika: {time}}}.aika"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRule:
    """A rule as its file says it."""

    rule_id: str
    name: LocalizedText
    content_hash: str
    #: the rules that it takes in itself
    takes_in: frozenset[str]


def is_shared_rule(xml: bytes) -> bool:
    """Return whether the file is a rule to take in, and no pathway. :raises InvalidDiagram: no BPMN file"""
    return SHARED.encode() in xml and is_rule_document(read_document(xml))


def is_rule_document(root: _Element) -> bool:
    """Return whether the document is a rule to take in, and no pathway."""
    return _rule_process(root) is not None


def read_rule(xml: bytes) -> SharedRule:
    """
    Return what the file of a rule says.

    :raises InvalidDiagram: it is no rule, or holds something else than one sub-process or tasks with their events
    """
    root = read_document(xml)
    process = _rule_process(root)
    if process is None:
        raise InvalidDiagram([Problem("rule_unreadable")])
    rule_id = process.get("id", "")
    sub_process, templates = _content(process)
    if (sub_process is None) == (not templates) or not rule_id:
        raise InvalidDiagram([Problem("rule_unreadable", place=rule_id, name=process.get("name", ""))])
    own = properties(process)
    name = {"fi": process.get("name", ""), "sv": own.get("kyky.name.sv", ""), "en": own.get("kyky.name.en", "")}
    return SharedRule(
        rule_id=rule_id,
        name={language: text for language, text in name.items() if text or language == "fi"},
        content_hash=hashlib.sha256(xml).hexdigest(),
        takes_in=rules_taken_in(xml),
    )


def rules_taken_in(xml: bytes) -> frozenset[str]:
    """Return the ids of the rules that the file names. :raises InvalidDiagram: no BPMN file"""
    if TAKES_IN.encode() not in xml:
        return frozenset()
    return frozenset(properties(element)[TAKES_IN] for element in _taking(read_document(xml)))


def probe(rule_id: str, xml: bytes) -> bytes:
    """Return a small pathway that takes in the rule, by which it is checked when it is published alone."""
    process = _rule_process(read_document(xml))
    sub_process = None if process is None else _content(process)[0]
    event = sub_process is None or sub_process.get("triggeredByEvent") == "true"
    flows = (
        (("alku", "tehtava"), ("tehtava", "loppu"))
        if event
        else (("alku", "x"), ("x", "tehtava"), ("tehtava", "loppu"))
    )
    arrows = "".join(f'<sequenceFlow id="v_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in flows)
    return (
        f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0">'
        f'<process id="koe" isExecutable="true"><startEvent id="alku"/><userTask id="tehtava"/><endEvent id="loppu"/>'
        f'<subProcess id="x" triggeredByEvent="{str(event).lower()}"><extensionElements><z:properties>'
        f'<z:property name="{TAKES_IN}" value="{rule_id}"/></z:properties></extensionElements></subProcess>'
        f"{arrows}</process></definitions>"
    ).encode()


@dataclass(slots=True)
class TakenIn:
    """What taking in the rules did: `taken` tells it, `problems` why it cannot be done."""

    taken: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, element: _Element, **values: object) -> None:
        """Note why an element cannot take in its rule."""
        self.problems.append(Problem(code, place=element.get("id", ""), name=element.get("name", ""), values=values))


def take_in(root: _Element, rules: Mapping[str, bytes]) -> TakenIn:
    """Put the rules that the document names in their places; the document is changed."""
    result = TakenIn()
    rules_of_tasks: list[tuple[_Element, str, str, _Element]] = []
    depths: dict[str, int] = {}
    while (taking := next(_taking(root), None)) is not None:
        rule_id, element_id = properties(taking)[TAKES_IN], taking.get("id", "")
        if rule_id not in rules:
            result.refuse("unknown_rule", taking, rule=rule_id)
            _drop_property(taking, TAKES_IN)
            continue
        rule = read_document(rules[rule_id])
        process = _rule_process(rule)
        sub_process, templates = (None, []) if process is None else _content(process)
        event = taking.get("triggeredByEvent") == "true"
        depth = depths.get(element_id, 0) + 1
        digest = hashlib.sha256(rules[rule_id]).hexdigest()[:12]
        result.taken.append(
            Problem(
                "rule_taken_in", place=element_id, name=taking.get("name", ""), values={"rule": rule_id, "hash": digest}
            )
        )
        _drop_property(taking, TAKES_IN)
        if depth > DEEPEST_TAKING or any(local_name(child) in FLOW_NODES for child in taking):
            result.refuse("rule_in_itself" if depth > DEEPEST_TAKING else "rule_not_empty", taking, rule=rule_id)
        elif sub_process is None and process is not None and event:
            holder = taking.getparent()
            if holder is not None:
                holder.remove(taking)
                rules_of_tasks += [(holder, rule_id, element_id, template) for template in templates]
        elif sub_process is None or (sub_process.get("triggeredByEvent") == "true") != event:
            result.refuse("rule_of_another_kind", taking, rule=rule_id)
        else:
            roots = _import_root_elements(root, rule, rule_id)
            _fill(taking, sub_process, rule_id, roots, result)
            inner = _taking(taking)
            depths.update({each.get("id", ""): depth for each in inner})
    for holder, rule_id, element_id, template in rules_of_tasks:
        rule = read_document(rules[rule_id])
        roots = _import_root_elements(root, rule, rule_id)
        for task in list(holder.iter(bpmn("userTask"))):
            if _is_for(template, task) and rule_id not in _names(properties(task).get(WITHOUT, "")):
                _put_on(task, template, roots, element_id)
    return result


def _rule_process(root: _Element) -> _Element | None:
    found = [process for process in root.findall(bpmn("process")) if properties(process).get(SHARED) == "true"]
    return found[0] if len(found) == 1 and found[0].get("isExecutable") not in {"true", "1"} else None


def _content(process: _Element) -> tuple[_Element | None, list[_Element]]:
    """Return the rule's sub-process or its template tasks; neither where the process holds something else."""
    nodes = [child for child in process if local_name(child) in FLOW_NODES]
    if len(nodes) == 1 and local_name(nodes[0]) == "subProcess":
        return nodes[0], []
    tasks = [node for node in nodes if local_name(node) == "userTask"]
    hosts = {node.get("attachedToRef") for node in nodes if local_name(node) == "boundaryEvent"}
    return None, tasks if tasks and {task.get("id") for task in tasks} == hosts else []


def _taking(root: _Element) -> Iterator[_Element]:
    return (element for element in root.iter(bpmn("subProcess")) if properties(element).get(TAKES_IN))


def _drop_property(element: _Element, name: str) -> None:
    holder = extension(element, "properties")
    for entry in [] if holder is None else holder.findall(zeebe("property")):
        if entry.get("name") == name and holder is not None:
            holder.remove(entry)


def _add_property(element: _Element, name: str, value: str) -> None:
    holder = element.find(bpmn("extensionElements"))
    if holder is None:
        holder = etree.Element(bpmn("extensionElements"))
        element.insert(0, holder)
    inside = holder.find(zeebe("properties"))
    if inside is None:
        inside = etree.SubElement(holder, zeebe("properties"))
    etree.SubElement(inside, zeebe("property"), name=name, value=value)


def _import_root_elements(root: _Element, rule: _Element, rule_id: str) -> dict[str, str]:
    """Copy messages, errors and the like beside the process, and return their new ids by the old."""
    renamed = {}
    present = {element.get("id") for element in root}
    for element in rule:
        if local_name(element) in _ROOT_ELEMENTS and element.get("id"):
            new_id = f"{rule_id}_{element.get('id')}"
            renamed[element.get("id", "")] = new_id
            if new_id not in present:
                copied = copy.deepcopy(element)
                copied.set("id", new_id)
                root.append(copied)
    return renamed


def _fill(taking: _Element, sub_process: _Element, rule_id: str, roots: Mapping[str, str], result: TakenIn) -> None:
    """Put the content of the rule's sub-process into the empty one."""
    element_id = taking.get("id", "")
    inside = [copy.deepcopy(child) for child in sub_process if local_name(child) not in _OWN_OF_THE_TAKING]
    _override(taking, inside, result)
    renamed = dict(roots)
    for element in _elements(inside):
        if (old := element.get("id")) is not None:
            # taken in under its own name a rule keeps its ids; a second taking of it needs others
            renamed[old] = old if element_id == rule_id else f"{element_id}_{old}"
    drawn_as = properties(taking).get(DRAWN_AS, element_id)
    _rename(inside, renamed)
    for element in _elements(inside):
        if local_name(element) in FLOW_NODES:
            _add_property(element, DRAWN_AS, drawn_as)
    taking.extend(inside)


#: documentation, properties and flows are the taking element's own
_OWN_OF_THE_TAKING = frozenset({"documentation", "extensionElements", "incoming", "outgoing"})


def _override(taking: _Element, inside: Collection[_Element], result: TakenIn) -> None:
    tasks = {element.get("id"): element for element in _elements(inside) if local_name(element) == "userTask"}
    for name, value in properties(taking).items():
        for prefix, part, attribute in (
            (FORM_OF, "formDefinition", "formId"),
            (GROUPS_OF, "assignmentDefinition", "candidateGroups"),
        ):
            if name.startswith(prefix):
                task = tasks.get(name.removeprefix(prefix))
                holder = None if task is None else extension(task, part)
                if holder is None:
                    result.refuse("rule_without_task", taking, task=name.removeprefix(prefix))
                else:
                    holder.set(attribute, value)


def _elements(parts: Iterable[_Element]) -> Iterator[_Element]:
    for part in parts:
        yield from part.iter()


def _rename(parts: Iterable[_Element], renamed: Mapping[str, str]) -> None:
    for element in _elements(parts):
        for attribute in ("id", *_REFERENCES):
            if (old := element.get(attribute)) is not None:
                element.set(attribute, renamed.get(old, old))
        if local_name(element) in _REFERRING_TEXTS:
            element.text = renamed.get(text_of(element), text_of(element))
        # a notification names the task that it is about
        if element.tag == zeebe("header") and element.get("key") == "task":
            element.set("value", renamed.get(element.get("value", ""), element.get("value", "")))


def _names(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(","))


def _is_for(template: _Element, task: _Element) -> bool:
    return (properties(template).get(SELF_FILLED) == "true") == (properties(task).get(SELF_FILLED) == "true")


def _put_on(task: _Element, template: _Element, roots: Mapping[str, str], element_id: str) -> None:
    """Put the events on the template, and what follows them, on the task."""
    process, template_id, task_id = template.getparent(), template.get("id", ""), task.get("id", "")
    holder = task.getparent()
    if process is None or holder is None:
        return
    parts = [copy.deepcopy(element) for element in _hanging_on(template_id, process)]
    renamed = {**roots, template_id: task_id}
    for element in _elements(parts):
        if (old := element.get("id")) is not None:
            rest = old.removeprefix(f"{template_id}_")
            renamed[old] = f"{task_id}_{rest}"
    _rename(parts, renamed)
    drawn_as = properties(task).get(DRAWN_AS, element_id)
    for element in _elements(parts):
        if local_name(element) in FLOW_NODES:
            _add_property(element, DRAWN_AS, drawn_as)
        if local_name(element) in _TIMES:
            element.text = _counted_from_due_date(text_of(element), task)
    holder.extend(parts)


def _hanging_on(template_id: str, process: _Element) -> list[_Element]:
    """Return the events on the template, everything that they lead to, and the flows between."""
    flows = process.findall(bpmn("sequenceFlow"))
    reached = {
        element.get("id")
        for element in process.findall(bpmn("boundaryEvent"))
        if element.get("attachedToRef") == template_id
    }
    while True:
        further = {flow.get("targetRef") for flow in flows if flow.get("sourceRef") in reached} - reached
        if not further:
            break
        reached |= further
    parts = [child for child in process if local_name(child) in FLOW_NODES and child.get("id") in reached]
    return [*parts, *(flow for flow in flows if flow.get("sourceRef") in reached)]


def _counted_from_due_date(text: str, task: _Element) -> str:
    """Return the timer's expression with the name `erapaiva` told."""
    if not text.startswith("="):
        return text
    schedule = extension(task, "taskSchedule")
    due = "" if schedule is None else schedule.get("dueDate", "").strip()
    given = f"({due[1:]})" if due.startswith("=") else json.dumps(due or None)
    return _DUE.format(given=given, time=f"({text[1:].strip()})")
