"""
Every anticipated failure. Doors map them to answers by base class; messages are for logs, never for users.

KykypolkuError
├── InvalidInput            what was sent cannot be accepted (4xx); carries problems tied to fields or elements
│   ├── InvalidSubmission   a form's values
│   ├── InvalidDiagram      a BPMN file
│   ├── InvalidDecision     a DMN file
│   └── InvalidFormDefinition
├── NotFound                no such thing, or not for this person
│   └── Concealed           it is there, but not for this person; refused attempts are logged
├── NotAllowed              the person may not do this; refused attempts are logged
├── Conflict                somebody or something else was faster
│   ├── TaskAlreadyClosed
│   ├── TaskClaimedByOther
│   ├── TaskChanged         somebody did something with it since it was handled: no undoing it
│   ├── StaleVersion        the row changed since it was read
│   ├── DraftChanged        another process owner saved or removed the draft first; says who and when
│   ├── BaseOutdated        a newer version was published since the draft was begun
│   ├── InstanceEnded
│   ├── CaseClosed          nothing new begins in it; a new contact opens a new case
│   ├── CalledByOther       a called process ends with the instance that called it
│   └── LeaseLost           a worker's fencing token is old
├── EngineFault             the process cannot go on here: becomes an incident
│   ├── ExpressionError
│   ├── BudgetExceeded      steps, time or memory
│   └── StateUnreadable     409 for who asked; the executor opens the incident
└── Unavailable             database or another part is away for the moment (503)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing wrong with an input, tied to the place where it is.

    `code` is the key of its text in the locale catalogues (area `problems`), `values` what the text names,
    `place` a field path (`toimenpiteet.0.palvelu`) or an element id, `name` the element's name or field's key.
    """

    code: str
    place: str = ""
    name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class KykypolkuError(Exception):
    """Base of every failure that we foresee."""


class InvalidInput(KykypolkuError):
    """What was sent cannot be accepted; says what is wrong and where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.code} at {problem.place or '-'}" for problem in problems))
        self.problems = tuple(problems)


class InvalidSubmission(InvalidInput):
    """A form's values do not fit the form."""


class InvalidDiagram(InvalidInput):
    """A BPMN file is malformed, hostile, or asks for something that we do not run rightly."""


class InvalidDecision(InvalidInput):
    """A DMN file is malformed, hostile, or asks for something that we do not evaluate rightly."""


class InvalidFormDefinition(InvalidInput):
    """A form definition is not of our format."""


class NotFound(KykypolkuError):
    """No such thing, or none that this person may know of."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"no {kind} {key!r}")
        self.kind = kind
        self.key = key


class Concealed(NotFound):
    """
    It is there, and this person must not learn so: answered as if it were not, logged as a refused attempt.

    `case_key` is the case that it belongs to, where it belongs to one.
    """

    def __init__(self, kind: str, key: object, *, case_key: int | None = None) -> None:
        super().__init__(kind, key)
        self.case_key = case_key


class NotAllowed(KykypolkuError):
    """The person may not do this. `reason` is a key of the locale catalogues (area `access`)."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(f"not allowed: {reason}")
        self.reason = reason
        self.values = values


class Conflict(KykypolkuError):
    """Somebody or something else was faster."""


class TaskAlreadyClosed(Conflict):
    """Someone completed or the process withdrew the task first; says who and when."""

    def __init__(self, task_key: int, *, by: int | None = None, at: datetime | None = None, state: str = "") -> None:
        super().__init__(f"task {task_key} is already closed")
        self.task_key = task_key
        self.by = by
        self.at = at
        self.state = state


class TaskClaimedByOther(Conflict):
    """Someone else has taken the task; says who."""

    def __init__(self, task_key: int, *, by: int) -> None:
        super().__init__(f"task {task_key} is claimed by another")
        self.task_key = task_key
        self.by = by


class TaskChanged(Conflict):
    """Somebody did something with the task since then: what was done before is not undone."""

    def __init__(self, task_key: int) -> None:
        super().__init__(f"task {task_key} has changed since")
        self.task_key = task_key


class InstancePaused(Conflict):
    """An administrator has paused the process: nothing of it is completed until it goes on."""

    def __init__(self, instance_key: int) -> None:
        super().__init__(f"process instance {instance_key} is paused")
        self.instance_key = instance_key


class TaskHeld(Conflict):
    """Listeners look at what somebody asked for (`event`: assigning, updating, completing); nothing else until then."""

    def __init__(self, task_key: int, *, event: str) -> None:
        super().__init__(f"task {task_key} is held: {event}")
        self.task_key = task_key
        self.event = event


class NotReopenable(Conflict):
    """A completed task stays so: something has been built on it (`obstacle`, a key of the texts `reopen.not.*`)."""

    def __init__(self, task_key: int, *, obstacle: str) -> None:
        super().__init__(f"task {task_key} cannot be opened again: {obstacle}")
        self.task_key = task_key
        self.obstacle = obstacle


class StaleVersion(Conflict):
    """The row changed since it was read."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} {key!r} changed meanwhile")
        self.kind = kind
        self.key = key


class DraftElsewhere(Conflict):
    """The same person has typed into the same form on another page meanwhile; says when that was kept."""

    def __init__(self, task_key: int, *, at: datetime) -> None:
        super().__init__(f"the draft of task {task_key} was written on another page")
        self.task_key = task_key
        self.at = at


class DraftChanged(Conflict):
    """Another process owner saved the draft first, or it is gone (`revision` 0); says who and when where known."""

    def __init__(self, key: int, *, revision: int, by: str = "", at: datetime | None = None) -> None:
        super().__init__(f"model draft {key} changed meanwhile")
        self.key = key
        self.revision = revision
        self.by = by
        self.at = at


class BaseOutdated(Conflict):
    """The draft was begun from a version that is no longer the newest; says which is, who published it and when."""

    def __init__(self, model_id: str, *, version: int, by: str = "", at: datetime | None = None) -> None:
        super().__init__(f"{model_id} has a newer version {version} than its draft was begun from")
        self.model_id = model_id
        self.version = version
        self.by = by
        self.at = at


class InstanceEnded(Conflict):
    """The process instance has already ended."""

    def __init__(self, instance_key: int) -> None:
        super().__init__(f"process instance {instance_key} has ended")
        self.instance_key = instance_key


class CaseClosed(Conflict):
    """The case has been closed: nothing new begins in it. `number` is what people call the case by."""

    def __init__(self, number: str) -> None:
        super().__init__(f"case {number} is closed")
        self.number = number


class CalledByOther(Conflict):
    """The process was called by another one: it runs inside that instance and ends with it."""

    def __init__(self, process_key: int, *, instance_key: int) -> None:
        super().__init__(f"process instance {process_key} was called inside {instance_key}")
        self.process_key = process_key
        self.instance_key = instance_key


class LeaseLost(Conflict):
    """The job was given to another worker meanwhile; this result is dropped."""

    def __init__(self, job_key: int) -> None:
        super().__init__(f"the lease of job {job_key} is lost")
        self.job_key = job_key


class EngineFault(KykypolkuError):
    """The process cannot go on here. `code` is a key of the locale catalogues (area `incidents`)."""

    def __init__(self, code: str, message: str, *, element_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.element_id = element_id


class ExpressionError(EngineFault):
    """An expression could not be parsed or evaluated."""


class BudgetExceeded(EngineFault):
    """A command needed more steps, time or memory than it may use."""


class StateUnreadable(EngineFault):
    """
    A stored state cannot be opened by this build, or does not belong to what else is stored of its instance.

    `instance_key` and `at` say whose state and when, for the incident; 0 and None where nobody knows.
    """

    instance_key: int = 0
    at: datetime | None = None


#: codes of StateUnreadable; an instance has at most one open incident of them
UNREADABLE_STATE = frozenset(
    {"state_unreadable", "state_of_later_build", "state_of_other_version", "state_without_wait"}
)


class Unavailable(KykypolkuError):
    """The database or another part is away for the moment; trying again later may help."""
