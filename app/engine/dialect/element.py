"""What every element does: become active, behave, leave by its flows. SpiffWorkflow calls the underscored methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.util.task import TaskState

from app.domain.errors import EngineFault, ExpressionError, StateUnreadable
from app.engine import compensation, propagation
from app.engine.dialect.catching import Catcher, Catching, Subscription, happened, subscribe
from app.engine.dialect.conditions import ConditionCatching, happen, look
from app.engine.dialect.facts import Facts, Flow, assemble
from app.engine.dialect.jobs import count_heard, hold
from app.engine.dialect.multiples import MultipleCatching
from app.engine.expressions import Template
from app.engine.seam import ElementEvent, FactNoted, JobThrewError, ListenerEvent, Trigger, Value, Variables
from app.engine.tokens import Phase, Token, Wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.instance import Instance
    from app.engine.specs import ProcessSpec


class ElementSpec(TaskSpec):  # type: ignore[misc]  # SpiffWorkflow ships no types
    """
    A flow node. Its life: enter (history, inputs) -> begin (events on it) -> behave (at once or after a wait) -> leave
    (outputs) -> conclude (flows). Listeners hold it before it begins and before it concludes.

    Each of these returns True to go on and None to wait; a fault in one becomes an incident, and the retry begins at
    that phase again. Nothing a phase does may stay half done: all is evaluated before all is written.
    """

    #: what `behave` needs evaluated
    asks: tuple[Template, ...] = ()
    #: whether the element's children are turns of a multi-instance or loop
    has_turns = False
    #: whether elements of the diagram lie inside
    is_container = False
    #: whether this is a process itself, called or not
    is_process = False
    #: whether a token that waits here has to be looked at when all is at rest
    waits_for_others = False
    #: whether it waits before others go on, so that a parallel branch does not signal to nobody
    opens_first = False
    #: whether an event starts it inside the element around it
    is_event_sub_process = False
    #: the activity that its compensation event leads to
    handler = ""
    #: the compensation event sub-process inside it
    undone_by = ""
    #: of a transaction: the event on it that happens when it was cancelled
    cancel_event = ""
    #: the spec that undoes what is inside it; only where something in the process compensates
    undoing = ""
    #: where a container begins
    starts: tuple[str, ...] = ()
    #: how many tokens an activity needs to begin, and how many it puts on each flow that it takes
    start_quantity = 1
    completion_quantity = 1

    def __init__(self, process: ProcessSpec, facts: Facts, *, spec_name: str = "") -> None:
        super().__init__(process, spec_name or facts.element_id)
        #: the spec of the process that the element is of
        self.process = process
        self.element_id = facts.element_id
        self.element_type = facts.element_type
        self.label = facts.name
        self.properties = facts.properties
        self.flows = facts.flows
        self.input_mappings = facts.inputs
        self.output_mappings = facts.outputs
        self.notes = facts.notes
        self.listeners = facts.listeners
        #: messages, timers and signals that may happen to the element while it is active
        self.subscriptions: tuple[Subscription, ...] = ()
        #: errors and escalations that it catches from what is inside it
        self.catchers: tuple[Catcher, ...] = ()

    # -- SpiffWorkflow's hooks ---------------------------------------------------------------------

    def test(self) -> None:
        """Do nothing: the graph is checked once, when the diagram is read."""

    def _predict(self, token: Token, *args: object, **kwargs: object) -> None:
        """Do nothing: tokens are made where flows are taken, never guessed ahead."""

    def _update_hook(self, token: Token) -> bool:
        if self.start_quantity == 1:
            return True
        token._set_state(TaskState.WAITING)  # noqa: SLF001
        arrived = [
            child
            for child in token.container.children
            if child.task_spec is self and child._state == TaskState.WAITING  # noqa: SLF001
        ]
        if len(arrived) < self.start_quantity:
            return False
        for other in arrived:
            if other is not token:
                token.workflow.drop(other)
        return True

    def _on_ready_hook(self, token: Token) -> None:
        if self.opens_first:
            token.workflow.ready.appendleft(token)
        else:
            token.workflow.ready.append(token)

    def _run_hook(self, token: Token) -> bool | None:
        # the state is set first so that an incident finds an element that has begun
        token._set_state(TaskState.STARTED)  # noqa: SLF001
        return token.workflow.attempt(token, Phase.ENTER, self.enter)

    def _on_complete_hook(self, token: Token) -> None:
        instance = token.workflow
        instance.close_waits(token)
        if self.handler or self.undoing:
            compensation.remember(token)
        instance.recorder.element(token, ElementEvent.COMPLETED)
        for index in token.internal_data.pop("taken", ()):
            for _ in range(self.completion_quantity):
                self.take(token, self.flows[index])

    # -- the life of an element --------------------------------------------------------------------

    def enter(self, token: Token) -> bool | None:
        """Become active and write the input mappings; begin when the listeners at the start have been heard."""
        self.activate(token)
        self.map_inputs(token)
        return self.begin_when_heard(token)

    def begin_when_heard(self, token: Token) -> bool | None:
        """Begin, unless a listener at the start has to be heard first."""
        return None if hold(token, ListenerEvent.START) else self.begin(token)

    def begin(self, token: Token) -> bool | None:
        """Open the subscriptions of events on the element, then behave."""
        of_events = [ask for subscription in self.subscriptions for ask in subscription.catching.asks]
        asks = (*of_events, *self.asks)
        values = token.workflow.evaluate(token, asks) if asks else []
        subscribe(token, self.subscriptions, values)
        happen(token)
        if token.id not in token.workflow.tasks or "x" in token.internal_data:
            # a condition that is true already has interrupted it before it could do anything
            return None
        return self.start_behaving(token, values[len(of_events) :])

    def activate(self, token: Token) -> None:
        """Note once that the element instance has begun."""
        if "a" not in token.internal_data:
            token.workflow.count(token)
            token.internal_data["a"] = 1
            token.internal_data.pop("f", None)
            token.workflow.recorder.element(token, ElementEvent.ACTIVATED)

    def start_behaving(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Behave with the values of `asks`; where that is at once, leave too."""
        instance = token.workflow
        if instance.attempt(token, Phase.BEHAVE, lambda _: self.behave(token, values)):
            return instance.attempt(token, Phase.LEAVE, self.leave)
        return None

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:  # noqa: ARG002
        """Do what the element is for. Return True where it is done at once."""
        return True

    def leave(self, token: Token) -> bool | None:
        """Note results and write the output mappings; conclude when the listeners at the end have been heard."""
        noted = self.results_to_note(token) if self.notes else ()
        self.map_outputs(token)
        token.workflow.recorder.notes += noted
        if ListenerEvent.END not in self.listeners:
            return self.conclude(token)
        for wait in [each for each in token.waits if each.kind != "i"]:
            # what the element waited for is over: nothing may happen to it any more
            token.workflow.close_wait(token, wait, completed=False)
        return token.workflow.attempt(token, Phase.CONCLUDE, self.conclude_when_heard)

    def conclude_when_heard(self, token: Token) -> bool | None:
        """Conclude, unless a listener at the end has to be heard first."""
        return None if hold(token, ListenerEvent.END) else self.conclude(token)

    def conclude(self, token: Token) -> bool:
        """Choose the flows to take; nothing is taken yet."""
        if token is not token.workflow.task_tree:
            token.container.task_spec.child_leaves(token.container, token)
        if self.flows:
            token.internal_data["taken"] = self.choose(token)
        return True

    def choose(self, token: Token) -> list[int]:
        """Return the numbers of the flows to take: those without a condition, those that hold, else the default."""
        conditional = [index for index, flow in enumerate(self.flows) if flow.condition is not None]
        plain = [index for index, flow in enumerate(self.flows) if flow.condition is None and not flow.is_default]
        if not conditional:
            return plain or [index for index, flow in enumerate(self.flows) if flow.is_default]
        holding = self.holding(token, conditional)
        chosen = sorted(plain + holding)
        if not holding and (default := [index for index, flow in enumerate(self.flows) if flow.is_default]):
            chosen = sorted(plain + default)
        if not chosen:
            raise EngineFault("no_flow", "no condition holds and there is no default flow", element_id=self.element_id)
        return chosen

    def holding(self, token: Token, indexes: list[int], *, first_only: bool = False) -> list[int]:
        """
        Return which of the conditional flows hold; all conditions go to V8 in one call.

        :raises ExpressionError: a condition fails or is neither true nor false
        """
        conditions = [condition for index in indexes if (condition := self.flows[index].condition) is not None]
        instance = token.workflow
        answers = instance.answers(instance.scope_of(token), conditions, self.also_known(token))
        chosen = []
        for index, answer in zip(indexes, answers, strict=True):
            if answer.error is not None:
                raise answer.error
            if not isinstance(answer.value, bool):
                flow = self.flows[index].flow_id
                raise ExpressionError("condition_not_boolean", f"the condition of {flow} is neither true nor false")
            if answer.value:
                chosen.append(index)
                if first_only:
                    break
        return chosen

    def also_known(self, token: Token) -> Variables | None:  # noqa: ARG002
        """Return what the conditions of the flows may read besides variables."""
        return None

    def take(self, token: Token, flow: Flow) -> None:
        """Send a token along the flow."""
        self.send(token, flow)

    def send(self, token: Token, flow: Flow, **data: Any) -> None:
        """Send a token with this data along the flow."""
        instance = token.workflow
        container = token.container
        if flow.reported:
            instance.recorder.flow_taken(flow.flow_id, container)
        instance.spawn(self.process.element(flow.target), container, f=flow.flow_id, **data)

    # -- mappings ----------------------------------------------------------------------------------

    def map_inputs(self, token: Token) -> None:
        """Evaluate the input mappings and write them as the element's own variables."""
        instance = token.workflow
        for group in self.input_mappings:
            values = instance.evaluate(token, [mapping.source for mapping in group])
            instance.scopes.open(token.id, parent=instance.outer_scope_of(token), kind="e")
            present = instance.scopes.here(token.id)
            instance.scopes.write_here(token.id, assemble(group, values, present))

    def map_outputs(self, token: Token) -> None:
        """Evaluate the output mappings and write them outside the element (inside the turn of a multi-instance)."""
        instance = token.workflow
        for group in self.output_mappings:
            values = instance.evaluate(token, [mapping.source for mapping in group])
            outside = self._outside(token)
            present = instance.scopes.visible(outside, {mapping.target[0] for mapping in group})
            instance.scopes.write(outside, assemble(group, values, present))

    def results_to_note(self, token: Token) -> list[FactNoted]:
        """
        Return what the element notes for the case, as its output mappings see it.

        :raises EngineFault: there is no case yet, or an expression fails
        """
        instance = token.workflow
        if not instance.surroundings.has_case:
            raise EngineFault("note_without_case", "there is no case to note a result for", element_id=self.element_id)
        values = instance.evaluate(token, [note.value for note in self.notes])
        return [
            FactNoted(fact=note.fact, value=value, data_group=note.data_group, source=self.note_source)
            for note, value in zip(self.notes, values, strict=True)
        ]

    @property
    def note_source(self) -> str:
        """What says the results that are noted."""
        return self.element_id

    @property
    def keeps_result(self) -> bool:
        """Whether a result is the element's own, and goes out by output mappings only."""
        return bool(self.output_mappings)

    def _outside(self, token: Token) -> int:
        """Return the key of the scope that the element's results go to: in a multi-instance that of its turn."""
        return token.workflow.scope_of(token) if self.is_turn(token) else token.workflow.outer_scope_of(token)

    def is_turn(self, token: Token) -> bool:
        """Return whether the token is one turn of a multi-instance or loop."""
        return token is not token.workflow.task_tree and token.container.task_spec.has_turns

    # -- what others may ask of an element ---------------------------------------------------------

    def is_wide(self, token: Token) -> bool:  # noqa: ARG002
        """Return whether the element has many turns side by side."""
        return False

    def child_finished(self, token: Token, child: Token) -> None:
        """Hear that something inside the element is over."""
        raise NotImplementedError

    def child_leaves(self, token: Token, child: Token) -> None:
        """Take what an element inside brings (a turn, a called process) before its variables go."""

    def cancelled(self, token: Token) -> None:
        """Hear that the element is about to be ended from outside."""

    def try_to_fire(self, token: Token) -> bool:  # noqa: ARG002
        """Return whether a token that waits at a join was let go."""
        return False

    def triggered(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Go on because what the element, or an event on it, waited for happened."""
        if wait.element == self.element_id:
            self.completed_by(token, wait, trigger)
        else:
            subscription = next(each for each in self.subscriptions if each.element_id == wait.element)
            happened(token, wait, subscription, trigger)

    def catching_of(self, wait: Wait) -> Catching:
        """
        Return what the wait is for, of the element itself or of an event on it.

        :raises StopIteration: nothing of the element waits so
        """
        return next(each.catching for each in self.subscriptions if each.element_id == wait.element)

    def condition_of(self, wait: Wait) -> ConditionCatching:
        """Return the condition that the wait is for."""
        catching = self.catching_of(wait)
        if isinstance(catching, MultipleCatching):
            catching = catching.parts[wait.part]
        if not isinstance(catching, ConditionCatching):
            raise StateUnreadable("state_unreadable", "a stored wait is for no condition")
        return catching

    def completed_by(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Take the result that the trigger brings and come to the end, or go on to the next listener."""
        instance = token.workflow
        if wait.kind == "j" and wait.note:
            self.heard(token, wait, trigger)
            return
        instance.close_wait(token, wait, completed=True)
        instance.take_result(token, getattr(trigger, "variables", {}))
        instance.finish(token)

    def heard(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """
        Go on because a listener has done its work, or let an event catch the BPMN error that it threw.

        What a listener at the start brings is the element's own; at the end it goes out of the element.
        """
        instance = token.workflow
        event = ListenerEvent(wait.note)
        instance.close_wait(token, wait, completed=True)
        phase = Phase.BEGIN if event is ListenerEvent.START else Phase.CONCLUDE
        if isinstance(trigger, JobThrewError):
            if not propagation.throw(token, kind="error", code=trigger.error_code, variables=trigger.variables):
                message = f"no event catches the error {trigger.error_code}"
                instance.open_incident(token, "uncaught_error", message, phase)
            return
        count_heard(token, event)
        variables = getattr(trigger, "variables", {})
        if event is ListenerEvent.START and variables:
            instance.scopes.open(token.id, parent=instance.outer_scope_of(token), kind="e")
            instance.scopes.write_here(token.id, variables)
        elif variables:
            instance.scopes.write(self._outside(token), variables)
        self.retry(token, phase)

    def retry(self, token: Token, phase: Phase) -> None:
        """Try the failed phase of the element again."""
        instance: Instance = token.workflow
        if phase is Phase.STUCK:
            return
        if phase is Phase.WATCH:
            look(token, None)
            return
        if phase is Phase.LEAVE:
            instance.finish(token)
            return
        if phase is Phase.BEHAVE:
            self.go_on(token)
            return
        again = {Phase.BEGIN: self.begin_when_heard, Phase.CONCLUDE: self.conclude_when_heard}.get(phase, self.enter)
        if instance.attempt(token, phase, again):
            token.complete()

    def go_on(self, token: Token) -> None:
        """Behave again after an incident, or after a turn of a loop."""
        if token.workflow.attempt(token, Phase.BEHAVE, self._behave_again):
            token.complete()

    def _behave_again(self, token: Token) -> bool | None:
        values = token.workflow.evaluate(token, self.asks) if self.asks else []
        return self.start_behaving(token, values)
