"""
A whole installation in one process with a clock of its own: pages through HTTP, workers and scheduler by hand.

Nothing is played: the database has gone through the migrations, the pathways are published, people are the demo's,
answers travel as form fields with their CSRF tokens, jobs are leased and carried out by the workers' own code.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from sqlalchemy import select

from app.cli import read_reference, read_resources
from app.commands.client_sign_in import make_client_link
from app.commands.load_demo import load_demo_people
from app.commands.load_reference import load_reference, offer_times
from app.commands.messages import publish_message
from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.executor import Executor
from app.settings import Settings
from app.storage.database import Database
from app.storage.encryption import Cipher
from app.storage.schema import upgrade
from app.storage.tables.instances import process_instance, timer
from app.storage.tables.work import user_task
from app.web import create_app
from tests.scenarios.known import AREA, open_case, with_people
from workers.handlers import installed_handlers
from workers.heartbeat import Heartbeat
from workers.rounds import Matching, delivery_round, timer_round
from workers.run_jobs import JobRunner

PROCESSES = Path(__file__).parents[2] / "processes"
LEASE = timedelta(seconds=60)
#: who of the demo does a role's tasks
PEOPLE = {
    "r_ajanvaraaja": "anni.ajanvaraaja",
    "r_palveluohjaaja": "kirsi.malli",
    "r_terveydenhoitaja": "tero.terveydenhoitaja",
    "r_sairaanhoitaja": "tero.terveydenhoitaja",
    "r_laakari": "laura.laakari",
    "r_sosiaalityontekija": "sari.testinen",
    "r_asiakasvastaava_te": "olli.demo",
    "r_kela_ratkaisu": "kaisa.koe",
    "r_tiimikoordinaattori": "tiina.testinen",
    "r_tyoterveys": "tuomas.tyoterveys",
    "r_sosiaaliohjaaja": "sanna.ohjaaja",
    "r_tyohonvalmentaja": "sanna.ohjaaja",
    "r_jarjesto": "jaana.jarjesto",
    "r_tyokykykoordinaattori": "tiina.testinen",
    "r_fasilitaattori": "olli.demo",
    "r_rise_tyontekija": "riku.rise",
    "r_koulutus": "oona.opettaja",
    "r_eskoo_asiantuntija": "elina.eskoo",
    "r_psykiatria": "petra.psykiatria",
    "r_mt_ammattilainen": "petra.psykiatria",
    "r_nuorten_palvelut": "ossi.ohjaamo",
    "r_esihenkilo": "erkki.esihenkilo",
    "r_prosessinomistaja": "outi.omistaja",
    "r_yllapitaja": "paavo.paakayttaja",
    "r_tietosuojavastaava": "terhi.tietosuoja",
    "r_kehittaja": "kati.kehittaja",
    "r_asiakasraati": "raili.raati",
}


class Person:
    """Somebody at their browser."""

    def __init__(self, world: World, username: str) -> None:
        self.client = world.app.test_client()
        page = self.client.get("/sign-in")
        answer = self.client.post("/sign-in", data={"csrf_token": token_of(page.text), "person": username})
        assert answer.status_code == 303, answer.text

    def get(self, address: str) -> Any:
        """Open a page, which must be there."""
        page = self.client.get(address)
        assert page.status_code == 200, f"{address}: {page.status_code}"
        return page

    def post(self, address: str, fields: Mapping[str, Any], *, page: Any) -> Any:
        """Send a form that stands on the page."""
        sent = {"csrf_token": token_of(page.text), "submission_id": hidden(page.text, "submission_id"), **fields}
        return self.client.post(address, data=sent)


class Client(Person):
    """A client who has come in by a link and the answer to its question."""

    def __init__(self, world: World, secret: str, answer: str) -> None:
        self.client = world.app.test_client()
        page = self.client.get(f"/oma/link/{secret}")
        sent = {"csrf_token": token_of(page.text), "secret": secret, "answer": answer}
        answered = self.client.post("/oma/link", data=sent)
        assert answered.status_code == 303, answered.text


def token_of(html: str) -> str:
    """Return the CSRF token of the page."""
    return hidden(html, "csrf_token")


def hidden(html: str, name: str) -> str:
    """Return the value of the page's first hidden field of the name, "" where there is none."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    return found[1] if found else ""


def form_fields(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers as a browser sends them."""
    fields: dict[str, Any] = {}
    for key, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, row in enumerate(value):
                fields[f"{key}-{number}-_row"] = "1"
                fields |= {f"{key}-{number}-{inner}": text_of(item) for inner, item in row.items()}
        elif isinstance(value, list):
            fields[key] = [text_of(item) for item in value]
        else:
            fields[key] = text_of(value)
    return fields


def text_of(value: Any) -> str:
    """Return one answer as it stands in an input."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


#: when the pathways of every world were published, before any story begins
PUBLISHED = datetime.fromisoformat("2026-01-01T09:00:00+02:00")
_kept: dict[tuple[datetime, str], Path] = {}
_folder = TemporaryDirectory(prefix="kykypolku-worlds-")


def set_up(database: Database, clock: datetime, area: str = AREA) -> None:
    """
    Let the database go through the migrations and publish everything in it, with times to book from the clock on.

    An SQLite file with the pathways is made once, one with times and people once for each moment and area; it is
    copied for each world. The demo's people work in the area.
    """
    if not database.is_sqlite:
        _publish(database)
        _furnish(database, clock, area)
        return
    if (clock, area) not in _kept:
        path = Path(_folder.name, f"{len(_kept)}.db")
        shutil.copyfile(_published(), path)
        _close(_furnish(Database(f"sqlite:///{path}"), clock, area))
        _kept[clock, area] = path
    shutil.copyfile(_kept[clock, area], database.url.removeprefix("sqlite:///"))


@cache
def _published() -> Path:
    path = Path(_folder.name, "published.db")
    _close(_publish(Database(f"sqlite:///{path}")))
    return path


def _close(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _publish(database: Database) -> Database:
    upgrade(database)
    run = _executor(database).run
    run(load_reference, files=read_reference(PROCESSES), now=PUBLISHED)
    run(publish, resources=read_resources([PROCESSES]), actor=SYSTEM, now=PUBLISHED)
    return database


def _furnish(database: Database, now: datetime, area: str) -> Database:
    run = _executor(database).run
    run(offer_times, now=now)
    people = (PROCESSES / "shared/demo/people.json").read_text().replace(f"u_{AREA}_", f"u_{area}_")
    run(load_demo_people, people=msgspec.json.decode(people)["people"], now=now)
    return database


def _executor(database: Database) -> Executor:
    return Executor(database, Cipher(data_keys=[b"d" * 32], index_key=b"i" * 32))


class World:
    """The installation and one process instance of it that a story follows."""

    def __init__(self, database: Database, *, clock: datetime, area: str = AREA) -> None:
        self.clock = clock
        self.area = area
        self.folder = TemporaryDirectory()
        set_up(database, clock, area)
        self.executor = _executor(database)
        settings = Settings.load({"KYKYPOLKU_DATA_FOLDER": self.folder.name, "KYKYPOLKU_MODE": "demo"})
        self.app = create_app(self.executor, settings, clock=lambda: self.clock)
        self.app.testing = True
        heartbeat = Heartbeat(self.executor, lease=LEASE, every=3600, clock=lambda: self.clock)
        self.runner = JobRunner(
            self.executor,
            installed_handlers(settings, self.executor),
            heartbeat,
            owner="story",
            lease=LEASE,
            clock=lambda: self.clock,
        )
        self.timers = timer_round(self.executor, lambda: self.clock)
        self.deliveries = delivery_round(self.executor, lambda: self.clock)
        self.matching = Matching(self.executor)
        self._people: dict[str, Person] = {}
        self.instance = 0

    def person(self, role: str) -> Person:
        """Return the person of the demo who has the role, signed in anew each time (sessions end while time flies)."""
        return Person(self, PEOPLE[role])

    # -- time and machines -------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Let the scheduler and the workers do what is due now, until nothing is."""
        for _ in range(200):
            keys = self.executor.run(lambda uow: uow.jobs.nudge(now=self.clock, again_after=timedelta(0), limit=100))
            busy = bool(self.runner.run(keys, seconds=30)) if keys else False
            busy |= self._fire() | self._deliver()
            if not busy:
                return
        raise AssertionError("the machines never come to rest")

    def _fire(self) -> bool:
        due = self.executor.read(lambda uow: uow.timers.due(now=self.clock, limit=100))
        if due:
            self.timers(self.clock)
        return bool(due)

    def _deliver(self) -> bool:
        self.matching(self.clock)
        pending = self.executor.read(lambda uow: uow.messages.pending_deliveries(limit=100))
        if pending:
            self.deliveries(self.clock)
        return bool(pending)

    # -- what is open ------------------------------------------------------------------------------------------------

    def open_tasks(self) -> dict[str, int]:
        """Return the keys of the open tasks by element id."""
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(user_task.c.element_id, user_task.c.key).where(
                    user_task.c.instance_key == self.instance, user_task.c.status == "open"
                )
            ).all()
        return {row.element_id: row.key for row in rows}

    def open_timers(self) -> dict[str, datetime]:
        """Return when each open timer is due, by element id (the first to come)."""
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(timer.c.element_id, timer.c.due_at)
                .where(timer.c.instance_key == self.instance, timer.c.status == "open")
                .order_by(timer.c.due_at.desc())
            ).all()
        return {row.element_id: row.due_at for row in rows}

    def status(self) -> str:
        """Return the status of the instance."""
        with self.executor.database.engine.connect() as connection:
            return connection.execute(
                select(process_instance.c.status).where(process_instance.c.key == self.instance)
            ).scalar_one()

    def history(self) -> list[str]:
        """Return the ids of the elements that were completed, in order."""
        lines = self.executor.read(lambda uow: uow.monitor.history(self.instance, limit=10_000))
        return [line["element_id"] for line in lines if line["event"] == "completed"]

    def variables(self) -> dict[str, Any]:
        """Return the variables of the instance by name."""
        lines = self.executor.read(lambda uow: uow.monitor.variables(self.instance))
        return {line["name"]: line["value"] for line in lines}

    def case_key(self) -> int | None:
        """Return the key of the instance's case."""
        with self.executor.database.engine.connect() as connection:
            return connection.execute(
                select(process_instance.c.case_key).where(process_instance.c.key == self.instance)
            ).scalar_one()

    def case_state(self) -> tuple[str, str]:
        """Return whether the instance's case is open or closed, and what it came to."""
        case = self.executor.read(lambda uow: uow.care.cases.get(self.case_key()))
        return ("open" if case.is_open else "closed", case.outcome)

    def goes_on_elsewhere(self) -> bool:
        """Tell whether another pathway of the case runs."""
        case_key = self.case_key()
        return case_key is not None and bool(
            self.executor.read(lambda uow: uow.instances.others_running(case_key, besides=self.instance))
        )

    # -- what people do ----------------------------------------------------------------------------------------------

    def people(self) -> dict[str, int]:
        """Return the keys of the demo's people by user name."""
        demo = msgspec.json.decode((PROCESSES / "shared/demo/people.json").read_bytes())["people"]
        return self.executor.read(lambda uow: uow.accounts.named([each["username"] for each in demo]))

    def open_case(self, known: Mapping[str, Any]) -> int:
        """Open a case with what a scenario says is known of the client, and return its key."""
        return int(
            self.executor.run(
                open_case,
                known=known,
                owner=PEOPLE["r_palveluohjaaja"],
                people=self.people(),
                area=self.area,
                now=self.clock,
            )
        )

    def start(self, scenario: Mapping[str, Any]) -> None:
        """Start the scenario's process: by hand from the page where a role may, else as its caller would."""
        event = scenario["start"]["event"]
        case_key = self.open_case(scenario["case"]) if "case" in scenario else None
        variables = dict(scenario["start"].get("variables", {}))
        if "suostumus_id" in variables and case_key is not None:
            # the key that a consent has here
            latest = self.executor.read(lambda uow: uow.care.consents.latest(case_key))
            variables["suostumus_id"] = str(latest.key)
        self.instance = self.executor.run(
            start_instance,
            actor=SYSTEM,
            process_id=scenario["process"],
            start_element_id=event,
            variables=variables,
            case_key=case_key,
            area_id=scenario["area"],
            now=self.clock,
        ).instance_key
        self.work()

    def start_by_hand(self, role: str, process_id: str, event: str) -> str:
        """Start the process from its page as a person of the role, and return the address that opens then."""
        person = self.person(role)
        page = person.get(f"/start/{process_id}?event={event}")
        answer = person.post(f"/start/{process_id}", {"start_event": event}, page=page)
        assert answer.status_code == 303, answer.text
        with self.executor.database.engine.connect() as connection:
            self.instance = (
                connection.execute(select(process_instance.c.key).order_by(process_instance.c.started_at.desc()))
                .scalars()
                .first()
            )
        self.work()
        return answer.headers["Location"]

    def client_at_own_door(self) -> Client:
        """Return the client of the instance's case, come in by a one-time link."""

        def invite(uow: Any) -> tuple[str, str]:
            found = uow.care.clients.get(uow.care.cases.get(self.case_key() or 0).client_key)
            known = found.identity.birth_date.isoformat() if found.identity.birth_date else found.identity.phone
            return make_client_link(uow, client=found, now=self.clock), known

        secret, answer = self.executor.run(invite)
        return Client(self, secret, answer)

    def complete(self, element_id: str, role: str, answers: Mapping[str, Any]) -> None:
        """Open the task's page as a person of the role, fill the form in and send it."""
        # nobody answers in the moment in which the step before was noted
        self.clock += timedelta(milliseconds=1)
        tasks = self.open_tasks()
        assert element_id in tasks, f"{element_id} is not open, but {sorted(tasks)}"
        if role == "r_asiakas":
            person, address = self.client_at_own_door(), f"/oma/tasks/{tasks[element_id]}"
        else:
            person, address = self.person(role), f"/tasks/{tasks[element_id]}"
        page = person.get(address)
        answer = person.post(address, form_fields(with_people(dict(answers), self.people())), page=page)
        if answer.status_code != 303:
            wrong = re.findall(r'data-field="validation"[^>]*>([^<]*)<', answer.text)
            raise AssertionError(f"{element_id}: {answer.status_code} {wrong}")
        self.work()

    def pass_time(self, element_id: str, after: timedelta | None) -> None:
        """Let time pass until the timer goes off, or by as much as the scenario says."""
        timers = self.open_timers()
        assert element_id in timers, f"no timer {element_id}, but {sorted(timers)}"
        due = timers[element_id]
        self.clock = max(self.clock, due) if after is None else max(self.clock + after, due)
        before = self.history().count(element_id)
        self.work()
        assert self.history().count(element_id) > before, f"{element_id} is due only at {due}"

    def send(self, name: str, variables: Mapping[str, Any]) -> None:
        """Send a message to the case."""
        sent = self.executor.run(
            publish_message,
            name=name,
            correlation_key=str(self.case_key()),
            variables=variables,
            actor=SYSTEM,
            now=self.clock,
        )
        assert sent.delivery_keys, f"nobody waits for {name}"
        self.work()

    def tell(self, event: str, role: str) -> None:
        """Press the button of an event on the case page as a person of the role."""
        person, address = self.person(role), f"/cases/{self.case_key()}"
        page = person.get(address)
        offered = re.search(rf'name="event" value="(\d+)"(?:(?!</form>).)*?{event}', page.text, re.DOTALL)
        assert offered, f"{event} is not offered"
        answer = person.post(f"{address}/events", {"event": offered[1]}, page=page)
        assert answer.status_code == 303, answer.text
        self.work()
