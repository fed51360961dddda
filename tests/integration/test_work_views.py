"""Views of the worklist: saved from its address, shared with a role, opened first; and lists sorted by several keys."""

from __future__ import annotations

import re

import pytest

from app.commands.direct_task import TaskChange, change_task
from app.commands.work_views import MOST_VIEWS, save_view
from app.queries.worklist import PAGE_SIZE, FollowUp, Holder, Tab, Wish, worklist
from app.settings import Settings
from app.web import create_app
from tests.factories import WORK, make_place
from tests.web import Visitor


@pytest.fixture
def place(sqlite_database):
    return make_place(sqlite_database)


@pytest.fixture
def door(place, tmp_path):
    """Return a browser of somebody who is signed in."""
    app = create_app(place.executor, Settings.load({}, data_folder=tmp_path), clock=lambda: place.now)

    def come_in(username):
        visitor = Visitor(app)
        visitor.sign_in(username)
        return visitor

    return come_in


def test_a_list_is_saved_shared_opened_first_and_forgotten(door):
    aila, colleague, other = door("counsellor"), door("colleague"), door("booker")
    page = aila.get("/worklist?tab=groups&due=workdays-7&sort=-priority&sort=number")
    assert page.status_code == 200
    assert "7 työpäivän kuluessa" in page.text
    link = re.search(r'href="(/worklist/views\?[^"]+)">Tallenna näkymä', page.text)[1].replace("&amp;", "&")
    form = aila.get(link).text
    assert "Ryhmieni · 7 työpäivän kuluessa · Tärkein ensin, Asian numeron mukaan" in form
    fields = {"tab": "groups", "due": "workdays-7", "sort": "-priority,number", "shared_with": "r_palveluohjaaja"}
    assert 'name="sort" value="-priority,number"' in form
    saved = aila.post("/worklist/views", {**fields, "name": "  Viikon   vapaat ", "begin": "yes"})
    assert saved.headers["Location"] == "/worklist?tab=groups&due=workdays-7&sort=-priority%2Cnumber"
    shown = aila.get(saved.headers["Location"]).text
    assert "Näkymä ”Viikon vapaat” on tallennettu." in shown
    assert re.search(r'aria-current="true">Viikon vapaat<', shown)
    # the bare address begins with it, for her; a tab never does
    assert aila.get("/worklist").headers["Location"] == saved.headers["Location"]
    assert aila.get("/worklist?tab=mine").status_code == 200
    listed = colleague.get("/worklist").text
    assert 'title="Jakanut: Counsellor">Viikon vapaat<' in listed
    key = re.search(r'name="view" value="(\d+)"', colleague.get("/worklist/views").text)[1]
    assert colleague.post("/worklist/views/first", {"view": key}).status_code == 303
    assert colleague.get("/worklist").status_code == 303
    # another's view is not theirs to forget; who is not of the role does not know of it
    assert colleague.post(f"/worklist/views/{key}/remove").status_code == 404
    assert other.post("/worklist/views/first", {"view": key}).status_code == 404
    assert "Viikon vapaat" not in other.get("/worklist").text
    assert aila.post(f"/worklist/views/{key}/remove").status_code == 303
    assert colleague.get("/worklist").status_code == 200


def test_what_is_wrong_with_a_view_comes_back_with_what_was_typed(door, place):
    aila = door("counsellor")
    nameless = aila.post("/worklist/views", {"tab": "all", "name": " ", "shared_with": "r_palveluohjaaja"})
    assert nameless.status_code == 422
    assert "Anna näkymälle nimi." in nameless.text
    assert 'value="r_palveluohjaaja" selected' in nameless.text
    long = aila.post("/worklist/views", {"tab": "all", "name": "n" * 61})
    assert (long.status_code, "enintään 60 merkkiä" in long.text) == (422, True)
    assert aila.post("/worklist/views", {"tab": "all", "name": "x", "sort": "salary"}).status_code == 422
    assert aila.post("/worklist/views", {"tab": "all", "name": "x", "shared_with": "r_laakari"}).status_code == 403
    for number in range(MOST_VIEWS):
        values = {"name": str(number), "fields": {}, "group_id": "", "begin_with_it": False}
        place.run(save_view, **values, actor=place.people["counsellor"])
    assert "Sinulla on jo 50 näkymää" in aila.post("/worklist/views", {"tab": "all", "name": "x"}).text


def test_a_view_that_names_what_is_gone_says_so(door):
    page = door("counsellor").get("/worklist?tab=all&process=poistettu&group=r_ei_ole&due=joskus&holder=x&tab=zzz")
    assert page.status_code == 200
    assert "poistettu (ei enää käytössä)" in page.text
    assert "r_ei_ole (ei enää käytössä)" in page.text
    assert "Tyhjennä suodattimet" in page.text or "Poista rajaukset" in page.text or "tab=all" in page.text


def test_columns_are_chosen_ordered_and_remembered(door, place):
    place.publish(WORK)
    place.start()
    aila = door("counsellor")

    def heads(page):
        return re.findall(r'<td role="cell" data-label="([^"]*)">', page.text)

    assert heads(aila.get("/worklist?tab=groups")) == ["Määräaika", "Ryhmä"]
    form = aila.get("/worklist/columns?tab=groups").text
    assert '<option value="1" selected>1</option>' in form
    places = {"place_created": "1", "place_due": "3", "place_number": "2", "place_group": "0", "place_process": "x"}
    answer = aila.post("/worklist/columns", {**places, "back": "/worklist?tab=groups"})
    assert answer.headers["Location"] == "/worklist?tab=groups"
    page = aila.get("/worklist?tab=groups")
    assert heads(page) == ["Tullut", "Asian numero", "Määräaika"]
    assert "sort=created" in page.text
    # another machine, another person, and an address that is not ours
    assert heads(door("counsellor").get("/worklist?tab=groups")) == heads(page)
    assert heads(door("colleague").get("/worklist?tab=groups")) == ["Määräaika", "Ryhmä"]
    away = aila.post("/worklist/columns", {"back": "//evil.example/worklist?"})
    assert away.headers["Location"] == "/worklist?tab=mine"
    assert heads(aila.get("/worklist?tab=groups")) == []


def test_news_are_counted_and_lead_to_the_same_list(door, place):
    place.publish(WORK)
    aila = door("counsellor")
    page = aila.get("/worklist?tab=groups&sort=-created").text
    address = re.search(r'hx-get="(/worklist/news[^"]+)"', page)[1].replace("&amp;", "&")
    assert aila.get(address).status_code == 204
    for _ in range(3):
        place.start()
    told = aila.get(address).text
    assert "3 uutta tehtävää" in told
    assert 'href="/worklist?tab=groups&amp;sort=-created"' in told


def test_the_palette_leads_where_this_person_may_go(door):
    aila, admin = door("counsellor"), door("admin")
    aila.post("/worklist/views", {"tab": "groups", "name": "Vapaat"})
    entries = {item["text"]: item["address"] for item in aila.get("/palette").json}
    assert entries["Työlista"] == "/worklist"
    assert entries["Vapaat"] == "/worklist?tab=groups"
    assert "/monitor" not in entries.values()
    assert "/monitor" in {item["address"] for item in admin.get("/palette").json}


@pytest.fixture
def many(database):
    """A place with more tasks than a page holds, of few priorities and dates."""
    place = make_place(database)
    place.publish(WORK)
    keys = [next(iter(place.open_tasks(place.start()).values())) for _ in range(12)]
    for number, key in enumerate(keys):
        due = place.later(minutes=1).replace(hour=9 + number % 3, minute=0)
        change = TaskChange(due_at=due, priority=number % 2 * 50, follow_up_at=due if number % 4 == 0 else None)
        place.run(change_task, task_key=key, change=change, actor=place.people["supervisor"])
    return place


def test_pages_of_every_order_hold_each_task_once_in_that_order(many, monkeypatch):
    monkeypatch.setattr("app.queries.worklist.PAGE_SIZE", 5)
    orders = [
        ("due",),
        ("-due",),
        ("-priority", "due"),
        ("priority", "-created"),
        ("follow_up", "-priority", "number"),
        ("number", "due"),
    ]
    actor = many.people["counsellor"]
    for order in orders:
        lines, after = [], ""
        while True:
            wish = Wish(tab=Tab.ALL, order=order, after=after)
            found = many.executor.read(worklist, actor=actor, wish=wish, now=many.now)
            lines += found.lines
            after = found.next_cursor
            if not after:
                break
        assert len({line.key for line in lines}) == len(lines) == 12, order
        assert PAGE_SIZE > 12

        def place_of(line, order=order):
            values = []
            for name in order:
                value = {
                    "due": line.due_at.timestamp(),
                    "created": line.created_at.timestamp(),
                    "priority": line.priority,
                    "follow_up": line.follow_up_at.timestamp() if line.follow_up_at else float("inf"),
                    "number": 0,
                }[name.removeprefix("-")]
                values.append(-value if name.startswith("-") else value)
            return values

        places = [place_of(line) for line in lines]
        assert places == sorted(places), order


def test_narrowing_by_holder_unit_and_follow_up(many):
    actor = many.people["counsellor"]

    def found(**wish):
        return many.executor.read(worklist, actor=actor, wish=Wish(tab=Tab.ALL, **wish), now=many.now).lines

    assert len(found(holder=Holder.NOBODY)) == 12
    assert found(holder=Holder.ME) == ()
    assert found(unit="mine") == found()
    ahead, reached = found(follow_up=FollowUp.AHEAD), found(follow_up=FollowUp.REACHED)
    assert len(ahead) + len(reached) == 3
    assert all(line.follow_up_at > many.now for line in ahead)
