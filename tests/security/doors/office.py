"""
One installation for all tests of this folder: a client in the middle of their path, and who may and may not know them.

Everybody of the demo works in Central Finland, where the client's case is; each has a namesake who does the same work
in Rovaniemi. The world is made once, kept as a file, and put back before each test.
"""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, select, text

from app.commands.model_drafts import import_model_draft
from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.keys import new_key
from app.domain.steps import IncidentOpened
from app.storage.database import Database
from app.storage.tables.care import care_case, client, document
from app.storage.tables.people import access_log, audit, position, user_account
from app.storage.tables.work import user_task
from tests.factories import AREA, chain, diagram, user_step
from tests.scenarios.world import Person, World

CLOCK = datetime.fromisoformat("2026-03-02T09:00:00+02:00")
#: found nowhere else: whatever place one of them turns up in has got it from the client's data
CANARIES = {
    "name": "Qwyllikki Zumppanen",
    "identity_code": "150571-9356",
    "phone": "040 9137 246",
    "email": "qwyllikki@zumppanen.example",
    "reason": "Kvaxipulssi tykyttää öisin",
    "view": "Fnurkkaisin jaksaa vielä",
    "representative": "Brumhilda Zumppanen",
}
PEOPLE = (
    "anni.ajanvaraaja",
    "kirsi.malli",
    "tero.terveydenhoitaja",
    "laura.laakari",
    "sari.testinen",
    "olli.demo",
    "jaana.jarjesto",
    "erkki.esihenkilo",
    "outi.omistaja",
    "paavo.paakayttaja",
)
ELSEWHERE = ".rovaniemi"
PROCESS, EVENT = "tyky_ajanvaraus", "a0_yhteydenotto"
CONTACT = {
    "hetu_puuttuu": False,
    "hetu": CANARIES["identity_code"],
    "nimi": CANARIES["name"],
    "puhelin": CANARIES["phone"],
    "sahkoposti": CANARIES["email"],
    "edustaja": CANARIES["representative"],
    "kieli": "fi",
    "viittomakieli": False,
    "tulkki": False,
    "turvakielto": False,
    "yhteydenoton_syy": CANARIES["reason"],
    "oire_pitkittynyt": True,
    "lahde": "AJANVARAUS",
    "palvelusuhde": "uusi",
    "tyotilanne": "tyoton",
    "tyottomyys_alkanut": "2025-01-02",
    "toivoo_ohjausta": True,
    "kiireellinen": False,
    "turvallisuus_huoli": "ei",
}
INDICATORS = {
    "terveys_huoli": True,
    "elamantilanne_huoli": False,
    "osatyokykyinen": False,
    "tyokyky_0_10": 6,
    "terveystarkastus_pvm": "2022-02-15",
    "tyohistoria_rikkonainen": True,
}
OFFER = {
    "tulos": "tarjottu",
    "asiakas_haluaa": True,
    "esite_annettu": True,
    "asiakkaan_nakemys": CANARIES["view"],
}


def _field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": {"fi": key, "sv": key, "en": key}, **more}


#: one field of every kind that somebody could want to forge
PROBE_FORM = {
    "id": "f_koe",
    "title": {"fi": "Koe", "sv": "Prov", "en": "Test"},
    "dataGroup": "terveys",
    "sections": [
        {
            "key": "osa",
            "title": {"fi": "Osa", "sv": "Del", "en": "Part"},
            "fields": [
                _field("jatkuu", "boolean", required=True, record="answer", variable="jatkuu"),
                _field("maara", "integer", record="answer", variable="maara", maximum=10),
                _field("kaksin", "integer", computed="if maara = null then 0 else maara * 2", variable="kaksin"),
                _field(
                    "salattu",
                    "choice",
                    showIf="jatkuu = false",
                    record="answer",
                    variable="salattu",
                    options=[{"value": "a", "label": {"fi": "A", "sv": "A", "en": "A"}}],
                ),
                _field("tiedossa", "boolean", readOnly=True, variable="tiedossa"),
                _field("toimet", "group", record="answer", maxItems=3, fields=[_field("mita", "text")]),
                _field("liite", "file", record="document", maxItems=2),
            ],
        }
    ],
}
PROBE_PROCESS = "tyky_koe"
PROBE = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("kysely", groups="r_terveydenhoitaja", form_id="f_koe")
    + user_step("toinen", groups="r_terveydenhoitaja")
    + '<bpmn:endEvent id="loppu"/>'
    + chain("alku", "kysely", "toinen", "loppu"),
    process_id=PROBE_PROCESS,
)


class Office:
    """The world, its objects and its people."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "office.db"
        self._kept = folder / "office.kept"
        self._tokens: dict[str, str] = {}
        self.database = Database(f"sqlite:///{self.path}")
        self.world = World(self.database, clock=CLOCK)
        self.executor = self.world.executor
        self._add_namesakes()
        # the contact, the indicators and their decisions, a booking with its confirmation and its mail
        self.world.start_by_hand("r_ajanvaraaja", PROCESS, EVENT)
        self.instance = self.world.instance
        self.first_task = self.world.open_tasks()["a1_yhteydenotto"]
        self.world.complete("a1_yhteydenotto", "r_ajanvaraaja", CONTACT)
        self.world.complete("a3_indikaattorit", "r_ajanvaraaja", INDICATORS)
        self.task = self.world.open_tasks()["a6_kysy_asiakkaalta"]
        self.case = self.world.case_key() or 0
        self.incident = self._open_incident()
        self.document = self.scalar(select(document.c.key).where(document.c.case_key == self.case).limit(1))
        self.client = self.scalar(select(client.c.key))
        self.definition = self.scalar(select(user_task.c.process_definition_key).where(user_task.c.key == self.task))
        self.case_number = self.scalar(select(care_case.c.number))
        self.people = {name: Person(self.world, name) for name in (*PEOPLE, *(f"{name}{ELSEWHERE}" for name in PEOPLE))}
        self.probe_task = self._start_probe()
        self.probe_instance = self.world.instance
        self.world.instance = self.instance
        self.model_draft = self._import_draft()
        self._keep()

    def _start_probe(self) -> int:
        run = self.executor.run
        files = {"koe.bpmn": PROBE, "f_koe.json": msgspec.json.encode(PROBE_FORM)}
        run(publish, resources=files, actor=SYSTEM, now=CLOCK)
        started = run(
            start_instance, process_id=PROBE_PROCESS, actor=SYSTEM, case_key=self.case, area_id=AREA, now=CLOCK
        )
        self.world.instance = started.instance_key
        return self.world.open_tasks()["kysely"]

    def _import_draft(self) -> int:
        owner = self.executor.read(lambda uow: uow.accounts.actor_of("outi.omistaja"))
        content = diagram('<bpmn:startEvent id="alku"/>', process_id="tyky_luonnos")
        found = self.executor.run(import_model_draft, content=content, actor=owner, now=CLOCK)
        return int(found.draft.key)

    def _add_namesakes(self) -> None:
        with self.database.engine.begin() as connection:
            for row in connection.execute(select(user_account).where(user_account.c.demo)).all():
                places = connection.execute(select(position).where(position.c.user_key == row.key)).all()
                key = new_key()
                values = {**row._mapping, "key": key, "username": f"{row.username}{ELSEWHERE}", "name": "Toisaalla"}
                connection.execute(insert(user_account).values(values))
                for place in places:
                    unit = place.unit_id.replace("keski_suomi", "rovaniemi")
                    connection.execute(insert(position).values(user_key=key, role_id=place.role_id, unit_id=unit))

    def _open_incident(self) -> int:
        key = new_key()
        opened = IncidentOpened(
            key=key,
            element_instance_key=new_key(),
            element_id="a8_varaa",
            code="appointment_unknown",
            message="no such appointment",
        )
        self.executor.run(lambda uow: uow.incidents.add(self.instance, PROCESS, [opened], now=CLOCK))
        return key

    def _keep(self) -> None:
        with self.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.database.close()
        shutil.copyfile(self.path, self._kept)

    def put_back(self) -> None:
        """Bring everything back to how it was first; who was signed in still is."""
        self.database.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self._kept, self.path)
        self.world.clock, self.world.instance = CLOCK, self.instance

    def addresses(self) -> dict[str, Any]:
        """Return what the placeholders of the routes stand for."""
        return {
            "task": self.task,
            "done_task": self.first_task,
            "case": self.case,
            "document": self.document,
            "instance": self.instance,
            "incident": self.incident,
            "definition": self.definition,
            "process": PROCESS,
            "model_draft": self.model_draft,
        }

    # -- people ------------------------------------------------------------------------------------------------------

    def anew(self, name: str) -> Person:
        """Return the person at another browser."""
        return Person(self.world, name)

    def token(self, person: Person) -> str:
        """Return the token of the forms of the person's pages; it is the same for as long as they are signed in."""
        session = person.client.get_cookie("kykypolku")
        if session is None or session.value not in self._tokens:
            found = re.search(r'name="csrf_token" value="([^"]*)"', person.client.get("/accessibility").text)
            token = found[1] if found else ""
            if session is None:
                return token
            self._tokens[session.value] = token
        return self._tokens[session.value]

    def send(self, person: Person, address: str, fields: dict[str, Any] | None = None) -> Any:
        """Send a form as the person, with a token that is theirs."""
        return person.client.post(address, data={**(fields or {}), "csrf_token": self.token(person)})

    def answer_probe(self, **fields: Any) -> Any:
        """Open the task with a field of every kind and send this, whatever the form says."""
        person = self.people["tero.terveydenhoitaja"]
        address = f"/tasks/{self.probe_task}"
        return person.post(address, fields, page=person.get(address))

    # -- rows --------------------------------------------------------------------------------------------------------

    def scalar(self, query: Any) -> Any:
        """Return the first value of the first row."""
        with self.database.engine.connect() as connection:
            return connection.execute(query).scalars().first()

    def rows(self, query: Any) -> list[Any]:
        """Return the rows."""
        with self.database.engine.connect() as connection:
            return list(connection.execute(query).all())

    def execute(self, statement: Any) -> None:
        """Change something behind the product's back."""
        with self.database.engine.begin() as connection:
            connection.execute(text(statement) if isinstance(statement, str) else statement)

    def access_lines(self) -> list[Any]:
        """Return the lines of the access log in their order."""
        return self.rows(select(access_log).order_by(access_log.c.key))

    def audit_lines(self) -> list[Any]:
        """Return the lines of the audit in their order."""
        return self.rows(select(audit).order_by(audit.c.key))
