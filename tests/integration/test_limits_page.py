"""The page of the time limits through its door: what is shown, saved, refused, and to whom."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from app.storage.database import Database
from tests.scenarios.world import World


@pytest.fixture
def world(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'world.db'}")
    yield World(database, clock=datetime.fromisoformat("2026-03-02T09:00:00+02:00"))
    database.close()


def test_a_limit_is_changed_on_its_page_and_what_is_wrong_comes_back(world):
    owner = world.person("r_prosessinomistaja")
    assert "viite" in owner.get("/limits").text
    page = owner.get("/limits/t_tiimi")
    fields = {"area": "", "was": "P30D", "value": "kuukausi"}
    refused = owner.post("/limits/t_tiimi", fields, page=page)
    assert refused.status_code == 422
    assert 'value="kuukausi"' in refused.text
    assert "Kirjoita kesto muodossa P14D" in refused.text
    assert owner.post("/limits/t_tiimi", {**fields, "value": "P21D"}, page=page).status_code == 303
    row = re.search(r"t_tiimi</code>.*?</tr>", owner.get("/limits").text, re.DOTALL)
    assert row
    assert "P21D" in row[0]
    assert "Toimitettu arvo" not in row[0]
    late = owner.post("/limits/t_tiimi", {**fields, "value": "P22D"}, page=page)
    assert late.status_code == 409
    assert 'value="P22D"' in late.text


def test_an_area_s_page_keeps_to_the_area(world):
    owner = world.person("r_prosessinomistaja")
    page = owner.get("/limits/kesatauko?area=espoo")
    answer = owner.post("/limits/kesatauko", {"area": "espoo", "was": "26-31", "value": "27-30"}, page=page)
    assert answer.headers["Location"].endswith("/limits?area=espoo")
    assert "27-30" in owner.get("/limits?area=espoo").text
    assert "27-30" not in owner.get("/limits").text
    assert owner.client.get("/limits/t_nobody").status_code == 404
    assert owner.client.get("/limits?area=nowhere").status_code == 404


def test_the_nightly_report_has_its_page(world):
    assert "Cases that stand still" in world.person("r_yllapitaja").get("/monitor/open-cases").text


@pytest.mark.parametrize("address", ["/limits", "/limits/t_tiimi", "/monitor/open-cases"])
def test_who_may_not_is_refused(world, address):
    assert world.person("r_palveluohjaaja").client.get(address).status_code == 403


def test_a_setting_of_an_area_is_changed_on_its_page_and_shows_its_history(world):
    owner = world.person("r_prosessinomistaja")
    assert "alue.tiimimalli" not in owner.get("/limits").text
    assert "alue.tiimimalli" in owner.get("/limits?area=espoo").text
    page = owner.get("/limits/alue.tiimimalli?area=espoo")
    assert '<option value="ESPOO" selected>' in page.text
    fields = {"area": "espoo", "was": "ESPOO", "value": "MUU"}
    refused = owner.post("/limits/alue.tiimimalli", fields, page=page)
    assert refused.status_code == 422
    assert "Valitse yksi vaihtoehdoista" in refused.text
    assert owner.post("/limits/alue.tiimimalli", {**fields, "value": "YLEINEN"}, page=page).status_code == 303
    history = owner.get("/limits/alue.tiimimalli?area=espoo").text
    assert "Muutokset" in history
    assert "<code>ESPOO</code>" in history
