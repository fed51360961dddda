"""
How compensation goes through an instance (BPMN 2.0.2 clauses 10.7 and 13.5.5).

What completes and can be undone is remembered with the element around it. A throw event undoes one after the other,
the last to complete first. Which ones are still to come travels with the one that is being undone, so that nothing has
to be tidied when all around it is ended: `undo` = the throwing event that waits (0: none does) and the keys to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.completed import CompletedRecord

if TYPE_CHECKING:
    from app.engine.instance import Instance
    from app.engine.tokens import Token

UNDO = "undo"
PARTLY = "partly"


def remember(token: Token) -> None:
    """Remember the completed activity where something can compensate it: its own handler, or those inside it."""
    instance, spec = token.workflow, token.task_spec
    if UNDO in token.internal_data or token is instance.task_tree:
        # what compensates is not compensated itself; after the whole instance there is nobody to do it
        return
    if spec.handler:
        # its handler stands for all that is inside
        instance.undoable.forget_inside(token.id)
    elif not spec.undone_by and not instance.undoable.any_in(token.id):
        return
    _add(token, partly=False)


def remember_inside(token: Token) -> None:
    """Remember what has completed inside the element, which is about to be ended, deeper elements first."""
    for child in token.children:
        remember_inside(child)
    if token.task_spec.undoing and token.workflow.undoable.any_in(token.id):
        _add(token, partly=True)


def _add(token: Token, *, partly: bool) -> None:
    spec, scopes = token.task_spec, token.workflow.scopes
    keeps = token.id in scopes and (spec.is_container or spec.has_turns or spec.is_turn(token))
    variables = dict(scopes[token.id].stored) if keeps else {}
    version = token.workflow.called[token.id].definition_key if token.is_called else None
    record = CompletedRecord(token.id, token.container.id, spec.name, variables, partly, version)
    token.workflow.undoable.add(record)


def compensate(thrower: Token, keys: list[int], *, waits: bool) -> bool:
    """Begin to undo the activities in this order; return whether the throwing event has to wait for them."""
    return _undo_next(thrower.workflow, thrower.id if waits else 0, keys) and waits


def after(token: Token) -> Token | None:
    """Undo what comes after the finished token; return the throwing event where that was all and it waits."""
    thrower, keys = token.internal_data[UNDO]
    instance = token.workflow
    return None if _undo_next(instance, thrower, keys) or not thrower else instance.find(thrower)


def _undo_next(instance: Instance, thrower: int, keys: list[int]) -> bool:
    """Begin to undo the first of the activities that can still be; return whether there is one."""
    for position, key in enumerate(keys, 1):
        record = instance.undoable.find(key)
        if record is not None and instance.find(record.parent) is not None:
            _undo(instance, record, [thrower, keys[position:]])
            # once only, and not before that much has succeeded
            instance.undoable.take(record)
            return True
    return False


def _undo(instance: Instance, record: CompletedRecord, undo: list[object]) -> None:
    """Put a token on what compensates the activity: in the element where it was, with the variables that it left."""
    container = instance.tasks[record.parent]
    data: dict[str, object] = {UNDO: undo, **({PARTLY: 1} if record.partly else {})}
    if record.definition_key is not None:
        instance.call_again(container, record, record.definition_key, data)
        return
    process = container.process.task_spec.process
    spec = process.element(record.spec)
    handled = bool(spec.handler) and not record.partly
    compensating = process.element(spec.handler if handled else spec.undoing)
    # a sub-process is opened again under its own key: what happens inside belongs to it
    key = instance.surroundings.new_key() if handled else record.key
    if record.variables or not handled:
        kind = "p" if compensating.is_container else "e"
        instance.scopes.restore(key, record.variables, parent=instance.scope_of(container), kind=kind)
    instance.spawn(compensating, container, key=key, **data)
