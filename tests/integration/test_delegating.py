"""Asking for a task, handing it on and back, putting it off; and why it is before somebody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.commands.claim_task import claim_task, release_task
from app.commands.delegate_task import ask_for_task, delegate_task, return_task, set_follow_up
from app.commands.direct_task import assign_task
from app.commands.people import disable_person
from app.domain.calendar import local_date, local_midnight
from app.domain.errors import InvalidInput, NotAllowed, TaskClaimedByOther
from app.queries.notices import inbox
from app.queries.task_page import task_page
from app.storage.tables.people import user_account
from tests.factories import WORK, make_place
from tests.races.test_commands import open_case, race

BOTH = pytest.mark.parametrize("place", ["sqlite_database", "postgresql_database"], indirect=True)


@pytest.fixture
def place(request):
    place = make_place(request.getfixturevalue(getattr(request, "param", "sqlite_database")))
    place.publish(WORK)
    return place


@pytest.fixture
def task(place):
    """A task of a case that the counsellor holds."""
    key = place.open_tasks(place.start(case_key=open_case(place)))["first"]
    place.run(claim_task, task_key=key, actor=place.people["counsellor"])
    return key


def do(place, command, task, person="counsellor", **values):
    return place.run(command, task_key=task, actor=place.people[person], **values)


def hand_on(place, task, person="counsellor", to="colleague", *, returns=True):
    return do(place, delegate_task, task, person, username=to, returns=returns)


def told(place, person):
    return [each.kind for each in place.executor.read(inbox, actor=place.people[person], after="").notices]


def why(place, task, person):
    return do(place, task_page, task, person).why


def key_of(place, person):
    return place.people[person].user_key


@BOTH
def test_the_holder_is_asked_once_and_sees_by_whom_until_somebody_else_has_it(place, task):
    for _ in range(2):
        assert do(place, ask_for_task, task, "colleague")
    assert told(place, "counsellor") == ["asked"]
    assert why(place, task, "counsellor").asked_by == (("colleague", "Colleague"),)
    do(place, release_task, task)
    assert not do(place, ask_for_task, task, "colleague")
    place.later(minutes=1)
    do(place, claim_task, task)
    assert why(place, task, "counsellor").asked_by == ()


@BOTH
def test_what_is_handed_on_returns_to_who_answers_for_it(place, task):
    handed = hand_on(place, task)
    assert (handed.assignee, handed.delegated_by) == (key_of(place, "colleague"), key_of(place, "counsellor"))
    assert told(place, "colleague") == ["delegated"]
    reasons = why(place, task, "colleague")
    assert (reasons.given_by, reasons.returns_to) == ("Counsellor", "Counsellor")
    with pytest.raises(TaskClaimedByOther):
        hand_on(place, task)
    returned = do(place, return_task, task, "colleague")
    assert (returned.assignee, returned.delegated_by) == (key_of(place, "counsellor"), None)
    assert told(place, "counsellor") == ["returned"]


def test_what_is_handed_on_for_good_or_taken_back_to_the_group_returns_to_nobody(place, task):
    assert hand_on(place, task, returns=False).delegated_by is None
    with pytest.raises(NotAllowed):
        do(place, return_task, task, "colleague")
    hand_on(place, task, "colleague", "counsellor")
    do(place, release_task, task)
    assert do(place, claim_task, task, "colleague").delegated_by is None


def test_what_would_return_to_somebody_who_has_left_goes_to_the_group(place, task):
    hand_on(place, task)
    with place.executor.database.engine.begin() as connection:
        connection.execute(update(user_account).where(user_account.c.username == "counsellor").values(disabled=True))
    assert do(place, return_task, task, "colleague").assignee is None


def test_only_candidates_are_given_it_and_only_by_its_holder(place, task):
    for name in ("doctor", "nobody", "counsellor", ""):
        with pytest.raises(InvalidInput):
            hand_on(place, task, to=name)
    with pytest.raises(NotAllowed):
        hand_on(place, task, "doctor")
    with pytest.raises(NotAllowed):
        do(place, ask_for_task, task, "doctor")


@BOTH
def test_the_follow_up_day_is_kept_and_taken_away_and_is_never_past(place, task):
    today = local_date(place.now)
    day = today + timedelta(days=3)
    assert do(place, set_follow_up, task, day=day.isoformat()).follow_up_at == local_midnight(day)
    assert do(place, set_follow_up, task, day="").follow_up_at is None
    written = f"{day.day}.{day.month}.{day.year}"
    assert do(place, set_follow_up, task, day=written).follow_up_at == local_midnight(day)
    for bad in ("31.2.2026", "huomenna", "1.1.0001", (today - timedelta(days=1)).isoformat()):
        with pytest.raises(InvalidInput):
            do(place, set_follow_up, task, day=bad)


def test_the_page_says_who_gave_it_and_what_opens_the_clients_data(place, task):
    do(place, assign_task, task, "supervisor", username="colleague", may_replace=True)
    reasons = why(place, task, "colleague")
    assert (reasons.roles, reasons.given_by, reasons.returns_to) == (("r_palveluohjaaja",), "Supervisor", "")
    assert set(reasons.grounds) == {"own_register", "own_form"}


@BOTH
def test_the_tasks_of_who_has_left_go_back_to_the_group(place, task):
    other = place.open_tasks(place.start())["first"]
    do(place, claim_task, other, "colleague")
    free = place.open_tasks(place.start())["first"]
    do(place, claim_task, free)
    place.run(disable_person, username="counsellor", actor=place.people["admin"])

    def held_by(key):
        return place.executor.read(lambda uow: uow.tasks.get(key)).assignee

    # nobody is known who could answer for the case: the group has its task as well
    assert held_by(task) is None
    assert held_by(free) is None
    assert held_by(other) == key_of(place, "colleague")
    assert do(place, claim_task, free, "colleague").assignee == key_of(place, "colleague")


@BOTH
def test_who_leaves_while_somebody_is_given_the_task_leaves_it_with_them(place, task):
    free = place.open_tasks(place.start())["first"]
    do(place, claim_task, free)
    leaving = lambda: place.run(disable_person, username="counsellor", actor=place.people["admin"])  # noqa: E731
    found = race(leaving, lambda: do(place, delegate_task, free, username="colleague", returns=False))
    assert "done" in found
    holder = place.executor.read(lambda uow: uow.tasks.get(free)).assignee
    assert holder in (None, key_of(place, "colleague"))


@BOTH
def test_handed_on_twice_at_once_it_is_one_persons(place, task):
    found = race(lambda: hand_on(place, task), lambda: do(place, release_task, task))
    assert found[-1] == "done"
    holder = place.executor.read(lambda uow: uow.tasks.get(task)).assignee
    assert holder in (None, key_of(place, "colleague"))
