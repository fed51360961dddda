"""A form that was typed into in two windows, or answered by somebody faster: what differs is said field by field."""

from __future__ import annotations

import re
import shutil

import pytest
from lxml import html

from app.commands.save_draft import WrittenOn, draft_mark, save_draft
from app.domain.errors import DraftElsewhere
from app.storage.database import Database
from tests.factories import WORK, make_place
from tests.integration.test_pending_uploads import Desk
from tests.races.test_commands import race

BOTH = pytest.mark.parametrize("place", ["sqlite_database", "postgresql_database"], indirect=True)
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def place(request):
    place = make_place(request.getfixturevalue(request.param))
    place.publish(WORK)
    return place


@pytest.fixture(scope="module")
def desk(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    shutil.copyfile(sqlite_template, folder / "desk.db")
    database = Database(f"sqlite:///{folder / 'desk.db'}")
    yield Desk(database, folder / "data")
    database.close()


class Window:
    """A window in which a task's form is open, with what its page knows."""

    def __init__(self, desk, person, task):
        self.desk, self.person, self.task = desk, person, task
        self.page = person.get(f"/tasks/{task}").text

    def known(self, name):
        return re.search(rf'name="{name}" value="([^"]*)"', self.page)[1]

    def send(self, way="", headers=None, **fields):
        known = {name: self.known(name) for name in ("submission_id", "draft_seen")}
        answer = self.desk.send(self.person, self.task, way=way, headers=headers, **known, **fields)
        if answer.mimetype == "text/html" and answer.status_code != 303:
            self.page = answer.text
        return answer


def differing(page):
    """Return the rows of the table of what differs."""
    rows = html.fromstring(page).xpath("//section[@role='alert']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


@pytest.fixture
def windows(desk):
    person, task = desk.person(), desk.new_task()
    return Window(desk, person, task), Window(desk, person, task)


def test_another_window_does_not_write_over_a_draft_unseen(windows):
    first, second = windows
    assert first.send("/draft", headers=SCRIPT, maara="1").status_code == 200
    assert first.send("/draft", headers=SCRIPT, maara="12").status_code == 200, "its own draft it knows"
    refused = second.send("/draft", headers=SCRIPT, maara="7")
    assert refused.status_code == 409
    assert "toisessa ikkunassa" in refused.json["text"]
    # the button says what differs, and a second press keeps what stands here
    told = second.send("/draft", maara="7", jatkuu="false")
    assert told.status_code == 409
    assert differing(told.text) == [["jatkuu", "Ei", "–"], ["maara", "7", "12"]]
    assert 'value="7"' in told.text
    assert 'value="draft"' in told.text
    assert second.send("/draft", maara="7", jatkuu="false").status_code == 303
    assert first.send("/draft", headers=SCRIPT, maara="2").status_code == 409
    assert Window(first.desk, first.person, first.task).send("/draft", maara="3").status_code == 303


def test_a_window_that_knows_the_draft_may_go_on_with_it(windows, desk):
    first, _ = windows
    first.send("/draft", maara="1")
    later = Window(desk, first.person, first.task)
    desk.place.later(minutes=1)
    assert later.send("/draft", headers=SCRIPT, maara="2").status_code == 200
    assert later.send(jatkuu="true", maara="2").status_code == 303


def test_a_task_is_not_completed_over_a_newer_draft_of_another_window_unseen(windows):
    stale, other = windows
    assert other.send("/draft", headers=SCRIPT, maara="12", jatkuu="true").status_code == 200
    refused = stale.send(maara="7", jatkuu="true")
    assert refused.status_code == 409
    assert "Tehtävää ei ole vielä merkitty valmiiksi" in refused.text
    assert differing(refused.text) == [["maara", "7", "12"]]
    assert 'value="7"' in refused.text
    # who has seen it completes with what stands in their window
    assert stale.send(maara="7", jatkuu="true").status_code == 303


def test_a_row_or_a_slip_does_not_make_a_window_know_the_newer_draft(windows):
    stale, other = windows
    refused = stale.send(maara="x", jatkuu="true")
    assert refused.status_code == 422
    assert other.send("/draft", headers=SCRIPT, maara="12").status_code == 200
    assert stale.send(maara="7", _action="add:toimet").status_code == 200
    assert stale.send(maara="7", jatkuu="true").status_code == 409


def test_windows_that_say_the_same_disturb_nobody(windows):
    stale, other = windows
    assert other.send("/draft", headers=SCRIPT, maara="3", jatkuu="true").status_code == 200
    assert stale.send(maara="3", jatkuu="true").status_code == 303


def test_rows_and_choices_are_compared_as_the_page_shows_them(windows):
    first, second = windows
    first.send("/draft", headers=SCRIPT, **{"toimet-0-_row": "", "toimet-0-mita": "Soitto", "jatkuu": "true"})
    told = second.send("/draft", jatkuu="false")
    assert differing(told.text) == [["jatkuu", "Ei", "Kyllä"], ["toimet, rivi 1: mita", "–", "Soitto"]]


def test_who_was_slower_sees_in_what_the_answers_differ(windows, desk):
    slow, _ = windows
    fast = Window(desk, desk.person("colleague"), slow.task)
    assert fast.send(jatkuu="true", maara="3").status_code == 303
    told = slow.send(jatkuu="true", maara="5")
    assert told.status_code == 409
    assert differing(told.text) == [["maara", "5", "3"]]
    assert "Colleague" in told.text


def test_what_the_case_was_told_later_does_not_change_what_the_task_was_answered(windows, desk):
    slow, _ = windows
    assert Window(desk, desk.person("colleague"), slow.task).send(jatkuu="true", maara="3").status_code == 303
    desk.place.later(minutes=1)
    assert Window(desk, slow.person, desk.new_task()).send(jatkuu="true", maara="8").status_code == 303
    assert differing(slow.send(jatkuu="true", maara="5").text) == [["maara", "5", "3"]]


@BOTH
def test_of_two_windows_at_the_same_moment_one_is_told(place):
    task = place.open_tasks(place.start())["first"]
    actor = place.people["counsellor"]

    def save(page_id, seen=""):
        return lambda: place.run(
            save_draft,
            task_key=task,
            actor=actor,
            fields={"a": [page_id]},
            page=WrittenOn(page_id=page_id, seen=seen),
        )

    assert race(save("one"), save("two")) == ["DraftElsewhere", "done"]
    _, seen = place.executor.read(lambda uow: uow.tasks.find_draft(task, actor.user_key))
    place.later(minutes=1)
    assert race(save("three", draft_mark(seen)), save("four", draft_mark(seen))) == ["DraftElsewhere", "done"]
    with pytest.raises(DraftElsewhere):
        save("five", draft_mark(seen))()


def test_a_day_that_cannot_be_is_said_beside_what_was_typed(windows):
    window, _ = windows
    assert window.send("/take").status_code == 303
    for typed in ("31.2.2026", "1.1.2020", "<b>"):
        refused = window.send("/follow-up", follow_up=typed)
        assert refused.status_code == 422
        [field] = html.fromstring(refused.text).xpath("//input[@id='follow_up']")
        assert (field.get("value"), field.get("aria-invalid")) == (typed, "true")
        assert "Anna seurantapäivä, joka on tänään tai myöhemmin." in refused.text
    assert window.send("/follow-up", follow_up="31.12.2099").status_code == 303
