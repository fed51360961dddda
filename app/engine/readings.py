"""Read the zeebe vocabulary of an element: expressions are checked, references noted, mistakes found."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.errors import ExpressionError, InvalidFormDefinition, Problem
from app.domain.sharing import DataGroup
from app.engine.dialect.calls import CalledElement
from app.engine.dialect.catching import Catching, MessageCatching, SignalCatching, TimerCatching
from app.engine.dialect.facts import Note
from app.engine.dialect.jobs import JobDefinition, is_retries_text
from app.engine.dialect.tasks import NOTHING, Assignment
from app.engine.event_readings import read_condition, read_multiple
from app.engine.expressions import CONTEXTS, Constant, Expression, Template, read_expression, read_template
from app.engine.forms import read_form
from app.engine.forms.form_js import convert_form_js
from app.engine.graph import EventDefinition, Findings, FlowEdge, Node, Scope
from app.engine.normaliser import is_false
from app.engine.seam import Binding, ListenerEvent
from app.engine.timers import is_timer_text
from app.engine.vocabulary import (
    ACTIVITIES,
    NOTE,
    NOTE_GROUP,
    bpmn,
    extension,
    headers_in,
    listener_elements,
    properties,
    task_headers,
    text_of,
    zeebe,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

    from app.domain.localized import LocalizedText

#: variable names and paths of names that mappings and results may write
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
#: names of facts
_FACT = re.compile(r"[a-z][a-z0-9_]*")
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_PEOPLE = ("assignee", "candidateUsers", "candidateGroups")
NO_RETRIES_GIVEN = "3"
#: how a formKey begins that names a form inside the diagram
EMBEDDED_FORM = "camunda-forms:bpmn:"


def _is_feel(edge: FlowEdge) -> bool:
    """Return whether the condition says no language, or FEEL."""
    element = None if edge.element is None else edge.element.find(bpmn("conditionExpression"))
    language = "" if element is None else element.get("language", "")
    return not language or "feel" in language.lower()


def _is_fixed(job: JobDefinition) -> bool:
    """Return whether type and retries of a job are known and right before anything runs."""
    retries = job.retries
    return isinstance(job.type, Constant) and isinstance(retries, Constant) and is_retries_text(str(retries.value))


def _in_form(problem: Problem, node: Node) -> Problem:
    """Return a problem of a form inside the diagram at the element that shows it, with its own place as a value."""
    return replace(problem, place=node.node_id, name=node.name, values={**problem.values, "field": problem.place})


def form_elsewhere(element: _Element) -> str:
    """Return where another program shows the element's form, "" where it has none or ours shows it."""
    form = extension(element, "formDefinition")
    if form is None or form.get("formId"):
        return ""
    key = form.get("formKey", "")
    return form.get("externalReference") or ("" if key.startswith(EMBEDDED_FORM) else key)


class Readings:
    """Reads elements of one process, and keeps what the process as a whole refers to."""

    def __init__(self, findings: Findings, *, published: bool) -> None:
        self.findings = findings
        #: whether every expression was parsed when the diagram was published
        self.published = published
        self.references: set[str] = set()
        #: definitions of ours, made from the forms inside the diagram, by form id
        self.embedded_forms: dict[str, bytes] = {}
        #: by form and by decision: how the elements bind its version, and the version tag that they ask for
        self.form_bindings: dict[str, tuple[Binding, str]] = {}
        self.decision_bindings: dict[str, tuple[Binding, str]] = {}
        self.job_types: set[str] = set()
        self.called_process_ids: set[str] = set()
        self.bound_process_ids: set[str] = set()

    # -- texts -------------------------------------------------------------------------------------

    def template(self, text: str | None, node: Node | Scope) -> Template:
        """Return the text as a template; a missing one is null, one that cannot be parsed is a problem."""
        if text is None:
            return NOTHING
        return self._checked(text, node, is_feel=text.lstrip().startswith("="))

    def expression(self, text: str, node: Node | Scope) -> Expression | None:
        """Return the text as FEEL, with or without "="; None where it cannot be parsed (a problem)."""
        found = self._checked(text, node, is_feel=True)
        return found if isinstance(found, Expression) else None

    def _checked(self, text: str, node: Node | Scope, *, is_feel: bool) -> Template:
        try:
            read = read_expression if is_feel else read_template
            template = read(text, published=self.published)
        except ExpressionError as error:
            self.findings.refuse(error.code, node, expression=text[:200], error=error.message[:200])
            return NOTHING
        if isinstance(template, Expression):
            self.references.update(name for name in template.references if name.partition(".")[0] in CONTEXTS)
        return template

    def label(self, node: Node | Scope) -> LocalizedText:
        """Return the element's name in the languages that it has."""
        kyky = properties(node.element)
        texts = {"fi": node.name, "sv": kyky.get("kyky.name.sv", ""), "en": kyky.get("kyky.name.en", "")}
        return {language: text for language, text in texts.items() if text or language == "fi"}

    def properties(self, node: Node | Scope) -> dict[str, str]:
        """Return the zeebe properties of the element."""
        return properties(node.element)

    def variable_name(self, text: str, node: Node) -> str:
        """Return the name of a variable that is written; a wrong or reserved one is a problem."""
        if not _NAME.fullmatch(text) or text.partition(".")[0] in CONTEXTS:
            self.findings.refuse("variable_name", node, variable=text[:100])
        return text

    def condition(self, edge: FlowEdge, node: Node) -> Expression | None:
        """Return the condition of a flow; the default flow has none."""
        if edge.condition is None or edge.flow_id == node.default_flow:
            return None
        if not edge.condition.lstrip().startswith("=") or not _is_feel(edge):
            self.findings.refuse("condition_not_feel", node, flow=edge.flow_id, expression=edge.condition[:200])
            return None
        return self.expression(edge.condition, node)

    # -- notes ----------------------------------------------------------------------------------

    def notes(self, node: Node) -> tuple[Note, ...]:
        """Return what the activity notes for the case; a note of no data group would be open to nobody or to all."""
        kyky = properties(node.element)
        found = []
        for name, text in kyky.items():
            fact = name.removeprefix(NOTE)
            if fact == name:
                continue
            group = kyky.get(NOTE_GROUP + fact, "")
            if node.tag not in ACTIVITIES or not _FACT.fullmatch(fact) or group not in set(DataGroup):
                self.findings.refuse("note_unreadable", node, fact=fact[:100], group=group[:100])
                continue
            expression = self.expression(text, node)
            if expression is not None:
                found.append(Note(fact, expression, DataGroup(group)))
        return tuple(found)

    # -- tasks -------------------------------------------------------------------------------------

    def assignment(self, node: Node) -> Assignment:
        """Return who does a user task, with which form and by when."""
        people = extension(node.element, "assignmentDefinition")
        schedule = extension(node.element, "taskSchedule")
        priority = extension(node.element, "priorityDefinition")

        def read(holder: _Element | None, attribute: str) -> Template:
            return NOTHING if holder is None else self.template(holder.get(attribute), node)

        if people is None or not any(people.get(name) for name in _PEOPLE):
            # Camunda shows such a task to everybody; here nobody may see what no role was given
            self.findings.repaired("task_without_people", node)

        return Assignment(
            form_id=self.form_id(node),
            form_elsewhere=form_elsewhere(node.element),
            headers=task_headers(node.element),
            assignee=read(people, "assignee"),
            candidate_users=read(people, "candidateUsers"),
            candidate_groups=read(people, "candidateGroups"),
            due=read(schedule, "dueDate"),
            follow_up=read(schedule, "followUpDate"),
            priority=read(priority, "priority"),
        )

    def form_id(self, node: Node) -> str | None:
        """Return the form of a user task or start event; None where it has none, or another program shows it."""
        form = extension(node.element, "formDefinition")
        if form is None or form_elsewhere(node.element):
            return None
        form_id = form.get("formId") or self._embedded(form.get("formKey", ""), node)
        if not form_id:
            self.findings.refuse("form_without_id", node)
            return None
        # latest and deployment are the same: a process version keeps the forms that it was published with
        binding, tag = self._binding(form, node)
        bound = (binding if tag else Binding.LATEST, tag)
        if self.form_bindings.setdefault(form_id, bound) != bound and not self.published:
            self.findings.refuse("form_binding_mixed", node, form=form_id)
        return form_id

    def _binding(self, element: _Element, node: Node) -> tuple[Binding, str]:
        """Return which version of a form or decision is meant, and its version tag; "" where it is none."""
        text, tag = element.get("bindingType", Binding.LATEST), element.get("versionTag", "").strip()
        if text not in set(Binding) or (text == Binding.VERSION_TAG and tag.startswith("=")):
            # what was published by an earlier build goes on with the newest, as it did
            if not self.published:
                self.findings.refuse("unsupported_attribute", node, attribute="bindingType")
            return Binding.LATEST, ""
        if text == Binding.VERSION_TAG and not tag:
            self.findings.refuse("version_tag_missing", node)
        return Binding(text), tag if text == Binding.VERSION_TAG else ""

    def _embedded(self, form_key: str, node: Node) -> str:
        """Return the id of the form that is inside the diagram (zeebe:userTaskForm), as a form of ours."""
        embedded_id = form_key.removeprefix(EMBEDDED_FORM)
        process = next(node.element.iterancestors(bpmn("process")), None)
        holder = None if process is None else process.find(bpmn("extensionElements"))
        forms = [] if holder is None else holder.findall(zeebe("userTaskForm"))
        found = next((each for each in forms if each.get("id") == embedded_id), None)
        if found is None or process is None:
            return ""
        form_id = f"{process.get('id')}.{embedded_id}"[:100]
        if not self.published and form_id not in self.embedded_forms:
            self.embedded_forms[form_id] = self._converted(found, form_id, node)
        return form_id

    def _converted(self, found: _Element, form_id: str, node: Node) -> bytes:
        try:
            source, notes = convert_form_js((found.text or "").encode(), form_id=form_id)
            read_form(source)
        except InvalidFormDefinition as error:
            self.findings.problems += [_in_form(problem, node) for problem in error.problems]
            return b""
        self.findings.repairs += [_in_form(note, node) for note in notes]
        self.findings.repaired("form_js_converted", node, form=form_id)
        return source

    def job(self, node: Node) -> JobDefinition | None:
        """Return the job of an element with a zeebe:taskDefinition."""
        definition = extension(node.element, "taskDefinition")
        if definition is None:
            return None
        return self._job(definition, node, task_headers(node.element))

    def _job(self, definition: _Element, node: Node | Scope, headers: dict[str, str]) -> JobDefinition:
        job_type = self.template(definition.get("type", ""), node)
        if isinstance(job_type, Constant):
            if not job_type.value:
                self.findings.refuse("job_type_missing", node)
            self.job_types.add(str(job_type.value))
        retries = self.template(definition.get("retries", NO_RETRIES_GIVEN), node)
        return JobDefinition(type=job_type, retries=retries, headers=headers)

    def listeners(self, node: Node | Scope) -> dict[ListenerEvent, tuple[JobDefinition, ...]]:
        """Return the jobs of the element's listeners by their event; where an event is meant is checked elsewhere."""
        found: dict[ListenerEvent, tuple[JobDefinition, ...]] = {}
        headers = task_headers(node.element)
        for element, text in listener_elements(node.element):
            if text in set(ListenerEvent):
                event = ListenerEvent(text)
                job = self._job(element, node, headers | headers_in(element))
                if not event.holds and not _is_fixed(job):
                    # no incident could say that it failed: the element is gone by then
                    self.findings.refuse("listener_computed", node, event=event)
                found[event] = (*found.get(event, ()), job)
        return found

    def script(self, node: Node) -> tuple[Template, str]:
        """Return the expression and the result variable of a script task."""
        script = extension(node.element, "script")
        if script is None or not script.get("expression"):
            self.findings.refuse("script_missing", node)
            return NOTHING, ""
        expression = self.expression(script.get("expression", ""), node) or NOTHING
        return expression, self.variable_name(script.get("resultVariable", ""), node)

    def called_decision(self, node: Node) -> tuple[Template, str]:
        """Return the decision and the result variable of a business rule task."""
        called = extension(node.element, "calledDecision")
        if called is None or not called.get("decisionId"):
            self.findings.refuse("decision_id_missing", node)
            return NOTHING, ""
        decision = self.template(called.get("decisionId"), node)
        binding, tag = self._binding(called, node)
        if isinstance(decision, Constant):
            self._bind(str(decision.value), (binding, tag), node)
        elif binding is Binding.DEPLOYMENT:
            # which decision it will be is not known when its version could be bound
            self.findings.repaired("decision_newest", node)
        elif tag:
            self.findings.refuse("decision_computed_by_tag", node)
        return decision, self.variable_name(called.get("resultVariable", ""), node)

    def called_element(self, node: Node) -> CalledElement:
        """Return which process a call activity calls, in which version, and what goes in and out by itself."""
        called = extension(node.element, "calledElement")
        attributes: dict[str, str] = {} if called is None else {str(name): str(text) for name, text in called.items()}
        # BPMN's own attribute is a qualified name; Modelers for Camunda 8 write the extension only
        process_id = attributes.get("processId") or node.element.get("calledElement", "").rpartition(":")[2]
        if not process_id:
            self.findings.refuse("called_process_id_missing", node)
        found = self.template(process_id, node)
        binding = attributes.get("bindingType", Binding.LATEST)
        if binding not in set(Binding):
            self.findings.refuse("unsupported_attribute", node, attribute="bindingType")
            binding = Binding.LATEST
        version_tag = attributes.get("versionTag", "")
        if binding == Binding.VERSION_TAG and not version_tag.strip():
            self.findings.refuse("version_tag_missing", node)
        if isinstance(found, Constant):
            self.called_process_ids.add(str(found.value))
            if binding == Binding.DEPLOYMENT:
                self.bound_process_ids.add(str(found.value))
        return CalledElement(
            process_id=found,
            binding=Binding(binding),
            version_tag=self.template(version_tag, node),
            gives_all=not is_false(attributes.get("propagateAllParentVariables")),
            takes_all=not is_false(attributes.get("propagateAllChildVariables")),
        )

    def _bind(self, decision_id: str, binding: tuple[Binding, str], node: Node) -> None:
        if self.decision_bindings.setdefault(decision_id, binding) != binding:
            # one version of each decision goes with a step
            self.findings.refuse("decision_binding_mixed", node, decision=decision_id)

    @property
    def form_ids(self) -> frozenset[str]:
        """Forms that the process shows."""
        return frozenset(self.form_bindings)

    @property
    def form_tags(self) -> dict[str, str]:
        """The version tag of each form that is asked for by one."""
        return {name: tag for name, (_, tag) in self.form_bindings.items() if tag}

    @property
    def decision_tags(self) -> dict[str, str]:
        """The version tag of each decision that is asked for by one."""
        return {name: tag for name, (_, tag) in self.decision_bindings.items() if tag}

    @property
    def decision_ids(self) -> frozenset[str]:
        """Decisions that the process calls."""
        return frozenset(self.decision_bindings)

    @property
    def pinned_decision_ids(self) -> frozenset[str]:
        """Decisions of which the version counts that was in force when the process was published."""
        return frozenset(name for name, (binding, _) in self.decision_bindings.items() if binding is Binding.DEPLOYMENT)

    # -- events ------------------------------------------------------------------------------------

    def named(self, node: Node, event: EventDefinition, *, empty_allowed: bool = False) -> Template:
        """Return the name of a signal, or the code of an error or escalation."""
        if event.root_element is None or not event.name:
            if not empty_allowed or event.root_element is not None:
                # an error that is named but has no code would catch everything
                self.findings.refuse("event_without_name", node, event=event.kind)
            return Constant("")
        template = self.template(event.name, node)
        if empty_allowed and isinstance(template, Expression):
            self.findings.refuse("code_computed", node)
        return template

    def catching(self, node: Node) -> Catching | None:
        """Return what the event or receive task waits for; None where it waits for nothing outside."""
        return self.awaited(node, node.event)

    def awaited(self, node: Node, event: EventDefinition | None) -> Catching | None:
        """Return what an event definition waits for."""
        if event is None or (event.kind == "message" and event.root_element is None):
            self.findings.refuse("event_without_name", node, event="message")
            return None
        if event.kind == "message" and event.root_element is not None:
            subscription = extension(event.root_element, "subscription")
            key = subscription.get("correlationKey") if subscription is not None else None
            if not key:
                self.findings.refuse("correlation_key_missing", node)
            return MessageCatching(name=self.named(node, event), correlation_key=self.template(key, node))
        if event.kind == "signal":
            return SignalCatching(name=self.named(node, event))
        if event.kind == "conditional":
            return read_condition(self, node, event)
        if event.kind == "multiple":
            return read_multiple(self, node, event)
        return self.timer(node, event) if event.kind == "timer" else None

    def timer(self, node: Node, event: EventDefinition) -> TimerCatching | None:
        """Return the timer of an event."""
        given = (
            []
            if event.element is None
            else [
                (kind, child) for name, kind in _TIMERS.items() if (child := event.element.find(bpmn(name))) is not None
            ]
        )
        if len(given) != 1 or not text_of(given[0][1]):
            self.findings.refuse("timer_missing", node)
            return None
        kind, element = given[0]
        value = self.template(text_of(element), node)
        if isinstance(value, Constant) and value is not NOTHING and not is_timer_text(kind, value.value):
            self.findings.refuse("timer_unreadable", node, timer=str(value.value)[:100])
        in_sub_process = node.tag == "startEvent" and not node.interrupting
        repeats = in_sub_process or (node.tag == "boundaryEvent" and not node.interrupting)
        starts_process = node.tag == "startEvent" and node.scope.element.tag == bpmn("process")
        if kind == "cycle" and not repeats and not starts_process:
            self.findings.repaired("cycle_happens_once", node)
        return TimerCatching(kind=kind, value=value)

    def thrown_message(self, node: Node, event: EventDefinition | None) -> dict[str, Template]:
        """Return name, correlation key, time to live and id of a message thrown without a job type."""
        if event is None or event.root_element is None or not event.name:
            self.findings.refuse("event_without_name", node, event="message")
            return dict.fromkeys(("name", "correlation_key", "time_to_live", "message_id"), NOTHING)
        kyky = properties(node.element)
        subscription = extension(event.root_element, "subscription")
        declared = subscription.get("correlationKey") if subscription is not None else None
        key = kyky.get("kyky.correlationKey") or declared
        if not key:
            self.findings.refuse("correlation_key_missing", node)
        time_to_live = self.template(kyky.get("kyky.timeToLive"), node)
        if (
            isinstance(time_to_live, Constant)
            and time_to_live.value
            and not is_timer_text("duration", time_to_live.value)
        ):
            self.findings.refuse("timer_unreadable", node, timer=str(time_to_live.value)[:100])
        return {
            "name": self.template(event.name, node),
            "correlation_key": self.template(key, node),
            "time_to_live": time_to_live,
            "message_id": self.template(kyky.get("kyky.messageId"), node),
        }
