"""Camunda's official client does a whole process through our door, with its own types and its own worker."""

from __future__ import annotations

import json
import threading

import pytest
from camunda_orchestration_sdk import models
from camunda_orchestration_sdk.errors import ConflictError, ForbiddenError, NotFoundError

from tests.factories import WORK, chain, diagram, job_step, user_step

MESSAGE = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition messageRef="m"/>'
    '</bpmn:intermediateCatchEvent><bpmn:endEvent id="done"/>' + chain("begin", "wait", "done"),
    process_id="waits",
    roots='<bpmn:message id="m" name="arrived"><bpmn:extensionElements><zeebe:subscription correlationKey="=order"/>'
    "</bpmn:extensionElements></bpmn:message>",
)
SIGNAL = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait"><bpmn:signalEventDefinition signalRef="s"/>'
    '</bpmn:intermediateCatchEvent><bpmn:endEvent id="done"/>' + chain("begin", "wait", "done"),
    process_id="listens",
    roots='<bpmn:signal id="s" name="alarm"/>',
)
FORM = json.dumps(
    {
        "id": "f_test",
        "title": {"fi": "Koe", "sv": "Prov", "en": "Test"},
        "dataGroup": None,
        "sections": [
            {
                "key": "one",
                "title": {"fi": "Yksi", "sv": "Ett", "en": "One"},
                "fields": [
                    {
                        "key": "count",
                        "type": "integer",
                        "label": {"fi": "Määrä", "sv": "Antal", "en": "Count"},
                        "required": True,
                        "maximum": 9,
                    }
                ],
            }
        ],
    }
).encode()


def deploy(client, tmp_path, **files):
    paths = []
    for name, content in files.items():
        path = tmp_path / name.replace("__", ".")
        path.write_bytes(content)
        paths.append(str(path))
    return client.deploy_resources_from_files(paths)


def start(client, process_id="test_process", **values):
    return client.create_process_instance(
        data=models.ProcessCreationById(
            process_definition_id=process_id,
            variables=models.ProcessInstanceCreationInstructionBaseVariables.from_dict(values),
        )
    )


def test_from_deployment_to_the_end(official, tmp_path):
    deployed = deploy(official, tmp_path, work__bpmn=WORK)
    definition = deployed.processes[0]
    assert (definition.process_definition_id, definition.process_definition_version) == ("test_process", 1)
    assert (
        official.get_process_definition_xml(process_definition_key=definition.process_definition_key) == WORK.decode()
    )

    created = start(official, answer=42)
    key = created.process_instance_key
    tasks = official.search_user_tasks(
        data=models.UserTaskSearchQuery(
            filter_=models.UserTaskSearchQueryFilter(
                process_instance_key=key, state=models.UserTaskStateExactMatch("CREATED")
            )
        )
    )
    assert [task.element_id for task in tasks.items] == ["first"]
    task = tasks.items[0]
    assert task.candidate_groups == ["r_palveluohjaaja"]
    official.assign_user_task(
        user_task_key=task.user_task_key, data=models.UserTaskAssignmentRequest(assignee="prog-official")
    )
    assert official.get_user_task(user_task_key=task.user_task_key).assignee == "prog-official"
    official.complete_user_task(
        user_task_key=task.user_task_key,
        data=models.UserTaskCompletionRequest(
            variables=models.UserTaskCompletionRequestVariables.from_dict({"typed": True})
        ),
    )

    jobs = official.activate_jobs(
        data=models.JobActivationRequest(
            type_="test_work", timeout=10_000, max_jobs_to_activate=5, worker="w1", request_timeout=-1
        )
    ).jobs
    assert [(job.element_id, job.retries, job.worker) for job in jobs] == [("work", 3, "w1")]
    assert jobs[0].variables.to_dict() == {"answer": 42, "typed": True}
    official.complete_job(
        job_key=jobs[0].job_key,
        data=models.JobCompletionRequest(variables=models.JobCompletionRequestVariables.from_dict({"result": "ok"})),
    )

    second = official.search_user_tasks(
        data=models.UserTaskSearchQuery(filter_=models.UserTaskSearchQueryFilter(element_id="second"))
    ).items[0]
    official.complete_user_task(user_task_key=second.user_task_key)
    instance = official.get_process_instance(process_instance_key=key)
    assert instance.state.value == "COMPLETED"
    assert instance.end_date is not None
    variables = official.search_variables(
        data=models.VariableSearchQuery(filter_=models.VariableSearchQueryFilter(process_instance_key=key))
    )
    assert {item.name: item.value for item in variables.items} == {"answer": "42", "typed": "true", "result": '"ok"'}
    one = official.get_variable(variable_key=variables.items[0].variable_key)
    assert (one.name, one.value) == (variables.items[0].name, variables.items[0].value)
    elements = official.search_element_instances(
        data=models.ElementInstanceSearchQuery(
            filter_=models.ElementInstanceSearchQueryFilter(process_instance_key=key)
        )
    )
    assert {(item.element_id, item.type_.value, item.state.value) for item in elements.items} == {
        ("test_process", "PROCESS", "COMPLETED"),
        ("begin", "START_EVENT", "COMPLETED"),
        ("first", "USER_TASK", "COMPLETED"),
        ("work", "SERVICE_TASK", "COMPLETED"),
        ("second", "USER_TASK", "COMPLETED"),
        ("done", "END_EVENT", "COMPLETED"),
    }
    flows = official.get_process_instance_sequence_flows(process_instance_key=key)
    assert {item.element_id for item in flows.items} == {
        "begin_to_first",
        "first_to_work",
        "work_to_second",
        "second_to_done",
    }


def test_its_own_job_worker_finishes_jobs(api, official, tmp_path):
    xml = diagram(
        '<bpmn:startEvent id="begin"/>'
        + job_step("work")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "work", "done")
    )
    deploy(official, tmp_path, jobs__bpmn=xml)
    result = {}

    def wait_for_the_end():
        result["created"] = official.create_process_instance(
            data=models.ProcessCreationById(
                process_definition_id="test_process",
                await_completion=True,
                request_timeout=15_000,
                fetch_variables=["double"],
                variables=models.ProcessInstanceCreationInstructionBaseVariables.from_dict({"number": 21}),
            )
        )

    waiting = threading.Thread(target=wait_for_the_end)
    waiting.start()
    # activation waits until the instance has reached its job
    job = official.activate_jobs(
        data=models.JobActivationRequest(
            type_="test_work", timeout=10_000, max_jobs_to_activate=1, request_timeout=10_000, with_lease=True
        )
    ).jobs[0]
    number = job.variables.to_dict()["number"]
    official.complete_job(
        job_key=job.job_key,
        data=models.JobCompletionRequest(
            variables=models.JobCompletionRequestVariables.from_dict({"double": number * 2}),
            job_lease_token=job.job_lease_token,
        ),
    )
    waiting.join()
    assert result["created"].variables.to_dict() == {"double": 42}


def test_a_failed_job_becomes_an_incident_that_is_resolved(official, tmp_path):
    deploy(
        official,
        tmp_path,
        jobs__bpmn=diagram(
            '<bpmn:startEvent id="begin"/>'
            + job_step("work")
            + '<bpmn:endEvent id="done"/>'
            + chain("begin", "work", "done")
        ),
    )
    key = start(official).process_instance_key
    wanted = models.JobActivationRequest(type_="test_work", timeout=10_000, max_jobs_to_activate=1, request_timeout=-1)
    job = official.activate_jobs(data=wanted).jobs[0]
    official.fail_job(job_key=job.job_key, data=models.JobFailRequest(retries=0, error_message="no such system"))
    incident = official.search_incidents(
        data=models.IncidentSearchQuery(filter_=models.IncidentSearchQueryFilter(process_instance_key=key))
    ).items[0]
    assert (incident.error_type.value, incident.state.value, incident.job_key) == (
        "JOB_NO_RETRIES",
        "ACTIVE",
        job.job_key,
    )
    assert "no such system" in incident.error_message
    assert official.get_process_instance(process_instance_key=key).has_incident is True
    official.resolve_incident(incident_key=incident.incident_key)
    assert official.get_incident(incident_key=incident.incident_key).state.value == "RESOLVED"
    with pytest.raises(ConflictError):
        official.resolve_incident(incident_key=incident.incident_key)
    job = official.activate_jobs(data=wanted).jobs[0]
    official.complete_job(job_key=job.job_key)
    assert official.get_process_instance(process_instance_key=key).state.value == "COMPLETED"
    with pytest.raises(NotFoundError):
        official.complete_job(job_key=job.job_key)


def test_messages_and_signals_arrive_before_the_answer(official, tmp_path):
    deploy(official, tmp_path, message__bpmn=MESSAGE, signal__bpmn=SIGNAL)
    waits = start(official, "waits", order="o-1").process_instance_key
    listens = start(official, "listens").process_instance_key
    with pytest.raises(NotFoundError):
        official.correlate_message(data=models.MessageCorrelationRequest(name="arrived", correlation_key="o-2"))
    answer = official.correlate_message(
        data=models.MessageCorrelationRequest(
            name="arrived",
            correlation_key="o-1",
            variables=models.MessageCorrelationRequestVariables.from_dict({"by": "post"}),
        )
    )
    assert answer.process_instance_key == waits
    assert official.get_process_instance(process_instance_key=waits).state.value == "COMPLETED"
    official.broadcast_signal(data=models.SignalBroadcastRequest(signal_name="alarm"))
    assert official.get_process_instance(process_instance_key=listens).state.value == "COMPLETED"

    early = models.MessagePublicationRequest(
        name="arrived", correlation_key="o-3", time_to_live=60_000, message_id="once"
    )
    official.publish_message(data=early)
    with pytest.raises(Exception, match="409"):
        official.publish_message(data=early)
    later = start(official, "waits", order="o-3").process_instance_key
    waiting = official.search_message_subscriptions(
        data=models.MessageSubscriptionSearchQuery(
            filter_=models.MessageSubscriptionSearchQueryFilter(process_instance_key=later)
        )
    )
    assert [(item.message_name, item.correlation_key) for item in waiting.items] == [("arrived", "o-3")]


def test_a_form_is_shown_and_its_answers_are_checked(official, tmp_path):
    xml = diagram(
        '<bpmn:startEvent id="begin"/>'
        + user_step("ask", form_id="f_test")
        + '<bpmn:endEvent id="done"/>'
        + chain("begin", "ask", "done")
    )
    deployed = deploy(official, tmp_path, ask__bpmn=xml, f_test__json=FORM)
    assert [(item.form_id, item.version) for item in deployed.forms] == [("f_test", 1)]
    key = start(official).process_instance_key
    task = official.search_user_tasks().items[0]
    assert task.form_key == deployed.forms[0].form_key
    form = official.get_user_task_form(user_task_key=task.user_task_key)
    assert json.loads(form.schema)["id"] == "f_test"

    def complete(**values):
        official.complete_user_task(
            user_task_key=task.user_task_key,
            data=models.UserTaskCompletionRequest(
                variables=models.UserTaskCompletionRequestVariables.from_dict(values)
            ),
        )

    for wrong in ({}, {"count": 10}, {"count": "3"}, {"count": 3, "other": 1}):
        with pytest.raises(Exception, match="400"):
            complete(**wrong)
    complete(count=3)
    assert official.get_process_instance(process_instance_key=key).state.value == "COMPLETED"
    with pytest.raises(ConflictError):
        complete(count=3)


def test_who_calls_and_where(official):
    me = official.get_authentication()
    assert (me.username, [tenant.tenant_id for tenant in me.tenants]) == ("prog-official", ["<default>"])
    assert official.get_topology().cluster_size == 1
    official.get_status()


def test_a_program_without_the_role_is_refused(api, official, tmp_path):
    deploy(official, tmp_path, work__bpmn=WORK)
    api.register("prog-nurse", "r_terveydenhoitaja")
    nurse = api.official("prog-nurse", tmp_path)
    with pytest.raises(Exception, match="403"):
        start(nurse)
    with pytest.raises(ForbiddenError):
        nurse.search_variables()
    key = start(official).process_instance_key
    with pytest.raises(NotFoundError):
        nurse.get_process_instance(process_instance_key=key)
