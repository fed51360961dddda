"""Sign-in, sessions and their end (S19 to S24)."""

import re
from datetime import timedelta

import pytest
from flask import request
from sqlalchemy import select, update

from app.commands.sign_in import admit_sign_in, failure_subjects
from app.storage.tables.people import audit, session, sign_in_failure, user_account
from tests.people import NOW, PASSWORD
from tests.web import Visitor

HOME = "/accessibility"


def is_signed_in(visitor):
    return "Kirjaudu ulos" in visitor.get(HOME).text


def rows(database, table):
    with database.engine.connect() as connection:
        return connection.execute(select(table)).all()


def test_a_person_signs_in_and_out(visitor, sqlite_database):
    answer = visitor.sign_in("aila", PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert is_signed_in(visitor)
    cookie = visitor.cookie()
    assert visitor.post("/sign-out").status_code == 303
    assert not is_signed_in(visitor)
    visitor.client.set_cookie("kykypolku", cookie)
    assert not is_signed_in(visitor), "the old cookie is dead"
    assert [row.action for row in rows(sqlite_database, audit)] == ["signed_in", "signed_out"]


def test_the_database_keeps_a_hash_and_not_the_cookie(visitor, sqlite_database):
    visitor.sign_in()
    (row,) = rows(sqlite_database, session)
    assert visitor.cookie() not in row.id_hash
    assert len(visitor.cookie()) >= 43
    visitor.client.set_cookie("kykypolku", row.id_hash)
    assert not is_signed_in(visitor), "who reads the table cannot make a cookie"


def test_sign_in_gives_a_new_id_whatever_cookie_there_was(visitor):
    visitor.client.set_cookie("kykypolku", "planted-by-somebody")
    visitor.sign_in()
    assert visitor.cookie() != "planted-by-somebody"
    first = visitor.cookie()
    visitor.sign_in()
    assert visitor.cookie() != first
    visitor.client.set_cookie("kykypolku", first)
    assert not is_signed_in(visitor), "the session that the new one replaced is over"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor):
    answer = visitor.sign_in()
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("kykypolku="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Max-Age" not in cookie
    assert "Expires" not in cookie


@pytest.mark.parametrize(("username", "password"), [("aila", "wrong"), ("nobody", PASSWORD), ("aila", ""), ("", "")])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(visitor, username, password):
    answer = visitor.sign_in(username, password)
    assert answer.status_code == 422
    assert "Käyttäjätunnus tai salasana on väärä." in answer.text
    assert not visitor.cookie()
    assert password not in answer.text or not password


def test_a_disabled_account_gets_the_same_answer_and_loses_its_sessions(visitor, sqlite_database):
    visitor.sign_in()
    with sqlite_database.engine.begin() as connection:
        connection.execute(update(user_account).where(user_account.c.username == "aila").values(disabled=True))
    assert not is_signed_in(visitor)
    assert "väärä" in visitor.sign_in("aila", PASSWORD).text
    assert "väärä" in visitor.sign_in("aila").text


def test_a_session_ends_after_half_an_hour_unused(visitor, clock):
    visitor.sign_in()
    for _ in range(3):
        clock.forward(minutes=29)
        assert is_signed_in(visitor)
    clock.forward(minutes=30)
    assert not is_signed_in(visitor)


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(visitor, clock):
    visitor.sign_in()
    for _ in range(35):
        clock.forward(minutes=20)
        assert is_signed_in(visitor)
    clock.forward(minutes=20)
    assert not is_signed_in(visitor)


def test_using_a_session_is_written_at_most_once_a_minute(visitor, clock, sqlite_database):
    visitor.sign_in()
    clock.forward(seconds=59)
    visitor.get(HOME)
    assert rows(sqlite_database, session)[0].seen_at == NOW
    clock.forward(seconds=1)
    visitor.get(HOME)
    assert rows(sqlite_database, session)[0].seen_at == NOW + timedelta(seconds=60)


def test_the_person_can_let_the_session_go_on(visitor, clock):
    visitor.sign_in()
    clock.forward(minutes=28)
    assert visitor.post("/session/continue").get_json() == {"left": 12 * 3600 - 28 * 60}
    clock.forward(minutes=28)
    assert is_signed_in(visitor)


# -- guessing --------------------------------------------------------------------------------------------------------


def test_each_failure_after_three_makes_the_next_try_wait_longer(visitor, clock):
    for _ in range(3):
        assert visitor.sign_in(password="wrong").status_code == 422
    answer = visitor.sign_in(password=PASSWORD)
    assert answer.status_code == 429, "even with the right password"
    assert answer.headers["Retry-After"] == "2"
    assert "Odota 2 sekuntia" in answer.text
    clock.forward(seconds=2)
    assert visitor.sign_in(password="wrong").status_code == 422
    assert visitor.sign_in(password=PASSWORD).headers["Retry-After"] == "4"
    clock.forward(seconds=4)
    assert visitor.sign_in(password=PASSWORD).status_code == 303


def test_guessing_at_one_address_locks_nobody_out_elsewhere(web, visitor):
    for _ in range(4):
        visitor.sign_in(password="wrong")
    assert Visitor(web, address="10.9.9.9").sign_in(password=PASSWORD).status_code == 303


def test_trying_many_names_at_one_address_is_slowed_down_too(web, visitor, web_settings):
    executor = web.extensions["kykypolku"].executor
    key = web_settings.key_bytes("session_key")
    for number in range(20):
        subjects = failure_subjects(username=f"name{number}", address=visitor.address, key=key)
        executor.run(admit_sign_in, username=f"name{number}", subjects=subjects, now=NOW)
    assert visitor.sign_in("name21", "wrong").status_code == 429
    assert Visitor(web, address="10.9.9.9").sign_in("name21", "wrong").status_code == 422


def test_an_office_behind_one_address_can_sign_in_all_morning(web):
    for number in range(25):
        answer = Visitor(web).sign_in(["aila", "outi", "pekka"][number % 3])
        assert answer.status_code == 303, number


def test_the_table_of_failures_names_nobody(visitor, sqlite_database):
    visitor.sign_in(password="wrong")
    for row in rows(sqlite_database, sign_in_failure):
        assert re.fullmatch("[0-9a-f]{64}", row.subject_hash)


# -- where one goes after sign-in ------------------------------------------------------------------------------------


def test_after_sign_in_one_is_where_one_wanted_to_be(visitor):
    answer = visitor.get("/worklist?tab=mine")
    assert answer.headers["Location"] == "/sign-in?next=%2Fworklist%3Ftab%3Dmine"
    assert 'name="next" value="/worklist?tab=mine"' in visitor.get(answer.headers["Location"]).text
    assert visitor.sign_in(next="/worklist?tab=mine").headers["Location"] == "/worklist?tab=mine"


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example"])
def test_no_other_site_can_be_that_place(visitor, address):
    assert 'value="/"' in visitor.get(f"/sign-in?next={address}").text
    assert visitor.sign_in(next=address).headers["Location"] == "/"


# -- nothing typed is lost -------------------------------------------------------------------------------------------


@pytest.fixture
def writing(web):
    received = []

    @web.post("/samples/form")
    def form():
        received.append(request.form.to_dict(flat=False))
        return "stored"

    return received


def test_a_form_sent_after_the_session_s_end_goes_along_through_sign_in(visitor, clock, writing):
    visitor.sign_in()
    token = visitor.token()
    clock.forward(minutes=31)
    answer = visitor.post("/samples/form", {"syy": "Selkä <vaivaa>", "palvelut": ["a", "b"]}, token=token)
    assert answer.status_code == 401
    assert "kirjoittamasi säilyy" in answer.text
    assert "vaivaa" not in answer.text, "the text itself is sealed"
    assert writing == []

    hidden = dict(re.findall(r'name="(carried|carried_to)" value="([^"]+)"', answer.text))
    again = visitor.sign_in(**hidden)
    assert again.status_code == 200
    assert "Kirjoittamasi on tallessa" in again.text
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', again.text)
    assert ("syy", "Selkä &lt;vaivaa&gt;") in fields
    sent = {"syy": "Selkä <vaivaa>", "palvelut": ["a", "b"]}
    fresh = next(value for name, value in fields if name == "csrf_token")
    assert visitor.post("/samples/form", sent, token=fresh).text == "stored"
    assert writing[0]["palvelut"] == ["a", "b"]


def test_the_next_person_at_the_desk_gets_nothing_of_it(visitor, clock, writing):
    visitor.sign_in("aila")
    token = visitor.token()
    clock.forward(minutes=31)
    page = visitor.post("/samples/form", {"syy": "Selkä"}, token=token).text
    hidden = dict(re.findall(r'name="(carried|carried_to)" value="([^"]+)"', page))
    answer = visitor.sign_in("outi", **hidden)
    assert answer.status_code == 303
    assert "Selkä" not in answer.text


def test_a_damaged_or_foreign_parcel_is_dropped(visitor):
    answer = visitor.sign_in(carried="AAAA", carried_to="/samples/form")
    assert answer.status_code == 303


def test_a_partial_update_after_the_end_leads_to_sign_in(visitor, clock):
    visitor.sign_in()
    clock.forward(minutes=31)
    answer = visitor.get("/worklist", **{"HX-Request": "true", "HX-Current-URL": "http://localhost/worklist?tab=all"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fworklist%3Ftab%3Dall&ended=1"


def test_a_script_is_told_in_json(visitor):
    answer = visitor.get("/worklist", Accept="application/json")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


# -- roles and units -------------------------------------------------------------------------------------------------


def test_working_in_another_unit_needs_a_role_there_and_gives_a_new_id(visitor, sqlite_database):
    visitor.sign_in("aila")
    before = visitor.cookie()
    assert "Ajanvaraus" in visitor.get(HOME).text
    assert visitor.post("/session/unit", {"unit": "unit_admin"}).status_code == 403
    assert visitor.cookie() == before
    assert visitor.post("/session/unit", {"unit": "unit_guidance"}).status_code == 303
    assert visitor.cookie() != before
    after = visitor.cookie()
    visitor.client.set_cookie("kykypolku", before)
    assert not is_signed_in(visitor)
    visitor.client.set_cookie("kykypolku", after)
    assert is_signed_in(visitor)


def test_the_next_sign_in_begins_where_one_worked_last(visitor):
    visitor.sign_in("aila")
    visitor.post("/session/unit", {"unit": "unit_guidance"})
    visitor.post("/sign-out")
    visitor.sign_in("aila")
    assert '<span class="k-person__unit">Alkupalvelu</span>' in visitor.get(HOME).text


def test_places_are_those_of_one_s_roles(visitor):
    visitor.sign_in("outi")
    assert "/monitor" not in visitor.get(HOME).text
    visitor.post("/sign-out")
    visitor.sign_in("pekka")
    assert 'href="/monitor"' in visitor.get(HOME).text


# -- the demo's people -----------------------------------------------------------------------------------------------


def test_the_demo_offers_its_people_and_one_press_signs_in(visitor):
    assert "Outi Ohjaaja" in visitor.get("/sign-in").text
    assert visitor.post("/sign-in", {"person": "outi"}).status_code == 303
    assert is_signed_in(visitor)


def test_nobody_who_is_not_of_the_demo_is_offered_or_signed_in_by_a_press(visitor, sqlite_database):
    with sqlite_database.engine.begin() as connection:
        connection.execute(update(user_account).where(user_account.c.username == "outi").values(demo=False))
    assert "Outi Ohjaaja" not in visitor.get("/sign-in").text
    assert visitor.post("/sign-in", {"person": "outi"}).status_code == 422


# -- language and look -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "title"), [("sv-FI,sv;q=0.9", "Logga in"), ("en-GB", "Sign in"), ("de", "Kirjaudu")]
)
def test_the_browser_s_language_is_spoken_first(visitor, header, title):
    assert title in visitor.get("/sign-in", **{"Accept-Language": header}).text


def test_a_chosen_language_and_look_stay_with_the_person(web, visitor):
    visitor.sign_in("aila")
    visitor.post("/preferences", {"language": "sv"})
    visitor.post("/preferences", {"colours": "dark"})
    visitor.post("/preferences", {"density": "compact", "next": "/accessibility"})
    elsewhere = Visitor(web)
    elsewhere.sign_in("aila")
    page = elsewhere.get(HOME).text
    assert '<html lang="sv" data-color-scheme="dark"' in page
    assert 'data-density="compact"' in page
    assert "Tillgänglighetsutlåtande" in page


@pytest.mark.parametrize("fields", [{"language": "xx"}, {"colours": "<script>"}, {"density": ""}])
def test_what_cannot_be_chosen_changes_nothing(visitor, fields):
    visitor.sign_in()
    assert visitor.post("/preferences", fields).status_code == 303
    assert '<html lang="fi" data-color-scheme="auto"' in visitor.get(HOME).text
