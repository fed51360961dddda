"""A consent that worker and client end at the same moment ends once."""

from __future__ import annotations

from app.commands.support_people import NamedSupport, end_support, record_support
from app.domain.calendar import local_date
from app.domain.support_people import Told
from tests.factories import make_place
from tests.races.test_commands import open_case, race


def test_it_ends_once(database):
    place = make_place(database)
    case_key, worker = open_case(place), place.people["counsellor"]
    client = place.executor.read(lambda uow: uow.care.clients.get(uow.care.get_case(case_key).client_key))
    named = NamedSupport(
        name="Kaisa Koetus",
        relation="äiti",
        phone="040 1234567",
        email="",
        told={Told.TIMES},
        consented_on=local_date(place.now),
    )
    of_case = {"client": client, "case_key": case_key, "actor": worker}
    key = place.run(record_support, named=named, **of_case)
    assert race(*[lambda: place.run(end_support, support_key=key, **of_case)] * 2) == ["Conflict", "done"]
