"""Camunda's forms through the doors: inside the diagram, beside it, or shown by another program."""

from __future__ import annotations

import json

import pytest

from app.domain.errors import InvalidInput
from app.settings import Settings
from app.web import create_app
from tests.factories import chain, diagram, make_place
from tests.programs import open_door
from tests.web import Visitor

SCHEMA = {
    "type": "default",
    "schemaVersion": 16,
    "id": "tilaus",
    "components": [
        {"type": "text", "text": "# Tilaus"},
        {"type": "textfield", "key": "orderNumber", "label": "Numero", "readonly": True},
        {"type": "number", "key": "totalSum", "label": "Summa", "decimalDigits": 2},
        {"type": "checkbox", "key": "isApproved", "label": "Hyväksytään"},
    ],
}


def process(form: str, *, inside: str = "", user_task: str = "<zeebe:userTask/>") -> bytes:
    """Return a process of one user task with this form definition."""
    held = f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>" if inside else ""
    return diagram(
        f'{held}<bpmn:startEvent id="begin"/><bpmn:userTask id="first" name="Tarkista">'
        f"<bpmn:extensionElements>{user_task}"
        f'<zeebe:assignmentDefinition candidateGroups="r_palveluohjaaja"/>{form}'
        '<zeebe:taskHeaders><zeebe:header key="kanava" value="puhelin"/></zeebe:taskHeaders>'
        '</bpmn:extensionElements></bpmn:userTask><bpmn:endEvent id="done"/>' + chain("begin", "first", "done")
    )


def embedded(schema: object) -> bytes:
    """Return the process with the form inside the diagram, as Camunda 8's Modeler writes it."""
    text = json.dumps(schema).replace("&", "&amp;").replace("<", "&lt;")
    return process(
        '<zeebe:formDefinition formKey="camunda-forms:bpmn:userTaskForm_1"/>',
        inside=f'<zeebe:userTaskForm id="userTaskForm_1">{text}</zeebe:userTaskForm>',
        user_task="",
    )


@pytest.mark.parametrize("beside", [False, True])
def test_a_camunda_form_is_filled_in_and_shows_what_the_process_knows(database, tmp_path, beside):
    door = open_door(database, tmp_path / "data")
    settings = Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")
    place = door.place
    if beside:
        linked = process('<zeebe:formDefinition formId="tilaus"/>')
        deployed = place.publish(linked, resources={"tilaus.form": json.dumps(SCHEMA).encode()})
    else:
        deployed = place.publish(embedded(SCHEMA))
    assert "form_js_converted" in [problem.code for problem in deployed.repairs]
    instance = place.start(variables={"orderNumber": "A-12", "totalSum": 10.5, "isApproved": {"odd": 1}})
    task = place.open_tasks(instance)["first"]
    visitor = Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    visitor.sign_in("counsellor")
    page = visitor.get(f"/tasks/{task}").text
    assert "A-12" in page
    assert 'value="10,5"' in page
    assert visitor.post(f"/tasks/{task}", {"totalSum": "11", "isApproved": ""}).status_code == 422
    sent = visitor.post(f"/tasks/{task}", {"totalSum": "11", "isApproved": "true", "submission_id": "s-1"})
    assert sent.status_code == 303
    assert place.status(instance) == "completed"
    written = {line["name"]: line["value"] for line in place.executor.read(lambda uow: uow.monitor.variables(instance))}
    assert written == {"orderNumber": "A-12", "totalSum": 11, "isApproved": True}


def test_answers_of_nested_keys_go_into_the_variable_and_leave_its_other_entries(database, tmp_path):
    door = open_door(database, tmp_path / "data")
    settings = Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")
    place = door.place
    asked = [
        {"type": "number", "key": "order.sum", "label": "Summa"},
        {
            "type": "group",
            "path": "order",
            "components": [{"type": "textfield", "key": "by", "label": "Kuka", "disabled": True}],
        },
    ]
    place.publish(embedded({**SCHEMA, "components": asked}))
    before = {"by": "A-12", "sum": 10.5, "rows": [1]}
    instance, other = place.start(variables={"order": before}), place.start(variables={"order": before})
    task = place.open_tasks(instance)["first"]
    visitor = Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    visitor.sign_in("counsellor")
    page = visitor.get(f"/tasks/{task}").text
    assert "A-12" in page
    assert 'value="10,5"' in page
    assert visitor.post(f"/tasks/{task}", {"order_sum": "11", "submission_id": "s-1"}).status_code == 303
    program = door.program("prog-forms", "r_palveluohjaaja")
    url = f"/v2/user-tasks/{place.open_tasks(other)['first']}/completion"
    assert program.post(url, {"variables": {"order": {"sum": 11}}}).status_code == 204
    for key in (instance, other):
        lines = place.executor.read(lambda uow, key=key: uow.monitor.variables(key))
        assert {line["name"]: line["value"] for line in lines} == {"order": {**before, "sum": 11}}


def test_a_field_begins_with_its_default_until_somebody_has_said_something_else(database, tmp_path):
    door = open_door(database, tmp_path / "data")
    settings = Settings.load({}, data_folder=tmp_path / "data", public_url="http://localhost")
    place = door.place
    asked = [
        {"type": "number", "key": "summa", "label": "Summa", "defaultValue": 7},
        {"type": "textfield", "key": "tapa", "label": "Tapa", "defaultValue": "Kotikäynti"},
    ]
    place.publish(embedded({**SCHEMA, "components": asked}))
    task = place.open_tasks(place.start(variables={"summa": 10.5}))["first"]
    visitor = Visitor(create_app(place.executor, settings, clock=lambda: place.now))
    visitor.sign_in("counsellor")
    page = visitor.get(f"/tasks/{task}").text
    assert 'value="10,5"' in page
    assert 'value="Kotikäynti"' in page
    assert visitor.post(f"/tasks/{task}/draft", {"summa": "10,5", "tapa": ""}).status_code == 303
    assert "Kotikäynti" not in visitor.get(f"/tasks/{task}").text
    assert visitor.post(f"/tasks/{task}", {"summa": "10,5", "tapa": ""}).status_code == 303
    assert "Kotikäynti" not in visitor.get(f"/tasks/{task}").text


def test_a_form_that_cannot_be_asked_is_refused_at_the_task_that_shows_it(database):
    place = make_place(database)
    broken = {**SCHEMA, "components": [{"type": "filepicker", "key": "liite", "label": "Liite"}]}
    with pytest.raises(InvalidInput) as refused:
        place.publish(embedded(broken))
    [problem] = refused.value.problems
    assert (problem.code, problem.place, problem.values["field"]) == ("form_js_type", "first", "liite")


def test_a_form_that_is_not_in_the_diagram_is_refused(database):
    place = make_place(database)
    with pytest.raises(InvalidInput) as refused:
        place.publish(process('<zeebe:formDefinition formKey="camunda-forms:bpmn:userTaskForm_1"/>'))
    assert [(problem.code, problem.place) for problem in refused.value.problems] == [("form_without_id", "first")]


def test_a_form_that_another_program_shows_is_named_to_programs(database, tmp_path):
    door = open_door(database, tmp_path / "data")
    program = door.program("prog-forms", "r_palveluohjaaja")
    door.place.publish(process('<zeebe:formDefinition externalReference="https://lomake.example/1"/>'))
    instance = door.place.start()
    [task] = program.search("user-tasks")["items"]
    assert task["externalFormReference"] == "https://lomake.example/1"
    assert (task["formKey"], task["customHeaders"]) == (None, {"kanava": "puhelin"})
    done = program.post(f"/v2/user-tasks/{task['userTaskKey']}/completion", {"variables": {"isApproved": True}})
    assert done.status_code == 204
    assert door.place.status(instance) == "completed"
