"""
Unique words as a client's name, code, telephone, address and story: where do they turn up? (S29, R-19)

Everything that the product writes is looked through, after a story with all its machines: the file of the database as
bytes, each row, logs, addresses, pages of failures, mail, and what goes to the broker.
"""

from __future__ import annotations

import base64
import io
import json
import logging
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from app.logs import configure_logs
from app.settings import Settings
from app.storage.tables import metadata
from app.storage.tables.care import outbox_mail
from app.storage.tables.instances import job
from app.storage.tables.people import access_log
from tests.scenarios.world import form_fields
from tests.security.doors.office import CANARIES, ELSEWHERE, OFFER
from workers import QUEUE, make_celery
from workers.doorbell import Doorbell
from workers.rounds import Relay

#: pieces by which a canary would be known although it was cut, folded or written another way
WORDS = {
    *(word for text in CANARIES.values() for word in text.split() if len(word) > 5),
    CANARIES["identity_code"],
    CANARIES["phone"],
    CANARIES["phone"].replace(" ", ""),
    "358" + CANARIES["phone"].replace(" ", "")[1:],
    "zumppanen",
    "qwyllikki",
}
#: lets every insert into the table fail in a way that nobody foresees
BREAK = "CREATE TRIGGER broken BEFORE INSERT ON {0} BEGIN SELECT RAISE(ABORT, 'broken by a test'); END"


def found_in(text: str) -> set[str]:
    """Return the canaries that sing in the text."""
    low = text.casefold()
    return {word for word in WORDS if word.casefold() in low}


def go_on(office):
    """Let the story go on: an answer with free text, a booking, its letters and mails; a form that is refused first."""
    person = office.people["anni.ajanvaraaja"]
    address = f"/tasks/{office.task}"
    page = person.get(address)
    person.client.post(f"{address}/draft", data={**form_fields(OFFER), "csrf_token": office.token(person)})
    wrong = person.post(address, {**form_fields(OFFER), CANARIES["name"]: CANARIES["view"]}, page=page)
    assert wrong.status_code == 422
    answer = person.post(address, form_fields(OFFER), page=page)
    assert answer.status_code == 303
    office.world.work()
    return [wrong, answer]


@pytest.fixture
def logged():
    """What the processes log, as JSON lines, while the fixture is there."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(style="json", level="DEBUG")
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_the_canaries_are_there_for_those_who_may_see_them(office):
    """Else nothing below would show anything."""
    page = office.people["anni.ajanvaraaja"].get(f"/cases/{office.case}").text
    assert {CANARIES["name"].split()[0]} <= found_in(page)
    go_on(office)
    assert office.people["kirsi.malli"].get(f"/cases/{office.case}").status_code == 200


def test_the_file_of_the_database_holds_no_canary_in_plain(office):
    go_on(office)
    with office.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(FULL)")
    for path in sorted(Path(office.path).parent.glob("office.db*")):
        content = path.read_bytes()
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            for word in WORDS:
                for written in {word, word.upper(), word.lower()}:
                    assert written.encode(encoding) not in content, f"{written} in {path.name}"


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_no_row_of_any_table_holds_a_canary_in_plain(office, table):
    go_on(office)
    for row in office.rows(select(metadata.tables[table])):
        for name, value in row._mapping.items():
            shown = value.decode("utf-8", "ignore") if isinstance(value, bytes) else json.dumps(value, default=str)
            assert not found_in(shown), f"{table}.{name}"
            assert not found_in(json.loads(shown) if shown.startswith('"') else shown), f"{table}.{name}"


def test_engine_state_variables_and_history_know_nobody(office):
    go_on(office)
    for instance in (office.instance, office.probe_instance):
        state = office.executor.run(lambda uow, key=instance: uow.instances.lock(key).state)
        assert not found_in(bytes(state).decode("latin-1"))
        assert not found_in(
            json.dumps(office.executor.read(lambda uow, key=instance: uow.monitor.variables(key)), default=str)
        )
        assert not found_in(
            json.dumps(office.executor.read(lambda uow, key=instance: uow.monitor.history(key)), default=str)
        )


def test_nothing_that_is_logged_knows_anybody(office, logged):
    go_on(office)
    person = office.people["anni.ajanvaraaja"]
    office.send(person, "/cases/search", {"client": CANARIES["name"]})
    office.send(person, "/cases/search", {"client": CANARIES["identity_code"]})
    office.send(office.people["kirsi.malli"], "/cases/search", {"client": CANARIES["phone"]})
    office.execute(BREAK.format("draft"))
    fields = {"jatkuu": CANARIES["view"], "toimet-0-mita": CANARIES["name"]}
    answer = office.send(office.people["tero.terveydenhoitaja"], f"/tasks/{office.probe_task}/draft", fields)
    assert answer.status_code == 500
    assert "request_failed" in logged.getvalue(), "a failure was logged, to be looked through"
    assert not found_in(logged.getvalue())


def test_a_page_of_failure_says_nothing_of_what_was_sent_or_known(office):
    tero = office.people["tero.terveydenhoitaja"]
    office.execute(BREAK.format("case_answer"))
    answer = office.send(tero, f"/tasks/{office.probe_task}", {"jatkuu": "true", "toimet-0-mita": CANARIES["view"]})
    assert answer.status_code == 500
    assert not found_in(answer.text)
    for word in ("Traceback", "sqlite", "case_answer", "sqlalchemy", "/app/"):
        assert word not in answer.text


def test_no_address_holds_what_was_looked_for_or_sent(office):
    person = office.people["anni.ajanvaraaja"]
    for answer in (*go_on(office), office.send(person, "/cases/search", {"client": CANARIES["name"]})):
        assert not found_in(answer.headers.get("Location", ""))
        assert not found_in(answer.request.url)
    page = office.send(person, "/cases/search", {"client": CANARIES["name"]}).text
    links = [part.split('"')[0] for part in page.split('href="')[1:]] + [
        part.split('"')[0] for part in page.split('action="')[1:]
    ]
    assert links
    assert not found_in(" ".join(links))


def test_an_ended_session_carries_what_was_typed_sealed(office):
    person = office.anew("anni.ajanvaraaja")
    token = office.token(person)
    office.execute("UPDATE session SET ended_at = seen_at")
    answer = person.client.post(f"/tasks/{office.task}", data={**form_fields(OFFER), "csrf_token": token})
    assert answer.status_code == 401
    assert not found_in(answer.text)


def test_mail_says_nothing_of_whom_it_is_about(office):
    go_on(office)
    mails = office.rows(select(outbox_mail))
    assert len(mails) >= 2
    for mail in mails:
        assert not found_in(f"{mail.subject} {mail.body} {mail.notification} {mail.message_id}")
        for word in ("tyky", "työkyky", "terveys", "lääkäri", "sosiaali", "mielenterveys", "päihde"):
            assert word not in mail.subject.casefold(), mail.subject


def test_the_outbox_and_the_monitor_show_nobody(office):
    go_on(office)
    for name in ("paavo.paakayttaja", "outi.omistaja"):
        person = office.people[name]
        for address in (
            "/monitor",
            f"/monitor/instances/{office.instance}",
            f"/monitor/instances/{office.probe_instance}",
            "/monitor/incidents",
            "/monitor/messages",
            "/monitor/messages?status=delivered",
            "/monitor/outbox",
            "/monitor/processes",
            f"/tasks/{office.probe_task}",
            f"/tasks/{office.first_task}",
            "/worklist?tab=all",
            "/cases",
        ):
            assert not found_in(person.get(address).text), (name, address)


def test_lists_show_no_client_to_anybody(office):
    for person in office.people.values():
        for address in (
            "/worklist",
            "/worklist?tab=groups",
            "/worklist?tab=all",
            "/worklist?tab=done",
            "/cases",
            "/start",
        ):
            assert not found_in(person.get(address).text), address


def test_jobs_and_what_goes_to_the_broker_are_keys_only(office, shared_valkey, valkey_url, tmp_path):
    person = office.people["anni.ajanvaraaja"]
    page = person.get(f"/tasks/{office.task}")
    assert person.post(f"/tasks/{office.task}", form_fields(OFFER), page=page).status_code == 303
    celery = make_celery(Settings.load({}, data_folder=tmp_path, valkey_url=valkey_url))
    types = sorted({row.type for row in office.rows(select(job))})
    Relay(office.executor, Doorbell(celery), types)(office.world.clock)
    with shared_valkey.client() as client:
        messages = client.lrange(QUEUE, 0, -1)
        assert messages, "something was rung for"
        everything = b" ".join([*messages, *client.keys("*")]).decode()
    celery.close()
    for message in messages:
        body = json.loads(base64.b64decode(json.loads(message)["body"]))
        assert all(isinstance(key, int) for key in body[0][0])
        everything += json.dumps(body)
    assert not found_in(everything)


def test_the_access_log_and_the_audit_name_keys_and_groups_and_no_contents(office):
    go_on(office)
    office.send(office.people["anni.ajanvaraaja"], "/cases/search", {"client": CANARIES["name"]})
    office.send(office.people[f"kirsi.malli{ELSEWHERE}"], "/cases/search", {"client": CANARIES["identity_code"]})
    lines = office.rows(select(access_log))
    assert {"search", "refused", "change", "read"} <= {line.action for line in lines}
    assert not found_in(json.dumps([dict(line._mapping) for line in [*lines, *office.audit_lines()]], default=str))


def test_the_api_shows_no_client_without_the_scope_of_care(office):
    """The pages' own session opens nothing at the machines' door."""
    person = office.people["paavo.paakayttaja"]
    for method, address in (
        ("POST", "/v2/variables/search"),
        ("POST", "/v2/user-tasks/search"),
        ("GET", f"/v2/process-instances/{office.instance}"),
    ):
        answer = person.client.open(address, method=method, json={} if method == "POST" else None)
        assert answer.status_code == 401
        assert not found_in(answer.text)


def test_settings_and_ciphers_do_not_print_their_keys(office):
    for thing in (office.executor.cipher, office.world.app.extensions["kykypolku"].settings):
        shown = repr(thing)
        assert "dddd" not in shown
        assert "iiii" not in shown
