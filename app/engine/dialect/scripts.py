"""Tasks that the engine does itself: FEEL scripts and business rules."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.errors import EngineFault
from app.engine import decisions
from app.engine.dialect.catching import text_value
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.facts import Facts
from app.engine.expressions import Constant, Template
from app.engine.seam import DecisionEvaluated, Value
from app.engine.specs import ProcessSpec
from app.engine.tokens import Token


class ScriptSpec(ElementSpec):
    """A script task: one FEEL expression whose value becomes a variable, or only a note for the case."""

    def __init__(
        self, process: ProcessSpec, facts: Facts, *, expression: Template, result: str, spec_name: str = ""
    ) -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.asks = (expression,)
        self.result = result

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Write the value."""
        token.workflow.take_result(token, {self.result: values[0]})
        return True

    @property
    def keeps_result(self) -> bool:
        """What is noted for the case becomes a variable only by an output mapping."""
        return bool(self.output_mappings or self.notes)


class RuleSpec(ElementSpec):
    """
    A business rule task that asks a decision.

    Its input mappings may bring facts of a client (design.md 4), which are never kept: they are forgotten with the
    element's own scope when it is left, and at once when something fails; a retry reads them anew.
    """

    def __init__(
        self, process: ProcessSpec, facts: Facts, *, decision: Template, result: str, spec_name: str = ""
    ) -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.asks = (decision,)
        self.result = result

    @property
    def keeps_result(self) -> bool:
        """What is noted for the case becomes a variable only by an output mapping."""
        return bool(self.output_mappings or self.notes)

    @property
    def note_source(self) -> str:
        """The decision, where the diagram names one."""
        decision = self.asks[0]
        return str(decision.value) if isinstance(decision, Constant) else self.element_id

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """
        Ask the decision with what the element sees, and write its output.

        :raises EngineFault: the decision is not published, or fails
        """
        try:
            return self._decide(token, values)
        except EngineFault:
            self._forget_inputs(token)
            raise

    def enter(self, token: Token) -> bool | None:
        """Become active; the inputs are read after the listeners at the start, which would keep them waiting."""
        self.activate(token)
        return self.begin_when_heard(token)

    def begin(self, token: Token) -> bool | None:
        """Read the inputs and begin as every element does; where that fails, forget them."""
        try:
            self.map_inputs(token)
            return super().begin(token)
        except EngineFault:
            self._forget_inputs(token)
            raise

    def leave(self, token: Token) -> bool | None:
        """Leave as every element does; where that fails or has to wait, keep the output and forget the inputs."""
        left = None
        try:
            left = super().leave(token)
        finally:
            if left is None:
                self._forget_inputs(token)
        return left

    def _behave_again(self, token: Token) -> bool | None:
        self.map_inputs(token)
        return super()._behave_again(token)

    def _forget_inputs(self, token: Token) -> None:
        names = [mapping.target[0] for group in self.input_mappings for mapping in group]
        token.workflow.scopes.forget(token.id, names)

    def _decide(self, token: Token, values: Sequence[Value]) -> bool:
        instance = token.workflow
        scope_key = instance.scope_of(token)
        decision_id = text_value(values[0], "decision_id")
        compiled = instance.surroundings_of(scope_key).decisions.get(decision_id)
        if compiled is None:
            raise EngineFault("decision_missing", f"the decision {decision_id[:100]} is not published")
        context = instance.context(scope_key, None)
        outcome = decisions.decide(compiled, context, now=instance.surroundings.now)
        instance.recorder.decisions.append(
            DecisionEvaluated(
                element_instance_key=token.id,
                element_id=self.element_id,
                decision_id=compiled.decision_id,
                content_hash=compiled.content_hash,
                inputs=outcome.inputs,
                output=outcome.output,
                matched_rules=outcome.matched_rules,
            )
        )
        instance.take_result(token, {self.result: outcome.output})
        return True
