"""Every route, for nobody, for every role, for own things and those of another area (S14, S15, S16)."""

from __future__ import annotations

import re

import pytest

from app.web.security import API_PREFIXES, CLIENT_PREFIX
from tests.security.doors.office import ELSEWHERE, PEOPLE
from tests.security.doors.rules import MONITORS, RULES, STAFF

CASES = sorted(RULES, key=lambda pair: (pair[1], pair[0]))
NAMES = [f"{method}-{endpoint}" for method, endpoint in CASES]


def ask(office, client, method, rule, *, token=""):
    places = office.addresses()
    address = rule.address.format_map(places)
    if method == "GET":
        return client.get(address)
    fields = {name: str(value).format_map(places) for name, value in rule.fields.items()}
    return client.post(address, data={**fields, "csrf_token": token})


def refused_lines(office):
    return [line for line in office.access_lines() if line.action == "refused"]


def test_every_route_stands_in_a_table(office):
    pages = set()
    for route in office.world.app.url_map.iter_rules():
        # the door of clients has its own walk (test_own_door)
        if not f"{route.rule}/".startswith((*API_PREFIXES, CLIENT_PREFIX)):
            pages |= {(method, route.endpoint) for method in route.methods - {"HEAD", "OPTIONS"}}
    assert pages == set(RULES), "a route without a rule, or a rule without a route"


def test_the_table_is_about_the_people_of_the_demo():
    assert set(PEOPLE) == STAFF


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_nobody_signed_in_gets_no_further_than_the_sign_in_page(office, case):
    method, _ = case
    rule = RULES[case]
    client = office.world.app.test_client()
    answer = ask(office, client, method, rule, token=guest_token(client))
    if rule.public:
        assert answer.status_code in rule.also, answer.text[:500]
        return
    if method == "GET":
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in")
    else:
        assert answer.status_code == 401
    assert str(office.case_number) not in answer.text


def guest_token(client):
    page = client.get("/sign-in").text
    return page.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.mark.parametrize("case", [case for case in CASES if not RULES[case].public], ids="-".join)
def test_only_those_of_the_table_are_let_in(office, case):
    method, rule = case[0], RULES[case]
    for area, admitted in (("", rule.here), (ELSEWHERE, rule.elsewhere)):
        for name in PEOPLE:
            if name in admitted:
                continue
            before = len(refused_lines(office))
            person = office.people[f"{name}{area}"]
            answer = ask(office, person.client, method, rule, token=office.token(person))
            assert answer.status_code in {rule.refused, 403, 404}, (name, area, answer.status_code)
            if method == "GET":
                assert answer.status_code == rule.refused, (name, area)
            lines = refused_lines(office)[before:]
            assert len(lines) == (1 if rule.logged else 0), (name, area, [line.ground for line in lines])
            if rule.logged:
                assert lines[0].user_name == f"{name}{area}"
                assert lines[0].purpose == f"{method} {rule.address.format_map(office.addresses()).split('?')[0]}"
    for area, admitted in (("", rule.here), (ELSEWHERE, rule.elsewhere)):
        for name in sorted(admitted):
            office.put_back()
            person = office.people[f"{name}{area}"]
            answer = ask(office, person.client, method, rule, token=office.token(person))
            assert answer.status_code in rule.also, (name, area, answer.status_code)
            assert refused_lines(office) == [], (name, area)


def test_a_refused_attempt_at_a_client_s_data_names_the_case_and_the_client(office):
    stranger = office.people[f"kirsi.malli{ELSEWHERE}"]
    for address in (f"/cases/{office.case}", f"/tasks/{office.task}", f"/documents/{office.document}"):
        assert stranger.client.get(address).status_code == 404
        line = refused_lines(office)[-1]
        assert (line.case_key, line.client_key, line.purpose) == (office.case, office.client, f"GET {address}")
        assert line.ground.startswith("concealed")


def test_what_is_not_there_and_what_is_not_theirs_look_alike(office):
    stranger = office.people[f"kirsi.malli{ELSEWHERE}"]
    for there, not_there in (
        (f"/cases/{office.case}", f"/cases/{office.case - 1}"),
        (f"/tasks/{office.task}", f"/tasks/{office.task - 1}"),
        (f"/documents/{office.document}", f"/documents/{office.document - 1}"),
        (f"/start?case={office.case}", f"/start?case={office.case - 1}"),
    ):
        one, other = stranger.client.get(there), stranger.client.get(not_there)
        assert one.status_code == other.status_code == 404
        # the page may repeat the address that was asked for, and nothing else differs
        assert re.sub(r"\d{10,}", "", one.text) == re.sub(r"\d{10,}", "", other.text)


@pytest.mark.parametrize("key", ["0", "-1", "abc", "9" * 30, "1e3", "%00", "../worklist", "1%27%20OR%201=1"])
def test_a_key_that_is_none_is_an_address_that_is_none(office, key):
    person, admin = office.people["anni.ajanvaraaja"], office.people["paavo.paakayttaja"]
    refused = {400} if key == "%00" else {303, 404}
    for address in ("/cases/{}", "/tasks/{}", "/documents/{}", "/processes/{}/diagram.fi.bpmn"):
        assert person.client.get(address.format(key)).status_code in refused
    assert admin.client.get(f"/monitor/instances/{key}").status_code in {200, *refused}


def test_a_process_is_never_started_in_a_case_of_another_area(office):
    stranger = office.people[f"kirsi.malli{ELSEWHERE}"]
    answer = office.send(stranger, f"/start/tyky_omahoito?case={office.case}")
    assert answer.status_code == 404
    assert refused_lines(office)[-1].case_key == office.case
    assert office.send(stranger, f"/start/tyky_omahoito?case={office.case}x").status_code == 404


def test_an_event_is_never_told_to_a_case_of_another_area(office):
    """The role alone opens nothing: the same role in another area must not cancel this client's matter."""
    offered = office.executor.read(lambda uow: uow.messages.waiting_in_case(office.case))
    assert offered
    stranger = office.people[f"kirsi.malli{ELSEWHERE}"]
    for item in offered:
        answer = office.send(stranger, f"/cases/{office.case}/events", {"event": str(item.key)})
        assert answer.status_code == 404
    assert office.executor.read(lambda uow: uow.messages.waiting_in_case(office.case)) == offered
    assert office.audit_lines()[-1].action != "event_reported"


# -- candidate groups (S16) ----------------------------------------------------------------------------------------


def test_who_has_it_and_who_did_it_is_told_to_its_candidates_only(office):
    office.send(office.people["anni.ajanvaraaja"], f"/tasks/{office.task}/take")
    for name in ("kirsi.malli", "sari.testinen", f"anni.ajanvaraaja{ELSEWHERE}", "paavo.paakayttaja"):
        person = office.people[name]
        for task in (office.task, office.first_task):
            for action in ("take", "release", "draft", ""):
                answer = office.send(person, f"/tasks/{task}/{action}".rstrip("/"))
                assert answer.status_code in {403, 404}, (name, action, answer.status_code)
                assert "Anni" not in answer.text
                assert "Anni" not in person.client.get("/accessibility").text


def test_a_task_that_another_candidate_holds_is_neither_completed_nor_taken(office):
    office.send(office.people["anni.ajanvaraaja"], f"/tasks/{office.task}/take")
    office.execute(
        "INSERT INTO position (user_key, role_id, unit_id) SELECT key, 'r_ajanvaraaja', 'u_keski_suomi_sote'"
        " FROM user_account WHERE username = 'kirsi.malli'"
    )
    colleague = office.people["kirsi.malli"]
    before = office.executor.read(lambda uow: uow.tasks.get(office.task))
    answer = office.send(colleague, f"/tasks/{office.task}/take")
    assert answer.status_code == 303
    answer = office.send(colleague, f"/tasks/{office.task}", {"tulos": "tarjottu"})
    assert answer.status_code == 409
    assert office.executor.read(lambda uow: uow.tasks.get(office.task)) == before


def test_monitors_see_where_a_task_stands_but_not_whose_it_is(office):
    for name in sorted(MONITORS):
        page = office.people[name].client.get(f"/tasks/{office.task}").text
        assert office.case_number not in page
        assert 'name="tulos"' not in page
        assert [line for line in office.access_lines() if line.user_name == name] == []
