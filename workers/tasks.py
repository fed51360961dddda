"""The one Celery task: look at these jobs."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from functools import cache

from celery import Celery

from app.clock import DatabaseClock
from app.executor import open_executor
from app.settings import Settings
from workers import RUN_JOBS
from workers.handlers import MakeHandlers, installed_handlers
from workers.heartbeat import Heartbeat
from workers.run_jobs import JobRunner


def open_runner(settings: Settings, make_handlers: MakeHandlers) -> JobRunner:
    """Return the runner of this process, with a database of its own and a name that tells processes apart."""
    executor = open_executor(settings)
    clock = DatabaseClock(executor)
    lease = timedelta(seconds=settings.lease_seconds)
    return JobRunner(
        executor,
        make_handlers(settings, executor),
        Heartbeat(executor, lease=lease, every=settings.heartbeat_seconds, clock=clock),
        owner=f"{socket.gethostname()}:{os.getpid()}",
        lease=lease,
        clock=clock,
    )


def register_tasks(celery: Celery, settings: Settings, make_handlers: MakeHandlers = installed_handlers) -> None:
    """Teach the application its task. What a process needs is opened at its first nudge, after the fork."""

    @cache
    def runner(_process: int) -> JobRunner:
        return open_runner(settings, make_handlers)

    # half of the limit: what is begun by then can still end before the pool ends the process
    seconds = settings.job_time_limit / 2

    @celery.task(name=RUN_JOBS, Request="workers.nudges:Nudge")  # type: ignore[untyped-decorator]
    def run_jobs(keys: list[int]) -> None:
        runner(os.getpid()).run(keys, seconds=seconds)
