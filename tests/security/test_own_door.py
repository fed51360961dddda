"""The client's own door: links, whose things open, what no session opens, and what is written down of it."""

from __future__ import annotations

import dataclasses
import hashlib
import re

import pytest
from sqlalchemy import select

from app.domain.client_sessions import LINK_ATTEMPTS
from app.storage.tables.clients_door import client_link, client_session
from app.web.access import is_public
from app.web.security import API_PREFIXES, SAFE_METHODS
from tests.own_door import kept_own_door
from tests.web import Visitor


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with kept_own_door(tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture
def door(made):
    made.put_back()
    return made


def rows(door, table):
    with door.place.executor.database.engine.connect() as connection:
        return connection.execute(select(table)).all()


# -- links ---------------------------------------------------------------------------------------------------------


def test_a_link_lets_in_once_whoever_knows_the_birth_date(door):
    secret = door.link("matti")
    visitor = door.visitor()
    assert "syntymäaika" in visitor.get(f"/oma/link/{secret}").text.lower()
    answer = visitor.answer_link(secret, "14.5.1990")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/oma")
    assert "Matti Esimerkki" in visitor.get("/oma").text
    again = door.visitor()
    assert again.get(f"/oma/link/{secret}").status_code == 410
    assert again.answer_link(secret, "14.5.1990").status_code == 410
    assert not again.cookie("kykypolku-oma")
    assert door.audit_actions().count("client_signed_in") == 1


def test_only_a_digest_of_the_secret_is_kept_and_looking_changes_nothing(door):
    secret = door.link("matti")
    [kept] = rows(door, client_link)
    assert kept.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert len(secret) >= 22
    for _ in range(3):
        assert door.visitor().get(f"/oma/link/{secret}").status_code == 200
    assert rows(door, client_link) == [kept]


def test_the_page_behind_a_link_says_nothing_of_the_client(door):
    page = door.visitor().get(f"/oma/link/{door.link('matti')}").text
    for told in ("Matti", "Esimerkki", "1990", str(door.clients["matti"]), str(door.cases["matti"])):
        assert told not in page.replace("14.5.1990", "")


def test_a_link_is_dead_after_its_time_and_after_too_many_wrong_answers(door):
    old = door.link("matti")
    door.place.later(days=14, seconds=1)
    assert door.visitor().answer_link(old, "14.5.1990").status_code == 410
    guessed, visitor = door.link("matti"), door.visitor()
    for left in range(LINK_ATTEMPTS - 1, 0, -1):
        answer = visitor.answer_link(guessed, "14.5.1991")
        assert answer.status_code == 422
        assert str(left) in answer.text
    assert visitor.answer_link(guessed, "1.1.1990").status_code == 410
    assert visitor.answer_link(guessed, "14.5.1990").status_code == 410
    assert door.audit_actions().count("link_refused") == LINK_ATTEMPTS


@pytest.mark.parametrize("secret", ["x", "A" * 22, "A" * 500, "../../etc", "%00", "'; DROP TABLE client;--"])
def test_what_is_no_link_looks_like_one_that_was_used(door, secret):
    used = door.link("matti")
    door.visitor().answer_link(used, "14.5.1990")
    answer = door.visitor().answer_link(secret, "14.5.1990")
    expected = door.visitor().answer_link(used, "14.5.1990")
    assert answer.status_code == expected.status_code == 410
    assert re.sub(r"[0-9a-f]{64}", "", answer.text) == re.sub(r"[0-9a-f]{64}", "", expected.text)


def test_guessing_links_makes_the_next_guess_wait(door):
    visitor = door.visitor()
    statuses = [
        visitor.post("/oma/link", {"secret": f"guess{number}", "answer": "1.1.1990"}).status_code
        for number in range(21)
    ]
    assert statuses[:20] == [410] * 20
    assert statuses[20] == 429


def test_without_a_birth_date_the_telephone_number_is_asked_and_without_both_there_is_no_link(door):
    door.place.executor.run(lambda uow: change(uow, door.clients["matti"], birth_date=None))
    secret, visitor = door.link("matti"), door.visitor()
    assert visitor.answer_link(secret, "040 999 9999").status_code == 422
    assert visitor.answer_link(secret, "+358 40 1234567").status_code == 303
    door.place.executor.run(lambda uow: change(uow, door.clients["maija"], birth_date=None, phone=""))
    assert door.link("maija") == ""


def change(uow, client_key, **values):
    known = uow.care.clients.get(client_key)
    uow.care.clients.change(known, identity=dataclasses.replace(known.identity, **values), needs=known.needs)


# -- sessions ------------------------------------------------------------------------------------------------------


def test_a_session_ends_when_it_is_not_used_and_after_an_hour_in_any_case(door):
    visitor = door.come_in("matti")
    for _ in range(3):
        door.place.later(minutes=18)
        assert visitor.get("/oma").status_code == 200
    door.place.later(minutes=7)
    assert visitor.get("/oma").headers["Location"] == "/oma/sign-in?ended=1"
    idle = door.come_in("matti")
    door.place.later(minutes=21)
    assert idle.get("/oma").status_code == 303


def test_signing_out_ends_the_session_at_once(door):
    visitor = door.come_in("matti")
    stolen = visitor.cookie("kykypolku-oma")
    assert visitor.post("/oma/sign-out").status_code == 303
    thief = door.visitor()
    thief.client.set_cookie("kykypolku-oma", stolen)
    assert thief.get("/oma").status_code == 303
    assert hashlib.sha256(stolen.encode()).hexdigest() in {row.id_hash for row in rows(door, client_session)}


def test_a_form_sent_after_the_end_of_the_session_is_kept_as_a_draft(door):
    visitor = door.come_in("matti")
    address, token = f"/oma/tasks/{door.task('matti')}", visitor.token()
    door.place.later(minutes=30)
    answer = visitor.post(address, {"vointi": "Jaksan vielä", "action": "complete"}, token=token)
    assert answer.status_code == 401
    assert "tallessa" in answer.text
    assert "Jaksan vielä" not in answer.text
    assert "Jaksan vielä" in door.come_in("matti").get(address).text


# -- doors ---------------------------------------------------------------------------------------------------------


def own_addresses(door):
    for rule in door.app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, rule


def filled(door, rule, name="matti"):
    keys = {"key": str(door.task(name)), "process_id": "tyky_oma", "secret": "none", "path": "x"}
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda match: keys.get(match[1], "1"), rule.rule)


def is_own(rule):
    return f"{rule.rule}/".startswith("/oma/")


def test_a_client_s_session_opens_no_address_of_staff(door):
    visitor = door.come_in("matti")
    token, seen = Visitor.token(visitor), 0
    for method, rule in own_addresses(door):
        with door.app.app_context():
            if is_own(rule) or is_public(rule.endpoint) or f"{rule.rule}/".startswith(API_PREFIXES):
                continue
        seen += 1
        path = filled(door, rule)
        if method in SAFE_METHODS:
            answer = visitor.get(path)
            assert (answer.status_code, answer.headers["Location"][:8]) == (303, "/sign-in"), path
        else:
            assert visitor.post(path, token=token).status_code == 401, path
    assert seen > 50


def test_a_session_of_staff_opens_no_address_of_clients(door):
    public = {"own.sign_in", "own.ask", "own.answer", "own.sign_out", "own.choose"}
    staff = Visitor(door.app)
    staff.sign_in("counsellor")
    assert staff.get("/worklist").status_code == 200
    seen = set()
    for method, rule in own_addresses(door):
        if not is_own(rule):
            continue
        seen.add(rule.endpoint)
        if rule.endpoint in public or rule.endpoint.startswith("own.strong"):
            continue
        path = filled(door, rule)
        answer = staff.get(path) if method in SAFE_METHODS else staff.post(path, token=staff.token("/oma/sign-in"))
        assert answer.status_code == (303 if method in SAFE_METHODS else 401), f"{method} {path}"
        assert "Matti" not in answer.text
    assert public <= seen


def test_every_changing_address_of_clients_refuses_a_request_without_a_token(door):
    visitor = door.come_in("matti")
    for method, rule in own_addresses(door):
        if is_own(rule) and method not in SAFE_METHODS:
            answer = visitor.post(filled(door, rule), token="")
            assert answer.status_code == 403, rule.rule
            staff_token = Visitor.token(visitor)
            assert visitor.post(filled(door, rule), token=staff_token).status_code == 403, rule.rule


def test_another_client_s_things_are_not_there(door):
    visitor = door.come_in("matti")
    task, before = door.task("maija"), len(door.access_lines())
    offered = door.place.executor.read(lambda uow: uow.messages.waiting_in_case(door.cases["maija"]))
    assert visitor.get(f"/oma/tasks/{task}").status_code == 404
    for action in ("", "/draft", "/conditions"):
        answer = visitor.post(f"/oma/tasks/{task}{action}", {"vointi": "x", "action": "complete"})
        assert answer.status_code in {403, 404}, action
    for item in offered:
        assert visitor.post(f"/oma/tell/{item.key}").headers["Location"] == "/oma"
    assert door.place.executor.read(lambda uow: uow.messages.waiting_in_case(door.cases["maija"])) == offered
    start = f"/oma/start/tyky_oma?case={door.cases['maija']}&event=alku"
    assert visitor.get(start).status_code == 404
    assert visitor.post(start).status_code == 403
    lines = door.access_lines()[before:]
    assert all(line.action == "refused" for line in lines if line.client_key == door.clients["maija"])
    assert any(line.client_key == door.clients["maija"] for line in lines)
    assert door.place.open_tasks(door.instances["maija"]).keys() == {"kysely"}


def test_a_worker_s_task_is_not_the_client_s(door):
    visitor = door.come_in("matti")
    assert (
        visitor.send_form(f"/oma/tasks/{door.task('matti')}", {"vointi": "Hyvin", "action": "complete"}).status_code
        == 303
    )
    worker_task = door.task("matti", "arvio")
    assert visitor.get(f"/oma/tasks/{worker_task}").status_code == 404
    assert visitor.post(f"/oma/tasks/{worker_task}", {"action": "complete"}).status_code == 403
    assert door.task("matti", "arvio") == worker_task


def test_what_clients_read_is_logged_for_themselves(door):
    visitor = door.come_in("matti")
    before = len(door.access_lines())
    for address in ("/oma", f"/oma/tasks/{door.task('matti')}", "/oma/log"):
        assert visitor.get(address).status_code == 200
    lines = door.access_lines()[before:]
    assert len(lines) >= 3
    assert {(line.purpose, line.client_key, tuple(line.roles)) for line in lines} == {
        ("own_data", door.clients["matti"], ("r_asiakas",))
    }
    assert {line.ground for line in lines} == {"own_data"}
