"""Jobs of the care core at the same moment in one case: the case is the lock, and nothing is half done."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.commands.jobs import claim_jobs
from app.commands.local_jobs import LOCAL_JOBS
from app.commands.people import disable_person
from app.commands.run_local_job import run_local_job
from app.commands.withdraw_consent import cut_grants
from app.domain.actor import SYSTEM
from app.domain.consent import Withdrawal, WithdrawalScope
from app.storage.tables.care import plan
from app.storage.tables.instances import process_instance
from tests.factories import make_place
from tests.integration.test_care_jobs import CONSENT, answer, case_of, doing, grants, key_of, orphan, row
from tests.integration.test_escalation import LEASE
from tests.races.test_commands import open_case, race

ROUNDS = 3


@pytest.fixture
def place(database):
    return make_place(database)


def runner(place, case_key, job_type, process_id):
    """Bring an instance of the published process to its job and return the job as a runner."""
    instance = place.start(process_id, case_key=case_key)
    place.complete(place.open_tasks(instance)["first"])
    [job] = place.run(claim_jobs, keys=[place.open_jobs(instance)["work"]], owner="w", lease=LEASE)

    def run():
        place.run(run_local_job, job_key=job.key, fence=job.fence, local_work=LOCAL_JOBS[job_type])

    return run


def both(place, case_key, job_type):
    return [runner(place, case_key, job_type, process_id) for process_id in ("one", "two")]


def publish(place, job_type, **headers):
    place.publish(*(doing(job_type, process_id=name, **headers) for name in ("one", "two")))


def test_of_two_pathways_that_start_a_third_at_once_one_does(place):
    place.publish(doing("test_work", process_id="follow_up"))
    publish(place, "start_once", process="follow_up")
    for _ in range(ROUNDS):
        case_key = open_case(place)
        assert race(*both(place, case_key, "start_once")) == ["done", "done"]
        running = select(func.count()).where(
            process_instance.c.process_id == "follow_up", process_instance.c.case_key == case_key
        )
        with place.executor.database.engine.connect() as connection:
            assert connection.scalar(running) == 1


def test_two_plans_that_are_approved_at_once_are_two_versions(place):
    publish(place, "approve_plan")
    for _ in range(ROUNDS):
        case_key = open_case(place)
        answer(place, case_key, "f_suunnitelma", toimenpiteet=[row()])
        answer(place, case_key, "f_suunnitelma_hyvaksynta", asiakkaan_hyvaksynta="hyvaksyn")
        assert race(*both(place, case_key, "approve_plan")) == ["done", "done"]
        with place.executor.database.engine.connect() as connection:
            versions = connection.scalars(select(plan.c.version).where(plan.c.case_key == case_key)).all()
        assert sorted(versions) == [1, 2]
        in_force = place.executor.read(lambda uow, key=case_key: uow.care.plans.in_force(key))
        assert (len(in_force.actions), len(in_force.dropped)) == (1, 0)


def test_a_consent_and_its_withdrawal_at_once_leave_all_or_nothing_open(place):
    publish(place, "grant_consent")
    everything = Withdrawal(scope=WithdrawalScope.ALL)
    for _ in range(ROUNDS):
        case_key = open_case(place)
        answer(place, case_key, "f_suostumus", **CONSENT)

        def withdraw(case_key=case_key):
            place.run(cut_grants, case_key=case_key, withdrawal=everything, actor=SYSTEM)

        assert race(runner(place, case_key, "grant_consent", "one"), withdraw) == ["done", "done"]
        assert len(grants(place, case_key)) in {0, 5}


def test_a_case_has_an_owner_whoever_names_one_first(place):
    publish(place, "name_owner", role="r_palveluohjaaja")
    for _ in range(ROUNDS):
        case_key = orphan(place)
        assert race(*both(place, case_key, "name_owner")) == ["done", "done"]
        assert case_of(place, case_key).owner_key in {key_of(place, "counsellor"), key_of(place, "colleague")}


def test_who_leaves_while_a_case_is_given_to_them_does_not_keep_it(place):
    publish(place, "name_owner", role="r_laakari")
    case_key = orphan(place)
    leaving = runner(place, case_key, "name_owner", "one")
    results = race(leaving, lambda: place.run(disable_person, username="doctor", actor=place.people["admin"]))
    assert results == ["done", "done"]
    # the one who leaves in the same moment is found by the nightly look, and named anew by the next `name_owner`
    owner = case_of(place, case_key).owner_key
    assert owner in {None, key_of(place, "doctor")}
