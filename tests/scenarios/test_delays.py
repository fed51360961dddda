"""Rule X2 through pages and workers: a step left undone comes back to its group and to the supervisor's eyes."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest

from app.storage.database import Database
from tests.scenarios.world import PROCESSES, World


@pytest.fixture
def world(tmp_path):
    """A call has been answered; the counselling nurse's next step has been left undone for a week."""
    scenario = json.loads((PROCESSES / "tyky_ajanvaraus/scenarios/muistutus_ja_eskalaatio.json").read_text())
    database = Database(f"sqlite:///{tmp_path / 'world.db'}")
    world = World(database, clock=datetime.fromisoformat(scenario["clock"]))
    world.start(scenario)
    world.complete("a1_yhteydenotto", "r_ajanvaraaja", scenario["steps"][0]["answers"])
    yield world
    database.close()


def test_the_supervisor_sees_number_and_step_of_what_is_late_and_nothing_of_the_client(world):
    person = world.person("r_ajanvaraaja")
    task = world.open_tasks()["a3_indikaattorit"]
    answer = person.post(f"/tasks/{task}/take", {}, page=person.get("/worklist?tab=groups"))
    assert answer.status_code == 303
    supervisor = world.person("r_esihenkilo")
    assert "Yksikössäsi ei ole viivästyneitä tehtäviä" in supervisor.get("/worklist?tab=delayed").text
    world.pass_time("a3_indikaattorit_muistutusaika", None)
    world.pass_time("a3_indikaattorit_eskalaatioaika", None)
    supervisor = world.person("r_esihenkilo")
    page = supervisor.get("/worklist?tab=delayed").text
    number = world.person("r_ajanvaraaja").get("/worklist?tab=groups").text
    [case_number] = set(re.findall(r"\b2026-\d{5}\b", number))
    assert case_number in page
    assert "Viivästynyt 9.3.2026" in page
    assert "Matti" not in page
    assert f'href="/tasks/{task}"' not in page
    assert supervisor.client.get(f"/tasks/{task}").status_code == 404
    # free again for the whole group, and said to be late
    assert f"/tasks/{task}/take" in number
    assert "Viivästynyt 9.3.2026" in number
    for role in ("r_esihenkilo", "r_ajanvaraaja"):
        assert world.person(role).get("/worklist?tab=delayed&sort=-priority&text=indikaattori&group=r_ajanvaraaja")


def test_others_get_their_own_list_where_the_supervisor_gets_the_delays(world):
    page = world.person("r_palveluohjaaja").get("/worklist?tab=delayed").text
    assert "Viivästyneet" not in page
    assert "Viivästyneet" in world.person("r_esihenkilo").get("/worklist").text
