"""Texts that want to be code: markup in what people and diagrams say, SQL in what is looked for, lines in logs."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import datetime

import pytest
import structlog
from sqlalchemy import func, select

from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.client import Identity
from app.logs import configure_logs
from app.queries.cursors import write_cursor
from app.storage.tables.care import client
from tests.factories import AREA, chain, diagram, user_step
from tests.scenarios.world import hidden
from tests.security.doors.office import CLOCK

SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(2)>{{7*7}}${7*7}"
IN_XML = SCRIPT.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
SQL = [
    "' OR '1'='1",
    "'; DROP TABLE client; --",
    "%' UNION SELECT password_hash FROM user_account --",
    "\\",
    "%",
    "_",
    "\x00",
    "due; SELECT 1",
    "key) --",
    "1" * 400,
    "9" * 5000,
    write_cursor("x", 1),
    write_cursor(10**30, 1),
    write_cursor(5, 1),
    write_cursor(datetime(2026, 3, 2), 1),  # noqa: DTZ001 - what nobody of ours writes
    write_cursor(CLOCK, 10**30),
    write_cursor(CLOCK, -1),
    "\ud800",
    "{{7*7}}",
]


def assert_tame(page):
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<svg/onload" not in page
    assert "onerror=alert(1)>" not in page
    assert not re.search(r">\s*49\s*<", page), "a template of the text was carried out"


# -- S9, S37: markup and templates ------------------------------------------------------------


@pytest.fixture
def marked(office):
    """A process, a step, a client, a person and a file name that are full of markup."""
    body = '<bpmn:startEvent id="alku"/>' + user_step("a", groups="r_ajanvaraaja") + chain("alku", "a")
    xml = diagram(body, process_id="merkattu").decode()
    xml = xml.replace('name="Koeprosessi"', f'name="{IN_XML}"').replace('name="Tehtävä a"', f'name="{IN_XML}"')
    run = office.executor.run
    run(publish, resources={"m.bpmn": xml.encode()}, actor=SYSTEM, now=CLOCK)

    def rename(uow):
        known = uow.care.clients.get(office.client)
        uow.care.clients.change(known, identity=Identity(name=SCRIPT, phone=SCRIPT[:40]), needs=known.needs)

    run(rename)
    office.execute("UPDATE user_account SET name = '<script>alert(3)</script>' WHERE username = 'anni.ajanvaraaja'")
    started = run(start_instance, process_id="merkattu", actor=SYSTEM, case_key=office.case, area_id=AREA, now=CLOCK)
    office.world.instance = started.instance_key
    return office


def test_markup_in_names_stays_text_on_every_page(marked):
    task, instance = marked.world.open_tasks()["a"], marked.world.instance
    pages = {
        "anni.ajanvaraaja": ["/worklist?tab=all", f"/tasks/{task}", f"/cases/{marked.case}", "/cases", "/start"],
        "kirsi.malli": [f"/cases/{marked.case}", "/accessibility"],
        "paavo.paakayttaja": ["/monitor", f"/monitor/instances/{instance}", "/monitor/processes", "/monitor/messages"],
    }
    shown = 0
    for name, addresses in pages.items():
        for address in addresses:
            page = marked.people[name].get(address).text
            assert_tame(page)
            shown += "&lt;script&gt;alert" in page
    assert shown >= 5, "the texts are there, as texts"
    found = marked.send(marked.people["kirsi.malli"], "/cases/search", {"client": "script alert"})
    assert_tame(found.text)


def test_what_was_typed_comes_back_as_text(office):
    person = office.people["tero.terveydenhoitaja"]
    address = f"/tasks/{office.probe_task}"
    assert_tame(person.post(address, {"jatkuu": SCRIPT, "maara": SCRIPT}, page=person.get(address)).text)
    office.send(person, f"{address}/draft", {"toimet-0-mita": SCRIPT, "toimet-0-_row": "1"})
    page = person.get(address).text
    assert_tame(page)
    assert "&lt;script&gt;alert" in page
    for path in ("/cases/search", "/preferences", f"/monitor/instances/{office.instance}/cancel"):
        answer = office.send(
            office.people["paavo.paakayttaja"], path, {"client": SCRIPT, "next": SCRIPT, "reason": SCRIPT}
        )
        assert_tame(answer.text)
    assert_tame(office.people["paavo.paakayttaja"].get(f"/monitor/instances/{office.instance}").text)


@pytest.mark.parametrize(
    "place", ["/worklist?text={}", "/cases?number={}", "/sign-in?next={}", "/monitor?text={}", "/{}"]
)
def test_the_address_comes_back_as_text(office, place):
    for name in ("paavo.paakayttaja", "anni.ajanvaraaja"):
        assert_tame(office.people[name].client.get(place.format(SCRIPT)).text)
    assert_tame(office.world.app.test_client().get(place.format(SCRIPT)).text)


# -- S36: SQL -----------------------------------------------------------------------------------------------------

PLACES = [
    "/worklist?tab=all&text={}",
    "/worklist?tab={}",
    "/worklist?tab=all&sort={}",
    "/worklist?tab=all&group={}",
    "/worklist?tab=all&process={}",
    "/worklist?tab=all&due={}",
    "/worklist?tab=all&after={}",
    "/worklist?tab=mine&after={}",
    "/worklist?tab=done&after={}",
    "/worklist?tab=groups&sort=-priority&after={}",
    "/worklist?tab=groups&sort=created&after={}",
    "/worklist/news?seen={}",
    "/cases?number={}",
    "/cases?status={}",
    "/cases?after={}",
    "/start?case={}",
    "/start/{}",
    "/monitor?text={}",
    "/monitor?process={}&status={}&version={}&element={}",
    "/monitor?after={}",
    "/monitor/messages?status={}",
    "/monitor/messages?after={}",
    "/monitor/outbox?mail={}",
]


@pytest.mark.parametrize("place", PLACES)
def test_sql_in_an_address_is_a_text_that_finds_nothing(office, place):
    before = office.scalar(select(func.count()).select_from(client))
    name = "paavo.paakayttaja" if "monitor" in place else "anni.ajanvaraaja"
    path, _, query = place.partition("?")
    for text in SQL:
        if "\ud800" in text:
            continue
        values = [part.split("=") for part in query.split("&")] if query else []
        answer = office.people[name].client.get(
            path.replace("{}", text.replace("/", "")),
            query_string={key: value.replace("{}", text) for key, value in values},
        )
        expected = {400} if "\x00" in text else {200, 204, 303, 404, 422}
        assert answer.status_code in expected, (place, text, answer.status_code)
        assert "argon2" not in answer.text
    assert office.scalar(select(func.count()).select_from(client)) == before


def test_sql_in_a_search_for_a_client_finds_nobody(office):
    for text in SQL:
        if text.isprintable():
            page = office.send(office.people["kirsi.malli"], "/cases/search", {"client": text})
            assert page.status_code == 200
            assert office.case_number not in page.text


# -- S28: lines of logs -------------------------------------------------------------------------------------------


def test_nobody_writes_a_line_of_the_log_that_is_not_theirs(office):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(style="json")
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    forged = 'x\r\n{"event": "forged", "level": "info"}\x1b[31m\u202e'
    try:
        guest = office.world.app.test_client()
        token = hidden(guest.get("/sign-in").text, "csrf_token")
        for _ in range(6):
            guest.post("/sign-in", data={"csrf_token": token, "username": forged, "password": forged})
        office.execute("CREATE TRIGGER broken BEFORE INSERT ON draft BEGIN SELECT RAISE(ABORT, 'broken'); END")
        office.send(
            office.people["tero.terveydenhoitaja"], f"/tasks/{office.probe_task}/draft", {"toimet-0-mita": forged}
        )
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    lines = stream.getvalue().splitlines()
    assert lines
    for line in lines:
        assert json.loads(line)["event"] != "forged"
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", line)
