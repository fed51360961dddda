"""The commands of a team's meeting at the same moment: one meeting a day, one client in hand, minutes written once."""

from __future__ import annotations

import pytest

from app.commands.complete_task import Submission
from app.commands.hold_meeting import (
    add_to_meeting,
    clear_room,
    close_meeting,
    leave_turn,
    note_presence,
    open_meeting,
    take_turn,
    write_minutes,
)
from app.domain.calendar import local_date
from tests.races.test_commands import race
from tests.team import make_team

MINUTES = {
    "osallistujat": [{"rooli": "r_tiimikoordinaattori", "taho": "o_sote_keskus", "paikalla": "lasna"}],
    "asiakas_lasna": "ei",
    "asiakkaan_puheenvuoro": "Haluan työhön.",
    "yhteinen_ymmarrys": "Se onnistuu.",
    "jatkoselvitys": False,
    "kiireellinen": False,
    "turvallisuus_huoli": "ei",
}


@pytest.fixture
def team(database):
    return make_team(database)


def turns(team):
    return team.place.executor.read(lambda uow: uow.meetings.turns(team.meeting))


def guest(team):
    attendees = team.place.executor.read(lambda uow: uow.meetings.attendees(team.meeting))
    return next(each.key for each in attendees if each.role_id == "r_asiakasvastaava_te")


def test_two_coordinators_open_one_meeting_and_add_one_person_once(team):
    found = []

    def open_it(person):
        day = local_date(team.place.now)
        found.append(team.place.run(open_meeting, day=day, actor=team.place.people[person]))

    assert race(lambda: open_it("tiina"), lambda: open_it("toni")) == ["done", "done"]
    assert set(found) == {team.meeting}
    seat = f"{team.place.people['doctor'].user_key}:r_laakari:unit_sote"

    def add(person):
        team.lead(add_to_meeting, person, seat=seat, guest={})

    assert race(lambda: add("tiina"), lambda: add("toni")) == ["done", "done"]
    attendees = team.place.executor.read(lambda uow: uow.meetings.attendees(team.meeting))
    assert sorted(each.name for each in attendees) == ["Doctor", "Employment", "Tiina", "Toni"]


def test_one_client_is_in_hand_whoever_takes_which(team):
    first, second, third = team.tasks
    race(
        lambda: team.lead(take_turn, task_key=first),
        lambda: team.lead(take_turn, task_key=second),
        lambda: team.lead(take_turn, task_key=third),
        lambda: team.lead(leave_turn),
    )
    assert sum(turn.in_hand for turn in turns(team)) <= 1
    team.lead(leave_turn)
    assert race(
        lambda: team.lead(take_turn, "tiina", task_key=second), lambda: team.lead(take_turn, "toni", task_key=second)
    ) == ["TaskClaimedByOther", "done"]


def test_minutes_are_written_once_and_the_meeting_closed_once(team):
    _, allowed, _ = team.tasks
    team.lead(take_turn, task_key=allowed)
    sent = Submission(values=MINUTES)

    def write():
        team.lead(write_minutes, task_key=allowed, submission=sent)

    assert race(write, write) == ["TaskAlreadyClosed", "done"]
    assert race(lambda: team.lead(close_meeting), lambda: team.lead(close_meeting, "toni")) == ["Conflict", "done"]
    assert [turn.in_hand for turn in turns(team)] == [False]


def test_minutes_and_somebody_who_comes_back_into_the_room(team):
    """Either the minutes are written before they come back, or they are not written."""
    first, _, _ = team.tasks
    key = guest(team)
    team.lead(note_presence, presence={key: "este"})
    team.lead(take_turn, task_key=first)
    results = race(
        lambda: team.lead(write_minutes, task_key=first, submission=Submission(values=MINUTES)),
        lambda: team.lead(note_presence, presence={key: "lasna"}),
    )
    assert results in (["done", "done"], ["Conflict", "done"])
    if results[0] == "Conflict":
        assert race(
            lambda: team.lead(clear_room, task_key=first, outside=[key]),
            lambda: team.lead(clear_room, task_key=first, outside=[key]),
        ) == ["done", "done"]
        team.lead(write_minutes, task_key=first, submission=Submission(values=MINUTES))
