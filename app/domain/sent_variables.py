"""What a program may not send as variables: names that the house keeps for itself, and values that nothing can keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.errors import InvalidInput, Problem

#: read-only contexts of expressions; a variable of the name would hide them
CONTEXT_NAMES = frozenset({"asia", "viite"})
#: ties an instance to a client's case, and messages to its instances
CASE_NAME = "asia_id"
#: as the engine's own limit (app.engine.feel.values)
DEEPEST = 100
LONGEST_NAME = 256
LARGEST_NUMBER = 10**21


def check_variables(variables: Mapping[str, Any], *, may_name_case: bool = False, place: str = "variables") -> None:
    """
    Check names and values of variables that a program sent.

    :raises InvalidInput: a name that is the house's own, data nested too deeply, a number or text that cannot be kept
    """
    problems = []
    for name, value in variables.items():
        reserved = name in CONTEXT_NAMES or (name == CASE_NAME and not may_name_case)
        if reserved or not name or len(name) > LONGEST_NAME:
            problems.append(Problem("reserved_variable", place=place, values={"variable": name[:LONGEST_NAME]}))
        elif not _keepable(value):
            problems.append(Problem("value_not_kept", place=place, values={"variable": name}))
    if problems:
        raise InvalidInput(problems)


def _keepable(value: Any, depth: int = 0) -> bool:
    if depth > DEEPEST:
        return False
    if isinstance(value, dict):
        return all(_keepable(key) and _keepable(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return all(_keepable(item, depth + 1) for item in value)
    if isinstance(value, str):
        # PostgreSQL's JSON has no place for the null character
        return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, bool) or value is None:
        return True
    return bool(-LARGEST_NUMBER < value < LARGEST_NUMBER)
