"""Ad-hoc sub-processes: activities without an order between them, until the completion condition holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.errors import Conflict, EngineFault, InvalidInput, Problem
from app.engine.dialect.containers import ContainerSpec
from app.engine.dialect.facts import Facts
from app.engine.expressions import Expression
from app.engine.seam import Value, Variables
from app.engine.specs import ProcessSpec
from app.engine.tokens import Phase, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHoc:
    """What bpmn:adHocSubProcess and zeebe:adHoc say."""

    sequential: bool = False
    #: gives the ids of the activities to begin with (zeebe:adHoc activeElementsCollection)
    active: Expression | None = None
    completion: Expression | None = None
    #: whether what is still going on ends when the completion condition holds
    cancels_remaining: bool = True
    output_collection: str = ""
    output_element: Expression | None = None
    #: ids of all activities directly inside
    activities: frozenset[str] = frozenset()


class AdHocSpec(ContainerSpec):
    """
    An ad-hoc sub-process (clauses 10.3.5 and 13.3.5).

    It begins with the activities that its collection names, else with all that no flow leads to: at once, or one after
    the other where its ordering is sequential (`q` = those still to begin). Each time an activity inside is done the
    completion condition is asked. Without one it is over when nothing inside is left.
    """

    def __init__(
        self, process: ProcessSpec, facts: Facts, rules: AdHoc, *, starts: tuple[str, ...], spec_name: str = ""
    ) -> None:
        super().__init__(process, facts, starts=starts, spec_name=spec_name)
        self.rules = rules
        self.asks = () if rules.active is None else (rules.active,)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Begin with the activities that are to be done."""
        token.internal_data.pop("event", None)
        chosen = list(self.starts) if self.rules.active is None else self._named(values[0])
        if self.rules.output_collection:
            token.workflow.scopes.write_here(token.id, {self.rules.output_collection: []})
        token.internal_data["q"] = chosen
        self._begin(token)
        return None if chosen else True

    def _named(self, value: Value) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise EngineFault("active_elements_value", "the active elements are no list of element ids")
        for name in value:
            if name not in self.starts:
                raise EngineFault("active_elements_value", f"no activity {name[:100]} can be begun")
        return value

    def _begin(self, token: Token) -> None:
        waiting = token.internal_data["q"]
        begun = waiting[:1] if self.rules.sequential else waiting
        token.internal_data["q"] = waiting[len(begun) :]
        for name in begun:
            token.workflow.spawn(self.process.element(name), token)

    def begin_chosen(
        self, token: Token, activities: Sequence[tuple[str, Variables]], *, cancels_remaining: bool
    ) -> None:
        """
        Begin the activities that somebody has chosen, beside what is going on or instead of it.

        :raises InvalidInput: no such activity can be begun
        :raises Conflict: it has not begun or is about to end, or one after the other is asked for
        """
        unknown = [name for name, _ in activities if name not in self.starts]
        if unknown or not activities:
            raise InvalidInput([Problem("unknown_activity", place=name[:100]) for name in unknown or [""]])
        instance, data = token.workflow, token.internal_data
        busy = bool(token._children or data.get("q")) and not cancels_remaining  # noqa: SLF001
        if "q" not in data or "enough" in data or (self.rules.sequential and (busy or len(activities) > 1)):
            raise Conflict("the ad-hoc sub-process cannot begin these activities now")
        if cancels_remaining:
            data["q"] = []
            instance.terminate_children(token)
        for wait in [each for each in token.waits if each.kind == "i" and each.note == Phase.LEAVE]:
            instance.close_wait(token, wait, completed=True)
        for name, variables in activities:
            spec = self.process.element(name)
            key = instance.surroundings.new_key()
            if variables:
                instance.scopes.open(key, parent=instance.scope_of(token), kind="p" if spec.is_container else "e")
                instance.scopes.write_here(key, variables)
            instance.spawn(spec, token, key=key)

    def child_leaves(self, token: Token, child: Token) -> None:
        """Collect what an activity gave and ask whether that was enough."""
        rules, instance = self.rules, token.workflow
        if child.task_spec.element_id not in rules.activities:
            return
        if rules.output_collection and rules.output_element is not None:
            value = instance.evaluate(child, [rules.output_element])[0]
            collected = [*instance.scopes[token.id][rules.output_collection], value]
            instance.scopes.write_here(token.id, {rules.output_collection: collected})
        if self._is_complete(token):
            token.internal_data["enough"] = True

    def _is_complete(self, token: Token) -> bool:
        """Return whether the completion condition holds; one over variables that are not there yet does not."""
        if self.rules.completion is None:
            return False
        value = token.workflow.evaluate(token, [self.rules.completion])[0]
        if value is not None and not isinstance(value, bool):
            raise EngineFault("completion_condition_value", "the completion condition is neither true nor false")
        return value is True

    def child_finished(self, token: Token, child: Token) -> None:
        """Go on to the next activity, or come to the end when it was enough or nothing is left."""
        data = token.internal_data
        if data.get("enough"):
            data["q"] = []
            if self.rules.cancels_remaining:
                token.workflow.terminate_children(token)
        elif data["q"] and not token._children:  # noqa: SLF001
            self._begin(token)
        super().child_finished(token, child)

    def leave(self, token: Token) -> bool | None:
        """
        Hand over what was collected and leave.

        :raises EngineFault: nothing is left to do and the completion condition does not hold
        """
        if self.rules.completion is not None and "enough" not in token.internal_data and not self._is_complete(token):
            raise EngineFault("ad_hoc_unfinished", "nothing is left to do and the completion condition does not hold")
        name = self.rules.output_collection
        if name:
            instance = token.workflow
            collected = instance.scopes[token.id][name]
            instance.scopes.write(instance.outer_scope_of(token), {name: collected})
        return super().leave(token)
