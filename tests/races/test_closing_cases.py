"""The pathways of a case end, and new ones begin, at the same moment: the case is closed once, or not at all."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.commands.close_case import close_case
from app.commands.jobs import claim_jobs
from app.commands.run_local_job import run_local_job
from app.storage.tables.people import audit
from tests.factories import make_place
from tests.integration.test_closing_cases import SILENT, case_of, ending
from tests.integration.test_escalation import LEASE
from tests.races.test_commands import ROUNDS, ensure_each_step_once, open_case, race


@pytest.fixture
def place(database):
    return make_place(database)


def closer(place, instance):
    """Bring the instance to its end and return its closing job as a runner."""
    place.complete(place.open_tasks(instance)["first"])
    [job] = place.run(claim_jobs, keys=list(place.open_jobs(instance).values()), owner="w", lease=LEASE)

    def close():
        place.run(run_local_job, job_key=job.key, fence=job.fence, local_work=close_case)

    return close


def closings(place, case_key):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(
            select(func.count()).where(audit.c.action == "case_closed", audit.c.case_key == case_key)
        ).scalar_one()


def test_two_pathways_end_at_once(place):
    place.publish(ending("OMAHOIDOSSA"), SILENT)
    for _ in range(ROUNDS):
        case_key = open_case(place)
        speaking, silent = place.start(case_key=case_key), place.start("silent", case_key=case_key)
        close, task = closer(place, speaking), place.open_tasks(silent)["first"]
        assert race(close, lambda task=task: place.complete(task)) == ["done", "done"]
        assert (case_of(place, case_key).is_open, closings(place, case_key)) == (False, 1)


def test_two_workers_close_one_case(place):
    place.publish(ending("EI_TARVETTA"))
    for _ in range(ROUNDS):
        case_key = open_case(place)
        instance = place.start(case_key=case_key)
        close = closer(place, instance)
        assert race(close, close) == ["LeaseLost", "done"]
        assert closings(place, case_key) == 1
        ensure_each_step_once(place, instance)


def test_closing_against_a_new_start(place):
    place.publish(ending("OMAHOIDOSSA"), SILENT)
    for _ in range(ROUNDS):
        case_key = open_case(place)
        close = closer(place, place.start(case_key=case_key))
        results = race(close, lambda key=case_key: place.start("silent", case_key=key))
        case = case_of(place, case_key)
        # never a running pathway in a closed case
        assert (case.is_open, results) in ((True, ["done", "done"]), (False, ["CaseClosed", "done"]))
