"""
What must hold whatever was killed (reliability.md 5): read from the rows, not from what the code says of itself.

I2 each step once - I4 nothing stuck - I5 states load and count right - I6 the audit chain holds.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, func, or_, select

from app.commands.seal_audit import seal_audit, verify_audit
from app.domain.steps import InstanceStatus
from app.engine.codec import decode
from app.executor import Executor
from app.storage.database import Database
from app.storage.tables.instances import (
    history,
    incident,
    job,
    message_subscription,
    process_instance,
    signal_subscription,
    timer,
)
from app.storage.tables.people import audit
from app.storage.tables.work import user_task
from tests.factories import cipher

SEALING_KEY = b"s" * 32


def ensure_sound(database: Database, *, secret: bytes = SEALING_KEY) -> None:
    """Check everything that does not depend on the process: for processes without loops."""
    ensure_each_step_once(database)
    ensure_nothing_stuck(database)
    ensure_states_load(database)
    ensure_sealed_chain(database, secret=secret)


def ensure_each_step_once(database: Database) -> None:
    """I2: no (instance, element, event) twice, and one audit row for each completed task."""
    with database.engine.connect() as connection:
        repeated = connection.execute(
            select(history.c.instance_key, history.c.element_id, history.c.event, func.count())
            .group_by(history.c.instance_key, history.c.element_id, history.c.event)
            .having(func.count() > 1)
        ).all()
        assert repeated == []
        completed = set(connection.scalars(select(user_task.c.key).where(user_task.c.status == "completed")))
        told = list(connection.scalars(select(audit.c.subject_key).where(audit.c.action == "task_completed")))
    assert len(told) == len(set(told)), "a completion is in the audit twice"
    assert set(told) == completed, "audit and tasks tell different stories"


def ensure_nothing_stuck(database: Database) -> None:
    """I4: who is not finished waits for something that can come."""
    waits = [
        exists().where(table.c.instance_key == process_instance.c.key, table.c.status.in_(states))
        for table, states in (
            (user_task, ("open",)),
            (job, ("ready", "leased")),
            (timer, ("open",)),
            (message_subscription, ("open",)),
            (signal_subscription, ("open",)),
            (incident, ("open",)),
        )
    ]
    with database.engine.connect() as connection:
        stuck = connection.scalars(
            select(process_instance.c.key).where(process_instance.c.status == InstanceStatus.ACTIVE, ~or_(*waits))
        ).all()
    assert stuck == []


def ensure_states_load(database: Database) -> None:
    """I5: the stored state opens, and the row's counts are those of the history."""
    counted = (
        select(func.count(), func.coalesce(func.max(history.c.sequence), 0))
        .where(history.c.instance_key == process_instance.c.key)
        .correlate(process_instance)
    )
    with database.engine.connect() as connection:
        for row in connection.execute(
            select(
                process_instance.c.key,
                process_instance.c.status,
                process_instance.c.state,
                process_instance.c.history_count,
                counted.with_only_columns(func.count()).scalar_subquery().label("rows"),
                counted.with_only_columns(func.max(history.c.sequence)).scalar_subquery().label("last"),
            )
        ):
            assert (row.history_count, row.history_count) == (row.rows, row.last), row.key
            if row.status == InstanceStatus.ACTIVE:
                decode(row.state)


def ensure_sealed_chain(database: Database, *, secret: bytes) -> None:
    """I6: every row can be sealed, and the chain holds."""
    executor = Executor(database, cipher())
    for _ in range(100):
        done = executor.run(seal_audit, secret=secret)
        if not any(sealed.rows for sealed in done.values()):
            break
    assert executor.run(verify_audit, secret=secret) == {"audit": (), "access_log": ()}


def stories(database: Database, process_id: str) -> dict[int, list[tuple[str, str]]]:
    """Return each instance's history without flows, in its order."""
    with database.engine.connect() as connection:
        found: dict[int, list[tuple[str, str]]] = {
            key: []
            for key in connection.scalars(
                select(process_instance.c.key).where(process_instance.c.process_id == process_id)
            )
        }
        rows = connection.execute(
            select(history.c.instance_key, history.c.element_id, history.c.event)
            .where(history.c.instance_key.in_(found), history.c.event != "flow_taken")
            .order_by(history.c.instance_key, history.c.sequence)
        )
        for row in rows:
            found[row.instance_key].append((row.element_id, row.event))
    return found


def open_incident_codes(database: Database) -> Sequence[str]:
    """Return the codes of the open incidents, sorted."""
    with database.engine.connect() as connection:
        return sorted(connection.scalars(select(incident.c.code).where(incident.c.status == "open")))
