"""A step is escalated at the moment when somebody completes, takes or gives it back."""

from __future__ import annotations

import pytest

from app.commands.claim_task import claim_task, release_task
from app.commands.complete_task import Submission, complete_task
from app.commands.escalate_task import escalate_task
from app.commands.fire_timer import fire_timer
from app.commands.jobs import claim_jobs
from app.commands.run_local_job import run_local_job
from tests.factories import make_place
from tests.integration.test_escalation import LEASE, escalating, task_of
from tests.races.test_commands import ROUNDS, ensure_each_step_once, race


@pytest.fixture
def place(database):
    return make_place(database)


def late(place):
    """Return an instance, its late task, which the counsellor holds, and the escalation as a runner."""
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    key, _ = place.open_timers(instance)["late"]
    place.later(hours=2)
    place.run(fire_timer, timer_key=key)
    [job] = place.run(claim_jobs, keys=list(place.open_jobs(instance).values()), owner="w", lease=LEASE)

    def escalate():
        place.run(run_local_job, job_key=job.key, fence=job.fence, local_work=escalate_task)

    return instance, task, escalate


def test_escalation_against_completion(place):
    place.publish(escalating())
    for _ in range(ROUNDS):
        instance, task, escalate = late(place)

        def complete(task=task):
            place.run(complete_task, task_key=task, actor=place.people["counsellor"], submission=Submission(values={}))

        # whoever was first: the work that the holder sent in counts
        assert race(escalate, complete) == ["done", "done"]
        found = task_of(place, task)
        assert (found.status, found.completed_by) == ("completed", place.people["counsellor"].user_key)
        assert list(place.open_tasks(instance)) == ["second"]
        ensure_each_step_once(place, instance)


def test_escalation_against_another_escalation_and_a_release(place):
    place.publish(escalating())
    for _ in range(ROUNDS):
        instance, task, escalate = late(place)

        def release(task=task):
            place.run(release_task, task_key=task, actor=place.people["counsellor"])

        assert race(escalate, escalate, release) == ["LeaseLost", "done", "done"]
        found = task_of(place, task)
        assert (found.status, found.assignee) == ("open", None)
        assert found.escalated_at == place.now
        ensure_each_step_once(place, instance)


def test_escalation_against_a_colleague_who_takes_the_task(place):
    place.publish(escalating())
    for _ in range(ROUNDS):
        _, task, escalate = late(place)

        def take(task=task):
            place.run(claim_task, task_key=task, actor=place.people["colleague"])

        results = race(escalate, take)
        assert results in (["TaskClaimedByOther", "done"], ["done", "done"])
        expected = None if "TaskClaimedByOther" in results else place.people["colleague"].user_key
        assert task_of(place, task).assignee == expected
        assert task_of(place, task).escalated_from == place.people["counsellor"].user_key
