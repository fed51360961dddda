"""The seam of the engine: the words of app.domain.steps, and what a step may look at."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from app.domain.errors import NotFound
from app.domain.steps import (
    ActivitiesBegun,
    Called,
    CalledProcessEnded,
    Cancelled,
    ConditionAwaited,
    ConditionMet,
    DecisionEvaluated,
    ElementEvent,
    ElementOutline,
    FactNoted,
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
    ProcessCalled,
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
    from app.engine.diagrams import CompiledProcess

__all__ = [
    "ActivitiesBegun",
    "Binding",
    "CallableVersion",
    "Called",
    "CalledProcessEnded",
    "Cancelled",
    "ConditionAwaited",
    "ConditionMet",
    "DecisionEvaluated",
    "ElementEvent",
    "ElementOutline",
    "FactNoted",
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
    "ProcessCalled",
    "ProcessOutline",
    "PublishedProcesses",
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


class Binding(enum.StrEnum):
    """Which version of a process a call activity calls (zeebe:calledElement bindingType)."""

    #: the newest at the moment of the call
    LATEST = "latest"
    #: the one that was published together with the caller's version
    DEPLOYMENT = "deployment"
    #: the newest with the version tag
    VERSION_TAG = "versionTag"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallableVersion:
    """A published version that may run inside an instance, with what its expressions and rule tasks look at."""

    definition_key: int
    version: int
    process: CompiledProcess
    contexts: Mapping[str, Variables] = field(default_factory=dict)
    decisions: Mapping[str, CompiledDecision] = field(default_factory=dict)


class PublishedProcesses(Protocol):
    """The processes that a step may call. A step asks only for what it calls, or what its state has called."""

    def choose(
        self, process_id: str, binding: Binding, *, version_tag: str, caller_definition_key: int | None
    ) -> CallableVersion | None:
        """
        Return the version to call, None where there is none.

        `caller_definition_key` is the version of the process that calls; None stands for the instance's own.
        """

    def version(self, definition_key: int) -> CallableVersion:
        """Return the version that was chosen before. :raises NotFound: no such version"""


class NoProcesses:
    """Nothing is published that could be called."""

    def choose(
        self,
        process_id: str,  # noqa: ARG002
        binding: Binding,  # noqa: ARG002
        *,
        version_tag: str,  # noqa: ARG002
        caller_definition_key: int | None,  # noqa: ARG002
    ) -> CallableVersion | None:
        """Return nothing."""
        return None

    def version(self, definition_key: int) -> CallableVersion:
        """Refuse. :raises NotFound: always"""
        raise NotFound("process definition", definition_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """
    Everything from outside that a step may look at.

    `contexts` holds the read-only contexts `asia` and `viite`, only the names that the process refers to.
    `decisions` holds the decisions that the process calls, by decision id. `new_key` gives random keys. `processes`
    finds the versions that call activities call. `instance_key` says whose step it is, for the account of a state that
    cannot be read; 0 where it is being started. `has_case` tells whether there is a case that results can be noted for.
    """

    now: datetime
    new_key: Callable[[], int]
    contexts: Mapping[str, Variables] = field(default_factory=dict)
    decisions: Mapping[str, CompiledDecision] = field(default_factory=dict)
    processes: PublishedProcesses = field(default_factory=NoProcesses)
    instance_key: int = 0
    has_case: bool = True
