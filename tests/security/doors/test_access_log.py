"""No page with client data without its line in the access log, in the same transaction or not at all (R-09, S44)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import select

from app.storage.tables.care import case_answer, document
from app.storage.tables.work import draft, user_task
from tests.scenarios.world import form_fields
from tests.security.doors.office import CANARIES, ELSEWHERE, OFFER

NAME = CANARIES["name"]
SILENT = "CREATE TRIGGER silent BEFORE INSERT ON access_log BEGIN SELECT RAISE(ABORT, 'the log is full'); END"


def new_lines(office, before):
    return office.access_lines()[len(before) :]


#: page with client data -> (who opens it, what its line says)
PAGES = {
    "/cases/{case}": ("anni.ajanvaraaja", "case:{case}", {"perustiedot"}),
    "/tasks/{task}": ("anni.ajanvaraaja", "task:{task}", {"perustiedot"}),
    "/documents/{document}": ("anni.ajanvaraaja", "document:{document}", {"perustiedot"}),
}


@pytest.mark.parametrize("address", sorted(PAGES))
def test_a_page_with_client_data_writes_one_line_that_says_whose_and_why(office, address):
    name, purpose, groups = PAGES[address]
    places, before = office.addresses(), office.access_lines()
    office.people[name].get(address.format_map(places))
    (line,) = new_lines(office, before)
    assert (line.action, line.user_name, line.purpose) == ("read", name, purpose.format_map(places))
    assert (line.client_key, line.case_key) == (office.client, office.case)
    assert set(line.data_groups) >= groups
    assert (line.organisation_id, line.unit_id) == ("o_sote_keskus", "u_keski_suomi_sote")
    assert line.roles == ["r_ajanvaraaja"]
    assert line.ground == "own_register"
    assert line.at == office.world.clock


@pytest.mark.parametrize("address", sorted(PAGES))
def test_a_page_that_cannot_be_logged_shows_nothing(office, address):
    person = office.people[PAGES[address][0]]
    assert person.get(address.format_map(office.addresses())).status_code == 200
    office.execute(SILENT)
    answer = person.client.get(address.format_map(office.addresses()))
    assert answer.status_code in {500, 503}
    assert NAME not in answer.text
    assert b"%PDF" not in answer.data


def test_a_search_that_cannot_be_logged_finds_nothing(office):
    person = office.people["anni.ajanvaraaja"]
    assert NAME in office.send(person, "/cases/search", {"client": NAME}).text
    office.execute(SILENT)
    for wanted in (NAME, "Ei Tällaista"):
        answer = office.send(person, "/cases/search", {"client": wanted})
        assert answer.status_code in {500, 503}
        assert office.case_number not in answer.text


def test_a_refusal_that_cannot_be_logged_is_still_a_refusal(office):
    office.execute(SILENT)
    for name in ("sari.testinen", f"kirsi.malli{ELSEWHERE}"):
        answer = office.people[name].client.get(f"/cases/{office.case}")
        assert answer.status_code in {404, 500, 503}
        assert NAME not in answer.text
        assert office.case_number not in answer.text


def test_answers_that_cannot_be_logged_are_not_stored(office):
    before = len(office.rows(select(case_answer.c.key)))
    office.execute(SILENT)
    person = office.people["anni.ajanvaraaja"]
    answer = office.send(person, f"/tasks/{office.task}", form_fields(OFFER))
    assert answer.status_code in {500, 503}
    assert len(office.rows(select(case_answer.c.key))) == before
    assert office.scalar(select(user_task.c.status).where(user_task.c.key == office.task)) == "open"


def test_a_document_that_cannot_be_logged_is_not_printed(office):
    before = len(office.rows(select(document.c.key)))
    person = office.people["anni.ajanvaraaja"]
    page = person.get(f"/tasks/{office.task}")
    assert person.post(f"/tasks/{office.task}", form_fields(OFFER), page=page).status_code == 303
    office.execute(SILENT)
    with suppress(AssertionError):  # the machines try again and again
        office.world.work()
    assert len(office.rows(select(document.c.key))) == before


@pytest.mark.parametrize(
    "address",
    [
        "/worklist",
        "/worklist?tab=groups",
        "/worklist?tab=all",
        "/worklist?tab=done",
        "/worklist/news",
        "/cases",
        "/start",
        "/accessibility",
        "/processes/{definition}/diagram.fi.bpmn",
    ],
)
def test_lists_show_no_client_and_write_no_line(office, address):
    before = office.access_lines()
    for name in ("anni.ajanvaraaja", "kirsi.malli", f"kirsi.malli{ELSEWHERE}", "paavo.paakayttaja"):
        page = office.people[name].client.get(address.format_map(office.addresses()))
        assert page.status_code in {200, 204}
        assert NAME not in page.text
    assert new_lines(office, before) == []


def test_a_poll_returns_a_number_only(office):
    answer = office.people["anni.ajanvaraaja"].client.get("/worklist/news?seen=0")
    assert office.case_number not in answer.text
    assert "kysy" not in answer.text.casefold()


# -- search ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted", [NAME, "qwyl", "ZUMPPANEN", CANARIES["identity_code"], CANARIES["phone"], "+358409137246"]
)
def test_every_hit_of_a_search_is_logged(office, wanted):
    before = office.access_lines()
    page = office.send(office.people["kirsi.malli"], "/cases/search", {"client": wanted})
    assert NAME in page.text
    (line,) = new_lines(office, before)
    assert (line.action, line.client_key, line.case_key) == ("search", office.client, office.case)
    assert line.data_groups == ["perustiedot"]


@pytest.mark.parametrize("wanted", [CANARIES["identity_code"], CANARIES["phone"]])
@pytest.mark.parametrize("who", ["sari.testinen", "paavo.paakayttaja", f"kirsi.malli{ELSEWHERE}"])
def test_a_search_for_somebody_who_is_not_theirs_shows_nothing_and_is_logged_as_refused(office, who, wanted):
    before = office.access_lines()
    page = office.send(office.people[who], "/cases/search", {"client": wanted})
    assert NAME not in page.text
    assert office.case_number not in page.text
    (line,) = new_lines(office, before)
    assert (line.action, line.client_key, line.user_name) == ("refused", office.client, who)


def test_tasks_of_somebody_else_s_client_are_found_with_a_reason_that_stands_in_the_log(office):
    """Anni could take the client's task; first she owns the case, then somebody else does."""
    person = office.people["anni.ajanvaraaja"]
    before = office.access_lines()
    page = office.send(person, "/worklist/clients", {"client": NAME})
    assert f"/tasks/{office.task}" in page.text
    (line,) = new_lines(office, before)
    assert (line.action, line.client_key, line.purpose) == ("search", office.client, "search")
    office.execute("UPDATE care_case SET owner_key = (SELECT key FROM user_account WHERE username = 'kirsi.malli')")
    before = office.access_lines()
    page = office.send(person, "/worklist/clients", {"client": NAME})
    assert f"/tasks/{office.task}" not in page.text
    (line,) = new_lines(office, before)
    assert line.action == "refused"
    before = office.access_lines()
    page = office.send(person, "/worklist/clients", {"client": NAME, "reason": "Asiakas  soitti"})
    assert NAME in page.text
    assert f"/tasks/{office.task}" in page.text
    (line,) = new_lines(office, before)
    assert (line.action, line.client_key, line.purpose) == ("search", office.client, "search: Asiakas soitti")
    stranger = office.people[f"kirsi.malli{ELSEWHERE}"]
    before = office.access_lines()
    page = office.send(stranger, "/worklist/clients", {"client": CANARIES["phone"], "reason": "Asiakas soitti"})
    assert f"/tasks/{office.task}" not in page.text
    (line,) = new_lines(office, before)
    assert (line.action, line.client_key) == ("refused", office.client)


def test_a_search_without_hits_is_logged_as_refused_for_nobody(office):
    for who, wanted in (("kirsi.malli", "Olematon"), (f"kirsi.malli{ELSEWHERE}", NAME), ("kirsi.malli", "010190-9999")):
        before = office.access_lines()
        office.send(office.people[who], "/cases/search", {"client": wanted})
        (line,) = new_lines(office, before)
        assert (line.action, line.client_key) == ("refused", None)


def test_who_is_there_and_not_theirs_is_found_exactly_as_who_is_not_there(office):
    stranger = office.people[f"kirsi.malli{ELSEWHERE}"]
    pages = [
        office.send(stranger, "/cases/search", {"client": wanted}).text.replace(wanted, "")
        for wanted in (CANARIES["identity_code"], "010190-999T", NAME)
    ]
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize("wanted", ["", "q", "qw", "%", "___", "%%%", "' OR 1=1 --", "*" * 5000])
def test_a_search_for_hardly_anything_finds_nobody(office, wanted):
    page = office.send(office.people["kirsi.malli"], "/cases/search", {"client": wanted})
    assert page.status_code == 200
    assert NAME not in page.text


def test_a_case_s_number_is_found_by_those_only_who_may_see_something_of_it(office):
    address = f"/cases?number={office.case_number}"
    assert f"/cases/{office.case}" in office.people["kirsi.malli"].get(address).text
    for who in ("sari.testinen", "paavo.paakayttaja", f"kirsi.malli{ELSEWHERE}"):
        assert f"/cases/{office.case}" not in office.people[who].get(address).text


# -- what is shown is what is logged ---------------------------------------------------------------------------------


def test_a_role_with_basic_data_only_sees_no_health_text_and_the_log_says_no_health(office):
    before = office.access_lines()
    page = office.people["anni.ajanvaraaja"].get(f"/cases/{office.case}").text
    assert CANARIES["reason"] not in page
    (line,) = new_lines(office, before)
    assert "terveys" not in line.data_groups


def test_completing_a_form_logs_which_groups_were_changed(office):
    before = office.access_lines()
    person = office.people["anni.ajanvaraaja"]
    page = person.get(f"/tasks/{office.task}")
    assert person.post(f"/tasks/{office.task}", form_fields(OFFER), page=page).status_code == 303
    changed = [
        line for line in new_lines(office, before) if line.action == "change" and line.user_name == "anni.ajanvaraaja"
    ]
    assert len(changed) == 1
    assert set(changed[0].data_groups) == {"perustiedot", "sosiaali"}


def test_the_log_cannot_be_changed_or_forgotten(office):
    assert office.access_lines()
    for statement in ("DELETE FROM access_log", "UPDATE access_log SET user_name = 'x'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="append-only"):
            office.execute(statement)


def test_drafts_of_others_are_never_shown(office):
    tero = office.people["tero.terveydenhoitaja"]
    office.send(tero, f"/tasks/{office.probe_task}/draft", {"toimet-0-mita": CANARIES["view"]})
    assert len(office.rows(select(draft.c.task_key))) == 1
    assert CANARIES["view"] in tero.get(f"/tasks/{office.probe_task}").text
    office.execute(
        "INSERT INTO position (user_key, role_id, unit_id) SELECT key, 'r_terveydenhoitaja', 'u_keski_suomi_sote'"
        " FROM user_account WHERE username = 'kirsi.malli'"
    )
    assert CANARIES["view"] not in office.people["kirsi.malli"].get(f"/tasks/{office.probe_task}").text
