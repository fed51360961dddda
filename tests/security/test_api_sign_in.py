"""How programs sign in: tokens and Basic; never a cookie; what is refused."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select, update

from app.commands.api_clients import change_api_secret, disable_api_client
from app.domain.actor import SYSTEM
from app.domain.errors import Conflict, InvalidInput, NotAllowed
from app.domain.passwords import hash_password
from app.storage.tables.people import api_client, api_token, audit, position, user_account
from app.web.api import ROUTES
from tests.people import PASSWORD
from tests.programs import SECRET, basic, bearer, open_door, register

ME = "/v2/authentication/me"


@pytest.fixture
def door(sqlite_database, tmp_path):
    return open_door(sqlite_database, tmp_path / "data")


def rows(door, query):
    with door.place.executor.database.engine.connect() as connection:
        return connection.execute(query).all()


def path_of(route):
    return route.path.replace("{", "").replace("}", "").replace(route.names[0], "5") if route.names else route.path


@pytest.mark.parametrize(
    "headers",
    [{}, bearer("x"), {"Authorization": "Basic !"}, {"Authorization": "Digest a"}],
    ids=["nothing", "token", "basic", "digest"],
)
def test_nobody_comes_in_without_a_sign_in(door, headers):
    for route in (route for route in ROUTES if not route.rule.public):
        body = {"data": REQUIRED.get(route.operation, b"{}"), "content_type": "application/json"}
        sent = {"data": {}} if route.form else (body if route.takes else {})
        answer = door.call(route.method, path_of(route), headers=headers, **sent)
        assert answer.status_code == 401, (route.operation, answer.text)
        assert answer.mimetype == "application/problem+json"
        assert "Bearer" in answer.headers["WWW-Authenticate"]


#: the least that each body needs, so that the refusal is about the sign-in
REQUIRED = {
    "create_process_instance": b'{"processDefinitionId":"x"}',
    "create_element_instance_variables": b'{"variables":{}}',
    "evaluate_conditionals": b'{"variables":{}}',
    "activate_ad_hoc_sub_process_activities": b'{"elements":[]}',
    "assign_user_task": b'{"assignee":"x"}',
    "activate_jobs": b'{"type":"x","timeout":1000,"maxJobsToActivate":1,"requestTimeout":-1}',
    "update_job": b'{"changeset":{}}',
    "throw_job_error": b'{"errorCode":"x"}',
    "publish_message": b'{"name":"x"}',
    "correlate_message": b'{"name":"x"}',
    "broadcast_signal": b'{"signalName":"x"}',
    "evaluate_decision": b'{"decisionDefinitionId":"x"}',
}


def test_a_signed_in_person_s_cookie_opens_no_page_of_the_api(door):
    with door.place.executor.database.engine.begin() as connection:
        connection.execute(
            update(user_account).where(user_account.c.username == "admin").values(password_hash=hash_password(PASSWORD))
        )
    browser = door.app.test_client()
    page = browser.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"username": "admin", "password": PASSWORD, "csrf_token": token}
    assert browser.post("/sign-in", data=form, headers={"Origin": "http://localhost"}).status_code == 303
    assert not browser.get("/").headers.get("Location", "").startswith("/sign-in")
    answer = browser.get(ME)
    assert answer.status_code == 401
    assert browser.post("/v2/process-instances/search", json={}).status_code == 401


def test_the_api_sets_no_cookie_and_needs_no_csrf_token(door):
    program = door.program("prog", "r_yllapitaja")
    for answer in (
        program.get(ME),
        program.post("/v2/process-instances/search", {}, Origin="https://elsewhere.example"),
    ):
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_token_is_opaque_kept_as_a_hash_and_runs_out(door):
    register(door.place, "prog")
    answer = door.ask_token(client_id="prog", client_secret=SECRET, audience="any")
    given = answer.get_json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    assert answer.headers["Cache-Control"] == "no-store"
    token = given["access_token"]
    kept = rows(door, select(api_token))
    assert [row.token_hash for row in kept] == [hashlib.sha256(token.encode()).hexdigest()]
    assert token not in str(kept)
    assert SECRET not in str(rows(door, select(api_client)))
    door.place.later(minutes=59)
    assert door.call("GET", ME, headers=bearer(token)).status_code == 200
    door.place.later(minutes=2)
    assert door.call("GET", ME, headers=bearer(token)).status_code == 401


def test_basic_works_in_the_header_and_for_a_token(door):
    register(door.place, "prog", "r_yllapitaja")
    assert door.call("GET", ME, headers=basic("prog")).get_json()["username"] == "prog"
    answer = door.call("POST", "/oauth/token", data={"grant_type": "client_credentials"}, headers=basic("prog"))
    assert answer.status_code == 200


def test_a_token_is_not_good_for_another_token(door):
    program = door.program("prog")
    answer = door.call("POST", "/oauth/token", data={"grant_type": "client_credentials"}, headers=program.headers)
    assert (answer.status_code, answer.get_json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_id": "prog", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody", "client_secret": SECRET}, 401, "invalid_client"),
        ({"client_id": "prog"}, 401, "invalid_client"),
        ({}, 401, "invalid_client"),
        ({"client_id": "prog", "client_secret": SECRET, "grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "prog", "client_secret": SECRET, "grant_type": ""}, 400, "invalid_request"),
        ({"client_id": ["prog", "prog"], "client_secret": SECRET}, 400, "invalid_request"),
        ({"client_id": "prog", "client_secret": SECRET, "scope": "deploy"}, 400, "invalid_scope"),
        ({"client_id": "prog", "client_secret": SECRET, "scope": "no_such_scope"}, 400, "invalid_scope"),
        ({"client_id": "prog\0", "client_secret": SECRET}, 400, "invalid_request"),
        ({"client_id": "p" * 2000, "client_secret": SECRET}, 400, "invalid_request"),
    ],
)
def test_the_token_door_refuses_as_the_standard_says(door, form, status, error):
    register(door.place, "prog", scopes={"jobs"})
    answer = door.ask_token(**form)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)


def test_a_token_may_be_for_less_than_the_program_may(door):
    register(door.place, "prog", "r_yllapitaja", scopes={"jobs", "processes"})
    answer = door.ask_token(client_id="prog", client_secret=SECRET, scope="jobs")
    assert answer.get_json()["scope"] == "jobs"
    less = bearer(answer.get_json()["access_token"])
    assert door.call("POST", "/v2/process-instances/search", headers=less, json={}).status_code == 403
    assert door.call("POST", "/v2/process-instances/search", headers=basic("prog"), json={}).status_code == 200


def test_guessing_slows_down_whoever_guesses_and_nobody_else(door):
    register(door.place, "prog")
    statuses = [door.ask_token(client_id="prog", client_secret=f"guess {n}").status_code for n in range(6)]
    assert statuses == [401, 401, 401, 429, 429, 429]
    right = door.ask_token(client_id="prog", client_secret=SECRET)
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) >= 1
    door.address = "10.9.8.8"
    assert door.ask_token(client_id="prog", client_secret=SECRET).status_code == 200
    door.address = "10.9.8.7"
    door.place.later(seconds=30)
    assert door.ask_token(client_id="prog", client_secret=SECRET).status_code == 200


def test_many_right_sign_ins_from_one_address_slow_nobody_down(door):
    for number in range(4):
        register(door.place, f"prog{number}")
    statuses = {door.ask_token(client_id=f"prog{number % 4}", client_secret=SECRET).status_code for number in range(30)}
    assert statuses == {200}


def test_a_new_secret_ends_tokens_and_the_old_secret_at_once(door):
    program = door.program("prog")
    assert door.call("GET", ME, headers=basic("prog")).status_code == 200
    door.place.run(change_api_secret, client_id="prog", secret_hash=hash_password("the new secret"), actor=SYSTEM)
    assert program.get(ME).status_code == 401
    assert door.call("GET", ME, headers=basic("prog")).status_code == 401
    assert door.call("GET", ME, headers=basic("prog", "the new secret")).status_code == 200


def test_a_disabled_program_is_out_at_once(door):
    program = door.program("prog")
    door.place.run(disable_api_client, client_id="prog", actor=SYSTEM)
    assert program.get(ME).status_code == 401
    assert door.call("GET", ME, headers=basic("prog")).status_code == 401
    assert door.ask_token(client_id="prog", client_secret=SECRET).status_code == 401


def test_a_role_that_is_taken_away_is_gone_with_the_next_call(door):
    program = door.program("prog", "r_yllapitaja")
    assert program.post("/v2/variables/search", {}).status_code == 200
    with door.place.executor.database.engine.begin() as connection:
        connection.execute(position.delete().where(position.c.user_key == rows(door, select(api_client))[0].user_key))
    assert program.post("/v2/variables/search", {}).status_code == 403


def test_a_program_cannot_sign_in_on_the_pages(door):
    register(door.place, "prog", "r_yllapitaja")
    browser = door.app.test_client()
    token = browser.get("/sign-in").text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"username": "prog", "password": SECRET, "csrf_token": token}
    assert browser.post("/sign-in", data=form, headers={"Origin": "http://localhost"}).status_code == 422


def test_only_administrators_register_programs(door):
    with pytest.raises(NotAllowed):
        door.place.run(change_api_secret, client_id="prog", secret_hash="x", actor=door.place.people["owner"])
    with pytest.raises(InvalidInput):
        register(door.place, "no spaces")
    with pytest.raises(InvalidInput):
        register(door.place, "prog", scopes={"everything"})
    with pytest.raises(Conflict):
        register(door.place, "counsellor")


def test_tokens_given_are_in_the_audit(door):
    door.program("prog")
    actions = [row.action for row in rows(door, select(audit).order_by(audit.c.key))]
    assert actions == ["api_client_registered", "api_token_given"]
