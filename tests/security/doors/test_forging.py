"""What somebody adds to a form, changes in it or takes from it: only answers of the form are ever accepted (S17)."""

from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import select

from app.storage.tables.care import care_case, case_answer, client, document
from app.storage.tables.instances import process_instance, variable
from app.storage.tables.work import user_task
from tests.security.doors.office import ELSEWHERE

GOOD = {"jatkuu": "true", "maara": "4"}
FORGED_NAMES = [
    "tiedossa",
    "kaksin",
    "asia_id",
    "_system",
    "_row",
    "__proto__",
    "__proto__[x]",
    "constructor.prototype.x",
    "__class__",
    "case_key",
    "area_id",
    "organisation_id",
    "controller_org_id",
    "assignee",
    "status",
    "loopCounter",
    "toimet-0-__proto__",
    "toimet-0-_id",
    "jatkuu.x",
    "jatkuu[]",
    "asia.terveys_huoli",
    "client.identity_code",
    "",
    "\x00",
    "x" * 5000,
]


def variables(office):
    query = select(variable.c.name, variable.c.value).where(variable.c.instance_key == office.probe_instance)
    return {row.name: row.value for row in office.rows(query)}


def answers(office):
    query = select(case_answer.c.field).where(case_answer.c.task_key == office.probe_task)
    return {row.field for row in office.rows(query)}


def status(office):
    return office.scalar(select(user_task.c.status).where(user_task.c.key == office.probe_task))


def test_the_form_as_it_is_is_accepted(office):
    assert office.answer_probe(**GOOD).status_code == 303
    assert (status(office), answers(office)) == ("completed", {"jatkuu", "maara", "toimet", "liite"})
    assert {name: variables(office)[name] for name in ("jatkuu", "maara", "kaksin")} == {
        "jatkuu": True,
        "maara": 4,
        "kaksin": 8,
    }


@pytest.mark.parametrize("name", FORGED_NAMES, ids=lambda name: repr(name)[:30])
def test_a_name_that_the_form_does_not_ask_is_refused_and_nothing_is_stored(office, name):
    before = variables(office)
    answer = office.answer_probe(**GOOD, **{name: "true"})
    assert answer.status_code == (400 if "\x00" in name else 422)
    assert (status(office), answers(office), variables(office)) == ("open", set(), before)


@pytest.mark.parametrize(
    "change",
    [
        {"maara": "11"},
        {"maara": "4; DROP TABLE client"},
        {"maara": "1e400"},
        {"maara": "NaN"},
        {"maara": ["4", "5"]},
        {"jatkuu": "True"},
        {"jatkuu": "1"},
        {"jatkuu": ""},
        {"jatkuu": ["true", "false"]},
        {"jatkuu": "false", "salattu": "b"},
        {"toimet-0-mita": "a" * 501},
        {f"toimet-{row}-mita": "a" for row in range(4)},
        {"liite": "123456"},
        {"liite": "../../etc/passwd"},
    ],
    ids=str,
)
def test_a_value_that_the_form_does_not_offer_is_refused_and_nothing_is_stored(office, change):
    before = variables(office)
    answer = office.answer_probe(**(GOOD | change))
    assert answer.status_code == 422
    assert (status(office), answers(office), variables(office)) == ("open", set(), before)


def test_a_hidden_field_sends_nothing_whatever_is_sent_for_it(office):
    assert office.answer_probe(**GOOD, salattu="a").status_code in {303, 422}
    assert "salattu" not in answers(office)
    assert variables(office).get("salattu") is None


def test_the_address_and_its_query_change_nothing_of_whose_it_is(office):
    office.execute(client.update().values(area_id="keski_suomi"))
    person = office.people["tero.terveydenhoitaja"]
    page = person.get(f"/tasks/{office.probe_task}")
    answer = person.post(
        f"/tasks/{office.probe_task}?case=1&area_id=rovaniemi&organisation_id=o_kela&actor=1", GOOD, page=page
    )
    assert answer.status_code == 303
    (row,) = office.rows(select(process_instance).where(process_instance.c.key == office.probe_instance))
    assert (row.area_id, row.case_key) == ("keski_suomi", office.case)
    assert {row.controller_org_id for row in office.rows(select(case_answer))} == {"o_sote_keskus"}


def test_a_body_of_another_kind_answers_nothing(office):
    person = office.people["tero.terveydenhoitaja"]
    token = office.token(person)
    for content_type, body in (
        ("application/json", json.dumps({"jatkuu": True, "csrf_token": token})),
        ("text/xml", "<jatkuu>true</jatkuu>"),
        ("multipart/form-data; boundary=x", "--x\r\nbroken"),
        ("application/x-www-form-urlencoded; charset=utf-7", "jatkuu=+AHQAcgB1AGU-"),
    ):
        answer = person.client.post(
            f"/tasks/{office.probe_task}", data=body, content_type=content_type, headers={"X-CSRF-Token": token}
        )
        assert answer.status_code in {400, 422}, content_type
    assert status(office) == "open"


@pytest.mark.parametrize("part", [{f"n{number}": "x" for number in range(3000)}, {"jatkuu": "x" * 3_000_000}], ids=len)
def test_a_form_without_measure_is_refused(office, part):
    assert office.answer_probe(**part).status_code in {400, 413, 422}
    assert status(office) == "open"


def test_a_draft_keeps_no_more_than_a_person_can_type(office):
    person = office.people["tero.terveydenhoitaja"]
    answer = office.send(person, f"/tasks/{office.probe_task}/draft", {"jatkuu": "x" * 1_200_000})
    assert answer.status_code == 422


def test_the_start_page_starts_nothing_but_what_the_person_may_start(office):
    person = office.people["jaana.jarjesto"]
    instances = len(office.rows(select(process_instance.c.key)))
    for event in ("a0_yhteydenotto", "loppu_alkupalvelu", "x", "a1_yhteydenotto"):
        answer = office.send(person, "/start/tyky_ajanvaraus", {"start_event": event})
        assert answer.status_code in {403, 404, 422}, event
    assert office.send(person, "/start/tyky_omahoito").status_code == 404
    assert office.send(person, f"/start/{office.definition}").status_code == 404
    assert len(office.rows(select(process_instance.c.key))) == instances


def test_who_one_is_cannot_be_sent(office):
    """Names of session, unit and person in a form or a header change nothing of who acts."""
    person = office.people["kirsi.malli"]
    forged = {"user_key": "1", "person": "paavo.paakayttaja", "unit": "u_rovaniemi_sote", "roles": "r_yllapitaja"}
    headers = {"X-Forwarded-User": "paavo.paakayttaja", "X-Remote-User": "paavo.paakayttaja", "X-Roles": "r_yllapitaja"}
    answer = person.client.post(
        "/monitor/instances/1/cancel", data={**forged, "csrf_token": office.token(person)}, headers=headers
    )
    assert answer.status_code == 403
    assert person.client.get("/monitor", headers=headers).status_code == 403
    assert office.send(person, "/session/unit", {"unit": "u_rovaniemi_sote"}).status_code == 403


def test_an_upload_is_told_by_its_content_and_by_nothing_else(office):
    """S33: what a browser would run is never kept, whatever it calls itself."""
    person = office.people["tero.terveydenhoitaja"]
    page = person.get(f"/tasks/{office.probe_task}")
    before = len(office.rows(select(document.c.key)))
    for name, content in (
        ("hei.pdf", b"<!doctype html><script>alert(1)</script>"),
        ("hei.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("hei.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("hei.html", b"<p>hei</p>"),
        ("hei.exe", b"MZ\x90\x00"),
        ("hei.pdf", b"MZ\x90\x00\x03"),
        ("hei.docx", b"PK\x03\x04 nothing of a zip"),
        ("hei.txt", b"\x00\x01\x02"),
        ("hei", b"%PDF-1.7"),
        ("hei.pdf", b""),
        ("hei.pdf.exe", b"%PDF-1.7"),
        ("hei.png", b"\xff\xd8\xff"),
    ):
        answer = person.post(
            f"/tasks/{office.probe_task}", {**GOOD, "liite": (io.BytesIO(content), name, "application/pdf")}, page=page
        )
        assert answer.status_code == 422, (name, content)
    assert status(office) == "open"
    assert len(office.rows(select(document.c.key))) == before


def test_a_file_above_the_limit_is_refused(office):
    answer = office.answer_probe(**GOOD, liite=(io.BytesIO(b"%PDF-1.7" + b" " * (21 * 1024 * 1024)), "iso.pdf"))
    assert answer.status_code in {413, 422}
    answer = office.answer_probe(**GOOD, liite=(io.BytesIO(b"%PDF-1.7" + b" " * (26 * 1024 * 1024)), "iso.pdf"))
    assert answer.status_code == 413
    assert status(office) == "open"


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd.pdf", "..\\..\\boot.pdf", "a\r\nSet-Cookie: x=1.pdf", 'a"; x=".pdf', "a" * 400 + ".pdf"],
)
def test_a_file_goes_out_under_a_name_of_ours_and_never_as_a_page(office, name):
    """S32: the name that somebody gave stands in no header and in no path."""
    answer = office.answer_probe(**GOOD, liite=(io.BytesIO(b"%PDF-1.7 <script>alert(1)</script>"), name))
    if answer.status_code == 422:
        assert status(office) == "open"
        return
    key = max(row.key for row in office.rows(select(document.c.key).where(document.c.document_class == "liite")))
    sent = office.people["tero.terveydenhoitaja"].get(f"/documents/{key}")
    assert sent.headers["Content-Disposition"] == f'attachment; filename="{key}.pdf"'
    assert sent.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Cache-Control"] == "no-store"
    assert sent.mimetype == "application/pdf"
    assert "x" not in {cookie.split("=")[0] for cookie in sent.headers.getlist("Set-Cookie")}
    # a health document: not for who keeps the calendar, nor for the namesake elsewhere
    assert office.people["anni.ajanvaraaja"].client.get(f"/documents/{key}").status_code == 404
    assert office.people[f"tero.terveydenhoitaja{ELSEWHERE}"].client.get(f"/documents/{key}").status_code == 404


@pytest.mark.parametrize(
    "path", ["../../settings.py", "..%2f..%2fsettings.py", "%2e%2e/%2e%2e/app/settings.py", "/etc/passwd"]
)
def test_no_path_leads_out_of_what_is_served(office, path):
    person = office.people["anni.ajanvaraaja"]
    for start in ("/assets/", "/documents/", "/processes/", "/start/"):
        answer = person.client.get(start + path)
        assert answer.status_code in {303, 308, 404}, start
        assert "import" not in answer.text


def test_the_case_s_number_and_controller_are_never_from_a_form(office):
    before = office.rows(select(care_case))
    office.answer_probe(**GOOD, case_number="2020-00001", number="2020-00001")
    assert office.rows(select(care_case)) == before
