"""What may trigger an event, and what it needs to say of it (BPMN 2.0.2 clause 10.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.checks.standard.model import Model, is_true, process_of, scope_of
from app.engine.rules import TAKES_IN
from app.engine.vocabulary import (
    AWAITED,
    EVENT_DEFINITIONS,
    KINDS_OF_EVENTS,
    OF_NOTHING,
    STARTS_OF_EVENT_SUB_PROCESSES,
    bpmn,
    extension,
    local_name,
    properties,
    text_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_TIMES = ("timeDate", "timeDuration", "timeCycle")
#: those that end what they are attached to, or are handled after it has ended
_MUST_INTERRUPT = frozenset({"error", "cancel"})


def check_events(model: Model) -> None:
    """Warn of events whose kind is not allowed there, or that do not say what they wait for."""
    for event in model.of("startEvent"):
        _check_start(model, event)
    for name, allowed in KINDS_OF_EVENTS.items():
        for event in model.of(name):
            _check_kinds(model, event, allowed)
    for event in model.of("boundaryEvent"):
        _check_boundary(model, event)
    for sub_process in model.of("subProcess"):
        taken_in = TAKES_IN in properties(sub_process)
        one_start = taken_in or len(sub_process.findall(bpmn("startEvent"))) == 1
        if is_true(sub_process, "triggeredByEvent") and not one_start:
            model.warn("event_sub_process_needs_one_start", sub_process)
    for name in EVENT_DEFINITIONS:
        for definition in model.of(name):
            _check_definition(model, definition)


def _kinds(model: Model, event: _Element) -> list[str]:
    found = [EVENT_DEFINITIONS[name] for each in event if (name := local_name(each)) in EVENT_DEFINITIONS]
    for reference in event.findall(bpmn("eventDefinitionRef")):
        definition = model.by_id.get(text_of(reference).rpartition(":")[2])
        if definition is not None and local_name(definition) in EVENT_DEFINITIONS:
            found.append(EVENT_DEFINITIONS[local_name(definition)])
    return found


def _check_kinds(model: Model, event: _Element, allowed: frozenset[str]) -> None:
    kinds = _kinds(model, event)
    for kind in kinds:
        if kind not in allowed:
            model.warn("event_not_allowed", event, event=kind)
    if not kinds and local_name(event) in KINDS_OF_EVENTS.keys() - OF_NOTHING:
        model.warn("event_not_allowed", event, event="none")
    if is_true(event, "parallelMultiple") and len(kinds) < 2:
        model.warn("parallel_multiple_alone", event)
    around = scope_of(event)
    if "cancel" in kinds and local_name(event) == "endEvent":
        # directly in the transaction, or in a sub-process of it
        inside = [each for each in event.iterancestors() if local_name(each) == "transaction"]
        if not inside or around is None:
            model.warn("cancel_outside_transaction", event)


def _check_start(model: Model, event: _Element) -> None:
    around = scope_of(event)
    if around is None:
        return
    if is_true(around, "triggeredByEvent"):
        allowed = STARTS_OF_EVENT_SUB_PROCESSES
        if not _kinds(model, event):
            model.warn("event_not_allowed", event, event="none")
    else:
        allowed = AWAITED if local_name(around) in {"process", "choreography"} else frozenset()
    _check_kinds(model, event, allowed)
    interrupting = event.get("isInterrupting", "true").strip() not in {"false", "0"}
    if not interrupting and (
        not is_true(around, "triggeredByEvent") or {"error", "compensation"} & set(_kinds(model, event))
    ):
        model.warn("must_interrupt", event)


def _check_boundary(model: Model, event: _Element) -> None:
    kinds = _kinds(model, event)
    if event.get("cancelActivity", "true").strip() in {"false", "0"} and _MUST_INTERRUPT & set(kinds):
        model.warn("must_interrupt", event)
    activity = model.referred(event, "attachedToRef")
    if "cancel" in kinds and activity is not None and local_name(activity) != "transaction":
        model.warn("cancel_outside_transaction", event)


def _check_definition(model: Model, definition: _Element) -> None:
    """An event of a process that is to run says what it waits for or throws."""
    kind = EVENT_DEFINITIONS[local_name(definition)]
    process = process_of(definition)
    runs = process is not None and is_true(process, "isExecutable")
    given = [each for name in _TIMES if (each := definition.find(bpmn(name))) is not None]
    if kind == "timer" and (len(given) > 1 or (runs and not given)):
        model.warn("event_incomplete", definition, event=kind)
    if kind == "conditional" and definition.find(bpmn("condition")) is None:
        model.warn("event_incomplete", definition, event=kind)
    if not runs:
        return
    holder = definition.getparent()
    throws = holder is not None and local_name(holder) in {"endEvent", "intermediateThrowEvent"}
    if holder is not None and extension(holder, "taskDefinition") is not None:
        # a job sends it
        return
    if kind in {"message", "signal"} and not definition.get(f"{kind}Ref"):
        model.warn("event_incomplete", definition, event=kind)
    if kind in {"error", "escalation"} and throws:
        code = model.referred(definition, f"{kind}Ref")
        if code is None or not code.get(f"{kind}Code"):
            model.warn("event_incomplete", definition, event=kind)
