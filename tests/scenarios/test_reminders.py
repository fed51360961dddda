"""A worker's reminder at a case, and a request to a colleague: in the worklist with its day, its text nowhere else."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from sqlalchemy import select

from app.storage.database import Database
from app.storage.tables.instances import process_instance
from app.storage.tables.work import user_task
from tests.scenarios.world import PROCESSES, World

NOTED = {"muistettava_asia": "Soita Kelaan kuntoutusrahasta.", "muistettavan_erapaiva": "2026-03-17"}


@pytest.fixture
def world(tmp_path):
    """A case, with somebody responsible for it, at which a worker notes something."""
    scenario = json.loads((PROCESSES / "tyky_muistettava/scenarios/soitto_kelaan.json").read_text())
    database = Database(f"sqlite:///{tmp_path / 'world.db'}")
    world = World(database, clock=datetime.fromisoformat(scenario["clock"]))
    world.start(scenario)
    yield world
    database.close()


def holder(world):
    with world.executor.database.engine.connect() as connection:
        return connection.scalar(select(user_task.c.assignee).where(user_task.c.key == world.open_tasks()["m3_tee"]))


def test_a_colleague_who_is_asked_has_it_in_the_worklist_with_its_day_and_is_told(world):
    world.complete("m2_kirjaa", "r_palveluohjaaja", NOTED | {"muistettavan_tekija": "tero.terveydenhoitaja"})
    assert holder(world) == world.people()["tero.terveydenhoitaja"]
    asked = world.person("r_terveydenhoitaja")
    page = asked.get("/worklist").text
    assert "Tee muistettava" in page
    assert "17.3." in page
    assert "Tee muistettava" in asked.get("/notices").text
    assert "Soita Kelaan" in asked.get(f"/tasks/{world.open_tasks()['m3_tee']}").text
    for place in ("/worklist", "/notices"):
        assert "Soita Kelaan" not in asked.get(place).text
    assert "Kelaan" not in str(world.variables())
    with world.executor.database.engine.connect() as connection:
        assert b"Kelaan" not in connection.scalar(select(process_instance.c.state))
    world.complete("m3_tee", "r_terveydenhoitaja", {})
    assert world.status() == "completed"
    # the care of the case goes on as if nothing had been noted
    assert world.case_state()[0] == "open"


def test_with_nobody_chosen_it_is_for_who_answers_for_the_case(world):
    world.complete("m2_kirjaa", "r_palveluohjaaja", NOTED)
    assert holder(world) == world.people()["kirsi.malli"]
