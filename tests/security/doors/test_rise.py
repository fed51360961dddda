"""R-25: that a client has to do with the Prison and Probation Service is for few; of the offence nothing is asked."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.sharing import DataGroup
from app.storage.tables.care import care_case
from tests.factories import AREA
from tests.security.doors.test_masking import consent

TELLING = ("Rikosseuraamus", "Brottspåföljds", "Prison")


def comes_from_rise(office):
    """The client of the office came from there, is on its pathway, and has let it see something."""
    office.execute(update(care_case).values(source="RISE"))
    consent(office, "o_rise", "perustiedot")
    consent(office, "o_jarjesto", *DataGroup)
    consent(office, "o_tyollisyys", *DataGroup)
    office.executor.run(
        start_instance,
        process_id="tyky_rise",
        actor=SYSTEM,
        case_key=office.case,
        area_id=AREA,
        now=office.world.clock,
    )


@pytest.mark.parametrize("person", ["olli.demo", "jaana.jarjesto"])
def test_others_than_social_and_health_care_do_not_learn_of_it(office, person):
    comes_from_rise(office)
    page = office.people[person].get(f"/cases/{office.case}").text
    assert not [word for word in TELLING if word in page]


def test_those_who_prepare_the_release_know(office):
    comes_from_rise(office)
    page = office.people["kirsi.malli"].get(f"/cases/{office.case}").text
    assert "Ohjaus Rikosseuraamuslaitoksesta" in page
