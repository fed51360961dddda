"""What an actor may do, and what some readers see instead of a value."""

from __future__ import annotations

import pytest

from app.domain import actor as rules
from app.domain.actor import SYSTEM, Actor, TaskRestriction
from app.domain.masking import (
    may_know_process,
    may_see_address,
    may_send_letter,
    shown_answer,
    shown_measure_state,
    shown_outcome,
    shown_service,
    shown_source,
)

GUIDE = Actor(
    user_key=5,
    name="liisa.ohjaaja",
    organisation_id="sote",
    organisation_type="o_sote_keskus",
    unit_id="jyvaskyla",
    roles=frozenset({"r_palveluohjaaja"}),
    areas=frozenset({"keski-suomi"}),
)


def task(**limits):
    return TaskRestriction(**({"candidate_roles": frozenset({"r_palveluohjaaja"})} | limits))


def test_a_candidate_role_in_the_right_organisation_unit_and_area_may_take_a_task():
    assert rules.may_take(GUIDE, task=task())
    assert rules.may_take(GUIDE, task=task(organisation_id="sote", unit_id="jyvaskyla", area_id="keski-suomi"))


@pytest.mark.parametrize(
    "limits",
    [
        {"organisation_id": "kela"},
        {"unit_id": "jamsa"},
        {"area_id": "espoo"},
        {"candidate_roles": frozenset({"r_laakari"})},
        {"candidate_roles": frozenset()},
    ],
)
def test_any_other_organisation_unit_area_or_role_may_not(limits):
    assert not rules.may_take(GUIDE, task=task(**limits))


def test_a_named_candidate_may_take_a_task_without_the_role():
    assert rules.may_take(GUIDE, task=task(candidate_roles=frozenset(), candidate_users=frozenset({"5"})))
    assert rules.may_take(GUIDE, task=task(candidate_roles=frozenset(), candidate_users=frozenset({"liisa.ohjaaja"})))


def test_a_task_is_completed_by_its_assignee_or_taken_first():
    assert rules.may_complete(GUIDE, task=task(assignee=5, candidate_roles=frozenset()))
    assert not rules.may_complete(GUIDE, task=task(assignee=6))
    assert rules.may_complete(GUIDE, task=task())


def test_the_system_starts_processes_but_takes_no_tasks_and_sees_no_clients():
    assert rules.may_start(SYSTEM, starter_roles=[])
    assert not rules.may_take(SYSTEM, task=task())
    with pytest.raises(ValueError, match="no viewer"):
        _ = SYSTEM.viewer


def test_a_process_is_started_by_the_roles_that_it_names_and_by_nobody_else():
    assert rules.may_start(GUIDE, starter_roles=["r_ajanvaraaja", "r_palveluohjaaja"])
    assert not rules.may_start(GUIDE, starter_roles=["r_ajanvaraaja"])
    assert not rules.may_start(GUIDE, starter_roles=[])


def test_publishing_monitoring_and_repairing_need_their_own_roles():
    for rule in (rules.may_publish, rules.may_monitor, rules.may_repair, rules.may_administer, rules.may_see_measures):
        assert not rule(GUIDE)
    owner = Actor(user_key=1, name="omistaja", roles=frozenset({"r_prosessinomistaja"}))
    admin = Actor(user_key=2, name="admin", roles=frozenset({"r_yllapitaja"}))
    assert rules.may_publish(owner)
    assert not rules.may_repair(owner)
    assert rules.may_repair(admin)
    assert not rules.may_publish(admin)
    assert rules.may_monitor(admin)
    assert rules.may_monitor(owner)


def test_psychiatry_is_care_or_rehabilitation_to_others_than_social_and_health_care():
    assert shown_service("sv_psykiatria", organisation_type="o_tyollisyys") == "hoito_tai_kuntoutus"
    assert shown_service("sv_paihde_mt", organisation_type="") == "hoito_tai_kuntoutus"
    assert shown_service("sv_psykiatria", organisation_type="o_sosiaali") == "sv_psykiatria"
    assert shown_service("sv_palkkatuki", organisation_type="o_tyollisyys") == "sv_palkkatuki"


@pytest.mark.parametrize("outcome", ["KIELTAYTYI", "EI_TAVOITETTU", "PERUTTU", "KESKEYTYNYT"])
def test_employment_services_see_no_refusal(outcome):
    assert shown_outcome(outcome, organisation_type="o_tyollisyys") == "PAATTYNYT"
    assert shown_outcome(outcome, organisation_type="o_sote_keskus") == outcome


def test_employment_services_cannot_tell_an_interrupted_measure_from_a_finished_one():
    shown = {shown_measure_state(state, organisation_type="o_tyollisyys") for state in ("keskeytynyt", "valmis")}
    assert len(shown) == 1
    assert shown_outcome("TYOLLISTYNYT", organisation_type="o_tyollisyys") == "TYOLLISTYNYT"


def test_a_protected_address_is_for_the_owner_of_the_case_only_and_no_letter_goes_out():
    assert may_see_address(protected=True, viewer_key=5, owner_key=5)
    assert not may_see_address(protected=True, viewer_key=6, owner_key=5)
    assert not may_see_address(protected=True, viewer_key=6, owner_key=None)
    assert may_see_address(protected=False, viewer_key=6, owner_key=None)
    assert not may_send_letter(protected=True)


OUTSIDERS = ("o_tyonantaja", "o_jarjesto", "o_kela", "o_tyollisyys", "o_tyoterveyshuolto", "o_koulutus", "")


@pytest.mark.parametrize("kind", OUTSIDERS)
def test_contact_with_the_prison_and_probation_service_is_masked_from_others(kind):
    assert shown_source("RISE", organisation_type=kind) == "VERKOSTO"
    assert shown_answer("lahde", "RISE", organisation_type=kind) == "VERKOSTO"
    assert shown_answer("rise_asiakas", "kylla", organisation_type=kind) is None
    assert shown_answer("rise_asiakas", "ei", organisation_type=kind) is None
    assert shown_answer("kohderyhmat", ["g_nuori", "g_rise"], organisation_type=kind) == ["g_nuori"]
    invited = [{"rooli": "r_rise_tyontekija", "taho": "o_rise"}, {"rooli": "r_laakari", "taho": "o_sote_keskus"}]
    shown = shown_answer("kutsuttavat", invited, organisation_type=kind)
    assert shown[0] == {"rooli": "yhteistyotaho", "taho": "yhteistyotaho"}
    assert shown[1] == invited[1]
    assert not may_know_process("tyky_rise", organisation_type=kind)
    assert may_know_process("tyky_tiimi", organisation_type=kind)


@pytest.mark.parametrize("kind", ["o_rise", "o_sote_keskus", "o_sosiaali", "o_erikoissairaanhoito"])
def test_those_who_serve_the_client_around_a_release_know_of_it(kind):
    assert shown_source("RISE", organisation_type=kind) == "RISE"
    assert shown_answer("rise_asiakas", "kylla", organisation_type=kind) == "kylla"
    assert may_know_process("tyky_rise", organisation_type=kind)
