"""Rule X9 on both databases: once a night, whoever looks; what is found, since when, and when it is mended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, insert, update

from app.commands.check_invariants import check_invariants
from app.commands.claim_task import claim_task
from app.domain.calendar import last_night
from app.domain.errors import NotAllowed
from app.queries.monitor import broken_invariants
from app.storage.tables.care import care_case, client
from app.storage.tables.instances import process_instance
from app.storage.tables.people import user_account
from app.storage.tables.work import invariant_violation, nightly_run
from tests.factories import AREA, WORK, make_place
from workers.nightly import Nightly

EVENING = datetime(2026, 3, 2, 20, tzinfo=UTC)
NIGHT = datetime(2026, 3, 3, 0, tzinfo=UTC)


@pytest.fixture
def place(database):
    return make_place(database)


def open_case(place, number, *, owner="counsellor", status="open"):
    key = 7_000 + number
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            insert(client).values(
                key=key, area_id=AREA, controller_org_id="o_sote_keskus", identity=b"", created_at=EVENING
            )
        )
        connection.execute(
            insert(care_case).values(
                key=key,
                number=f"2026-{number}",
                client_key=key,
                area_id=AREA,
                controller_org_id="o_sote_keskus",
                owner_key=place.people[owner].user_key if owner else None,
                status=status,
                opened_at=EVENING,
            )
        )
    return key


def look(place, at):
    return place.executor.run(check_invariants, now=at)


def found(place):
    lines = place.executor.read(lambda uow: uow.invariants.open(limit=100))
    return {(line.case_key, line.kind): line.since for line in lines}


def test_an_owner_who_has_left_is_an_alarm(place):
    place.publish(WORK)
    key = open_case(place, 1)
    place.start(case_key=key)
    assert look(place, NIGHT).open == 0
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            update(user_account).where(user_account.c.key == place.people["counsellor"].user_key).values(disabled=True)
        )
    look(place, NIGHT + timedelta(days=1))
    assert list(found(place)) == [(key, "owner_left")]


def test_a_case_with_owner_and_open_task_is_in_order_and_others_are_reported(place):
    place.publish(WORK)
    good, alone, bare = open_case(place, 1), open_case(place, 2, owner=None), open_case(place, 3)
    place.start(case_key=good)
    place.start(case_key=alone)
    open_case(place, 4, owner=None, status="closed")
    done = look(place, NIGHT)
    assert (done.found, done.mended, done.open) == (2, 0, 2)
    assert found(place) == {(alone, "no_owner"): NIGHT, (bare, "nothing_open"): NIGHT}


def test_a_night_is_looked_at_once_and_what_stays_wrong_keeps_its_first_night(place):
    bare = open_case(place, 1)
    assert look(place, NIGHT) is not None
    assert look(place, NIGHT.replace(hour=9)) is None
    assert look(place, datetime(2026, 3, 3, 23, 59, tzinfo=UTC)) is None
    second = look(place, datetime(2026, 3, 4, 0, tzinfo=UTC))
    assert (second.found, second.open) == (0, 1)
    assert found(place) == {(bare, "nothing_open"): NIGHT}


def test_what_is_mended_leaves_the_report_and_comes_back_with_a_new_night(place):
    place.publish(WORK)
    case_key = open_case(place, 1)
    look(place, NIGHT)
    instance = place.start(case_key=case_key)
    assert look(place, datetime(2026, 3, 4, 0, tzinfo=UTC)).mended == 1
    assert found(place) == {}
    with place.executor.database.engine.begin() as connection:
        connection.execute(update(process_instance).where(process_instance.c.key == instance).values(case_key=None))
        connection.exec_driver_sql("UPDATE user_task SET case_key = NULL")
    third = datetime(2026, 3, 5, 0, tzinfo=UTC)
    look(place, third)
    assert found(place) == {(case_key, "nothing_open"): third}


def test_a_case_that_is_closed_leaves_the_report(place):
    case_key = open_case(place, 1, owner=None)
    look(place, NIGHT)
    with place.executor.database.engine.begin() as connection:
        connection.execute(update(care_case).where(care_case.c.key == case_key).values(status="closed"))
    assert look(place, datetime(2026, 3, 4, 0, tzinfo=UTC)).mended == 2
    assert found(place) == {}


def test_of_two_schedulers_one_looks(place):
    open_case(place, 1)
    for attempt in range(4):
        with place.executor.database.engine.begin() as connection:
            connection.execute(delete(invariant_violation))
            connection.execute(delete(nightly_run))
        barrier = Barrier(2)

        def run(_number, barrier=barrier):
            barrier.wait()
            return look(place, NIGHT)

        with ThreadPoolExecutor(2) as pool:
            done = [answer for answer in pool.map(run, range(2)) if answer is not None]
        assert [answer.found for answer in done] == [1], attempt


def test_the_scheduler_looks_at_the_first_round_after_two_o_clock_in_finland(place):
    open_case(place, 1)
    nightly = Nightly(place.executor, b"s" * 32)
    nightly(datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    first = place.executor.read(lambda uow: uow.invariants.last_night("invariants"))
    assert first == datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    for at in (NIGHT, NIGHT.replace(minute=1), NIGHT.replace(hour=12)):
        nightly(at)
    assert place.executor.read(lambda uow: uow.invariants.last_night("invariants")) == NIGHT


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 0, tzinfo=UTC)),
        (datetime(2026, 3, 29, 23, tzinfo=UTC), datetime(2026, 3, 29, 23, tzinfo=UTC)),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)),
        (datetime(2026, 10, 26, 0, 0, tzinfo=UTC), datetime(2026, 10, 26, 0, tzinfo=UTC)),
    ],
)
def test_two_o_clock_comes_once_in_each_night(now, night):
    assert last_night(now) == night


def test_the_monitor_shows_the_report_by_number_and_to_its_roles_only(place):
    case_key = open_case(place, 1, owner=None)
    look(place, NIGHT)
    report = place.executor.read(broken_invariants, actor=place.people["admin"])
    assert (report.total, report.looked_at) == (2, NIGHT)
    assert {(line.case_key, line.case_number, line.owner_name) for line in report.lines} == {(case_key, "2026-1", "")}
    with pytest.raises(NotAllowed):
        place.executor.read(broken_invariants, actor=place.people["counsellor"])


def test_groups_with_free_tasks_and_nobody_in_the_area_are_told(place):
    place.publish(
        WORK.replace(b'candidateGroups="r_palveluohjaaja"', b'candidateGroups="r_palveluohjaaja, r_kadonnut"')
    )
    instance = place.start()
    report = place.executor.read(broken_invariants, actor=place.people["admin"])
    assert [(group.group_id, group.area_id, group.tasks) for group in report.orphans] == [("r_kadonnut", AREA, 1)]
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            update(user_account).where(user_account.c.username.in_(("counsellor", "colleague"))).values(disabled=True)
        )
    report = place.executor.read(broken_invariants, actor=place.people["admin"])
    assert {group.group_id for group in report.orphans} == {"r_kadonnut", "r_palveluohjaaja"}
    place.run(claim_task, task_key=place.open_tasks(instance)["first"], actor=place.people["counsellor"])
    assert place.executor.read(broken_invariants, actor=place.people["admin"]).orphans == ()
