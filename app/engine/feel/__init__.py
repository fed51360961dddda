"""FEEL, the one expression language of diagrams, decisions and forms, run by feelin in an embedded V8."""

from app.engine.feel.budget import Budget, budget
from app.engine.feel.language import Answer, Ask, Kind, check, evaluate, evaluate_one
from app.engine.feel.machine import warm_up
from app.engine.feel.values import HELSINKI, Value, YearsMonths, from_state, to_json, to_state

__all__ = [
    "HELSINKI",
    "Answer",
    "Ask",
    "Budget",
    "Kind",
    "Value",
    "YearsMonths",
    "budget",
    "check",
    "evaluate",
    "evaluate_one",
    "from_state",
    "to_json",
    "to_state",
    "warm_up",
]
