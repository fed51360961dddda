"""The first contact over the network: who may send it, what is kept of whom, and what staff and client see of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.queries.task_page import task_page
from app.storage.tables.care import care_case, client
from app.storage.tables.instances import process_instance
from tests.own_contact import ELSEWHERE, HERE, NEWCOMER, TOLD, at_the_form, identify, rows_of_all, send, take_contacts
from tests.own_door import CODES, kept_own_door
from tests.web import Visitor


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with kept_own_door(tmp_path_factory.mktemp("own"), prepare=take_contacts) as made:
        yield made


@pytest.fixture
def door(made):
    made.put_back()
    return made


def rows(door, table):
    with door.place.executor.database.engine.connect() as connection:
        return connection.execute(select(table)).all()


def sent_instance(door):
    [instance] = [row for row in rows(door, process_instance) if row.process_id == "tyky_yhteys"]
    return instance


def test_sending_makes_client_case_and_the_task_of_calling_back(door):
    visitor = at_the_form(door)
    answer = send(visitor)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/oma")
    instance = sent_instance(door)
    [case] = [row for row in rows(door, care_case) if row.key == instance.case_key]
    assert (case.unit_id, case.area_id, case.source, case.municipality) == ("unit_sote", "keski_suomi", "ITSE", HERE)
    known = door.place.executor.read(lambda uow: uow.care.clients.get(case.client_key))
    assert (known.identity.name, known.identity.identity_code) == ("Uuno Uusi", NEWCOMER)
    assert (known.identity.phone, known.needs.language, known.needs.interpreter) == ("040 555 5555", "fi", True)
    assert door.place.open_tasks(instance.key).keys() == {"soita"}
    assert "first_contact_sent" in door.audit_actions()
    own = [line for line in door.access_lines() if line.client_key == known.key and line.action == "change"]
    assert {(line.user_key, line.ground) for line in own} == {(known.key, "own_data")}


def test_the_person_is_in_at_once_and_sees_what_comes_next(door):
    visitor = at_the_form(door)
    send(visitor)
    page = visitor.get("/oma").text
    assert "Pyyntösi on perillä" in page
    assert "Uuno Uusi" in page
    assert not visitor.cookie("kykypolku-visit")
    assert visitor.get("/oma/contact").headers["Location"] == "/oma"


def test_staff_read_beside_the_task_what_the_client_told_and_when(door):
    send(at_the_form(door))
    instance = sent_instance(door)
    task = door.place.open_tasks(instance.key)["soita"]
    door.place.later(minutes=5)
    found = door.place.run(task_page, task_key=task, actor=door.place.people["booker"])
    [told] = found.beside.forms
    assert told.values["soittoaika"] == "aamupaiva"
    assert told.answered_at < door.place.now
    door.place.complete(task, "booker")
    assert door.place.status(instance.key) == "completed"


def test_nothing_is_kept_of_somebody_who_does_not_send(door):
    before = rows_of_all(door)
    visitor = at_the_form(door)
    assert visitor.get("/oma/contact/form").status_code == 200
    assert send(visitor, puhelin="en kerro").status_code == 422
    answer = visitor.post("/oma/contact/leave", token=visitor.token("/oma/contact/form"))
    assert "Sinusta ei tallennettu mitään" in answer.text
    assert visitor.get("/oma/contact").headers["Location"].startswith("/oma/sign-in")
    assert rows_of_all(door) == before


def test_the_browser_holds_nothing_that_can_be_read_and_another_browser_cannot_use_it(door):
    visitor, thief = at_the_form(door), door.visitor()
    sealed = visitor.cookie("kykypolku-visit")
    assert sealed
    assert NEWCOMER not in sealed
    [given] = [text for text in identify(door.visitor(), NEWCOMER).headers.getlist("Set-Cookie") if "visit" in text]
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    thief.get("/oma/sign-in")
    thief.client.set_cookie("kykypolku-visit", sealed)
    assert thief.get("/oma/contact/form").status_code == 303
    visitor.client.set_cookie("kykypolku-visit", sealed[:-6] + "AAAA==")
    assert visitor.get("/oma/contact/form").status_code == 303


def test_after_an_hour_one_is_identified_anew(door):
    visitor = at_the_form(door)
    token = visitor.token("/oma/contact/form")
    door.place.later(minutes=61)
    assert visitor.post("/oma/contact/form", TOLD, token=token).status_code == 401
    assert not [row for row in rows(door, process_instance) if row.process_id == "tyky_yhteys"]


def test_what_was_typed_stays_where_something_is_wrong(door):
    page = send(at_the_form(door), puhelin="ei", soittoaika_lisa="En voi maanantaina").text
    assert "En voi maanantaina" in page
    assert "Selkä ei kestä työtä." in page
    assert page.index("Hätätilanteessa soita 112.") < page.index("Uuno Uusi")


def test_words_of_an_offence_and_too_long_texts_are_refused(door):
    visitor = at_the_form(door)
    assert send(visitor, yhteydenoton_syy="Sain tuomion varkaudesta").status_code == 422
    assert send(visitor, yhteydenoton_syy="a" * 1001).status_code == 422
    assert len(rows(door, client)) == 2


def test_sending_again_makes_nothing_more(door):
    visitor = at_the_form(door)
    kept = visitor.cookie("kykypolku-visit")
    guest = visitor.cookie("kykypolku-guest")
    send(visitor)
    before = rows_of_all(door)
    again = door.visitor()
    again.client.set_cookie("kykypolku-visit", kept)
    again.client.set_cookie("kykypolku-guest", guest)
    assert send(again).headers["Location"] == "/oma"
    assert "Sinulla on jo asia meillä" in again.get("/oma").text
    after = rows_of_all(door)
    for table in ("client", "care_case", "process_instance", "case_answer"):
        assert after[table] == before[table], table


def test_a_client_with_an_open_case_is_let_in_and_not_asked(door):
    visitor = door.visitor()
    assert identify(visitor, CODES["matti"]).headers["Location"] == "/oma"
    assert visitor.get("/oma/contact").headers["Location"] == "/oma"


def test_a_client_whose_case_has_ended_may_ask_anew_and_keeps_the_name(door):
    case_key = door.cases["matti"]
    door.place.executor.run(lambda uow: uow.care.cases.close(case_key, outcome="TARVE_PAATTYNYT", now=door.place.now))
    visitor = door.visitor()
    identify(visitor, CODES["matti"])
    assert "/oma/contact" in visitor.get("/oma").text
    token = visitor.token("/oma/contact")
    assert visitor.post("/oma/contact", {"municipality": HERE}, token=token).status_code == 303
    assert send(visitor, nimi="Joku Muu").headers["Location"] == "/oma"
    known = door.place.executor.read(lambda uow: uow.care.clients.get(door.clients["matti"]))
    assert (known.identity.name, known.identity.phone) == ("Matti Esimerkki", "040 555 5555")
    assert len(rows(door, client)) == 2


def test_a_link_opens_no_first_contact(door):
    case_key = door.cases["matti"]
    visitor = door.come_in("matti")
    door.place.executor.run(lambda uow: uow.care.cases.close(case_key, outcome="TARVE_PAATTYNYT", now=door.place.now))
    assert visitor.get("/oma/contact").headers["Location"] == "/oma"
    assert "/oma/contact" not in visitor.get("/oma").text


def test_too_many_cases_in_a_month_are_for_the_telephone(door):
    for number in range(3):
        assert send(at_the_form(door) if number == 0 else returning(door)).status_code == 303
        instance = [row for row in rows(door, process_instance) if row.process_id == "tyky_yhteys"]
        for row in instance:
            door.place.executor.run(
                lambda uow, row=row: uow.care.cases.close(row.case_key, outcome="PERUTTU", now=door.place.now)
            )
        door.place.later(minutes=1)
    answer = send(returning(door))
    assert answer.status_code == 422
    assert "jo monta kertaa" in answer.text


def returning(door):
    visitor = door.visitor()
    identify(visitor, NEWCOMER)
    visitor.post("/oma/contact", {"municipality": HERE}, token=visitor.token("/oma/contact"))
    return visitor


def test_where_the_area_takes_no_contacts_it_is_said(door):
    visitor = door.visitor()
    identify(visitor, NEWCOMER)
    token = visitor.token("/oma/contact")
    assert visitor.post("/oma/contact", {"municipality": ""}, token=token).status_code == 422
    assert "ei toimi kunnassasi" in visitor.post("/oma/contact", {"municipality": "other"}, token=token).text
    visitor.post("/oma/contact", {"municipality": ELSEWHERE}, token=token)
    page = visitor.get("/oma/contact/form").text
    assert "ei toimi kunnassasi" in page
    assert 'name="puhelin"' not in page
    assert send(visitor).status_code == 200
    assert len(rows(door, client)) == 2


def test_a_protected_address_leaves_no_municipality(door):
    send(at_the_form(door), turvakielto="true")
    [case] = [row for row in rows(door, care_case) if row.key == sent_instance(door).case_key]
    assert case.municipality == ""


def test_nobody_begins_there_by_hand(door):
    """Not the staff who may start the process otherwise, and not a client within an open case."""
    visitor = door.come_in("matti")
    address = f"/oma/start/tyky_yhteys?case={door.cases['matti']}&event=oma"
    assert visitor.get(address).status_code == 404
    staff = Visitor(door.app)
    staff.sign_in("owner")
    assert 'value="oma"' not in staff.get("/start").text
