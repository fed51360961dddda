"""Tasks that somebody or something outside does: user tasks and jobs; and those that do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.errors import EngineFault, NotFound
from app.domain.steps import EXTERNAL_FORM
from app.engine.dialect.catching import text_value
from app.engine.dialect.element import ElementSpec
from app.engine.dialect.facts import Facts
from app.engine.dialect.jobs import JobDefinition, count_heard, hold, open_job, tell
from app.engine.expressions import Constant, Template
from app.engine.feel.values import from_state
from app.engine.propagation import throw
from app.engine.scopes import storable
from app.engine.seam import (
    JobCompleted,
    JobThrewError,
    ListenerEvent,
    Ruling,
    TaskChanges,
    Trigger,
    UserTaskChangeAsked,
    UserTaskCompleted,
    UserTaskOpened,
    UserTaskRuled,
    Value,
    Variables,
)
from app.engine.specs import ProcessSpec
from app.engine.timers import to_moment
from app.engine.tokens import Phase, Token, Wait

NOTHING = Constant(None)
NORMAL_PRIORITY = 50


class PassThroughSpec(ElementSpec):
    """A task without a type, a manual task, a none or link event: done as soon as it is reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who does a user task and by when, as the diagram says."""

    form_id: str | None = None
    #: where another program shows the form
    form_elsewhere: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    assignee: Template = NOTHING
    candidate_users: Template = NOTHING
    candidate_groups: Template = NOTHING
    due: Template = NOTHING
    follow_up: Template = NOTHING
    priority: Template = NOTHING

    def templates(self) -> tuple[Template, ...]:
        """Return what has to be evaluated, in the order of the fields."""
        return (self.assignee, self.candidate_users, self.candidate_groups, self.due, self.follow_up, self.priority)


class UserTaskSpec(ElementSpec):
    """
    A user task: a person of the candidates fills a form.

    Its task listeners hold what is about to happen to the task: that it comes about, that somebody gets it, that it is
    changed, that it is completed. They may correct what is changed, and deny it (but not that the task comes about).
    What they hold stays with the token: `p` = the event, the changes and the variables that were sent. That the task is
    cancelled they are told, and hold nothing: an alarm or a withdrawal of consent waits for no worker.
    """

    def __init__(self, process: ProcessSpec, facts: Facts, assignment: Assignment, *, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.manual = True
        self.form_id = assignment.form_id
        self.asks = assignment.templates()
        kyky = {name: value for name, value in facts.properties.items() if name.startswith("kyky.")}
        self.kyky = {**assignment.headers, **kyky}
        if assignment.form_elsewhere:
            self.kyky[EXTERNAL_FORM] = assignment.form_elsewhere

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Open the task for its candidates, after the listeners that hold its creation."""
        opened = self._task(token, values)
        if hold(token, ListenerEvent.CREATING):
            return None
        token.internal_data.pop("p", None)
        instance = token.workflow
        asked = opened.assignee if ListenerEvent.ASSIGNING in self.listeners else None
        wait = Wait(key=opened.key, kind="u", element=self.element_id)
        instance.open_wait(token, wait, replace(opened, assignee=None) if asked else opened)
        if asked:
            self._ask(token, wait, ListenerEvent.ASSIGNING, {"assignee": asked})
        return None

    def _task(self, token: Token, values: Sequence[Value]) -> UserTaskOpened:
        """Return the task as the diagram says, with what listeners at its creation have corrected."""
        assignee, users, groups, due, follow_up, priority = values
        opened = UserTaskOpened(
            key=token.workflow.surroundings.new_key(),
            element_instance_key=token.id,
            element_id=self.element_id,
            name=self.label,
            form_id=self.form_id,
            assignee=None if assignee is None or assignee == "" else text_value(assignee, "assignee"),
            candidate_users=_names(users),
            candidate_groups=_names(groups),
            due_at=_moment(due),
            follow_up_at=_moment(follow_up),
            priority=_priority(priority),
            properties=self.kyky,
        )
        corrections = token.internal_data.get("p", {}).get("changes", {})
        return replace(opened, **{name: _corrected(name, value) for name, value in corrections.items()})

    def completed_by(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Complete or change the task, after the listeners that hold that."""
        if isinstance(trigger, UserTaskChangeAsked):
            self._ask(token, wait, trigger.event, trigger.changes)
        elif isinstance(trigger, UserTaskCompleted) and ListenerEvent.COMPLETING in self.listeners:
            self._ask(token, wait, ListenerEvent.COMPLETING, {}, trigger.variables)
        else:
            super().completed_by(token, wait, trigger)

    def cancelled(self, token: Token) -> None:
        """Tell the listeners that the task is gone, if anybody has seen it."""
        opened = token.workflow.recorder.opened
        if any(wait.kind == "u" and wait.key not in opened for wait in token.waits):
            tell(token, ListenerEvent.CANCELING)

    def _ask(
        self,
        token: Token,
        wait: Wait,
        event: ListenerEvent,
        changes: TaskChanges,
        variables: Variables | None = None,
    ) -> None:
        """Hold a change of the task until its listeners have been heard."""
        if "p" in token.internal_data:
            raise NotFound("wait", wait.key)
        held = {"event": event, "changes": dict(changes), "variables": storable(dict(variables or {}))}
        token.internal_data["p"] = held
        token.workflow.recorder.rulings.append(
            UserTaskRuled(key=wait.key, event=event, ruling=Ruling.HELD, changes=changes)
        )
        token.workflow.attempt(token, Phase.TASK_CHANGE, self._change_when_heard)

    def _change_when_heard(self, token: Token) -> None:
        """Let the held change happen, unless a listener has to be heard first."""
        held = token.internal_data["p"]
        event, variables = ListenerEvent(held["event"]), from_state(held["variables"])
        if hold(token, event, variables):
            return
        self._rule(token, Ruling.ALLOWED)
        if event is ListenerEvent.COMPLETING:
            wait = next(each for each in token.waits if each.kind == "u")
            super().completed_by(token, wait, UserTaskCompleted(key=wait.key, variables=variables))

    def _rule(self, token: Token, ruling: Ruling, reason: str = "") -> None:
        held = token.internal_data.pop("p")
        token.internal_data.pop("k", None)
        token.workflow.recorder.rulings.append(
            UserTaskRuled(
                key=next(wait.key for wait in token.waits if wait.kind == "u"),
                event=ListenerEvent(held["event"]),
                ruling=ruling,
                changes=held["changes"],
                reason=reason,
            )
        )

    def heard(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Go on because a listener of the task has done its work, has denied what was asked, or has failed."""
        event = ListenerEvent(wait.note)
        if not event.of_task:
            super().heard(token, wait, trigger)
            return
        instance = token.workflow
        creating = event is ListenerEvent.CREATING
        phase = Phase.BEHAVE if creating else Phase.TASK_CHANGE
        instance.close_wait(token, wait, completed=True)
        if not isinstance(trigger, JobCompleted) or (creating and trigger.denied):
            message = f"the listener at {event} answered what it cannot answer"
            instance.open_incident(token, "task_listener_answer", message, phase)
        elif trigger.denied:
            self._rule(token, Ruling.DENIED, trigger.denied_reason)
        else:
            count_heard(token, event)
            held = token.internal_data.setdefault("p", {"changes": {}})
            held["changes"] = {**held["changes"], **trigger.corrections}
            self.retry(token, phase)

    def retry(self, token: Token, phase: Phase) -> None:
        """Try the failed phase again."""
        if phase is Phase.TASK_CHANGE:
            token.workflow.attempt(token, phase, self._change_when_heard)
        else:
            super().retry(token, phase)


def _corrected(name: str, value: Value) -> Value:
    """Return a change of a task (app.domain.steps.TaskChanges) as the task holds it."""
    if name in {"candidate_users", "candidate_groups"}:
        return tuple(value)
    if name in {"due_at", "follow_up_at"}:
        return _moment(value)
    return value or None if name == "assignee" else value


def _names(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(name for part in value.split(",") if (name := part.strip()))
    if isinstance(value, list):
        return tuple(text_value(name, "candidates") for name in value)
    raise EngineFault("candidates_value", "candidates are neither a list nor text")


def _moment(value: Value) -> datetime | None:
    return None if value in (None, "") else to_moment(value, end_of_day=True)  # values may be unhashable


def _priority(value: Value) -> int:
    if value is None:
        return NORMAL_PRIORITY
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100:
        return value
    raise EngineFault("priority_value", "a priority is no whole number from 0 to 100")


class JobSpec(ElementSpec):
    """A service, send, script or business rule task, or a throw or end event, with a job type."""

    def __init__(self, process: ProcessSpec, facts: Facts, job: JobDefinition, *, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.job = job
        self.asks = job.asks

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Open the job."""
        open_job(token, self.job, values)
        return None

    def completed_by(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Take the job's result, or let an event catch the BPMN error that it threw."""
        if wait.note or not isinstance(trigger, JobThrewError):
            super().completed_by(token, wait, trigger)
            return
        instance = token.workflow
        instance.close_wait(token, wait, completed=True)
        if not throw(token, kind="error", code=trigger.error_code, variables=trigger.variables):
            message = f"no event catches the error {trigger.error_code}"
            instance.open_incident(token, "uncaught_error", message, Phase.BEHAVE)
