"""Marked tasks handled by two at the same moment, and undone while somebody takes them."""

import pytest

from app.commands.claim_task import claim_task
from app.commands.handle_in_list import Handling, handle_task, undo_handling
from tests.factories import WORK, make_place
from tests.races.test_commands import ROUNDS, race


@pytest.fixture
def place(database):
    place = make_place(database)
    place.publish(WORK)
    return place


def holder(place, key):
    return place.executor.read(lambda uow: uow.tasks.get(key)).assignee


def test_two_people_take_the_same_marked_task(place):
    people = [place.people[name] for name in ("counsellor", "colleague")]
    for _ in range(ROUNDS):
        key = place.open_tasks(place.start())["first"]

        def taking(person, key=key):
            return lambda: place.run(handle_task, task_key=key, handling=Handling.TAKE, value="", actor=person)

        assert race(*map(taking, people)) == ["TaskClaimedByOther", "done"]
        assert holder(place, key) in {person.user_key for person in people}


def test_undoing_a_release_against_a_colleague_who_takes_the_task(place):
    person, colleague = place.people["counsellor"], place.people["colleague"]
    for _ in range(ROUNDS):
        key = place.open_tasks(place.start())["first"]
        place.run(claim_task, task_key=key, actor=person)
        done = place.run(handle_task, task_key=key, handling=Handling.RELEASE, value="", actor=person)

        def undo(key=key, done=done):
            values = {"handling": done.handling, "before": done.before, "revision": done.revision}
            place.run(undo_handling, task_key=key, actor=person, **values)

        def take(key=key):
            place.run(claim_task, task_key=key, actor=colleague)

        results = race(undo, take)
        assert results in (["TaskChanged", "done"], ["TaskClaimedByOther", "done"])
        expected = colleague if "TaskChanged" in results else person
        assert holder(place, key) == expected.user_key
