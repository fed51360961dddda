"""Small things that tests are made of: people, organisations, diagrams; all invented."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from app.commands.complete_task import Submission, complete_task
from app.commands.messages import deliver, match_messages
from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM, Actor
from app.domain.keys import new_key
from app.executor import Executor
from app.storage.database import Database
from app.storage.encryption import Cipher
from app.storage.tables.instances import job, process_instance, timer
from app.storage.tables.people import organisation, position, role, unit, user_account
from app.storage.tables.work import user_task

#: the clock of every scenario starts on Monday 2.3.2026 at 10 in Finland (domain.md 7)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
AREA = "keski_suomi"

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'targetNamespace="https://kykypolku.example/test"'
)


def diagram(body: str, *, process_id: str = "test_process", roots: str = "") -> bytes:
    """Return a BPMN file with one executable process of this body."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions {NAMESPACES}>{roots}'
        f'<bpmn:process id="{process_id}" name="Koeprosessi" isExecutable="true">{body}</bpmn:process>'
        "</bpmn:definitions>"
    ).encode()


def user_step(element_id: str, *, groups: str = "r_palveluohjaaja", form_id: str = "") -> str:
    """Return a user task for the groups."""
    form = f'<zeebe:formDefinition formId="{form_id}"/>' if form_id else ""
    return (
        f'<bpmn:userTask id="{element_id}" name="Tehtävä {element_id}"><bpmn:extensionElements><zeebe:userTask/>'
        f'<zeebe:assignmentDefinition candidateGroups="{groups}"/>{form}'
        "</bpmn:extensionElements></bpmn:userTask>"
    )


def job_step(element_id: str, *, job_type: str = "test_work", retries: int = 3) -> str:
    """Return a service task of the job type."""
    return (
        f'<bpmn:serviceTask id="{element_id}" name="Työ {element_id}"><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="{job_type}" retries="{retries}"/></bpmn:extensionElements></bpmn:serviceTask>'
    )


def flow(source: str, target: str, condition: str = "") -> str:
    """Return a sequence flow, with a FEEL condition if there is one."""
    inside = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">={condition}</bpmn:conditionExpression>'
        if condition
        else ""
    )
    ends = f'id="{source}_to_{target}" sourceRef="{source}" targetRef="{target}"'
    return f"<bpmn:sequenceFlow {ends}>{inside}</bpmn:sequenceFlow>"


def chain(*elements: str) -> str:
    """Return flows from each element to the next."""
    return "".join(flow(source, target) for source, target in itertools.pairwise(elements))


#: start, a person's task, a job, another person's task, end
WORK = diagram(
    '<bpmn:startEvent id="begin"/>'
    + user_step("first")
    + job_step("work")
    + user_step("second")
    + '<bpmn:endEvent id="done"/>'
    + chain("begin", "first", "work", "second", "done")
)


def cipher() -> Cipher:
    """Return a cipher with keys of the tests' own."""
    return Cipher(data_keys=[b"d" * 32], index_key=b"i" * 32)


@dataclass
class Place:
    """An installation in a database: people, a clock, and short ways to do what a test is not about."""

    executor: Executor
    now: datetime = START
    people: dict[str, Actor] = field(default_factory=dict)

    def run(self, command: Any, **values: Any) -> Any:
        """Run a command now."""
        return self.executor.run(command, now=self.now, **values)

    def later(self, **time: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**time)
        return self.now

    def publish(self, *diagrams: bytes, resources: Mapping[str, bytes] | None = None) -> Any:
        """Publish diagrams (and other resources) as the process owner."""
        files = {f"diagram_{number}.bpmn": xml for number, xml in enumerate(diagrams)}
        return self.run(publish, resources={**files, **(resources or {})}, actor=self.people["owner"])

    def start(self, process_id: str = "test_process", **values: Any) -> int:
        """Start an instance as the process owner and return its key."""
        return self.run(
            start_instance, process_id=process_id, actor=self.people["owner"], area_id=AREA, **values
        ).instance_key

    def open_tasks(self, instance_key: int) -> dict[str, int]:
        """Return the keys of the open tasks by element id."""
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(user_task.c.element_id, user_task.c.key).where(
                    user_task.c.instance_key == instance_key, user_task.c.status == "open"
                )
            ).all()
        return {row.element_id: row.key for row in rows}

    def open_jobs(self, instance_key: int) -> dict[str, int]:
        """Return the keys of the jobs waiting or leased by element id."""
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(job.c.element_id, job.c.key).where(
                    job.c.instance_key == instance_key, job.c.status.in_(("ready", "leased"))
                )
            ).all()
        return {row.element_id: row.key for row in rows}

    def open_timers(self, instance_key: int) -> dict[str, tuple[int, datetime]]:
        """Return key and due date of the open timers by element id."""
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(timer.c.element_id, timer.c.key, timer.c.due_at).where(
                    timer.c.instance_key == instance_key, timer.c.status == "open"
                )
            ).all()
        return {row.element_id: (row.key, row.due_at) for row in rows}

    def status(self, instance_key: int) -> str:
        """Return the status of the instance."""
        with self.executor.database.engine.connect() as connection:
            return connection.execute(
                select(process_instance.c.status).where(process_instance.c.key == instance_key)
            ).scalar_one()

    def events(self, instance_key: int) -> list[tuple[str, str]]:
        """Return (element id, event) of the history in order, without flows."""
        lines = self.executor.read(lambda uow: uow.monitor.history(instance_key))
        return [(line["element_id"], line["event"]) for line in lines]

    def complete(self, task_key: int, person: str = "counsellor", **values: Any) -> Any:
        """Complete the task with values, as the API does."""
        return self.run(
            complete_task, task_key=task_key, actor=self.people[person], submission=Submission(values=values)
        )

    def deliver_messages(self) -> None:
        """Do what the scheduler does with messages."""
        for key in self.run(match_messages):
            self.run(deliver, delivery_key=key)


#: user name -> (organisation, unit, roles)
PEOPLE: Mapping[str, tuple[str, str, frozenset[str]]] = {
    "owner": ("o_sote_keskus", "unit_sote", frozenset({"r_prosessinomistaja"})),
    "admin": ("o_sote_keskus", "unit_sote", frozenset({"r_yllapitaja"})),
    "counsellor": ("o_sote_keskus", "unit_sote", frozenset({"r_palveluohjaaja"})),
    "colleague": ("o_sote_keskus", "unit_sote", frozenset({"r_palveluohjaaja"})),
    "booker": ("o_sote_keskus", "unit_sote", frozenset({"r_ajanvaraaja"})),
    "nurse": ("o_sote_keskus", "unit_sote", frozenset({"r_terveydenhoitaja"})),
    "supervisor": ("o_sote_keskus", "unit_sote", frozenset({"r_esihenkilo"})),
    "officer": ("o_sote_keskus", "unit_sote", frozenset({"r_tietosuojavastaava"})),
    "doctor": ("o_sote_keskus", "unit_sote", frozenset({"r_laakari"})),
    "employment": ("o_tyollisyys", "unit_employment", frozenset({"r_asiakasvastaava_te"})),
}


def make_place(database: Database) -> Place:
    """Fill an empty database with organisations, units, roles and people, and return the place."""
    executor = Executor(database, cipher())
    place = Place(executor)
    with executor.database.transaction() as connection:
        connection.execute(
            insert(organisation),
            [
                {"id": "o_sote_keskus", "type": "o_sote_keskus", "name": {"fi": "Sote-keskus"}},
                {"id": "o_tyollisyys", "type": "o_tyollisyys", "name": {"fi": "Työllisyyspalvelut"}},
            ],
        )
        connection.execute(
            insert(unit),
            [
                {"id": "unit_sote", "organisation_id": "o_sote_keskus", "area_id": AREA, "name": {"fi": "Koeyksikkö"}},
                {"id": "unit_employment", "organisation_id": "o_tyollisyys", "area_id": AREA, "name": {"fi": "TE"}},
            ],
        )
        roles = sorted({name for _, _, names in PEOPLE.values() for name in names})
        connection.execute(insert(role), [{"id": name, "name": {"fi": name}, "permissions": {}} for name in roles])
        for name, (organisation_id, unit_id, names) in PEOPLE.items():
            key = new_key()
            connection.execute(
                insert(user_account).values(
                    key=key, username=name, name=name.title(), settings={}, created_at=START, demo=True
                )
            )
            connection.execute(
                insert(position),
                [{"user_key": key, "role_id": item, "unit_id": unit_id} for item in sorted(names)],
            )
            place.people[name] = Actor(
                user_key=key,
                name=name,
                organisation_id=organisation_id,
                organisation_type=organisation_id,
                unit_id=unit_id,
                roles=names,
                areas=frozenset({AREA}),
            )
        connection.commit()
    place.people["system"] = SYSTEM
    return place
