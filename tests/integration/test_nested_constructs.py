"""
Every construct inside every container, and every container inside every other: by commands and history.

Each pair on one of the databases, by turns, so that each kind of row comes about on both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import literal, select, union_all

from app.commands.fire_timer import fire_timer
from app.commands.jobs import claim_jobs, finish_job
from app.commands.messages import broadcast_signal, deliver, publish_message
from app.storage.tables.instances import called_process, job, message_subscription, signal_subscription, timer
from app.storage.tables.work import user_task
from tests.factories import Place, make_place
from tests.faults.invariants import ensure_nothing_stuck, ensure_states_load
from tests.unit.engine.blocks import CONTAINERS, LEAVES, Block, Pen


@pytest.fixture
def place(database):
    return make_place(database)


@pytest.mark.parametrize("outer", CONTAINERS)
def test_whatever_lies_inside_a_container_runs_to_its_end(place, outer):
    turn = list(CONTAINERS).index(outer) + place.executor.database.is_sqlite
    inner = {**LEAVES, **{name: filled(around) for name, around in CONTAINERS.items()}}
    pens = {name: Pen(f"p{number}") for number, name in enumerate(inner) if number % 2 == turn % 2}
    place.publish(*(xml for name, pen in pens.items() for xml in pen.drawn(CONTAINERS[outer](pen, inner[name](pen)))))
    for name, pen in pens.items():
        instance = place.start(pen.process_id, variables={"avain": pen.process_id})
        run_to_its_end(place, instance, pen.process_id, name)
        ensure_told_rightly(place, instance, name)
    ensure_nothing_stuck(place.executor.database)
    ensure_states_load(place.executor.database)


def filled(container: Callable[[Pen, Block], Block]) -> Callable[[Pen], Block]:
    """Return what draws the container around a task."""
    return lambda pen: container(pen, pen.task())


def run_to_its_end(place: Place, instance: int, key: str, name: str) -> None:
    """Do one of the things that the instance waits for after the other."""
    for _ in range(40):
        waits = open_rows(place, instance)
        if "message" in waits:
            told = place.run(
                publish_message, name=waits["message"][0].named, correlation_key=key, actor=place.people["owner"]
            )
            for delivery in told.delivery_keys:
                place.run(deliver, delivery_key=delivery)
        elif "signal" in waits:
            for delivery in place.run(broadcast_signal, name="merkki", actor=place.people["owner"]):
                place.run(deliver, delivery_key=delivery)
        elif "timer" in waits:
            place.later(days=1)
            assert place.run(fire_timer, timer_key=waits["timer"][0].key)
        elif "job" in waits:
            keys = [waits["job"][0].key]
            [claimed] = place.run(claim_jobs, keys=keys, owner="test", lease=timedelta(minutes=1))
            place.run(finish_job, job_key=claimed.key, fence=claimed.fence, variables={"tulos": 1})
        elif "task" in waits:
            place.complete(waits["task"][0].key, vastaus=1)
        else:
            assert place.status(instance) == "completed", f"{name}: nothing can continue the instance"
            return
    raise AssertionError(f"{name}: the instance does not come to its end")


WAITS = {
    "task": (user_task, user_task.c.element_id, "open"),
    "job": (job, job.c.element_id, "ready"),
    "timer": (timer, timer.c.element_id, "open"),
    "message": (message_subscription, message_subscription.c.message_name, "open"),
    "signal": (signal_subscription, signal_subscription.c.signal_name, "open"),
    "call": (called_process, called_process.c.element_id, "active"),
}


def open_rows(place: Place, instance: int) -> dict[str, list[Any]]:
    """Return the rows that are open for the instance, by what they are."""
    parts = [
        select(literal(what).label("what"), table.c.key, named.label("named")).where(
            table.c.instance_key == instance, table.c.status == status
        )
        for what, (table, named, status) in WAITS.items()
    ]
    found: dict[str, list[Any]] = {}
    with place.executor.database.engine.connect() as connection:
        for row in connection.execute(union_all(*parts).order_by("key")):
            found.setdefault(row.what, []).append(row)
    return found


def ensure_told_rightly(place: Place, instance: int, name: str) -> None:
    """Everything that began has ended once, and what was called ended with it."""
    told: dict[str, Counter[int]] = {}
    for line in place.executor.read(lambda uow: uow.monitor.history(instance)):
        told.setdefault(line["event"], Counter())[line["element_instance_key"]] += 1
    ended = told["completed"] + told.get("terminated", Counter())
    assert ended == told["activated"], name
    assert set(ended.values()) == {1}, name
    assert open_rows(place, instance) == {}, name
