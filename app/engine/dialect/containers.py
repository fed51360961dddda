"""Elements with elements inside: the process, sub-processes and event sub-processes."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.dialect.cancelling import CANCELLED
from app.engine.dialect.catching import start_event
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.facts import Facts
from app.engine.seam import Value
from app.engine.specs import ProcessSpec
from app.engine.tokens import Phase, Token

#: what history calls a sub-process that an event starts
EVENT_SUB_PROCESS = "eventSubProcess"


class ContainerSpec(ElementSpec):
    """A process, an embedded sub-process or an event sub-process; over when nothing inside is left."""

    is_container = True

    def __init__(self, process: ProcessSpec, facts: Facts, *, starts: tuple[str, ...], spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.starts = starts
        self.is_process = facts.element_type == "process"
        self.is_event_sub_process = facts.element_type == EVENT_SUB_PROCESS

    def enter(self, token: Token) -> bool | None:
        """Open the scope of the variables inside, then begin."""
        instance = token.workflow
        if not self.is_process:
            instance.scopes.open(token.id, parent=instance.scope_of(token.container), kind="p")
        return super().enter(token)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:  # noqa: ARG002
        """Put tokens on the starts: the one chosen, else all; an event sub-process hands on what its event brought."""
        chosen = token.internal_data.pop("start", None)
        data = {name: token.internal_data.pop(name) for name in ("event", "chosen") if name in token.internal_data}
        for start in [chosen] if chosen else self.starts:
            token.workflow.spawn(self.process.element(start), token, **data)
        return None

    def child_finished(self, token: Token, child: Token) -> None:  # noqa: ARG002
        """Come to the end when the last token inside is gone."""
        held_up = any(wait.kind == "i" and wait.note != Phase.WATCH for wait in token.waits)
        if CANCELLED in token.internal_data and not token._children:  # noqa: SLF001
            start_event(token, self.cancel_event, event_sub_process="", interrupting=True, variables={})
        elif not token._children and not held_up:  # noqa: SLF001
            token.workflow.finish(token)
