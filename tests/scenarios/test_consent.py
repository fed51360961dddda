"""A consent through pages and workers: what it opens, and that nothing is open any more when it is taken back."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from app.storage.database import Database
from tests.scenarios.world import PROCESSES, World, form_fields

PROCESS = "tyky_suostumuksen_voimassaolo"


@pytest.fixture
def world(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'world.db'}")
    yield World(database, clock=datetime.fromisoformat("2026-03-10T09:00:00+02:00"))
    database.close()


def test_the_worker_at_kela_loses_the_case_with_the_form_itself(world):
    scenario = json.loads((PROCESSES / PROCESS / "scenarios" / "perutaan_yksi_taho.json").read_text())
    scenario["case"]["plan"] = [
        {
            "toimenpide": "Kuntoutusselvitys",
            "tavoite_viite": "Työ",
            "palvelu": "sv_kuntoutus_ammatillinen",
            "vastuuhenkilo": "kaisa.koe",
            "vastuuorg": "o_kela",
            "alkaa": "2026-04-01",
            "toistaiseksi": True,
            "tarkistus_pvm": "2026-09-01",
            "rinnakkain": True,
        }
    ]
    world.start(scenario)
    case = f"/cases/{world.case_key()}"
    kela, social = world.person("r_kela_ratkaisu"), world.person("r_sosiaalityontekija")
    assert "Matti Esimerkki" in kela.get(case).text
    world.tell("Haluan perua", "r_palveluohjaaja")
    task = world.open_tasks()["z8_peru"]
    owner = world.person("r_palveluohjaaja")
    page = owner.get(f"/tasks/{task}")
    sent = owner.post(f"/tasks/{task}", form_fields({"laajuus": "tahot", "tahot": ["o_kela"]}), page=page)
    assert sent.status_code == 303
    # no worker has run: the form itself has cut the grants
    refused = kela.client.get(case)
    assert refused.status_code == 404
    assert "Matti Esimerkki" not in refused.text
    assert "Matti Esimerkki" in social.get(case).text
    world.work()
    mails = world.executor.read(lambda uow: uow.care.outbox.newest())
    told = {mail.recipient for mail in mails if mail.notification == "n_suostumus_peruttu"}
    assert told == {"kaisa.koe@demo.invalid", "kirsi.malli@demo.invalid"}
