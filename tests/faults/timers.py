"""Many timers due at once, and two schedulers of which one is killed (F27)."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

from sqlalchemy import func, select, update

from app.commands.start_instance import start_instance
from app.storage.database import Database
from app.storage.tables.instances import history, process_instance, timer
from app.storage.tables.work import user_task
from app.storage.unit_of_work import UnitOfWork
from tests.factories import AREA, Place, chain, diagram, user_step
from tests.faults.invariants import ensure_sound
from tests.faults.processes import Parts, within

WAITING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    + user_step("after")
    + chain("begin", "wait", "after")
)


#: started in one transaction, to be quick
TOGETHER = 250


def start_many(uow: UnitOfWork, place: Place, count: int) -> None:
    for _ in range(count):
        start_instance(uow, process_id="test_process", actor=place.people["owner"], area_id=AREA, now=place.now)


def counted(database: Database, status: str) -> int:
    with database.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(timer).where(timer.c.status == status)) or 0)


def fire_with_two_schedulers(place: Place, parts: Parts, count: int, *, seconds: float) -> float:
    """
    Let so many timers become due at once while two schedulers run, kill one half-way, return how long it took.

    Each timer fires once, and each instance goes on to its next task.
    """
    database = place.executor.database
    place.publish(WAITING)
    for begun in range(0, count, TOGETHER):
        place.executor.run(start_many, place, min(TOGETHER, count - begun))
    first, second = parts.start("scheduler"), parts.start("scheduler", name_as="scheduler 2")
    time.sleep(2.0)
    assert [first.poll(), second.poll()] == [None, None], parts.log("scheduler")
    with database.engine.begin() as connection:
        connection.execute(update(timer).values(due_at=place.now - timedelta(seconds=1)))
    began = time.monotonic()
    assert within(seconds, lambda: counted(database, "fired") >= count // 4), parts.log("scheduler")
    os.kill(first.pid, signal.SIGKILL)
    assert within(seconds, lambda: counted(database, "fired") == count), (
        counted(database, "open"),
        parts.log("scheduler"),
    )
    took = time.monotonic() - began
    with database.engine.connect() as connection:
        fired = connection.execute(
            select(func.count(), func.count(func.distinct(history.c.instance_key))).where(
                history.c.element_id == "wait", history.c.event == "completed"
            )
        ).one()
        tasks = connection.scalar(select(func.count()).select_from(user_task).where(user_task.c.status == "open"))
        revisions = set(connection.scalars(select(process_instance.c.revision)))
    assert tuple(fired) == (count, count)
    assert tasks == count
    assert revisions == {2}
    ensure_sound(database)
    return took
