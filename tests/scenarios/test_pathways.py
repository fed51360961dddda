"""Whole pathways through pages, database, workers and the injected clock: the stories of domain.md 7.1 and kin."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from app.domain.durations import parse_duration
from app.storage.database import Database
from tests.scenarios.world import PROCESSES, World

#: the calls at 25, 35 and 55; every end of self-care; the health examination with laboratory, no-show and doctor
STORIES = [
    "tyky_ajanvaraus/matti_25",
    "tyky_ajanvaraus/matti_35",
    "tyky_ajanvaraus/matti_55",
    "tyky_ajanvaraus/matti_24",
    "tyky_ajanvaraus/kiireellinen",
    "tyky_ajanvaraus/ei_tavoitettu",
    "tyky_ajanvaraus/poisjaanti_uusi_aika",
    "tyky_ajanvaraus/kieltaytyy",
    "tyky_ajanvaraus/asiakas_peruu",
    "tyky_ajanvaraus/jalkautuva",
    "tyky_ajanvaraus/ei_toimenpidetta",
    "tyky_omahoito/omahoidossa",
    "tyky_omahoito/osin_sitten_hyvin",
    "tyky_omahoito/kutsuttuna_omahoidossa",
    "tyky_omahoito/ei_suju",
    "tyky_omahoito/haluan_tukea",
    "tyky_omahoito/ei_vastausta_soita",
    "tyky_omahoito/rivi_t10",
    "tyky_terveystarkastus/laboratorio_ja_laakari",
    "tyky_terveystarkastus/poisjaanti_uusi_aika",
    "tyky_terveystarkastus/lausunto",
    "tyky_terveystarkastus/ilman_laakaria",
    "tyky_terveystarkastus/jatko_ei_tarpeen",
    "tyky_suostumus/annettu",
    "tyky_alkupalvelu/lupa_jo_olemassa",
    "tyky_lokipyynto/aino_saa_lokin",
    "tyky_tiimi_ydin/kokous_ja_suunnitelma",
    "tyky_vaihetuki/tertiaari_avaa_aiemmat",
    "tyky_seuranta/seurannat",
]


def duration_of(step):
    text = step.get("after")
    return parse_duration(text) if text else None


@pytest.mark.parametrize("story", STORIES)
def test_the_story_comes_true_through_pages_and_workers(story, tmp_path):
    process_id, name = story.split("/")
    scenario = json.loads((PROCESSES / process_id / "scenarios" / f"{name}.json").read_text())
    database = Database(f"sqlite:///{tmp_path / 'world.db'}")
    world = World(database, clock=datetime.fromisoformat(scenario["clock"]))
    world.start(scenario)
    for step in scenario["steps"]:
        if "task" in step:
            world.complete(step["task"], step["by"], step["answers"])
        elif "timer" in step:
            world.pass_time(step["timer"], duration_of(step))
        elif step.get("careEvent"):
            world.tell("Asiakas peruu", "r_palveluohjaaja")
        else:
            world.send(step["message"], step.get("variables", {}))
    expected, done = scenario["expect"], iter(world.history())
    assert all(element in done for element in expected.get("path", [])), world.history()
    if "end" in expected:
        assert world.status() == "completed", (world.open_tasks(), world.open_timers())
        assert expected["end"] in world.history()
        state, outcome = world.case_state()
        # the alarm of a call has started the whole path, which then keeps the case open
        assert state == ("closed" if expected["outcome"] and not world.goes_on_elsewhere() else "open")
        # what a pathway has said stands in a case that another of its pathways keeps open
        assert expected["outcome"] in (None, outcome)
    else:
        assert world.status() == "active"
    for key, value in expected.get("variables", {}).items():
        assert world.variables()[key] == value
    if "sum" in expected:
        assert world.variables()["indikaattorisumma"] == expected["sum"]
    incidents = world.executor.read(lambda uow: uow.monitor.incidents(instance_key=world.instance))
    assert incidents == []
    database.close()


def test_a_call_is_started_from_the_page_and_becomes_a_case(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'world.db'}")
    world = World(database, clock=datetime.fromisoformat("2026-03-02T09:00:00+02:00"))
    address = world.start_by_hand("r_ajanvaraaja", "tyky_ajanvaraus", "a0_yhteydenotto")
    assert address.startswith("/tasks/")
    scenario = json.loads((PROCESSES / "tyky_ajanvaraus/scenarios/matti_35.json").read_text())
    first = scenario["steps"][0]
    world.complete(first["task"], first["by"], first["answers"])
    case = world.person("r_ajanvaraaja").get(f"/cases/{world.case_key()}").text
    assert "Matti Esimerkki" in case
    database.close()
