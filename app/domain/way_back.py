"""Taking back the completion of one's own task: possible for a while, and only where nothing has been built on it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.answers import Answers
from app.domain.consent import WITHDRAWAL_FORM
from app.domain.steps import NOTE_TIME, InstanceStatus, JobOpened, Step, WaitKind

#: the limit of reference data that says for how long, and what holds where nobody has set it
LIMIT = "t_valmis_peruminen"
USUAL = "PT1H"

#: waits that can be opened again as they were, besides the task itself; a condition has no row
_REVIVED = frozenset({WaitKind.TIMER, WaitKind.MESSAGE, WaitKind.SIGNAL, WaitKind.CONDITION})


class Obstacle(enum.StrEnum):
    """Why a completed task stays completed; the first that fits is told."""

    #: of this task no time finer than the week is written: nothing is kept that would say it
    WEEK = "week"
    LATE = "late"
    #: the instance has moved since, by whatever
    WENT_ON = "went_on"
    ENDED = "ended"
    CALLED = "called"
    MESSAGE = "message"
    #: a case, a document or a withdrawn consent came of it
    RECORD = "record"
    #: it ended what others had before them
    OTHERS = "others"
    LISTENERS = "listeners"
    #: somebody has taken what followed, begun to type or commented there
    TAKEN = "taken"
    #: work for a connector or a command has begun, or has been done
    JOB = "job"
    MAIL = "mail"
    #: the state holds so many turns at once that some are folded (ADR 11)
    WIDE = "wide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an instance stands to the completion that was kept last in it."""

    task_key: int
    #: of that completion, aware
    at: datetime
    #: what stood in the way from the first, "" nothing
    obstacle: str
    #: the instance has not moved since
    is_latest: bool
    #: nobody has done anything with the tasks that it opened, no worker with its jobs; a mail has left about them
    untouched: bool
    unbegun: bool
    mailed: bool


def obstacle_now(
    standing: Standing | None, *, task_key: int, properties: Mapping[str, str], lasts: timedelta, now: datetime
) -> Obstacle | None:
    """Return what stands in the way of taking the completion of the task back now; None where nothing does."""
    if properties.get(NOTE_TIME):
        return Obstacle.WEEK
    if standing is None or standing.task_key != task_key:
        # forgotten when its time was over, or another completion has come since
        return Obstacle.WENT_ON
    if standing.obstacle:
        return Obstacle(standing.obstacle)
    found = {
        Obstacle.LATE: now - standing.at > lasts,
        Obstacle.WENT_ON: not standing.is_latest,
        Obstacle.TAKEN: not standing.untouched,
        Obstacle.JOB: not standing.unbegun,
        Obstacle.MAIL: standing.mailed,
    }
    return next((obstacle for obstacle, stands in found.items() if stands), None)


def obstacle_of(step: Step, *, task_key: int, answers: Answers | None, opened_case: bool) -> Obstacle | None:
    """Return what stands in the way of taking the completion back, from the moment of the completion on."""
    closed = [wait for wait in step.closed if wait.key != task_key]
    listeners = step.rulings or any(isinstance(wait, JobOpened) and wait.listener_event for wait in step.opened)
    found = {
        Obstacle.ENDED: step.status is not InstanceStatus.ACTIVE,
        Obstacle.CALLED: bool(step.calls or step.calls_ended),
        Obstacle.MESSAGE: bool(step.messages or step.signals),
        Obstacle.RECORD: opened_case or (answers is not None and _leaves_records(answers)),
        Obstacle.LISTENERS: bool(listeners),
        Obstacle.OTHERS: any(wait.kind not in _REVIVED for wait in closed),
    }
    return next((obstacle for obstacle, stands in found.items() if stands), None)


def _leaves_records(answers: Answers) -> bool:
    """Tell whether more came of the answers than answers: those stay, and newer ones take their place."""
    return bool(answers.files) or answers.form_id == WITHDRAWAL_FORM
