"""Reminders to oneself: on their day in the worklist, nobody else's, never with anybody's identity code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import html
from sqlalchemy import select

from app.commands.prune import prune
from app.commands.reminders import finish_reminder, move_reminder, write_reminder
from app.domain.actor import SYSTEM
from app.domain.calendar import local_date, written_day
from app.domain.errors import InvalidInput, NotAllowed, NotFound
from app.domain.reminders import LONGEST_REMINDER, MOST_REMINDERS
from app.queries.reminders import reminder_page, reminders_due
from app.settings import Settings
from app.storage.tables.teamwork import reminder
from app.web import create_app
from tests.factories import make_place
from tests.integration.test_pruning import DAYS
from tests.races.test_commands import race
from tests.web import Visitor

BOTH = pytest.mark.parametrize("place", ["sqlite_database", "postgresql_database"], indirect=True)


@pytest.fixture
def place(request):
    return make_place(request.getfixturevalue(getattr(request, "param", "sqlite_database")))


def day(place, days=0):
    return written_day(local_date(place.now) + timedelta(days=days))


def do(place, command, person="counsellor", **values):
    return place.run(command, actor=place.people[person], **values)


def due(place, person="counsellor"):
    found = place.executor.read(reminders_due, actor=place.people[person], now=place.now)
    return [each.text for each in found]


def page(place):
    return place.executor.read(reminder_page, actor=place.people["counsellor"], now=place.now)


@BOTH
def test_it_comes_on_its_day_stays_until_it_is_done_and_can_be_brought_back(place):
    key = do(place, write_reminder, text="  Varaa \n kokoustila ", day=day(place, 2))
    assert due(place) == []
    place.later(days=3)
    assert due(place) == ["Varaa kokoustila"]
    assert due(place, "colleague") == [], "it is nobody else's"
    do(place, move_reminder, key=key, day=day(place, 1))
    assert due(place) == []
    place.later(days=1)
    do(place, finish_reminder, key=key, done=True)
    assert due(place) == []
    assert [each.text for each in page(place).done] == ["Varaa kokoustila"]
    do(place, finish_reminder, key=key, done=False)
    assert due(place) == ["Varaa kokoustila"]


def test_nobody_touches_or_reads_the_reminder_of_another(place):
    key = do(place, write_reminder, text="Varaa kokoustila", day=day(place))
    with pytest.raises(NotFound):
        do(place, move_reminder, "colleague", key=key, day=day(place, 1))
    with pytest.raises(NotFound):
        do(place, finish_reminder, "colleague", key=key, done=True)
    with pytest.raises(NotAllowed):
        place.run(write_reminder, text="x", day=day(place), actor=SYSTEM)
    with place.executor.database.engine.connect() as connection:
        assert b"kokoustila" not in connection.scalar(select(reminder.c.content))


@pytest.mark.parametrize(
    ("text", "days", "codes"),
    [
        ("", 0, ["required"]),
        ("x" * (LONGEST_REMINDER + 1), 0, ["reminder_long"]),
        ("Soita 131052-308T huomenna", 0, ["reminder_identifies"]),
        ("Soita", -1, ["reminder_day"]),
        ("Soita", 400, ["reminder_day"]),
        (" ", 400, ["required", "reminder_day"]),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(place, text, days, codes):
    with pytest.raises(InvalidInput) as refused:
        do(place, write_reminder, text=text, day=day(place, days))
    assert [problem.code for problem in refused.value.problems] == codes
    assert page(place).ahead == page(place).due == ()


def test_one_person_has_only_so_many_open_ones(place):
    for number in range(MOST_REMINDERS):
        key = do(place, write_reminder, text=f"Asia {number}", day=day(place))
    with pytest.raises(InvalidInput):
        do(place, write_reminder, text="Yksi vielä", day=day(place))
    do(place, finish_reminder, key=key, done=True)
    do(place, write_reminder, text="Yksi vielä", day=day(place))


@BOTH
def test_moved_in_one_window_and_done_in_another_at_the_same_moment_it_is_both(place):
    key = do(place, write_reminder, text="Varaa kokoustila", day=day(place))
    found = race(
        lambda: do(place, move_reminder, key=key, day=day(place, 5)),
        lambda: do(place, finish_reminder, key=key, done=True),
        lambda: do(place, write_reminder, text="Toinen", day=day(place)),
    )
    assert found == ["done"] * 3
    [done] = page(place).done
    assert done.day == local_date(place.now) + timedelta(days=5)
    assert due(place) == ["Toinen"]


def test_what_was_done_is_forgotten_after_a_week_and_what_is_open_is_kept(place):
    first, _ = (do(place, write_reminder, text=text, day=day(place)) for text in ("Eka", "Toka"))
    do(place, finish_reminder, key=first, done=True)
    place.later(days=8)
    assert page(place).done == ()
    assert place.executor.run(prune, retention=DAYS, now=place.now).reminders == 1
    assert due(place) == ["Toka"]


def test_the_worklist_shows_what_is_due_and_a_slip_keeps_what_was_typed(place, tmp_path):
    settings = Settings.load({}, data_folder=tmp_path)
    person = Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    person.sign_in("counsellor")
    path = "/worklist/reminders"
    refused = person.post(path, {"text": "Soita 131052-308T", "day": "eilen"})
    assert refused.status_code == 422
    typed = html.fromstring(refused.text)
    assert typed.xpath("//input[@id='text']/@value") == ["Soita 131052-308T"]
    assert typed.xpath("//input[@id='day']/@value") == ["eilen"]
    assert "Tekstissä on henkilötunnus" in refused.text
    assert "Älä kirjoita tähän mitään asiakkaasta" in refused.text
    assert person.post(path, {"text": "Varaa <tila>", "day": day(place)}).status_code == 303
    work = person.get("/worklist").text
    assert "Muistutukset tänään" in work
    assert "Varaa &lt;tila&gt;" in work
    key = place.executor.read(reminders_due, actor=place.people["counsellor"], now=place.now)[0].key
    moved = person.post(f"{path}/{key}/move", {"day": "31.2.2026"})
    assert moved.status_code == 422
    assert html.fromstring(moved.text).xpath(f"//input[@id='day-{key}']/@value") == ["31.2.2026"]
    done = person.post(f"{path}/{key}/done", {"next": "/worklist?tab=groups"})
    assert done.headers["Location"].endswith("/worklist?tab=groups")
    assert "Muistutukset tänään" not in person.get("/worklist").text
