"""What nobody needs any more is forgotten in time, in parcels, and once, whoever else does it (SQLite, PostgreSQL)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.commands import prune as pruning
from app.commands.cancel_instance import cancel_instance
from app.commands.complete_task import Submission, complete_task
from app.commands.prune import Retention, prune
from app.commands.sign_in import begin_session
from app.domain.errors import TaskAlreadyClosed
from app.settings import Settings
from app.storage.tables.people import session
from app.storage.tables.work import pending_chunk, pending_upload, submission, user_task
from tests.factories import WORK, make_place
from tests.integration.test_pending_uploads import Desk, file, kept
from workers.pruning import Pruning, retention_of

DAYS = Retention(ended_sessions=timedelta(days=7), submissions=timedelta(days=30), pending_uploads=timedelta(days=30))


@pytest.fixture
def place(database):
    return make_place(database)


@pytest.fixture
def desk(database, tmp_path):
    return Desk(database, tmp_path / "data")


def count(place, table):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def pruned(place):
    done = place.run(prune, retention=DAYS)
    return done.sessions, done.submissions, done.uploads


def begin(place, number, person="counsellor"):
    place.run(
        begin_session,
        user_key=place.people[person].user_key,
        id_hash=f"hash-{number}",
        replaces=None,
        subjects=("a", "b"),
    )


def test_sessions_are_forgotten_some_days_after_they_were_used_last(place):
    begin(place, 1)
    place.later(days=6)
    begin(place, 2)
    place.later(hours=23)
    assert pruned(place) == (0, 0, 0)
    place.later(hours=2)
    assert pruned(place) == (1, 0, 0)
    assert [row[0] for row in _rows(place, select(session.c.id_hash))] == ["hash-2"]


def test_a_live_session_is_never_forgotten_however_short_the_time(place):
    begin(place, 1)
    place.later(minutes=29)
    shortest = Retention(ended_sessions=timedelta(0), submissions=timedelta(0), pending_uploads=timedelta(0))
    assert place.run(prune, retention=shortest).sessions == 0
    place.later(minutes=2)
    assert place.run(prune, retention=shortest).sessions == 1


def test_a_form_sent_again_after_its_id_is_forgotten_is_told_that_the_task_is_done(place):
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    values = {"task_key": task, "actor": place.people["counsellor"], "submission": Submission(submission_id="once")}
    assert not place.run(complete_task, **values).repeated
    place.later(days=29)
    assert pruned(place) == (0, 0, 0)
    assert place.run(complete_task, **values).repeated
    place.later(days=2)
    assert pruned(place) == (0, 1, 0)
    with pytest.raises(TaskAlreadyClosed):
        place.run(complete_task, **values)


def test_files_are_forgotten_after_their_days_or_soon_after_their_task(desk):
    person, colleague = desk.person(), desk.person("colleague")
    done, cancelled, left = desk.task, desk.new_task(), desk.new_task()
    for task in (done, cancelled, left):
        assert len(kept(desk.send(person, task, liite=file()))) == 1
    assert desk.send(colleague, done, jatkuu="true").status_code == 303
    [(instance,)] = desk.rows(select(user_task.c.instance_key).where(user_task.c.key == cancelled))
    desk.place.run(cancel_instance, instance_key=instance, actor=desk.place.people["admin"], reason="koe")
    desk.place.later(hours=23)
    assert pruned(desk.place) == (0, 0, 0)
    desk.place.later(hours=2)
    assert pruned(desk.place)[2] == 2
    assert [row[0] for row in desk.rows(select(pending_upload.c.task_key))] == [left]
    desk.place.later(days=30)
    assert pruned(desk.place)[2] == 1
    assert desk.count(pending_upload) == desk.count(pending_chunk) == 0
    # the draft names a file that is gone: the form opens all the same
    person.sign_in("counsellor")
    assert kept(person.get(f"/tasks/{left}")) == []


def test_much_is_forgotten_in_parcels(place, monkeypatch):
    monkeypatch.setattr(pruning, "ROWS_AT_ONCE", 3)
    for number in range(7):
        begin(place, number)
    place.later(days=8)
    round_ = Pruning(place.executor, DAYS)
    assert [round_(place.now) for _ in range(4)] == [True, True, False, False]
    assert count(place, session) == 0


def test_two_schedulers_forget_each_row_once(place):
    for number in range(40):
        begin(place, number)
    place.later(days=8)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: pruned(place)[0], range(8)))
    assert sum(results) == 40
    assert count(place, session) == count(place, submission) == 0


def test_the_days_come_from_the_settings(tmp_path):
    settings = Settings.load({}, data_folder=tmp_path, ended_session_days=2, submission_days=3, pending_upload_days=4)
    assert retention_of(settings) == Retention(
        ended_sessions=timedelta(days=2), submissions=timedelta(days=3), pending_uploads=timedelta(days=4)
    )


def _rows(place, query):
    with place.executor.database.engine.connect() as connection:
        return connection.execute(query).all()
