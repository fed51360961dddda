"""How one instance has come to where it stands, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from app.storage.monitor.parts import mappings, of_process
from app.storage.tables.instances import history, job, message_subscription, timer, variable
from app.storage.tables.people import audit, user_account
from app.storage.tables.work import user_task


class InstanceCourse:
    """Reads of one instance, or of one process that runs in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def history(
        self, instance_key: int, *, process_key: int | None = None, flows: bool = False, limit: int = 2000
    ) -> list[Mapping[str, Any]]:
        """
        Return what happened, in order, with the names of those who did it.

        `process_key`: only in that process of the instance, its own (the instance's key) or a called one.
        """
        query = (
            select(history, user_account.c.name.label("actor"))
            .outerjoin(user_account, user_account.c.key == history.c.actor_key)
            .where(*of_process(history, instance_key, process_key))
            .order_by(history.c.sequence)
            .limit(limit)
        )
        if not flows:
            query = query.where(history.c.event != "flow_taken")
        return mappings(self._connection.execute(query).all())

    def taken_flows(self, instance_key: int, *, process_key: int) -> list[str]:
        """Return the ids of the sequence flows that were taken in that process of the instance, each once."""
        query = (
            select(history.c.element_id)
            .where(*of_process(history, instance_key, process_key), history.c.event == "flow_taken")
            .distinct()
        )
        return list(self._connection.scalars(query))

    def variables(self, instance_key: int, *, process_key: int | None = None) -> list[Mapping[str, Any]]:
        """Return the variables of all scopes (or of those of one process of the instance) by name."""
        query = select(variable).where(*of_process(variable, instance_key, process_key)).order_by(variable.c.name)
        return mappings(self._connection.execute(query).all())

    def waits(self, instance_key: int, *, process_key: int) -> dict[str, list[Mapping[str, Any]]]:
        """Return the open tasks, jobs, timers and message subscriptions in that process of the instance."""
        parts: Mapping[str, tuple[Any, ColumnElement[bool]]] = {
            "tasks": (user_task, user_task.c.status == "open"),
            "jobs": (job, job.c.status.in_(("ready", "leased", "dead", "unknown"))),
            "timers": (timer, timer.c.status == "open"),
            "messages": (message_subscription, message_subscription.c.status == "open"),
        }
        return {
            name: mappings(
                self._connection.execute(
                    select(table).where(*of_process(table, instance_key, process_key), condition)
                ).all()
            )
            for name, (table, condition) in parts.items()
        }

    def audit(self, instance_key: int) -> list[Mapping[str, Any]]:
        """Return what people did to the instance, newest first."""
        query = (
            select(audit.c.at, audit.c.action, audit.c.reason, user_account.c.name.label("actor"))
            .outerjoin(user_account, user_account.c.key == audit.c.actor_key)
            .where(audit.c.instance_key == instance_key)
            .order_by(audit.c.key.desc())
            .limit(200)
        )
        return mappings(self._connection.execute(query).all())
