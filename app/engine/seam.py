"""The seam of the engine: the words of app.domain.steps, and what a step may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.steps import (
    Cancelled,
    DecisionEvaluated,
    ElementEvent,
    ElementOutline,
    HistoryEvent,
    IncidentOpened,
    IncidentRetried,
    InstanceStatus,
    JobCompleted,
    JobOpened,
    JobThrewError,
    ListenerEvent,
    MessageArrived,
    MessageAwaited,
    MessageThrown,
    Opened,
    ProcessOutline,
    Ruling,
    ScopeClosed,
    SignalArrived,
    SignalAwaited,
    SignalThrown,
    StartEvent,
    Step,
    TaskChanges,
    TimerFired,
    TimerOpened,
    Trigger,
    UserTaskChangeAsked,
    UserTaskCompleted,
    UserTaskOpened,
    UserTaskRuled,
    Value,
    Variables,
    VariablesSet,
    VariableWritten,
    WaitClosed,
    WaitKind,
)

if TYPE_CHECKING:
    from app.engine.decisions import CompiledDecision

__all__ = [
    "Cancelled",
    "DecisionEvaluated",
    "ElementEvent",
    "ElementOutline",
    "HistoryEvent",
    "IncidentOpened",
    "IncidentRetried",
    "InstanceStatus",
    "JobCompleted",
    "JobOpened",
    "JobThrewError",
    "ListenerEvent",
    "MessageArrived",
    "MessageAwaited",
    "MessageThrown",
    "Opened",
    "ProcessOutline",
    "Ruling",
    "ScopeClosed",
    "SignalArrived",
    "SignalAwaited",
    "SignalThrown",
    "StartEvent",
    "Step",
    "Surroundings",
    "TaskChanges",
    "TimerFired",
    "TimerOpened",
    "Trigger",
    "UserTaskChangeAsked",
    "UserTaskCompleted",
    "UserTaskOpened",
    "UserTaskRuled",
    "Value",
    "VariableWritten",
    "Variables",
    "VariablesSet",
    "WaitClosed",
    "WaitKind",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """
    Everything from outside that a step may look at.

    `contexts` holds the read-only contexts `asia` and `viite`, only the names that the process refers to.
    `decisions` holds the decisions that the process calls, by decision id. `new_key` gives random keys.
    `instance_key` says whose step it is, for the account of a state that cannot be read; 0 where it is being started.
    """

    now: datetime
    new_key: Callable[[], int]
    contexts: Mapping[str, Variables] = field(default_factory=dict)
    decisions: Mapping[str, CompiledDecision] = field(default_factory=dict)
    instance_key: int = 0
