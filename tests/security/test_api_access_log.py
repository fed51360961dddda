"""What a program may not know of and asks for all the same is in the access log, and the case behind it (R-09, S14)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.domain.client import Identity, ServiceNeeds
from app.domain.keys import new_key
from app.domain.variable_key import variable_key
from app.storage.tables.instances import incident
from app.storage.tables.people import access_log
from app.storage.tables.work import user_task
from tests.factories import AREA, WORK
from tests.programs import open_door

STRANGER = {"unit_id": "unit_employment", "job_types": ["other"], "message_names": ["other"]}


class Asked:
    """A case with an instance in every state that the API shows, and a program of another organisation."""

    def __init__(self, database, folder):
        self.door = open_door(database, folder)
        place = self.place = self.door.place
        self.client, self.case = place.executor.run(self._add_case, place.now)
        place.publish(WORK)
        self.instance = place.start(case_key=self.case, variables={"answer": 1})
        self.task = place.open_tasks(self.instance)["first"]
        self.element = self.row(select(user_task.c.element_instance_key))
        place.complete(self.task)
        self.job = place.open_jobs(self.instance)["work"]
        self.incident = new_key()
        self.stranger = self.door.program("prog-te", "r_asiakasvastaava_te", **STRANGER)
        self.monitor = self.door.program("prog-monitor", "r_yllapitaja", **STRANGER)
        place.executor.run(self._add_incident)

    @staticmethod
    def _add_case(uow, now):
        values = {"area_id": AREA, "controller_organisation_id": "o_sote_keskus", "now": now}
        client = uow.care.clients.add(key=new_key(), identity=Identity(name="Kalle"), needs=ServiceNeeds(), **values)
        case = uow.care.cases.add(key=new_key(), client_key=client.key, unit_id="unit_sote", owner_key=None, **values)
        return client.key, case.key

    def _add_incident(self, uow):
        uow.connection.execute(
            incident.insert().values(
                key=self.incident,
                instance_key=self.instance,
                process_id="test_process",
                element_id="work",
                element_instance_key=self.element,
                code="job_failed",
                message="",
                status="open",
                opened_at=self.place.now,
            )
        )

    def row(self, query):
        with self.place.executor.database.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def lines(self):
        with self.place.executor.database.engine.connect() as connection:
            return connection.execute(select(access_log).order_by(access_log.c.key)).all()

    def addresses(self):
        """Return what is there, by kind: (method, address, body, what the line says)."""
        variable = variable_key(scope_key=self.instance, name="answer")
        return {
            "process instance": ("GET", f"/v2/process-instances/{self.instance}", None, "concealed: process instance"),
            "its flows": (
                "GET",
                f"/v2/process-instances/{self.instance}/sequence-flows",
                None,
                "concealed: process instance",
            ),
            "its end": ("POST", f"/v2/process-instances/{self.instance}/cancellation", {}, "api_role"),
            "element": ("GET", f"/v2/element-instances/{self.element}", None, "concealed: element instance"),
            "its variables": (
                "PUT",
                f"/v2/element-instances/{self.element}/variables",
                {"variables": {"answer": 2}},
                "api_role",
            ),
            "user task": ("GET", f"/v2/user-tasks/{self.task}", None, "concealed: user task"),
            "its form": ("GET", f"/v2/user-tasks/{self.task}/form", None, "concealed: user task"),
            "what it sees": ("POST", f"/v2/user-tasks/{self.task}/variables/search", {}, "concealed: user task"),
            "its completion": ("POST", f"/v2/user-tasks/{self.task}/completion", {}, "concealed: user task"),
            "its holder": ("DELETE", f"/v2/user-tasks/{self.task}/assignee", None, "concealed: user task"),
            "incident": ("GET", f"/v2/incidents/{self.incident}", None, "concealed: incident"),
            "variable": ("GET", f"/v2/variables/{variable}", None, "api_role"),
            "job": ("POST", f"/v2/jobs/{self.job}/completion", {}, "concealed: job"),
            "failed job": ("POST", f"/v2/jobs/{self.job}/failure", {"retries": 1}, "concealed: job"),
        }


KINDS = (
    "process instance",
    "its flows",
    "its end",
    "element",
    "its variables",
    "user task",
    "its form",
    "what it sees",
    "its completion",
    "its holder",
    "incident",
    "variable",
    "job",
    "failed job",
)


@pytest.fixture
def asked(database, tmp_path):
    return Asked(database, tmp_path / "data")


def test_a_refused_call_names_the_case_and_the_client(asked):
    addresses = asked.addresses()
    assert set(addresses) == set(KINDS)
    for kind, (method, address, body, ground) in addresses.items():
        before = asked.lines()
        answer = asked.stranger.post(address, body, method=method)
        assert answer.status_code == (403 if ground == "api_role" else 404), (kind, answer.text)
        new = asked.lines()[len(before) :]
        assert [(line.user_name, line.action, line.case_key, line.client_key) for line in new] == [
            ("prog-te", "refused", asked.case, asked.client)
        ], kind
        assert (new[0].purpose, new[0].ground) == (f"{method} {address}", ground)
        assert (new[0].organisation_id, new[0].unit_id) == ("o_tyollisyys", "unit_employment")
    assert asked.place.status(asked.instance) == "active"


def test_what_is_not_there_is_answered_alike_and_leaves_no_line(asked):
    for kind, (method, address, body, _) in asked.addresses().items():
        there = asked.stranger.post(address, body, method=method)
        lines = len(asked.lines())
        key = next(part for part in address.split("/") if part.isdigit())
        nowhere = address.replace(key, "77")
        answer = asked.stranger.post(nowhere, body, method=method)
        assert len(asked.lines()) == lines, kind
        assert answer.status_code == there.status_code
        assert answer.get_json() == {**there.get_json(), "instance": nowhere}, kind


def test_what_a_program_may_see_leaves_no_refused_line(asked):
    for kind in ("process instance", "element", "user task", "incident", "variable"):
        method, address, body, _ = asked.addresses()[kind]
        assert asked.monitor.post(address, body, method=method).status_code == 200, kind
    assert [line for line in asked.lines() if line.action == "refused"] == []


def test_a_job_that_has_ended_is_not_concealed_from_its_program(asked):
    worker = asked.door.program("prog-work", "r_palveluohjaaja")
    wanted = {"type": "test_work", "timeout": 1000, "maxJobsToActivate": 1, "requestTimeout": -1}
    (job,) = worker.post("/v2/jobs/activation", wanted).get_json()["jobs"]
    assert worker.post(f"/v2/jobs/{job['jobKey']}/completion", {}).status_code == 204
    assert worker.post(f"/v2/jobs/{job['jobKey']}/completion", {}).status_code == 404
    assert [line for line in asked.lines() if line.action == "refused"] == []


def test_a_caller_whom_nobody_knows_leaves_no_line(asked):
    address = f"/v2/process-instances/{asked.instance}"
    assert asked.door.call("GET", address).status_code == 401
    assert [line for line in asked.lines() if line.action == "refused"] == []
