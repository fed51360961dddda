"""A running instance: SpiffWorkflow's workflow over the tree of live tokens, for the time of one step."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

from app.domain.errors import BudgetExceeded, EngineFault, NotFound
from app.engine import compensation, feel
from app.engine.completed import CompletedActivities, CompletedRecord
from app.engine.dialect.conditions import look
from app.engine.expressions import CONTEXTS, FACTS, Constant, Expression, Template
from app.engine.folding import unfold
from app.engine.recorder import Recorder
from app.engine.seam import (
    CallableVersion,
    Called,
    CalledProcessEnded,
    ElementEvent,
    IncidentOpened,
    InstanceStatus,
    Opened,
    ProcessCalled,
    Surroundings,
    Value,
    Variables,
)
from app.engine.tokens import Phase, Token, Wait

if TYPE_CHECKING:
    from app.engine.codec import FoldedTurn
    from app.engine.dialect.element import ElementSpec
    from app.engine.scopes import Scopes
    from app.engine.specs import ProcessSpec

#: elements that one step may enter before it is stopped by an incident: a diagram that loops without ever waiting
STEP_BUDGET = 4_000


class Instance(Workflow):  # type: ignore[misc]  # SpiffWorkflow ships no types
    """
    The live tokens of a process instance, its scopes, and the record of what the step does.

    Specs are shared by all instances and never changed; everything that changes hangs here.
    """

    tasks: dict[int, Token]
    spec: ProcessSpec

    def __init__(self, spec: ProcessSpec, surroundings: Surroundings, scopes: Scopes) -> None:
        super().__init__(spec, deserializing=True)
        self.surroundings = surroundings
        self.scopes = scopes
        self.recorder = Recorder()
        self.status = InstanceStatus.ACTIVE
        self.ready: deque[Token] = deque()
        self.joins: dict[int, Token] = {}
        #: tokens that wait, or waited, for a condition
        self.watching: set[int] = set()
        #: the versions of the live called processes, by the called process's key
        self.called: dict[int, CallableVersion] = {}
        #: what has completed and can be compensated
        self.undoable = CompletedActivities()
        #: turns of wide multi-instances in which nothing has moved in this step, by the key of their token
        self.folded: dict[int, FoldedTurn] = {}
        #: the versions that run in called processes of folded turns: name of the spec by the definition's key
        self.versions: dict[int, str] = {}
        #: what the folded turns have in common
        self.sample = b""
        self.entered = 0
        self.exhausted = False

    # -- tokens ------------------------------------------------------------------------------------

    def spawn(self, spec: ElementSpec, parent: Token | None, *, key: int | None = None, **data: object) -> Token:
        """Put a new token on the element inside the parent; it runs when its turn comes."""
        token = Token(self, spec, parent, key=key or self.surroundings.new_key())
        token.internal_data.update(data)
        if parent is None:
            self.task_tree = token
        spec._update(token)  # noqa: SLF001  # SpiffWorkflow's own entry
        return token

    def _task_completed_notify(self, token: Token) -> None:
        """Take the finished token out of the tree (nothing finished is kept) and tell its container."""
        if token.is_called:
            self.recorder.calls_ended.append(CalledProcessEnded(key=token.id, status=InstanceStatus.COMPLETED))
        self.drop(token)
        if token is self.task_tree:
            self.completed = True
            self.status = InstanceStatus.COMPLETED
        else:
            container = token.container
            # what is undone next is there before the container is asked whether it is empty
            thrower = compensation.after(token) if compensation.UNDO in token.internal_data else None
            container.task_spec.child_finished(container, token)
            if thrower is not None:
                self.finish(thrower)

    def live(self, key: int) -> Token:
        """Return the live token of the key, from its folded turn if need be."""
        token = self.tasks.get(key)
        return token if token is not None else unfold(self, self.folded[key])

    def find(self, key: int) -> Token | None:
        """Return the token of the key wherever it is, None where there is none."""
        if key not in self.tasks:
            self.unfold_all()
        return self.tasks.get(key)

    def unfold_all(self) -> None:
        """Unfold every turn."""
        while self.folded:
            for turn in list(self.folded.values()):
                unfold(self, turn)

    def unfold_hearing(self, signal: str) -> None:
        """Unfold the turns in which something waits for the signal."""
        while hearing := [turn for turn in self.folded.values() if signal in turn.signals]:
            for turn in hearing:
                unfold(self, turn)

    def update_waiting_tasks(self) -> None:
        """Do nothing: joins look when a token arrives or when all is at rest, never by walking the tree."""

    def drop(self, token: Token) -> None:
        """Take a token out of the tree; its own variables go with it."""
        self.scopes.close(token.id)
        self.joins.pop(token.id, None)
        self.watching.discard(token.id)
        self.called.pop(token.id, None)
        if self.undoable and token.id not in self.undoable:
            self.undoable.forget_inside(token.id)
        if token is not self.task_tree:
            token.container._children.remove(token.id)  # noqa: SLF001
            # the parent's key stays on the dropped token: whoever completed it still asks for its container
            del self.tasks[token.id]

    def terminate(self, token: Token) -> None:
        """End the token and everything inside it from outside, innermost first."""
        for child in token.children:
            self.terminate(child)
        was_active = token.is_active
        token.task_spec.cancelled(token)
        for wait in list(token.waits):
            self.close_wait(token, wait, completed=False)
        token.cancel()
        if was_active:
            self.recorder.element(token, ElementEvent.TERMINATED)
        if token.is_called:
            self.recorder.calls_ended.append(CalledProcessEnded(key=token.id, status=InstanceStatus.TERMINATED))
        self.drop(token)

    def terminate_children(self, container: Token, *, but: Token | None = None) -> None:
        """End everything inside the container but one token."""
        for child in container.children:
            if child is not but:
                self.terminate(child)

    # -- called processes --------------------------------------------------------------------------

    def call(self, token: Token, version: CallableVersion, *, only_own: bool) -> None:
        """
        Begin a process inside the call activity, with a key, a version and variables of its own.

        It gets what the call activity sees, or only the variables of the call activity itself (`only_own`).
        """
        key = self.surroundings.new_key()
        self.called[key] = version
        self.scopes.open(key, parent=0, kind="c")
        giver = self.scope_of(token)
        if giver == token.id or not only_own:
            self.scopes.lend(giver, key, only_here=only_own)
        self.spawn(version.process.spec.start, token, key=key)
        self._tell_call(token, key, version)

    def call_again(self, token: Token, record: CompletedRecord, definition_key: int, data: dict[str, object]) -> None:
        """
        Open a called process again to undo what has completed in it: a new call with the variables that it left.

        :raises EngineFault: its version is not there any more
        """
        try:
            version = self.surroundings.processes.version(definition_key)
        except NotFound:
            raise EngineFault("called_process_missing", f"the version of {record.spec} is not there") from None
        process = version.process.spec
        key = self.surroundings.new_key()
        self.called[key] = version
        self.scopes.restore(key, record.variables, parent=0, kind="c")
        # what has completed inside is found under the new key
        self.undoable.move(record.key, key)
        self.spawn(process.element(process.start.undoing), token, key=key, **data)
        self._tell_call(token, key, version)

    def _tell_call(self, token: Token, key: int, version: CallableVersion) -> None:
        self.recorder.calls.append(
            ProcessCalled(
                called=self._called(key, version),
                parent_key=token.process.id,
                element_instance_key=token.id,
                element_id=token.task_spec.element_id,
            )
        )

    def _called(self, key: int, version: CallableVersion) -> Called:
        return Called(
            key=key,
            definition_key=version.definition_key,
            process_id=version.process.process_id,
            version=version.version,
        )

    # -- running -----------------------------------------------------------------------------------

    def run_to_rest(self) -> None:
        """Run tokens until each one waits for something outside."""
        while True:
            self.look_at_conditions()
            while self.ready and not self.exhausted:
                token = self.ready.popleft()
                if token._state == TaskState.READY and token.id in self.tasks:  # noqa: SLF001
                    token.run()
                    self.look_at_conditions()
            if self.exhausted or not self._fire_a_join():
                break
        self._look_for_stuck()

    def look_at_conditions(self) -> None:
        """Let conditional events happen whose condition has become true by what was written, outermost first."""
        while self.watching and self.scopes.changed and not self.exhausted:
            changed, self.scopes.changed = self.scopes.changed, set()
            tokens = [token for token in self.tasks.values() if token.id in self.watching]
            for token in sorted(tokens, key=self.place):
                if token.id in self.tasks:
                    look(token, changed)

    def _fire_a_join(self) -> bool:
        joins = sorted(self.joins.values(), key=self.place) if len(self.joins) > 1 else list(self.joins.values())
        return any(token.task_spec.try_to_fire(token) for token in joins if token.id in self.tasks)

    def count(self, token: Token) -> None:
        """
        Count an entered element against the step's budget.

        :raises BudgetExceeded: too many in one step
        """
        self.entered += 1
        if self.entered > STEP_BUDGET:
            self.exhausted = True
            raise BudgetExceeded(
                "step_budget", f"more than {STEP_BUDGET} elements in one step", element_id=token.task_spec.element_id
            )

    def attempt(self, token: Token, phase: Phase, act: Callable[[Token], bool | None]) -> bool | None:
        """Do a phase of the element's life; a fault becomes an incident and the element waits for its retry."""
        try:
            return act(token)
        except EngineFault as fault:
            self.open_incident(token, fault.code, fault.message, phase)
            return None

    def finish(self, token: Token) -> None:
        """Let an element that waited come to its end, unless its end fails."""
        if self.attempt(token, Phase.LEAVE, token.task_spec.leave):
            token.complete()

    def _look_for_stuck(self) -> None:
        if self.status is not InstanceStatus.ACTIVE or any(token.waits for token in self.tasks.values()):
            return
        if any(turn.waits for turn in self.folded.values()):
            return
        self.unfold_all()
        if any(token._state == TaskState.READY for token in self.tasks.values()):  # noqa: SLF001
            return
        waiting = [token for token in self.tasks.values() if token._state == TaskState.WAITING]  # noqa: SLF001
        token = waiting[0] if waiting else self.task_tree
        self.open_incident(token, "stuck", "nothing can continue this instance", Phase.STUCK)

    # -- waits -------------------------------------------------------------------------------------

    def open_wait(self, token: Token, wait: Wait, opened: Opened) -> None:
        """Let the token wait for something outside."""
        token.waits.append(wait)
        if wait.kind == "c":
            self.watching.add(token.id)
        self.tell(token, opened)

    def tell(self, token: Token, opened: Opened) -> None:
        """Note what has opened at the token; without a wait of the token it goes its own way from now on."""
        if (version := self.called.get(token.process.id)) is not None:
            opened = dataclasses.replace(opened, called=self._called(token.process.id, version))
        self.recorder.opened[opened.key] = opened

    def close_wait(self, token: Token, wait: Wait, *, completed: bool) -> None:
        """End a wait."""
        token.waits.remove(wait)
        self.recorder.wait_closed(wait, completed=completed)

    def close_waits(self, token: Token) -> None:
        """End all waits of the token because it went on."""
        for wait in list(token.waits):
            self.close_wait(token, wait, completed=False)

    def find_wait(self, key: int) -> tuple[Token, Wait]:
        """
        Return the wait and the token that holds it.

        :raises NotFound: nothing waits with this key (any more)
        """
        while (turn := next((turn for turn in self.folded.values() if key in turn.waits), None)) is not None:
            unfold(self, turn)
        for token in self.tasks.values():
            for wait in token.waits:
                if wait.key == key:
                    return token, wait
        raise NotFound("wait", key)

    def open_incident(self, token: Token, code: str, message: str, phase: Phase) -> None:
        """Stop the element until somebody retries it."""
        element_id = token.task_spec.element_id
        wait = Wait(key=self.surroundings.new_key(), kind="i", element=element_id, note=phase)
        opened = IncidentOpened(
            key=wait.key, element_instance_key=token.id, element_id=element_id, code=code, message=message
        )
        self.open_wait(token, wait, opened)

    # -- variables and expressions -----------------------------------------------------------------

    def scope_of(self, token: Token) -> int:
        """Return the key of the scope that the element's expressions see first: its own, else its container's."""
        while token.id not in self.scopes:
            token = token.container
        return token.id

    def outer_scope_of(self, token: Token) -> int:
        """Return the key of the scope around the element's own variables."""
        return self.scope_of(token.container) if token.process is not token else token.id

    def evaluate(
        self, token: Token, templates: Sequence[Template], extra: Mapping[str, Value] | None = None
    ) -> list[Value]:
        """
        Return the values of the templates as the element sees them; all FEEL goes to V8 in one call.

        :raises EngineFault: the first expression that failed
        """
        answers = self.answers(self.scope_of(token), templates, extra)
        for answer in answers:
            if answer.error is not None:
                raise answer.error
        return [answer.value for answer in answers]

    def answers(
        self, scope_key: int, templates: Sequence[Template], extra: Mapping[str, Value] | None = None
    ) -> list[feel.Answer]:
        """Return value or error of each template, seen from the scope."""
        expressions = [template for template in templates if isinstance(template, Expression)]
        computed: Iterable[feel.Answer] = ()
        if expressions:
            context = self.context(scope_key, {root for expression in expressions for root in expression.roots}, extra)
            asks = [feel.Ask(expression.text) for expression in expressions]
            computed = feel.evaluate(asks, [context], now=self.surroundings.now)
        stream = iter(computed)
        return [
            feel.Answer(template.value, None) if isinstance(template, Constant) else next(stream)
            for template in templates
        ]

    def context(
        self, scope_key: int, names: Iterable[str] | None, extra: Mapping[str, Value] | None = None
    ) -> dict[str, Value]:
        """Return what an expression may read: variables, what the engine adds, and the read-only contexts last."""
        context = self.scopes.visible(scope_key, names)
        if extra:
            context.update(extra)
        outside = self.surroundings_of(scope_key)
        for name in CONTEXTS:
            if names is None or name in names:
                context[name] = outside.contexts.get(name, {})
        if self.recorder.notes and FACTS in context:
            # what this step has noted holds at once; facts that are computed of it follow with the next step
            context[FACTS] = {**context[FACTS], **{noted.fact: noted.value for noted in self.recorder.notes}}
        return context

    def surroundings_of(self, scope_key: int) -> Surroundings | CallableVersion:
        """Return what holds the contexts and decisions of the process that the scope is of."""
        return self.called.get(self.scopes[scope_key].process, self.surroundings)

    def take_result(self, token: Token, variables: Variables) -> None:
        """
        Store what a task, job or event brought.

        With output mappings the result is the element's own and the mappings decide what leaves it, and so it is where
        the engine has found it itself and notes of it go to the case. Without, each name goes to the nearest scope that
        declares it, else to the root (as in Zeebe).
        """
        if not variables:
            return
        if token.task_spec.keeps_result:
            self.scopes.open(token.id, parent=self.outer_scope_of(token), kind="e")
            self.scopes.write_here(token.id, variables)
        else:
            self.scopes.write(self.scope_of(token), variables)

    def depth(self, token: Token) -> int:
        """Return how many containers are around the element (0: the process itself)."""
        count = 0
        while token is not self.task_tree:
            count, token = count + 1, token.container
        return count

    def place(self, token: Token) -> tuple[int, list[int]]:
        """
        Return where the element stands in the tree: its depth, then its place among its neighbours, outermost first.

        What happens to several at once goes by this: it is the same whatever was stored, folded or opened meanwhile.
        """
        path: list[int] = []
        while token is not self.task_tree:
            container = token.container
            path.append(container._children.index(token.id))  # noqa: SLF001
            token = container
        return len(path), path[::-1]
