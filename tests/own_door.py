"""The client's own door over a small installation: two clients, a form for them, something to tell; all invented."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.commands.client_sign_in import make_client_link
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.client import Identity, ServiceNeeds
from app.domain.keys import new_key
from app.settings import Settings
from app.storage.database import Database
from app.storage.tables import metadata
from app.storage.tables.people import access_log, audit
from app.web import create_app
from app.web.sessions import hash_of
from tests.factories import AREA, START, Place, chain, diagram, flow, make_place, user_step
from tests.web import Visitor

BORN = {"matti": date(1990, 5, 14), "maija": date(1971, 1, 2)}
CODES = {"matti": "140590-903D", "maija": "020171-912U"}
NAMES = {"matti": "Matti Esimerkki", "maija": "Maija Mallikas"}


def _text(text: str) -> dict[str, str]:
    return {"fi": text, "sv": f"{text} sv", "en": f"{text} en"}


FORM = {
    "id": "f_oma",
    "title": _text("Esitiedot"),
    "dataGroup": "terveys",
    "sections": [
        {
            "key": "osa",
            "title": _text("Vointi"),
            "fields": [
                {"key": "vointi", "type": "text", "required": True, "label": _text("Vointi nyt"), "record": "answer"},
                {"key": "liite", "type": "file", "label": _text("Liite"), "record": "document"},
            ],
        }
    ],
}


def _property(name: str, value: str) -> str:
    return f'<zeebe:property name="{name}" value="{value}"/>'


def _client_step(element_id: str) -> str:
    said = (
        _property("kyky.selfFilled", "true")
        + _property("kyky.clientName", "Kerro voinnistasi")
        + _property("kyky.clientName.sv", "Berätta hur du mår")
        + _property("kyky.clientText", "Vastaa omin sanoin.")
    )
    step = user_step(element_id, groups="r_asiakas, r_edustaja, r_palveluohjaaja", form_id="f_oma")
    return step.replace("</bpmn:ext", f"<zeebe:properties>{said}</zeebe:properties></bpmn:ext")


#: the client's form, then a worker's step; at any time the client may ask for support
OWN = diagram(
    "<bpmn:extensionElements><zeebe:properties>"
    + _property("kyky.clientName", "Tuki työhön")
    + _property("kyky.startRoles", "r_asiakas")
    + "</zeebe:properties></bpmn:extensionElements>"
    + '<bpmn:startEvent id="alku"/>'
    + _client_step("kysely")
    + user_step("arvio")
    + '<bpmn:endEvent id="loppu"/>'
    + chain("alku", "kysely", "arvio", "loppu")
    + '<bpmn:subProcess id="tuki" triggeredByEvent="true"><bpmn:startEvent id="haluan" isInterrupting="false"'
    ' name="Haluan tukea"><bpmn:extensionElements><zeebe:properties>'
    + _property("kyky.offeredTo", "r_asiakas, r_palveluohjaaja")
    + _property("kyky.clientText", "Työntekijä soittaa sinulle.")
    + '</zeebe:properties></bpmn:extensionElements><bpmn:messageEventDefinition id="m" messageRef="viesti"/>'
    "</bpmn:startEvent>"
    + user_step("soita")
    + '<bpmn:endEvent id="ohi"/>'
    + flow("haluan", "soita")
    + flow("soita", "ohi")
    + "</bpmn:subProcess>",
    process_id="tyky_oma",
    roots='<bpmn:message id="viesti" name="haluan_tukea"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=asia_id"/></bpmn:extensionElements></bpmn:message>',
)


@dataclass
class OwnDoor:
    """The installation, its pages, and each client's keys by name."""

    place: Place
    app: Flask
    clients: dict[str, int] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    instances: dict[str, int] = field(default_factory=dict)
    kept: Path | None = None

    def put_back(self) -> None:
        """Bring everything to how it was first."""
        database = self.place.executor.database
        database.close()
        if self.kept is not None:
            for suffix in ("-wal", "-shm"):
                Path(f"{self.kept.parent / 'own.db'}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self.kept, self.kept.parent / "own.db")
        self.place.now = START

    def add_client(
        self, name: str, *, phone: str = "040 123 4567", born: date | None = None, language: str = "fi"
    ) -> None:
        """Add a client with an open case of the counsellor's and an instance in it."""
        counsellor = self.place.people["counsellor"]

        def write(uow: Any) -> tuple[int, int]:
            client = uow.care.clients.add(
                key=new_key(),
                identity=Identity(
                    name=NAMES[name],
                    birth_date=born,
                    phone="040 123 4567",
                    email=f"{name}@esimerkki.invalid",
                    identity_code=CODES[name],
                ),
                needs=ServiceNeeds(language=language),
                area_id=AREA,
                controller_organisation_id="o_sote_keskus",
                now=self.place.now,
            )
            case = uow.care.cases.add(
                key=new_key(),
                client_key=client.key,
                area_id=AREA,
                controller_organisation_id="o_sote_keskus",
                unit_id="unit_sote",
                owner_key=counsellor.user_key,
                now=self.place.now,
            )
            return client.key, case.key

        self.clients[name], self.cases[name] = self.place.executor.run(write)
        started = self.place.run(
            start_instance, process_id="tyky_oma", actor=SYSTEM, case_key=self.cases[name], area_id=AREA
        )
        self.instances[name] = started.instance_key

    def task(self, name: str, element_id: str = "kysely") -> int:
        """Return the key of the client's open task."""
        return self.place.open_tasks(self.instances[name])[element_id]

    def link(self, name: str) -> str:
        """Make a one-time link for the client and return its secret, as the mail carries it."""

        def make(uow: Any) -> str:
            return make_client_link(uow, client=uow.care.clients.get(self.clients[name]), now=self.place.now)

        return str(self.place.executor.run(make))

    def visitor(self) -> OwnVisitor:
        """Return somebody in front of a browser."""
        return OwnVisitor(self.app)

    def come_in(self, name: str) -> OwnVisitor:
        """Return the client, come in by a link."""
        visitor = self.visitor()
        answer = visitor.answer_link(self.link(name), BORN[name].strftime("%d.%m.%Y"))
        assert answer.status_code == 303, answer.text
        return visitor

    def access_lines(self) -> list[Any]:
        """Return the lines of the access log in their order."""
        with self.place.executor.database.engine.connect() as connection:
            return list(connection.execute(select(access_log).order_by(access_log.c.key)).all())

    def audit_actions(self) -> list[str]:
        """Return what the audit tells, in order."""
        with self.place.executor.database.engine.connect() as connection:
            return list(connection.scalars(select(audit.c.action).order_by(audit.c.key)))


class OwnVisitor(Visitor):
    """A visitor whose tokens are those of the client's door."""

    def token(self, path: str = "/oma/sign-in") -> str:
        """Return the token of a page of this door: the first page where they are in, else that of coming in."""
        page = self.get(path)
        if page.status_code == 303:
            page = self.get("/oma")
        found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page.text)
        return found[1] if found else ""

    def session_hash(self) -> str:
        """Return under which id the visitor's session is kept."""
        return hash_of(self.cookie("kykypolku-oma"))

    def answer_link(self, secret: str, answer: str) -> Any:
        """Open the link and answer its question."""
        self.get(f"/oma/link/{secret}")
        return self.post("/oma/link", {"secret": secret, "answer": answer})

    def send_form(self, address: str, fields: Mapping[str, Any], **more: Any) -> Any:
        """Open the form's page and send it."""
        page = self.get(address)
        found = re.search(r'name="submission_id" value="([^"]+)"', page.text)
        return self.post(address, {"submission_id": found[1] if found else "", **fields}, **more)


@contextmanager
def kept_own_door(folder: Path, prepare: Callable[[OwnDoor], None] | None = None, **changes: Any) -> Iterator[OwnDoor]:
    """Yield a door that `put_back` brings to how it was first; made once, because publishing takes its time."""
    path = folder / "own.db"
    database = Database(f"sqlite:///{path}")
    metadata.create_all(database.engine)
    door = open_own_door(database, folder / "data", **changes)
    if prepare is not None:
        prepare(door)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    shutil.copyfile(path, folder / "own.kept")
    door.kept = folder / "own.kept"
    yield door
    database.close()


def open_own_door(database: Database, folder: Path, **changes: Any) -> OwnDoor:
    """Return the door over an empty database, with two clients."""
    place = make_place(database)
    settings = Settings.load({}, data_folder=folder, public_url="http://localhost", **changes)
    place.publish(OWN, resources={"f_oma.json": json.dumps(FORM).encode()})
    door = OwnDoor(place=place, app=create_app(place.executor, settings, clock=lambda: place.now))
    door.add_client("matti", born=BORN["matti"])
    door.add_client("maija", born=BORN["maija"], language="sv")
    return door
