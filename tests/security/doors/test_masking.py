"""Rules that hide a part from some: R-22 (decisions kept), R-26 (employment services), R-27 (protected address)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import insert, select, update

from app.commands.write_document import write_document
from app.connectors.contract import GivenUp
from app.documents import Template
from app.domain.access import Purpose
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.rows import Job
from app.storage.tables.care import appointment, care_case, client, consent_grant, decision_record, document
from app.storage.tables.instances import job
from tests.scenarios.world import form_fields
from tests.security.doors.office import OFFER

NOT_REACHED = {"mita_tehtiin": "Soitettu, ei vastausta.", "tulos": "ei_tavoitettu"}


def consent(office, organisation, *groups):
    for group in groups:
        office.execute(
            insert(consent_grant).values(
                key=new_key(),
                case_key=office.case,
                consent_key=1,
                organisation_id=organisation,
                data_group=group,
                purpose=Purpose.CARE,
                valid_from=office.world.clock - timedelta(days=1),
                valid_until=office.world.clock + timedelta(days=365),
            )
        )


def letters(office):
    query = select(document.c.key).where(document.c.document_class == Template.UNREACHED_LETTER)
    return office.rows(query)


def nobody_comes(office):
    """The client takes the time and does not come; three attempts to reach them are in vain."""
    world = office.world
    world.complete("a6_kysy_asiakkaalta", "r_ajanvaraaja", OFFER)
    world.pass_time("a7_muistutusaika", None)
    world.send("ei_saapunut", {})
    for attempt in range(3):
        world.complete("x5_ota_yhteys", "r_palveluohjaaja", NOT_REACHED)
        if attempt < 2:
            world.pass_time("x5_yrityspaiva", timedelta(days=7))


# -- R-26 ------------------------------------------------------------------------------------------------------------

TELLING = ("tavoitettu", "Poisjäänti", "poisjäänti", "Ei saapunut", "Peruttu", "Kieltäytyi", "Ota yhteys", "sulkeminen")


def test_employment_services_learn_of_no_refusal_and_no_absence_even_with_every_consent(office):
    consent(office, "o_tyollisyys", *DataGroup)
    nobody_comes(office)
    office.execute(update(appointment).values(status="no_show"))
    for outcome in ("KIELTAYTYI", "EI_TAVOITETTU", "PERUTTU", "KESKEYTYNYT"):
        office.execute(update(care_case).values(status="closed", outcome=outcome, closed_at=office.world.clock))
        theirs = office.anew("olli.demo").get(f"/cases/{office.case}").text
        ours = office.anew("kirsi.malli").get(f"/cases/{office.case}").text
        assert office.case_number in theirs
        assert any(word in ours for word in TELLING), "others do see it"
        for word in (*TELLING, "no_show", outcome):
            assert word not in theirs, (outcome, word)
        assert "äättyn" in theirs
    lines = [line for line in office.access_lines() if line.user_name == "olli.demo"]
    assert all("consent" in line.ground for line in lines)


def test_health_details_never_open_to_employment_services_or_organisations(office):
    """R-18, with a consent for everything."""
    for organisation, who in (("o_tyollisyys", "olli.demo"), ("o_jarjesto", "jaana.jarjesto")):
        consent(office, organisation, *DataGroup)
        before = len(office.access_lines())
        office.people[who].client.get(f"/cases/{office.case}")
        for line in office.access_lines()[before:]:
            assert "terveys" not in line.data_groups


def test_a_withdrawn_consent_closes_the_next_page(office):
    consent(office, "o_tyollisyys", DataGroup.BASIC)
    person = office.people["olli.demo"]
    person.get(f"/cases/{office.case}")
    office.execute(update(consent_grant).values(withdrawn_at=office.world.clock))
    assert person.client.get(f"/cases/{office.case}").status_code == 404


# -- R-27 ------------------------------------------------------------------------------------------------------------


def test_who_is_never_reached_gets_a_letter(office):
    nobody_comes(office)
    assert len(letters(office)) == 1


def test_no_letter_is_written_to_a_protected_address(office):
    office.execute(update(client).values(protected_address=True))
    nobody_comes(office)
    assert letters(office) == []
    assert "x5_sulkeminen" in office.world.open_tasks()


def test_a_diagram_that_forgets_to_ask_prints_no_letter_either(office):
    office.execute(update(client).values(protected_address=True))
    row = office.rows(select(job).limit(1))[0]
    fields = {name: getattr(row, name, None) for name in Job.__dataclass_fields__}
    letter = Job(**{**fields, "key": new_key(), "headers": {"template": Template.UNREACHED_LETTER}, "variables": {}})

    def write(uow):
        return write_document(uow, uow.instances.lock(office.instance), letter, office.world.clock)

    with pytest.raises(GivenUp, match="letter_to_protected_address"):
        office.executor.run(write)


def test_a_protected_address_is_said_on_every_page_of_the_client(office):
    office.execute(update(client).values(protected_address=True))
    person = office.people["anni.ajanvaraaja"]
    for address in (f"/cases/{office.case}", f"/tasks/{office.task}"):
        assert "urvakielto" in person.get(address).text


# -- R-22 ------------------------------------------------------------------------------------------------------------


def test_each_decision_is_kept_with_what_it_was_asked_and_what_it_answered(office):
    rows = office.rows(select(decision_record).order_by(decision_record.c.at, decision_record.c.key))
    assert {"dmn_indikaattorit", "dmn_halytys"} <= {row.decision_id for row in rows}
    for row in rows:
        assert (row.case_key, row.instance_key, row.data_group) == (office.case, office.instance, "terveys")
        assert row.matched_rules
        assert row.content_hash
        kept = {}
        for field in ("inputs", "output"):
            sealed = getattr(row, field)
            assert b"indikaattori" not in sealed
            plain = office.executor.cipher.decrypt(sealed, table="decision_record", key=row.key, field=field)
            kept[field] = msgspec.json.decode(plain)
        assert kept["inputs"], row.decision_id
        assert kept["output"] is not None


def test_a_proposal_decides_nothing_by_itself(office):
    """X1: what the table proposes is on the page of a person, who says what is done."""
    page = office.people["anni.ajanvaraaja"].get(f"/tasks/{office.task}").text
    assert 'name="tulos"' in page
    person = office.people["anni.ajanvaraaja"]
    refused = {**form_fields(OFFER), "asiakas_haluaa": "false"}
    opened = person.get(f"/tasks/{office.task}")
    assert person.post(f"/tasks/{office.task}", refused, page=opened).status_code == 303
    office.world.work()
    assert office.world.variables()["halytys"] is True
    assert "loppu_ei_tarvetta" in office.world.history()
