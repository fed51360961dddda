"""Conditional events: they happen when their condition becomes true, and it is looked at when variables change."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.errors import EngineFault, ExpressionError
from app.engine.expressions import CONTEXTS, Expression, Template
from app.engine.seam import ConditionAwaited, ConditionMet, Value
from app.engine.tokens import Phase, Token, Wait

if TYPE_CHECKING:
    from app.engine.dialect.catching import Opening

#: what a wait knows of its condition: it has become true and the event has yet to happen; it has happened and the
#: condition has been true since. Else it is not true.
DUE, HELD = "due", "held"


@dataclass(frozen=True, slots=True)
class ConditionCatching:
    """
    A condition over variables becomes true. It has to become false before it can happen again (clause 10.5.2).

    `names` are the variables whose writing has the condition looked at; none stands for those that it names.
    """

    condition: Expression
    names: frozenset[str] = frozenset()

    @property
    def asks(self) -> tuple[Template, ...]:
        return (self.condition,)

    def work_out(self, values: Sequence[Value], now: datetime) -> Opening:  # noqa: ARG002
        note = DUE if holds(values[0]) else ""

        def open_wait(token: Token, element_id: str, *, interrupting: bool, part: int = 0) -> None:  # noqa: ARG001
            key = token.workflow.surroundings.new_key()
            wait = Wait(key=key, kind="c", element=element_id, note=note, part=part)
            opened = ConditionAwaited(key=key, element_instance_key=token.id, element_id=element_id)
            token.workflow.open_wait(token, wait, opened)

        return open_wait

    def is_about(self, changed: AbstractSet[str] | None) -> bool:
        """Return whether the condition may be another one after these names were written (None: after anything)."""
        if changed is None:
            return True
        # the read-only contexts are of another instant in each step, whatever the diagram says of variables
        watched = (self.names | (self.condition.roots & CONTEXTS)) if self.names else self.condition.roots
        return not watched.isdisjoint(changed)


def holds(value: Value) -> bool:
    """
    Return whether a condition is true; one over variables that are not there yet is null, and not true.

    :raises ExpressionError: neither true nor false nor null
    """
    if value is not None and not isinstance(value, bool):
        raise ExpressionError("event_condition_value", "the condition of an event is neither true nor false")
    return value is True


def is_due(token: Token, element_id: str) -> bool:
    """Return whether the condition that the element waits for is true already."""
    return any(wait.kind == "c" and wait.note == DUE and wait.element == element_id for wait in token.waits)


def look(token: Token, changed: AbstractSet[str] | None) -> None:
    """Look at the conditions that the token waits for and that are about the names, and let happen what is due."""
    instance = token.workflow
    asked = [
        (wait, catching)
        for wait in token.waits
        if wait.kind == "c" and (catching := token.task_spec.condition_of(wait)).is_about(changed)
    ]
    answers = instance.answers(instance.scope_of(token), [catching.condition for _, catching in asked]) if asked else []
    for (wait, _), answer in zip(asked, answers, strict=True):
        try:
            if answer.error is not None:
                raise answer.error
            is_true = holds(answer.value)
        except EngineFault as fault:
            _report(token, fault)
        else:
            wait.note = (wait.note or DUE) if is_true else ""
    happen(token)


def happen(token: Token) -> None:
    """Let the conditional events at the token happen that are due; one that interrupts may end the token itself."""
    for wait in list(token.waits):
        if wait.kind == "c" and wait.note == DUE and wait in token.waits and token.id in token.workflow.tasks:
            wait.note = HELD
            token.task_spec.triggered(token, wait, ConditionMet(key=wait.key))


def _report(token: Token, fault: EngineFault) -> None:
    """Open an incident for a condition that failed, once, however often variables change after that."""
    if not any(wait.kind == "i" and wait.note == Phase.WATCH for wait in token.waits):
        token.workflow.open_incident(token, fault.code, fault.message, Phase.WATCH)
