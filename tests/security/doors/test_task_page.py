"""What stands on a task's page besides its form: whose instructions it follows, earlier forms, reference data."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.access import Purpose
from app.domain.actor import SYSTEM
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.tables.care import consent_grant
from tests.factories import AREA, chain, diagram, user_step
from tests.security.doors.office import CANARIES, PROBE, PROBE_PROCESS

PROPERTIES = (
    "<zeebe:properties>"
    '<zeebe:property name="kyky.besideForms" value="f_yhteydenotto, f_indikaattorit"/>'
    '<zeebe:property name="kyky.besideReference" value="service"/>'
    "</zeebe:properties>"
)
PROCESS = "tyky_vieressa"
STEPS = {"hoitajan": "r_terveydenhoitaja", "sosiaalityon": "r_sosiaalityontekija"}


def _step(element_id: str, role: str) -> str:
    return user_step(element_id, groups=role).replace(
        "</bpmn:extensionElements>", f"{PROPERTIES}</bpmn:extensionElements>"
    )


BESIDE = diagram(
    '<bpmn:startEvent id="alku"/><bpmn:parallelGateway id="jako"/><bpmn:endEvent id="loppu"/>'
    + "".join(_step(*step) for step in STEPS.items())
    + chain("alku", "jako", "hoitajan", "loppu")
    + chain("jako", "sosiaalityon", "loppu"),
    process_id=PROCESS,
)
#: what stands on the contact form and on that of the indicators
REASON, UNEMPLOYED, INDICATOR = CANARIES["reason"], "Työttömyys alkanut", "Oma terveydentila huolestuttaa"


@pytest.fixture
def tasks(office):
    """The addresses of two tasks of the client's case beside which the same forms stand, by step."""
    run, now = office.executor.run, office.world.clock
    run(publish, resources={"vieressa.bpmn": BESIDE}, actor=SYSTEM, now=now)
    started = run(start_instance, process_id=PROCESS, actor=SYSTEM, case_key=office.case, area_id=AREA, now=now)
    office.world.instance = started.instance_key
    return {step: f"/tasks/{key}" for step, key in office.world.open_tasks().items()}


def read_groups(office):
    """Return the data groups of the last line of the access log."""
    return set(office.access_lines()[-1].data_groups)


def test_who_may_see_them_reads_earlier_forms_and_reference_data_beside_the_own(office, tasks):
    page = office.people["tero.terveydenhoitaja"].get(tasks["hoitajan"]).text
    assert "Yhteydenotto" in page
    for text in (REASON, INDICATOR, "Kykyviisari"):
        assert text in page, text
    assert UNEMPLOYED not in page, "employment is for nurses by consent only, on the same form"
    assert "Tuki työnantajalle työttömän palkkaamiseen." in page, "services come with what they are"
    assert "terveys" in read_groups(office)
    assert "tyollisyys" not in read_groups(office)


def test_who_may_not_see_them_reads_nothing_of_the_client_beside_the_form(office, tasks):
    page = office.people["sari.testinen"].get(tasks["sosiaalityon"]).text
    for text in (REASON, UNEMPLOYED, INDICATOR):
        assert text not in page, text
    assert "Kykyviisari" in page, "services are no data of the client"
    assert not read_groups(office) & {"terveys", "tyollisyys", "sosiaali"}


def test_what_the_client_has_opened_stands_beside_the_form_and_the_rest_of_the_same_form_does_not(office, tasks):
    office.execute(
        insert(consent_grant).values(
            key=new_key(),
            case_key=office.case,
            consent_key=1,
            organisation_id="o_sosiaali",
            data_group=DataGroup.EMPLOYMENT,
            purpose=Purpose.CARE,
            valid_from=office.world.clock - timedelta(days=1),
            valid_until=office.world.clock + timedelta(days=365),
        )
    )
    page = office.people["sari.testinen"].get(tasks["sosiaalityon"]).text
    assert UNEMPLOYED in page
    assert REASON not in page
    assert INDICATOR not in page
    assert "tyollisyys" in read_groups(office)
    assert "terveys" not in read_groups(office)


def test_the_page_says_whose_version_it_follows_and_that_there_is_a_newer_one(office):
    person, address = office.people["tero.terveydenhoitaja"], f"/tasks/{office.probe_task}"
    followed = "Ohje ja tehtävä ovat polun versiosta 1, voimassa alkaen 2.3.2026."
    page = person.get(address).text
    assert followed in page
    assert "on jo versio" not in page
    office.world.clock += timedelta(days=1)
    changed = PROBE.replace(b'name="Koeprosessi"', b'name="Koeprosessi toisin"')
    office.executor.run(publish, resources={"koe.bpmn": changed}, actor=SYSTEM, now=office.world.clock)
    page = office.anew("tero.terveydenhoitaja").get(address).text
    assert followed in page
    assert "Polusta on jo versio 2 (3.3.2026 alkaen)." in page
    started = office.executor.run(
        start_instance,
        process_id=PROBE_PROCESS,
        actor=SYSTEM,
        area_id=AREA,
        case_key=office.case,
        now=office.world.clock,
    )
    office.world.instance = started.instance_key
    page = office.anew("tero.terveydenhoitaja").get(f"/tasks/{office.world.open_tasks()['kysely']}").text
    assert "versiosta 2, voimassa alkaen 3.3.2026" in page
    assert "on jo versio" not in page
