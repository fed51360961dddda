"""Tasks that somebody or something outside does: user tasks and jobs; and those that do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.errors import EngineFault
from app.engine.dialect.catching import text_value
from app.engine.dialect.element import ElementSpec, Facts
from app.engine.expressions import Constant, Template
from app.engine.propagation import throw
from app.engine.seam import JobOpened, JobThrewError, Trigger, UserTaskOpened, Value
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
    """A user task: a person of the candidates fills a form."""

    def __init__(self, process: ProcessSpec, facts: Facts, assignment: Assignment, *, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.manual = True
        self.form_id = assignment.form_id
        self.asks = assignment.templates()
        self.kyky = {name: value for name, value in facts.properties.items() if name.startswith("kyky.")}

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Open the task for its candidates."""
        assignee, users, groups, due, follow_up, priority = values
        instance = token.workflow
        wait = Wait(key=instance.surroundings.new_key(), kind="u", element=self.element_id)
        opened = UserTaskOpened(
            key=wait.key,
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
        instance.open_wait(token, wait, opened)
        return None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDefinition:
    """The work that a connector or local command does for the element."""

    type: Template
    retries: Template
    headers: dict[str, str] = field(default_factory=dict)


class JobSpec(ElementSpec):
    """A service, send, script or business rule task, or a throw or end event, with a job type."""

    def __init__(self, process: ProcessSpec, facts: Facts, job: JobDefinition, *, spec_name: str = "") -> None:
        super().__init__(process, facts, spec_name=spec_name)
        self.headers = job.headers
        self.asks = (job.type, job.retries)

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:
        """Open the job with what the input mappings name, else with every variable that the element sees."""
        instance = token.workflow
        job_type, retries = text_value(values[0], "job_type"), _retries(values[1])
        scopes = instance.scopes
        variables = scopes.here(token.id) if self.input_mappings else scopes.visible(instance.scope_of(token))
        wait = Wait(key=instance.surroundings.new_key(), kind="j", element=self.element_id)
        opened = JobOpened(
            key=wait.key,
            element_instance_key=token.id,
            element_id=self.element_id,
            type=job_type,
            retries=retries,
            headers=self.headers,
            variables=variables,
        )
        instance.open_wait(token, wait, opened)
        return None

    def completed_by(self, token: Token, wait: Wait, trigger: Trigger) -> None:
        """Take the job's result, or let an event catch the BPMN error that it threw."""
        if not isinstance(trigger, JobThrewError):
            super().completed_by(token, wait, trigger)
            return
        instance = token.workflow
        instance.close_wait(token, wait, completed=True)
        if not throw(token, kind="error", code=trigger.error_code, variables=trigger.variables):
            message = f"no event catches the error {trigger.error_code}"
            instance.open_incident(token, "uncaught_error", message, Phase.BEHAVE)


def _retries(value: Value) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000:
        return value
    raise EngineFault("retries_value", "the number of retries is no whole number")
