"""R-05: on what grounds client data is processed is told to anybody, with the exchange of TYM apart."""

from __future__ import annotations

import re

import pytest

from app.cli import read_reference
from app.commands.load_reference import load_reference
from app.settings import Settings
from app.storage.database import Database
from app.storage.tables import metadata
from app.web import create_app
from tests.factories import make_place
from tests.scenarios.world import PROCESSES
from tests.web import Visitor


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grounds")
    database = Database(f"sqlite:///{folder / 'grounds.db'}")
    metadata.create_all(database.engine)
    place = make_place(database)
    wanted = {"processing_ground", "organisation", "unit", "role"}
    place.run(load_reference, files=[file for file in read_reference(PROCESSES) if file["kind"] in wanted])
    settings = Settings.load({}, data_folder=folder, public_url="http://localhost")
    yield Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    database.close()


def parts(visitor):
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", visitor.get("/data-protection").text))
    return page.partition("Tietojenvaihto, josta laki säätää erikseen")


def test_each_purpose_names_its_ground_and_tym_stands_apart(visitor):
    purposes, _, exchange = parts(visitor)
    assert "703/2023" in purposes
    assert "6(1)(c), 6(1)(e), 9(2)(b), 9(2)(h)" in purposes
    assert "381/2023" not in purposes
    assert "381/2023" in exchange
    assert "Asiakkaan suostumus poistaa salassapidon" in purposes


def test_who_can_see_what_is_what_the_rules_say(visitor):
    _, _, rest = parts(visitor)
    health = rest.partition("Kuka voi nähdä mitäkin")[2].partition(" Terveys ")[2].partition("Toimintakyvyn kooste")[0]
    assert "Sote-keskus" in health
    by_consent = health.partition("Luvallasi")[2].partition("Lain perusteella")[0]
    assert "Työllisyyspalvelut" not in health
    assert "Työterveyshuolto" in by_consent


@pytest.mark.parametrize(("language", "said"), [("sv", "Ändamål"), ("en", "Purposes")])
def test_it_speaks_the_reader_s_language(visitor, language, said):
    visitor.post("/preferences", {"language": language, "next": "/data-protection"})
    page = visitor.get("/data-protection").text
    visitor.post("/preferences", {"language": "fi", "next": "/data-protection"})
    assert said in page
    assert "Tarkoitukset" not in page
