"""Ask a published decision, with nothing but the values given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.errors import EngineFault, NotFound
from app.domain.searching import Condition, Operator, Search
from app.engine.decisions import compile_decision, decide
from app.engine.feel import to_json
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What the decision answered, or why it could not; `output` is plain JSON."""

    definition: Mapping[str, Any]
    output: Any
    inputs: Mapping[str, Any]
    matched_rules: tuple[tuple[str, int], ...]
    failed_id: str | None = None
    failure: EngineFault | None = None


def evaluate_decision(
    uow: UnitOfWork, *, key: int | None, decision_id: str, variables: Mapping[str, Any], now: datetime
) -> Evaluated:
    """
    Evaluate the version of the key, else the newest of the id. Facts of cases and reference data are not looked at.

    :raises NotFound: no such decision
    """
    wanted = (
        (Condition("decisionDefinitionKey", Operator.EQUAL, key),)
        if key is not None
        else (
            Condition("decisionDefinitionId", Operator.EQUAL, decision_id),
            Condition("isLatestVersion", Operator.EQUAL, value=True),
        )
    )
    found = uow.api_searches.decision_definitions(Search(conditions=wanted, limit=1))
    if not found.rows:
        raise NotFound("decision definition", key or decision_id)
    definition = found.rows[0]
    decision = compile_decision(
        uow.definitions.decision_xml(definition["key"]),
        definition["decision_id"],
        imports=uow.decision_models.imports_of(definition["key"]),
    )
    try:
        outcome = decide(decision, variables, now=now)
    except EngineFault as fault:
        return Evaluated(
            definition=definition,
            output=None,
            inputs={},
            matched_rules=(),
            failed_id=fault.element_id or definition["decision_id"],
            failure=fault,
        )
    return Evaluated(
        definition=definition,
        output=to_json(outcome.output),
        inputs={name: to_json(value) for name, value in outcome.inputs.items()},
        matched_rules=outcome.matched_rules,
    )
