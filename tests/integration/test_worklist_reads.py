"""The worklist's counts and its first page say the same, for any number of roles and areas, on both databases."""

from __future__ import annotations

import pytest

from app.storage.task_filters import Filters
from tests.factories import AREA, chain, diagram, make_place, user_step

TWO_TASKS = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("eka", groups="r_palveluohjaaja,r_terveydenhoitaja")
    + user_step("toka", groups="r_terveydenhoitaja")
    + chain("alku", "eka", "toka"),
    process_id="two_tasks",
)


@pytest.fixture
def place(database):
    return make_place(database)


@pytest.mark.parametrize("areas", [None, [], [AREA], [AREA, "muu"], ["muu"]])
@pytest.mark.parametrize(
    "groups", [[], ["r_palveluohjaaja"], ["r_terveydenhoitaja"], ["r_palveluohjaaja", "r_terveydenhoitaja", "r_muu"]]
)
def test_what_is_counted_is_listed(place, groups, areas):
    place.publish(TWO_TASKS)
    for _ in range(3):
        place.start("two_tasks")
    person = place.people["counsellor"].user_key

    def look(uow):
        counts = uow.worklist.counts(person, groups, areas, now=place.now)
        lines = uow.worklist.offered(
            person, groups, areas, free_only=True, filters=Filters(), order=("due",), after=None, limit=50
        )
        return counts, len(lines)

    seen = {"r_palveluohjaaja", "r_terveydenhoitaja"} & set(groups) and (areas is None or AREA in areas)
    for _ in range(7):
        assert place.executor.read(look) == ({"mine": 0, "overdue": 0, "groups": 3 if seen else 0}, 3 if seen else 0)
