"""Jobs of the care core at the same moment in one case: the case is the lock, and nothing is half done."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from app.commands.change_limit import change_limit
from app.commands.jobs import claim_jobs
from app.commands.local_jobs import LOCAL_JOBS
from app.commands.messages import deliver as deliver_message
from app.commands.people import disable_person
from app.commands.run_local_job import run_local_job
from app.commands.withdraw_consent import cut_grants
from app.domain.actor import SYSTEM
from app.domain.consent import Withdrawal, WithdrawalScope
from app.queries.limits import changes_of_limit
from app.storage.reference import AREA_SETTING_KINDS, AREA_SETTINGS
from app.storage.tables.care import plan
from app.storage.tables.instances import process_instance
from app.storage.tables.people import access_log
from tests.factories import AREA, chain, diagram, make_place
from tests.integration.test_care_jobs import CONSENT, answer, case_of, delivered, doing, grants, key_of, orphan, row
from tests.integration.test_closing_cases import SILENT
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


def test_a_part_that_ends_while_a_consent_is_given_leaves_all_or_nothing_of_it_open(place):
    publish(place, "grant_consent")
    place.publish(doing("end_participation", process_id="leaving", organisation="o_tyollisyys"))
    for _ in range(ROUNDS):
        case_key = open_case(place)
        answer(place, case_key, "f_suostumus", **CONSENT)
        leaving = runner(place, case_key, "end_participation", "leaving")
        assert race(runner(place, case_key, "grant_consent", "one"), leaving) == ["done", "done"]
        open_to = [organisation for organisation, _ in grants(place, case_key)]
        assert (open_to.count("o_sote_keskus"), open_to.count("o_tyollisyys")) in {(3, 0), (3, 2)}


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


def twice(place, case_key, job_type):
    """Return the job of one pathway for two workers who both believe that it is theirs."""
    run = runner(place, case_key, job_type, "one")
    return run, run


def test_one_measure_is_kept_once_by_two_workers(place):
    publish(place, "record_measure")
    for _ in range(ROUNDS):
        case_key = open_case(place)
        answer(place, case_key, "f_kykyviisari", kerta="alku", pvm=date(2026, 3, 1), tyokyky_0_10=5)
        assert race(*twice(place, case_key, "record_measure")) == ["LeaseLost", "done"]
        assert len(place.executor.read(lambda uow, key=case_key: uow.care.measures.of_case(key))) == 1


def test_an_action_has_one_state_whoever_writes_it_last(place):
    inputs = {"toimenpide_id": "asia.toimenpide_idt[1]"}
    states = ("kaynnissa", "keskeytynyt")
    place.publish(
        *(
            doing("set_action_state", process_id=name, inputs=inputs, state=state)
            for name, state in zip(("one", "two"), states, strict=True)
        )
    )
    place.publish(doing("approve_plan", process_id="planning"))
    for _ in range(ROUNDS):
        case_key = open_case(place)
        answer(place, case_key, "f_suunnitelma", toimenpiteet=[row()])
        answer(place, case_key, "f_suunnitelma_hyvaksynta", asiakkaan_hyvaksynta="hyvaksyn")
        runner(place, case_key, "approve_plan", "planning")()
        assert race(*both(place, case_key, "set_action_state")) == ["done", "done"]
        [action] = place.executor.read(lambda uow, key=case_key: uow.care.plans.in_force(key)).actions
        assert action.state in states


def test_a_setting_changes_step_by_step_whether_a_pathway_or_a_person_does_it(place):
    publish(place, "set_area_setting", setting="tapa", value="TUNTI")
    place.executor.run(
        lambda uow: uow.reference.put(AREA_SETTING_KINDS, {"tapa": {"type": "text"}}, now=place.now),
    )
    for number in range(ROUNDS):
        was = f"TAPA{number}"
        place.executor.run(
            lambda uow, was=was: uow.reference.put(
                AREA_SETTINGS, {"tapa": was, "nimi": {"fi": "Keski-Suomi"}}, area_id=AREA, now=place.now
            )
        )
        place.later(seconds=1)
        case_key = open_case(place)

        def by_person(was=was):
            place.run(
                change_limit, limit_id="alue.tapa", area_id=AREA, text="PARI", was=was, actor=place.people["admin"]
            )

        results = race(runner(place, case_key, "set_area_setting", "one"), by_person)
        changes = place.executor.read(changes_of_limit, limit_id="alue.tapa", actor=place.people["admin"])
        steps = {(change.before, change.after) for change in changes if change.at == place.now}
        # the person was either first or told that somebody else was
        assert (results, steps) in (
            (["done", "done"], {(was, "PARI"), ("PARI", "TUNTI")}),
            (["Conflict", "done"], {(was, "TUNTI")}),
        )


def test_a_case_handed_over_twice_at_once_has_one_owner_who_holds_its_tasks(place):
    place.publish(
        doing("hand_over_case", process_id="one", to="coordinator"),
        doing("hand_over_case", process_id="two", to="role", role="r_palveluohjaaja"),
        diagram(
            '<bpmn:startEvent id="begin"/><bpmn:userTask id="owners"><bpmn:extensionElements><zeebe:userTask/>'
            '<zeebe:assignmentDefinition assignee="=asia.omistaja"/></bpmn:extensionElements></bpmn:userTask>'
            + chain("begin", "owners"),
            process_id="waiting",
        ),
    )
    for _ in range(ROUNDS):
        case_key = open_case(place)
        doctor = key_of(place, "doctor")
        place.executor.run(lambda uow, key=case_key, owner=doctor: uow.care.cases.give(key, owner_key=owner))
        task = place.open_tasks(place.start("waiting", case_key=case_key))["owners"]
        named = {name: str(key_of(place, who)) for name, who in (("henkilo", "employment"), ("varahenkilo", "nurse"))}
        answer(place, case_key, "f_asiakasvastaava", suostuu=True, **named)
        assert race(*both(place, case_key, "hand_over_case")) == ["done", "done"]
        case = case_of(place, case_key)
        assert case.owner_key in {key_of(place, name) for name in ("employment", "counsellor", "colleague")}
        assert place.executor.read(lambda uow, key=task: uow.tasks.get(key)).assignee == case.owner_key


def test_documents_go_out_before_the_consent_is_taken_back_or_not_at_all(place):
    case_key, sent, _ = delivered(place, tietoryhmat=["perustiedot", "suunnitelma"])
    assert sent == 1
    publish(place, "deliver_documents", template="suunnitelma")
    everything = Withdrawal(scope=WithdrawalScope.ALL)
    deliver = runner(place, case_key, "deliver_documents", "one")

    def withdraw():
        place.run(cut_grants, case_key=case_key, withdrawal=everything, actor=SYSTEM)

    assert race(deliver, withdraw) == ["done", "done"]
    with place.executor.database.engine.connect() as connection:
        lines = connection.scalar(select(func.count()).where(access_log.c.action == "disclosed"))
    documents = place.executor.read(lambda uow: uow.care.documents.of_case(case_key))
    assert len(documents) == lines
    assert lines in {1, 2}
    assert grants(place, case_key) == set()


def test_a_task_is_done_or_ended_with_its_case_never_both(place):
    place.publish(SILENT)
    for _ in range(ROUNDS):
        case_key = open_case(place)
        instance = place.start("silent", case_key=case_key)
        task = place.open_tasks(instance)["first"]
        place.executor.run(
            lambda uow, key=instance: uow.messages.deliver_end([key], name="asia_paattyi", now=place.now)
        )
        [delivery] = place.executor.read(lambda uow: uow.messages.pending_deliveries(limit=10))
        results = race(
            lambda task=task: place.complete(task), lambda key=delivery: place.run(deliver_message, delivery_key=key)
        )
        done = place.status(instance)
        assert (done, results) in (("completed", ["done", "done"]), ("terminated", ["TaskAlreadyClosed", "done"]))
