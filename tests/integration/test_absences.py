"""Substitutes: while somebody is away another does their tasks on their behalf, and sees no more for that."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.commands.absences import Leave, begin_absence, end_absence
from app.commands.claim_task import claim_task
from app.commands.complete_task import Submission, complete_task
from app.domain.absences import Absence, stands_in
from app.domain.actor import Actor, TaskRestriction
from app.domain.calendar import local_date
from app.domain.errors import InvalidInput, NotFound, TaskClaimedByOther
from app.queries.absences import absence_page
from app.queries.task_page import task_page
from app.queries.worklist import Holder, Tab, Wish, new_since, worklist
from app.settings import Settings
from app.storage.tables.people import audit
from app.storage.tables.teamwork import absence
from app.web import create_app
from tests.factories import WORK, make_place
from tests.races.test_commands import race
from tests.web import Visitor

BOTH = pytest.mark.parametrize("place", ["sqlite_database", "postgresql_database"], indirect=True)


@pytest.fixture
def place(request):
    place = make_place(request.getfixturevalue(getattr(request, "param", "sqlite_database")))
    place.publish(WORK)
    return place


@pytest.fixture
def task(place):
    """A task that the counsellor holds."""
    key = place.open_tasks(place.start())["first"]
    place.run(claim_task, task_key=key, actor=place.people["counsellor"])
    return key


def leave(place, *, first=0, last=7, substitute="colleague", person="counsellor", **values):
    today = local_date(place.now)
    sent = Leave(
        first_day=(today + timedelta(days=first)).isoformat(),
        last_day=(today + timedelta(days=last)).isoformat(),
        substitute=substitute,
        **values,
    )
    return place.run(begin_absence, leave=sent, actor=place.people[person])


def complete(place, task, person="colleague"):
    return place.run(complete_task, task_key=task, actor=place.people[person], submission=Submission(values={}))


def page(place, person="colleague"):
    return place.executor.read(absence_page, actor=place.people[person], now=place.now)


@BOTH
def test_the_substitute_sees_the_tasks_and_does_them_on_behalf_of_the_other(place, task):
    with pytest.raises(TaskClaimedByOther):
        complete(place, task)
    leave(place, note="Soita Kelaan maanantaina.")
    [standing] = page(place).standing_in
    assert ([line.key for line in standing.tasks], standing.absence.note) == ([task], "Soita Kelaan maanantaina.")
    assert place.run(task_page, task_key=task, actor=place.people["colleague"]).stands_in
    complete(place, task)
    with place.executor.database.engine.connect() as connection:
        [line] = connection.execute(select(audit).where(audit.c.action == "task_completed")).all()
        assert b"Kelaan" not in connection.scalar(select(absence.c.note))
    assert line.actor_key == place.people["colleague"].user_key
    assert line.details["on_behalf_of"] == str(place.people["counsellor"].user_key)


@BOTH
def test_the_tasks_of_who_is_away_stand_in_the_substitutes_own_list(place, task):
    colleague = place.people["colleague"]

    def listed(**wish):
        found = place.executor.read(worklist, actor=colleague, wish=Wish(**wish), now=place.now)
        return [line.key for line in found.lines], found.counts.get("away"), found.counts["mine"]

    assert listed() == ([], None, 0)
    own = place.open_tasks(place.start())["first"]
    place.run(claim_task, task_key=own, actor=colleague)
    absence_key = leave(place)
    assert sorted(listed()[0]) == sorted([task, own])
    assert listed()[1:] == (1, 2)
    assert listed(holder=Holder.AWAY)[0] == [task]
    assert listed(holder=Holder.ME)[0] == [own]
    assert listed(tab=Tab.GROUPS, holder=Holder.AWAY)[0] == []
    assert place.executor.read(new_since, actor=colleague, seen=0, now=place.now) == 2
    # only of the roles that it is limited to, only for who has them now, only on its days
    place.run(end_absence, key=absence_key, actor=colleague)
    assert listed() == ([own], None, 1)
    leave(place, first=1)
    assert listed() == ([own], None, 1)
    place.later(days=1)
    assert sorted(listed()[0]) == sorted([task, own])
    without = replace(colleague, roles=frozenset({"r_laakari"}))
    found = place.executor.read(worklist, actor=without, wish=Wish(), now=place.now)
    assert [line.key for line in found.lines] == [own]


def test_the_list_says_for_whom(place, task, tmp_path):
    leave(place)
    settings = Settings.load({}, data_folder=tmp_path, public_url="http://localhost")
    person = Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    person.sign_in("colleague")
    page = person.get("/worklist").text
    assert "Sijaisena: Counsellor" in page
    assert "holder=away" in page
    assert f'href="/tasks/{task}"' in page
    assert "Sijaisena: Counsellor" not in person.get("/worklist?tab=all").text


@pytest.mark.parametrize("over", ["not_begun", "ended", "past"])
def test_only_on_the_days_of_the_absence(place, task, over):
    key = leave(place, first=1 if over == "not_begun" else 0)
    if over == "ended":
        place.run(end_absence, key=key, actor=place.people["colleague"])
    if over == "past":
        place.later(days=8)
    with pytest.raises(TaskClaimedByOther):
        complete(place, task)
    assert not place.run(task_page, task_key=task, actor=place.people["colleague"]).stands_in


@pytest.mark.parametrize(
    ("change", "place_of_problem"),
    [
        ({"substitute": "doctor"}, "substitute"),
        ({"substitute": "employment"}, "substitute"),
        ({"substitute": "counsellor"}, "substitute"),
        ({"substitute": ""}, "substitute"),
        ({"first": 3, "last": 2}, "last_day"),
        ({"first": -3, "last": -1}, "last_day"),
        ({"last": 400}, "last_day"),
        ({"note": "a" * 2001}, "note"),
    ],
)
def test_what_makes_no_sense_says_why(sqlite_database, change, place_of_problem):
    place = make_place(sqlite_database)
    with pytest.raises(InvalidInput) as refused:
        leave(place, **change)
    assert place_of_problem in [problem.place for problem in refused.value.problems]


def test_a_day_that_is_none_is_asked_for_again(sqlite_database):
    place = make_place(sqlite_database)
    sent = Leave(first_day="31.2.2026", last_day="", substitute="colleague")
    with pytest.raises(InvalidInput) as refused:
        place.run(begin_absence, leave=sent, actor=place.people["counsellor"])
    assert [problem.place for problem in refused.value.problems] == ["first_day", "last_day"]


@BOTH
def test_nobody_else_ends_an_absence_and_two_presses_end_it_once(place):
    key = leave(place)
    with pytest.raises(NotFound):
        place.run(end_absence, key=key, actor=place.people["doctor"])
    runners = [lambda: place.run(end_absence, key=key, actor=place.people["counsellor"])] * 2
    assert race(*runners) == ["NotFound", "done"]


@BOTH
def test_substitute_and_holder_at_once_complete_it_once(place, task):
    leave(place)
    found = race(lambda: complete(place, task), lambda: complete(place, task, "counsellor"))
    assert found == ["TaskAlreadyClosed", "done"]


ACTOR = Actor(user_key=2, name="s", organisation_id="o", roles=frozenset(), areas=None)
ROLES = st.frozensets(st.sampled_from(["r_palveluohjaaja", "r_laakari", "r_ajanvaraaja"]))


@given(first=st.integers(-5, 5), length=st.integers(0, 5), own=ROLES, asked=ROLES, limited=ROLES)
def test_standing_in_opens_nothing_that_could_not_be_taken(first, length, own, asked, limited):
    today = date(2026, 3, 2)
    away = Absence(
        key=1,
        user_key=1,
        user_name="",
        substitute_key=2,
        substitute_name="",
        first_day=today + timedelta(days=first),
        last_day=today + timedelta(days=first + length),
        roles=limited,
    )
    actor = replace(ACTOR, roles=own)
    task = TaskRestriction(candidate_roles=asked, assignee=1)
    expected = first <= 0 <= first + length and bool(own & asked) and (not limited or bool(limited & asked))
    assert stands_in(actor, task=task, absences=[away], day=today) is expected
    assert not stands_in(actor, task=replace(task, assignee=3), absences=[away], day=today)
