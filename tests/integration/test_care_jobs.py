"""The jobs of the care core, carried out by workers: consents, who answers for a case, plans, measures, settings."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime

import pypdf
import pytest
from sqlalchemy import select

from app.commands.open_emergency import Emergency, open_emergency
from app.commands.people import disable_person
from app.commands.withdraw_consent import cut_grants
from app.domain.actor import SYSTEM
from app.domain.answers import RecordAnswer
from app.domain.consent import Withdrawal, WithdrawalScope
from app.domain.forms import RecordKind, RecordTarget
from app.domain.sharing import DataGroup
from app.domain.steps import InstanceStatus
from app.queries.limits import changes_of_limit
from app.storage.reference import AREA_SETTINGS
from app.storage.tables.care import case_answer, consent_grant
from app.storage.tables.instances import delivery, incident, process_instance
from app.storage.tables.people import access_log, audit
from tests.factories import AREA, chain, diagram, make_place, user_step
from tests.integration.test_escalation import work
from tests.races.test_commands import open_case

CONSENT = {
    "antaja": "Matti Esimerkki",
    "tarkoitus": "Työkyvyn tuki",
    "osapuolet": ["o_tyollisyys", "o_sote_keskus"],
    "tietoryhmat": ["perustiedot", "tyollisyys", "terveys"],
    "voimassa_asti": date(2026, 9, 30),
    "tapa": "kirjallinen",
    "paatos": "annettu",
}


def row(name="Työkokeilu", **changes):
    return {
        "toimenpide": name,
        "tavoite_viite": "Työ",
        "palvelu": "sv_tyokokeilu",
        "vastuuorg": "o_tyollisyys",
        "alkaa": date(2026, 4, 1),
        "toistaiseksi": False,
        "valmis_viimeistaan": date(2026, 6, 30),
        "rinnakkain": True,
        **changes,
    }


def doing(job_type, *, process_id="test_process", inputs=None, more="", **headers):
    """Return a process that does the job and waits for a person then."""
    lines = "".join(f'<zeebe:header key="{name}" value="{value}"/>' for name, value in headers.items())
    mapped = "".join(f'<zeebe:input source="={source}" target="{name}"/>' for name, source in (inputs or {}).items())
    return diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("first")
        + '<bpmn:serviceTask id="work"><bpmn:extensionElements>'
        + f'<zeebe:taskDefinition type="{job_type}"/><zeebe:taskHeaders>{lines}</zeebe:taskHeaders>'
        + (f"<zeebe:ioMapping>{mapped}</zeebe:ioMapping>" if mapped else "")
        + "</bpmn:extensionElements></bpmn:serviceTask>"
        + user_step("second")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "first", "work", "second", "done")
        + more,
        process_id=process_id,
    )


@pytest.fixture
def place(database):
    return make_place(database)


def answer(place, case_key, form_id, *, task_key=None, **values):
    """Let the form have been sent in the case."""
    records = [
        RecordAnswer(
            target=RecordTarget(RecordKind.ANSWER), key=key, value=value, fact=value, data_group=DataGroup.BASIC
        )
        for key, value in values.items()
    ]

    def write(uow):
        uow.care.answers.add(
            case_key,
            records,
            form_id=form_id,
            controller_organisation_id="o_sote_keskus",
            task_key=task_key,
            answered_by=None,
            now=place.now,
        )

    place.executor.run(write)
    place.later(seconds=1)


def do(place, xml, case_key, **variables):
    """Run the process of one job in the case and return its variables."""
    place.publish(xml)
    instance = place.start(case_key=case_key, variables=variables)
    place.complete(place.open_tasks(instance)["first"])
    work(place)
    lines = place.executor.read(lambda uow: uow.monitor.variables(instance))
    return instance, {line["name"]: line["value"] for line in lines}


def rows(place, query):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(query).all()


def incidents(place):
    return [line.code for line in rows(place, select(incident.c.code))]


def facts(place, case_key, *names):
    return place.executor.read(lambda uow: uow.care.facts(case_key, names, now=place.now))


def case_of(place, key):
    return place.executor.read(lambda uow: uow.care.cases.get(key))


def key_of(place, person):
    return place.people[person].user_key


# -- notes -----------------------------------------------------------------------------------------------------------


def test_a_note_is_an_answer_of_the_case_under_its_decision_and_no_variable(place):
    noting = (
        '<zeebe:properties><zeebe:property name="kyky.note.vaihe" value="=&quot;SEKUNDAARI&quot;"/>'
        '<zeebe:property name="kyky.noteGroup.vaihe" value="suunnitelma"/>'
        '<zeebe:property name="kyky.note.paiva" value="=today()"/>'
        '<zeebe:property name="kyky.noteGroup.paiva" value="perustiedot"/></zeebe:properties>'
    )
    noted = user_step("work").replace("<zeebe:userTask/>", f"<zeebe:userTask/>{noting}")
    xml = diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("first")
        + noted
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "first", "work", "done")
    )
    place.publish(xml)
    case_key = open_case(place)
    instance = place.start(case_key=case_key)
    place.complete(place.open_tasks(instance)["first"])
    assert facts(place, case_key, "vaihe") == {"vaihe": None}
    place.complete(place.open_tasks(instance)["work"])
    assert facts(place, case_key, "vaihe", "paiva") == {"vaihe": "SEKUNDAARI", "paiva": date(2026, 3, 2)}
    variables = {line["name"] for line in place.executor.read(lambda uow: uow.monitor.variables(instance))}
    assert variables == {"asia_id"}
    kept = rows(place, select(case_answer.c.field, case_answer.c.form_id, case_answer.c.data_group))
    assert set(kept) == {("vaihe", "work", "suunnitelma"), ("paiva", "work", "perustiedot")}
    [line] = rows(place, select(access_log).where(access_log.c.action == "change"))
    assert set(line.data_groups) == {"perustiedot", "suunnitelma"}


# -- consent ---------------------------------------------------------------------------------------------------------


def grants(place, case_key):
    found = place.executor.read(lambda uow: uow.care.cases.grants(case_key))
    return {(grant.organisation_id, str(grant.data_group)) for grant in found if grant.is_live(at=place.now)}


def test_a_consent_grants_what_the_table_lets_open_and_nothing_more(place):
    case_key = open_case(place)
    answer(place, case_key, "f_suostumus", **CONSENT)
    _, variables = do(place, doing("grant_consent"), case_key)
    # health never opens to employment services, whatever the client allows; at home it is the own register
    assert grants(place, case_key) == {
        ("o_tyollisyys", "perustiedot"),
        ("o_tyollisyys", "tyollisyys"),
        ("o_sote_keskus", "perustiedot"),
        ("o_sote_keskus", "tyollisyys"),
        ("o_sote_keskus", "terveys"),
    }
    assert variables["suostumus_paatos"] == "annettu"
    assert variables["suostumus_voimassa"] is True
    assert variables["suostumus_paattyy"] == "2026-09-30"
    assert facts(place, case_key, "suostumus_id", "suostumus_voimassa", "suostumus_tahot", "suostumus_paattyy") == {
        "suostumus_id": variables["suostumus_id"],
        "suostumus_voimassa": True,
        "suostumus_tahot": ["o_sote_keskus", "o_tyollisyys"],
        "suostumus_paattyy": date(2026, 9, 30),
    }
    place.now = datetime(2026, 9, 30, 20, 59, tzinfo=UTC)
    assert facts(place, case_key, "suostumus_voimassa") == {"suostumus_voimassa": True}
    place.later(minutes=1)  # midnight in Finland
    assert facts(place, case_key, "suostumus_voimassa") == {"suostumus_voimassa": False}
    assert incidents(place) == []


def test_an_oral_consent_holds_for_the_day_on_which_it_is_given(place):
    case_key = open_case(place)
    answer(place, case_key, "f_suostumus", **CONSENT | {"tapa": "suullinen"})
    _, variables = do(place, doing("grant_consent"), case_key)
    assert variables["suostumus_paattyy"] == "2026-03-02"
    assert grants(place, case_key)
    place.later(hours=15)
    assert grants(place, case_key) == set()


def test_a_refusal_is_kept_grants_nothing_and_leaves_earlier_grants(place):
    case_key = open_case(place)
    answer(place, case_key, "f_suostumus", **CONSENT)
    do(place, doing("grant_consent"), case_key)
    before = grants(place, case_key)
    answer(place, case_key, "f_suostumus", **CONSENT | {"paatos": "ei_annettu"})
    _, variables = do(place, doing("grant_consent"), case_key)
    assert (variables["suostumus_paatos"], variables["suostumus_voimassa"]) == ("ei_annettu", False)
    assert variables["suostumus_paattyy"] is None
    assert grants(place, case_key) == before
    # X13: the latest decision counts
    assert facts(place, case_key, "suostumus_voimassa") == {"suostumus_voimassa": False}


@pytest.mark.parametrize(
    ("withdrawal", "left", "told"),
    [
        ({"laajuus": "kaikki"}, set(), ["o_sote_keskus", "o_tyollisyys"]),
        (
            {"laajuus": "tahot", "tahot": ["o_tyollisyys"]},
            {("o_sote_keskus", "perustiedot"), ("o_sote_keskus", "tyollisyys"), ("o_sote_keskus", "terveys")},
            ["o_tyollisyys"],
        ),
        (
            {"laajuus": "tietoryhmat", "tietoryhmat": ["terveys", "tyollisyys"]},
            {("o_sote_keskus", "perustiedot"), ("o_tyollisyys", "perustiedot")},
            ["o_sote_keskus", "o_tyollisyys"],
        ),
    ],
    ids=["all", "parties", "groups"],
)
def test_what_is_withdrawn_is_cut_and_every_pathway_of_the_case_hears_it(place, withdrawal, left, told):
    case_key = open_case(place)
    answer(place, case_key, "f_suostumus", **CONSENT)
    do(place, doing("grant_consent"), case_key)
    listening = (
        '<bpmn:subProcess id="heard" triggeredByEvent="true"><bpmn:startEvent id="taken_back" isInterrupting="false">'
        '<bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent><bpmn:endEvent id="told"/>'
        + chain("taken_back", "told")
        + "</bpmn:subProcess>"
    )
    roots = (
        '<bpmn:message id="m" name="suostumus_peruttu"><bpmn:extensionElements>'
        '<zeebe:subscription correlationKey="=asia_id"/></bpmn:extensionElements></bpmn:message>'
    )
    listener = diagram(
        '<bpmn:startEvent id="begin"/>' + user_step("first") + listening + chain("begin", "first"),
        process_id="listener",
        roots=roots,
    )
    place.publish(listener)
    place.start("listener", case_key=case_key)
    answer(place, case_key, "f_suostumus_peruutus", **withdrawal)
    _, variables = do(place, doing("withdraw_consent"), case_key)
    assert grants(place, case_key) == left
    assert variables["perumisen_laajuus"] == withdrawal["laajuus"]
    assert variables["perutut_tahot"] == told
    [sent] = rows(place, select(delivery))
    assert (sent.name, sent.variables["perutut_tahot"]) == ("suostumus_peruttu", told)
    assert [line.details["scope"] for line in rows(place, select(audit).where(audit.c.action == "consent_withdrawn"))]


def test_an_expired_consent_closes_its_own_grants_only(place):
    case_key = open_case(place)
    answer(place, case_key, "f_suostumus", **CONSENT)
    _, first = do(place, doing("grant_consent"), case_key)
    answer(place, case_key, "f_suostumus", **CONSENT | {"osapuolet": ["o_sote_keskus"]})
    do(place, doing("grant_consent"), case_key)
    do(place, doing("expire_consent"), case_key, suostumus_id=first["suostumus_id"])
    assert {party for party, _ in grants(place, case_key)} == {"o_sote_keskus"}
    assert len(rows(place, select(consent_grant))) == 8
    do(place, doing("expire_consent"), open_case(place), suostumus_id=first["suostumus_id"])
    assert incidents(place) == ["consent_unknown"]


# -- who answers for the case ----------------------------------------------------------------------------------------


def orphan(place):
    case_key = open_case(place)
    place.executor.run(lambda uow: uow.care.cases.give(case_key, owner_key=None))
    return case_key


def test_a_case_without_owner_goes_to_the_colleague_with_the_fewest_cases(place):
    busy = open_case(place)
    place.executor.run(lambda uow: uow.care.cases.give(busy, owner_key=key_of(place, "colleague")))
    case_key = orphan(place)
    do(place, doing("name_owner", role="r_palveluohjaaja"), case_key)
    case = case_of(place, case_key)
    assert (case.owner_key, case.owner_role) == (key_of(place, "counsellor"), "r_palveluohjaaja")
    do(place, doing("name_owner", role="r_palveluohjaaja"), case_key)
    assert case_of(place, case_key).owner_key == key_of(place, "counsellor")


def test_whoever_took_the_call_does_not_answer_for_the_whole_path_but_a_coordinator_does(place):
    case_key = open_case(place)
    caller = key_of(place, "doctor")
    place.executor.run(lambda uow: uow.care.cases.give(case_key, owner_key=caller, owner_role="r_laakari"))
    do(place, doing("name_owner", role="r_palveluohjaaja"), case_key)
    assert case_of(place, case_key).owner_key not in (None, caller)
    place.executor.run(
        lambda uow: uow.care.cases.give(case_key, owner_key=caller, owner_role="r_laakari", coordinator_key=caller)
    )
    do(place, doing("name_owner", role="r_palveluohjaaja"), case_key)
    assert case_of(place, case_key).owner_key == caller


def test_where_nobody_has_the_role_its_group_owns_the_case(place):
    case_key = orphan(place)
    place.run(disable_person, username="doctor", actor=place.people["admin"])
    do(place, doing("name_owner", role="r_laakari"), case_key)
    case = case_of(place, case_key)
    assert (case.owner_key, case.owner_role) == (None, "r_laakari")


def coordinated(place, case_key, coordinator="employment", deputy="nurse"):
    answer(
        place,
        case_key,
        "f_asiakasvastaava",
        henkilo=str(key_of(place, coordinator)),
        varahenkilo=str(key_of(place, deputy)),
        suostuu=True,
    )
    return do(place, doing("hand_over_case", to="coordinator"), case_key)


def people_of(case):
    return (case.owner_key, case.coordinator_key, case.deputy_key)


def test_the_named_coordinator_takes_over_with_the_tasks_that_wait_for_the_owner(place):
    case_key = open_case(place)
    place.executor.run(lambda uow: uow.care.cases.give(case_key, owner_key=key_of(place, "counsellor")))
    waiting = diagram(
        '<bpmn:startEvent id="begin"/><bpmn:userTask id="owners"><bpmn:extensionElements><zeebe:userTask/>'
        '<zeebe:assignmentDefinition assignee="=asia.omistaja"/></bpmn:extensionElements></bpmn:userTask>'
        + chain("begin", "owners"),
        process_id="waiting",
    )
    place.publish(waiting)
    task = place.open_tasks(place.start("waiting", case_key=case_key))["owners"]
    assert task_of(place, task).assignee == key_of(place, "counsellor")
    coordinated(place, case_key)
    assert people_of(case_of(place, case_key)) == (
        key_of(place, "employment"),
        key_of(place, "employment"),
        key_of(place, "nurse"),
    )
    assert task_of(place, task).assignee == key_of(place, "employment")
    assert facts(place, case_key, "omistaja", "asiakasvastaava", "varahenkilo", "omistaja_rooli") == {
        "omistaja": str(key_of(place, "employment")),
        "asiakasvastaava": str(key_of(place, "employment")),
        "varahenkilo": str(key_of(place, "nurse")),
        "omistaja_rooli": "r_asiakasvastaava",
    }
    do(place, doing("hand_over_case", to="deputy"), case_key)
    assert people_of(case_of(place, case_key)) == (key_of(place, "nurse"), key_of(place, "nurse"), None)
    assert task_of(place, task).assignee == key_of(place, "nurse")
    do(place, doing("hand_over_case", to="deputy"), case_key)
    assert incidents(place) == ["uncaught_error"]


def task_of(place, key):
    return place.executor.read(lambda uow: uow.tasks.get(key))


def test_who_has_left_cannot_be_named(place):
    case_key = open_case(place)
    place.run(disable_person, username="nurse", actor=place.people["admin"])
    before = people_of(case_of(place, case_key))
    coordinated(place, case_key)
    assert people_of(case_of(place, case_key)) == before
    assert incidents(place) == ["uncaught_error"]


def test_a_case_passes_to_the_deputy_at_the_moment_when_its_owner_leaves(place):
    case_key = open_case(place)
    coordinated(place, case_key)
    place.run(disable_person, username="employment", actor=place.people["admin"])
    assert people_of(case_of(place, case_key)) == (key_of(place, "nurse"), key_of(place, "nurse"), None)
    place.run(disable_person, username="nurse", actor=place.people["admin"])
    # nobody has the role of a named person: the group owns it, and the nightly look says so
    assert case_of(place, case_key).owner_key is None
    assert case_of(place, case_key).owner_role == "r_asiakasvastaava"


# -- plan and measures -----------------------------------------------------------------------------------------------


def planned(place, case_key, *rows_of_plan, approval="hyvaksyn"):
    answer(place, case_key, "f_suunnitelma", toimenpiteet=list(rows_of_plan), tuen_tarve="Tuki")
    if approval:
        answer(place, case_key, "f_suunnitelma_hyvaksynta", asiakkaan_hyvaksynta=approval)
    return do(place, doing("approve_plan"), case_key)[1]


def test_an_approved_plan_is_in_force_with_its_actions_in_order(place):
    case_key = open_case(place)
    person = str(key_of(place, "employment"))
    variables = planned(place, case_key, row(vastuuhenkilo=person), row("Palkkatuki", rinnakkain=False, edeltaja="1"))
    assert variables["toimenpiteita"] == 2
    found = facts(place, case_key, "suunnitelma_id", "suunnitelma_hyvaksytty", "toimenpide_idt", "toimenpiteet")
    assert (found["suunnitelma_id"], found["suunnitelma_hyvaksytty"]) == (variables["suunnitelma_id"], True)
    first, second = found["toimenpiteet"]
    assert found["toimenpide_idt"] == [first["id"], second["id"]]
    assert (first["alkaa"], first["tila"], first["vastuuhenkilo"]) == (date(2026, 4, 1), "suunniteltu", person)
    assert (second["edeltaja"], second["rinnakkain"]) == (first["id"], False)
    do(place, doing("set_action_state", state="kaynnissa"), case_key, toimenpide_id=first["id"])
    assert [each["tila"] for each in facts(place, case_key, "toimenpiteet")["toimenpiteet"]] == [
        "kaynnissa",
        "suunniteltu",
    ]


def test_a_later_version_keeps_what_it_has_too_and_replaces_the_rest(place):
    case_key = open_case(place)
    planned(place, case_key, row(), row("Palkkatuki"))
    before = facts(place, case_key, "toimenpiteet")["toimenpiteet"]
    do(place, doing("set_action_state", state="kaynnissa"), case_key, toimenpide_id=before[0]["id"])
    planned(place, case_key, row("työkokeilu ", alkaa=date(2026, 5, 1)), row("Uusi"), approval="hyvaksyn_muutoksin")
    found = facts(place, case_key, "toimenpide_idt", "toimenpiteet")
    after = {each["id"]: each for each in found["toimenpiteet"]}
    assert after[before[0]["id"]]["tila"] == "kaynnissa"
    assert after[before[0]["id"]]["alkaa"] == date(2026, 5, 1)
    assert after[before[1]["id"]]["tila"] == "korvattu"
    assert before[1]["id"] not in found["toimenpide_idt"]
    assert len(found["toimenpide_idt"]) == 2
    assert place.executor.read(lambda uow: uow.care.plans.in_force(case_key)).version == 2


@pytest.mark.parametrize(
    ("second", "approval", "code"),
    [
        ({}, "en_hyvaksy", "plan_not_approved"),
        ({}, "", "plan_not_approved"),
        ({"rinnakkain": False, "edeltaja": "7"}, "hyvaksyn", "plan_predecessor_unknown"),
        ({"rinnakkain": False, "edeltaja": "2"}, "hyvaksyn", "plan_predecessor_unknown"),
    ],
    ids=["refused", "nobody_asked", "no_such_row", "itself"],
)
def test_a_plan_that_cannot_be_is_not_in_force(place, second, approval, code):
    case_key = open_case(place)
    planned(place, case_key, row(), row("Toinen", **second), approval=approval)
    assert incidents(place) == [code]
    assert facts(place, case_key, "suunnitelma_hyvaksytty", "toimenpide_idt") == {
        "suunnitelma_hyvaksytty": False,
        "toimenpide_idt": [],
    }


def test_an_approval_of_an_earlier_plan_approves_no_later_one(place):
    case_key = open_case(place)
    planned(place, case_key, row())
    planned(place, case_key, row(), row("Lisätty"), approval="")
    assert incidents(place) == ["plan_not_approved"]
    assert len(facts(place, case_key, "toimenpide_idt")["toimenpide_idt"]) == 1


def test_actions_that_wait_for_each_other_make_no_plan(place):
    case_key = open_case(place)
    planned(
        place,
        case_key,
        row("A", rinnakkain=False, edeltaja="2"),
        row("B", rinnakkain=False, edeltaja="3"),
        row("C", rinnakkain=False, edeltaja="1"),
    )
    assert incidents(place) == ["plan_predecessor_circle"]


def test_measures_are_facts_the_oldest_first_and_only_those_that_may_be_used(place):
    case_key = open_case(place)
    # the same question of another form is no measure
    answer(place, case_key, "f_indikaattorit", tyokyky_0_10=2)
    for day, may in ((date(2026, 9, 1), True), (date(2026, 3, 1), True), (date(2026, 6, 1), False)):
        values = {"kerta": "alku", "pvm": day, "tyokyky_0_10": 5, "mieli": 3.5, "suostumus_kayttoon": may}
        answer(place, case_key, "f_kykyviisari", **values)
        _, variables = do(place, doing("record_measure"), case_key)
        assert variables["mittaus_id"]
    found = facts(place, case_key, "mittaukset")["mittaukset"]
    assert [each["pvm"] for each in found] == [date(2026, 3, 1), date(2026, 9, 1)]
    assert (found[0]["tyokyky_0_10"], found[0]["mieli"], found[0]["keho"]) == (5, 3.5, None)


# -- pathways and settings -------------------------------------------------------------------------------------------


def test_a_pathway_is_started_once_in_a_case_and_again_when_it_has_ended(place):
    place.publish(doing("test_work", process_id="follow_up"))
    case_key = open_case(place)
    starter = doing("start_once", process="follow_up")
    assert do(place, starter, case_key)[1]["aloitettu"] is True
    assert do(place, starter, case_key)[1]["aloitettu"] is False
    running = select(process_instance.c.key, process_instance.c.area_id).where(
        process_instance.c.process_id == "follow_up", process_instance.c.case_key == case_key
    )
    [found] = rows(place, running)
    assert found.area_id == AREA
    assert place.status(found.key) == InstanceStatus.ACTIVE
    assert do(place, starter, open_case(place))[1]["aloitettu"] is True
    do(place, doing("start_once", process="missing"), case_key)
    assert incidents(place) == ["process_not_published"]


def test_a_pathway_changes_a_setting_of_its_area(place):
    def load(uow):
        uow.reference.put(AREA_SETTINGS, {"tapa": "PARI", "polku": False}, area_id=AREA, now=place.now)

    def settings(uow):
        return uow.reference.values(AREA_SETTINGS, area_id=AREA)

    place.executor.run(load)
    case_key = open_case(place)
    do(place, doing("set_area_setting", setting="tapa", value="TUNTI"), case_key)
    do(place, doing("set_area_setting", setting="polku", value="true"), case_key)
    assert place.executor.read(settings) == {"tapa": "TUNTI", "polku": True}
    do(place, doing("set_area_setting", setting="muu", value="1"), case_key)
    do(place, doing("set_area_setting", setting="polku", value="1"), case_key)
    assert incidents(place) == ["area_setting_unknown", "area_setting_invalid"]
    assert place.executor.read(settings) == {"tapa": "TUNTI", "polku": True}
    # the page of the limits tells of it as of what a person has changed
    [change] = place.executor.read(changes_of_limit, limit_id="alue.tapa", actor=place.people["admin"])
    assert (change.area_id, change.before, change.after) == (AREA, "PARI", "TUNTI")


# -- documents for the parties ---------------------------------------------------------------------------------------

PLAN_FORM = {
    "id": "f_suunnitelma",
    "title": {"fi": "Suunnitelma"},
    "dataGroup": "suunnitelma",
    "sections": [
        {
            "key": "kaikki",
            "title": {"fi": "Kaikki"},
            "fields": [
                {"key": "tavoite_tyoura", "type": "text", "label": {"fi": "Tavoite"}, "record": "answer"},
                {"key": "tuen_tarve", "type": "text", "label": {"fi": "Tuen tarve"}, "record": "answer"},
                {
                    "key": "oireet",
                    "type": "text",
                    "label": {"fi": "Oireet"},
                    "record": "answer",
                    "dataGroup": "terveys",
                },
                {
                    "key": "toimenpiteet",
                    "type": "group",
                    "label": {"fi": "Toimenpiteet"},
                    "record": "answer",
                    "fields": [
                        {"key": "toimenpide", "type": "text", "label": {"fi": "Mitä"}},
                        {"key": "palvelu", "type": "text", "label": {"fi": "Palvelu"}},
                        {"key": "vastuuorg", "type": "text", "label": {"fi": "Vastuutaho"}},
                    ],
                },
            ],
        }
    ],
}
PLANNED = {
    "tavoite_tyoura": "Osa-aikatyö",
    "tuen_tarve": "Jaksaminen",
    "oireet": "Unettomuus",
    "toimenpiteet": [
        {"toimenpide": "Valmennus", "palvelu": "sv_tyohonvalmennus", "vastuuorg": "o_tyollisyys"},
        {"toimenpide": "Terapia", "palvelu": "sv_psykiatria", "vastuuorg": "o_erikoissairaanhoito"},
    ],
}


def delivered(place, **consent):
    """Write the plan with its form, grant the consent, deliver; return the texts of the documents by document class."""
    writing = diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("plan", form_id="f_suunnitelma")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "plan", "done"),
        process_id="writing",
    )
    place.publish(writing, resources={"f_suunnitelma.json": json.dumps(PLAN_FORM).encode()})
    case_key = open_case(place)
    place.complete(place.open_tasks(place.start("writing", case_key=case_key))["plan"], **PLANNED)
    answer(place, case_key, "f_suostumus", **CONSENT | consent)
    do(place, doing("grant_consent"), case_key)
    _, variables = do(place, doing("deliver_documents", template="suunnitelma"), case_key)

    def texts(uow):
        return {
            document.document_class: "\n".join(
                page.extract_text()
                for page in pypdf.PdfReader(io.BytesIO(uow.care.documents.content(document.key))).pages
            )
            for document in uow.care.documents.of_case(case_key)
        }

    return case_key, variables["toimitettu"], place.executor.read(texts)


def test_a_party_gets_what_the_client_opened_to_it_masked_as_it_would_see_it(place):
    groups = ["perustiedot", "suunnitelma", "terveys"]
    case_key, number, texts = delivered(place, tietoryhmat=groups)
    # the organisation that holds the case gives; it gets nothing from itself
    assert (number, list(texts)) == (1, ["luovutus:o_tyollisyys"])
    [text] = texts.values()
    assert "Matti Esimerkki" in text
    for shown in ("Osa-aikatyö", "Jaksaminen", "Valmennus", "hoito tai kuntoutus"):
        assert shown.casefold() in text.casefold()
    for hidden in ("Unettomuus", "Terapia", "psykiatria"):
        assert hidden not in text
    [line] = rows(place, select(access_log).where(access_log.c.action == "disclosed"))
    assert (line.data_groups, line.ground) == (["suunnitelma"], "consent")
    assert (line.purpose, line.case_key) == ("disclosure:o_tyollisyys", case_key)


def test_nothing_opened_no_document(place):
    assert delivered(place, tietoryhmat=["perustiedot", "kykyviisari"])[1:] == (0, {})
    assert incidents(place) == []


def test_the_report_of_the_log_names_what_was_looked_at_in_an_emergency(place):
    case_key = open_case(place)
    opened = Emergency(sought=case_of(place, case_key).number, cause="life", reason="Asiakas on tajuttomana, lääkitys.")
    place.run(open_emergency, emergency=opened, actor=place.people["nurse"])
    answer(place, case_key, "f_lokipyynto", alkaen_pvm=date(2026, 3, 1), paattyen_pvm=date(2026, 3, 31))
    do(place, doing("write_document", template="lokitietoraportti"), case_key)
    [document] = place.executor.read(lambda uow: uow.care.documents.of_case(case_key))
    content = place.executor.read(lambda uow: uow.care.documents.content(document.key))
    shown = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert "katsottu hätätilanteessa" in " ".join(shown.split())


def test_who_has_no_right_to_take_part_any_more_is_out_of_the_case_and_its_owner_passes_it_on(place):
    case_key = open_case(place)
    coach, counsellor = key_of(place, "employment"), key_of(place, "counsellor")
    planned(place, case_key, row(vastuuhenkilo=str(coach)), row("Oma", vastuuorg="o_sote_keskus"))
    answer(place, case_key, "f_suostumus", **CONSENT)
    do(place, doing("grant_consent"), case_key)
    place.executor.run(lambda uow: uow.care.cases.give(case_key, owner_key=coach, deputy_key=counsellor))
    place.publish(doing("end_participation", process_id="leaving", organisation="o_tyollisyys"))
    instance = place.start("leaving", case_key=case_key)
    place.complete(place.open_tasks(instance)["first"])
    work(place)
    assert {organisation for organisation, _ in grants(place, case_key)} == {"o_sote_keskus"}
    plan = place.executor.read(lambda uow: uow.care.plans.in_force(case_key))
    assert [each.organisation_id for each in plan.actions] == ["", "o_sote_keskus"]
    assert case_of(place, case_key).owner_key == counsellor
    told = {line["name"]: line["value"] for line in place.executor.read(lambda uow: uow.monitor.variables(instance))}
    assert told["perutut_tahot"] == ["o_tyollisyys"]
    [noted] = rows(place, select(audit).where(audit.c.action == "participation_ended"))
    assert (noted.details["grants"], noted.details["actions"]) == (2, 1)


def test_an_organisation_that_is_taken_out_leaves_the_plan_and_its_tasks_go_to_the_owner(place):
    case_key = open_case(place)
    coach = key_of(place, "employment")
    planned(place, case_key, row(vastuuhenkilo=str(coach)), row("Oma", vastuuorg="o_sote_keskus"))
    answer(place, case_key, "f_suostumus", **CONSENT)
    do(place, doing("grant_consent"), case_key)
    place.executor.run(lambda uow: uow.care.cases.give(case_key, owner_key=key_of(place, "counsellor")))
    held = diagram(
        '<bpmn:startEvent id="begin"/><bpmn:userTask id="service"><bpmn:extensionElements><zeebe:userTask/>'
        f'<zeebe:assignmentDefinition assignee="employment" candidateUsers="{coach}"/></bpmn:extensionElements>'
        "</bpmn:userTask>" + chain("begin", "service"),
        process_id="held",
    )
    place.publish(held)
    task = place.open_tasks(place.start("held", case_key=case_key))["service"]
    assert task_of(place, task).assignee == coach
    everything = Withdrawal(scope=WithdrawalScope.PARTIES, parties=frozenset({"o_tyollisyys"}))
    place.run(cut_grants, case_key=case_key, withdrawal=everything, actor=SYSTEM)
    after = task_of(place, task)
    assert (after.assignee, after.candidate_users) == (key_of(place, "counsellor"), ())
    plan = place.executor.read(lambda uow: uow.care.plans.in_force(case_key))
    assert [each.organisation_id for each in plan.actions] == ["", "o_sote_keskus"]
    assert facts(place, case_key, "toimenpiteet")["toimenpiteet"][0]["vastuuhenkilo"] is None
