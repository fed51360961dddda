"""
One filled view-model for every page template, as the comment on top of the template says; times are around NOW.

They are what a designer looks at and what the accessibility tests check, before and beside the real pages.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from markupsafe import Markup

NOW = datetime(2026, 3, 4, 8, 42, tzinfo=UTC)


def before(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def after(**parts: float) -> datetime:
    return NOW + timedelta(**parts)


def column(text: str, address: str = "", sorted_: str = "") -> dict[str, str]:
    return {"text": text, "address": address, "sorted": sorted_}


def _task(
    name: str,
    due_at: datetime | None,
    number: str,
    *,
    process: str = "Ajanvaraus",
    group: str = "Ajanvaraus",
    assignee: str = "",
    mine: bool = False,
    priority: int = 50,
    draft: bool = False,
    takeable: bool = True,
) -> dict[str, Any]:
    return {
        "key": 7,
        "name": {"fi": name},
        "process_name": {"fi": process},
        "case_number": number,
        "due_at": due_at,
        "follow_up_at": None,
        "created_at": before(days=1),
        "priority": priority,
        "group_text": group,
        "assignee_name": assignee,
        "mine": mine,
        "has_draft": draft,
        "delayed_at": before(days=1) if draft else None,
        "paused": priority > 50,
        "client_name": "",
        "address": "/samples/task",
        "take_address": "/tasks/7/take" if takeable and not mine and not assignee else "",
        "release_address": "/tasks/7/release" if mine else "",
    }


def worklist(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "here_address": "/samples/worklist",
        "tabs": [
            {"text": "Omat", "address": "/worklist", "count": 3, "current": False},
            {"text": "Ryhmäni", "address": "/worklist?tab=groups", "count": 9, "current": True},
            {"text": "Kaikki", "address": "/worklist?tab=all", "count": None, "current": False},
            {"text": "Valmiit", "address": "/worklist?tab=done", "count": None, "current": False},
        ],
        "filters": {
            "address": "/samples/worklist",
            "tab": "groups",
            "text": "",
            "group": "",
            "process": "",
            "due": "",
            "holder": "",
            "unit": "",
            "follow": "",
            "sort": "",
            "then": "",
        },
        "more_filters": False,
        "group_options": [
            ("", "Kaikki ryhmäni"),
            ("r_ajanvaraaja", "ajanvaraaja"),
            ("r_terveydenhoitaja", "terveydenhoitaja"),
        ],
        "process_options": [("", "Kaikki prosessit"), ("tyky_ajanvaraus", "Ajanvaraus")],
        "due_options": [("", "Kaikki"), ("late", "Myöhässä"), ("today", "Tänään"), ("week", "Tällä viikolla")],
        "sort_options": [("", "Määräajan mukaan"), ("-priority", "Kiireellisin ensin"), ("-created", "Uusin ensin")],
        "columns": {
            "task": column("Tehtävä"),
            "client": column("Asiakas"),
        },
        "headings": [
            {"key": "due", **column("Määräaika", "/samples/worklist?sort=-due", "ascending")},
            {"key": "group", **column("Käsittelijä")},
        ],
        "client_search_address": "/samples/worklist?clients=2",
        "columns_address": "/samples/worklist?columns=1",
        "rows": [
            _task("Kysy hälytysindikaattorit", before(days=2), "2026-00012", priority=80),
            _task(
                "Ota työkyky puheeksi",
                before(hours=1),
                "2026-00009",
                process="Ajanvaraus",
                group="Terveydenhoitaja",
                mine=True,
                draft=True,
            ),
            _task("Kirjaa yhteydenotto", after(hours=5), "2026-00014"),
            _task(
                "Soita asiakkaalle omahoidon tarkistuksesta",
                after(days=1),
                "2026-00003",
                process="Omahoito",
                group="Palveluohjaaja",
                mine=True,
            ),
            _task(
                "Tee terveystarkastus",
                after(days=2),
                "2026-00007",
                process="Työttömän terveystarkastus",
                group="Terveydenhoitaja",
                assignee="Tuula Terveydenhoitaja",
            ),
            _task(
                "Kirjaa laboratoriotulokset",
                after(days=6),
                "2026-00007",
                process="Työttömän terveystarkastus",
                group="Terveydenhoitaja",
            ),
            _task(
                "Lääkärin arvio ja lausunto",
                after(days=9),
                "2026-00005",
                process="Työttömän terveystarkastus",
                group="Lääkäri",
                takeable=False,
            ),
            _task(
                "Tee omahoitosuunnitelma asiakkaan kanssa",
                after(days=12),
                "2026-00011",
                process="Omahoito",
                group="Palveluohjaaja",
                priority=20,
            ),
            _task("Kysy asiakkaalta", None, "2026-00015"),
        ],
        "total_text": "9 tehtävää",
        "first_address": "",
        "next_address": "/samples/worklist?after=x",
        "clear_address": "",
        "show_client": False,
        "client_switch_address": "/samples/worklist?clients=1",
        "news_address": "/samples/news",
        "holder_options": [("", "Kuka tahansa"), ("me", "Minä")],
        "unit_options": [("", "Mikä tahansa"), ("mine", "Oma yksikköni")],
        "follow_options": [("", "Mikä tahansa"), ("ahead", "Vielä edessä")],
        "then_options": [("", "Ei muuta"), ("number", "Asian numeron mukaan")],
        "saved_views": [
            {"text": "Myöhässä", "note": "", "count": 2, "address": "/samples/worklist?due=overdue", "current": False},
            {
                "text": "Tämän viikon omat",
                "note": "Jakanut: Outi Ohjaaja",
                "count": None,
                "address": "/samples/worklist?view=1",
                "current": False,
            },
        ],
        "save_view_address": "/samples/worklist?save=1",
        "mark_all_address": "/samples/worklist?all=1",
        "handling": {
            "address": "/samples/worklist",
            "fields": {"tab": "groups"},
            "directs": True,
            "person_options": [("", "Valitse"), ("outi", "Outi Ohjaaja")],
            "day_options": [("", "Valitse"), ("2026-03-11", "ke 11.3. (7 työpäivää)")],
            "rank_options": [("", "Valitse"), ("80", "Tärkeä")],
        },
        "place_counts": {"worklist": 3, "incidents": 1},
    }
    return {**values, **changes}


#: drawn by hand, as the form macros would draw it
FORM = Markup((Path(__file__).parent / "form.html").read_text("utf-8"))  # noqa: S704 - a file of these tests

CLIENT = {
    "name": "Matti Esimerkki",
    "birth_date": datetime(1990, 5, 3, tzinfo=UTC).date(),
    "language": "suomi",
    "phone": "040 123 4567",
    "protected": False,
}
FACTS = [
    {"name": "Lähde", "value": "Soitto sote-keskukseen"},
    {"name": "Palvelusuhde", "value": "Työtön, 14 kk"},
    {"name": "Asiakasvastaava", "value": "Outi Ohjaaja"},
]
STEPS = [
    {"text": "Kirjaa yhteydenotto", "kind": "done", "element_id": "kirjaa"},
    {"text": "Kysy hälytysindikaattorit", "kind": "current", "element_id": "indikaattorit"},
    {"text": "Varaa aika ja ilmoita", "kind": "next", "element_id": "varaa"},
]
DIAGRAM = {
    "address": "/samples/diagram.bpmn",
    "facts": {
        "here": ["indikaattorit"],
        "been": ["start", "kirjaa", "g1"],
        "counts": {"indikaattorit": 1},
        "incidents": {},
        "focus": "indikaattorit",
    },
}
HISTORY = [
    {
        "kind": "current",
        "text": "Tehtävä ”Kysy hälytysindikaattorit” otettiin käsittelyyn",
        "who": "Aila Ajanvaraaja",
        "at": before(minutes=3),
        "note": "",
    },
    {
        "kind": "done",
        "text": "Yhteydenotto kirjattiin",
        "who": "Aila Ajanvaraaja",
        "at": before(minutes=12),
        "note": "",
    },
    {
        "kind": "system",
        "text": "Asia alkoi puhelusta",
        "who": "",
        "at": before(days=1, minutes=20),
        "note": "Ajanvaraus, versio 3",
    },
]
DOCUMENTS = [
    {
        "title": "Ajanvarausilmoitus",
        "language": "fi",
        "address": "/samples/document",
        "at": before(days=1),
        "note": "PDF, 84 kt",
    }
]


COMMENTS: dict[str, Any] = {
    "lines": [
        {
            "key": "1",
            "text": "Soitetaan vasta iltapäivällä.\nKatso myös lausunto.",
            "who": "Outi Ohjaaja",
            "at": before(hours=2),
            "group": "Sosiaalipalvelut",
            "task": "Ota työkyky puheeksi",
            "task_address": "/samples/task",
        }
    ],
    "hidden": 1,
    "address": "/samples/task",
    "groups": [("sosiaali", "Sosiaalipalvelut", True), ("terveys", "Terveys", False)],
    "people": [("outi", "Outi Ohjaaja", False), ("tuula", "Tuula Terveydenhoitaja", True)],
    "text": "",
    "longest": 4000,
    "problems": {"comment": ["Täytä kohta Kommentti."]},
    "submission_id": "c-1",
}
HANDLING: dict[str, Any] = {
    "why": ["Tehtävä kuuluu rooliisi (ajanvaraaja) yksikössä Ajanvaraus.", "Tehtävän antoi sinulle Outi Ohjaaja."],
    "ask_address": "",
    "delegate_address": "/samples/task",
    "return_address": "/samples/task",
    "returns_to": "Outi Ohjaaja",
    "asked_by": [("tuula", "Tuula Terveydenhoitaja")],
    "people": [("tuula", "Tuula Terveydenhoitaja")],
    "follow_up_address": "/samples/task",
    "follow_up": "10.3.2026",
    "today": "2026-03-02",
}


def task(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "earlier_case": None,
        "task": {
            "key": 7,
            "name": {"fi": "Kysy hälytysindikaattorit"},
            "process_name": {"fi": "Ajanvaraus"},
            "address": "/samples/task",
            "case_number": "2026-00012",
            "case_address": "/samples/case",
            "due_at": after(hours=5),
            "created_at": before(hours=1),
            "priority": 80,
            "group_text": "Ajanvaraaja",
            "status": "open",
            "assignee_name": "Aila Ajanvaraaja",
            "mine": True,
            "held": "",
            "denial": "",
            "may_edit": True,
            "paused_at": None,
            "take_address": "",
            "release_address": "/tasks/7/release",
            "ended_at": None,
            "ended_by_name": "",
            "ended_for_other": False,
            "stands_in": False,
        },
        "instructions": [
            "Kysy enintään kahden minuutin ajan. Tieto, jota asiakas ei osaa sanoa, jätetään tyhjäksi.",
            "Alkuperäinen terveysasia hoidetaan aina, ohjautui asiakas minne tahansa.",
        ],
        "pathway": {
            "version": 3,
            "published_at": before(days=40),
            "newer": {"version": 4, "published_at": before(days=2)},
        },
        "form_html": FORM,
        "form_address": "/samples/task",
        "form_enctype": "multipart/form-data",
        "draft_address": "/samples/draft",
        "draft_saved_at": before(minutes=1),
        "draft_seen": "",
        "submission_id": "s-1",
        "revision": 2,
        "errors": 0,
        "conflict": None,
        "complete_text": "Valmis",
        "client": CLIENT,
        "client_hidden": False,
        "facts": FACTS,
        "steps": STEPS,
        "diagram": DIAGRAM,
        "history": HISTORY,
        "history_address": "/samples/case#history",
        "documents": DOCUMENTS,
        "related": [{"text": "Ota työkyky puheeksi", "address": "/samples/task", "note": "Terveydenhoitaja, huomenna"}],
        "comments": COMMENTS,
        "handling": HANDLING,
    }
    return {**values, **changes}


def task_conflict() -> dict[str, Any]:
    values = task()
    values["task"] = {
        **values["task"],
        "status": "completed",
        "may_edit": False,
        "mine": False,
        "release_address": "",
        "ended_at": before(minutes=2),
        "ended_by_name": "Tuula Terveydenhoitaja",
    }
    values["conflict"] = {
        "title": "Tuula Terveydenhoitaja ehti ensin",
        "text": "Tehtävä on jo valmis. Kirjoittamasi on alla, jotta voit verrata.",
        "yours": "Sinun vastauksesi",
        "theirs": "Tallennettu vastaus",
        "address": "/samples/task",
        "address_text": "Jatka toisen ikkunan tekstistä",
        "fields": [
            {
                "label": "Miksi asiakas otti yhteyttä",
                "yours": "Selkä on vaivannut syksystä asti.",
                "theirs": "Selkäkipu, työttömänä",
            }
        ],
    }
    return values


def task_of_group() -> dict[str, Any]:
    values = task(client=None, client_hidden=True, history=[], related=[], documents=[], draft_address="")
    values["task"] = {
        **values["task"],
        "mine": False,
        "assignee_name": "",
        "may_edit": False,
        "take_address": "/tasks/7/take",
        "release_address": "",
    }
    return values


def done() -> dict[str, Any]:
    return {
        "done": {
            "name": {"fi": "Kysy hälytysindikaattorit"},
            "address": "/samples/task",
            "case_number": "2026-00012",
            "case_address": "/samples/case",
        },
        "reopen_address": "/samples/task",
        "not_reopenable": "",
        "next_tasks": [
            {
                "name": {"fi": "Kysy asiakkaalta"},
                "note": "Sama asia",
                "due_at": after(hours=3),
                "address": "/samples/task",
                "take_address": "/tasks/8/take",
            },
            {
                "name": {"fi": "Ota työkyky puheeksi"},
                "note": "Asia 2026-00009",
                "due_at": before(days=1),
                "address": "/samples/task",
                "take_address": "",
            },
        ],
        "waiting_text": "Järjestelmä varaa ajan ja lähettää ilmoituksen.",
    }


def action(name: str, start: float, length: float, state: str, **parts: Any) -> dict[str, Any]:
    return {
        "name": name,
        "service": "Työhönvalmennus",
        "organisation": "Työllisyyspalvelut",
        "person": "Olli Demo",
        "starts_on": before(days=20).date(),
        "ends_on": after(days=60).date(),
        "review_on": None,
        "after": "",
        "state": state,
        "state_text": state.capitalize(),
        "look": ("info", "circle"),
        "bar": {"start": start, "length": length},
        **parts,
    }


CASE_RECORDS = {
    "consents": [
        {
            "state_text": "Voimassa",
            "look": ("success", "done"),
            "given_on": before(days=20).date(),
            "ends_on": after(days=300).date(),
            "open_to": ["Työllisyyspalvelut", "Kela"],
            "groups": ["Perustiedot", "Suunnitelma"],
            "method_text": "Annettu kirjallisesti.",
            "limits": "Ei terveystietoja oppilaitokselle.",
        },
        {
            "state_text": "Ei annettu",
            "look": ("neutral", "stopped"),
            "given_on": before(days=40).date(),
            "ends_on": None,
            "open_to": [],
            "groups": [],
            "method_text": "",
            "limits": "",
        },
    ],
    "plan": {
        "version": 2,
        "approved_on": before(days=10).date(),
        "own_part": False,
        "first": before(days=20).date(),
        "last": after(days=120).date(),
        "today": 14.3,
        "actions": [
            action("Valmentava koulutus", 0, 57.1, "kaynnissa"),
            action(
                "Hoito tai kuntoutus", 7.1, 92.9, "kaynnissa", service="", ends_on=None, review_on=after(days=90).date()
            ),
            action("Tuetun työllistymisen työhönvalmennus", 57.1, 42.9, "suunniteltu", after="Valmentava koulutus"),
            action("Etuusneuvonta", 0, 10, "valmis", look=("success", "done")),
        ],
    },
    "measures": [
        {
            "measured_on": before(days=12).date(),
            "occasion": "Alkumittaus",
            "scores": [{"name": "Työkyky (0–10)", "value": "5"}, {"name": "Mieli", "value": "3,5"}],
        }
    ],
}


def case(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "restricted_text": "",
        "comments": {**COMMENTS, "hidden": 0},
        "emergency_until": None,
        "rights_address": "",
        "namings": [],
        "by_law": [],
        "support_address": "",
        "decisions_address": "/samples/case",
        "case": {
            "number": "2026-00012",
            "address": "/samples/case",
            "status": "open",
            "opened_at": before(days=30),
            "closed_at": None,
            "owner_name": "Outi Ohjaaja",
            "owner_role_text": "",
            "coordinator_name": "Outi Ohjaaja",
            "deputy_name": "Vesa Varalla",
            "unit_text": "Alkupalvelu",
            "outcome_text": "",
            "print_address": "/samples/case?print=1",
        },
        "client": CLIENT,
        "client_hidden": False,
        "facts": FACTS,
        "processes": [
            {
                "name": {"fi": "Ajanvaraus"},
                "status": "active",
                "started_at": before(days=1),
                "ended_at": None,
                "address": "/samples/instance",
                "where_text": "Kysy hälytysindikaattorit",
                "incidents": 0,
            },
            {
                "name": {"fi": "Omahoito"},
                "status": "completed",
                "started_at": before(days=30),
                "ended_at": before(days=2),
                "address": "",
                "where_text": "",
                "incidents": 0,
            },
        ],
        "tasks": [
            {
                "name": {"fi": "Kysy hälytysindikaattorit"},
                "due_at": after(hours=5),
                "assignee_name": "Aila Ajanvaraaja",
                "mine": True,
                "group_text": "Ajanvaraaja",
                "address": "/samples/task",
                "take_address": "",
            },
            {
                "name": {"fi": "Ota työkyky puheeksi"},
                "due_at": before(days=1),
                "assignee_name": "",
                "mine": False,
                "group_text": "Terveydenhoitaja",
                "address": "/samples/task",
                "take_address": "/tasks/8/take",
            },
        ],
        "appointments": [
            {
                "text": "Terveydenhoitajan vastaanotto",
                "starts_at": after(days=3),
                "ends_at": after(days=3, hours=1),
                "place": "Keskustan sote-keskus",
                "status": "booked",
                "note": "",
            },
            {
                "text": "Alkupalvelu",
                "starts_at": before(days=7),
                "ends_at": before(days=7),
                "place": "",
                "status": "no_show",
                "note": "",
            },
        ],
        "documents": DOCUMENTS,
        **CASE_RECORDS,
        "representatives_address": "/samples/case",
        "same_client": [{"number": "2026-00009", "address": "/samples/case"}],
        "hidden_parts": ["Sosiaalipalvelujen kirjauksia on, mutta ne eivät avaudu ilman asiakkaan suostumusta."],
        "history": HISTORY,
        "history_next_address": "/samples/case?before=x",
        "timeline_address": "/samples/case",
        "start_address": "/samples/start",
        "events": [
            {
                "key": "asiakas_peruu",
                "name": "Asiakas peruu",
                "text": "Asiakas ei halua enää palvelua.",
                "process_name": "Ajanvaraus",
                "address": "/samples/case",
            }
        ],
        "diagrams": [{"name": {"fi": "Ajanvaraus"}, **DIAGRAM, "steps": STEPS}],
    }
    return {**values, **changes}


def cases() -> dict[str, Any]:
    return {
        "filters": {"address": "/samples/cases", "number": "", "client": "", "status": "open"},
        "status_options": [("", "Kaikki"), ("open", "Käynnissä"), ("closed", "Päättyneet")],
        "columns": {
            "number": column("Asia"),
            "opened": column("Alkanut", "?sort=opened", "descending"),
            "unit": column("Yksikkö"),
            "owner": column("Vastuussa"),
            "status": column("Tila"),
        },
        "rows": [
            {
                "number": f"2026-000{number}",
                "address": "/samples/case",
                "opened_at": before(days=number),
                "unit_text": "Alkupalvelu",
                "owner_name": "Outi Ohjaaja" if number % 2 else "",
                "status": "open" if number % 3 else "closed",
                "open_tasks": number % 3,
                "client_name": "",
            }
            for number in range(10, 16)
        ],
        "total_text": "6 asiaa",
        "first_address": "",
        "next_address": "",
        "clear_address": "",
        "client_search_address": "/cases/search",
    }


def start() -> dict[str, Any]:
    return {
        "groups": [
            {
                "title": "Prosessit",
                "starts": [
                    {
                        "name": {"fi": "Ajanvaraus ja hälytysindikaattorit"},
                        "documentation": {
                            "fi": "Asiakas ottaa yhteyttä. Varataan aika, ja samalla tunnistetaan työkyvyn tuen tarve."
                        },
                        "address": "/samples/start-form",
                        "event": "alku",
                        "submission_id": "x",
                        "icon": "phone",
                        "note": "",
                    },
                    {
                        "name": {"fi": "Tunnista tuen tarve"},
                        "documentation": {"fi": "Ammattilainen asiakkaan kanssa arvioi, tarvitaanko työkyvyn tukea."},
                        "address": "/samples/start-form",
                        "event": "alku",
                        "submission_id": "x",
                        "icon": "search",
                        "note": "",
                    },
                    {
                        "name": {"fi": "Työttömän terveystarkastus"},
                        "documentation": {"fi": "Terveydenhoitajan tarkastus, tarvittaessa laboratorio ja lääkäri."},
                        "address": "/samples/start-form",
                        "event": "alku",
                        "submission_id": "x",
                        "icon": "pulse",
                        "note": "Maksuton ja vapaaehtoinen",
                    },
                ],
            },
        ],
        "case": None,
    }


def start_form() -> dict[str, Any]:
    return {
        "process": {
            "name": {"fi": "Ajanvaraus ja hälytysindikaattorit"},
            "documentation": {"fi": "Asiakas ottaa yhteyttä. Varataan aika."},
            "address": "/samples/start-form",
            "enctype": "multipart/form-data",
        },
        "form_html": FORM,
        "submission_id": "s-2",
        "errors": 0,
        "case": None,
        "choices": [("yhteydenotto", "Asiakas ottaa yhteyttä"), ("tunnista", "Tunnista tuen tarve")],
        "chosen": "yhteydenotto",
    }


def monitor() -> dict[str, Any]:
    def row(name: str, status: str, incidents: int, where: str, **parts: Any) -> dict[str, Any]:
        return {
            "key": "4611686018427387904",
            "address": "/samples/instance",
            "process_name": {"fi": name},
            "version": 3,
            "status": status,
            "incidents": incidents,
            "where_text": where,
            "started_at": before(days=1, hours=3),
            "ended_at": None,
            "case_number": "2026-00012",
            "case_address": "",
            "business_id": "",
            **parts,
        }

    return {
        "figures": [
            {
                "text": "Häiriöt",
                "value": 3,
                "note": "2 uutta tänään",
                "address": "/samples/incidents",
                "color": "danger",
                "icon": "trouble",
            },
            {
                "text": "Myöhässä",
                "value": 46,
                "note": "vanhin 9 pv",
                "address": "/samples/monitor?due=late",
                "color": "",
                "icon": "clock",
            },
            {
                "text": "Käynnissä",
                "value": 1284,
                "note": "32 tällä viikolla",
                "address": "/samples/monitor?status=active",
                "color": "",
                "icon": "pulse",
            },
            {
                "text": "Viestejä ilman odottajaa",
                "value": 5,
                "note": "",
                "address": "/samples/messages",
                "color": "",
                "icon": "envelope",
            },
        ],
        "filters": {
            "address": "/samples/monitor",
            "text": "",
            "process": "",
            "status": "",
            "version": "",
            "element": "",
        },
        "process_options": [("", "Kaikki"), ("tyky_ajanvaraus", "Ajanvaraus")],
        "status_options": [("", "Kaikki"), ("active", "Käynnissä"), ("incident", "Häiriössä")],
        "version_options": [],
        "columns": {
            "instance": column("Prosessi"),
            "status": column("Tila"),
            "where": column("Missä mennään"),
            "started": column("Alkanut", "?sort=started", "descending"),
            "case": column("Asia"),
        },
        "rows": [
            row("Ajanvaraus", "active", 1, "Varaa aika ja ilmoita"),
            row("Ajanvaraus", "active", 0, "Kysy hälytysindikaattorit"),
            row("Omahoito", "active", 0, "Ensimmäinen tarkistus (odottaa ti 31.3.)", started_at=before(days=20)),
            row("Työttömän terveystarkastus", "completed", 0, "", ended_at=before(days=1), started_at=before(days=12)),
            row("Ajanvaraus", "terminated", 0, "", ended_at=before(days=3), started_at=before(days=5), case_number=""),
        ],
        "total_text": "5 prosessia",
        "first_address": "",
        "next_address": "/samples/monitor?after=x",
        "clear_address": "",
        "place_counts": {"incidents": 3},
    }


INCIDENT = {
    "key": "99",
    "element_name": "Varaa aika ja ilmoita",
    "element_id": "varaa",
    "code_text": "Yhteys ulkoiseen järjestelmään ei onnistunut",
    "message": "SMTP 451: temporary failure, 3 of 3 attempts",
    "advice": "",
    "opened_at": before(minutes=25),
    "attempts_text": "3 yritystä",
    "retry_address": "/monitor/incidents/99/retry",
    "job_type": "mail.send",
    "variables": [
        {"name": "vastaanottaja", "value_json": '"asiakas"', "was_json": '"asiakas"', "error": ""},
        {"name": "kieli", "value_json": '"fi', "was_json": '"fi"', "error": "Arvo ei ole JSON-muodossa."},
    ],
    "note": "",
    "maybe_done": True,
}


def instance(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "instance": {
            "key": "4611686018427387904",
            "process_name": {"fi": "Ajanvaraus"},
            "version": 3,
            "version_tag": "2026-03",
            "status": "active",
            "incidents": 1,
            "started_at": before(days=1, hours=3),
            "started_by_name": "Aila Ajanvaraaja",
            "paused_at": None,
            "ended_at": None,
            "end_reason": "",
            "case_number": "2026-00012",
            "case_address": "",
            "business_id": "",
            "around": [("Alkupalvelu", "/samples/instance")],
            "address": "/samples/instance",
        },
        "incidents": [INCIDENT],
        "diagram": {
            "address": "/samples/diagram.bpmn",
            "facts": {
                "here": ["indikaattorit"],
                "been": ["start", "kirjaa", "g1"],
                "counts": {"indikaattorit": 1},
                "incidents": {"varaa": 1},
                "focus": "varaa",
            },
        },
        "tokens": [
            {
                "element_name": "Varaa aika ja ilmoita",
                "element_id": "varaa",
                "kind_text": "Järjestelmän tehtävä",
                "since": before(minutes=25),
                "note": "häiriö",
                "count": 1,
            },
            {
                "element_name": "Kysy hälytysindikaattorit",
                "element_id": "indikaattorit",
                "kind_text": "Tehtävä ihmiselle",
                "since": before(hours=2),
                "note": "",
                "count": 2,
            },
        ],
        "waits": [
            {
                "text": "Kysy hälytysindikaattorit",
                "kind": "user_task",
                "due_at": after(hours=5),
                "address": "/samples/task",
                "note": "Ajanvaraaja",
            },
            {"text": "Muistutus", "kind": "timer", "due_at": after(days=2), "address": "", "note": ""},
            {"text": "kiireellinen_hoidettu", "kind": "message", "due_at": None, "address": "", "note": "2026-00012"},
        ],
        "variables": [
            {
                "scope_text": "Prosessi",
                "name": "tulos",
                "type_text": "teksti",
                "value_text": "TARJOA_ALKUPALVELU",
                "changed_at": before(hours=2),
                "long": False,
            },
            {
                "scope_text": "Prosessi",
                "name": "indikaattorit",
                "type_text": "luettelo, 4",
                "value_text": '["I01", "I04", "I07", "I09"]',
                "changed_at": before(hours=2),
                "long": True,
            },
        ],
        "variables_hidden": 2,
        "open_order": [
            {
                "key": "77",
                "name": "Selvitä tuen tarve",
                "since": before(hours=1),
                "address": "/samples/instance",
                "activities": [("arvio", "Pyydä arvio", True), ("kaynti", "Sovi kotikäynti", False)],
                "cancels": False,
                "reason": "",
                "errors": {"reason": "Kirjoita peruste. Se jää lokiin."},
            }
        ],
        "called": [
            {
                "process_name": {"fi": "Tukitoimet vaiheittain"},
                "version": 2,
                "status": "active",
                "incidents": 0,
                "address": "/samples/instance",
                "element_name": "Ota yhteys työterveyshuoltoon",
                "started_at": before(hours=1),
            }
        ],
        "history": HISTORY,
        "history_next_address": "",
        "audit": [
            {"text": "Tehtävä otettiin käsittelyyn", "who": "Aila Ajanvaraaja", "at": before(minutes=3), "reason": ""}
        ],
        "cancel_address": "/monitor/instances/1/cancel",
        "pause_address": "/samples/pause",
        "pause_errors": "",
        "cancel_open": False,
        "cancel_errors": "",
        "cancel_reason": "",
    }
    return {**values, **changes}


def incidents() -> dict[str, Any]:
    return {
        "groups": [
            {
                "code_text": "Yhteys ulkoiseen järjestelmään ei onnistunut",
                "process_name": {"fi": "Ajanvaraus"},
                "element_name": "Varaa aika ja ilmoita",
                "count": 12,
                "first_at": before(hours=3),
                "last_at": before(minutes=25),
                "address": "/samples/monitor",
                "retry_address": "/retry",
                "examples": [
                    {
                        "key_text": "4611686018427387904",
                        "address": "/samples/instance",
                        "opened_at": before(minutes=25),
                        "message": "SMTP 451: temporary failure",
                    }
                ],
            },
        ],
        "mails": [],
        "total_text": "12 häiriötä",
        "first_address": "",
        "next_address": "",
        "place_counts": {"incidents": 12},
    }


def messages() -> dict[str, Any]:
    return {
        "tabs": [
            {"text": "Ei odottajaa", "address": "/samples/messages", "count": 2, "current": True},
            {"text": "Perille menneet", "address": "?t=d", "count": None, "current": False},
        ],
        "under_way": [
            {
                "name": "suostumus_peruttu",
                "kind_text": "signaali",
                "count_text": "5 000 vastaanottajaa",
                "since": before(minutes=1),
                "paused_text": "3 tauolla olevissa",
                "broken_text": "Yksi rikkoutuneessa",
            }
        ],
        "rows": [
            {
                "name": "halytys",
                "correlation_text": "2026-00012",
                "sender_text": "Ajanvaraus",
                "sender_address": "/samples/instance",
                "at": before(hours=2),
                "expires_at": after(days=30),
                "status_text": "Odottaa vastaanottajaa",
                "note": "",
            },
            {
                "name": "tyottomyysuhka",
                "correlation_text": "2026-00009",
                "sender_text": "Ajanvaraus",
                "sender_address": "/samples/instance",
                "at": before(days=2),
                "expires_at": after(days=28),
                "status_text": "Odottaa vastaanottajaa",
                "note": "",
            },
        ],
        "total_text": "2 viestiä",
        "first_address": "",
        "next_address": "",
    }


def outbox() -> dict[str, Any]:
    return {
        "rows": [
            {
                "address": "/samples/outbox",
                "recipient": "matti@example.fi",
                "subject": "Aika varattu: pe 6.3. klo 9.00",
                "language": "fi",
                "language_text": "suomi",
                "notification": "n_ajanvaraus",
                "sent_at": before(minutes=9),
                "current": True,
            },
            {
                "address": "/samples/outbox",
                "recipient": "",
                "subject": "Muistutus ajasta",
                "language": "sv",
                "language_text": "ruotsi",
                "notification": "n_muistutus",
                "sent_at": before(days=1),
                "current": False,
            },
        ],
        "mail": {
            "recipient": "matti@example.fi",
            "subject": "Aika varattu: pe 6.3. klo 9.00",
            "body": "Hei!\n\nSinulle on varattu aika pe 6.3.2026 klo 9.00.\n\nTerveisin\nKeskustan sote-keskus",
            "sent_at": before(minutes=9),
            "language": "fi",
        },
        "total_text": "2 viestiä",
        "first_address": "",
        "next_address": "",
    }


#: name of the sample -> (template, view-model)
PAGES: dict[str, tuple[str, Any]] = {
    "worklist": ("worklist/index.html", worklist),
    "worklist-clients": ("worklist/index.html", lambda: worklist(show_client=True)),
    "worklist-empty": ("worklist/index.html", lambda: worklist(rows=[], total_text="0 tehtävää")),
    "worklist-filtered": (
        "worklist/index.html",
        lambda: worklist(rows=[], total_text="0 tehtävää", clear_address="/samples/worklist"),
    ),
    "task": ("tasks/task.html", task),
    "task-conflict": ("tasks/task.html", task_conflict),
    "task-group": ("tasks/task.html", task_of_group),
    "task-done": ("tasks/done.html", done),
    "case": ("cases/case.html", case),
    "case-hidden": (
        "cases/case.html",
        lambda: case(client=None, client_hidden=True, tasks=[], documents=[], appointments=[], diagrams=[], history=[]),
    ),
    "cases": ("cases/index.html", cases),
    "start": ("start/index.html", start),
    "start-none": (
        "start/index.html",
        lambda: {"groups": [], "case": {"number": "2026-00012", "address": "/samples/case"}},
    ),
    "start-form": ("start/form.html", start_form),
    "monitor": ("monitor/index.html", monitor),
    "instance": ("monitor/instance.html", instance),
    "instance-cancel": ("monitor/instance.html", lambda: instance(cancel_open=True, cancel_errors="Kirjoita syy.")),
    "incidents": ("monitor/incidents.html", incidents),
    "incidents-none": (
        "monitor/incidents.html",
        lambda: {"groups": [], "mails": [], "total_text": "", "first_address": "", "next_address": ""},
    ),
    "messages": ("monitor/messages.html", messages),
    "outbox": ("monitor/outbox.html", outbox),
    "outbox-none": (
        "monitor/outbox.html",
        lambda: {"rows": [], "mail": None, "total_text": "", "first_address": "", "next_address": ""},
    ),
}
#: pages that show a diagram
WITH_DIAGRAM = frozenset(
    name
    for name, (template, _) in PAGES.items()
    if template in {"tasks/task.html", "cases/case.html", "monitor/instance.html"}
)
