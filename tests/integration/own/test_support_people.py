"""A support person is written down with consent, stands beside letters and times, and the client can take it back."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from sqlalchemy import select

from app.storage.tables.clients_door import support_person
from app.storage.tables.work import user_task
from tests.own_door import kept_own_door
from tests.web import Visitor

MOTHER = {
    "name": "Kaisa Koetus",
    "relation": "äiti",
    "phone": "040 1234567",
    "email": "",
    "told": ["times", "plan"],
    "consented_on": "2.3.2026",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with kept_own_door(tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture
def door(made):
    made.put_back()
    return made


def staff(door, name="counsellor"):
    visitor = Visitor(door.app)
    visitor.sign_in(name)
    return visitor


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def record(door, **changes):
    worker, address = staff(door), f"/cases/{door.cases['matti']}/support"
    return worker, address, worker.post(address, {**MOTHER, **changes})


def support_of(door):
    return door.place.executor.read(lambda uow: uow.support_people.of_client(door.clients["matti"]))


def test_she_stands_on_the_case_and_in_the_client_s_door_and_copy_and_the_client_ends_it(door):
    worker, address, answer = record(door)
    assert answer.status_code == 303
    case = text_of(worker.get(f"/cases/{door.cases['matti']}"))
    assert "Kaisa Koetus (äiti) 040 1234567 Saa kertoa: ajat ja paikat, suunnitelma" in case
    assert address in worker.get(f"/cases/{door.cases['matti']}").text
    other = staff(door, "employment")
    assert other.get(address).status_code == 404
    matti = door.come_in("matti")
    own = matti.get("/oma/permissions")
    assert "Kaisa Koetus (äiti)" in text_of(own)
    with zipfile.ZipFile(io.BytesIO(matti.get("/oma/rights/copy.zip").data)) as archive:
        [kept] = json.loads(archive.read("tiedot.json"))["support_people"]
    assert (kept["name"], kept["told"], kept["consented_on"]) == ("Kaisa Koetus", ["plan", "times"], "2026-03-02")
    assert matti.get("/oma/rights/letter.pdf").status_code == 200
    key = re.search(r'name="person" value="(\d+)"', own.text)[1]
    for _ in range(2):
        assert matti.post("/oma/permissions/support/end", {"person": key}).status_code == 303
    assert "Kaisa Koetus" not in text_of(worker.get(f"/cases/{door.cases['matti']}"))
    assert "Päättynyt" in text_of(worker.get(address)), "the record says that it was"
    assert [action for action in door.audit_actions() if action.startswith("support")] == [
        "support_recorded",
        "support_ended",
    ]


def test_she_stands_beside_the_task_and_the_worker_ends_it_on_the_client_s_word(door):
    worker, address, _ = record(door, told=[])
    matti = door.come_in("matti")
    matti.send_form(f"/oma/tasks/{door.task('matti')}", {"vointi": "Hyvin", "action": "complete"})
    with door.place.executor.database.engine.connect() as connection:
        task = connection.scalar(
            select(user_task.c.key).where(user_task.c.case_key == door.cases["matti"], user_task.c.status == "open")
        )
    assert "Kaisa Koetus (äiti) 040 1234567 Tulee mukaan. Muuta ei saa kertoa." in text_of(worker.get(f"/tasks/{task}"))
    [person] = support_of(door)
    assert worker.post(f"{address}/end", {"person": str(person.key)}).status_code == 303
    assert not support_of(door)[0].is_live


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "Tukihenkilön nimi"),
        ({"relation": ""}, "Suhde asiakkaaseen"),
        ({"phone": "", "email": ""}, "Puhelin"),
        ({"consented_on": "1.1.2031"}, "Se ei voi olla tulevaisuudessa."),
        ({"consented_on": "eilen"}, "Kirjoita päivä, jona asiakas antoi luvan."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(door, wrong, said):
    _, _, answer = record(door, **wrong)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'value="äiti"' in answer.text or "relation" in wrong
    assert support_of(door) == []


def test_of_somebody_else_s_support_nothing_is_ended_and_no_name_stands_in_the_row(door):
    record(door)
    [person] = support_of(door)
    maija = door.come_in("maija")
    assert maija.post("/oma/permissions/support/end", {"person": str(person.key)}).status_code == 303
    assert support_of(door)[0].is_live
    with door.place.executor.database.engine.connect() as connection:
        [row] = connection.execute(select(support_person))
    assert b"Kaisa" not in row.details
