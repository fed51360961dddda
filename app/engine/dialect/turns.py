"""Multi-instance and loop: a body around an activity, with the activity's turns as its children."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from app.domain.errors import EngineFault
from app.engine.dialect.catching import THROWING, text_value
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.facts import Facts
from app.engine.expressions import Expression, Template
from app.engine.feel.values import from_state
from app.engine.propagation import broadcast, throw
from app.engine.scopes import pack
from app.engine.seam import SignalThrown, Value
from app.engine.specs import ProcessSpec
from app.engine.tokens import NO_ITEMS, Token

MOST_PARALLEL_TURNS = 1_000
MOST_SEQUENTIAL_TURNS = 20_000
#: items of a sequential multi-instance that are decoded together
CHUNK = 100
#: parallel turns from which on each is stored folded
WIDE = 8
BODY_TYPE = "multiInstanceBody"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEvent:
    """A signal or escalation that a turn throws when it is done; only the first turn, or where the condition holds."""

    kind: str
    #: name of the signal, code of the escalation
    name: Template
    first_only: bool = False
    condition: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What zeebe:loopCharacteristics and bpmn:multiInstanceLoopCharacteristics say."""

    sequential: bool
    #: the collection itself, or how many turns (bpmn:loopCardinality)
    collection: Template
    by_number: bool = False
    input_element: str = ""
    output_collection: str = ""
    output_element: Expression | None = None
    completion_condition: Expression | None = None
    #: what turns throw (bpmn: behavior None, One or Complex)
    events: tuple[TurnEvent, ...] = ()


class MultiInstanceSpec(ElementSpec):
    """
    The body of a multi-instance: holds the collection and starts the turns (clause 10.3.8; io as in Zeebe).

    Each turn has a scope with the input element and `loopCounter` (from 1). What a turn throws when it is done can be
    caught on the activity itself: an event there that interrupts ends the other turns, and the activity has then come
    to its end with the turn that threw, so that both the event's flow and its own are taken.
    """

    has_turns = True

    def __init__(self, process: ProcessSpec, facts: Facts, turns: Turns, *, inner: str) -> None:
        super().__init__(process, facts)
        self.turns = turns
        self.inner = inner
        self.asks = (turns.collection,)
        output = turns.output_element
        #: the variable that a turn declares so that what it writes stays in the turn
        self.output_root = next(iter(output.roots)) if output is not None and len(output.roots) == 1 else ""

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Start all turns, or the first one."""
        items = self._items(values[0])
        instance = token.workflow
        if self.turns.output_collection:
            instance.scopes.open(token.id, parent=instance.outer_scope_of(token), kind="e")
            instance.scopes.write_here(token.id, {self.turns.output_collection: [None] * len(items)})
        token.internal_data.update(n=len(items), next=0, done=0)
        if self.turns.sequential:
            token.internal_data["chunk"] = CHUNK
            token.items = pack([items[at : at + CHUNK] for at in range(0, len(items), CHUNK)])
        for item in items[:1] if self.turns.sequential else items:
            self._start_turn(token, item)
        return None if items else True

    def is_wide(self, token: Token) -> bool:
        """Return whether so many turns began side by side that each is stored folded."""
        return not self.turns.sequential and token.internal_data.get("n", 0) >= WIDE

    def _items(self, value: Value) -> list[Value]:
        if self.turns.by_number:
            if isinstance(value, str) and value.isdecimal():
                value = int(value)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise EngineFault("loop_cardinality_value", "the number of turns is no whole number")
            value = [None] * value if value <= MOST_SEQUENTIAL_TURNS else None
        if not isinstance(value, list):
            raise EngineFault("input_collection_value", "the input collection is no list")
        most = MOST_SEQUENTIAL_TURNS if self.turns.sequential else MOST_PARALLEL_TURNS
        if len(value) > most:
            raise EngineFault("too_many_turns", f"more than {most} turns")
        return value

    def _start_turn(self, token: Token, item: Value) -> None:
        index = token.internal_data["next"]
        token.internal_data["next"] = index + 1
        variables: dict[str, Value] = {}
        if self.output_root:
            variables[self.output_root] = None
        if self.turns.input_element:
            variables[self.turns.input_element] = item
        variables["loopCounter"] = index + 1
        start_turn(token, self.inner, variables)

    def child_leaves(self, token: Token, child: Token) -> None:
        """Put the turn's output into the collection and ask whether that was enough."""
        instance = token.workflow
        turns = self.turns
        if turns.output_collection and turns.output_element is not None:
            value = instance.evaluate(child, [turns.output_element])[0]
            collected = list(instance.scopes[token.id][turns.output_collection])
            collected[child.internal_data["turn"] - 1] = value
            instance.scopes.write_here(token.id, {turns.output_collection: collected})
        if turns.events:
            token.internal_data["throw"] = self._thrown(token, child)
        if turns.completion_condition is None:
            return
        data = token.internal_data
        counts = self._counts(token)
        enough = instance.evaluate(child, [turns.completion_condition], counts)[0]
        if not isinstance(enough, bool):
            raise EngineFault("completion_condition_value", "the completion condition is neither true nor false")
        data["enough"] = enough

    def _counts(self, token: Token) -> dict[str, Value]:
        data = token.internal_data
        return {
            "numberOfInstances": data["n"],
            "numberOfActiveInstances": len(token._children) - 1,  # noqa: SLF001
            "numberOfCompletedInstances": data["done"] + 1,
            "numberOfTerminatedInstances": 0,
        }

    def _thrown(self, token: Token, child: Token) -> list[list[str]]:
        """Return kind and name of what the turn throws when it is done."""
        thrown = []
        for event in self.turns.events:
            asks = (event.name,) if event.condition is None else (event.name, event.condition)
            name, *holds = token.workflow.evaluate(child, asks, self._counts(token))
            if not all(isinstance(each, bool) for each in holds):
                raise EngineFault("turn_event_condition_value", "the condition of a turn's event is no truth value")
            if all(holds) and not (event.first_only and token.internal_data["done"]):
                thrown.append([event.kind, text_value(name, "signal_name")])
        return thrown

    def child_finished(self, token: Token, child: Token) -> None:  # noqa: ARG002
        """Throw what the turn throws; start the next one, or come to the end after the last or when it was enough."""
        instance = token.workflow
        data = token.internal_data
        data["done"] += 1
        for kind, name in data.pop("throw", ()):
            data[THROWING] = 1
            if kind == "signal":
                instance.recorder.signals.append(SignalThrown(element_id=self.element_id, name=name, variables={}))
                broadcast(token, name, {})
            else:
                throw(token, kind=kind, code=name, variables={})
            if token.id not in instance.tasks:
                return
            if data.pop(THROWING, None) is None:
                # an event on the activity has interrupted it
                data["enough"] = True
                break
        if data.get("enough"):
            instance.terminate_children(token)
        elif self.turns.sequential and data["next"] < data["n"]:
            self._start_turn(token, _item(token))
        if not token._children:  # noqa: SLF001
            token.items = NO_ITEMS
            instance.finish(token)

    def leave(self, token: Token) -> bool | None:
        """Hand the collected outputs to the scope around, then choose the flows."""
        instance = token.workflow
        name = self.turns.output_collection
        if name:
            instance.scopes.write(instance.outer_scope_of(token), {name: instance.scopes[token.id][name]})
        return super().leave(token)


def _item(token: Token) -> Value:
    """Return the item of the next turn; only its chunk of the collection is decoded."""
    index, size = token.internal_data["next"], token.internal_data.get("chunk")
    if size is None:
        # states of builds before the chunks hold the collection as one list
        return from_state(msgspec.msgpack.decode(token.items)[index])
    chunk = _chunks.decode(token.items)[index // size]
    return from_state(msgspec.msgpack.decode(chunk)[index % size])


_chunks = msgspec.msgpack.Decoder(list[msgspec.Raw])


class LoopSpec(ElementSpec):
    """The body of a standard loop (clause 13.3.6): turns one after another while the condition holds."""

    has_turns = True

    def __init__(
        self,
        process: ProcessSpec,
        facts: Facts,
        *,
        inner: str,
        condition: Expression | None,
        test_before: bool,
        maximum: int | None,
    ) -> None:
        super().__init__(process, facts)
        self.inner = inner
        self.condition = condition
        self.test_before = test_before
        self.maximum = maximum

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:  # noqa: ARG002
        """Start the next turn where there is one."""
        turn = token.internal_data.get("done", 0) + 1
        if self.maximum is not None and turn > self.maximum:
            return True
        if self.condition is not None and (turn > 1 or self.test_before):
            again = token.workflow.evaluate(token, [self.condition], {"loopCounter": turn - 1})[0]
            if not isinstance(again, bool):
                raise EngineFault("loop_condition_value", "the loop condition is neither true nor false")
            if not again:
                return True
        start_turn(token, self.inner, {"loopCounter": turn})
        return None

    def child_finished(self, token: Token, child: Token) -> None:  # noqa: ARG002
        """See whether there is another turn."""
        token.internal_data["done"] = token.internal_data.get("done", 0) + 1
        self.go_on(token)


def start_turn(body: Token, inner: str, variables: dict[str, Value]) -> None:
    """Put a token on the activity inside the body, with a scope of its own."""
    instance = body.workflow
    spec = body.task_spec.process.element(inner)
    key = instance.surroundings.new_key()
    kind = "p" if spec.is_container else "e"
    instance.scopes.open(key, parent=instance.scope_of(body), kind=kind)
    instance.scopes.write_here(key, variables)
    instance.spawn(spec, body, key=key, turn=variables["loopCounter"])
