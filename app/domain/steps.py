"""
The words in which the rest of the house talks with the engine: what goes in and what comes out of one step.

One command makes one step: state and trigger in, a new state and a list of everything that opened, closed and
happened out. Nothing here knows SpiffWorkflow, the database or the clock; the values are plain and frozen.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from app.domain.calendar import week_around
from app.domain.chart import ProcessLink
from app.domain.localized import LocalizedText
from app.domain.sharing import DataGroup

#: JSON values plus FEEL's temporal values, which keep their type in state (app.engine.feel.values)
Value: TypeAlias = Any
Variables: TypeAlias = Mapping[str, Value]


class InstanceStatus(enum.StrEnum):
    """The life of a process instance."""

    ACTIVE = "active"
    COMPLETED = "completed"
    TERMINATED = "terminated"


class WaitKind(enum.StrEnum):
    """What a process can wait for; each wait is a row of its own outside the engine."""

    USER_TASK = "user_task"
    JOB = "job"
    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    #: needs no row: the engine itself looks at the condition when variables change
    CONDITION = "condition"
    INCIDENT = "incident"


class ListenerEvent(enum.StrEnum):
    """
    The moments of an element's life at which listeners hold it (zeebe:executionListener, zeebe:taskListener).

    START and END are of every element, the others of user tasks. CANCELING holds nothing.
    """

    START = "start"
    END = "end"
    CREATING = "creating"
    ASSIGNING = "assigning"
    UPDATING = "updating"
    COMPLETING = "completing"
    CANCELING = "canceling"

    @property
    def of_task(self) -> bool:
        """Whether it is a moment of a user task, which a listener may deny or correct."""
        return self not in (ListenerEvent.START, ListenerEvent.END)

    @property
    def holds(self) -> bool:
        """Whether the element waits for its listeners; that a task is gone they are only told (ADR 13)."""
        return self is not ListenerEvent.CANCELING


#: what changes in an open user task: assignee (a user name, "" nobody), due_at and follow_up_at (ISO 8601 in UTC, ""
#: none), candidate_users and candidate_groups (lists of names), priority (0 to 100); what is not named stays
TaskChanges: TypeAlias = Mapping[str, Value]


# -- what goes in ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskCompleted:
    """
    A person finished the user task with these answers (process variables only).

    `nested` names those that are contexts and keep the entries that were not answered.
    """

    key: int
    variables: Variables
    nested: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskChangeAsked:
    """Somebody wants to give the open task to another (ASSIGNING) or to change it (UPDATING): its listeners decide."""

    key: int
    event: ListenerEvent
    changes: TaskChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCompleted:
    """A worker finished the job with this result; the job of a task listener may deny what was asked, or correct it."""

    key: int
    variables: Variables
    denied: bool = False
    denied_reason: str = ""
    corrections: TaskChanges = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobThrewError:
    """A worker answered with a BPMN error; caught by the nearest boundary or event sub-process, else an incident."""

    key: int
    error_code: str
    message: str = ""
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """The timer is due."""

    key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageArrived:
    """A message was correlated with the waiting subscription of this key."""

    key: int
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalArrived:
    """A signal was broadcast; this is the waiting subscription's key."""

    key: int
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionMet:
    """A condition has become true; the engine finds that out itself when variables change."""

    key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRetried:
    """An admin asks to try the failed element again."""

    key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VariablesSet:
    """An admin or a client of the API writes variables: local to the scope, or to where each name is declared."""

    scope_key: int
    variables: Variables
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitiesBegun:
    """
    Somebody chooses what is done next in an ad-hoc sub-process (its element instance key).

    Each activity is an element id with variables of its own; `cancels_remaining` ends what is still going on there.
    """

    key: int
    activities: tuple[tuple[str, Variables], ...]
    cancels_remaining: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The whole instance is ended from outside; every wait closes, the history says `terminated`."""


Trigger: TypeAlias = (
    UserTaskCompleted
    | UserTaskChangeAsked
    | JobCompleted
    | JobThrewError
    | TimerFired
    | MessageArrived
    | SignalArrived
    | ConditionMet
    | IncidentRetried
    | VariablesSet
    | ActivitiesBegun
    | Cancelled
)


# -- what comes out --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A process that a call activity runs inside the instance: its own key, and the version that was chosen."""

    key: int
    definition_key: int
    process_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCalled:
    """
    A call activity began to run a process.

    `parent_key` is the process that calls: the instance, or a called process itself. Element and element instance are
    the call activity's.
    """

    called: Called
    parent_key: int
    element_instance_key: int
    element_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledProcessEnded:
    """A called process came to its end, or was ended from outside."""

    key: int
    status: InstanceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wait:
    key: int
    element_instance_key: int
    element_id: str
    #: the called process that the element is of; None: the instance's own
    called: Called | None = field(default=None)

    @property
    def called_key(self) -> int | None:
        """The key of the called process, None where there is none."""
        return None if self.called is None else self.called.key


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskOpened(_Wait):
    """A person has to do something. Assignee and candidates are evaluated; `due_at`, `follow_up_at` are in UTC."""

    name: LocalizedText
    form_id: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    #: 0 to 100, 50 is normal (zeebe:priorityDefinition)
    priority: int = 50
    #: properties of the element with the prefix kyky. (prefix kept), static
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOpened(_Wait):
    """A service task, send task or throw event with a job type, or a listener: work for a connector or a command."""

    type: str
    retries: int
    headers: Mapping[str, str] = field(default_factory=dict)
    #: what the element's input mappings name, else every variable that the element sees
    variables: Variables = field(default_factory=dict)
    #: the moment at which a listener's job holds the element; None: the job is the element's own work
    listener_event: ListenerEvent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerOpened(_Wait):
    """A timer that is due at `due_at` (UTC). A cycle opens its next timer when this one fires."""

    due_at: datetime
    #: planned moment of this turn and turns left of a cycle (None: not a cycle, -1: endless)
    repetitions_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAwaited(_Wait):
    """A message with this name and correlation key continues the process."""

    message_name: str
    correlation_key: str
    #: a wait that does not interrupt stays open after its trigger
    interrupting: bool = True
    #: how deep the element that hears it lies: 0 is the process itself (the outermost interrupting wait wins)
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalAwaited(_Wait):
    """A signal with this name continues the process."""

    signal_name: str
    #: a wait that does not interrupt stays open after its trigger
    interrupting: bool = True
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionAwaited(_Wait):
    """A condition over variables continues the process when it becomes true; nothing outside has to be done for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(_Wait):
    """The element cannot go on. `code` has its text in the locale area `incidents`; `message` holds no client data."""

    code: str
    message: str


Opened: TypeAlias = (
    UserTaskOpened | JobOpened | TimerOpened | MessageAwaited | SignalAwaited | ConditionAwaited | IncidentOpened
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitClosed:
    """A wait is over: `completed` by its trigger, or cancelled because the process went another way."""

    key: int
    kind: WaitKind
    completed: bool


class ElementEvent(enum.StrEnum):
    """What happened to an element instance."""

    ACTIVATED = "activated"
    COMPLETED = "completed"
    TERMINATED = "terminated"
    FLOW_TAKEN = "flow_taken"
    #: who completed a user task has taken that back; it goes on as a new element instance (ADR 122)
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """
    One line of the append-only history, in the order in which things happened.

    The process itself has `element_type` "process" and its element instance key is the instance's root scope key.
    For FLOW_TAKEN `element_id` is the sequence flow's id and `element_instance_key` the scope's key.
    """

    element_instance_key: int
    scope_key: int
    element_id: str
    #: BPMN name in camelCase as in the XML: userTask, exclusiveGateway, ...
    element_type: str
    event: ElementEvent
    #: key of the called process that the element is of; None: the instance's own
    called_key: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableWritten:
    """A variable got a (new) value in the scope."""

    scope_key: int
    name: str
    value: Value
    #: key of the called process that the scope is of; None: the instance's own
    called_key: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeClosed:
    """A scope is over, its variables with it (they stay readable in history)."""

    scope_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageThrown:
    """A throw or end event without a job type sends a message inside the product."""

    element_id: str
    element_instance_key: int
    name: str
    correlation_key: str
    variables: Variables
    time_to_live: timedelta
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalThrown:
    """
    A signal to everything that waits for it.

    The throwing instance's own waits heard it at the moment of the throw: deliver it to all other instances.
    """

    element_id: str
    name: str
    variables: Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionEvaluated:
    """A business rule task asked a decision; the inputs may hold facts of a case and go to the care core only."""

    element_instance_key: int
    element_id: str
    decision_id: str
    content_hash: str
    inputs: Variables
    output: Value
    #: (decision id, number of the rule from 1) of every rule that matched, in the tables that the decision required too
    matched_rules: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactNoted:
    """
    A finished activity notes a result as a fact of the case (`kyky.note.<fact>`); it goes to the care core only.

    `source` is what said it: the decision of a business rule task, else the element.
    """

    fact: str
    value: Value
    data_group: DataGroup
    source: str


class Ruling(enum.StrEnum):
    """What became of a change of a user task that has listeners."""

    #: asked for; the listeners are at work and the task waits for them
    HELD = "held"
    #: the listeners let it happen
    ALLOWED = "allowed"
    #: a listener denied it; the task is as it was
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskRuled:
    """Task listeners hold, allow or deny a change of an open user task; `changes` are those with their corrections."""

    key: int
    event: ListenerEvent
    ruling: Ruling
    changes: TaskChanges = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All that one command did to an instance."""

    state: bytes
    status: InstanceStatus
    opened: tuple[Opened, ...] = ()
    closed: tuple[WaitClosed, ...] = ()
    history: tuple[HistoryEvent, ...] = ()
    variables: tuple[VariableWritten, ...] = ()
    scopes_closed: tuple[ScopeClosed, ...] = ()
    messages: tuple[MessageThrown, ...] = ()
    signals: tuple[SignalThrown, ...] = ()
    decisions: tuple[DecisionEvaluated, ...] = ()
    notes: tuple[FactNoted, ...] = ()
    rulings: tuple[UserTaskRuled, ...] = ()
    calls: tuple[ProcessCalled, ...] = ()
    calls_ended: tuple[CalledProcessEnded, ...] = ()


# -- what a published diagram says of itself -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEvent:
    """A way to start the process, not an event sub-process: `kind` is none, message, timer, signal, conditional."""

    element_id: str
    name: LocalizedText
    kind: str
    #: message or signal name; of a condition its text; for a timer the FEEL expression or ISO text
    detail: str = ""
    form_id: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementOutline:
    """A flow node or sequence flow as monitor and forms need it."""

    element_id: str
    element_type: str
    name: LocalizedText
    documentation: LocalizedText
    lane: str = ""
    form_id: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    #: what listeners hold of a user task
    task_events: frozenset[ListenerEvent] = frozenset()
    #: of an ad-hoc sub-process: ids of the activities that can be begun in it
    activities: tuple[str, ...] = ()
    #: of a boundary event: id of the activity on whose border it sits
    attached_to: str = ""

    @property
    def drawn_as(self) -> str:
        """The element of the drawing in whose place it stands: itself, unless it came with a common rule."""
        return self.properties.get("kyky.drawnAs", self.element_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOutline:
    """What a process definition says of itself, for pages, API and publishing."""

    process_id: str
    name: LocalizedText
    documentation: LocalizedText
    version_tag: str
    start_events: tuple[StartEvent, ...]
    elements: tuple[ElementOutline, ...]
    form_ids: frozenset[str]
    decision_ids: frozenset[str]
    #: processes that it calls by a fixed id; they need not be published with it
    called_process_ids: frozenset[str]
    job_types: frozenset[str]
    #: dotted names below the read-only contexts, e.g. "asia.ika", "viite.t_omahoito"
    references: frozenset[str]
    properties: Mapping[str, str] = field(default_factory=dict)
    #: those of the called processes that are bound to the version published with it
    bound_process_ids: frozenset[str] = frozenset()
    #: those of `decision_ids` of which the version is used that was in force when the process was published
    pinned_decision_ids: frozenset[str] = frozenset()
    #: the version tags of those forms and decisions of which the newest version with a tag is used
    form_tags: Mapping[str, str] = field(default_factory=dict)
    decision_tags: Mapping[str, str] = field(default_factory=dict)
    #: how it leads to other processes, and what leads to it
    links: tuple[ProcessLink, ...] = ()
    #: from which element to which its flows lead; into a sub-process to the elements that begin in it
    ways: tuple[tuple[str, str], ...] = ()


#: property of a user task whose form another program shows (zeebe:formDefinition externalReference): where it is
EXTERNAL_FORM = "zeebe.externalReference"
#: property of a start event or a process: ids of the roles that may start it, with commas
START_ROLES = "kyky.startRoles"
#: property of a process: it goes with a case without being its care; it neither keeps the case open nor outlives it
BESIDE_CASE = "kyky.besideCase"
#: property of a process: it may be started in a case that has ended too, and goes on when the case is closed
AFTER_CASE = "kyky.afterCase"
#: property of a process: a message does not start it in a case in which it is running already
ONCE_PER_CASE = "kyky.oncePerCase"
#: property of a process that is drawn and never run: what it shows the product does in tables of its own
DRAWN_ONLY = "kyky.drawnOnly"
#: property of a user task, value `week`: no finer time is written of when it was taken and done
NOTE_TIME = "kyky.noteTime"


def noted_moments(properties: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    """
    Return the moment that is written for what is done with the task, and the one from which its process counts on.

    Both are now, or else the beginning and the end of the week: what is counted from the end comes at most a week
    later and never too early, and says no more than the week either.
    """
    return week_around(now) if properties.get(NOTE_TIME) == "week" else (now, now)


def is_said(outline: ProcessOutline, name: str) -> bool:
    """Tell whether the yes/no property of the process is set."""
    return outline.properties.get(name) == "true"


def start_roles(outline: ProcessOutline, event: StartEvent) -> frozenset[str]:
    """Return the roles that may start the process at the event (kyky.startRoles of the event, else the process)."""
    text = event.properties.get(START_ROLES) or outline.properties.get(START_ROLES, "")
    return frozenset(role.strip() for role in text.split(",") if role.strip())
