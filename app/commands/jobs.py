"""The life of a job from the worker's side: lease, keep, finish, fail."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.commands._record import record_step
from app.commands.unreadable_state import without_wait
from app.domain.actor import SYSTEM, Actor
from app.domain.errors import UNREADABLE_STATE, InvalidInput, LeaseLost, NotFound, Problem
from app.domain.keys import new_key
from app.domain.steps import IncidentOpened, InstanceStatus, JobCompleted, JobThrewError, TaskChanges, Trigger
from app.engine.run import advance
from app.published import locked_surroundings, process_of
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

#: back-off between attempts: 5 s, 10 s, 20 s ... never above an hour (reliability.md 3.2)
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerAnswer:
    """What a task listener answers: whether it denies what was asked for and why, or what it corrects."""

    denied: bool = False
    reason: str = ""
    corrections: TaskChanges = field(default_factory=dict)


def claim_jobs(
    uow: UnitOfWork,
    *,
    keys: Sequence[int],
    owner: str,
    lease: timedelta,
    now: datetime,
    fresh: bool = False,
    limit: int | None = None,
) -> list[Job]:
    """
    Lease those of the jobs that are due and return them; a nudge that came twice finds nothing.

    `fresh`: only jobs that nobody has tried. `limit`: at most so many. A job whose attempts are used up (its worker
    died each time) becomes an incident instead of being leased.
    """
    claimed = uow.jobs.claim(keys, owner=owner, lease=lease, now=now, fresh=fresh, limit=limit)
    return [job for job in claimed if not _used_up(uow, job, now)]


def activate_jobs(
    uow: UnitOfWork, *, types: Sequence[str], owner: str, lease: timedelta, limit: int, now: datetime
) -> list[Job]:
    """Lease up to `limit` due jobs of the types for a job worker of the API, oldest first."""
    claimed = uow.jobs.claim_of_types(types, owner=owner, lease=lease, limit=limit, now=now)
    return [job for job in claimed if not _used_up(uow, job, now)]


def _used_up(uow: UnitOfWork, job: Job, now: datetime) -> bool:
    if job.attempts <= job.retries:
        return False
    ended = uow.jobs.end(job.key, fence=job.fence, status="dead", now=now, error="worker_died")
    # the instance is locked after the job here; the row is not touched by anyone else while its lease is ours
    _open_incident(uow, uow.instances.lock(job.instance_key), ended, "job_worker_died", "", now)
    return True


def keep_job(uow: UnitOfWork, *, job_key: int, fence: int, lease: timedelta, now: datetime) -> None:
    """Extend the lease of a job that is still worked on. :raises LeaseLost: another worker has it"""
    uow.jobs.extend(job_key, fence=fence, lease=lease, now=now)


def finish_job(
    uow: UnitOfWork,
    *,
    job_key: int,
    fence: int,
    variables: Mapping[str, Any],
    now: datetime,
    actor: Actor = SYSTEM,
    ruling: ListenerAnswer | None = None,
) -> None:
    """
    Hand the result to the process and run it to its next wait, once; `ruling` is what a task listener answers.

    :raises NotFound: no such job
    :raises LeaseLost: the job was given to another worker, or the process does not wait for it any more
    """
    answer = ruling or ListenerAnswer()
    done = JobCompleted(
        key=job_key,
        variables=variables,
        denied=answer.denied,
        denied_reason=answer.reason,
        corrections=answer.corrections,
    )
    _advance(uow, job_key, fence, done, actor, now)


def throw_job_error(
    uow: UnitOfWork,
    *,
    job_key: int,
    fence: int,
    error_code: str,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
    now: datetime,
    actor: Actor = SYSTEM,
) -> None:
    """
    Hand a BPMN error to the process: the nearest boundary or event sub-process that catches it goes on.

    :raises NotFound: no such job
    :raises LeaseLost: the job was given to another worker, or the process does not wait for it any more
    """
    trigger = JobThrewError(key=job_key, error_code=error_code, message=message, variables=variables or {})
    _advance(uow, job_key, fence, trigger, actor, now)


def _advance(uow: UnitOfWork, job_key: int, fence: int, trigger: Trigger, actor: Actor, now: datetime) -> None:
    # the instance first, then the job: the other order would deadlock with a step that cancels jobs
    instance = uow.instances.lock_for_job(job_key)
    job = uow.jobs.end(job_key, fence=fence, status="done", now=now)
    if not job.is_awaited:
        _ensure_heard(trigger)
        return
    if instance.status != InstanceStatus.ACTIVE:
        raise LeaseLost(job_key)
    process = process_of(uow, instance.definition_key)
    around = locked_surroundings(uow, process, instance, now=now)
    try:
        step = advance(process, instance.state, trigger, surroundings=around)
    except NotFound:
        raise without_wait(instance, job_key, now=now) from None
    record_step(uow, instance=instance, step=step, actor=actor, now=now)


def _ensure_heard(trigger: Trigger) -> None:
    """
    Check that the listener of what nothing waits for has only done its work: there is nothing that it could change.

    :raises InvalidInput: it denied or corrected something, or threw an error
    """
    heard = isinstance(trigger, JobCompleted) and not trigger.denied and not trigger.corrections
    if not heard:
        raise InvalidInput([Problem("job_result_of_cancelling", place="result")])


def fail_job(
    uow: UnitOfWork,
    *,
    job_key: int,
    fence: int,
    code: str,
    message: str,
    now: datetime,
    retry_after: timedelta | None = None,
    permanent: bool = False,
    maybe_done: bool = False,
) -> None:
    """
    Count the failure: try again later, or open an incident when that would not help.

    `permanent`: trying again cannot help. `maybe_done`: the outside call may have had its effect and must not be
    repeated without a person's decision. `retry_after`: what the outside system asked for.

    :raises NotFound: no such job
    :raises LeaseLost: another worker has it
    """
    instance = uow.instances.lock_for_job(job_key)
    job = uow.jobs.get(job_key)
    if job.fence != fence or job.status != "leased":
        raise LeaseLost(job_key)
    if maybe_done or permanent or job.attempts >= job.retries:
        status = "unknown" if maybe_done else "dead"
        ended = uow.jobs.end(job_key, fence=fence, status=status, now=now, error=code)
        if code in UNREADABLE_STATE and uow.incidents.has_open(instance.key, codes=UNREADABLE_STATE):
            # the instance's own incident stands for all that runs into it; resolving that revives the job
            return
        _open_incident(uow, instance, ended, "job_maybe_done" if maybe_done else code, message, now)
    else:
        wait = retry_after or back_off(job.attempts)
        uow.jobs.put_back(job_key, fence=fence, available_at=now + wait, error=code)


def back_off(attempts: int) -> timedelta:
    """Return how long to wait after this many failed attempts: doubling, half to one and a half of it by chance."""
    wait: timedelta = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts - 1, 20)))
    return wait * random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries, keeps no secret


def _open_incident(uow: UnitOfWork, instance: Instance, job: Job, code: str, message: str, now: datetime) -> None:
    opened = IncidentOpened(
        key=new_key(),
        element_instance_key=job.element_instance_key,
        element_id=job.element_id,
        code=code,
        message=message,
        called=None if job.called_process_key is None else uow.called_processes.get(job.called_process_key),
    )
    uow.incidents.add(instance.key, instance.process_id, [opened], job_key=job.key, now=now)
    uow.instances.count_incidents(instance.key, change=1)
