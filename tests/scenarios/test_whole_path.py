"""From the first contact into the whole path (P00), through pages, messages and workers."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import select

from app.domain.durations import parse_duration
from app.storage.database import Database
from app.storage.tables.instances import process_instance
from tests.scenarios.world import PROCESSES, World


def test_an_alarm_begins_the_whole_path_in_the_same_case_and_only_once(tmp_path):
    """The no-show brings a second alarm: the client's P00 that runs already is joined, not doubled."""
    scenario = json.loads((PROCESSES / "tyky_ajanvaraus/scenarios/poisjaanti_uusi_aika.json").read_text())
    database = Database(f"sqlite:///{tmp_path / 'world.db'}")
    world = World(database, clock=datetime.fromisoformat(scenario["clock"]))
    world.start(scenario)
    for step in scenario["steps"]:
        if "task" in step:
            world.complete(step["task"], step["by"], step["answers"])
        elif "timer" in step:
            world.pass_time(step["timer"], parse_duration(step["after"]) if "after" in step else None)
        else:
            world.send(step["message"], step.get("variables", {}))
    assert scenario["expect"]["messages"] == ["halytys", "halytys"]
    case_key = world.case_key()
    with database.engine.connect() as connection:
        [begun] = connection.execute(
            select(process_instance.c.key, process_instance.c.case_key).where(
                process_instance.c.process_id == "tyky_palvelukokonaisuus"
            )
        ).all()
    assert begun.case_key == case_key
    world.instance = begun.key
    assert {"b2_taustatiedot", "b2_ennakko"} <= world.open_tasks().keys()
    assert world.history()[:4] == ["s0_halytys", "s0_alku", "s0_onko_asiaa", "s0_omistaja"]
    assert "Haastattele" in world.person("r_palveluohjaaja").get(f"/cases/{case_key}").text
    database.close()
