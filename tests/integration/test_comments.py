"""Comments at tasks and the notices that come of them: who reads, who is told, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.commands.claim_task import claim_task
from app.commands.data_requests import Asked, answer_data_request, ask_about_data
from app.commands.direct_task import assign_task
from app.commands.read_notices import read_notices
from app.commands.write_comment import Written, write_comment
from app.domain.comments import LONGEST_COMMENT, mentions
from app.domain.errors import InvalidInput, NotAllowed
from app.queries.notices import inbox
from app.queries.task_page import task_page
from app.storage.tables.care import consent_grant
from app.storage.tables.people import access_log
from app.storage.tables.teamwork import notice, task_comment
from app.storage.tables.work import user_task
from tests.factories import WORK, make_place
from tests.races.test_commands import open_case, race

SECRET = "Salaisuus: soitetaan vasta huomenna."
BOTH = pytest.mark.parametrize("place", ["sqlite_database", "postgresql_database"], indirect=True)


@pytest.fixture
def place(request):
    return make_place(request.getfixturevalue(getattr(request, "param", "sqlite_database")))


@pytest.fixture
def task(place):
    """An open task of a case."""
    place.publish(WORK)
    return place.open_tasks(place.start(case_key=open_case(place)))["first"]


def write(place, task, person="counsellor", text=SECRET, group="sosiaali", **values):
    written = Written(text=text, data_group=group, **values)
    return place.run(write_comment, task_key=task, written=written, actor=place.people[person])


def thread(place, task, person="colleague"):
    return place.run(task_page, task_key=task, actor=place.people[person]).comments


def notices(place, person):
    return place.executor.read(inbox, actor=place.people[person], after="").notices


def rows(place, query):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(query).all()


@BOTH
def test_a_comment_is_read_by_who_may_see_its_group_and_the_reading_is_logged(place, task):
    write(place, task)
    [comment] = thread(place, task).comments
    assert (comment.text, comment.author_name) == (SECRET, "Counsellor")
    [kept] = rows(place, select(task_comment))
    assert SECRET.encode() not in kept.content
    lines = rows(place, select(access_log).where(access_log.c.user_name == "colleague"))
    assert "sosiaali" in lines[-1].data_groups


def test_who_may_not_see_the_group_is_told_that_something_is_hidden(place, task):
    write(place, task)
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    # the booking nurse of the same unit: basic data only
    with place.executor.database.engine.begin() as connection:
        connection.execute(update(user_task).where(user_task.c.key == task).values(candidate_groups=["r_ajanvaraaja"]))
    found = thread(place, task, "booker")
    assert (found.comments, found.hidden) == ((), 1)
    with pytest.raises(InvalidInput) as refused:
        write(place, task, "booker")
    assert [problem.code for problem in refused.value.problems] == ["comment_group"]


@BOTH
def test_another_organisation_reads_it_by_consent_only_and_not_at_which_task(place, task):
    write(place, task)
    with place.executor.database.engine.begin() as connection:
        connection.execute(
            update(user_task).where(user_task.c.key == task).values(candidate_groups=["r_asiakasvastaava_te"])
        )
    found = thread(place, task, "employment")
    # nothing of the case is theirs: not even that something is hidden
    assert (found.comments, found.hidden) == ((), 0)
    assert rows(place, select(consent_grant)) == []


def test_a_restricted_group_stays_readable_in_the_own_register(place, task):
    write(place, task)
    case_key = place.executor.read(lambda uow: uow.tasks.get(task).case_key)
    asked = Asked(kind="restriction", data_group="sosiaali", text="Älkää käyttäkö.")
    key = place.run(ask_about_data, asked=asked, case_key=case_key, actor=place.people["counsellor"])
    place.run(answer_data_request, key=key, status="granted", answer="Rajoitettu.", actor=place.people["officer"])
    assert len(thread(place, task).comments) == 1


@BOTH
def test_a_mention_is_a_notice_until_the_task_is_opened_and_the_author_tells_themself_nothing(place, task):
    write(place, task, text="@colleague, @counsellor katsokaa.", mentioned=["colleague"])
    [told] = notices(place, "colleague")
    assert (told.kind, told.task_key, told.by_name, told.read_at) == ("mentioned", task, "Counsellor", None)
    assert notices(place, "counsellor") == ()
    assert place.run(task_page, task_key=task, actor=place.people["colleague"]).has_news
    assert place.run(read_notices, actor=place.people["colleague"], task_key=task) == 1
    assert notices(place, "colleague")[0].read_at == place.now
    assert place.run(read_notices, actor=place.people["colleague"]) == 0


@pytest.mark.parametrize(
    ("text", "group", "mentioned", "code"),
    [
        ("", "sosiaali", [], "required"),
        ("a" * (LONGEST_COMMENT + 1), "sosiaali", [], "comment_long"),
        ("Hei", "", [], "comment_group"),
        ("Hei", "olematon", [], "comment_group"),
        ("Hei @nobody.here", "sosiaali", [], "mention_unknown"),
        ("Hei", "sosiaali", ["doctor"], "mention_no_candidate"),
        ("Hei", "sosiaali", [f"x{number}" for number in range(21)], "mentions_many"),
    ],
)
def test_what_cannot_be_kept_says_why(sqlite_database, text, group, mentioned, code):
    place = make_place(sqlite_database)
    place.publish(WORK)
    task = place.open_tasks(place.start(case_key=open_case(place)))["first"]
    with pytest.raises(InvalidInput) as refused:
        write(place, task, text=text, group=group, mentioned=mentioned)
    assert code in [problem.code for problem in refused.value.problems]
    assert rows(place, select(task_comment)) == rows(place, select(notice)) == []


def test_who_could_not_take_the_task_writes_nothing(place, task):
    with pytest.raises(NotAllowed):
        write(place, task, "doctor")


@BOTH
def test_comments_written_before_the_client_was_known_become_those_of_the_case(place):
    place.publish(WORK)
    instance = place.start()
    task = place.open_tasks(instance)["first"]
    write(place, task)
    assert [comment.text for comment in thread(place, task).comments] == [SECRET]
    case_key = open_case(place)

    def tie(uow):
        uow.tasks.set_case(replace(uow.instances.lock(instance), case_key=case_key))

    place.executor.run(tie)
    assert [row.case_key for row in rows(place, select(task_comment))] == [case_key]


def test_a_task_given_by_a_supervisor_is_a_notice_and_one_taken_is_none(place, task):
    place.run(assign_task, task_key=task, username="colleague", may_replace=True, actor=place.people["supervisor"])
    assert [(told.kind, told.by_name) for told in notices(place, "colleague")] == [("assigned", "Supervisor")]
    assert notices(place, "supervisor") == ()


@BOTH
def test_the_same_form_at_the_same_moment_is_one_comment(place, task):
    runners = [lambda: write(place, task, submission_id="once")] * 3
    assert set(race(*runners)) <= {"done", "Conflict"}
    write(place, task, submission_id="once")
    assert len(rows(place, select(task_comment))) == 1


def test_mentions_are_user_names_and_no_addresses():
    assert list(mentions("@aino.ajanvaraaja, kysy @b ja a@c.fi. @aino.ajanvaraaja")) == ["aino.ajanvaraaja", "b"]
