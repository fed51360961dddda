"""A client's whole life in the county: one case, all the pathways that run in it at once, through pages and workers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.keys import new_key
from app.storage.tables.care import consent_grant
from app.storage.tables.instances import process_instance, timer
from app.storage.tables.work import user_task
from tests.scenarios.world import PEOPLE, PROCESSES, World


def story(process_id: str, name: str) -> dict[str, Any]:
    """Return a story of the pathway's folder."""
    read: dict[str, Any] = json.loads((PROCESSES / process_id / "scenarios" / f"{name}.json").read_text())
    return read


def tasks(process_id: str, name: str) -> dict[str, dict[str, Any]]:
    """Return the steps of a story that people do, by task."""
    return {step["task"]: step for step in story(process_id, name)["steps"] if "task" in step}


class Life(World):
    """The installation as one client meets it: tasks, timers and history of all instances of the case."""

    case = 0
    #: whose turn it is: of several open tasks of one element theirs is meant
    turn = ""

    def _instances(self) -> list[int]:
        if not self.case:
            return [self.instance]
        with self.executor.database.engine.connect() as connection:
            found = select(process_instance.c.key).where(process_instance.c.case_key == self.case)
            return list(connection.scalars(found.order_by(process_instance.c.started_at, process_instance.c.key)))

    def case_key(self) -> int | None:
        """Return the key of the case, once there is one."""
        self.case = self.case or super().case_key() or 0
        return self.case or None

    def open_tasks(self) -> dict[str, int]:
        """Return the keys of the open tasks of the case by element id."""
        self.case_key()
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(
                    user_task.c.element_id, user_task.c.key, user_task.c.candidate_groups, user_task.c.assignee
                ).where(user_task.c.instance_key.in_(self._instances()), user_task.c.status == "open")
            ).all()
        mine = self.people().get(PEOPLE.get(self.turn, ""), 0)
        ranked = sorted(rows, key=lambda row: (row.assignee == mine, self.turn in row.candidate_groups))
        return {row.element_id: row.key for row in ranked}

    def complete(self, element_id: str, role: str, answers: Mapping[str, Any]) -> None:
        """Open the task's page as a person of the role, fill the form in and send it."""
        self.turn = role
        super().complete(element_id, role, answers)

    def open_timers(self) -> dict[str, datetime]:
        """Return when each open timer of the case is due, by element id (the first to come)."""
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(timer.c.element_id, timer.c.due_at)
                .where(timer.c.instance_key.in_(self._instances()), timer.c.status == "open")
                .order_by(timer.c.due_at.desc())
            ).all()
        return {row.element_id: row.due_at for row in rows}

    def history(self) -> list[str]:
        """Return the ids of the elements that were completed in the case, instance by instance."""
        done = []
        for key in self._instances():
            lines = self.executor.read(lambda uow, key=key: uow.monitor.history(key, limit=10_000))
            done += [line["element_id"] for line in lines if line["event"] == "completed"]
        return done

    def processes(self) -> list[str]:
        """Return the pathways that were started in the case, in order."""
        with self.executor.database.engine.connect() as connection:
            found = select(process_instance.c.process_id).where(process_instance.c.key.in_(self._instances()))
            return list(connection.scalars(found.order_by(process_instance.c.started_at, process_instance.c.key)))

    def go_to(self, moment: str) -> None:
        """Let time pass until the moment (ISO, Helsinki), with everything that falls due on the way."""
        end = datetime.fromisoformat(moment)
        while True:
            due = min(self.open_timers().values(), default=end)
            if due > end:
                break
            self.clock = max(self.clock, due)
            before = self.open_timers()
            self.work()
            if self.open_timers() == before:
                break
            self.clock += timedelta(seconds=1)
        self.clock = max(self.clock, end)
        self.work()

    def play(
        self, steps: Collection[Mapping[str, Any]], *, answers: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Do the steps of a story; `answers` by element id are put over those of the story."""
        for step in steps:
            if "task" in step:
                given = {**step["answers"], **(answers or {}).get(step["task"], {})}
                self.complete(step["task"], step["by"], given)
            elif "timer" in step:
                raise AssertionError("time passes by go_to")

    def facts(self, *names: str) -> dict[str, Any]:
        """Return facts of the case as expressions see them."""
        found: dict[str, Any] = self.executor.read(lambda uow: uow.care.facts(self.case, names, now=self.clock))
        return found

    def return_after(self, days: int) -> None:
        """Let time pass, and open a new case for the client of the one that has ended."""
        ended = self.executor.read(lambda uow: uow.care.cases.get(self.case))
        assert not ended.is_open
        self.clock += timedelta(days=days)

        def open_again(uow: Any) -> int:
            return int(
                uow.care.cases.add(
                    key=new_key(),
                    client_key=ended.client_key,
                    area_id=ended.area_id,
                    controller_organisation_id=ended.controller_organisation_id,
                    unit_id=ended.unit_id,
                    owner_key=None,
                    now=self.clock,
                ).key
            )

        self.case = self.executor.run(open_again)

    def grants(self) -> list[str]:
        """Return the organisations that have ever had a grant in the case."""
        with self.executor.database.engine.connect() as connection:
            found = select(consent_grant.c.organisation_id).where(consent_grant.c.case_key == self.case)
            return sorted(set(connection.scalars(found)))

    def begin_in_case(self, process_id: str, event: str) -> None:
        """Start another pathway in the case, as its button or its caller would."""
        self.executor.run(
            start_instance,
            actor=SYSTEM,
            process_id=process_id,
            start_element_id=event,
            case_key=self.case,
            area_id=self.area,
            now=self.clock,
        )
        self.work()

    def incidents(self) -> list[Any]:
        """Return the open incidents of the case."""
        return [
            line
            for key in self._instances()
            for line in self.executor.read(lambda uow, key=key: uow.monitor.incidents(instance_key=key))
        ]
