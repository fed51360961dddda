"""
The Celery door and the scheduler: work that nobody waits for at a page.

The database is the truth, the broker a doorbell: a message says "look at these jobs" and nothing else. It may be lost,
late or doubled; the lease and the fencing token of the job row decide. So no result backend, no late acknowledgement,
no countdown, no beat, no retries of Celery's own.
"""

from __future__ import annotations

from celery import Celery

from app.settings import Settings

QUEUE = "kykypolku.jobs"
RUN_JOBS = "kykypolku.run_jobs"
#: a nudge that nobody took within a minute is worthless: the scheduler has sent another
NUDGE_LIVES_SECONDS = 60
#: keys in one message
JOBS_IN_NUDGE = 50


def make_celery(settings: Settings) -> Celery:
    """Return the Celery application of these settings; each line is there for a measured reason (reliability 2)."""
    celery = Celery("kykypolku", broker=settings.valkey_url, set_as_current=False)
    celery.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_default_queue=QUEUE,
        task_ignore_result=True,
        result_backend=None,
        # the lease gives a job to another worker, not the broker: acknowledge at once
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        task_time_limit=settings.job_time_limit,
        task_publish_retry=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_timeout": 5,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        # SIGTERM with REMAP_SIGTERM=SIGQUIT: running jobs get 20 seconds, waiting nudges go back
        worker_soft_shutdown_timeout=20,
        worker_concurrency=settings.worker_processes,
        worker_max_memory_per_child=400_000,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        enable_utc=True,
    )
    return celery
