"""Which conditional start events of a process hold for given variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine import feel
from app.engine.dialect.conditions import holds

if TYPE_CHECKING:
    from app.engine.diagrams import CompiledProcess
    from app.engine.seam import Surroundings, Variables


def starts_that_hold(process: CompiledProcess, *, variables: Variables, surroundings: Surroundings) -> tuple[str, ...]:
    """
    Return the ids of the start events one of whose conditions is true for the variables and the read-only contexts.

    :raises EngineFault: a condition fails or is neither true nor false nor null
    """
    conditions = process.spec.start_conditions
    asked = [condition for _, condition in conditions]
    context = {**variables, **surroundings.contexts}
    answers = feel.evaluate([feel.Ask(each.text) for each in asked], [context], now=surroundings.now)
    found: dict[str, None] = {}
    for (element_id, _), answer in zip(conditions, answers, strict=True):
        if answer.error is not None:
            raise answer.error
        if holds(answer.value):
            found[element_id] = None
    return tuple(found)
