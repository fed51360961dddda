"""What a DMN model says of itself, and what a decision answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.localized import LocalizedText
from app.engine.feel.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOutline:
    """
    One decision of a model, for publishing, pages and the API.

    `required_inputs` are the names of the input data that the decision needs, through its required decisions too;
    `required_decisions` the ids of the decisions directly below. `kind` is the XML name of its logic: decisionTable,
    literalExpression, context, invocation...; empty for a decision without logic.
    """

    decision_id: str
    name: LocalizedText
    kind: str
    required_inputs: tuple[str, ...] = ()
    required_decisions: tuple[str, ...] = ()
    hit_policy: str = ""
    #: names of the read-only contexts and variables that the logic reads, dotted: "asia.ika"
    references: frozenset[str] = frozenset()
    properties: Mapping[str, str] = field(default_factory=dict)
    #: a name that the process owner gives to a version ("" none), by which a rule task may ask for it
    version_tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHead:
    """What a DMN file says of itself before it is read: its namespace, and those of the models that it imports."""

    namespace: str
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionModel:
    """A DMN file that can be published."""

    content_hash: str
    namespace: str
    name: str
    decisions: tuple[DecisionOutline, ...]
    #: the decision services, published and evaluated like decisions; they ask for their inputs and input decisions
    services: tuple[DecisionOutline, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledDecision:
    """A decision ready for evaluation: `key` names it in `program`, which V8 loads once for each isolate."""

    decision_id: str
    name: LocalizedText
    content_hash: str
    required_inputs: tuple[str, ...] = ()
    key: str = ""
    program: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOutcome:
    """
    What a decision answered, and why.

    `matched_rules` holds (decision id, rule number from 1) for every rule that matched, required tables first.
    `inputs` holds the given values of the input data that the decision requires, null where nothing was given.
    """

    output: Value
    matched_rules: tuple[tuple[str, int], ...]
    inputs: Mapping[str, Value]
