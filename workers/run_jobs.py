"""Carry out the jobs of a nudge: claim, do, finish or fail; the fencing token decides what counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from app.commands.jobs import claim_jobs, fail_job, finish_job, throw_job_error
from app.commands.run_local_job import run_local_job
from app.connectors.contract import BusinessError, Call, ConnectorFailed, GivenUp, MaybeDone, TryAgain
from app.domain.errors import EngineFault, InvalidInput, KykypolkuError, LeaseLost, NotFound, Unavailable
from app.domain.sent_variables import check_variables
from app.executor import Executor
from app.faults import crash_point
from app.storage.rows import Job
from workers.clock import Clock
from workers.handlers import Handlers
from workers.heartbeat import Heartbeat

log = structlog.get_logger(__name__)

#: jobs claimed at once: few enough that each begins long before its lease ends
CLAIMED_AT_ONCE = 10
#: how long a result is held when the database is away; after that the lease decides
HOLD_RESULT_SECONDS = 30.0
HOLD_STEP_SECONDS = 0.5


class JobRunner:
    """What a worker process does with a nudge."""

    def __init__(
        self,
        executor: Executor,
        handlers: Handlers,
        heartbeat: Heartbeat,
        *,
        owner: str,
        lease: timedelta,
        clock: Clock,
    ) -> None:
        self._executor = executor
        self._handlers = handlers
        self._heartbeat = heartbeat
        self._owner = owner
        self._lease = lease
        self._clock = clock

    def run(self, keys: Sequence[int], *, seconds: float) -> int:
        """
        Carry out those of the jobs that are due, for at most about `seconds`; return how many were claimed.

        What is not begun by then is not claimed: the scheduler will say it again.
        """
        deadline = time.monotonic() + seconds
        done = self._parcel_by_parcel(keys, deadline, fresh=True, at_once=CLAIMED_AT_ONCE)
        # what was tried before may be what killed the process then: one at a time, so that it takes no other with it
        return done + self._parcel_by_parcel(keys, deadline, fresh=False, at_once=1)

    def _parcel_by_parcel(self, keys: Sequence[int], deadline: float, *, fresh: bool, at_once: int) -> int:
        """Claim and carry out jobs until none is left or the time is over; return how many there were."""
        claimed = 0
        while time.monotonic() < deadline:
            jobs = self._executor.run(
                claim_jobs,
                keys=keys,
                owner=self._owner,
                lease=self._lease,
                now=self._clock(),
                fresh=fresh,
                limit=at_once,
            )
            if not jobs:
                break
            crash_point("worker_claimed")
            claimed += len(jobs)
            with self._heartbeat.keeping(jobs):
                for job in jobs:
                    self._carry_out(job)
                    self._heartbeat.let_go(job.key)
        return claimed

    def _carry_out(self, job: Job) -> None:
        """Do one job; whatever goes wrong ends as a retry, an incident or a BPMN error, never as silence."""
        with structlog.contextvars.bound_contextvars(job=job.key, job_type=job.type, attempt=job.attempts):
            try:
                self._do(job)
            except (LeaseLost, NotFound):
                log.info("job.dropped")
            except Unavailable:
                # the database is away: the lease runs out and the job is given again
                log.warning("job.result_lost")
            except Exception:
                log.exception("job.broke")
                self._fail(job, "job_failed", "", permanent=False)

    def _do(self, job: Job) -> None:
        if job.type in self._handlers.local:
            self._do_inside(job)
        elif job.type in self._handlers.outside:
            self._do_outside(job)
        else:
            # a newer build published it: it is left for the workers that know it
            self._fail(job, "job_type_unknown", job.type, permanent=False)

    def _do_inside(self, job: Job) -> None:
        """Run the command and finish the job in one transaction."""
        local_work = self._handlers.local[job.type]
        self._answer(
            job,
            lambda: self._executor.run(
                run_local_job, job_key=job.key, fence=job.fence, local_work=local_work, now=self._clock()
            ),
        )

    def _do_outside(self, job: Job) -> None:
        """Prepare, call with no transaction open, and hand in the result."""
        handler = self._handlers.outside[job.type]
        try:
            request = self._executor.run(handler.prepare, job, self._clock()) if handler.prepare is not None else None
            call = Call(
                idempotency_key=str(job.key),
                type=job.type,
                attempt=job.attempts,
                now=self._clock(),
                headers=job.headers,
                variables=job.variables,
                request=request,
                interrupted=job.interrupted,
            )
            crash_point("worker_calls")
            result = handler.connector(call)
        except BusinessError as error:
            self._throw(job, error)
        except MaybeDone as error:
            if handler.connector.idempotent:
                self._fail(job, error.code, error.detail)
            else:
                self._fail(job, error.code, error.detail, maybe_done=True)
        except TryAgain as error:
            self._fail(job, error.code, error.detail, retry_after=error.after)
        except ConnectorFailed as error:
            self._fail(job, error.code, error.detail, permanent=True)
        else:
            crash_point("worker_called")
            self._hand_in(job, result)

    def _hand_in(self, job: Job, variables: Mapping[str, Any]) -> None:
        def work() -> None:
            # what no database keeps (a null character, an endless number) is no result, at whatever attempt
            check_variables(variables, may_name_case=True)
            self._executor.run(finish_job, job_key=job.key, fence=job.fence, variables=variables, now=self._clock())

        self._answer(job, work)

    def _answer(self, job: Job, work: Callable[[], object]) -> None:
        """Write the end of a job; what the process cannot take is an incident, not a lost job."""
        try:
            self._held(work)
        except BusinessError as error:
            self._throw(job, error)
        except GivenUp as error:
            self._fail(job, error.code, error.detail, permanent=True)
        except TryAgain as error:
            self._fail(job, error.code, error.detail, retry_after=error.after)
        except EngineFault as error:
            self._fail(job, error.code, error.message, permanent=True)
        except InvalidInput as error:
            self._fail(job, "job_result_invalid", str(error), permanent=True)

    def _held(self, work: Callable[[], object]) -> None:
        """Run the work, holding it while the database is away; the heartbeat keeps the lease meanwhile if it can."""
        deadline = time.monotonic() + HOLD_RESULT_SECONDS
        while True:
            try:
                work()
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(HOLD_STEP_SECONDS)
            else:
                return

    def _throw(self, job: Job, error: BusinessError) -> None:
        def work() -> None:
            check_variables(error.variables, may_name_case=True)
            self._executor.run(
                throw_job_error,
                job_key=job.key,
                fence=job.fence,
                error_code=error.code,
                message=error.detail,
                variables=error.variables,
                now=self._clock(),
            )

        # an error that the process cannot take is an incident at once, as with a result
        self._answer(job, work)

    def _fail(
        self,
        job: Job,
        code: str,
        message: str,
        *,
        permanent: bool = False,
        maybe_done: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        log.warning("job.failed", code=code, detail=message, permanent=permanent, maybe_done=maybe_done)
        try:
            self._held(
                lambda: self._executor.run(
                    fail_job,
                    job_key=job.key,
                    fence=job.fence,
                    code=code,
                    message=message,
                    permanent=permanent,
                    maybe_done=maybe_done,
                    retry_after=retry_after,
                    now=self._clock(),
                )
            )
        except KykypolkuError as error:
            log.warning("job.failure_not_written", reason=type(error).__name__)
