"""Try what is drafted: a table with values, a form as people will see it; nothing is published, stored or looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.actor import Actor
from app.domain.errors import EngineFault, InvalidDecision, InvalidFormDefinition, Problem
from app.domain.forms import FormDefinition
from app.engine.decisions import compile_decision, decide, read_decisions
from app.engine.feel import to_json
from app.engine.forms import Around, read_form
from app.published import around_form, contexts
from app.publishing import imports_of
from app.queries.studio import ensure_may_look
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a drafted decision answers to values: `matched` are rule numbers from 1, `failure` a code of incidents."""

    inputs: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    output: object = None
    matched: tuple[int, ...] = ()
    failure: str = ""


def try_decision(
    uow: UnitOfWork,
    *,
    content: bytes,
    decision_id: str,
    values: Mapping[str, Any] | None,
    actor: Actor,
    now: datetime,
) -> Tried:
    """
    Evaluate a decision that need not be published, with nothing but the values; None = only say what it asks for.

    Reference data holds as everywhere in no area of its own; facts of a case are unknown.

    :raises NotAllowed: not a process owner
    """
    ensure_may_look(actor)
    try:
        imports = tuple(imports_of(uow, content, given={}).values())
        model = read_decisions(content, imports=imports)
        outlines = (*model.decisions, *model.services)
        outline = next(each for each in outlines if each.decision_id == decision_id)
    except InvalidDecision as error:
        return Tried(inputs=(), problems=error.problems)
    except StopIteration:
        return Tried(inputs=(), problems=(Problem("decision_reference", values={"reference": decision_id}),))
    if values is None:
        return Tried(inputs=outline.required_inputs)
    around = contexts(uow, outline.references, case_key=None, area_id="", now=now)
    try:
        outcome = decide(compile_decision(content, decision_id, imports=imports), {**around, **values}, now=now)
    except EngineFault as fault:
        return Tried(inputs=outline.required_inputs, failure=fault.code)
    return Tried(
        inputs=outline.required_inputs,
        output=to_json(outcome.output),
        matched=tuple(rule for element_id, rule in outcome.matched_rules if element_id == decision_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPreview:
    """A form that can be read, and what it needs from outside to be shown."""

    form: FormDefinition
    around: Around


def preview_form(uow: UnitOfWork, *, content: bytes, actor: Actor, now: datetime) -> FormPreview | None:
    """Return the form as it would be shown; None where it cannot be read. :raises NotAllowed: not a process owner"""
    ensure_may_look(actor)
    try:
        form = read_form(content)
    except InvalidFormDefinition:
        return None
    return FormPreview(form=form, around=around_form(uow, form, case_key=None, area_id="", now=now))
