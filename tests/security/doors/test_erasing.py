"""Erasing by retention through the pages: a whole installation with its migrations, its triggers and its seal (S45)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.commands.cancel_instance import cancel_instance
from app.commands.seal_audit import seal_audit, verify_audit
from app.domain.actor import Actor
from app.storage.tables import metadata
from app.storage.tables.care import care_case
from app.storage.tables.people import access_log, audit
from workers.nightly import Nightly

SECRET = b"a" * 32
ADMIN = Actor(user_key=1, name="p", roles=frozenset({"r_yllapitaja"}))


@pytest.fixture
def officer(office):
    return office.anew("terhi.tietosuoja")


def end(office):
    """Let everything of the case end, and eleven years pass."""
    for instance in office.rows(select(metadata.tables["process_instance"].c.key)):
        office.executor.run(
            cancel_instance, instance_key=instance.key, actor=ADMIN, reason="koe", now=office.world.clock
        )
    office.execute(
        update(care_case)
        .where(care_case.c.key == office.case)
        .values(status="closed", closed_at=office.world.clock, outcome="TARVE_PAATTYNYT")
    )
    office.world.clock += timedelta(days=11 * 366)


def night(office):
    office.world.clock += timedelta(days=1)
    Nightly(office.executor, SECRET)(office.world.clock)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_a_case_is_proposed_confirmed_and_gone_from_every_table_while_the_logs_stay_whole(office):
    end(office)
    night(office)
    officer, admin = office.anew("terhi.tietosuoja"), office.anew("paavo.paakayttaja")
    page = officer.get("/retention")
    assert office.case_number in page.text
    assert "10 vuotta" in text_of(page)
    # who runs the system sees how much it is, and no case
    assert office.case_number not in admin.get("/retention").text
    keys = re.findall(r'name="proposal" value="(\d+)"', page.text)
    assert len(keys) == 2
    kept = officer.post("/retention", {"proposal": keys, "choice": "keep", "reason": ""}, page=page)
    assert kept.status_code == 422
    assert "Valitse, miksi tiedot säilytetään." in kept.text
    assert kept.text.count(" checked") == 2
    none = officer.post("/retention", {"choice": "confirm"}, page=page)
    assert none.status_code == 422
    assert officer.post("/retention", {"proposal": keys, "choice": "confirm"}, page=page).status_code == 303
    assert officer.post("/retention", {"proposal": keys, "choice": "confirm"}, page=page).status_code == 409
    office.executor.run(seal_audit, secret=SECRET)
    night(office)
    instances = {office.instance, office.probe_instance}
    for table in metadata.sorted_tables:
        if table not in (audit, access_log):
            for row in office.rows(select(table)):
                assert not set(map(str, (office.case, *instances))) & set(map(str, row)), table.name
    office.executor.run(seal_audit, secret=SECRET)
    assert office.executor.run(verify_audit, secret=SECRET) == {"audit": (), "access_log": ()}
    after = text_of(office.anew("terhi.tietosuoja").get("/retention"))
    assert "Terhi" in after
    assert "Minkään säilytysaika ei ole päättynyt." in after
    assert office.case_number not in after


def test_a_confirmation_is_taken_back_before_the_night(office):
    end(office)
    night(office)
    officer = office.anew("terhi.tietosuoja")
    page = officer.get("/retention")
    keys = re.findall(r'name="proposal" value="(\d+)"', page.text)
    officer.post("/retention", {"proposal": keys, "choice": "confirm"}, page=page)
    assert "Hävitetään seuraavana yönä" in text_of(officer.get("/retention"))
    officer.post("/retention", {"proposal": keys, "choice": "reconsider"}, page=page)
    night(office)
    assert office.rows(select(care_case.c.key).where(care_case.c.key == office.case))


def test_nothing_else_may_be_chosen(office, officer):
    page = officer.get("/retention")
    answer = officer.post("/retention", {"proposal": ["1", "x", "9" * 40], "choice": "erase"}, page=page)
    assert answer.status_code == 422
    assert officer.post("/retention", {"proposal": ["1", "x"], "choice": "confirm"}, page=page).status_code == 409
