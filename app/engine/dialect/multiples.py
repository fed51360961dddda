"""Events with several definitions: any one of them lets the event happen, or all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.engine.expressions import Template
from app.engine.feel.values import from_state
from app.engine.scopes import storable
from app.engine.seam import Trigger, Value, Variables
from app.engine.tokens import Token, Wait

if TYPE_CHECKING:
    from app.engine.dialect.catching import Catching, Opening


@dataclass(frozen=True, slots=True)
class MultipleCatching:
    """
    Several things that an event waits for: one of them is enough, or (`parallel`) all have to happen (clause 10.5.5).

    What has happened of those that need all stays with the token (`m`): by event which definitions, and what they
    brought. Where the event may happen again, beside an element, their waits stay open, and a repeated one counts once.
    """

    parts: tuple[Catching, ...]
    parallel: bool

    @property
    def asks(self) -> tuple[Template, ...]:
        return tuple(ask for part in self.parts for ask in part.asks)

    def work_out(self, values: Sequence[Value], now: datetime) -> Opening:
        openings = []
        position = 0
        for catching in self.parts:
            count = len(catching.asks)
            openings.append(catching.work_out(values[position : position + count], now))
            position += count

        def open_waits(token: Token, element_id: str, *, interrupting: bool, part: int = 0) -> None:  # noqa: ARG001
            for number, opening in enumerate(openings):
                opening(token, element_id, interrupting=interrupting and not self.parallel, part=number)

        return open_waits


def gather(token: Token, catching: Catching, wait: Wait, trigger: Trigger) -> Variables | None:
    """Return what an event has brought; None where it needs several things to happen and some are still missing."""
    brought: Variables = getattr(trigger, "variables", {})
    if not isinstance(catching, MultipleCatching) or not catching.parallel:
        return brought
    all_gathered = token.internal_data.setdefault("m", {})
    parts, variables = all_gathered.get(wait.element, ([], {}))
    parts = sorted({*parts, wait.part})
    variables = {**variables, **storable(dict(brought))}
    if len(parts) < len(catching.parts):
        all_gathered[wait.element] = [parts, variables]
        return None
    all_gathered.pop(wait.element, None)
    return dict(from_state(variables))
