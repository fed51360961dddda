"""The pages of the consultation hour, through the door: asking, leading, the group; without script."""

from __future__ import annotations

import re

import pytest

from app.domain.consultation import SessionStatus
from app.settings import Settings
from app.storage.tables.people import access_log, audit
from app.web import create_app
from tests.integration.test_consultation import ANSWER, TEXTS, fields, key_of, make_hour, own_items, queue, sessions
from tests.web import Visitor


@pytest.fixture
def place(sqlite_database):
    return make_hour(sqlite_database)


@pytest.fixture
def visit(place, tmp_path):
    settings = Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")
    app = create_app(place.executor, settings, clock=lambda: place.now)

    def sign_in(person):
        visitor = Visitor(app)
        assert visitor.sign_in(person).status_code == 303
        return visitor

    return sign_in


AREA = "keski_suomi"
ASK = {name: value if name == "aihe" else value[0] for name, value in fields().items()} | {"area": AREA, "act": "send"}


def test_who_brings_an_item_is_told_what_stands_in_its_way_and_what_was_typed_stays(place, visit):
    sari = visit("sari")
    page = sari.get("/consultation")
    assert "Tuo asia tunnille" in page.text
    assert "Tämä riski jää:" in page.text
    form = sari.get(f"/consultation/ask?area={AREA}")
    assert re.search(r'value="sosiaalityontekija"\s+checked|value="sosiaalityontekija" selected', form.text)

    stopped = sari.post("/consultation/ask", ASK | {"tilanne": "Asiakas 230284-912J on epävarma <b>"})
    assert stopped.status_code == 422
    assert "Tekstiä ei voi lähettää" in stopped.text
    assert '<mark data-color="danger">230284-912J' in stopped.text
    assert "&lt;b&gt;" in stopped.text

    asked = sari.post("/consultation/ask", ASK | {"tilanne": "42-vuotias nainen on epävarma"})
    assert asked.status_code == 422
    mark = re.search(r'name="confirmed" value="([0-9a-f]+)"', asked.text)[1]
    sent = sari.post("/consultation/ask", ASK | {"tilanne": "42-vuotias nainen on epävarma", "confirmed": mark})
    assert (sent.status_code, sent.location) == (303, f"/consultation?area={AREA}")
    assert "Jonossa numerona 1" in sari.get(sent.location).text
    # the person's language counts
    missing = sari.post("/consultation/ask", ASK | {"kysymys": "", "vakuutus": "false"})
    assert missing.status_code == 422
    assert TEXTS["tilanne"] in missing.text


def test_the_check_answers_the_script_and_the_button(place, visit):
    sari = visit("sari")
    found = sari.post("/consultation/check", {"area": AREA, "kysymys": "Soita 040 123 4567"})
    assert found.json["stopped"]
    assert found.json["said"] == "Tarkistus löysi 1 kohdan."
    assert "puhelinnumero" in found.json["html"]
    pressed = sari.post("/consultation/ask", ASK | {"act": "check", "kysymys": "Auttaako tiimi?"})
    assert pressed.status_code == 200
    assert "Tarkistus ei löytänyt tunnisteita" in pressed.text
    assert queue(place, sessions(place)[0]) == []


def test_an_hour_is_led_on_its_working_screen(place, visit):
    [session, following] = sessions(place)
    sari, fanni = visit("sari"), visit("fanni")
    for person in ("sari", "sini"):
        visit(person).post("/consultation/ask", ASK)
    place.now = session.starts_at
    sari, fanni = visit("sari"), visit("fanni")
    address = f"/consultation/sessions/{session.key}"
    assert sari.get(address).status_code == 403
    assert "Pelisäännöt" in fanni.get(address).text
    assert fanni.post(f"{address}/open").status_code == 422
    assert fanni.post(f"{address}/open", {"rules": "read"}).status_code == 303
    # an expert looks on
    assert TEXTS["tilanne"] in visit("kela").get(address).text
    fanni.post(f"{address}/present", {"present": str(key_of(place, "kela"))})
    fanni.post(f"{address}/walk-in", {"topics": "tarvitseeko_arviointia"})
    assert fanni.post(f"{address}/walk-in").status_code == 422
    first, second, _ = queue(place, session)
    fanni.post(f"{address}/take", {"item": str(first.key)})
    assert fanni.post(f"{address}/answer", {"item": str(first.key)}).status_code == 422
    answer = {name: value[0] for name, value in ANSWER.items()} | {"item": str(first.key)}
    stopped = fanni.post(f"{address}/answer", answer | {"ratkaisu": "Soita 040 123 4567"})
    assert stopped.status_code == 422
    assert "puhelinnumero" in stopped.text
    assert fanni.post(f"{address}/answer", answer).status_code == 303
    assert fanni.post(f"{address}/answer", answer).status_code == 409
    fanni.post(f"{address}/pass", {"item": str(second.key)})
    assert fanni.post(f"{address}/close", {"learnt": "Soita 040 123 4567"}).status_code == 422
    assert fanni.post(f"{address}/close", {"learnt": "Tiimi ajoissa."}).status_code == 303
    shown = fanni.get(address).text
    assert "Tiimi ajoissa." in shown
    assert [each.status for each in sessions(place, SessionStatus.HELD)] == ["held"]
    assert len(queue(place, following)) == 2
    assert "Tiimi ja terveystarkastus." in sari.get("/consultation").text
    assert "Tiimi ja terveystarkastus." not in visit("sini").get("/consultation").text


def test_own_items_are_taken_back_and_those_of_others_are_not_there(place, visit):
    sari = visit("sari")
    sari.post("/consultation/ask", ASK)
    [item] = own_items(place, "sari")
    fields = {"item": str(item.key), "area": AREA}
    assert visit("sini").post("/consultation/withdraw", fields).status_code == 404
    assert sari.post("/consultation/withdraw", fields).status_code == 303
    assert "Et ole tuonut asioita" in sari.get("/consultation").text


def test_the_group_is_arranged_on_its_page(place, visit):
    fanni = visit("fanni")
    assert visit("sari").get(f"/consultation/group?area={AREA}").status_code == 403
    assert "Vuoro 2" in fanni.get(f"/consultation/group?area={AREA}").text
    chosen = {"area": AREA, "facilitators": [str(key_of(place, "ville")), ""], "experts": str(key_of(place, "kela"))}
    wrong = fanni.post("/consultation/group", chosen | {"remote_link": "http://kokous.example"})
    assert wrong.status_code == 422
    assert "http://kokous.example" in wrong.text
    assert fanni.post("/consultation/group", chosen | {"remote_link": "https://kokous.example"}).status_code == 303
    assert "https://kokous.example" in visit("sari").get("/consultation").text


def test_neither_log_says_who_asks_and_no_address_names_an_item(place, visit):
    [session, _] = sessions(place)
    sari = visit("sari")

    def lines():
        with place.executor.database.engine.connect() as connection:
            return [connection.execute(table.select()).all() for table in (audit, access_log)]

    before = lines()
    sari.get("/consultation")
    sari.post("/consultation/ask", ASK | {"tilanne": "Asiakas 230284-912J"})
    sari.post("/consultation/ask", ASK)
    [item] = own_items(place, "sari")
    assert lines() == before
    # a refused attempt is logged, and names no item
    visit("sini").post(f"/consultation/sessions/{session.key}/take", {"item": str(item.key)})
    assert str(item.key) not in str(lines())
