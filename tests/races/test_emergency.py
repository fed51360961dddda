"""Break-glass at the same moment: one opening, one review."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.commands.open_emergency import Emergency, open_emergency, review_emergency
from app.domain.actor import Actor
from app.storage.tables.rights import emergency_access
from tests.factories import make_place
from tests.races.test_commands import open_case, race

OFFICER = Actor(user_key=9, name="t", organisation_id="o_sote_keskus", roles=frozenset({"r_tietosuojavastaava"}))


@pytest.fixture
def place(database):
    return make_place(database)


def test_two_presses_at_once_open_once_and_two_officers_review_once(place):
    for _ in range(3):
        case_key = open_case(place)
        number = place.executor.read(lambda uow, key=case_key: uow.care.cases.get(key).number)
        wanted = Emergency(sought=number, cause="life", reason="Asiakas on tajuttomana, lääkitys on selvitettävä.")
        runners = [lambda wanted=wanted: place.run(open_emergency, emergency=wanted, actor=place.people["nurse"])] * 2
        assert race(*runners) == ["done", "done"]
        with place.executor.database.engine.connect() as connection:
            found = connection.scalars(
                select(emergency_access.c.key).where(emergency_access.c.case_key == case_key)
            ).all()
        assert len(found) == 1
        reviews = [
            lambda key=found[0]: place.run(
                review_emergency, key=key, verdict="justified", note="Hoitosuhde on.", actor=OFFICER
            )
        ] * 2
        assert race(*reviews) == ["Conflict", "done"]
    with place.executor.database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(emergency_access)) == 3
