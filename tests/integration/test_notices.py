"""Notices that come by themselves, and the mails about them: as each person chose, once, without client data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.commands.claim_task import claim_task
from app.commands.mail_notices import MOST_TRIES, TRY_AGAIN_AFTER
from app.connectors.contract import GivenUp, TryAgain
from app.domain.calendar import HELSINKI
from app.domain.errors import NotAllowed
from app.domain.notices import DIGEST_AT, NoticeKind, digest_after
from app.queries.monitor import given_up_mails
from app.storage.tables.people import user_account
from app.storage.tables.teamwork import notice
from app.storage.tables.work import user_task
from tests.factories import WORK, make_place
from workers.notices import NoticeMails

YEARS = [datetime.fromisoformat(day) for day in ("2020-01-01", "2035-01-01")]
BOTH = pytest.mark.parametrize("place", ["sqlite_database", "postgresql_database"], indirect=True)


class Post:
    """A mail server that keeps what it gets, or refuses it."""

    idempotent = True

    def __init__(self):
        self.calls, self.refusal = [], None

    def __call__(self, call):
        self.calls.append(call)
        if self.refusal is not None:
            raise self.refusal
        return {}


@pytest.fixture
def place(request):
    place = make_place(request.getfixturevalue(getattr(request, "param", "sqlite_database")))
    place.publish(WORK)
    return place


@pytest.fixture
def task(place):
    key = place.open_tasks(place.start())["first"]
    place.run(claim_task, task_key=key, actor=place.people["counsellor"])
    return key


def wants(place, choice, person="counsellor", address="c@example.invalid"):
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            update(user_account)
            .where(user_account.c.username == person)
            .values(email=address, settings={"notice_mail": choice})
        )


def tell(place, task, kind=NoticeKind.MENTIONED):
    person = place.people["counsellor"].user_key
    place.executor.run(lambda uow: uow.notices.add([person], kind, task_key=task, by=None, now=place.now))


def given_up(place, person="admin"):
    return place.executor.read(given_up_mails, actor=place.people[person])


def rounds(place, post):
    NoticeMails(place.executor, post)(place.now)
    return [call.request.recipients[0].address for call in post.calls]


def kinds(place):
    with place.executor.database.engine.connect() as connection:
        return list(connection.scalars(select(notice.c.kind).order_by(notice.c.at, notice.c.key)))


@BOTH
def test_the_holder_is_told_once_before_a_task_is_due(place, task):
    def due(moment):
        with place.executor.database.engine.begin() as connection:
            connection.execute(update(user_task).where(user_task.c.key == task).values(due_at=moment))

    post = Post()
    due(place.now + timedelta(hours=25))
    rounds(place, post)
    assert kinds(place) == []
    place.later(hours=2)
    for _ in range(2):
        rounds(place, post)
    assert kinds(place) == ["due"]


def test_a_mail_goes_at_once_to_who_wants_it_so_and_says_nothing(place, task):
    wants(place, "at_once")
    tell(place, task)
    tell(place, task, NoticeKind.ASSIGNED)
    post = Post()
    assert rounds(place, post) == ["c@example.invalid"]
    assert (post.calls[0].request.case_number, post.calls[0].request.message) == ("", "")
    place.later(days=1)
    assert len(rounds(place, post)) == 1


@BOTH
def test_the_days_mail_goes_in_the_morning_and_tells_of_all(place, task):
    wants(place, "digest")
    tell(place, task)
    post = Post()
    assert rounds(place, post) == []
    place.now = digest_after(place.now) - timedelta(minutes=1)
    tell(place, task)
    assert rounds(place, post) == []
    place.later(minutes=1)
    assert len(rounds(place, post)) == 1


@pytest.mark.parametrize("settled", ["read", "none", "no_address"])
def test_who_has_read_it_or_wants_no_mail_gets_none(place, task, settled):
    wants(place, "none" if settled == "none" else "at_once", address="" if settled == "no_address" else "c@e.invalid")
    tell(place, task)
    if settled == "read":
        key = place.people["counsellor"].user_key
        place.executor.run(lambda uow: uow.notices.mark_read(key, task_key=task, now=place.now))
    post = Post()
    assert rounds(place, post) == []
    wants(place, "at_once")
    assert rounds(place, post) == []


@BOTH
def test_a_server_that_is_away_is_tried_again_with_the_same_message_and_not_for_ever(place, task):
    wants(place, "at_once")
    tell(place, task)
    post = Post()
    post.refusal = TryAgain("mail_server_away")
    for _ in range(MOST_TRIES + 3):
        rounds(place, post)
        place.later(seconds=TRY_AGAIN_AFTER.total_seconds())
    assert len(post.calls) == MOST_TRIES
    assert len({call.idempotency_key for call in post.calls}) == 1
    [line] = given_up(place)
    assert (line.name, line.count) == ("Counsellor", 1)
    with pytest.raises(NotAllowed):
        given_up(place, "counsellor")
    place.executor.run(
        lambda uow: uow.notices.mark_read(place.people["counsellor"].user_key, task_key=task, now=place.now)
    )
    assert given_up(place) == [], "who has read the notice needs no mail any more"


def test_an_address_that_is_refused_for_good_is_tried_once(place, task):
    wants(place, "at_once")
    tell(place, task)
    post = Post()
    post.refusal = GivenUp("mail_refused")
    rounds(place, post)
    place.later(days=1)
    assert len(rounds(place, post)) == 1
    assert [line.count for line in given_up(place)] == [1]


@given(st.datetimes(*YEARS))
def test_the_days_mail_comes_at_seven_within_a_day_of_what_it_tells(moment):
    at = moment.replace(tzinfo=UTC)
    told = digest_after(at)
    assert told.astimezone(HELSINKI).time() == DIGEST_AT
    # the day on which clocks are set back has 25 hours
    assert timedelta(0) < told - at <= timedelta(hours=25)
