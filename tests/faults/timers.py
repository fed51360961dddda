"""Many timers due at once, or a signal to many, and two schedulers of which one is killed (F27)."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

from sqlalchemy import func, select, update

from app.commands.messages import broadcast_signal
from app.commands.start_instance import start_instance
from app.storage.database import Database
from app.storage.tables.instances import delivery, history, process_instance, timer
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


HEARING = diagram(
    '<bpmn:startEvent id="begin"/><bpmn:intermediateCatchEvent id="wait">'
    '<bpmn:signalEventDefinition signalRef="s"/></bpmn:intermediateCatchEvent>'
    + user_step("after")
    + chain("begin", "wait", "after"),
    roots='<bpmn:signal id="s" name="kaikille"/>',
)


def tell_with_two_schedulers(place: Place, parts: Parts, count: int, *, seconds: float) -> float:
    """
    Tell so many instances a signal while two schedulers run, kill one half-way, return how long it took.

    One receiver is held by somebody for a while; each hears the signal once and goes on to its next task.
    """
    database = place.executor.database
    place.publish(HEARING)
    for begun in range(0, count, TOGETHER):
        place.executor.run(start_many, place, min(TOGETHER, count - begun))
    first = parts.start("scheduler")
    parts.start("scheduler", name_as="scheduler 2")
    began = time.monotonic()
    assert len(place.run(broadcast_signal, name="kaikille", actor=place.people["owner"])) == count

    def heard() -> int:
        with database.engine.connect() as connection:
            done = select(func.count()).select_from(delivery).where(delivery.c.status == "done")
            return int(connection.scalar(done) or 0)

    with database.engine.connect() as connection:
        held = connection.scalar(select(process_instance.c.key).limit(1))
    with database.transaction(writing=not database.is_sqlite) as connection:
        # SQLite lets only one write at a time: there nobody can hold one instance and no other
        holding = select(process_instance.c.key).where(process_instance.c.key == held).with_for_update()
        # asked again and again: PostgreSQL ends who holds something and says nothing
        enough = min(50, count // 4)
        assert within(seconds, lambda: connection.execute(holding) and heard() >= enough), parts.log("scheduler")
        connection.rollback()
    assert within(seconds, lambda: heard() >= count // 4), parts.log("scheduler")
    os.kill(first.pid, signal.SIGKILL)
    assert within(seconds, lambda: heard() == count), (heard(), parts.log("scheduler"))
    took = time.monotonic() - began
    with database.engine.connect() as connection:
        told = connection.execute(
            select(func.count(), func.count(func.distinct(history.c.instance_key))).where(
                history.c.element_id == "wait", history.c.event == "completed"
            )
        ).one()
        tasks = connection.scalar(select(func.count()).select_from(user_task).where(user_task.c.status == "open"))
    assert (*told, tasks) == (count, count, count)
    ensure_sound(database)
    return took
