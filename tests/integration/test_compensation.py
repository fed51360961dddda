"""Compensation through commands: the rows of what is undone stand beside those of what was done, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.commands.cancel_instance import cancel_instance
from app.storage.tables.instances import called_process, variable
from tests.factories import chain, diagram, make_place, user_step


def undone(host: str) -> str:
    """Return the compensation event on the activity and the user task that it leads to."""
    handler = user_step(f"undo_{host}").replace("<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" ')
    return (
        f'<bpmn:boundaryEvent id="c_{host}" attachedToRef="{host}"><bpmn:compensateEventDefinition/>'
        f'</bpmn:boundaryEvent>{handler}<bpmn:association id="to_{host}" sourceRef="c_{host}" targetRef="undo_{host}"/>'
    )


CALLED = diagram(
    f'<bpmn:startEvent id="alku"/>{user_step("kysy")}{undone("kysy")}{chain("alku", "kysy")}', process_id="callee"
)
CALLING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:callActivity id="kutsu" name="Kutsu"><bpmn:extensionElements>'
    '<zeebe:calledElement processId="callee"/></bpmn:extensionElements></bpmn:callActivity>'
    f'<bpmn:subProcess id="osa" name="Osa"><bpmn:startEvent id="osan_alku"/>{user_step("tee")}{undone("tee")}'
    f"{chain('osan_alku', 'tee')}</bpmn:subProcess>{user_step('päätä')}"
    '<bpmn:endEvent id="done"><bpmn:compensateEventDefinition/></bpmn:endEvent>'
    + chain("begin", "kutsu", "osa", "päätä", "done")
)


@pytest.fixture
def place(database):
    return make_place(database)


def reach_the_compensation(place):
    place.publish(CALLING, CALLED)
    instance = place.start(variables={"x": 1})
    for task in ("kysy", "tee", "päätä"):
        place.complete(place.open_tasks(instance)[task], vastaus="kyllä")
    return instance


def test_what_has_completed_is_undone_in_the_worklist_and_the_rows_stay_true(place):
    instance = reach_the_compensation(place)
    assert list(place.open_tasks(instance)) == ["undo_tee"]
    place.complete(place.open_tasks(instance)["undo_tee"], vastaus="purettu")
    assert list(place.open_tasks(instance)) == ["undo_kysy"]
    with place.executor.database.engine.connect() as connection:
        lines = connection.execute(
            select(called_process.c.key, called_process.c.status).where(called_process.c.instance_key == instance)
        ).all()
        assert sorted(line.status for line in lines) == ["active", "completed"]
        again = next(line.key for line in lines if line.status == "active")
        seen = dict(
            connection.execute(select(variable.c.name, variable.c.value).where(variable.c.scope_key == again)).all()
        )
    assert seen["x"] == 1
    place.complete(place.open_tasks(instance)["undo_kysy"], vastaus="purettu")
    assert place.status(instance) == "completed"


def test_an_instance_is_cancelled_in_the_middle_of_a_compensation(place):
    instance = reach_the_compensation(place)
    place.run(cancel_instance, instance_key=instance, reason="koe", actor=place.people["admin"])
    assert place.open_tasks(instance) == {}
