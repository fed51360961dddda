"""Exclusive, parallel, inclusive and event-based gateways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from SpiffWorkflow.util.task import TaskState

from app.domain.errors import EngineFault
from app.engine.dialect.catching import Subscription, subscribe
from app.engine.dialect.element import ElementSpec, Facts
from app.engine.scopes import storable
from app.engine.seam import Trigger, Value
from app.engine.specs import ProcessSpec
from app.engine.tokens import Token, Wait


class ExclusiveGatewaySpec(ElementSpec):
    """Takes the first flow whose condition holds, else the default (BPMN 2.0.2 clause 13.4.2)."""

    def choose(self, token: Token) -> list[int]:
        """Return the one flow to take."""
        conditional = [index for index, flow in enumerate(self.flows) if flow.condition is not None]
        plain = [index for index, flow in enumerate(self.flows) if flow.condition is None and not flow.is_default]
        chosen = self.holding(token, conditional, first_only=True) if conditional else plain[:1]
        chosen = chosen or [index for index, flow in enumerate(self.flows) if flow.is_default]
        if not chosen:
            raise EngineFault("no_flow", "no condition holds and there is no default flow", element_id=self.element_id)
        return chosen


class JoinSpec(ElementSpec):
    """A gateway that may wait for several tokens; a token that waits is a SpiffWorkflow task in the state WAITING."""

    def __init__(self, process: ProcessSpec, facts: Facts, *, incoming: tuple[str, ...]) -> None:
        super().__init__(process, facts)
        self.incoming = incoming

    def waiting_here(self, container: Token) -> dict[str, Token]:
        """Return the first waiting token of each incoming flow."""
        waiting: dict[str, Token] = {}
        for child in container.children:
            if child.task_spec is self and child._state == TaskState.WAITING:  # noqa: SLF001
                waiting.setdefault(child.internal_data["f"], child)
        return waiting

    def merge(self, token: Token, waiting: Mapping[str, Token]) -> None:
        """Let the other tokens go up in this one, with whatever they wait for."""
        for other in waiting.values():
            if other is not token:
                token.workflow.close_waits(other)
                token.workflow.drop(other)
        token.workflow.close_waits(token)
        token.workflow.joins.pop(token.id, None)


class ParallelGatewaySpec(JoinSpec):
    """Waits for a token on every incoming flow, then takes all outgoing ones (clause 13.4.1)."""

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming) <= 1:
            return True
        token._set_state(TaskState.WAITING)  # noqa: SLF001
        waiting = self.waiting_here(token.container)
        if len(waiting) < len(self.incoming):
            return False
        self.merge(token, waiting)
        return True


class InclusiveGatewaySpec(JoinSpec):
    """
    Waits while a token elsewhere can still reach an empty incoming flow, then takes every flow whose condition holds.

    Clause 13.4.3: a token elsewhere holds the gateway up if it can reach an incoming flow without a token and none with
    one, on a path that does not visit the gateway. It is looked at when everything else is at rest.
    """

    waits_for_others = True
    #: by incoming flow: the elements from which it can be reached without passing the gateway
    reach: Mapping[str, frozenset[str]]

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming) <= 1:
            return True
        token._set_state(TaskState.WAITING)  # noqa: SLF001
        token.workflow.joins[token.id] = token
        return False

    def try_to_fire(self, token: Token) -> bool:
        """Let the token go where nothing more can come; return whether it went."""
        container = token.container
        waiting = self.waiting_here(container)
        full = set(waiting)
        empty = [flow for flow in self.incoming if flow not in full]
        for other in container.children:
            if other.task_spec is self and other._state == TaskState.WAITING:  # noqa: SLF001
                continue
            place = other.task_spec.element_id
            can_fill = any(place in self.reach[flow] for flow in empty)
            comes_anyway = any(place in self.reach[flow] for flow in full)
            if can_fill and not comes_anyway:
                return False
        self.merge(token, waiting)
        token._ready()  # noqa: SLF001
        return True


class EventGatewaySpec(ElementSpec):
    """Waits for the first of the events after it; only that one happens (clause 13.4.4)."""

    def __init__(self, process: ProcessSpec, facts: Facts, *, events: tuple[Subscription, ...]) -> None:
        super().__init__(process, facts)
        self.events = events
        self.asks = tuple(ask for event in events for ask in event.catching.asks)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Open the waits of all events after the gateway."""
        subscribe(token, self.events, values)
        return None

    def triggered(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Go on to the event that happened; the others are withdrawn."""
        instance = token.workflow
        instance.close_wait(token, wait, completed=True)
        index = next(index for index, flow in enumerate(self.flows) if flow.target == wait.element)
        token.internal_data["taken"] = [index]
        token.internal_data["event"] = storable(dict(getattr(trigger, "variables", {})))
        token.complete()

    def take(self, token: Token, flow: object) -> None:
        """Send a token to the event with what the event brought."""
        chosen = next(each for each in self.flows if each is flow)
        instance, container = token.workflow, token.container
        if chosen.reported:
            instance.recorder.flow_taken(chosen.flow_id, container)
        brought = token.internal_data.pop("event")
        instance.spawn(self.process.element(chosen.target), container, f=chosen.flow_id, event=brought)
