"""Jobs for workers in any language: activate, complete, fail, throw an error, change; search."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.commands.jobs import ListenerAnswer
from app.commands.program_jobs import (
    LONGEST_LEASE,
    change_program_job,
    fail_program_job,
    finish_program_job,
    jobs_are_due,
    lease_jobs,
    throw_program_error,
)
from app.domain.errors import InvalidInput, Problem
from app.queries.api_reads import find_jobs
from app.storage.rows import Job
from app.storage.types import NEVER
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body, Results, SearchBody
from app.web.api.routing import DEFAULT_WAIT, Call, Route, wait_for
from app.web.shell import now

MOST_JOBS = 1000
JOB_STATES = frozenset(
    {
        "CANCELED",
        "COMPLETED",
        "CREATED",
        "ERROR_THROWN",
        "FAILED",
        "MIGRATED",
        "PRIORITY_UPDATED",
        "RETRIES_UPDATED",
        "TIMED_OUT",
        "TIMEOUT_UPDATED",
    }
)
JOB_KINDS = frozenset({"AD_HOC_SUB_PROCESS", "BPMN_ELEMENT", "EXECUTION_LISTENER", "TASK_LISTENER"})
LISTENER_EVENTS = frozenset(
    {
        "ASSIGNING",
        "BEFORE_ALL",
        "CANCELING",
        "COMPLETING",
        "CREATING",
        "END",
        "START",
        "UNSPECIFIED",
        "UPDATING",
    }
)

Milliseconds = Annotated[int, Meta(ge=1, le=int(LONGEST_LEASE.total_seconds() * 1000))]


class Activation(Body):
    """
    Which jobs, how many, for how long (milliseconds).

    `requestTimeout`: how long to wait where there are none, in milliseconds; 0 is 10 seconds, below 0 is not at all.
    """

    type: bodies.Name
    timeout: Milliseconds
    max_jobs_to_activate: Annotated[int, Meta(ge=1, le=MOST_JOBS)]
    worker: Annotated[str, Meta(max_length=200)] = ""
    fetch_variable: list[str] = []
    request_timeout: int = 0
    with_lease: bool | None = None
    tenant_ids: list[str] = []
    tenant_filter: str = "PROVIDED"


class ListenedTask(Answer):
    """The user task that a listener looks at, as it is now; null while it is only coming about."""

    user_task_key: str
    action: str
    assignee: str | None
    candidate_groups: list[str]
    candidate_users: list[str]
    changed_attributes: list[str]
    due_date: bodies.Moment | None
    follow_up_date: bodies.Moment | None
    form_key: str | None
    priority: int


class ActivatedJob(Answer):
    """A job that is the caller's until the deadline (milliseconds since 1970)."""

    job_key: str
    type: str
    worker: str
    retries: int
    deadline: int
    variables: dict[str, Any]
    custom_headers: dict[str, str]
    element_id: str
    element_instance_key: str
    process_instance_key: str
    root_process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    process_definition_version: int
    business_id: str | None
    job_lease_token: str | None
    kind: str
    listener_event_type: str
    user_task: ListenedTask | None
    priority: int = 0
    tags: list[str] = []
    physical_tenant_id: str = "default"
    tenant_id: str = TENANT


class ActivatedJobs(Answer):
    """The jobs that the caller got; none where there were none in time."""

    jobs: list[ActivatedJob]


def activate(call: Call) -> ActivatedJobs:
    """Give jobs to a worker, waiting for some where there are none."""
    body: Activation = call.body
    if body.tenant_ids not in ([], [TENANT]):
        raise InvalidInput([Problem("unknown_tenant", place="tenantIds")])
    wait = DEFAULT_WAIT if body.request_timeout == 0 else timedelta(milliseconds=min(body.request_timeout, 10**6))
    jobs = wait_for(lambda: _leased(call, body), at_most=wait)
    return ActivatedJobs(jobs=[_activated(job, row, body) for job, row in jobs or ()])


def _leased(call: Call, body: Activation) -> Any:
    """Return the jobs leased now, None where there are none; looks without locking first."""
    if not call.read(lambda uow, caller: jobs_are_due(uow, job_type=body.type, caller=caller, now=now())):
        return None
    return (
        call.run(
            lambda uow, caller: lease_jobs(
                uow,
                job_type=body.type,
                worker=body.worker or caller.client.client_id,
                lease=timedelta(milliseconds=body.timeout),
                limit=body.max_jobs_to_activate,
                caller=caller,
                now=now(),
            )
        )
        or None
    )


def _activated(job: Job, row: Mapping[str, Any], body: Activation) -> ActivatedJob:
    wanted = set(body.fetch_variable)
    return ActivatedJob(
        job_key=str(job.key),
        type=job.type,
        worker=body.worker,
        retries=max(0, job.retries - job.attempts + 1),
        deadline=int(job.lease_until.timestamp() * 1000) if job.lease_until else 0,
        variables={name: value for name, value in job.variables.items() if not wanted or name in wanted},
        custom_headers={name: str(value) for name, value in job.headers.items()},
        element_id=job.element_id,
        element_instance_key=str(job.element_instance_key),
        process_instance_key=str(job.called_process_key or job.instance_key),
        root_process_instance_key=str(job.instance_key),
        process_definition_key=str(row["process_definition_key"]),
        process_definition_id=row["process_id"],
        process_definition_version=row["version"],
        business_id=row["business_id"] or None,
        job_lease_token=str(job.fence) if body.with_lease else None,
        kind=row["kind"],
        listener_event_type=row["listener_event_type"],
        user_task=_listened(row.get("user_task")),
    )


#: what listeners call what is about to happen to the task
_ACTIONS = {"assigning": "assign", "updating": "update", "completing": "complete"}


def _listened(task: Mapping[str, Any] | None) -> ListenedTask | None:
    if task is None:
        return None
    return ListenedTask(
        user_task_key=str(task["key"]),
        action=_ACTIONS.get(task["held_event"], ""),
        assignee=task["assignee_name"],
        candidate_groups=list(task["candidate_groups"]),
        candidate_users=list(task["candidate_users"]),
        changed_attributes=[],
        due_date=None if task["due_at"] == NEVER else task["due_at"],
        follow_up_date=task["follow_up_at"],
        form_key=None if task["form_definition_key"] is None else str(task["form_definition_key"]),
        priority=task["priority"],
    )


class Corrections(Body):
    """What a task listener corrects; an empty text or list takes a thing away, null leaves it."""

    assignee: Annotated[str, Meta(max_length=200)] | None = None
    due_date: Annotated[str, Meta(max_length=40)] | None = None
    follow_up_date: Annotated[str, Meta(max_length=40)] | None = None
    candidate_groups: Annotated[list[bodies.Name], Meta(max_length=100)] | None = None
    candidate_users: Annotated[list[bodies.Name], Meta(max_length=100)] | None = None
    priority: int | None = None


class ListenerResult(Body):
    """What a task listener answers: a denial with its reason (no client data), or corrections."""

    type: Literal["userTask"] = "userTask"
    denied: bool | None = None
    denied_reason: Annotated[str, Meta(max_length=1_000)] | None = None
    corrections: Corrections | None = None


class JobCompletion(Body):
    """The result; `result` is what a task listener answers."""

    variables: bodies.Variables | None = None
    result: ListenerResult | None = None
    job_lease_token: str | None = None
    business_id: None = None


def complete(call: Call) -> None:
    """Take a result."""
    body: JobCompletion = call.body
    call.run(
        lambda uow, caller: finish_program_job(
            uow,
            job_key=call.key,
            lease_token=body.job_lease_token or "",
            variables=body.variables or {},
            ruling=_answered(body.result),
            caller=caller,
            now=now(),
        )
    )


def _answered(result: ListenerResult | None) -> ListenerAnswer | None:
    if result is None:
        return None
    given = result.corrections or Corrections()
    place = "result.corrections"
    corrected = {
        "assignee": given.assignee,
        "due_at": _date(given.due_date, place=place),
        "follow_up_at": _date(given.follow_up_date, place=place),
        "candidate_groups": given.candidate_groups,
        "candidate_users": given.candidate_users,
        "priority": given.priority,
    }
    return ListenerAnswer(
        denied=bool(result.denied),
        reason=result.denied_reason or "",
        corrections={name: value for name, value in corrected.items() if value is not None},
    )


def _date(text: str | None, *, place: str) -> str | None:
    moment = bodies.moment(text, place=place)
    return text if moment is None else moment.astimezone(UTC).isoformat()


class JobFailure(Body):
    """How many attempts are left (0: an incident), what went wrong, how many milliseconds to wait before the next."""

    retries: int = 0
    error_message: Annotated[str, Meta(max_length=100_000)] = ""
    retry_back_off: Annotated[int, Meta(ge=0, le=2**31)] = 0
    #: not offered; clients send it empty
    variables: Annotated[dict[str, Any], Meta(max_length=0)] | None = None
    job_lease_token: str | None = None


def fail(call: Call) -> None:
    """Take a failure."""
    body: JobFailure = call.body
    call.run(
        lambda uow, caller: fail_program_job(
            uow,
            job_key=call.key,
            lease_token=body.job_lease_token or "",
            retries=body.retries,
            message=body.error_message,
            retry_after=timedelta(milliseconds=body.retry_back_off),
            caller=caller,
            now=now(),
        )
    )


class JobError(Body):
    """A BPMN error: its code, which a boundary event or event sub-process may catch."""

    error_code: bodies.Name
    error_message: Annotated[str, Meta(max_length=100_000)] | None = None
    variables: bodies.Variables | None = None
    job_lease_token: str | None = None


def throw(call: Call) -> None:
    """Take a BPMN error."""
    body: JobError = call.body
    call.run(
        lambda uow, caller: throw_program_error(
            uow,
            job_key=call.key,
            lease_token=body.job_lease_token or "",
            error_code=body.error_code,
            message=body.error_message or "",
            variables=body.variables or {},
            caller=caller,
            now=now(),
        )
    )


class JobChanges(Body):
    """How many further attempts, how much more time from now on (milliseconds)."""

    retries: int | None = None
    timeout: Milliseconds | None = None
    #: jobs have no priority here
    priority: None = None


class JobUpdate(Body):
    """A change of a job."""

    changeset: JobChanges
    operation_reference: int | UnsetType = UNSET
    job_lease_token: str | None = None


def update(call: Call) -> None:
    """Change a job."""
    body: JobUpdate = call.body
    timeout = body.changeset.timeout
    call.run(
        lambda uow, caller: change_program_job(
            uow,
            job_key=call.key,
            lease_token=body.job_lease_token or "",
            retries=body.changeset.retries,
            timeout=None if timeout is None else timedelta(milliseconds=timeout),
            caller=caller,
            now=now(),
        )
    )


class JobConditions(Body):
    """Which jobs."""

    job_key: bodies.Key = UNSET
    type: bodies.Text = UNSET
    worker: bodies.Text = UNSET
    state: bodies.Text = UNSET
    kind: bodies.Text = UNSET
    listener_event_type: bodies.Text = UNSET
    retries: bodies.Number = UNSET
    has_failed_with_retries_left: bodies.Flag = UNSET
    error_message: bodies.Text = UNSET
    deadline: bodies.When = UNSET
    creation_time: bodies.When = UNSET
    end_time: bodies.When = UNSET
    element_id: bodies.Text = UNSET
    element_instance_key: bodies.Key = UNSET
    process_instance_key: bodies.Key = UNSET
    process_definition_key: bodies.Key = UNSET
    process_definition_id: bodies.Text = UNSET
    tenant_id: bodies.Text = UNSET


class JobSearch(SearchBody):
    """A search of jobs."""

    filter: JobConditions = msgspec.field(default_factory=JobConditions)


class JobLine(Answer):
    """A job; without its variables."""

    job_key: str
    type: str
    worker: str
    state: str
    retries: int
    has_failed_with_retries_left: bool
    error_message: str | None
    custom_headers: dict[str, str]
    deadline: bodies.Moment | None
    creation_time: bodies.Moment
    end_time: bodies.Moment | None
    element_id: str
    element_instance_key: str
    process_instance_key: str
    root_process_instance_key: str
    process_definition_key: str
    process_definition_id: str
    business_id: str | None
    kind: str
    listener_event_type: str
    last_update_time: bodies.Moment | None = None
    error_code: str | None = None
    denied_reason: str | None = None
    is_denied: bool | None = None
    priority: int = 0
    tenant_id: str = TENANT


def search(call: Call) -> Results[JobLine]:
    """Search jobs."""
    body: JobSearch = call.body
    choices = {"state": JOB_STATES, "kind": JOB_KINDS, "listenerEventType": LISTENER_EVENTS}
    wanted = bodies.read_search(body, found=bodies.conditions(body.filter, choices=choices))
    return bodies.results(call.read(lambda uow, _: find_jobs(uow, search=wanted)), _line)


def _line(row: Mapping[str, Any]) -> JobLine:
    return JobLine(
        job_key=str(row["key"]),
        type=row["type"],
        worker=row["owner"].split(":", 2)[-1],
        state=row["state"],
        retries=max(0, row["retries_left"]),
        has_failed_with_retries_left=row["status"] == "ready" and bool(row["last_error"]),
        error_message=row["last_error"] or None,
        custom_headers={name: str(value) for name, value in row["headers"].items()},
        deadline=row["lease_until"],
        creation_time=row["created_at"],
        end_time=row["ended_at"],
        element_id=row["element_id"],
        element_instance_key=str(row["element_instance_key"]),
        process_instance_key=str(row["process_key"]),
        root_process_instance_key=str(row["instance_key"]),
        process_definition_key=str(row["process_definition_key"]),
        process_definition_id=row["process_id"],
        business_id=row["business_id"] or None,
        kind=row["kind"],
        listener_event_type=row["listener_event_type"],
    )


_ONE = "/v2/jobs/{jobKey}"
_CHANGED = (404, 409)
ROUTES = (
    Route(
        method="POST",
        path="/v2/jobs/activation",
        operation="activate_jobs",
        summary="Get jobs to work on, waiting for some at most 30 seconds",
        rule=rules.JOBS,
        view=activate,
        takes=Activation,
        gives=ActivatedJobs,
    ),
    Route(
        method="POST",
        path="/v2/jobs/search",
        operation="search_jobs",
        summary="Search jobs",
        rule=rules.MONITOR,
        view=search,
        takes=JobSearch,
        body_optional=True,
        gives=Results[JobLine],
    ),
    Route(
        method="PATCH",
        path=_ONE,
        operation="update_job",
        summary="Leave a job further attempts, or its holder more time",
        rule=rules.JOBS,
        view=update,
        takes=JobUpdate,
        errors=_CHANGED,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/completion",
        operation="complete_job",
        summary="Hand the result of a job to its process",
        rule=rules.JOBS,
        view=complete,
        takes=JobCompletion,
        body_optional=True,
        errors=_CHANGED,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/failure",
        operation="fail_job",
        summary="Say that a job failed; no attempts left makes an incident",
        rule=rules.JOBS,
        view=fail,
        takes=JobFailure,
        body_optional=True,
        errors=_CHANGED,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/error",
        operation="throw_job_error",
        summary="Throw a BPMN error from a job",
        rule=rules.JOBS,
        view=throw,
        takes=JobError,
        errors=_CHANGED,
    ),
)
