"""What comes malformed, huge or hostile: a clear refusal, never a fault, nothing kept."""

from __future__ import annotations

import io
import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.storage.tables.instances import message, process_instance
from app.web.api import ROUTES
from app.web.api.routing import LARGEST_BODY
from tests.factories import WORK
from tests.programs import open_door
from tests.security.test_api_sign_in import REQUIRED, path_of

SEARCHES = sorted(route.path for route in ROUTES if route.path.endswith("/search") and not route.names)
ROLES = ("r_yllapitaja", "r_prosessinomistaja", "r_palveluohjaaja")


@pytest.fixture
def door(sqlite_database, tmp_path):
    return open_door(sqlite_database, tmp_path / "data")


@pytest.fixture
def program(door):
    return door.program("prog", *ROLES)


def count(door, table):
    with door.place.executor.database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


BAD_BODIES = {
    "nothing": b"",
    "text": b"hello",
    "cut": b'{"name": "x"',
    "not an object": b"[]",
    "NaN": b'{"name":"x","variables":{"a":NaN}}',
    "infinity": b'{"name":"x","variables":{"a":1e999}}',
    "huge number": b'{"name":"x","variables":{"a":' + b"9" * 400 + b"}}",
    "null character": b'{"name":"x","variables":{"a":"\\u0000"}}',
    "null character in a key": b'{"name":"x","variables":{"a":{"\\u0000":1}}}',
    "null character in a name": b'{"name":"a\\u0000"}',
    "null character in the correlation key": b'{"name":"x","correlationKey":"a\\u0000"}',
    "half a character": b'{"name":"x","variables":{"a":"\\ud800"}}',
    "no UTF-8": b'{"name":"\xff"}',
    "deep": b'{"name":"x","variables":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}",
    "deeper": b"[" * 200_000,
    "unknown field": b'{"name":"x","organisationId":"o"}',
    "wrong type": b'{"name":5}',
    "variables no object": b'{"name":"x","variables":[1]}',
    "empty name": b'{"name":""}',
    "long name": b'{"name":"' + b"x" * 300 + b'"}',
    "other tenant": b'{"name":"x","tenantId":"other"}',
    "negative time": b'{"name":"x","timeToLive":-1}',
    "house's own variable": b'{"name":"x","variables":{"asia":{}}}',
}


def test_bad_messages_are_refused_and_not_kept(door, program):
    for kind, data in BAD_BODIES.items():
        answer = program.send("/v2/messages/publication", data)
        assert answer.status_code == 400, (kind, answer.text)
        problem = answer.get_json()
        assert answer.mimetype == "application/problem+json"
        assert {"type", "title", "status", "detail", "instance"} <= set(problem)
        assert problem["problems"][0]["text"], kind
    assert count(door, message) == 0


def test_bodies_are_limited_before_they_are_read(program):
    huge = b'{"name":"x","variables":{"a":"' + b"x" * LARGEST_BODY + b'"}}'
    assert program.send("/v2/messages/publication", huge).status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_json(program, kind):
    assert program.send("/v2/messages/publication", b'{"name":"x"}', kind).status_code == 415


BAD_SEARCHES = [
    {"filter": {"noSuchThing": 1}},
    {"filter": {"tenantId": {"$regex": ".*"}}},
    {"sort": [{"field": "no such field"}]},
    {"sort": [{"field": "key; DROP TABLE job"}]},
    {"sort": [{"field": "name", "order": "sideways"}]},
    {"sort": [{"field": "processInstanceKey"}] * 11},
    {"page": {"limit": -1}},
    {"page": {"limit": 1001}},
    {"page": {"from": 10_001}},
    {"page": {"from": 1, "after": "W10="}},
    {"page": {"after": "not base64!"}},
    {"page": {"after": "W10="}},
    {"page": {"after": "e30="}},
    {"page": {"before": "WzEsMiwzLDQsNV0="}},
    {"page": {"after": "W251bGwsbnVsbF0="}},
    {"page": {"after": "WyJ4IiwgIngiXQ=="}},
    {"page": {"after": "WzFlOTksMWU5OV0="}},
    {"other": 1},
    {"filter": None},
    {"page": None},
]


@pytest.mark.parametrize("path", SEARCHES)
def test_searches_refuse_what_they_do_not_know(program, path):
    for body in BAD_SEARCHES:
        answer = program.post(path, body)
        assert answer.status_code == 400, (body, answer.text)


def test_keys_that_are_none_and_things_that_are_not(program):
    for route in ROUTES:
        if not route.names:
            continue
        body = json.loads(REQUIRED.get(route.operation, b"{}")) if route.takes else None
        for key, statuses in {
            "9223372036854775807": {404},
            "1": {404},
            "0": {400},
            "-1": {400},
            "99999999999999999999": {400},
            "abc": {400},
            "1e5": {400},
            "٣": {400},
            "%00": {400},
        }.items():
            path = route.path.replace("{" + route.names[0] + "}", key)
            answer = program.post(path, body, method=route.method)
            assert answer.status_code in statuses, (route.operation, key, answer.text)


def test_wrong_addresses_and_methods_are_problems_too(program):
    assert program.get("/v2/no-such-thing").status_code == 404
    answer = program.get("/v2/messages/publication")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert answer.mimetype == "application/problem+json"


def test_deployments_that_are_none(door, program):
    def deploy(**files):
        return door.call(
            "POST", "/v2/deployments", headers=program.headers, data=files, content_type="multipart/form-data"
        )

    def file(content, name):
        return (io.BytesIO(content), name)

    assert deploy().status_code == 400
    assert deploy(resources=file(b"<x", "a.bpmn")).status_code == 400
    assert deploy(resources=file(b"MZ", "a.exe")).status_code == 400
    assert deploy(resources=file(WORK, "")).status_code == 400
    assert deploy(resources=[file(WORK, "a.bpmn"), file(WORK, "a.bpmn")]).status_code == 400
    assert deploy(resources=file(WORK, "a.bpmn"), tenantId="other").status_code == 400
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    refused = deploy(resources=file(entity, "a.bpmn"))
    assert refused.status_code == 400
    assert "root:" not in refused.text
    assert deploy(resources=[file(WORK, "good.bpmn"), file(b"<x", "bad.bpmn")]).status_code == 400
    assert program.search("process-definitions")["items"] == []
    done = deploy(resources=file(WORK, "../../etc/good.bpmn"))
    assert done.status_code == 200
    assert done.get_json()["deployments"][0]["processDefinition"]["resourceName"] == "good.bpmn"


def test_starts_that_are_none(door, program):
    door.place.publish(WORK)
    for body, status in (
        ({"processDefinitionId": "no_such"}, 404),
        ({"processDefinitionId": "test_process", "processDefinitionVersion": 9}, 404),
        ({"processDefinitionId": "test_process", "processDefinitionVersionTag": "x"}, 404),
        ({"processDefinitionKey": "17"}, 404),
        ({"processDefinitionKey": "x"}, 400),
        ({}, 400),
        ({"processDefinitionId": "test_process", "processDefinitionKey": "17"}, 400),
        ({"processDefinitionId": "test_process", "startInstructions": [{"elementId": "second"}]}, 400),
        ({"processDefinitionId": "test_process", "runtimeInstructions": []}, 400),
    ):
        assert program.post("/v2/process-instances", body).status_code == status, body
    assert count(door, process_instance) == 0


def test_problems_are_said_in_the_language_asked_for(program):
    said = {
        language: program.post("/v2/jobs/1/completion", {}, **{"Accept-Language": language}).get_json()["title"]
        for language in ("fi", "sv-FI", "en", "de", "")
    }
    assert said == {"fi": "Ei löydy", "sv-FI": "Hittades inte", "en": "Not found", "de": "Not found", "": "Not found"}


def test_a_problem_never_repeats_what_was_sent(program):
    canary = "Kanarialintu-010190"
    for path, body in (
        ("/v2/process-instances", {"processDefinitionId": canary}),
        ("/v2/messages/publication", {"name": {"$eq": canary}}),
        ("/v2/user-tasks/5/completion", {"variables": {"name": canary}}),
    ):
        assert canary not in program.post(path, body).text


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["test_process", "ACTIVE", "$eq", "<default>", "2026-01-01T00:00:00Z", "5"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$eq", "$in", "$like", "$gt", "$exists", "name", "value", "field", "key"])
            | st.text(max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def fields_of(route):
    return list(route.takes.__struct_encode_fields__)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_body_is_a_fault(program, data):
    """Whatever JSON comes: an answer below 500 (the wait for jobs apart, which is asked not to wait)."""
    route = data.draw(
        st.sampled_from([route for route in ROUTES if route.takes and route.operation != "activate_jobs"])
    )
    known = json.loads(REQUIRED.get(route.operation, b"{}"))
    body = {**known, **data.draw(st.dictionaries(st.sampled_from(fields_of(route)), VALUES, max_size=3))}
    if route.operation.startswith("search") and data.draw(st.booleans()):
        names = [item.encode_name for item in _filter_fields(route)]
        body = {"filter": data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=3))}
    body.pop("awaitCompletion", None)
    answer = program.post(path_of(route), body, method=route.method)
    assert answer.status_code < 500, (route.operation, body, answer.text)


def _filter_fields(route):
    [wanted] = [item for item in msgspec.structs.fields(route.takes) if item.name == "filter"]
    return msgspec.structs.fields(wanted.type)
