"""Representatives are recorded and ended by those who serve the client; what is wrong with one is said."""

from __future__ import annotations

import pytest

from tests.own_door import CODES, kept_own_door
from tests.web import Visitor

GIVEN = {
    "name": "Maija Mallikas",
    "identity_code": CODES["maija"],
    "basis": "Edunvalvojan määräys 1.2.2026",
    "until": "31.12.2026",
    "groups": ["perustiedot", "terveys"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with kept_own_door(tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture
def door(made):
    made.put_back()
    return made


@pytest.fixture
def worker(door):
    visitor = Visitor(door.app)
    visitor.sign_in("counsellor")
    return visitor


def address_of(door):
    return f"/cases/{door.cases['matti']}/representatives"


def mandates(door):
    return door.place.executor.read(lambda uow: uow.mandates.of_client(door.clients["matti"]))


def test_a_representative_is_recorded_shown_and_ended(door, worker):
    address = address_of(door)
    assert address in worker.get(f"/cases/{door.cases['matti']}").text
    assert worker.post(address, GIVEN).status_code == 303
    page = worker.get(address).text
    assert "Maija Mallikas" in page
    assert CODES["maija"] not in page
    [mandate] = mandates(door)
    assert mandate.is_live(at=door.place.now)
    assert {str(group) for group in mandate.groups} == {"perustiedot", "terveys"}
    for _ in range(2):
        assert worker.post(f"{address}/end", {"mandate": str(mandate.key)}).status_code == 303
    assert not mandates(door)[0].is_live(at=door.place.now)
    assert [action for action in door.audit_actions() if action.startswith("mandate")] == [
        "mandate_recorded",
        "mandate_ended",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Edustajan nimi"),
        ({"identity_code": "x"}, "Tarkista edustajan henkilötunnus"),
        ({"identity_code": CODES["matti"]}, "asiakkaan oma henkilötunnus"),
        ({"until": "1.3.2026"}, "tänään tai myöhemmin"),
        ({"until": "1.1.2036"}, "viiden vuoden"),
        ({"until": "joskus"}, "tänään tai myöhemmin"),
        ({"groups": ["jotain"]}, "Mitä tietoja edustus koskee"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(door, worker, changes, said):
    answer = worker.post(address_of(door), {**GIVEN, **changes})
    assert answer.status_code == 422
    assert said in answer.text
    assert GIVEN["basis"] in answer.text
    assert mandates(door) == []


def test_those_who_do_not_serve_the_client_neither_see_nor_record(door):
    stranger = Visitor(door.app)
    stranger.sign_in("employment")
    assert stranger.get(address_of(door)).status_code == 404
    assert stranger.post(address_of(door), GIVEN).status_code == 404
    assert mandates(door) == []
