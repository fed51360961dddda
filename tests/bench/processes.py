"""The processes that are measured: small, with nothing in them that the figure is not about."""

from __future__ import annotations

import json
from typing import Any

from tests.factories import chain, diagram, flow, job_step, user_step

#: who completes the tasks
ROLE = "r_palveluohjaaja"
FORM = "f_koe"


def _text(finnish: str) -> dict[str, str]:
    return {"fi": finnish, "sv": finnish, "en": finnish}


def _field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": _text(f"Kysymys {key}"), **more}


def _options(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": _text(value.title())} for value in values]


#: ten fields of the usual types: five that the process decides by, five for the records of the case
TEN_FIELDS = [
    _field("tulos", "choice", required=True, variable="tulos", options=_options("tarjottu", "ei_tarvetta")),
    _field("pisteet", "integer", required=True, variable="pisteet"),
    _field("alkaa", "date", variable="alkaa"),
    _field("kiire", "boolean", variable="kiire"),
    _field("palvelut", "multiChoice", variable="palvelut", options=_options("kuntoutus", "valmennus", "neuvonta")),
    _field("tilanne", "longText", required=True, record="answer"),
    _field("toive", "text", record="answer", maxLength=200),
    _field("tuntia_viikossa", "decimal", record="answer"),
    _field("sovittu", "date", record="answer"),
    _field("lisatieto", "text", record="answer", requiredIf='=tulos = "ei_tarvetta"'),
]
ANSWERS = {
    "tulos": "tarjottu",
    "pisteet": "42",
    "alkaa": "9.3.2026",
    "kiire": "true",
    "palvelut": ["kuntoutus", "neuvonta"],
    "tilanne": "Työkyky on heikentynyt, ja työnantajan kanssa on sovittu kevennetystä työajasta kesään asti.",
    "toive": "Etätapaaminen iltapäivällä",
    "tuntia_viikossa": "20,5",
    "sovittu": "16.3.2026",
    "lisatieto": "",
}


def form() -> bytes:
    """Return the form of ten fields."""
    section = {"key": "osa", "title": _text("Osa"), "fields": TEN_FIELDS}
    return json.dumps(
        {"id": FORM, "title": _text("Koelomake"), "dataGroup": "perustiedot", "sections": [section]}
    ).encode()


#: a task with the form, a gateway with one condition, the next task
COMPLETION = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("kysy", groups=ROLE, form_id=FORM)
    + '<bpmn:exclusiveGateway id="valinta" default="valinta_to_toinen"/>'
    + user_step("tarjoa", groups=ROLE)
    + user_step("toinen", groups=ROLE)
    + '<bpmn:endEvent id="loppu"/>'
    + chain("alku", "kysy", "valinta")
    + flow("valinta", "tarjoa", 'tulos = "tarjottu"')
    + flow("valinta", "toinen")
    + chain("tarjoa", "loppu")
    + flow("toinen", "loppu"),
    process_id="completion",
)

#: a task, a job that does nothing, the next task
SERVICE = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("ensin", groups=ROLE)
    + job_step("tyo", job_type="bench_no_op")
    + user_step("sitten", groups=ROLE)
    + chain("alku", "ensin", "tyo", "sitten"),
    process_id="service",
)

#: a job at once, then a task
JOB = diagram(
    '<bpmn:startEvent id="alku"/>'
    + job_step("tyo", job_type="bench_no_op")
    + user_step("sitten", groups=ROLE)
    + chain("alku", "tyo", "sitten"),
    process_id="job",
)

#: a timer, then a task
TIMER = diagram(
    '<bpmn:startEvent id="alku"/>'
    '<bpmn:intermediateCatchEvent id="odota"><bpmn:timerEventDefinition id="odota_t">'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">=kesto</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    + user_step("sitten", groups=ROLE)
    + chain("alku", "odota", "sitten"),
    process_id="timer",
)

#: a signal, then a task
SIGNAL = diagram(
    '<bpmn:startEvent id="alku"/>'
    '<bpmn:intermediateCatchEvent id="odota"><bpmn:signalEventDefinition id="odota_s" signalRef="merkki"/>'
    "</bpmn:intermediateCatchEvent>" + user_step("sitten", groups=ROLE) + chain("alku", "odota", "sitten"),
    process_id="signal",
    roots='<bpmn:signal id="merkki" name="kaikille"/>',
)

#: a task, then a condition that only V8 understands
FEEL = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("mietitty", groups=ROLE)
    + '<bpmn:exclusiveGateway id="valinta" default="valinta_to_toinen"/>'
    + user_step("iso", groups=ROLE)
    + user_step("toinen", groups=ROLE)
    + chain("alku", "mietitty", "valinta")
    + flow("valinta", "iso", "sum(for i in 1..10 return i * number(asked)) &gt; 100")
    + flow("valinta", "toinen"),
    process_id="feel",
)
