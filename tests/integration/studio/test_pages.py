"""The studio's pages without script: what was typed is kept, what is wrong is said, who was faster is told."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import datetime
from html import unescape

import pytest

from app.storage.database import Database
from tests.scenarios.world import PROCESSES, Person, World

CLOCK = datetime.fromisoformat("2026-03-02T09:00:00+02:00")
TABLE, FORM = "/studio/tables/dmn_halytys", "/studio/forms/f_tunnistus"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('studio') / 'studio.db'}")
    yield World(database, clock=CLOCK)
    database.close()


@pytest.fixture
def owner(world):
    yield Person(world, "outi.omistaja")
    with world.executor.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM model_draft")


def inputs(page):
    """Return what stands in the page's fields, as a browser would send it."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    fields |= re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', page.text)
    return {name: unescape(text) for name, text in fields.items() if name != "csrf_token"}


def send(owner, address, **changes):
    page = owner.get(address)
    return owner.post(address, inputs(page) | changes, page=page)


def cell(owner, name):
    return inputs(owner.get(TABLE))[name]


def test_a_table_is_edited_row_by_row(owner):
    first, second = cell(owner, "cell.1.0"), cell(owner, "cell.2.0")
    assert send(owner, TABLE, action="down:1").status_code == 303
    assert (cell(owner, "cell.1.0"), cell(owner, "cell.2.0")) == (second, first)
    moved = send(owner, TABLE, action="add", **{"cell.1.0": '"koe"'})
    assert moved.headers["Location"] == f"{TABLE}#row-add"
    assert (cell(owner, "cell.1.0"), cell(owner, "cell.10.0")) == ('"koe"', "")


def test_a_wrong_cell_is_kept_and_says_what_is_wrong(owner):
    send(owner, TABLE, **{"cell.1.0": 'not("tyossa_tth"'})
    page = owner.get(TABLE)
    assert cell(owner, "cell.1.0") == 'not("tyossa_tth"'
    assert 'aria-describedby="cell.1.0-problem"' in page.text
    assert page.text.count("aria-invalid") == 1
    assert 'href="#cell.1.0"' in page.text


def test_a_table_is_tried_with_values_and_nothing_is_stored(owner, world):
    answer = send(
        owner,
        TABLE,
        action="try",
        **{"input.tyotilanne": "tyoton", "input.toivoo_ohjausta": "true", "input.summa": "0"},
    )
    assert answer.status_code == 200
    assert "Osuvat rivit: 1" in answer.text
    assert "TARJOA_ALKUPALVELU" in unescape(answer.text)
    assert 'value="tyoton"' in answer.text
    assert world.executor.read(lambda uow: uow.model_drafts.lines(seen_by=None)) == []


@pytest.mark.parametrize("value", ["{", "NaN", "[" * 900, "1e999", "<b>", "  "])
def test_a_table_is_tried_with_anything(owner, value):
    answer = send(owner, TABLE, action="try", **{"input.tyotilanne": value, "input.summa": value})
    assert answer.status_code == 200


def test_who_saves_second_keeps_what_was_typed_and_may_save_over(owner):
    page = owner.get(FORM)
    typed = inputs(page)["content"].replace("Yhteydenottolupa", "Toinen otsikko")
    assert send(owner, FORM, content='{"id": "f_tunnistus"}', action="save").status_code == 303
    answer = owner.post(FORM, inputs(page) | {"content": typed, "action": "save"}, page=page)
    assert answer.status_code == 409
    assert "Outi Näyte tallensi luonnoksen" in answer.text
    assert inputs(answer)["content"] == typed.replace("\r\n", "\n")
    assert owner.post(FORM, inputs(answer) | {"action": "save"}, page=answer).status_code == 303
    assert "Toinen otsikko" in inputs(owner.get(FORM))["content"]


def test_a_form_that_is_no_form_is_kept_and_said_to_be_none(owner):
    for content in ('{"id": ', "[1]", '{"id": "f_tunnistus", "sections": [{"fields": [{"type": "kissa"}]}]}', ""):
        assert send(owner, FORM, content=content, action="save").status_code == 303
        page = owner.get(FORM)
        assert "estää julkaisemisen" in page.text
        assert inputs(page)["content"] == content


def test_a_file_that_cannot_be_imported_is_refused_with_what_was_pasted(owner):
    page = owner.get("/studio/import")
    for content, text in (
        ("<definitions", "oikeamuotoista XML"),
        ("<!DOCTYPE x><a/>", "DOCTYPE"),
        ("<html/>", "ei ole BPMN-kaavio"),
        ("{}", "on oltava tunniste"),
    ):
        answer = owner.post("/studio/import", {"content": content}, page=page)
        assert answer.status_code == 422
        assert text in unescape(answer.text)
        assert inputs(answer)["content"] == content


DRAWN = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"><process id="{id}">'
    '<startEvent id="s"/><exclusiveGateway id="g" name="Mihin?"/><task id="a"/><task id="b"/>'
    '<sequenceFlow id="sg" sourceRef="s" targetRef="g"/><sequenceFlow id="ga" sourceRef="g" targetRef="a"/>'
    '<sequenceFlow id="gb" sourceRef="g" targetRef="b"/></process></definitions>'
)


def test_the_report_of_an_import_says_what_is_to_be_decided_at_its_element(owner):
    page = owner.get("/studio/import")
    sent = owner.post("/studio/import", {"content": DRAWN.format(id="tuotu_polku")}, page=page)
    report = owner.get(sent.headers["Location"]).text
    assert "Päätettävää" in report
    assert 'href="/studio/processes/tuotu_polku/edit?element=g"' in report
    assert report == owner.get(sent.headers["Location"]).text


def test_a_zip_is_imported_file_by_file(owner):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("polut/yksi.bpmn", DRAWN.format(id="zip_yksi"))
        package.writestr("polut/rikki.bpmn", "<definitions")
        package.writestr("polut/kuva.png", b"\x89PNG")
    page = owner.get("/studio/import")
    report = owner.post("/studio/import", {"file": (io.BytesIO(packed.getvalue()), "polut.zip")}, page=page)
    assert report.status_code == 200
    assert "polut/yksi.bpmn" in report.text
    assert "oikeamuotoista XML" in unescape(report.text)
    assert "kuva.png" not in report.text
    broken = io.BytesIO(b"PK\x03\x04 rikki")
    locked = owner.post("/studio/import", {"file": (broken, "polut.zip")}, page=page)
    assert locked.status_code == 422
    assert "Zip-pakettia ei voi avata" in locked.text


def test_an_import_over_a_draft_is_told_and_may_become_an_own_copy(owner):
    page = owner.get("/studio/import")
    content = (PROCESSES / "tyky_omahoito" / "tyky_omahoito.bpmn").read_text("utf-8")
    first = owner.post("/studio/import", {"content": content}, page=page)
    assert first.status_code == 303
    again = owner.post("/studio/import", {"content": content}, page=page)
    assert again.status_code == 409
    assert 'name="copy"' in again.text
    copy = owner.post("/studio/import", {"content": content, "copy": "1"}, page=page)
    assert copy.status_code == 303
    assert copy.headers["Location"] != first.headers["Location"]


@pytest.mark.parametrize(
    "address",
    [
        "/studio/processes/ei_ole",
        "/studio/processes/ei_ole/edit",
        "/studio/tables/ei_ole",
        "/studio/forms/ei_ole",
        "/studio/source/bpmn/ei_ole",
        "/studio/source/exe/tyky_omahoito",
        "/studio/publish",
        "/studio/publish?draft=1",
        "/studio/imported/1",
        "/studio/original/abc",
        "/studio/tables/dmn_halytys?copy=1x",
    ],
)
def test_what_is_not_there_is_not_found(owner, address):
    assert owner.client.get(address).status_code == (200 if "copy" in address else 404)


def test_a_broken_draft_is_refused_at_publishing_by_what_the_check_said(owner):
    send(owner, TABLE, **{"cell.1.0": 'not("tyossa_tth"'})
    address = re.search(r'href="(/studio/publish\?draft=\d+)"', owner.get(TABLE).text)[1]
    page = owner.get(address)
    chosen = re.search(r'name="chosen" value="([^"]+)"', page.text)[1]
    fields = {"draft": chosen.split(":")[0], "chosen": chosen}
    answer = owner.post("/studio/publish", fields, page=page)
    assert answer.status_code == 422
    assert "ei voi lukea" in answer.text
    stale = owner.post("/studio/publish", fields | {"chosen": f"{fields['draft']}:7"}, page=page)
    assert stale.status_code == 409
    for wrong in ("x", "1", f"{fields['draft']}:", f"{fields['draft']}:{'9' * 30}"):
        assert owner.post("/studio/publish", fields | {"chosen": wrong}, page=page).status_code == 400


def test_what_may_go_wrong_is_warned_of_and_does_not_refuse(owner):
    source = owner.client.get("/studio/source/bpmn/tyky_omahoito").text
    # one of the two ways to a merge now waits for the other, which never comes with it
    stuck = source.replace("</bpmn:process>", STUCK + "</bpmn:process>", 1)
    checked = owner.post("/studio/check/bpmn", {"content": stuck}, page=owner.get("/studio")).get_json()
    warnings = {line["code"]: line for line in checked["problems"] if line["severity"] == "warning"}
    warning = warnings["may_get_stuck"]
    assert warning["place"] == "ylim_liittyma"
    # nor does anything lead to the part, or on from it
    assert {"incoming_missing", "outgoing_missing"} < warnings.keys()
    assert "Ylimääräinen" in warning["text"]
    assert warning["remedy"]
    assert checked["text"] == f"Mikään ei estä julkaisemista. {len(warnings)} varoitusta."


#: beside the flow of a process: a choice whose ways meet where both are waited for
STUCK = (
    '<bpmn:subProcess id="ylim" name="Ylimääräinen osa"><bpmn:startEvent id="ylim_alku"/>'
    '<bpmn:exclusiveGateway id="ylim_valinta" name="Kumpi?" default="ylim_2"/>'
    '<bpmn:task id="ylim_tehtava" name="Ylimääräinen"/><bpmn:parallelGateway id="ylim_liittyma"/>'
    '<bpmn:endEvent id="ylim_loppu"/>'
    '<bpmn:sequenceFlow id="ylim_0" sourceRef="ylim_alku" targetRef="ylim_valinta"/>'
    '<bpmn:sequenceFlow id="ylim_1" sourceRef="ylim_valinta" targetRef="ylim_tehtava">'
    "<bpmn:conditionExpression>=true</bpmn:conditionExpression></bpmn:sequenceFlow>"
    '<bpmn:sequenceFlow id="ylim_2" sourceRef="ylim_valinta" targetRef="ylim_liittyma"/>'
    '<bpmn:sequenceFlow id="ylim_3" sourceRef="ylim_tehtava" targetRef="ylim_liittyma"/>'
    '<bpmn:sequenceFlow id="ylim_4" sourceRef="ylim_liittyma" targetRef="ylim_loppu"/></bpmn:subProcess>'
)


def test_a_rule_is_listed_opened_and_its_publishing_says_what_it_touches(owner):
    listed = owner.get("/studio").text
    assert "Yhteiset säännöt" in listed
    assert 'href="/studio/processes/x5_tavoittelu/edit"' in listed
    assert "/studio#rules" in owner.get("/studio/processes/x5_tavoittelu/edit").text
    source = owner.client.get("/studio/source/bpmn/x5_tavoittelu").text
    address = "/studio/drafts/bpmn/x5_tavoittelu"
    changed = source.replace("</bpmn:definitions>", "<!-- --></bpmn:definitions>").replace(
        'id="x5_tavoittelu" name="', 'id="x5_tavoittelu" name="Uusi: ', 1
    )
    fields = {"content": changed, "revision": "0", "base": hashlib.sha256(source.encode()).hexdigest()}
    page = owner.get("/studio")
    saved = owner.post(address, fields, page=page).get_json()
    looked = owner.get(saved["publish"])
    # a new name of the rule is no part of what its pathways run
    assert "ne pitävät nykyisen versionsa" in looked.text
    assert "Uuden version saavat myös nämä prosessit" not in looked.text
    assert "tyky_ajanvaraus" in looked.text
    draft, chosen = (re.search(rf'name="{name}" value="([^"]+)"', looked.text)[1] for name in ("draft", "chosen"))
    answer = owner.post("/studio/publish", {"draft": draft, "chosen": chosen}, page=looked)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/studio#rules")
    assert "Uusi: " in owner.get("/studio").text
