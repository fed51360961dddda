"""Listeners through the doors: programs answer their jobs, people are told what was denied, nothing typed is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.commands.claim_task import claim_task, release_task
from app.commands.complete_task import Submission, complete_task
from app.commands.direct_task import TaskChange, assign_task, change_task
from app.commands.fire_timer import fire_timer
from app.commands.pause_instance import pause_instance
from app.commands.unreadable_state import ensure_sound_state
from app.domain.errors import TaskHeld
from app.queries.notices import inbox
from app.settings import Settings
from app.storage.tables.people import audit
from app.storage.tables.work import draft
from app.web import create_app
from tests.factories import chain, diagram, job_step, user_step
from tests.programs import Door, Program, open_door
from tests.web import Visitor

FORM = (
    b'{"id": "f_koe", "title": {"fi": "Koe", "sv": "Prov", "en": "Test"}, "sections": [{"key": "osa", "title":'
    b' {"fi": "Osa", "sv": "Del", "en": "Part"}, "fields": [{"key": "vastaus", "type": "text", "required": true,'
    b' "label": {"fi": "Vastaus", "sv": "Svar", "en": "Answer"}}]}]}'
)


def listened(*listeners: tuple[str, str], more: str = "") -> bytes:
    """Return a process of one task with a form and these task listeners (event, job type)."""
    written = "".join(
        f'<zeebe:taskListener eventType="{event}" type="{job_type}" retries="1"/>' for event, job_type in listeners
    )
    return diagram(
        '<bpmn:startEvent id="begin"/><bpmn:userTask id="first" name="Arvio"><bpmn:extensionElements><zeebe:userTask/>'
        '<zeebe:assignmentDefinition candidateGroups="r_palveluohjaaja"/><zeebe:formDefinition formId="f_koe"/>'
        f"<zeebe:taskListeners>{written}</zeebe:taskListeners>{more}</bpmn:extensionElements></bpmn:userTask>"
        '<bpmn:endEvent id="done"/>' + chain("begin", "first", "done")
    )


@pytest.fixture
def door(database, tmp_path) -> Door:
    return open_door(database, tmp_path / "data")


@pytest.fixture
def program(door: Door) -> Program:
    return door.program("prog-listener", "r_yllapitaja", "r_prosessinomistaja")


def take_job(program: Program, job_type: str) -> dict:
    """Activate the one job of the type."""
    body = {"type": job_type, "timeout": 60_000, "maxJobsToActivate": 5, "requestTimeout": -1}
    [job] = program.post("/v2/jobs/activation", body).get_json()["jobs"]
    return job


def answer(program: Program, job: dict, status: int = 204, **result: object) -> dict | None:
    """Complete the listener's job with its result."""
    body = {"result": {"type": "userTask", **result}} if result else {}
    got = program.post(f"/v2/jobs/{job['jobKey']}/completion", body)
    assert got.status_code == status, got.text
    return got.get_json(silent=True)


def publish(door: Door, xml: bytes) -> int:
    """Publish with the form, start an instance and return its key."""
    door.place.publish(xml, resources={"f_koe.json": FORM})
    return door.place.start()


def audited(door: Door) -> list[str]:
    with door.place.executor.database.engine.connect() as connection:
        return list(connection.scalars(select(audit.c.action).order_by(audit.c.at, audit.c.key)))


def test_a_denied_completion_comes_back_and_an_allowed_one_goes_on(door, program):
    instance = publish(door, listened(("completing", "check")))
    place, task = door.place, door.place.open_tasks(publish_key := instance)["first"]
    assert place.complete(task, vastaus="luonnos").held
    assert place.status(publish_key) == "active"
    [line] = program.search("user-tasks")["items"]
    assert line["state"] == "COMPLETING"
    job = take_job(program, "check")
    assert (job["kind"], job["listenerEventType"]) == ("TASK_LISTENER", "COMPLETING")
    assert job["variables"] == {"vastaus": "luonnos"}
    assert (job["userTask"]["userTaskKey"], job["userTask"]["action"]) == (str(task), "complete")
    with pytest.raises(TaskHeld):
        place.complete(task, vastaus="muu")
    answer(program, job, denied=True, deniedReason="Liite puuttuu")
    [line] = program.search("user-tasks")["items"]
    assert line["state"] == "CREATED"
    place.complete(task, vastaus="valmis")
    answer(program, take_job(program, "check"))
    assert place.status(instance) == "completed"
    [line] = program.search("user-tasks")["items"]
    assert line["state"] == "COMPLETED"
    [variable] = place.executor.read(lambda uow: uow.monitor.variables(instance))
    assert (variable["name"], variable["value"]) == ("vastaus", "valmis")
    with place.executor.database.engine.connect() as connection:
        assert connection.execute(select(draft)).all() == []
    done = place.executor.read(lambda uow: uow.tasks.get(task))
    assert done.completed_by == place.people["counsellor"].user_key
    assert [each for each in audited(door) if each.startswith("task_")] == [
        *("task_sent", "task_change_denied", "task_sent", "task_change_allowed"),
    ]


def test_a_person_whose_completion_is_denied_is_told_and_finds_what_they_typed(database, tmp_path):
    door = open_door(database, tmp_path / "data")
    program = door.program("prog-listener", "r_yllapitaja")
    settings = Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")
    place = door.place
    visitor = Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    task = place.open_tasks(publish(door, listened(("completing", "check"))))["first"]
    visitor.sign_in("counsellor")
    sent = visitor.post(
        f"/tasks/{task}", {"vastaus": "Soitin <b>eilen</b>", "submission_id": "s-1", "action": "complete"}
    )
    assert (sent.status_code, sent.location) == (303, f"/tasks/{task}")
    waiting = visitor.get(f"/tasks/{task}").text
    assert "Vastauksiasi tarkistetaan." in waiting
    assert 'value="complete"' not in waiting
    again = visitor.post(f"/tasks/{task}", {"vastaus": "Soitin", "submission_id": "s-1", "action": "complete"})
    assert again.status_code == 303, "the same form sent twice gets the first result"
    other = visitor.post(f"/tasks/{task}", {"vastaus": "Muu", "submission_id": "s-2", "action": "complete"})
    assert other.status_code == 409
    answer(program, take_job(program, "check"), denied=True, deniedReason="Päivä <puuttuu>")
    page = visitor.get(f"/tasks/{task}").text
    assert "Tehtävää ei hyväksytty" in page
    assert "Päivä &lt;puuttuu&gt;" in page
    assert 'value="Muu"' in page
    done = visitor.post(f"/tasks/{task}", {"vastaus": "Soitin 1.3.", "submission_id": "s-3", "action": "complete"})
    assert done.status_code == 303
    answer(program, take_job(program, "check"))
    assert "Tehtävää ei hyväksytty" not in visitor.get(f"/tasks/{task}").text


def test_taking_and_giving_back_wait_for_the_listener(door, program):
    place = door.place
    task = place.open_tasks(publish(door, listened(("assigning", "give"))))["first"]
    counsellor, colleague = place.people["counsellor"], place.people["colleague"]
    assert place.run(claim_task, task_key=task, actor=counsellor).assignee is None
    with pytest.raises(TaskHeld):
        place.run(claim_task, task_key=task, actor=colleague)
    answer(program, take_job(program, "give"), denied=True)
    assert place.run(claim_task, task_key=task, actor=counsellor).held_event == "assigning"
    answer(program, take_job(program, "give"), corrections={"assignee": "colleague", "priority": 90})
    given = place.executor.read(lambda uow: uow.tasks.get(task))
    assert (given.assignee, given.priority, given.denial) == (colleague.user_key, 90, "")
    place.run(release_task, task_key=task, actor=colleague)
    answer(program, take_job(program, "give"))
    assert place.executor.read(lambda uow: uow.tasks.get(task)).assignee is None


def test_a_change_waits_for_the_listener_and_may_be_corrected(door, program):
    place = door.place
    task = place.open_tasks(publish(door, listened(("updating", "change"))))["first"]
    change = TaskChange(priority=10, candidate_groups=["r_laakari"], clear=frozenset({"follow_up_at"}))
    place.run(change_task, task_key=task, change=change, actor=place.people["admin"])
    assert place.executor.read(lambda uow: uow.tasks.get(task)).priority == 50
    answer(program, take_job(program, "change"), corrections={"priority": 20, "dueDate": "2026-04-01T12:00:00+03:00"})
    changed = place.executor.read(lambda uow: uow.tasks.get(task))
    assert (changed.priority, changed.candidate_groups) == (20, ("r_laakari",))
    assert (changed.due_at.day, changed.due_at.hour) == (1, 9)


def test_a_task_is_not_in_the_worklist_before_its_creation_was_heard(door, program):
    place = door.place
    instance = publish(door, listened(("creating", "make")))
    assert place.open_tasks(instance) == {}
    job = take_job(program, "make")
    assert (job["listenerEventType"], job["userTask"]) == ("CREATING", None)
    assert answer(program, job, 400, denied=True)["problems"][0]["code"] == "job_result_of_creation"
    answer(program, job, corrections={"candidateUsers": ["doctor"], "assignee": "doctor"})
    task = place.executor.read(lambda uow: uow.tasks.get(place.open_tasks(instance)["first"]))
    assert (task.assignee, task.candidate_users) == (place.people["doctor"].user_key, ("doctor",))


def test_a_listener_that_fails_is_an_incident_of_its_own_kind_and_is_tried_again(door, program):
    place = door.place
    instance = publish(door, listened(("completing", "check")))
    place.complete(place.open_tasks(instance)["first"], vastaus="x")
    job = take_job(program, "check")
    failed = program.post(f"/v2/jobs/{job['jobKey']}/failure", {"retries": 0, "errorMessage": "alhaalla"})
    assert failed.status_code == 204
    [incident] = program.search("incidents")["items"]
    assert incident["errorType"] == "TASK_LISTENER_NO_RETRIES"
    assert program.post(f"/v2/incidents/{incident['incidentKey']}/resolution").status_code == 204
    answer(program, take_job(program, "check"))
    assert place.status(instance) == "completed"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"result": {"type": "userTask", "denied": True, "corrections": {"priority": 1}}}, "job_result_both"),
        ({"result": {"type": "userTask", "corrections": {"priority": 101}}}, "priority_range"),
        ({"result": {"type": "userTask", "corrections": {"dueDate": "huomenna"}}}, "field_format"),
        ({"variables": {"x": 1}}, "job_result_variables"),
    ],
)
def test_a_task_listener_cannot_answer_just_anything(door, program, body, code):
    publish_key = publish(door, listened(("completing", "check")))
    door.place.complete(door.place.open_tasks(publish_key)["first"], vastaus="x")
    job = take_job(program, "check")
    got = program.post(f"/v2/jobs/{job['jobKey']}/completion", body)
    assert (got.status_code, got.get_json()["problems"][0]["code"]) == (400, code)
    thrown = program.post(f"/v2/jobs/{job['jobKey']}/error", {"errorCode": "virhe"})
    assert thrown.get_json()["problems"][0]["code"] == "job_error_of_listener"
    answer(program, job)


def test_execution_listeners_are_jobs_of_their_own_kind_and_can_deny_nothing(door, program):
    held = (
        '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="before"/>'
        '<zeebe:executionListener eventType="end" type="after"/></zeebe:executionListeners></bpmn:extensionElements>'
    )
    work = job_step("work").replace("</bpmn:extensionElements>", held)
    door.place.publish(
        diagram('<bpmn:startEvent id="begin"/>' + work + '<bpmn:endEvent id="done"/>' + chain("begin", "work", "done"))
    )
    instance = door.place.start()
    job = take_job(program, "before")
    assert (job["kind"], job["listenerEventType"]) == ("EXECUTION_LISTENER", "START")
    refused = program.post(f"/v2/jobs/{job['jobKey']}/completion", {"result": {"type": "userTask", "denied": True}})
    assert refused.get_json()["problems"][0]["code"] == "job_result_of_listener"
    answer(program, job)
    answer(program, take_job(program, "test_work"))
    found = program.search("jobs", filter={"kind": "EXECUTION_LISTENER", "listenerEventType": "END"})
    assert [each["type"] for each in found["items"]] == ["after"]
    failed = program.post(f"/v2/jobs/{take_job(program, 'after')['jobKey']}/failure", {"retries": 0})
    assert failed.status_code == 204
    [incident] = program.search("incidents")["items"]
    assert incident["errorType"] == "EXECUTION_LISTENER_NO_RETRIES"
    program.post(f"/v2/incidents/{incident['incidentKey']}/resolution")
    answer(program, take_job(program, "after"))
    assert door.place.status(instance) == "completed"


def test_the_end_of_the_instance_withdraws_what_listeners_hold(door, program):
    place = door.place
    instance = publish(door, listened(("completing", "check")))
    task = place.open_tasks(instance)["first"]
    place.run(
        complete_task, task_key=task, actor=place.people["counsellor"], submission=Submission(values={"vastaus": "x"})
    )
    job = take_job(program, "check")
    assert program.post(f"/v2/process-instances/{instance}/cancellation").status_code == 204
    assert answer(program, job, 404) is not None
    gone = place.executor.read(lambda uow: uow.tasks.get(task))
    assert (gone.status, gone.held_event, gone.completed_by) == ("cancelled", "", None)


def test_a_listener_is_told_of_a_cancelled_task_also_when_its_instance_has_ended(door, program):
    place = door.place
    instance = publish(door, listened(("completing", "check"), ("canceling", "gone")))
    task = place.open_tasks(instance)["first"]
    place.run(pause_instance, instance_key=instance, actor=place.people["admin"], reason="Koe")
    assert program.post(f"/v2/process-instances/{instance}/cancellation").status_code == 204
    assert place.status(instance) == "terminated"
    job = take_job(program, "gone")
    assert (job["kind"], job["listenerEventType"]) == ("TASK_LISTENER", "CANCELING")
    assert job["userTask"]["userTaskKey"] == str(task)
    for result in ({"denied": True}, {"corrections": {"priority": 1}}):
        refused = answer(program, job, 400, **result)
        assert refused["problems"][0]["code"] == "job_result_of_cancelling"
    failed = program.post(f"/v2/jobs/{job['jobKey']}/failure", {"retries": 0, "errorMessage": "alhaalla"})
    assert failed.status_code == 204
    [incident] = program.search("incidents")["items"]
    assert program.post(f"/v2/incidents/{incident['incidentKey']}/resolution").status_code == 204
    answer(program, take_job(program, "gone"))
    [job] = program.search("jobs", filter={"listenerEventType": "CANCELING"})["items"]
    assert job["state"] == "COMPLETED"
    assert place.status(instance) == "terminated"


def test_a_task_that_goes_another_way_leaves_a_sound_state(door, program):
    place = door.place
    late = '<bpmn:boundaryEvent id="b" attachedToRef="first"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1M'
    late += "</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>" + user_step("late")
    xml = listened(("canceling", "gone")).replace(
        b"</bpmn:process>", (late + chain("b", "late")).encode() + b"</bpmn:process>"
    )
    instance = publish(door, xml)
    [(timer, place.now)] = place.open_timers(instance).values()
    place.run(fire_timer, timer_key=timer)
    place.executor.run(lambda uow, now: ensure_sound_state(uow, uow.instances.lock(instance), now=now), now=place.now)
    place.complete(place.open_tasks(instance)["late"])
    assert place.status(instance) == "completed"
    answer(program, take_job(program, "gone"))


def test_who_gets_a_task_when_its_listeners_have_allowed_it_is_told_by_whom(door, program):
    place, task = door.place, door.place.open_tasks(publish(door, listened(("assigning", "give"))))["first"]

    def told(person):
        found = place.executor.read(inbox, actor=place.people[person], after="").notices
        return [(notice.kind, notice.by_name) for notice in found]

    values = {"task_key": task, "username": "colleague", "may_replace": True}
    place.run(assign_task, actor=place.people["supervisor"], **values)
    assert told("colleague") == []
    answer(program, take_job(program, "give"), denied=True)
    assert told("colleague") == []
    place.run(assign_task, actor=place.people["supervisor"], **values)
    answer(program, take_job(program, "give"))
    assert told("colleague") == [("assigned", "Supervisor")]
    given = place.executor.read(lambda uow: uow.tasks.get(task))
    keys = tuple(place.people[name].user_key for name in ("colleague", "supervisor"))
    assert (given.assignee, given.assigned_by) == keys
    # who takes a task knows it
    place.run(release_task, task_key=task, actor=place.people["colleague"])
    answer(program, take_job(program, "give"))
    place.run(claim_task, task_key=task, actor=place.people["counsellor"])
    answer(program, take_job(program, "give"))
    assert told("counsellor") == []
