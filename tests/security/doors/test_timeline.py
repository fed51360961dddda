"""The client's timeline through the pages: who sees which of the client's cases on it, and what the log says of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from app.domain.keys import new_key
from app.storage.tables.care import consent_grant
from tests.security.doors.office import CANARIES, CLOCK


@pytest.fixture
def others(office):
    """The client has an earlier case in the same area, and one in another."""

    def add(area_id):
        first = office.executor.read(lambda uow: uow.care.get_case(office.case))
        return office.executor.run(
            lambda uow: uow.care.cases.add(
                key=new_key(),
                client_key=office.client,
                area_id=area_id,
                controller_organisation_id=first.controller_organisation_id,
                unit_id=first.unit_id,
                owner_key=None,
                now=CLOCK - timedelta(days=90),
            )
        )

    here, elsewhere = add("keski_suomi"), add("rovaniemi")
    office.executor.run(lambda uow: uow.care.cases.close(here.key, outcome="PERUTTU", now=CLOCK - timedelta(days=60)))
    return here, elsewhere


def test_it_joins_the_cases_that_the_viewer_may_see_and_logs_each(office, others):
    here, elsewhere = others
    before = len(office.access_lines())
    page = office.people["kirsi.malli"].get(f"/cases/{office.case}/timeline").text
    assert CANARIES["name"] in page
    assert {office.case_number, here.number} <= set(page.replace("<", " ").replace("\n", " ").split())
    assert elsewhere.number not in page
    lines = office.access_lines()[before:]
    assert sorted(line.case_key for line in lines) == sorted([office.case, here.key])
    assert {line.action for line in lines} == {"read"}
    assert "perustiedot" in lines[0].data_groups
    # what happened, in words; and what waits
    assert "Asiakkaan aikajana" in page
    assert "Odotti" not in page, "somebody has had something to do every day"


def test_who_may_not_know_the_client_gets_neither_name_nor_other_cases(office, others):
    here, _ = others
    office.execute(
        insert(consent_grant).values(
            key=new_key(),
            case_key=office.case,
            consent_key=new_key(),
            organisation_id=office.executor.read(lambda uow: uow.accounts.actor_of("olli.demo")).organisation_id,
            data_group="suunnitelma",
            purpose="care",
            valid_from=CLOCK - timedelta(days=1),
            valid_until=CLOCK + timedelta(days=30),
        )
    )
    page = office.people["olli.demo"].get(f"/cases/{office.case}/timeline").text
    assert office.case_number in page
    assert here.number not in page
    assert not [text for text in CANARIES.values() if text in page]
    # employment services do not see the course of others' pathways (R-26): nothing is said of gaps
    assert "Aukkoja ei voi päätellä" in page
    assert "Mitä et näe" in page


def test_a_case_without_anybody_s_task_for_a_week_has_a_gap(office):
    office.execute("UPDATE user_task SET status = 'completed', ended_at = created_at")
    office.world.clock = CLOCK + timedelta(days=20)
    page = office.anew("kirsi.malli").get(f"/cases/{office.case}/timeline").text
    assert "3.3.2026–22.3.2026" in page
    assert "Odotti yhteensä 20 päivää" in page
    assert "k-lane__gap" in page
