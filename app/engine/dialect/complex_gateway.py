"""The complex gateway: goes on when its activation condition holds, then waits for the rest before it begins again."""

from __future__ import annotations

from collections.abc import Mapping

from SpiffWorkflow.util.task import TaskState

from app.domain.errors import EngineFault
from app.engine.dialect.facts import Facts
from app.engine.dialect.gateways import JoinSpec, may_still_come
from app.engine.expressions import Expression
from app.engine.seam import Value, Variables
from app.engine.specs import ProcessSpec
from app.engine.tokens import Phase, Token

WAITING_FOR_START, ACTIVATION_COUNT = "waitingForStart", "activationCount"


class ComplexGatewaySpec(JoinSpec):
    """
    A complex gateway (clause 13.4.5).

    It waits for its start: with each token that arrives its activation condition is asked, which may name
    `activationCount` (on how many incoming flows a token is) and each incoming flow (how many tokens are on it). When
    it holds, one token of each flow goes up in it, and the flows whose conditions hold are taken. Then it waits for its
    reset: for a token on every other incoming flow that one can still reach. These go up in it too; of the outgoing
    flows only those are asked whose condition names `waitingForStart`, which is then false, so that the late ones
    are taken in without anything happening twice. The flows that it waits for stay with the container (`g`).
    """

    waits_for_others = True
    #: by incoming flow: the elements from which it can be reached without passing the gateway
    reach: Mapping[str, frozenset[str]]

    def __init__(
        self, process: ProcessSpec, facts: Facts, *, incoming: tuple[str, ...], activation: Expression | None
    ) -> None:
        super().__init__(process, facts, incoming=incoming)
        self.activation = activation

    def _update_hook(self, token: Token) -> bool:
        if self.activation is None or not self.incoming:
            return True
        token._set_state(TaskState.WAITING)  # noqa: SLF001
        token.workflow.joins[token.id] = token
        return bool(token.workflow.attempt(token, Phase.ENTER, self._starts))

    def retry(self, token: Token, phase: Phase) -> None:
        """Try the failed phase again; a token whose activation condition failed has not begun yet."""
        if phase is Phase.ENTER and token._state == TaskState.WAITING:  # noqa: SLF001
            if token.workflow.attempt(token, phase, self._starts):
                token._ready()  # noqa: SLF001
        else:
            super().retry(token, phase)

    def _starts(self, token: Token) -> bool | None:
        """
        Let the gateway start with this token where its activation condition holds.

        :raises EngineFault: the condition fails or is neither true nor false
        """
        container = token.container
        rounds = container.internal_data.setdefault("g", {})
        if self.activation is None or self.element_id in rounds:
            return None
        waiting = self.waiting_here(container)
        counts: dict[str, Value] = dict.fromkeys(self.incoming, 0)
        for each in self._tokens(container):
            counts[each.internal_data["f"]] += 1
        holds = token.workflow.evaluate(token, [self.activation], {**counts, ACTIVATION_COUNT: len(waiting)})[0]
        if not isinstance(holds, bool):
            raise EngineFault("activation_condition_value", "the activation condition is neither true nor false")
        if not holds:
            return None
        if missing := [flow for flow in self.incoming if flow not in waiting]:
            rounds[self.element_id] = missing
        # one of each flow: what else is on this one waits for the next round
        self.merge(token, {**waiting, token.internal_data["f"]: token})
        return True

    def _tokens(self, container: Token) -> list[Token]:
        return [
            child
            for child in container.children
            if child.task_spec is self and child._state == TaskState.WAITING  # noqa: SLF001
        ]

    def try_to_fire(self, token: Token) -> bool:
        """Reset the gateway where nothing more can come that it waits for; return whether a token went on."""
        container = token.container
        rounds = container.internal_data.get("g", {})
        if self.element_id not in rounds:
            return False
        waiting = self.waiting_here(container)
        awaited = rounds[self.element_id]
        late = {flow: waiting[flow] for flow in awaited if flow in waiting}
        if may_still_come(self, container, full=set(late), empty=set(awaited) - set(late)):
            return False
        del rounds[self.element_id]
        if late:
            first = next(iter(late.values()))
            self.merge(first, late)
            first.internal_data["r"] = 1
            first._ready()  # noqa: SLF001
        going = bool(late)
        for other in self._tokens(container):
            # tokens of the next round came while it was not over
            if container.workflow.attempt(other, Phase.ENTER, self._starts):
                other._ready()  # noqa: SLF001
                return True
        return going

    def choose(self, token: Token) -> list[int]:
        """Return the flows to take: at the start as every element does, at the reset those that ask for it."""
        if "r" not in token.internal_data:
            return super().choose(token)
        asking = [
            index
            for index, flow in enumerate(self.flows)
            if flow.condition is not None and WAITING_FOR_START in flow.condition.roots
        ]
        return self.holding(token, asking) if asking else []

    def also_known(self, token: Token) -> Variables:
        """Return what the conditions of the flows may read besides variables."""
        return {WAITING_FOR_START: "r" not in token.internal_data}
