"""
An instance <-> the record of its state.

The turns of a wide parallel multi-instance are stored folded: each as bytes of its own, with the keys of the waits
inside beside them, and without what they have in common, which is stored once. A step unfolds the turn that it wakes
and leaves the others as they are: it neither decodes nor encodes them, and makes no tokens and scopes for them. So a
step of three hundred calls costs about what a step of two costs. Where all turns count (the body is ended, a signal
that they wait for is thrown inside), they are unfolded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from SpiffWorkflow.util.task import TaskState

from app.domain.errors import NotFound, StateUnreadable
from app.engine.codec import (
    VERSION,
    VERSION_WITHOUT_CALLS,
    VERSION_WITHOUT_COMPENSATION,
    VERSION_WITHOUT_FOLDS,
    VERSION_WITHOUT_POOL,
    CalledRecord,
    FoldedTurn,
    StateRecord,
    TokenRecord,
    TurnRecord,
    VersionRecord,
    deflate_turn,
    inflate_turn,
    sample_of,
)
from app.engine.compensation import UNDO
from app.engine.tokens import NO_ITEMS, Token

if TYPE_CHECKING:
    from app.engine.instance import Instance
    from app.engine.seam import CallableVersion
    from app.engine.specs import ProcessSpec

#: a place of its own for what is in no folded turn
_OUTSIDE = 0


# -- to the record -------------------------------------------------------------------------------------------------


def fold(instance: Instance, process: ProcessSpec) -> StateRecord:
    """Return what is to be stored of the instance, which stays as it is."""
    wide = _wide_bodies(instance)
    folding = bool(wide)
    kept = {place for turn in instance.folded.values() for place in turn.pooled}
    scopes, pool = instance.scopes.records(kept=kept if folding else None)
    places = _places(instance, wide)
    inside: dict[int, TurnRecord] = {
        key: TurnRecord([], []) for key in (_OUTSIDE, *(turn for turn in set(places.values()) if turn != _OUTSIDE))
    }
    for token in _in_order(instance) if folding else instance.tasks.values():
        inside[places.get(token.id, _OUTSIDE)].tokens.append(_record(token))
    for scope in scopes:
        inside[places.get(scope.key, _OUTSIDE)].scopes.append(scope)
    called: list[CalledRecord] = []
    for key, version in instance.called.items():
        if key not in instance.tasks:
            continue
        if (place := places.get(key, _OUTSIDE)) == _OUTSIDE:
            called.append(CalledRecord(key, version.process.spec.name, version.definition_key, version.version))
        else:
            inside[place].called.append((key, version.definition_key))
            instance.versions[version.definition_key] = version.process.spec.name
    instance.sample = instance.sample if instance.folded else b""
    # bodies stand before those inside their turns: the innermost turns are folded first
    for body in reversed(wide):
        turns = inside[places.get(body.id, _OUTSIDE)].turns
        for place, key in enumerate(body._children):  # noqa: SLF001
            if (turn := instance.folded.get(key)) is not None:
                turn.place = place
                turns.append(turn)
            elif key in inside:
                turns.append(_folded(key, body.id, place, inside[key], instance))
    outside = inside[_OUTSIDE]
    return StateRecord(
        version=_stamp(instance, folded=folding, pooled=bool(pool), called=bool(called)),
        process_id=process.process_id,
        content_hash=process.content_hash,
        status=instance.status,
        root=instance.task_tree.id,
        tokens=outside.tokens,
        scopes=outside.scopes,
        called=called,
        pool=pool,
        completed=instance.undoable.records(),
        turns=outside.turns,
        versions=[VersionRecord(key, spec) for key, spec in instance.versions.items()] if folding else [],
        sample=instance.sample,
    )


def _stamp(instance: Instance, *, folded: bool, pooled: bool, called: bool) -> int:
    """Return the first version that has everything that the state needs."""
    if folded:
        return VERSION
    if instance.undoable or any(UNDO in token.internal_data for token in instance.tasks.values()):
        return VERSION_WITHOUT_FOLDS
    return VERSION_WITHOUT_COMPENSATION if pooled else VERSION_WITHOUT_POOL if called else VERSION_WITHOUT_CALLS


def _in_order(instance: Instance) -> Iterator[Token]:
    """Go through the tree, elements in their order: a turn that was opened in this step is not the last made."""
    stack = [instance.task_tree]
    while stack:
        token = stack.pop()
        yield token
        stack += [instance.tasks[key] for key in reversed(token._children) if key in instance.tasks]  # noqa: SLF001


def _wide_bodies(instance: Instance) -> list[Token]:
    return [token for token in instance.tasks.values() if token.task_spec.has_turns and token.task_spec.is_wide(token)]


def _places(instance: Instance, wide: Iterable[Token]) -> dict[int, int]:
    """Return the turn that each token is folded into, by the token's key; those outside of all are left out."""
    bodies = {body.id for body in wide}
    places: dict[int, int] = {}
    if bodies:
        moving = _moving(instance)
        # parents stand before their children
        for token in instance.tasks.values():
            parent = token._parent  # noqa: SLF001  # SpiffWorkflow's field for the parent's key
            if parent in bodies and token.id not in moving:
                places[token.id] = token.id
            elif parent in places:
                places[token.id] = places[parent]
    return places


def _moving(instance: Instance) -> set[int]:
    """
    Return the tokens that have to be found without being woken, with all around them.

    Those that a stopped step has left on their way, and those whose conditions are looked at whatever moves.
    """
    moving: set[int] = set()
    for token in instance.tasks.values():
        if token._state == TaskState.READY or any(wait.kind == "c" for wait in token.waits):  # noqa: SLF001
            while token.id not in moving:
                moving.add(token.id)
                token = token.container if token is not instance.task_tree else token  # noqa: PLW2901
    return moving


def _folded(key: int, body: int, place: int, inside: TurnRecord, instance: Instance) -> FoldedTurn:
    waits = [wait for token in inside.tokens for wait in token.waits]
    turn = FoldedTurn(
        key,
        body,
        place,
        NO_ITEMS,
        [wait.key for wait in waits] + [key for turn in inside.turns for key in turn.waits],
        sorted({wait.note for wait in waits if wait.kind == "s"}.union(*(turn.signals for turn in inside.turns))),
        sorted(
            {place for scope in inside.scopes for place in scope.pooled.values()}.union(
                *(turn.pooled for turn in inside.turns)
            )
        ),
    )
    # the first is what the others are told by, as long as one of them is folded
    instance.sample = instance.sample or sample_of(inside)
    deflate_turn(turn, inside, instance.sample)
    return turn


def _record(token: Token) -> TokenRecord:
    return TokenRecord(
        token.id,
        token._parent or 0,  # noqa: SLF001
        token.task_spec.name,
        token._state,  # noqa: SLF001
        token.waits,
        token.internal_data,
        token.items,
    )


# -- from the record -----------------------------------------------------------------------------------------------


def restore(instance: Instance, record: StateRecord) -> None:
    """
    Put the stored tokens, called processes and folded turns into the new instance.

    :raises StateUnreadable: a called version is not there any more
    :raises LookupError: the record makes no sense; so do TypeError, ValueError and AttributeError
    """
    for called in record.called:
        instance.called[called.key] = _version(instance, called.definition_key, called.spec)
    _restore_tokens(instance, record.tokens)
    instance.sample = record.sample
    instance.versions.update((version.definition_key, version.spec) for version in record.versions)
    _hold(instance, record.turns)


def unfold(instance: Instance, turn: FoldedTurn) -> Token:
    """
    Put what is inside the turn back into the instance, and return the turn's token.

    :raises StateUnreadable: it makes no sense
    """
    record = inflate_turn(turn, instance.sample)
    try:
        del instance.folded[turn.key]
        instance.scopes.put_back(record.scopes)
        for key, definition_key in record.called:
            instance.called[key] = _version(instance, definition_key, instance.versions[definition_key])
        _restore_tokens(instance, record.tokens, turn=turn.key)
        _hold(instance, record.turns)
        return instance.tasks[turn.key]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StateUnreadable("state_unreadable", f"a folded turn makes no sense: {type(error).__name__}") from None


def _version(instance: Instance, definition_key: int, spec: str) -> CallableVersion:
    try:
        version = instance.surroundings.processes.version(definition_key)
    except NotFound:
        raise StateUnreadable("state_of_other_version", f"the state has called {spec}") from None
    if version.process.spec.name != spec:
        raise StateUnreadable("state_of_other_version", f"the state has called {spec}")
    return version


def _restore_tokens(instance: Instance, records: Iterable[TokenRecord], *, turn: int = _OUTSIDE) -> None:
    # parents stand before their children: tokens are stored in the order in which they were made
    for each in records:
        parent = instance.tasks[each.parent] if each.parent else None
        if each.key in instance.called:
            spec = instance.called[each.key].process.spec.element(each.spec)
        else:
            spec = (instance.spec if parent is None else parent.process.task_spec.process).element(each.spec)
        token = Token(instance, spec, parent, key=each.key)
        if each.key == turn and parent is not None:
            # its body has known it all the time, in its place
            parent._children.pop()  # noqa: SLF001
        token._set_state(each.state)  # noqa: SLF001
        token.waits = each.waits
        token.internal_data = each.data
        token.items = each.items
        if any(wait.kind == "c" for wait in each.waits):
            instance.watching.add(each.key)
        if not each.parent:
            instance.task_tree = token
        if each.state == TaskState.READY:
            instance.ready.append(token)
        elif each.state == TaskState.WAITING and token.task_spec.waits_for_others:
            instance.joins[token.id] = token


def _hold(instance: Instance, turns: Iterable[FoldedTurn]) -> None:
    for turn in turns:
        instance.tasks[turn.body]._children.insert(turn.place, turn.key)  # noqa: SLF001
        instance.folded[turn.key] = turn
