"""The first contact over the network as the files have it: P01 in Central Finland, P08 in Espoo."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from app.storage.database import Database
from app.storage.tables.care import care_case
from app.storage.tables.work import user_task
from tests.own_contact import NEWCOMER, TOLD
from tests.scenarios.world import World, token_of


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    path = tmp_path_factory.mktemp("contact") / "world.db"
    world = World(Database(f"sqlite:///{path}"), clock=datetime.fromisoformat("2026-03-02T09:00:00+02:00"))
    yield world
    world.executor.database.close()


def ask_for_a_call(world, code, municipality):
    """Identify oneself, choose the municipality, send the request; return the browser and the page that it comes to."""
    browser = world.app.test_client()
    place = urlsplit(browser.get("/oma/strong").headers["Location"])
    page = browser.get(f"{place.path}?{place.query}")
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    back = urlsplit(browser.post(place.path, data={**carried, "identity_code": code}).headers["Location"])
    assert browser.get(f"{back.path}?{back.query}").headers["Location"] == "/oma/contact"
    for address, fields in (("/oma/contact", {"municipality": municipality}), ("/oma/contact/form", TOLD)):
        answer = browser.post(address, data={"csrf_token": token_of(browser.get(address).text), **fields})
        assert answer.status_code == 303, answer.text
    return browser, browser.get("/oma").text


def waiting(world, area):
    with world.executor.database.engine.connect() as connection:
        return connection.execute(
            select(user_task, care_case.c.owner_role, care_case.c.owner_key)
            .join(care_case, care_case.c.key == user_task.c.case_key)
            .where(user_task.c.status == "open", care_case.c.area_id == area)
        ).all()


def test_a_call_is_asked_for_and_nothing_is_asked_twice(world):
    _, page = ask_for_a_call(world, NEWCOMER, "179")
    assert "Nyt: Sinulle soitetaan. Arvioimme, että se on tehty viimeistään 5.3.2026." in page
    [task] = waiting(world, "keski_suomi")
    assert (task.element_id, task.unit_id) == ("a1_soita", "u_keski_suomi_sote")
    world.work()
    [task] = waiting(world, "keski_suomi")
    assert task.owner_role == "r_palveluohjaaja"
    counsellor = world.person("r_palveluohjaaja")
    told = counsellor.get(f"/tasks/{task.key}").text
    assert "Yhteydenottopyyntö" in told
    assert "Aamupäivällä kello 8–12" in told
    # beside the form as it was written, and in the form where the worker would have asked
    assert told.count("Selkä ei kestä työtä.") == 2
    assert 'value="Uuno Uusi"' in told


def test_in_espoo_the_coordinator_calls(world):
    _, page = ask_for_a_call(world, "020190-901C", "049")
    assert "Sinuun otetaan yhteyttä" in page
    [task] = waiting(world, "espoo")
    assert (task.element_id, task.unit_id) == ("i2_ota_yhteys", "u_espoo_sote")


def test_the_request_is_taken_back_by_the_one_who_sent_it(world):
    browser, page = ask_for_a_call(world, "030190-9022", "743")
    world.work()
    [address] = re.findall(r'href="(/oma/tell/\d+)"[^>]*>[^<]*Haluan lopettaa', page)
    asked = browser.get(address).text
    assert browser.post(address, data={"csrf_token": token_of(asked)}).status_code == 303
    world.work()
    # X4: nobody calls any more, but somebody thinks of whether to worry before the case is closed
    [task] = waiting(world, "etela_pohjanmaa")
    assert task.element_id.startswith("x4_")
    assert "Sinulle soitetaan" not in browser.get("/oma").text
