"""Called processes: people, publishers and admins at the same moment."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.commands.cancel_instance import cancel_instance
from app.storage.tables.definitions import process_definition
from app.storage.tables.instances import called_process
from tests.factories import chain, diagram, make_place, user_step
from tests.races.test_commands import ROUNDS, ensure_each_step_once, race


@pytest.fixture
def place(database):
    return make_place(database)


CALLING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:parallelGateway id="fork"/>'
    + "".join(
        f'<bpmn:callActivity id="{name}"><bpmn:extensionElements><zeebe:calledElement processId="{name}_called"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
        for name in ("left", "right")
    )
    + '<bpmn:parallelGateway id="join"/><bpmn:endEvent id="done"/>'
    + chain("begin", "fork", "left", "join", "done")
    + chain("fork", "right", "join")
)


def called(name, *steps):
    """Return a process of these tasks that can be called."""
    start = f"{name}_begin"
    body = f'<bpmn:startEvent id="{start}"/>' + "".join(map(user_step, steps)) + chain(start, *steps)
    return diagram(body, process_id=f"{name}_called")


def test_two_people_finish_two_calls_of_one_instance(place):
    place.publish(CALLING, called("left", "a"), called("right", "b"))
    for _ in range(ROUNDS):
        instance = place.start()
        tasks = place.open_tasks(instance)
        results = race(
            lambda key=tasks["a"]: place.complete(key, "counsellor", a=1),
            lambda key=tasks["b"]: place.complete(key, "colleague", b=2),
        )
        assert results == ["done", "done"]
        assert place.status(instance) == "completed"
        written = place.executor.read(lambda uow, key=instance: uow.monitor.variables(key, process_key=key))
        assert {line["name"]: line["value"] for line in written} == {"a": 1, "b": 2}
        ensure_each_step_once(place, instance)


def test_a_version_is_published_while_it_is_called(place):
    place.publish(CALLING, called("left", "a"), called("right", "b"))
    for number in range(ROUNDS):
        newer = called("right", f"b{number}")
        results = race(place.start, lambda xml=newer: place.publish(xml))
        assert results == ["done", "done"]
    with place.executor.database.engine.connect() as connection:
        versions = connection.execute(
            select(called_process.c.version, process_definition.c.version)
            .join(process_definition, process_definition.c.key == called_process.c.process_definition_key)
            .where(called_process.c.process_id == "right_called")
        ).all()
    assert len(versions) == ROUNDS
    assert all(ours == published for ours, published in versions)


def test_cancelling_against_the_end_of_a_call(place):
    place.publish(CALLING, called("left", "a"), called("right", "b"))
    for _ in range(ROUNDS):
        instance = place.start()
        task = place.open_tasks(instance)["a"]
        race(
            lambda task=task: place.complete(task),
            lambda instance=instance: place.run(
                cancel_instance, instance_key=instance, actor=place.people["admin"], reason="turha"
            ),
        )
        assert place.status(instance) == "terminated"
        ended = place.executor.read(lambda uow, key=instance: uow.called_processes.of_parent(key))
        assert {line.process_id: line.status for line in ended}["right_called"] == "terminated"
        assert all(line.ended_at is not None for line in ended)
        ensure_each_step_once(place, instance)
