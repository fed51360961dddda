"""Carry out a job that is a command on our own tables, in the transaction that finishes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from app.commands.jobs import finish_job
from app.domain.errors import LeaseLost
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

#: does the work for the locked instance and returns the result variables
LocalWork: TypeAlias = Callable[[UnitOfWork, Instance, Job, datetime], Mapping[str, Any]]


def run_local_job(uow: UnitOfWork, *, job_key: int, fence: int, local_work: LocalWork, now: datetime) -> None:
    """
    Do the work and hand its result to the process: both are kept, or neither.

    :raises NotFound: no such job
    :raises LeaseLost: the job was given to another worker; nothing is done
    """
    instance = uow.instances.lock_for_job(job_key)
    job = uow.jobs.get(job_key)
    if job.fence != fence or job.status != "leased":
        raise LeaseLost(job_key)
    result = local_work(uow, instance, job, now)
    finish_job(uow, job_key=job_key, fence=fence, variables=result, now=now)
