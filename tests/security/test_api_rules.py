"""Every route has a rule; what each rule lets in; what belongs to others does not exist."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.domain.api_client import Scope
from app.storage.tables.people import access_log, audit
from app.storage.tables.work import user_task
from app.web.api import ROUTES, openapi_document
from app.web.api.rules import Rule
from tests.factories import WORK, chain, diagram, job_step, user_step
from tests.programs import EVERYTHING, open_door
from tests.security.test_api_sign_in import REQUIRED, path_of

ROLES = ("r_yllapitaja", "r_prosessinomistaja", "r_palveluohjaaja", "r_terveydenhoitaja")
#: rule -> roles of ROLES that come through the door with every scope; what is behind it is decided thing by thing
ADMITTED = {
    "signed_in": set(ROLES),
    "definitions": set(ROLES),
    "instances": set(ROLES),
    "monitor": {"r_yllapitaja", "r_prosessinomistaja"},
    "publish": {"r_prosessinomistaja"},
    "start": set(ROLES),
    "repair": {"r_yllapitaja"},
    "tasks": set(ROLES),
    "jobs": set(ROLES),
    "messages": set(ROLES),
    "decisions": set(ROLES),
}
CARE_FORM = {
    "id": "f_care",
    "title": {"fi": "Koe", "sv": "Prov", "en": "Test"},
    "dataGroup": "perustiedot",
    "sections": [
        {
            "key": "one",
            "title": {"fi": "Yksi", "sv": "Ett", "en": "One"},
            "fields": [
                {
                    "key": "name",
                    "type": "text",
                    "label": {"fi": "Nimi", "sv": "Namn", "en": "Name"},
                    "record": "client.name",
                },
                {"key": "go", "type": "boolean", "label": {"fi": "Jatko", "sv": "Vidare", "en": "Go on"}},
            ],
        }
    ],
}


@pytest.fixture
def door(sqlite_database, tmp_path):
    return open_door(sqlite_database, tmp_path / "data")


def rows(door, query):
    with door.place.executor.database.engine.connect() as connection:
        return connection.execute(query).all()


def send(program, route):
    if route.form is not None:
        return program.door.call(route.method, path_of(route), headers=program.headers, data={})
    body = json.loads(REQUIRED.get(route.operation, b"{}")) if route.takes else None
    return program.post(path_of(route), body, method=route.method)


def test_every_address_of_the_door_is_in_the_table(door):
    addresses = {
        (method, rule.rule)
        for rule in door.app.url_map.iter_rules()
        if rule.rule.startswith(("/v2", "/oauth", "/care"))
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert addresses == {(route.method, route.flask_path) for route in ROUTES}


def test_every_route_has_a_rule_and_only_few_are_public():
    assert all(isinstance(route.rule, Rule) for route in ROUTES)
    assert {route.operation for route in ROUTES if route.rule.public} == {"get_token", "get_status", "get_openapi"}
    assert all(route.rule.scope or route.rule.public or route.rule.name == "signed_in" for route in ROUTES)
    assert {route.rule.name for route in ROUTES if not route.rule.public} == set(ADMITTED)
    assert len({route.operation for route in ROUTES}) == len(ROUTES)


def test_roles_come_through_the_doors_that_are_theirs(door):
    for role in ROLES:
        program = door.program(f"prog-{role}", role)
        for route in ROUTES:
            if route.rule.public:
                continue
            answer = send(program, route)
            refused = answer.status_code == 403 and "role" in answer.get_json()["detail"]
            assert refused is (role not in ADMITTED[route.rule.name]), (role, route.operation, answer.text)
            assert answer.status_code < 500, (role, route.operation, answer.text)


@pytest.mark.parametrize("scope", sorted(Scope))
def test_a_token_without_the_scope_opens_nothing(door, scope):
    program = door.program("prog", *ROLES, scopes=EVERYTHING - {scope})
    for route in ROUTES:
        if route.rule.scope == scope:
            answer = send(program, route)
            assert answer.status_code == 403, route.operation
            assert scope in answer.get_json()["detail"]


def test_refused_calls_are_in_the_audit(door):
    program = door.program("prog", "r_terveydenhoitaja")
    program.post("/v2/process-instances/77/cancellation", {})
    line = rows(door, select(audit).order_by(audit.c.key))[-1]
    assert (line.action, line.subject_key, line.details) == (
        "api_call_refused",
        77,
        {"operation": "cancel_process_instance", "reason": "api_role"},
    )


def test_a_stranger_s_things_do_not_exist(door):
    """S14: every address with a key, asked for by a program of another organisation."""
    place = door.place
    place.publish(WORK)
    instance = place.start(variables={"answer": 1})
    task = place.open_tasks(instance)["first"]
    with place.executor.database.engine.connect() as connection:
        element = connection.execute(select(user_task.c.element_instance_key)).scalar_one()
    place.complete(task)
    job = place.open_jobs(instance)["work"]
    stranger = door.program(
        "prog-te", "r_asiakasvastaava_te", unit_id="unit_employment", job_types=["other"], message_names=["other"]
    )
    keys = {
        "processInstanceKey": instance,
        "elementInstanceKey": element,
        "userTaskKey": task,
        "jobKey": job,
        "incidentKey": 5,
        "variableKey": 5,
    }
    public = {"process-definitions", "decision-definitions"}
    for route in ROUTES:
        if not route.names or route.path.split("/")[2] in public:
            continue
        path = route.path.replace("{" + route.names[0] + "}", str(keys[route.names[0]]))
        body = json.loads(REQUIRED.get(route.operation, b"{}")) if route.takes else None
        answer = stranger.post(path, body, method=route.method)
        assert answer.status_code in (403, 404), (route.operation, answer.text)
        # a role's refusal says nothing about whether there is such a thing
        if answer.status_code == 403:
            assert "role" in answer.get_json()["detail"], (route.operation, answer.text)
    for resource in ("process-instances", "element-instances", "user-tasks", "incidents"):
        assert stranger.search(resource)["items"] == []
    assert place.status(instance) == "active"


def test_programs_work_on_jobs_and_send_messages_of_their_names_only(door):
    place = door.place
    place.publish(
        diagram('<bpmn:startEvent id="a"/>' + job_step("work") + '<bpmn:endEvent id="b"/>' + chain("a", "work", "b"))
    )
    job = place.open_jobs(place.start())["work"]
    limited = door.program("prog-mail", job_types=["mail"], message_names=["posted"])
    wanted = {"type": "test_work", "timeout": 1000, "maxJobsToActivate": 1, "requestTimeout": -1}
    assert limited.post("/v2/jobs/activation", wanted).status_code == 403
    assert limited.post("/v2/jobs/activation", {**wanted, "type": "mail"}).get_json() == {"jobs": []}
    assert limited.post(f"/v2/jobs/{job}/completion").status_code == 404
    assert limited.post("/v2/messages/publication", {"name": "other"}).status_code == 403
    assert limited.post("/v2/signals/broadcast", {"signalName": "other"}).status_code == 403
    assert limited.post("/v2/messages/publication", {"name": "posted"}).status_code == 200


def test_the_lease_of_a_job_belongs_to_one_program(door):
    place = door.place
    place.publish(
        diagram('<bpmn:startEvent id="a"/>' + job_step("work") + '<bpmn:endEvent id="b"/>' + chain("a", "work", "b"))
    )
    place.start()
    first, second = door.program("prog-one"), door.program("prog-two")
    wanted = {"type": "test_work", "timeout": 1000, "maxJobsToActivate": 1, "requestTimeout": -1, "withLease": True}
    job = first.post("/v2/jobs/activation", wanted).get_json()["jobs"][0]
    path = f"/v2/jobs/{job['jobKey']}"
    for way, body in (
        ("completion", {}),
        ("failure", {"retries": 1}),
        ("error", {"errorCode": "x"}),
    ):
        assert second.post(f"{path}/{way}", body).status_code == 409
    assert second.post(path, {"changeset": {"timeout": 5000}}, method="PATCH").status_code == 409
    # the lease runs out and the job goes to the other; the first one's late result is dropped
    place.later(seconds=2)
    again = second.post("/v2/jobs/activation", wanted).get_json()["jobs"][0]
    assert again["jobKey"] == job["jobKey"]
    assert first.post(f"{path}/completion", {"variables": {"late": True}}).status_code == 409
    assert second.post(f"{path}/completion", {"jobLeaseToken": job["jobLeaseToken"]}).status_code == 409
    assert second.post(f"{path}/completion", {"jobLeaseToken": again["jobLeaseToken"]}).status_code == 204


def test_a_task_of_another_group_is_neither_seen_nor_completed(door):
    place = door.place
    place.publish(WORK)
    task = place.open_tasks(place.start())["first"]
    nurse = door.program("prog-nurse", "r_terveydenhoitaja")
    guide = door.program("prog-guide", "r_palveluohjaaja")
    assert nurse.get(f"/v2/user-tasks/{task}").status_code == 404
    assert nurse.post(f"/v2/user-tasks/{task}/completion").status_code == 404
    assert guide.get(f"/v2/user-tasks/{task}").get_json()["elementId"] == "first"
    # one of the group may not give it to another
    assert guide.post(f"/v2/user-tasks/{task}/assignment", {"assignee": "counsellor"}).status_code == 403
    assert guide.post(f"/v2/user-tasks/{task}", {"changeset": {"priority": 90}}, method="PATCH").status_code == 403
    admin = door.program("prog-admin", "r_yllapitaja")
    assert admin.post(f"/v2/user-tasks/{task}/assignment", {"assignee": "nurse"}).status_code == 400
    assert admin.post(f"/v2/user-tasks/{task}/assignment", {"assignee": "counsellor"}).status_code == 204
    assert guide.post(f"/v2/user-tasks/{task}/completion").status_code == 409
    # to see everything and to direct others is not to do their work
    assert admin.post(f"/v2/user-tasks/{task}/completion").status_code in (403, 409)


def test_answers_for_the_care_core_need_the_care_scope_and_are_logged(door):
    place = door.place
    xml = diagram(
        '<bpmn:startEvent id="a"/>'
        + user_step("ask", form_id="f_care")
        + user_step("later")
        + '<bpmn:endEvent id="b"/>'
        + chain("a", "ask", "later", "b")
    )
    place.publish(xml, resources={"f_care.json": json.dumps(CARE_FORM).encode()})
    instance = place.start()
    task = place.open_tasks(instance)["ask"]
    answers = {"variables": {"name": "Kanarialintu Kalle", "go": True}}
    plain = door.program("prog-plain", "r_palveluohjaaja", "r_yllapitaja")
    refused = plain.post(f"/v2/user-tasks/{task}/completion", answers)
    assert refused.status_code == 403
    assert "care" in refused.get_json()["detail"]
    assert plain.post(f"/v2/user-tasks/{task}/completion", {"variables": {"go": True}}).status_code == 403
    trusted = door.program("prog-trusted", "r_palveluohjaaja", scopes=EVERYTHING | {Scope.CARE})
    assert trusted.post(f"/v2/user-tasks/{task}/completion", answers).status_code == 204
    logged = rows(door, select(access_log))
    assert [(line.user_name, line.action, line.data_groups) for line in logged] == [
        ("prog-plain", "refused", []),
        ("prog-plain", "refused", []),
        ("prog-trusted", "change", ["perustiedot"]),
    ]
    # what went to the care core is nowhere in what the API shows
    for resource in ("variables", "user-tasks", "process-instances", "element-instances", "jobs", "incidents"):
        assert "Kanarialintu" not in json.dumps(plain.search(resource))
    names = {item["name"] for item in plain.search("variables")["items"]}
    assert "go" in names
    assert "name" not in names


def test_a_program_ties_nothing_to_a_client_s_case_by_a_variable(door):
    place = door.place
    place.publish(WORK)
    instance = place.start()
    program = door.program("prog", *ROLES)
    start = {"processDefinitionId": "test_process"}
    for variables in ({"asia_id": "123"}, {"asia": {}}, {"viite": 1}):
        assert program.post("/v2/process-instances", {**start, "variables": variables}).status_code == 400
        assert program.post("/v2/messages/publication", {"name": "m", "variables": variables}).status_code == 400
        answer = program.post(f"/v2/element-instances/{instance}/variables", {"variables": variables}, method="PUT")
        assert answer.status_code == 400


def test_variables_are_not_found_by_those_who_may_not_see_them(door):
    place = door.place
    place.publish(WORK)
    place.start(variables={"secret": 1})
    guide = door.program("prog-guide", "r_palveluohjaaja")
    asked = {"filter": {"processInstanceVariables": [{"name": "secret", "value": "1"}]}}
    assert guide.post("/v2/user-tasks/search", asked).status_code == 403
    asked = {"filter": {"variables": [{"name": "secret", "value": "1"}]}}
    assert guide.post("/v2/process-instances/search", asked).status_code == 403


def test_the_document_names_every_route_and_its_rule(door):
    document = openapi_document()
    assert door.call("GET", "/v2/openapi.json").get_json() == json.loads(json.dumps(document))
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        assert operation["x-rule"] == route.rule.name
        assert ("401" in operation["responses"]) is not route.rule.public
    names = set(document["components"]["schemas"])
    used = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert used <= names
