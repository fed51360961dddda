"""
The life of a job whose worker is a program that calls the API.

The API names a job by its key alone; the lease behind it belongs to the program (not to one of its workers), or exactly
to whoever shows the lease token. Whoever lost the lease to another is refused: the work of the other counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.commands.direct_task import PRIORITIES
from app.commands.jobs import ListenerAnswer, activate_jobs, fail_job, finish_job, throw_job_error
from app.domain.api_client import ApiClient, Caller
from app.domain.errors import Concealed, InvalidInput, LeaseLost, NotAllowed, NotFound, Problem
from app.domain.sent_variables import check_variables
from app.domain.steps import ListenerEvent
from app.storage.rows import Job
from app.storage.unit_of_work import UnitOfWork

LONGEST_LEASE = timedelta(hours=24)
MOST_RETRIES = 1000
_OPEN = frozenset({"ready", "leased", "dead", "unknown"})


def lease_owner(client: ApiClient, worker: str) -> str:
    """Return under which name the program's worker leases jobs."""
    return f"api:{client.key}:{worker[:200]}"


def ensure_may_work_on(caller: Caller, job_type: str) -> None:
    """
    Check that the program may work on jobs of the type.

    :raises NotAllowed: it is not registered for it
    """
    if not caller.client.may_work_on(job_type):
        raise NotAllowed("api_job_type")


def jobs_are_due(uow: UnitOfWork, *, job_type: str, caller: Caller, now: datetime) -> bool:
    """
    Tell whether there is a job of the type to work on.

    :raises NotAllowed: the program is not registered for the type
    """
    ensure_may_work_on(caller, job_type)
    return uow.jobs.is_due([job_type], now=now)


def lease_jobs(
    uow: UnitOfWork,
    *,
    job_type: str,
    worker: str,
    lease: timedelta,
    limit: int,
    caller: Caller,
    now: datetime,
) -> Sequence[tuple[Job, Mapping[str, Any]]]:
    """
    Lease due jobs of the type to the program and return them, each with its row of the searches.

    :raises NotAllowed: the program is not registered for the type
    """
    ensure_may_work_on(caller, job_type)
    jobs = activate_jobs(
        uow, types=[job_type], owner=lease_owner(caller.client, worker), lease=lease, limit=limit, now=now
    )
    rows = uow.api_searches.job_rows([job.key for job in jobs])
    return [(job, rows[job.key]) for job in jobs]


def finish_program_job(
    uow: UnitOfWork,
    *,
    job_key: int,
    lease_token: str,
    variables: Mapping[str, Any],
    ruling: ListenerAnswer | None = None,
    caller: Caller,
    now: datetime,
) -> None:
    """
    Hand the result to the process.

    :raises NotFound: no such job for this program, or it has ended
    :raises LeaseLost: the job was given to another
    :raises InvalidInput: a variable that may not be sent, or an answer that such a job cannot give
    """
    job = _own_job(uow, job_key, lease_token, caller)
    check_variables(variables)
    _check_answer(job, variables, ruling or ListenerAnswer())
    finish_job(uow, job_key=job_key, fence=job.fence, variables=variables, ruling=ruling, actor=caller.actor, now=now)


def _check_answer(job: Job, variables: Mapping[str, Any], answer: ListenerAnswer) -> None:
    """Only the listeners of a user task may deny or correct; what they listen to has no variables of theirs."""
    event = ListenerEvent(job.listener_event) if job.listener_event else None
    of_task = event is not None and event.of_task
    if (answer.denied or answer.corrections) and not of_task:
        raise InvalidInput([Problem("job_result_of_listener", place="result")])
    if (answer.denied or answer.corrections) and event is not None and not event.holds:
        raise InvalidInput([Problem("job_result_of_cancelling", place="result")])
    if answer.denied and event is ListenerEvent.CREATING:
        raise InvalidInput([Problem("job_result_of_creation", place="result.denied")])
    if answer.denied and answer.corrections:
        raise InvalidInput([Problem("job_result_both", place="result.corrections")])
    if of_task and variables:
        raise InvalidInput([Problem("job_result_variables", place="variables")])
    priority = answer.corrections.get("priority")
    if priority is not None and priority not in PRIORITIES:
        raise InvalidInput([Problem("priority_range", place="result.corrections.priority")])


def throw_program_error(
    uow: UnitOfWork,
    *,
    job_key: int,
    lease_token: str,
    error_code: str,
    message: str,
    variables: Mapping[str, Any],
    caller: Caller,
    now: datetime,
) -> None:
    """
    Hand a BPMN error to the process.

    :raises NotFound: no such job for this program, or it has ended
    :raises LeaseLost: the job was given to another
    :raises InvalidInput: a variable that may not be sent
    """
    job = _own_job(uow, job_key, lease_token, caller)
    check_variables(variables)
    if job.listener_event and ListenerEvent(job.listener_event).of_task:
        raise InvalidInput([Problem("job_error_of_listener", place="errorCode")])
    throw_job_error(
        uow,
        job_key=job_key,
        fence=job.fence,
        error_code=error_code,
        message=message,
        variables=variables,
        actor=caller.actor,
        now=now,
    )


def fail_program_job(
    uow: UnitOfWork,
    *,
    job_key: int,
    lease_token: str,
    retries: int,
    message: str,
    retry_after: timedelta,
    caller: Caller,
    now: datetime,
) -> None:
    """
    Count the failure: `retries` further attempts are left, the next after `retry_after`; none left opens an incident.

    :raises NotFound: no such job for this program, or it has ended
    :raises LeaseLost: the job was given to another
    """
    job = _own_job(uow, job_key, lease_token, caller)
    _check_retries(retries)
    uow.instances.lock_for_job(job_key)
    uow.jobs.leave_attempts(job_key, retries)
    fail_job(
        uow,
        job_key=job_key,
        fence=job.fence,
        code="job_failed",
        message=message,
        permanent=retries == 0,
        # without any pause the worker would get it back before it has answered
        retry_after=max(retry_after, timedelta(milliseconds=1)),
        now=now,
    )


def change_program_job(
    uow: UnitOfWork,
    *,
    job_key: int,
    lease_token: str,
    retries: int | None,
    timeout: timedelta | None,
    caller: Caller,
    now: datetime,
) -> None:
    """
    Leave the job a number of further attempts, or its holder more time from now on.

    :raises NotFound: no such job for this program, or it has ended
    :raises LeaseLost: more time for a job that another has
    """
    job = _visible_job(uow, job_key, caller)
    if timeout is not None:
        job = _own_job(uow, job_key, lease_token, caller)
    uow.instances.lock_for_job(job_key)
    if retries is not None:
        _check_retries(retries)
        uow.jobs.leave_attempts(job_key, retries)
    if timeout is not None:
        uow.jobs.extend(job_key, fence=job.fence, lease=min(timeout, LONGEST_LEASE), now=now)


def _check_retries(retries: int) -> None:
    if not 0 <= retries <= MOST_RETRIES:
        raise InvalidInput([Problem("retries_range", place="retries", values={"most": MOST_RETRIES})])


def _visible_job(uow: UnitOfWork, job_key: int, caller: Caller) -> Job:
    job = uow.jobs.get(job_key)
    if not caller.client.may_work_on(job.type):
        behind = uow.api_searches.behind("jobKey", job_key)
        raise Concealed("job", job_key, case_key=behind.case_key if behind is not None else None)
    if job.status not in _OPEN:
        raise NotFound("job", job_key)
    return job


def _own_job(uow: UnitOfWork, job_key: int, lease_token: str, caller: Caller) -> Job:
    job = _visible_job(uow, job_key, caller)
    own = job.owner.startswith(lease_owner(caller.client, ""))
    if job.status != "leased" or not own or (lease_token and lease_token != str(job.fence)):
        raise LeaseLost(job_key)
    return job
