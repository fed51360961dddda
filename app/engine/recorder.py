"""What one step did, in the words of the seam."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.seam import (
    CalledProcessEnded,
    DecisionEvaluated,
    ElementEvent,
    FactNoted,
    HistoryEvent,
    InstanceStatus,
    MessageThrown,
    Opened,
    ProcessCalled,
    ScopeClosed,
    SignalThrown,
    Step,
    UserTaskRuled,
    VariableWritten,
    WaitClosed,
    WaitKind,
)

if TYPE_CHECKING:
    from app.engine.scopes import Scopes
    from app.engine.tokens import Token, Wait

KINDS = {
    "u": WaitKind.USER_TASK,
    "j": WaitKind.JOB,
    "t": WaitKind.TIMER,
    "m": WaitKind.MESSAGE,
    "s": WaitKind.SIGNAL,
    "c": WaitKind.CONDITION,
    "i": WaitKind.INCIDENT,
}


class Recorder:
    """Collects waits, history and what was thrown; a wait that opens and closes in one step is not told."""

    def __init__(self) -> None:
        self.opened: dict[int, Opened] = {}
        self.closed: list[WaitClosed] = []
        self.history: list[HistoryEvent] = []
        self.messages: list[MessageThrown] = []
        self.signals: list[SignalThrown] = []
        self.decisions: list[DecisionEvaluated] = []
        self.notes: list[FactNoted] = []
        self.rulings: list[UserTaskRuled] = []
        self.calls: list[ProcessCalled] = []
        self.calls_ended: list[CalledProcessEnded] = []

    def wait_closed(self, wait: Wait, *, completed: bool) -> None:
        """Note the end of a wait."""
        if self.opened.pop(wait.key, None) is None:
            self.closed.append(WaitClosed(key=wait.key, kind=KINDS[wait.kind], completed=completed))

    def element(self, token: Token, event: ElementEvent) -> None:
        """Note that the element instance was activated, completed or terminated."""
        spec = token.task_spec
        self.history.append(
            HistoryEvent(
                element_instance_key=token.id,
                scope_key=token._parent or token.id,  # noqa: SLF001  # SpiffWorkflow's field for the parent's key
                element_id=spec.element_id,
                element_type=spec.element_type,
                event=event,
                called_key=_called_key(token),
            )
        )

    def flow_taken(self, flow_id: str, scope: Token) -> None:
        """Note that a token went along the sequence flow inside the scope."""
        self.history.append(
            HistoryEvent(
                element_instance_key=scope.id,
                scope_key=scope.id,
                element_id=flow_id,
                element_type="sequenceFlow",
                event=ElementEvent.FLOW_TAKEN,
                called_key=_called_key(scope),
            )
        )

    def step(self, state: bytes, status: InstanceStatus, scopes: Scopes, instance_key: int) -> Step:
        """Return everything collected as the step's outcome."""
        return Step(
            state=state,
            status=status,
            opened=tuple(self.opened.values()),
            closed=tuple(self.closed),
            history=tuple(self.history),
            variables=tuple(
                VariableWritten(
                    scope_key=key,
                    name=name,
                    value=value,
                    called_key=None if scopes.processes[key] == instance_key else scopes.processes[key],
                )
                for (key, name), value in scopes.written.items()
            ),
            scopes_closed=tuple(ScopeClosed(scope_key=key) for key in scopes.closed),
            messages=tuple(self.messages),
            signals=tuple(self.signals),
            decisions=tuple(self.decisions),
            notes=tuple(self.notes),
            rulings=tuple(self.rulings),
            calls=tuple(self.calls),
            calls_ended=tuple(self.calls_ended),
        )


def _called_key(token: Token) -> int | None:
    return token.process.id if token.process.is_called else None
