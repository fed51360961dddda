"""Start, catch, boundary, throw and end events, and receive tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.errors import EngineFault
from app.engine.dialect.catching import Catching, text_value
from app.engine.dialect.conditions import happen, is_due
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.facts import Facts
from app.engine.dialect.multiples import MultipleCatching, gather
from app.engine.expressions import Template
from app.engine.feel.values import from_state
from app.engine.propagation import broadcast, throw
from app.engine.seam import MessageThrown, SignalThrown, Trigger, Value
from app.engine.specs import ProcessSpec
from app.engine.timers import to_interval
from app.engine.tokens import Token, Wait

#: how long a thrown message waits for somebody to receive it where the diagram does not say
NORMAL_TIME_TO_LIVE = timedelta(days=30)


class CatchSpec(ElementSpec):
    """
    An event or receive task that waits for the outside; start and boundary events have happened when they begin.

    A token that comes with an event (`event` in its data) takes what the event brought and goes on.
    """

    def __init__(
        self, process: ProcessSpec, facts: Facts, *, catching: Catching | None = None, spec_name: str = ""
    ) -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.catching = catching
        self.opens_first = catching is not None
        self.asks = catching.asks if catching is not None else ()

    def begin(self, token: Token) -> bool | None:
        """Wait for the event; take what it brought where it has happened already."""
        if self.catching is not None and "event" not in token.internal_data:
            return super().begin(token)
        brought = token.internal_data.pop("event", None)
        if brought:
            token.workflow.take_result(token, from_state(brought))
        return self.start_behaving(token, ())

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Open the wait, unless the event has happened already."""
        if self.catching is None or not values:
            return True
        opening = self.catching.work_out(values, token.workflow.surroundings.now)
        opening(token, self.element_id, interrupting=True)
        if not is_due(token, self.element_id):
            return None
        if isinstance(self.catching, MultipleCatching) and self.catching.parallel:
            # the conditions that hold already have happened; the last of all completes the event
            happen(token)
            return None
        return True

    def completed_by(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Take what the event brought, where nothing else has to happen too."""
        if wait.kind in {"j", "i"} or self.catching is None:
            super().completed_by(token, wait, trigger)
            return
        brought = gather(token, self.catching, wait, trigger)
        token.workflow.close_wait(token, wait, completed=True)
        if brought is not None:
            token.workflow.take_result(token, brought)
            token.workflow.finish(token)

    def catching_of(self, wait: Wait) -> Catching:
        """Return what the element itself waits for, or an event on it."""
        if self.catching is not None and wait.element == self.element_id:
            return self.catching
        return super().catching_of(wait)


class MessageThrowSpec(ElementSpec):
    """A send task, throw or end event whose message stays inside the product; its variables are the input mappings."""

    def __init__(
        self,
        process: ProcessSpec,
        facts: Facts,
        *,
        name: Template,
        correlation_key: Template,
        time_to_live: Template,
        message_id: Template,
        spec_name: str = "",
    ) -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.asks = (name, correlation_key, time_to_live, message_id)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Throw the message."""
        name, correlation_key, time_to_live, message_id = values
        instance = token.workflow
        instance.recorder.messages.append(
            MessageThrown(
                element_id=self.element_id,
                element_instance_key=token.id,
                name=text_value(name, "message_name"),
                correlation_key=text_value(correlation_key, "correlation_key"),
                variables=instance.scopes.here(token.id) if self.input_mappings else {},
                time_to_live=_to_live(time_to_live, instance.surroundings.now),
                message_id="" if message_id is None else text_value(message_id, "message_id"),
            )
        )
        return True


def _to_live(value: Value, now: datetime) -> timedelta:
    return NORMAL_TIME_TO_LIVE if value is None else to_interval(value).after(now) - now


class SignalThrowSpec(ElementSpec):
    """
    A throw or end event that broadcasts a signal; its variables are the input mappings.

    What waits in this instance at this moment hears it at once: later in the step it may be gone, or have begun to wait
    after the signal. All other instances hear it from the command.
    """

    def __init__(self, process: ProcessSpec, facts: Facts, *, name: Template, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.asks = (name,)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Throw the signal; go on unless what heard it interrupts this element."""
        instance = token.workflow
        variables = instance.scopes.here(token.id) if self.input_mappings else {}
        name = text_value(values[0], "signal_name")
        instance.recorder.signals.append(SignalThrown(element_id=self.element_id, name=name, variables=variables))
        broadcast(token, name, variables)
        return True if token.id in instance.tasks else None


class ErrorEndSpec(ElementSpec):
    """An end event that throws an error to the nearest event that catches it."""

    def __init__(self, process: ProcessSpec, facts: Facts, *, code: Template, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.asks = (code,)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """
        Throw the error; what catches it ends this element too.

        :raises EngineFault: nobody catches it
        """
        code = "" if values[0] is None else str(values[0])
        instance = token.workflow
        variables = instance.scopes.here(token.id) if self.input_mappings else {}
        if not throw(token, kind="error", code=code, variables=variables):
            raise EngineFault("uncaught_error", f"no event catches the error {code}", element_id=self.element_id)
        return None


class EscalationThrowSpec(ElementSpec):
    """A throw or end event that escalates; nobody has to catch it."""

    def __init__(self, process: ProcessSpec, facts: Facts, *, code: Template, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.asks = (code,)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Throw the escalation; go on unless what caught it interrupts this element."""
        instance = token.workflow
        variables = instance.scopes.here(token.id) if self.input_mappings else {}
        throw(token, kind="escalation", code=str(values[0] or ""), variables=variables)
        return True if token.id in instance.tasks else None


class TerminateEndSpec(ElementSpec):
    """An end event that ends everything else in its scope at once."""

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:  # noqa: ARG002
        """End the others; the scope then completes, because nothing is left in it."""
        token.workflow.terminate_children(token.container, but=token)
        return True


class MultipleThrowSpec(ElementSpec):
    """A throw or end event that throws several things one after the other; what ends the scope comes last."""

    def __init__(self, process: ProcessSpec, facts: Facts, *, parts: tuple[ElementSpec, ...]) -> None:
        super().__init__(process, facts)
        self.parts = parts
        self.asks = tuple(ask for part in parts for ask in part.asks)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Throw them all, as long as nothing that hears one of them interrupts this element."""
        position = 0
        for part in self.parts:
            count = len(part.asks)
            part.behave(token, values[position : position + count])
            position += count
            if token.id not in token.workflow.tasks:
                return None
        return True
