"""Reading on a statute that the reader names: its own cells only, for a time, logged with the law (R-05)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.domain.answers import RecordAnswer
from app.domain.data_rights import RequestKind, RequestStatus
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.tables.rights import statute_access
from tests.security.doors.office import CANARIES

REASON = "Monialaisen tuen tarve arvioidaan yhdessä, etuustiedot tarvitaan arvioon."
READER = "olli.demo"


@pytest.fixture
def reader(office):
    """A worker of the employment services, who sees nothing of the case; the case has an answer about benefits."""
    benefit = RecordAnswer(
        target=RecordTarget(RecordKind.ANSWER),
        key="maara",
        value=424242,
        fact=None,
        data_group=DataGroup.BENEFITS,
    )
    office.executor.run(
        lambda uow: uow.care.answers.add(
            office.case,
            [benefit],
            form_id="f_koe",
            controller_organisation_id="o_sote_keskus",
            task_key=None,
            answered_by=None,
            now=office.world.clock,
        )
    )
    return office.anew(READER)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def name(office, person, **changes):
    fields = {"sought": office.case_number, "ground": "tym", "reason": REASON, **changes}
    return person.post("/statute", fields, page=person.get("/statute"))


def test_a_named_law_opens_its_cells_only_for_reading_and_for_a_time(office, reader):
    assert reader.client.get(f"/cases/{office.case}").status_code == 404
    form = text_of(reader.get("/statute"))
    assert "381/2023" in form
    assert "703/2023" not in form, "a ground that opens nothing to this organisation is not offered"
    assert name(office, reader).headers["Location"] == f"/cases/{office.case}"
    assert name(office, reader).status_code == 303
    assert len(office.rows(select(statute_access))) == 1, "the same again is the same"
    page = reader.get(f"/cases/{office.case}")
    assert "Luet tätä lain 381/2023 nojalla" in text_of(page)
    assert "maara 424242" in text_of(page)
    for hidden in CANARIES.values():
        assert hidden not in page.text, hidden
    assert f"/start?case={office.case}" not in page.text
    assert f"/cases/{office.case}/events" not in page.text, "nothing can be told to pathways that are not shown"
    for address in ("timeline", "decisions", "rights", "representatives"):
        assert reader.client.get(f"/cases/{office.case}/{address}").status_code == 404, address
    assert reader.client.get(f"/documents/{office.document}").status_code == 404
    assert office.anew("jaana.jarjesto").client.get(f"/cases/{office.case}").status_code == 404
    named, *read = [line for line in office.access_lines() if line.user_name == READER and line.action != "refused"]
    assert (named.action, named.ground, named.purpose) == ("statute", "statute", "statute:381/2023")
    assert (read[0].action, read[0].ground, set(read[0].data_groups)) == ("read", "statute:381/2023", {"etuus"})
    office.world.clock += timedelta(hours=9)
    assert office.anew(READER).client.get(f"/cases/{office.case}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sought": ""}, "Henkilötunnus tai asian numero"),
        ({"sought": "2019-99999"}, "ei löydy asiaa omalta alueeltasi"),
        ({"ground": "palvelu"}, "Laki"),
        ({"ground": ""}, "Laki"),
        ({"reason": "koska"}, "20–1000"),
    ],
)
def test_what_is_wrong_comes_back_and_opens_nothing(office, reader, wrong, said):
    before = len(office.rows(select(statute_access)))
    refused = name(office, reader, **wrong)
    assert refused.status_code == 422
    assert said in text_of(refused)
    assert len(office.rows(select(statute_access))) == before
    assert reader.client.get(f"/cases/{office.case}").status_code == 404


def test_in_another_area_and_to_other_work_there_is_nothing_to_name(office, reader):
    elsewhere = office.anew(f"{READER}.rovaniemi")
    assert name(office, elsewhere).status_code == 422
    assert office.anew("jaana.jarjesto").client.get("/statute").status_code == 403


def test_what_the_client_has_had_restricted_no_law_opens(office, reader):
    def restrict(uow):
        for group in DataGroup:
            key = new_key()
            uow.data_rights.add(
                key=key,
                client_key=uow.care.cases.get(office.case).client_key,
                case_key=office.case,
                controller_organisation_id="o_sote_keskus",
                kind=RequestKind.RESTRICTION,
                data_group=group,
                text="x",
                asked_by=None,
                by_worker=False,
                due_on=office.world.clock.date(),
                now=office.world.clock,
            )
            uow.data_rights.decide(key, status=RequestStatus.GRANTED, answer="x", by=None, now=office.world.clock)

    office.executor.run(restrict)
    before = len(office.rows(select(statute_access)))
    refused = name(office, reader)
    assert refused.status_code == 422
    assert "asiakkaan tietojen käyttöä on rajoitettu" in text_of(refused)
    assert len(office.rows(select(statute_access))) == before
