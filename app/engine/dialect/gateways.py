"""Exclusive, parallel, inclusive and event-based gateways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from SpiffWorkflow.util.task import TaskState

from app.domain.errors import EngineFault
from app.engine.dialect.catching import Catching, Subscription, subscribe
from app.engine.dialect.conditions import is_due
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.facts import Facts, Flow
from app.engine.scopes import storable
from app.engine.seam import Trigger, Value, Variables
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
        if may_still_come(self, container, full=set(waiting), empty=set(self.incoming) - set(waiting)):
            return False
        self.merge(token, waiting)
        token._ready()  # noqa: SLF001
        return True


class _Reached(Protocol):
    """A join that knows from where its incoming flows can be reached."""

    reach: Mapping[str, frozenset[str]]


def may_still_come(join: _Reached, container: Token, *, full: AbstractSet[str], empty: AbstractSet[str]) -> bool:
    """Return whether a token elsewhere can reach an empty incoming flow of the join and none of the full ones."""
    for other in container.children:
        if other.task_spec is join and other._state == TaskState.WAITING:  # noqa: SLF001
            continue
        place = other.task_spec.element_id
        can_fill = any(place in join.reach[flow] for flow in empty)
        comes_anyway = any(place in join.reach[flow] for flow in full)
        if can_fill and not comes_anyway:
            return True
    return False


class EventGatewaySpec(ElementSpec):
    """Waits for the first of the events after it; only that one happens (clause 13.4.4)."""

    opens_first = True

    def __init__(self, process: ProcessSpec, facts: Facts, *, events: tuple[Subscription, ...]) -> None:
        super().__init__(process, facts)
        self.events = events
        self.asks = tuple(ask for event in events for ask in event.catching.asks)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Open the waits of all events after the gateway; one whose condition is true already happens at once."""
        subscribe(token, self.events, values)
        happened = next((each.element_id for each in self.events if is_due(token, each.element_id)), None)
        if happened is None:
            return None
        self._go_to(token, happened, {})
        return True

    def choose(self, token: Token) -> list[int]:
        """Return the flow to the event that happened."""
        return list(token.internal_data["taken"])

    def catching_of(self, wait: Wait) -> Catching:
        """Return what an event after the gateway waits for, or one on it."""
        return next(each.catching for each in self.events if each.element_id == wait.element)

    def triggered(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Go on to the event that happened; the others are withdrawn."""
        instance = token.workflow
        instance.close_wait(token, wait, completed=True)
        self._go_to(token, wait.element, getattr(trigger, "variables", {}))
        token.complete()

    def _go_to(self, token: Token, element_id: str, variables: Variables) -> None:
        index = next(index for index, flow in enumerate(self.flows) if flow.target == element_id)
        token.internal_data["taken"] = [index]
        token.internal_data["event"] = storable(dict(variables))

    def take(self, token: Token, flow: Flow) -> None:
        """Send a token to the event with what the event brought."""
        self.send(token, flow, event=token.internal_data.pop("event"))


class InstantiatingGatewaySpec(ElementSpec):
    """
    An event-based gateway that starts the process with one of the events after it (clause 13.4.4).

    Where the gateway is parallel, the instance then waits for all the others too.
    """

    def __init__(self, process: ProcessSpec, facts: Facts, *, parallel: bool) -> None:
        super().__init__(process, facts)
        self.parallel = parallel

    def choose(self, token: Token) -> list[int]:
        """Return the flow to the event that started the process, or those to all events."""
        happened = token.internal_data["chosen"]
        return [index for index, flow in enumerate(self.flows) if self.parallel or flow.target == happened]

    def take(self, token: Token, flow: Flow) -> None:
        """Send a token to the event; one that has happened already gets what it brought."""
        if flow.target == token.internal_data["chosen"]:
            self.send(token, flow, event=token.internal_data["event"])
        else:
            super().take(token, flow)
