"""Start and continue process instances: (state, trigger) -> Step. No database, no clock, no network."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.domain.errors import ExpressionError, InstanceEnded, InvalidInput, NotFound, Problem, StateUnreadable
from app.engine import feel
from app.engine.codec import StateRecord, decode, decode_all, encode
from app.engine.completed import CompletedActivities
from app.engine.dialect.ad_hoc import AdHocSpec
from app.engine.expressions import CONTEXTS
from app.engine.feel.values import to_state
from app.engine.folding import fold, restore
from app.engine.instance import Instance
from app.engine.recorder import KINDS
from app.engine.scopes import ScopeRecord, Scopes, decode_variables, storable
from app.engine.seam import (
    ActivitiesBegun,
    Cancelled,
    ConditionMet,
    IncidentRetried,
    InstanceStatus,
    JobCompleted,
    JobThrewError,
    MessageArrived,
    SignalArrived,
    Step,
    Surroundings,
    TimerFired,
    Trigger,
    UserTaskChangeAsked,
    UserTaskCompleted,
    Variables,
    VariablesSet,
    WaitKind,
)
from app.engine.tokens import Phase

if TYPE_CHECKING:
    from app.engine.diagrams import CompiledProcess

# SpiffWorkflow builds a log record for every change of state, whether anybody logs or not
logging.getLogger("spiff").setLevel(logging.WARNING)

_KIND_OF = {
    UserTaskCompleted: "u",
    UserTaskChangeAsked: "u",
    JobCompleted: "j",
    JobThrewError: "j",
    TimerFired: "t",
    MessageArrived: "m",
    SignalArrived: "s",
    ConditionMet: "c",
    IncidentRetried: "i",
}


def start(
    process: CompiledProcess,
    *,
    variables: Variables,
    surroundings: Surroundings,
    start_element_id: str | None = None,
    instance_key: int,
) -> Step:
    """
    Start an instance at its none start event, or at the start event named, and run it to its first wait.

    :raises NotFound: no such start event, or none that starts without an event
    :raises InvalidInput: a variable has the name of a read-only context, or is no FEEL value
    """
    check_variables(variables)
    with feel.budget():
        return _start(process, variables, surroundings, start_element_id, instance_key)


def _start(
    process: CompiledProcess,
    variables: Variables,
    surroundings: Surroundings,
    start_element_id: str | None,
    instance_key: int,
) -> Step:
    spec = process.spec
    starts = {event.element_id for event in process.outline.start_events}
    if start_element_id is not None and start_element_id not in starts:
        raise NotFound("start event", start_element_id)
    if start_element_id is None and not spec.start.starts:
        raise NotFound("start event", "none")
    instance = Instance(spec, surroundings, Scopes([ScopeRecord(instance_key, 0, "r", {})]))
    data: dict[str, object] = {}
    if start_element_id is not None:
        # with an event, whatever it brought: an element that waits for one goes on
        data.update(start=spec.started_by.get(start_element_id, start_element_id), event={}, chosen=start_element_id)
    if start_element_id is not None and spec.element(start_element_id).output_mappings:
        data["event"] = storable(dict(variables))
    else:
        instance.scopes.write_here(instance_key, variables)
    instance.spawn(spec.start, None, key=instance_key, **data)
    return _rest(process, instance)


def advance(process: CompiledProcess, state: bytes, trigger: Trigger, *, surroundings: Surroundings) -> Step:
    """
    Let the trigger happen to the instance and run it to its next wait.

    :raises NotFound: nothing waits with this key (any more), or no scope has it
    :raises InstanceEnded: what is to be cancelled has ended
    :raises Conflict: the ad-hoc sub-process cannot begin these activities now
    :raises InvalidInput: a variable has the name of a read-only context, or is no FEEL value
    :raises StateUnreadable: the state is broken, or not of this process version
    """
    check_variables(getattr(trigger, "variables", {}))
    for _, variables in trigger.activities if isinstance(trigger, ActivitiesBegun) else ():
        check_variables(variables)
    with feel.budget():
        return _advance(process, state, trigger, surroundings)


def _advance(process: CompiledProcess, state: bytes, trigger: Trigger, surroundings: Surroundings) -> Step:
    try:
        record = decode(state)
        instance = _restore(process, record, surroundings)
        if isinstance(trigger, Cancelled):
            _cancel(instance, record.root)
        elif isinstance(trigger, VariablesSet):
            _set_variables(instance, trigger)
        elif isinstance(trigger, ActivitiesBegun):
            _begin_activities(instance, trigger)
        else:
            _wake(instance, trigger)
        return _rest(process, instance)
    except StateUnreadable as error:
        # whose it is, for the incident
        error.instance_key, error.at = surroundings.instance_key, surroundings.now
        raise


def ensure_readable(process: CompiledProcess, state: bytes, surroundings: Surroundings) -> None:
    """
    Check that the state can be opened, all of its variables too.

    :raises StateUnreadable: the state is broken, or not of this process version
    """
    instance = _restore(process, decode(state), surroundings)
    instance.unfold_all()
    read_variables(state)


def check_variables(variables: Variables) -> None:
    """
    Refuse variables that would hide a read-only context, and values that are no FEEL data.

    :raises InvalidInput: names each of them
    """
    problems = [Problem("reserved_variable_name", place=name) for name in variables if name in CONTEXTS]
    for name, value in variables.items():
        try:
            to_state(value)
        except ExpressionError:
            problems.append(Problem("variable_value", place=name))
    if problems:
        raise InvalidInput(problems)


def _wake(instance: Instance, trigger: Trigger) -> None:
    if isinstance(trigger, (Cancelled, VariablesSet, ActivitiesBegun)):
        raise TypeError
    token, wait = instance.find_wait(trigger.key)
    if wait.kind != _KIND_OF[type(trigger)]:
        raise NotFound("wait", trigger.key)
    if isinstance(trigger, IncidentRetried):
        instance.close_wait(token, wait, completed=True)
        token.task_spec.retry(token, Phase(wait.note))
    else:
        if isinstance(trigger, UserTaskCompleted) and trigger.nested:
            seen = instance.scopes.visible(instance.scope_of(token), trigger.nested)
            kept = {name: _merged(seen.get(name), trigger.variables.get(name)) for name in trigger.nested}
            trigger = replace(trigger, variables={**trigger.variables, **kept})
        try:
            token.task_spec.triggered(token, wait, trigger)
        except StopIteration:
            raise StateUnreadable("state_unreadable", "a stored wait is of no element") from None


def _merged(before: Any, given: Any) -> Any:
    """Return what was given, in contexts with the entries that were there before and are not given."""
    if not isinstance(before, Mapping) or not isinstance(given, Mapping):
        return given
    return {**before, **{name: _merged(before.get(name), value) for name, value in given.items()}}


def _cancel(instance: Instance, instance_key: int) -> None:
    if instance.status is not InstanceStatus.ACTIVE:
        raise InstanceEnded(instance_key)
    instance.terminate(instance.task_tree)
    instance.status = InstanceStatus.TERMINATED


def _set_variables(instance: Instance, trigger: VariablesSet) -> None:
    token = instance.find(trigger.scope_key)
    if token is None:
        raise NotFound("scope", trigger.scope_key)
    if trigger.local:
        instance.scopes.open(token.id, parent=instance.outer_scope_of(token), kind="e")
        instance.scopes.write_here(token.id, trigger.variables)
    else:
        instance.scopes.write(instance.scope_of(token), trigger.variables)


def _begin_activities(instance: Instance, trigger: ActivitiesBegun) -> None:
    token = instance.find(trigger.key)
    if token is None or not isinstance(token.task_spec, AdHocSpec):
        raise NotFound("ad-hoc sub-process", trigger.key)
    token.task_spec.begin_chosen(token, trigger.activities, cancels_remaining=trigger.cancels_remaining)


def _rest(process: CompiledProcess, instance: Instance) -> Step:
    if instance.status is InstanceStatus.ACTIVE:
        instance.run_to_rest()
    if instance.status is not InstanceStatus.ACTIVE:
        instance.tasks.clear()
        instance.undoable = CompletedActivities()
    record = fold(instance, process.spec)
    return instance.recorder.step(encode(record), instance.status, instance.scopes, record.root)


def _restore(process: CompiledProcess, record: StateRecord, surroundings: Surroundings) -> Instance:
    if (record.process_id, record.content_hash) != (process.process_id, process.content_hash):
        raise StateUnreadable("state_of_other_version", "the state belongs to another process or version")
    try:
        return _rebuilt(process, record, surroundings)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # well-formed, and yet nothing that was ever stored
        raise StateUnreadable("state_unreadable", f"the stored state makes no sense: {type(error).__name__}") from None


def _rebuilt(process: CompiledProcess, record: StateRecord, surroundings: Surroundings) -> Instance:
    instance = Instance(process.spec, surroundings, Scopes(record.scopes, record.pool))
    instance.status = InstanceStatus(record.status)
    instance.undoable = CompletedActivities(record.completed)
    restore(instance, record)
    return instance


# -- looking into a state ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWait:
    """A wait of a live element."""

    key: int
    kind: WaitKind
    element_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveElement:
    """
    A live element instance; one that is not active is a token on its way or waiting at a join.

    `process_key` is the process that it is of: the instance's own or a called one.
    """

    key: int
    parent_key: int
    process_key: int
    element_id: str
    is_active: bool
    waits: tuple[OpenWait, ...]


def read_variables(state: bytes) -> Mapping[int, Variables]:
    """
    Return the variables of every open scope by the scope's key.

    :raises StateUnreadable: the state is broken or of a later build
    """
    record = decode_all(state)
    return {scope.key: decode_variables(scope, record.pool) for scope in record.scopes}


def inspect_state(state: bytes) -> tuple[LiveElement, ...]:
    """
    Return the live elements of an instance, the process first.

    :raises StateUnreadable: the state is broken or of a later build
    """
    record = decode_all(state)
    processes = {called.key: called.key for called in record.called}
    # parents stand before their children
    for token in record.tokens:
        processes.setdefault(token.key, processes[token.parent] if token.parent else token.key)
    return tuple(
        LiveElement(
            key=token.key,
            parent_key=token.parent,
            process_key=processes[token.key],
            element_id=token.spec.partition("#")[0],
            is_active="a" in token.data,
            waits=tuple(OpenWait(key=wait.key, kind=KINDS[wait.kind], element_id=wait.element) for wait in token.waits),
        )
        for token in record.tokens
    )
