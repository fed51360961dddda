"""R-22: what tables proposed, why, which version, and what a person decided, for those who may see it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.domain.answers import RecordAnswer
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.domain.steps import DecisionEvaluated
from app.storage.tables.people import access_log
from tests.security.doors.test_masking import consent


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def decide(office, *, proposed, row, minutes=0):
    """Ask the table of sufficient support in the office's case, as a business rule task does."""
    version = office.executor.read(lambda uow: uow.definitions.latest_decisions(["dmn_riittava_tuki"]))
    content_hash, _ = version["dmn_riittava_tuki"]
    asked = DecisionEvaluated(
        element_instance_key=new_key(),
        element_id="b7_ehdota",
        decision_id="dmn_riittava_tuki",
        content_hash=content_hash,
        inputs={"omat_voimavarat": "eivat", "palvelutarve_alat": 4, "tilanne_selkea": None},
        output={"tuki": proposed, "lisa": None, "rivi": f"T{row}"},
        matched_rules=(("dmn_riittava_tuki", row),),
    )
    now = office.world.clock
    office.executor.run(
        lambda uow: uow.care.decisions.add(asked, instance_key=office.instance, case_key=office.case, now=now)
    )


def choose(office, **answers):
    """Answer the form by which a person decides."""
    records = [
        RecordAnswer(
            key=key,
            target=RecordTarget(kind=RecordKind.ANSWER, attribute=key),
            value=value,
            fact=value,
            data_group=DataGroup.PLAN,
        )
        for key, value in answers.items()
    ]
    office.executor.run(
        lambda uow: uow.care.answers.add(
            office.case,
            records,
            form_id="f_riittava_tuki",
            controller_organisation_id="o_sote_keskus",
            task_key=office.task,
            answered_by=None,
            now=office.world.clock,
        )
    )


def test_the_page_tells_the_proposal_its_reason_its_version_and_what_was_known(office):
    case = office.people["kirsi.malli"].get(f"/cases/{office.case}")
    assert f"/cases/{office.case}/decisions" in case.text
    page = text_of(office.people["kirsi.malli"].get(f"/cases/{office.case}/decisions"))
    assert "Hälytysindikaattorit" in page
    assert "Oma terveydentila huolestuttaa" in page
    assert "Työkyky nyt 0-10" in page
    # worlds of one test process share what is published: the day is that of the first
    assert re.search(r"Taulukon versio 1, julkaistu \d{1,2}\.\d{1,2}\.2026", page)
    assert "dmn_" not in page
    lines = office.rows(select(access_log).order_by(access_log.c.key))
    assert lines[-1].purpose == f"decisions:{office.case}"
    assert "terveys" in lines[-1].data_groups


def test_what_a_person_decided_and_why_they_differ_stands_beside_the_proposal(office):
    decide(office, proposed="TIIMI", row=2)
    page = text_of(office.people["kirsi.malli"].get(f"/cases/{office.case}/decisions"))
    assert "Työkyvyn tuen tiimi" in page
    assert "Omat voimavarat eivät riitä, tarve usealla alalla" in page
    assert "Päätöstä ei ole vielä tehty." in page
    choose(office, riittava_tuki_paatos="KONSULTAATIO", poikkeamisen_perustelu="Matti haluaa ensin kysyä.")
    page = text_of(office.people["kirsi.malli"].get(f"/cases/{office.case}/decisions"))
    assert "Mikä on riittävä tuki: Konsultaatio" in page
    assert "Miksi päätös poikkeaa ehdotuksesta: Matti haluaa ensin kysyä." in page
    assert "Päätöstä ei ole vielä tehty." not in page


@pytest.mark.parametrize("person", ["olli.demo", "jaana.jarjesto", "erkki.esihenkilo", "paavo.paakayttaja"])
def test_who_may_not_see_health_sees_no_decision_whatever_was_granted(office, person):
    consent(office, "o_tyollisyys", *DataGroup)
    consent(office, "o_jarjesto", *DataGroup)
    assert office.people[person].client.get(f"/cases/{office.case}/decisions").status_code == 404
    assert f"/cases/{office.case}/decisions" not in office.people[person].client.get(f"/cases/{office.case}").text


@pytest.mark.parametrize(("language", "said"), [("sv", "Tabellens förslag"), ("en", "Proposal of the table")])
def test_it_is_told_in_the_reader_s_language(office, language, said):
    person = office.people["kirsi.malli"]
    person.client.set_cookie("language", language)
    answered = office.send(person, "/preferences", {"language": language, "next": "/"})
    assert answered.status_code in (302, 303)
    page = text_of(person.get(f"/cases/{office.case}/decisions"))
    office.send(person, "/preferences", {"language": "fi", "next": "/"})
    assert said in page
    assert "Taulukon" not in page
