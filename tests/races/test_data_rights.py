"""Requests about data at the same moment: one request, one answer, one end of a restriction, one correction."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from app.commands.correct_data import correct_answer, correct_identity, note_death
from app.commands.data_requests import Asked, answer_data_request, ask_about_data, lift_restriction
from app.domain.answers import RecordAnswer
from app.domain.forms import RecordKind, RecordTarget
from app.domain.sharing import DataGroup
from app.engine.forms import Around, read_form
from app.storage.tables.rights import correction, data_request
from tests.factories import make_place
from tests.own_door import FORM
from tests.races.test_commands import open_case, race

ASKED = Asked(kind="restriction", data_group="terveys", text="Tieto on kiistanalainen.")


@pytest.fixture
def place(database):
    return make_place(database)


def count(place, table):
    with place.executor.database.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def twice(place, command, **values):
    return race(*[lambda: place.run(command, **values)] * 2)


def test_each_happens_once(place):
    officer, worker = place.people["officer"], place.people["counsellor"]
    case_key = open_case(place)
    assert twice(place, ask_about_data, asked=ASKED, case_key=case_key, actor=worker) == ["done", "done"]
    assert count(place, data_request) == 1
    with place.executor.database.engine.connect() as connection:
        key = connection.scalar(select(data_request.c.key))
    answer = {"key": key, "status": "granted", "answer": "Rajoitettu.", "actor": officer}
    assert twice(place, answer_data_request, **answer) == ["Conflict", "done"]
    assert twice(place, lift_restriction, key=key, actor=officer) == ["Conflict", "done"]


def test_of_two_corrections_one_is_told_that_the_other_was_faster(place):
    worker, case_key = place.people["counsellor"], open_case(place)

    def write(uow):
        record = RecordAnswer(
            target=RecordTarget(RecordKind.ANSWER), key="vointi", value="väärin", fact=None, data_group=DataGroup.HEALTH
        )
        uow.care.answers.add(
            case_key,
            [record],
            form_id="f",
            controller_organisation_id="o_sote_keskus",
            task_key=None,
            answered_by=None,
            now=place.now,
        )

    place.executor.run(write)

    def seen(uow):
        [kept] = uow.care.answers.history(case_key, visible={(DataGroup.HEALTH, "o_sote_keskus")})
        return kept, uow.care.clients.get(uow.care.get_case(case_key).client_key)

    kept, client = place.executor.read(seen)
    values = {"case_key": case_key, "actor": worker}
    form = read_form(json.dumps(FORM).encode())
    of_answer = {
        "client_key": client.key,
        "kept": kept,
        "form": form,
        "asked": form.field_at(("vointi",)),
        "raw": {"vointi": ["oikein"]},
        "around": Around(now=place.now),
        "language": "fi",
        **values,
    }
    assert twice(place, correct_answer, **of_answer) == ["Conflict", "done"]
    of_identity = {"seen": client, "attributes": {"name": "Matti Oikea"}, **values}
    assert twice(place, correct_identity, **of_identity) == ["Conflict", "done"]
    assert count(place, correction) == 2
    client = place.executor.read(seen)[1]
    assert twice(place, note_death, seen=client, died_on=None, **values) == ["Conflict", "done"]
