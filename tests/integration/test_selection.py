"""Marked tasks of the worklist: handled together and each for itself, a result on each row, undone while they stand."""

from __future__ import annotations

import html
import re

import pytest

from app.commands.claim_task import claim_task
from app.settings import Settings
from app.web import create_app
from tests.factories import diagram, flow, make_place, user_step
from tests.web import Visitor

ONE_STEP = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("only")
    + '<bpmn:endEvent id="done"/>'
    + flow("begin", "only")
    + flow("only", "done")
)


@pytest.fixture
def place(sqlite_database):
    place = make_place(sqlite_database)
    place.publish(ONE_STEP)
    return place


@pytest.fixture
def door(place, tmp_path):
    app = create_app(place.executor, Settings.load({}, data_folder=tmp_path), clock=lambda: place.now)

    def come_in(username):
        visitor = Visitor(app)
        visitor.sign_in(username)
        return visitor

    return come_in


def start(place, count):
    return [place.open_tasks(place.start())["only"] for _ in range(count)]


def task_of(place, key):
    return place.executor.read(lambda uow: uow.tasks.get(key))


def results(page):
    """Return the result of each row by the key of its task, and the keys that are still marked."""
    found, marked = {}, set()
    for row in re.findall(r"<tr role=\"row\" data-row>.*?</tr>", page.text, re.DOTALL):
        key = int(re.search(r'name="key" value="(\d+)"', row)[1])
        said = re.search(r'data-color="(success|danger)"><svg.*?</svg>([^<]*)</span>', row)
        found[key] = html.unescape(said[2]).strip() if said else ""
        if re.search(r'name="key"[^>]* checked', row):
            marked.add(key)
    return found, marked


def undo_of(page):
    return [html.unescape(text) for text in re.findall(r'name="undo" value="([^"]*)"', page.text)]


def test_what_can_be_taken_is_taken_and_the_rest_stays_marked_with_its_reason(door, place):
    free, mine, others, done = start(place, 4)
    place.run(claim_task, task_key=mine, actor=place.people["counsellor"])
    place.run(claim_task, task_key=others, actor=place.people["colleague"])
    place.run(claim_task, task_key=done, actor=place.people["colleague"])
    place.complete(done, "colleague")
    aila = door("counsellor")
    listed = aila.get("/worklist?tab=groups").text
    assert f'name="key" value="{free}" form="handling"' in listed
    answer = aila.post("/worklist/selection", {"key": [free, mine, others, done], "handling": "take", "tab": "groups"})
    said, marked = results(answer)
    assert said[free] == said[mine] == "Otettu käsittelyysi"
    assert "Colleague" in said[others]
    assert "Colleague" in said[done]
    assert marked == {others, done}
    assert "2 tehtävää käsitelty. 2 jäi käsittelemättä, ja ne ovat edelleen valittuina." in answer.text
    assert task_of(place, free).assignee == place.people["counsellor"].user_key


def test_undoing_puts_back_what_nobody_has_touched(door, place):
    one, other = start(place, 2)
    aila = door("counsellor")
    taken = aila.post("/worklist/selection", {"key": [one, other], "handling": "take"})
    place.complete(other, "counsellor")
    undone = aila.post("/worklist/selection/undo", {"undo": undo_of(taken)})
    said, _ = results(undone)
    assert said[one] == "Peruttu"
    assert said[other] != "Peruttu"
    assert task_of(place, one).assignee is None
    # the same once more: the task is not as the first handling left it
    said, _ = results(aila.post("/worklist/selection/undo", {"undo": undo_of(taken)}))
    assert said[one].startswith("Tehtävää on muutettu")


def test_a_supervisor_gives_postpones_and_ranks_the_tasks_of_the_unit(door, place):
    keys = start(place, 3)
    boss = door("supervisor")
    assert "Yksikön tehtävät" in boss.get("/worklist").text
    page = boss.get("/worklist?tab=unit").text
    assert '<option value="colleague">Colleague</option>' in page
    # Monday 2.3.2026: the seventh working day from it
    assert '<option value="2026-03-11">' in page
    assert results(boss.post("/worklist/selection", {"key": keys, "handling": "assign", "person": "booker"}))[1] == set(
        keys
    ), "who could not take the task does not get it"
    given = boss.post("/worklist/selection", {"key": keys, "handling": "assign", "person": "colleague"})
    assert set(results(given)[0].values()) == {"Annettu tehtäväksi"}
    assert {task_of(place, key).assignee for key in keys} == {place.people["colleague"].user_key}
    for _ in range(2):
        moved = boss.post("/worklist/selection", {"key": keys, "handling": "postpone", "day": "2026-03-11"})
        assert set(results(moved)[0].values()) == {"Määräaika siirretty"}
        assert {task_of(place, key).due_at.isoformat() for key in keys} == {"2026-03-11T14:00:00+00:00"}
    ranked = boss.post("/worklist/selection", {"key": keys[:1], "handling": "rank", "rank": "80"})
    assert task_of(place, keys[0]).priority == 80
    boss.post("/worklist/selection/undo", {"undo": undo_of(ranked)})
    assert task_of(place, keys[0]).priority == 50
    boss.post("/worklist/selection/undo", {"undo": undo_of(given)})
    assert {task_of(place, key).assignee for key in keys} == {place.people["colleague"].user_key}, "changed since"


def test_who_directs_nothing_changes_nothing_and_learns_nothing(door, place):
    [key] = start(place, 1)
    aila, stranger = door("counsellor"), door("booker")
    assert 'value="postpone"' not in aila.get("/worklist?tab=groups").text
    refused = aila.post("/worklist/selection", {"key": key, "handling": "postpone", "day": "2026-03-11"})
    assert results(refused)[0][key] == "Sinulla ei ole oikeutta tähän."
    hidden = stranger.post("/worklist/selection", {"key": [key, 4711], "handling": "take"})
    assert "Tehtävä only" not in hidden.text
    assert set(results(hidden)[0]) == {key, 4711}
    assert "Yksikön tehtävät" not in stranger.get("/worklist?tab=unit").text
    assert stranger.get("/worklist/selection?tab=unit").status_code == 403
    assert task_of(place, key).assignee is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"handling": "take"}, "Valitse ensin vähintään yksi tehtävä."),
        ({"handling": "fly", "key": "KEY"}, "Valitse, mitä tehtäville tehdään."),
        ({"handling": "postpone", "key": "KEY"}, "Valitse uusi määräaika."),
        ({"handling": "assign", "key": "KEY"}, "Valitse, kenelle tehtävät annetaan."),
    ],
)
def test_what_is_missing_is_said_and_the_marks_stay(door, place, fields, said):
    [key] = start(place, 1)
    given = {name: value if name == "handling" else [str(key), "x", "-1"] for name, value in fields.items()}
    answer = door("supervisor").post("/worklist/selection", given)
    assert answer.status_code == 422
    assert said in answer.text
    if "key" in fields:
        assert results(answer)[1] == {key}


@pytest.mark.parametrize(
    ("handling", "value", "said"),
    [
        ("postpone", "eilen", "Päivä ei kelpaa."),
        ("postpone", "2026-03-01", "Valitse päivä, joka on tänään"),
        ("postpone", "2036-03-01", "Valitse päivä, joka on tänään"),
        ("rank", "101", "Tärkeys on 0–100."),
        ("rank", "-1", "Tärkeys on 0–100."),
        ("assign", "nobody", "Kukaan tämän niminen"),
    ],
)
def test_values_that_no_form_offers_are_refused_on_the_row(door, place, handling, value, said):
    [key] = start(place, 1)
    names = {"postpone": "day", "rank": "rank", "assign": "person"}
    fields = {"key": key, "handling": handling, names[handling]: value}
    assert results(door("supervisor").post("/worklist/selection", fields))[0][key].startswith(said)


def test_all_that_the_filter_finds_are_marked_and_counted(door, place, monkeypatch):
    keys = start(place, 5)
    aila = door("counsellor")
    page = aila.get("/worklist/selection?tab=groups")
    assert results(page)[1] == set(keys)
    assert "5 tehtävää valittuna" in page.text
    assert "Rajaus sisältää enemmän" not in page.text
    monkeypatch.setattr("app.queries.selection.MOST_MARKED", 3)
    cut = aila.get("/worklist/selection?tab=groups")
    assert len(results(cut)[1]) == 3
    assert "Rajaus sisältää enemmän" in cut.text
    assert results(aila.get("/worklist/selection?tab=done"))[0] == {}


def test_marks_of_an_undo_that_are_not_ours_are_passed_over(door, place):
    [key] = start(place, 1)
    marks = ["", "x", f"{key}", f"{key} fly 1 ", f"{key} take -1 ", f"{key} take {'9' * 30} ", f"{key} postpone 1 nyt"]
    answer = door("supervisor").post("/worklist/selection/undo", {"undo": marks})
    assert answer.status_code == 200
    assert results(answer)[0] == {key: "Päivä ei kelpaa."}
    assert task_of(place, key).due_at.year == 9999


def test_a_row_s_button_comes_back_to_the_list_as_it_was_narrowed(door, place):
    [task] = start(place, 1)
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    aila = door("counsellor")
    shown = aila.get("/worklist?tab=mine&sort=-priority").text
    assert re.findall(r'form="acting" formaction="([^"]*)"', shown) == [f"/tasks/{task}/release"]
    back = html.unescape(re.search(r'<form id="acting".*?name="next" value="([^"]*)"', shown)[1])
    answer = aila.post(f"/tasks/{task}/release", {"next": back})
    assert answer.headers["location"] == "/worklist?tab=mine&sort=-priority"
    assert task_of(place, task).assignee is None
