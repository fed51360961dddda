"""A case that has ended, through pages: its outcome in words, nothing new in it, a new case for a new contact."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

from app.storage.database import Database
from tests.scenarios.world import PROCESSES, World, hidden


def played(tmp_path, story):
    """Return the world after the story, and the story."""
    process_id, name = story.split("/")
    scenario = json.loads((PROCESSES / process_id / "scenarios" / f"{name}.json").read_text())
    world = World(Database(f"sqlite:///{tmp_path / 'world.db'}"), clock=datetime.fromisoformat(scenario["clock"]))
    world.start(scenario)
    for step in scenario["steps"]:
        world.complete(step["task"], step["by"], step["answers"])
    return world, scenario


@pytest.fixture
def declined(tmp_path):
    """Matti has been asked and wants no guidance: P01 has ended with EI_TARVETTA."""
    world, scenario = played(tmp_path, "tyky_ajanvaraus/kieltaytyy")
    yield world, scenario
    world.executor.database.close()


def test_the_case_page_says_how_it_ended_in_three_languages(declined):
    world, _ = declined
    person = world.person("r_palveluohjaaja")
    address = f"/cases/{world.case_key()}"
    assert "Päättynyt 2.3.2026: Ei tarvetta" in person.get(address).text
    for language, words in (("sv", "Inget behov"), ("en", "No need")):
        page = person.get(address)
        answer = person.post("/preferences", {"language": language, "next": address}, page=page)
        assert answer.status_code == 303
        assert words in person.get(address).text


def test_nothing_can_be_started_in_it_not_even_from_a_page_that_was_open_before(declined):
    world, _ = declined
    person = world.person("r_palveluohjaaja")
    case_key = world.case_key()
    page = person.get(f"/cases/{case_key}")
    # but the request of one's own log: that right does not end with the care
    offered = person.get(f"/start?case={case_key}").text
    assert set(re.findall(r'action="/start/(\w+)', offered)) == {"tyky_lokipyynto"}
    for answer in (
        person.client.get(f"/start/tyky_omahoito?case={case_key}"),
        person.client.post(
            f"/start/tyky_omahoito?case={case_key}", data={"csrf_token": hidden(page.text, "csrf_token")}
        ),
    ):
        assert answer.status_code == 409
        assert "Asia on päättynyt" in answer.text
        assert "sille avataan uusi asia" in answer.text


def test_a_new_contact_of_the_same_client_opens_a_new_case(declined):
    world, scenario = declined
    old = world.case_key()
    world.clock += timedelta(days=40)
    world.start(scenario)
    first = scenario["steps"][0]
    world.complete(first["task"], first["by"], first["answers"])
    assert world.case_key() != old
    cases = world.executor.read(lambda uow: uow.care.cases.of_client(uow.care.cases.get(old).client_key))
    assert [(case.number, case.is_open) for case in cases] == [("2026-00002", True), ("2026-00001", False)]


def test_a_case_that_is_open_is_joined_by_the_next_contact(tmp_path):
    world, scenario = played(tmp_path, "tyky_ajanvaraus/ei_toimenpidetta")
    closed = world.case_key()
    world.start(scenario)
    world.complete("a1_yhteydenotto", "r_ajanvaraaja", scenario["steps"][0]["answers"])
    opened = world.case_key()
    assert opened != closed
    world.start(scenario)
    world.complete("a1_yhteydenotto", "r_ajanvaraaja", scenario["steps"][0]["answers"])
    assert world.case_key() == opened
    world.executor.database.close()
