"""Decisions: DMN 1.1 to 1.5 models read defensively, checked at publishing and evaluated in one call."""

from app.engine.decisions.model import compile_decision, decide, read_decisions, read_head
from app.engine.decisions.outline import CompiledDecision, DecisionModel, DecisionOutcome, DecisionOutline, ModelHead

__all__ = [
    "CompiledDecision",
    "DecisionModel",
    "DecisionOutcome",
    "DecisionOutline",
    "ModelHead",
    "compile_decision",
    "decide",
    "read_decisions",
    "read_head",
]
