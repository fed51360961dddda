"""The commands of the consultation hour at the same moment: queues have no gaps or doubles, nothing happens twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.commands.arrange_consultation import arrange_consultation
from app.commands.ask_consultation import withdraw_consultation
from app.commands.lead_consultation import close_session, open_session, pass_over_item, take_item
from app.commands.plan_consultation import forget_consultation, plan_consultation
from app.domain.consultation import ItemStatus, SessionStatus
from app.storage.tables.consultation import consultation_item, consultation_session
from tests.factories import AREA
from tests.integration.test_consultation import answer, ask, key_of, lead, make_hour, open_hour, queue, sessions
from tests.races.test_commands import race

PEOPLE = ("sari", "sini", "satu", "nurse", "employment", "counsellor")


@pytest.fixture
def place(database):
    return make_hour(database)


def count(place, table):
    with place.executor.database.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_many_ask_at_once_and_one_page_is_sent_twice(place):
    [session, _] = sessions(place)
    numbers = []
    runners = [lambda person=person: numbers.append(ask(place, person).number) for person in PEOPLE]
    assert race(*runners) == ["done"] * len(PEOPLE)
    assert sorted(item.arrival for item in queue(place, session)) == [1, 2, 3, 4, 5, 6]
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]

    def again():
        ask(place, "sari", ticket="page")

    assert race(again, again, again) == ["done"] * 3
    assert len(queue(place, session)) == len(PEOPLE) + 1


def test_sessions_are_planned_once_whoever_plans_them(place):
    place.later(days=7)

    def plan():
        place.run(plan_consultation, area_id=AREA)

    race(plan, plan, plan)
    days = [session.day for session in sessions(place, *SessionStatus)]
    assert len(days) == len(set(days)) == count(place, consultation_session)


def test_a_session_is_opened_answered_and_closed_once(place):
    [session, following] = sessions(place)
    for person in PEOPLE[:3]:
        ask(place, person)
    place.now = session.starts_at

    def open_it(person):
        lead(place, open_session, session, person, rules_read=True, now=place.now)

    assert race(lambda: open_it("fanni"), lambda: open_it("ville")) == ["done", "done"]
    first, second, third = queue(place, session)

    def take(item):
        lead(place, take_item, session, item_key=item.key)

    race(lambda: take(first), lambda: take(second))
    assert [item.status for item in queue(place, session)].count(ItemStatus.IN_HAND) == 1
    [in_hand] = [item for item in queue(place, session) if item.status is ItemStatus.IN_HAND]
    twice = race(lambda: answer(place, session, in_hand), lambda: answer(place, session, in_hand, "ville"))
    assert twice == ["Conflict", "done"]

    def pass_over():
        lead(place, pass_over_item, session, item_key=third.key, now=place.now)

    assert race(pass_over, pass_over) == ["NotFound", "done"]

    def close(person):
        return lead(place, close_session, session, person, learnt="", now=place.now).closed

    assert race(lambda: close("fanni"), lambda: close("ville")) == ["Conflict", "done"]
    [held] = sessions(place, SessionStatus.HELD)
    assert (held.handled, held.carried) == (1, 1)
    assert len(queue(place, following)) == 2


def test_an_item_is_taken_back_or_taken_in_hand_and_never_both(place):
    [session, _] = sessions(place)
    for person in PEOPLE:
        ask(place, person)
    open_hour(place, session)
    for person, item in zip(PEOPLE, queue(place, session), strict=True):

        def withdraw(person=person, item=item):
            place.executor.run(withdraw_consultation, item_key=item.key, actor=place.people[person])

        def take(item=item):
            lead(place, take_item, session, item_key=item.key)

        assert race(withdraw, take) == ["Conflict", "done"]
    with place.executor.database.engine.connect() as connection:
        rows = connection.execute(select(consultation_item)).all()
    assert all((row.status == "withdrawn") == (row.asked is None) for row in rows)


def test_asking_meets_a_queue_that_moves_and_the_group_and_the_past_change(place):
    [session, following] = sessions(place)
    ask(place)
    place.now = session.ends_at + timedelta(hours=13)

    def plan():
        place.run(plan_consultation, area_id=AREA)

    def arrange():
        place.run(
            arrange_consultation,
            area_id=AREA,
            facilitators=[key_of(place, "ville")],
            experts=[],
            remote_link="",
            actor=place.people["fanni"],
        )

    def forget():
        place.run(forget_consultation)

    assert race(plan, lambda: ask(place, "sini"), arrange, forget) == ["done"] * 4
    assert len(queue(place, following)) == 2
    assert queue(place, session) == []
