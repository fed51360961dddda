"""Published versions of decisions, and asking them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from app.domain.errors import InvalidInput, Problem
from app.queries.api_reads import find_decision_definitions, get_decision_definition, get_decision_xml
from app.queries.evaluate_decision import Evaluated, evaluate_decision
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body, Results, SearchBody
from app.web.api.routing import Call, Route
from app.web.api.texts import said
from app.web.shell import now


class DecisionDefinitionFilter(Body):
    """Which published versions."""

    decision_definition_key: bodies.KeyText | UnsetType = UNSET
    decision_definition_id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    version: int | UnsetType = UNSET
    is_latest_version: bodies.Flag = UNSET
    tenant_id: str | UnsetType = UNSET


class DecisionDefinitionSearch(SearchBody):
    """A search of published decisions."""

    filter: DecisionDefinitionFilter = msgspec.field(default_factory=DecisionDefinitionFilter)


class DecisionDefinition(Answer):
    """A published version of a decision."""

    decision_definition_key: str
    decision_definition_id: str
    decision_requirements_id: str
    decision_requirements_key: str
    decision_requirements_name: str
    decision_requirements_version: int
    name: str
    version: int
    tenant_id: str = TENANT


def search_decision_definitions(call: Call) -> Results[DecisionDefinition]:
    """Search published decisions."""
    body: DecisionDefinitionSearch = call.body
    search = bodies.read_search(body, found=bodies.conditions(body.filter))
    found = call.read(lambda uow, _: find_decision_definitions(uow, search=search))
    return bodies.results(found, _decision_definition)


def show_decision_definition(call: Call) -> DecisionDefinition:
    """Show a published decision."""
    return _decision_definition(call.read(lambda uow, _: get_decision_definition(uow, key=call.key)))


def show_decision_xml(call: Call) -> bytes:
    """Show a DMN file."""
    return call.read(lambda uow, _: get_decision_xml(uow, key=call.key))


def _decision_definition(row: Mapping[str, Any]) -> DecisionDefinition:
    named = requirements_id(row["resource_name"])
    return DecisionDefinition(
        decision_definition_key=str(row["key"]),
        decision_definition_id=row["decision_id"],
        decision_requirements_id=named,
        decision_requirements_key=requirements_key(row["content_hash"]),
        decision_requirements_name=named,
        decision_requirements_version=row["version"],
        name=said(row["name"], row["decision_id"]),
        version=row["version"],
    )


class Evaluation(Body):
    """Which decision, by id (its newest version) or by key, and the values that it is asked with."""

    decision_definition_id: str = ""
    decision_definition_key: bodies.KeyText | UnsetType = UNSET
    variables: bodies.Variables = {}
    tenant_id: bodies.Tenant = TENANT


class EvaluatedInput(Answer):
    """An input, its value as JSON text."""

    input_id: str
    input_name: str
    input_value: str


class MatchedRule(Answer):
    """A rule that matched; its number is counted from 1."""

    rule_id: str
    rule_index: int
    evaluated_outputs: list[None] = []


class EvaluatedDecision(Answer):
    """A decision that took part."""

    decision_definition_id: str
    decision_definition_key: str
    decision_definition_name: str
    decision_definition_version: int
    decision_definition_type: str
    decision_evaluation_instance_key: str
    output: str
    matched_rules: list[MatchedRule]
    evaluated_inputs: list[EvaluatedInput]
    tenant_id: str = TENANT


class EvaluationAnswer(Answer):
    """What the decision answered as JSON text, or why it could not. Nothing is kept, so the keys lead nowhere."""

    decision_definition_id: str
    decision_definition_key: str
    decision_definition_name: str
    decision_definition_version: int
    decision_requirements_id: str
    decision_requirements_key: str
    decision_evaluation_key: str
    decision_instance_key: str
    output: str
    evaluated_decisions: list[EvaluatedDecision]
    failed_decision_definition_id: str | None
    failure_message: str | None
    tenant_id: str = TENANT


def evaluate(call: Call) -> Any:
    """Evaluate a decision."""
    body: Evaluation = call.body
    key = None if body.decision_definition_key is UNSET else bodies.key_number(body.decision_definition_key)
    if (key is None) == (not body.decision_definition_id):
        raise InvalidInput([Problem("id_or_key", place="decisionDefinitionId")])
    bodies.check_values(body.variables)
    answer = call.read(
        lambda uow, _: evaluate_decision(
            uow, key=key, decision_id=body.decision_definition_id, variables=body.variables, now=now()
        )
    )
    return _evaluation(answer)


def _evaluation(answer: Evaluated) -> EvaluationAnswer:
    line = _decision_definition(answer.definition)
    output = msgspec.json.encode(answer.output).decode()
    rules_of: dict[str, list[MatchedRule]] = {line.decision_definition_id: []}
    for decision_id, number in answer.matched_rules:
        rules_of.setdefault(decision_id, []).append(MatchedRule(rule_id=f"{decision_id}_{number}", rule_index=number))
    decisions = [
        EvaluatedDecision(
            decision_definition_id=decision_id,
            decision_definition_key=line.decision_definition_key,
            decision_definition_name=line.name if decision_id == line.decision_definition_id else decision_id,
            decision_definition_version=line.version,
            decision_definition_type="DECISION_TABLE" if matched else "UNSPECIFIED",
            decision_evaluation_instance_key=f"{line.decision_definition_key}-{place}",
            output=output if decision_id == line.decision_definition_id else "null",
            matched_rules=matched,
            evaluated_inputs=[
                EvaluatedInput(input_id=name, input_name=name, input_value=msgspec.json.encode(value).decode())
                for name, value in answer.inputs.items()
            ]
            if decision_id == line.decision_definition_id
            else [],
        )
        for place, (decision_id, matched) in enumerate(rules_of.items(), start=1)
    ]
    return EvaluationAnswer(
        decision_definition_id=line.decision_definition_id,
        decision_definition_key=line.decision_definition_key,
        decision_definition_name=line.name,
        decision_definition_version=line.version,
        decision_requirements_id=line.decision_requirements_id,
        decision_requirements_key=line.decision_requirements_key,
        decision_evaluation_key=line.decision_definition_key,
        decision_instance_key=line.decision_definition_key,
        output=output,
        evaluated_decisions=[] if answer.failure else decisions,
        failed_decision_definition_id=answer.failed_id,
        failure_message=None if answer.failure is None else f"{answer.failure.code}: {answer.failure.message}",
    )


def requirements_id(resource_name: str) -> str:
    """Return by what a DMN file is called: its name without the ending."""
    return PurePosixPath(resource_name).stem


def requirements_key(content_hash: str) -> str:
    """Return the key of a DMN file: 63 bits of its content's hash, so that the same file has the same key."""
    return str(int(hashlib.sha256(content_hash.encode()).hexdigest()[:16], 16) >> 1 or 1)


_ONE = "/v2/decision-definitions/{decisionDefinitionKey}"
ROUTES = (
    Route(
        method="POST",
        path="/v2/decision-definitions/search",
        operation="search_decision_definitions",
        summary="Search published versions of decisions",
        rule=rules.DEFINITIONS,
        view=search_decision_definitions,
        takes=DecisionDefinitionSearch,
        body_optional=True,
        gives=Results[DecisionDefinition],
    ),
    Route(
        method="GET",
        path=_ONE,
        operation="get_decision_definition",
        summary="A published version of a decision",
        rule=rules.DEFINITIONS,
        view=show_decision_definition,
        gives=DecisionDefinition,
        errors=(404,),
    ),
    Route(
        method="GET",
        path=f"{_ONE}/xml",
        operation="get_decision_definition_xml",
        summary="The DMN file, byte for byte as it was published",
        rule=rules.DEFINITIONS,
        view=show_decision_xml,
        gives=str,
        media="text/xml",
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/v2/decision-definitions/evaluation",
        operation="evaluate_decision",
        summary="Ask a decision with the values sent; nothing is kept, facts of cases are not looked at",
        rule=rules.DECISIONS,
        view=evaluate,
        takes=Evaluation,
        gives=EvaluationAnswer,
        errors=(404,),
    ),
)
