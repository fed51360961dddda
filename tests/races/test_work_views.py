"""Views of the worklist that are saved, chosen and forgotten at the same moment."""

import pytest

from app.commands.work_views import begin_with_view, remove_view, save_view
from tests.factories import make_place
from tests.races.test_commands import ROUNDS, race


@pytest.fixture
def place(database):
    return make_place(database)


def saving(place, name, tab, group=""):
    return lambda: place.run(
        save_view,
        name=name,
        fields={"tab": tab},
        group_id=group,
        begin_with_it=True,
        actor=place.people["counsellor"],
    )


def views_of(place, person):
    actor = place.people[person]
    return place.executor.read(lambda uow: uow.work_views.of(actor.user_key, actor.roles))


def test_the_same_name_saved_twice_is_one_view(place):
    for number in range(ROUNDS):
        name = f"Näkymä {number}"
        assert race(saving(place, name, "mine"), saving(place, name, "all")) == ["done", "done"]
        [view] = [view for view in views_of(place, "counsellor") if view.name == name]
        assert view.is_default
        assert view.fields["tab"] in {"mine", "all"}


def test_a_view_that_is_forgotten_while_a_colleague_chooses_it(place):
    colleague, owner = place.people["colleague"], place.people["counsellor"]
    for _ in range(ROUNDS):
        key = saving(place, "Jaettu", "groups", "r_palveluohjaaja")()

        def choose(key=key):
            place.executor.run(begin_with_view, view_key=key, actor=colleague)

        def forget(key=key):
            place.executor.run(remove_view, view_key=key, actor=owner)

        assert race(choose, forget, forget) in (["NotFound", "NotFound", "done"], ["NotFound", "done", "done"])
        assert views_of(place, "colleague") == []
