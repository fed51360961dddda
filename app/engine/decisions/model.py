"""The three things that the rest of the house does with decisions: read, compile, decide."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.errors import BudgetExceeded, ExpressionError, InvalidDecision, NotFound, Problem
from app.engine.decisions.document import parse
from app.engine.decisions.outline import (
    CompiledDecision,
    DecisionModel,
    DecisionOutcome,
    DecisionOutline,
    ModelHead,
)
from app.engine.decisions.program import Program, ReadElement, imported_namespaces, needs, read_program
from app.engine.feel.budget import fresh_budget
from app.engine.feel.language import moment
from app.engine.feel.machine import call, call_with
from app.engine.feel.values import Value, from_state, to_state

_MOST_PROGRAMS = 128
#: all expressions of a model are parsed when it is published or first used: a thousand texts take about a second
_INSPECTION_MILLISECONDS = 5_000


class _Compiled:
    """A model that was read and inspected: kept by the hash of its files."""

    def __init__(self, content_hash: str, program: Program, written: str, names: Mapping[str, frozenset[str]]) -> None:
        self.content_hash = content_hash
        self.program = program
        self.written = written
        self.names = names


class _Kept:
    """The models read last. The lock is made anew in a child: another thread may have held it at the fork."""

    def __init__(self) -> None:
        self.models: OrderedDict[str, _Compiled] = OrderedDict()
        self.lock = threading.Lock()

    def after_fork_in_child(self) -> None:
        self.lock = threading.Lock()


_kept = _Kept()
os.register_at_fork(after_in_child=_kept.after_fork_in_child)


def content_hash(xml: bytes, imports: Sequence[bytes] = ()) -> str:
    """Return the hash that names a model together with the models that it imports."""
    digest = hashlib.sha256()
    for each in (xml, *imports):
        digest.update(len(each).to_bytes(8, "big"))
        digest.update(each)
    return digest.hexdigest()


def read_head(xml: bytes) -> ModelHead:
    """Return the namespace of a DMN file and those it imports. Raises InvalidDecision for malformed or hostile XML."""
    root = parse(xml)
    return ModelHead(namespace=root.get("namespace", ""), imports=imported_namespaces(root))


def read_decisions(xml: bytes, *, imports: Sequence[bytes] = ()) -> DecisionModel:
    """
    Read a DMN file for publishing: DMN 1.1 to 1.5, with the files of the models that it imports.

    Raises InvalidDecision with everything that is wrong, each Problem with the id of its element: malformed or hostile
    XML, FEEL that cannot be parsed, functions that do not exist, references and types that lead nowhere, tables whose
    rows do not fit, circles, and logic that is not FEEL.
    """
    compiled = _compiled(xml, imports)
    program = compiled.program
    problems = [*program.problems, *(problem for element in program.elements.values() for problem in element.problems)]
    if problems:
        raise InvalidDecision(problems)
    own = [element for element in program.elements.values() if element.written["model"] == program.namespace]
    return DecisionModel(
        content_hash=compiled.content_hash,
        namespace=program.namespace,
        name=program.name,
        decisions=tuple(_outline(each, compiled) for each in own if each.written["kind"] == "decision"),
        services=tuple(_outline(each, compiled) for each in own if each.written["kind"] == "service"),
    )


def compile_decision(xml: bytes, decision_id: str, *, imports: Sequence[bytes] = ()) -> CompiledDecision:
    """
    Make one decision, decision service or business knowledge model ready; models are kept by their content hash.

    Raises NotFound when the model has no such decision and InvalidDecision when something that it needs is wrong;
    what is wrong elsewhere in the model does not matter here.
    """
    compiled = _compiled(xml, imports)
    program = compiled.program
    key = program.key(decision_id)
    element = program.elements.get(key)
    if element is None or element.written["kind"] == "inputData":
        raise NotFound("decision", decision_id)
    needed = program.closure(key)
    if problems := [problem for each in needed for problem in program.elements[each].problems]:
        raise InvalidDecision(problems)
    return CompiledDecision(
        decision_id=decision_id,
        name=element.name,
        content_hash=compiled.content_hash,
        required_inputs=_inputs(program, element, needed),
        key=key,
        program=compiled.written,
    )


def decide(decision: CompiledDecision, context: Mapping[str, Value], *, now: datetime) -> DecisionOutcome:
    """
    Evaluate a decision and everything that it requires, in one call into V8.

    Names of the context that the model declares as input data are seen where they are required; other names (variables
    of a process, `asia`, `viite`) are seen everywhere. Raises ExpressionError with the id of the element that failed:
    decision_hit_policy (rules contradict each other), decision_input (a value of another type or not allowed),
    feel_types (a date compared with a text)...; and BudgetExceeded.
    """
    request = {
        **moment(now),
        "hash": decision.content_hash,
        "decision": decision.key,
        "context": to_state(dict(context)),
    }
    answer = json.loads(call_with("decide", json.dumps(request), lambda: _load(decision)))
    if "code" in answer:
        raise ExpressionError(answer["code"], answer["message"], element_id=answer["element"])
    inputs = {name: context.get(name) for name in decision.required_inputs} | from_state(answer["i"])
    return DecisionOutcome(
        output=from_state(answer["v"]),
        matched_rules=tuple((element_id, rule) for element_id, rule in answer["m"]),
        inputs=inputs,
    )


def _load(decision: CompiledDecision) -> tuple[str, str]:
    return "load", json.dumps({"hash": decision.content_hash, "program": json.loads(decision.program)})


def _compiled(xml: bytes, imports: Sequence[bytes]) -> _Compiled:
    digest = content_hash(xml, imports)
    with _kept.lock:
        if digest in _kept.models:
            _kept.models.move_to_end(digest)
            return _kept.models[digest]
    compiled = _compile(digest, read_program(parse(xml), [parse(each) for each in imports]))
    with _kept.lock:
        _kept.models[digest] = compiled
        while len(_kept.models) > _MOST_PROGRAMS:
            _kept.models.popitem(last=False)
    return compiled


def _compile(digest: str, program: Program) -> _Compiled:
    written = json.dumps(program.written())
    try:
        with fresh_budget(milliseconds=_INSPECTION_MILLISECONDS):
            found: dict[str, Any] = json.loads(call("inspect", written))
    except BudgetExceeded:
        raise InvalidDecision([Problem("decision_too_complex")]) from None
    for key, element in program.elements.items():
        element.problems.extend(_problem(element, each) for each in found[key]["problems"])
    return _Compiled(digest, program, written, {key: frozenset(each["names"]) for key, each in found.items()})


def _problem(element: ReadElement, found: Mapping[str, str]) -> Problem:
    values = {"text": found["text"][:200], "type": found["text"][:200], "message": found["message"]}
    return Problem(f"decision_{found['code']}", element.written["id"], element.name["fi"], values)


def _inputs(program: Program, element: ReadElement, needed: Sequence[str]) -> tuple[str, ...]:
    if element.written["kind"] == "service":
        # a service is asked for what it declares, whatever lies behind its input decisions
        asked = (*element.written["inputs"], *element.written["inputDecisions"])
        return tuple(program.elements[key].written["name"] for key in asked if key in program.elements)
    kinds = [program.elements[key].written for key in needed]
    return tuple(dict.fromkeys(written["name"] for written in kinds if written["kind"] == "inputData"))


def _outline(element: ReadElement, compiled: _Compiled) -> DecisionOutline:
    program = compiled.program
    written = element.written
    needed = program.closure(element.key)
    logic = written["logic"] or {"kind": "decisionService" if written["kind"] == "service" else ""}
    required = (program.elements[key].written for key in needs(written))
    return DecisionOutline(
        decision_id=written["id"],
        name=element.name,
        kind=logic["kind"],
        required_inputs=_inputs(program, element, needed),
        required_decisions=tuple(each["id"] for each in required if each["kind"] == "decision"),
        hit_policy=logic.get("hitPolicy", ""),
        references=frozenset().union(*(compiled.names[key] for key in needed)),
        properties=element.properties,
        version_tag=element.version_tag,
    )
