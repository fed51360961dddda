"""An area that takes first contacts over the network, over the installation of tests.own_door; all invented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from app.storage.tables import metadata
from tests.factories import AREA, diagram, flow, user_step
from tests.own_door import OwnDoor, OwnVisitor

FORM = Path(__file__).parents[1] / "processes" / "shared" / "forms" / "f_oma_yhteydenotto.json"
HERE, ELSEWHERE = "179", "698"
#: somebody whom nobody here knows
NEWCOMER = "010190-900P"
TOLD = {
    "nimi": "Uuno Uusi",
    "puhelin": "040 555 5555",
    "soittoaika": "aamupaiva",
    "kieli": "fi",
    "tulkki": "true",
    "viittomakieli": "false",
    "turvakielto": "false",
    "yhteydenoton_syy": "Selkä ei kestä työtä.",
}

_SAID = (
    '<bpmn:extensionElements><zeebe:properties><zeebe:property name="kyky.startRoles" value="r_asiakas"/>'
    '<zeebe:property name="kyky.firstContact" value="true"/></zeebe:properties></bpmn:extensionElements>'
)
#: the client's form, then the call; staff begin with the call
CONTACT = diagram(
    f'<bpmn:startEvent id="oma">{_SAID}<bpmn:messageEventDefinition id="m" messageRef="v"/></bpmn:startEvent>'
    '<bpmn:startEvent id="alku"/>'
    + user_step("kerro", groups="r_asiakas", form_id="f_oma_yhteydenotto")
    + user_step("soita", groups="r_ajanvaraaja").replace(
        "</bpmn:ext",
        '<zeebe:properties><zeebe:property name="kyky.besideForms" value="f_oma_yhteydenotto"/></zeebe:properties>'
        "</bpmn:ext",
    )
    + '<bpmn:endEvent id="loppu"/>'
    + flow("oma", "kerro")
    + flow("kerro", "soita")
    + flow("alku", "soita")
    + flow("soita", "loppu"),
    process_id="tyky_yhteys",
    roots='<bpmn:message id="v" name="oma_yhteydenotto"/>',
)


def take_contacts(door: OwnDoor) -> None:
    """Let the area take first contacts; the other area has none who answers them."""
    door.place.publish(CONTACT, resources={FORM.name: FORM.read_bytes()})
    settings = {
        "nimi": {"fi": "Koealue"},
        "hyvinvointialue": {"fi": "Koelan hyvinvointialue", "sv": "Koela välfärdsområde"},
        "paivystysnumero": "116117",
        "oma_yhteydenotto": "tyky_yhteys",
        "oma_yhteydenotto_yksikko": "unit_sote",
    }

    def put(uow: Any) -> None:
        uow.reference.put("area", settings, area_id=AREA, now=door.place.now)
        uow.reference.put("area", {"nimi": {"fi": "Toinen alue"}}, area_id="rovaniemi", now=door.place.now)
        uow.reference.put("limit", {"t_omaolo": 3}, now=door.place.now)
        uow.reference.put("municipality", {HERE: {"name": {"fi": "Jyväskylä"}}}, area_id=AREA, now=door.place.now)
        uow.reference.put(
            "municipality", {ELSEWHERE: {"name": {"fi": "Rovaniemi"}}}, area_id="rovaniemi", now=door.place.now
        )

    door.place.executor.run(put)


def identify(visitor: OwnVisitor, code: str) -> Any:
    """Go to the test provider, say who it is, come back and return the answer."""
    place = urlsplit(visitor.get("/oma/strong").headers["Location"])
    page = visitor.get(f"{place.path}?{place.query}")
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    answer = visitor.post(place.path, {**carried, "identity_code": code}, token=carried["csrf_token"])
    back = urlsplit(answer.headers["Location"])
    return visitor.get(f"{back.path}?{back.query}")


def at_the_form(door: OwnDoor, code: str = NEWCOMER) -> OwnVisitor:
    """Return somebody identified who has chosen their municipality."""
    visitor = door.visitor()
    assert identify(visitor, code).headers["Location"] == "/oma/contact"
    answer = visitor.post("/oma/contact", {"municipality": HERE}, token=visitor.token("/oma/contact"))
    assert answer.headers["Location"] == "/oma/contact/form"
    return visitor


def send(visitor: OwnVisitor, **changes: str) -> Any:
    """Send the request with the answers of `TOLD`, changed."""
    token = visitor.token("/oma/contact/form")
    return visitor.post("/oma/contact/form", {**TOLD, **changes}, token=token)


def rows_of_all(door: OwnDoor) -> dict[str, int]:
    """Return how many rows each table has."""
    with door.place.executor.database.engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }
