"""Calls that wait, workers that race, decisions that are asked."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from camunda_orchestration_sdk import CamundaClient, models

from tests.factories import WORK, chain, diagram, job_step
from tests.programs import SECRET

ONE_JOB = diagram('<bpmn:startEvent id="a"/>' + job_step("work") + '<bpmn:endEvent id="b"/>' + chain("a", "work", "b"))
DMN = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="model" name="Model" namespace="urn:test">
  <inputData id="i" name="age"><variable name="age" typeRef="number"/></inputData>
  <decision id="dmn_test" name="Test"><variable name="dmn_test"/>
    <informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="in"><inputExpression id="e" typeRef="number"><text>age</text></inputExpression></input>
      <output id="out" name="group"/>
      <rule id="r1"><inputEntry id="a1"><text>&lt; 30</text></inputEntry>
        <outputEntry id="o1"><text>"young"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="a2"><text>&gt;= 30</text></inputEntry>
        <outputEntry id="o2"><text>"other"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""
ACTIVATE = {"type": "test_work", "timeout": 60_000, "maxJobsToActivate": 3}


def test_an_activation_waits_for_a_job_and_not_longer_than_asked(door, admin):
    door.place.publish(ONE_JOB)
    began = time.monotonic()
    assert admin.post("/v2/jobs/activation", {**ACTIVATE, "requestTimeout": 600}).get_json() == {"jobs": []}
    assert 0.5 < time.monotonic() - began < 5
    began = time.monotonic()
    assert admin.post("/v2/jobs/activation", {**ACTIVATE, "requestTimeout": -1}).get_json() == {"jobs": []}
    assert time.monotonic() - began < 2
    late = threading.Timer(0.5, door.place.start)
    late.start()
    answer = admin.post("/v2/jobs/activation", {**ACTIVATE, "requestTimeout": 20_000})
    late.join()
    assert len(answer.get_json()["jobs"]) == 1


def test_only_some_calls_wait_at_once_and_the_others_come_again(door, admin):
    places = door.app.extensions["kykypolku_api_waits"]
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    assert taken == 4
    began = time.monotonic()
    assert admin.post("/v2/jobs/activation", {**ACTIVATE, "requestTimeout": 30_000}).get_json() == {"jobs": []}
    assert time.monotonic() - began < 3
    for _ in range(taken):
        places.release()


def test_an_end_that_does_not_come_in_time_is_said_and_the_instance_goes_on(door, admin):
    door.place.publish(WORK)
    body = {"processDefinitionId": "test_process", "awaitCompletion": True, "requestTimeout": 300}
    assert admin.post("/v2/process-instances", body).status_code == 504
    [instance] = admin.search("process-instances")["items"]
    assert instance["state"] == "ACTIVE"


def test_workers_that_ask_at_once_never_get_the_same_job(door, admin):
    door.place.publish(ONE_JOB)
    for _ in range(12):
        door.place.start()
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(
            lambda _: admin.post("/v2/jobs/activation", {**ACTIVATE, "requestTimeout": -1}).get_json(), range(8)
        )
        got = [job["jobKey"] for answer in answers for job in answer.get("jobs", [])]
    assert len(got) == len(set(got))
    rest = admin.post("/v2/jobs/activation", {**ACTIVATE, "maxJobsToActivate": 12, "requestTimeout": -1}).get_json()
    assert len(got) + len(rest["jobs"]) == 12


def test_two_that_finish_one_job_at_once_one_counts(door, admin):
    door.place.publish(ONE_JOB)
    instance = door.place.start()
    [job] = admin.post("/v2/jobs/activation", {**ACTIVATE, "requestTimeout": -1}).get_json()["jobs"]
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(
            pool.map(
                lambda number: (
                    admin.post(f"/v2/jobs/{job['jobKey']}/completion", {"variables": {"by": number}}).status_code
                ),
                range(4),
            )
        )
    assert statuses[0] == 204
    assert set(statuses[1:]) <= {404, 409}
    assert door.place.events(instance).count(("work", "completed")) == 1


def test_a_decision_is_asked(api, tmp_path):
    api.register("prog-basic", "r_prosessinomistaja")
    client = CamundaClient(
        configuration={
            "CAMUNDA_REST_ADDRESS": api.url,
            "CAMUNDA_AUTH_STRATEGY": "BASIC",
            "CAMUNDA_BASIC_AUTH_USERNAME": "prog-basic",
            "CAMUNDA_BASIC_AUTH_PASSWORD": SECRET,
        }
    )
    path = tmp_path / "test.dmn"
    path.write_bytes(DMN)
    deployed = client.deploy_resources_from_files([str(path)])
    assert [item.decision_definition_id for item in deployed.decisions] == ["dmn_test"]
    assert deployed.decision_requirements[0].decision_requirements_id == "test"

    def ask(**values):
        return client.evaluate_decision(
            data=models.DecisionEvaluationByID(
                decision_definition_id="dmn_test",
                variables=models.DecisionEvaluationByIdVariables.from_dict(values),
            )
        )

    answer = ask(age=25)
    assert answer.output == '"young"'
    assert [(rule.rule_index) for rule in answer.evaluated_decisions[-1].matched_rules] == [1]
    failed = ask(age="old")
    assert failed.failed_decision_definition_id
    assert failed.output == "null"
    found = client.search_decision_definitions(
        data=models.DecisionDefinitionSearchQuery(
            filter_=models.DecisionDefinitionSearchQueryFilter(is_latest_version=True)
        )
    ).items[0]
    assert client.get_decision_definition_xml(decision_definition_key=found.decision_definition_key) == DMN.decode()
    with pytest.raises(Exception, match="404"):
        client.evaluate_decision(data=models.DecisionEvaluationByID(decision_definition_id="no_such"))
