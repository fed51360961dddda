"""The search of the worklist: numbers of cases, names of steps and pathways, in every language, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.queries.worklist import Tab, Wish, first_lines
from app.storage.tables.care import care_case
from tests.factories import WORK, chain, diagram, make_place, user_step
from tests.races.test_commands import open_case

EXAMINE = (
    diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("arvio").replace("Tehtävä arvio", "Tee ÄLYKÄS arvio")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "arvio", "done"),
        process_id="tutkimus",
    )
    .decode()
    .replace("Koeprosessi", "Työkyvyn selvitys")
    .encode()
)


@pytest.fixture(params=["sqlite_database", "postgresql_database"])
def place(request):
    place = make_place(request.getfixturevalue(request.param))
    place.publish(WORK, EXAMINE)
    return place


@pytest.fixture
def tasks(place):
    """Two tasks of the first pathway in cases of their own, one of the second without a case."""
    first, second = (place.open_tasks(place.start(case_key=open_case(place)))["first"] for _ in range(2))
    return first, second, place.open_tasks(place.start("tutkimus"))["arvio"]


def found(place, text, tab=Tab.ALL):
    lines = place.executor.read(
        first_lines, actor=place.people["counsellor"], wish=Wish(tab=tab, text=text), now=place.now, limit=50
    )
    return {line.key for line in lines}


def test_a_search_finds_numbers_and_names_and_nothing_else(place, tasks):
    first, second, third = tasks
    with place.executor.database.engine.connect() as connection:
        assert sorted(connection.execute(select(care_case.c.number)).scalars()) == ["2026-00001", "2026-00002"]
    expected = {
        "2026-00002": {second},
        " 2 ": {second},
        "00002": {second},
        "2026-0000": {first, second},
        "2026-": {first, second},
        "2026-00003": set(),
        "2025-00001": set(),
        "tehtävä FIRST": {first, second},
        "älykäs": {third},
        "TYÖKYVYN": {third},
        "koeprosessi": {first, second},
        # names of languages and signs of SQL are no words of a name
        "sv": set(),
        "%": set(),
        "_": set(),
        "olematon": set(),
    }
    assert {text: found(place, text) for text in expected} == expected
    assert found(place, "älykäs", Tab.MINE) == set()


def test_a_step_whose_tasks_are_done_is_not_looked_for_any_more(place, tasks):
    place.complete(tasks[2])
    assert found(place, "arvio") == set()
    assert found(place, "first") == set(tasks[:2])
    # but among what one has done oneself
    assert found(place, "ARVIO", Tab.DONE) == {tasks[2]}
    assert found(place, "first", Tab.DONE) == found(place, "2026-00001", Tab.DONE) == set()


def test_what_is_done_is_narrowed_by_group_and_pathway_too(place, tasks):
    place.complete(tasks[2])
    counsellor = place.people["counsellor"]

    def done(**wish):
        wish = Wish(tab=Tab.DONE, **wish)
        return [
            line.key for line in place.executor.read(first_lines, actor=counsellor, wish=wish, now=place.now, limit=9)
        ]

    assert done(group_id="r_palveluohjaaja") == done(process_id="tutkimus") == [tasks[2]]
    assert done(group_id="r_palveluohjaaj_") == done(group_id="r_laakari") == done(process_id="test_process") == []
