"""A statute that is named twice at the same moment is named once."""

from __future__ import annotations

from sqlalchemy import func, select

from app.commands.load_reference import load_reference
from app.commands.name_statute import WantedReading, name_statute
from app.storage.tables.rights import statute_access
from tests.factories import make_place
from tests.races.test_commands import open_case, race

GROUND = {
    "id": "tym",
    "value": {
        "name": {"fi": "TYM"},
        "groups": ["perustiedot", "tyollisyys", "etuus"],
        "article": "6(1)(e)",
        "statute": {"fi": "Laki (381/2023)"},
        "number": "381/2023",
        "readers": ["o_tyollisyys"],
        "exchange": True,
    },
}


def test_two_presses_at_once_name_the_law_once(database):
    place = make_place(database)
    place.run(load_reference, files=[{"kind": "processing_ground", "rows": [GROUND]}])
    case_key = open_case(place)
    number = place.executor.read(lambda uow: uow.care.cases.get(case_key).number)
    wanted = WantedReading(sought=number, ground="tym", reason="Tuen tarve arvioidaan yhdessä Kelan kanssa.")
    runners = [lambda: place.run(name_statute, wanted=wanted, actor=place.people["employment"])] * 2
    assert race(*runners) == ["done", "done"]
    with place.executor.database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(statute_access)) == 1
