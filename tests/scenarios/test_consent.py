"""A consent through pages and workers: what it opens, and that nothing is open any more when it is taken back."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from sqlalchemy import select

from app.storage.database import Database
from app.storage.tables.people import access_log
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


PLAN = [
    {
        "toimenpide": "Valmentava koulutus",
        "palvelu": "sv_valmentava_koulutus",
        "vastuuhenkilo": "olli.demo",
        "vastuuorg": "o_tyollisyys",
        "alkaa": "2026-04-01",
        "toistaiseksi": False,
        "valmis_viimeistaan": "2026-06-30",
        "rinnakkain": True,
    },
    {
        "toimenpide": "Traumaterapia",
        "palvelu": "sv_psykiatria",
        "vastuuorg": "o_erikoissairaanhoito",
        "alkaa": "2026-03-01",
        "toistaiseksi": True,
        "tarkistus_pvm": "2026-09-01",
        "rinnakkain": True,
    },
]


def test_the_case_page_shows_records_as_far_as_the_viewer_may_see_them_and_says_what_is_hidden_and_why(world):
    key = world.open_case(
        {
            "client": {"birth_date": "1985-05-14"},
            "coordinator": "sari.testinen",
            "deputy": "olli.demo",
            "consent": {
                "osapuolet": ["o_tyollisyys", "o_jarjesto"],
                "tietoryhmat": ["perustiedot", "suunnitelma"],
                "rajaukset": "Ei puhuta äidille",
            },
            "plan": PLAN,
            "measures": [{"kerta": "alku", "pvm": "2026-03-05", "tyokyky_0_10": 4, "mieli": 3.5}],
        }
    )
    owner = world.person("r_palveluohjaaja").get(f"/cases/{key}").text
    for shown in ("Sari Testinen", "Olli Demo", "Valmentava koulutus", "Traumaterapia", "Ei puhuta äidille"):
        assert shown in owner, shown
    employment = world.person("r_asiakasvastaava_te").get(f"/cases/{key}").text
    assert "Valmentava koulutus" in employment
    # psychiatry is care or rehabilitation to others, under no name of its own
    assert "Hoito tai kuntoutus" in employment
    for hidden in ("Traumaterapia", "sykiatria", "Ei puhuta äidille", "3,5"):
        assert hidden not in employment, hidden
    assert "Kykyviisari: asialla on tietoja, joita et näe. Asiakkaan voimassa oleva suostumus puuttuu." in employment
    # an NGO reads its own actions and nobody else's; it has none
    ngo = world.person("r_jarjesto").get(f"/cases/{key}").text
    assert "Näet vain oman organisaatiosi toimenpiteet." in ngo
    assert "Valmentava koulutus" not in ngo
    lines = world.executor.read(lambda uow: uow.connection.execute(select(access_log)).all())
    read = {line.user_name: line.data_groups for line in lines if line.action == "read"}
    assert set(read["olli.demo"]) == {"perustiedot", "suunnitelma"}


def test_two_open_cases_that_may_be_of_one_client_point_at_each_other(world):
    born = {"client": {"birth_date": "1985-05-14"}}
    first, second = world.open_case(born), world.open_case(born)
    stranger = world.open_case({"client": {"birth_date": "1985-05-14", "name": "Maija Koe"}})
    owner = world.person("r_palveluohjaaja")
    page = owner.get(f"/cases/{first}").text
    assert f'href="/cases/{second}"' in page
    assert f'href="/cases/{stranger}"' not in page
    assert "Voi olla sama asiakas" not in owner.get(f"/cases/{stranger}").text
