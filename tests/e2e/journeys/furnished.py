"""An office in full swing: cases in the middle of their paths, an incident, messages, mail; all its pages by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.commands.hold_meeting import open_meeting
from app.commands.model_drafts import import_model_draft
from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.calendar import local_date
from tests.e2e.journeys.office import Office, answers_of, scenario
from tests.scenarios.world import PROCESSES

MATTI = scenario("tyky_ajanvaraus", "matti_35")
SELF_CARE = scenario("tyky_omahoito", "omahoidossa")
EXAMINATION = scenario("tyky_terveystarkastus", "laboratorio_ja_laakari")

#: drawn elsewhere: no ids, no drawing, a choice without conditions
FOREIGN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">
<process id="koe_tuotu" name="Muualla piirretty"><startEvent/><userTask id="tee" name="Tee jotakin"/>
<exclusiveGateway id="valinta" name="Kumpi?"/><endEvent id="toinen"/><endEvent id="kolmas"/>
<sequenceFlow sourceRef="startEvent_1" targetRef="tee"/><sequenceFlow sourceRef="tee" targetRef="valinta"/>
<sequenceFlow sourceRef="valinta" targetRef="toinen"/><sequenceFlow sourceRef="valinta" targetRef="kolmas"/>
</process></definitions>"""

#: a choice that fails as long as `maara` is no number
BROKEN = Path(__file__).with_name("broken.bpmn")


def broken() -> dict[str, bytes]:
    """Return the process that fails at its choice, to be published."""
    return {BROKEN.name: BROKEN.read_bytes()}


def start_broken(office: Office) -> int:
    """Start an instance that has an incident at once, and return its key."""
    return int(
        office.world.executor.run(
            start_instance,
            actor=SYSTEM,
            process_id="koe_vika",
            variables={"maara": "monta", "toinen": [1, 2]},
            area_id="keski_suomi",
            now=office.world.clock,
        ).instance_key
    )


#: the names that `furnish` gives
PAGES = [
    "absences",
    "accessibility",
    "case",
    "case-of-doctor",
    "case-of-guide",
    "case-rights",
    "case-support",
    "case-timeline",
    "cases",
    "cases-none",
    "chart",
    "consultation",
    "data-protection",
    "data-requests",
    "done",
    "emergency",
    "emergency-reviews",
    "feedback",
    "incidents",
    "instance",
    "instance-cancel",
    "instance-incident",
    "limit",
    "limits",
    "measure",
    "measures",
    "measures-questions",
    "meeting",
    "meetings",
    "messages",
    "messages-delivered",
    "messages-expired",
    "monitor",
    "monitor-incidents-only",
    "monitor-nothing",
    "not-allowed",
    "not-found",
    "notices",
    "open-cases",
    "outbox",
    "outbox-mail",
    "process",
    "processes",
    "retention",
    "roles",
    "service",
    "services",
    "start",
    "start-form",
    "start-in-case",
    "start-none",
    "statute",
    "studio",
    "studio-diagram",
    "studio-form",
    "studio-import",
    "studio-imported",
    "studio-process",
    "studio-publish",
    "studio-table",
    "surveys",
    "task",
    "task-before-visit",
    "task-by-client",
    "task-closed",
    "task-doctor",
    "task-mine",
    "task-nurse-closed",
    "task-question",
    "task-rows",
    "worklist-all",
    "worklist-clients",
    "worklist-columns",
    "worklist-done",
    "worklist-empty",
    "worklist-groups",
    "worklist-mine",
    "worklist-nothing",
    "worklist-reminders",
    "worklist-selection",
    "worklist-views",
    "worklist-workload",
]


@dataclass
class Furnished:
    """The office and what to find in it: addresses by name, and whose page each is."""

    office: Office
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, name: str, role: str, path: str) -> None:
        """Note a page."""
        self.pages[name] = (role, path)


def furnish(office: Office) -> Furnished:
    """Play stories until every page has something to show."""
    found, world = Furnished(office), office.world
    world.executor.run(publish, resources=broken(), actor=SYSTEM, now=world.clock)
    _self_care(found)
    _examination(found)
    _call(found)
    _monitor(found)
    _studio(found)
    for tab in ("mine", "groups", "all", "done"):
        found.add(f"worklist-{tab}", "r_ajanvaraaja", f"/worklist?tab={tab}")
    found.add("worklist-views", "r_ajanvaraaja", "/worklist/views?tab=groups&due=workdays-7")
    found.add("worklist-clients", "r_ajanvaraaja", "/worklist/clients")
    found.add("worklist-columns", "r_ajanvaraaja", "/worklist/columns?tab=groups")
    found.add("worklist-selection", "r_esihenkilo", "/worklist/selection?tab=unit")
    found.add("worklist-workload", "r_esihenkilo", "/worklist/workload")
    for name, address in (
        ("worklist-reminders", "/worklist/reminders"),
        ("notices", "/notices"),
        ("absences", "/absences"),
    ):
        found.add(name, "r_palveluohjaaja", address)
    found.add("worklist-nothing", "r_ajanvaraaja", "/worklist?tab=all&text=xyz")
    found.add("worklist-empty", "r_jarjesto", "/worklist")
    found.add("cases", "r_ajanvaraaja", "/cases")
    found.add("cases-none", "r_jarjesto", "/cases")
    found.add("start", "r_palveluohjaaja", "/start")
    found.add("start-form", "r_palveluohjaaja", "/start/tyky_ajanvaraus")
    found.add("start-none", "r_yllapitaja", "/start")
    found.add("accessibility", "r_ajanvaraaja", "/accessibility")
    found.add("emergency", "r_laakari", "/emergency")
    found.add("statute", "r_palveluohjaaja", "/statute")
    found.add("retention", "r_tietosuojavastaava", "/retention")
    found.add("emergency-reviews", "r_tietosuojavastaava", "/emergency/reviews")
    found.add("data-requests", "r_tietosuojavastaava", "/data-requests")
    found.add("data-protection", "r_ajanvaraaja", "/data-protection")
    found.add("feedback", "r_ajanvaraaja", "/accessibility/feedback")
    found.add("consultation", "r_palveluohjaaja", "/consultation")
    _meeting(found)
    found.add("surveys", "r_kehittaja", "/measures/surveys")
    found.add("services", "r_ajanvaraaja", "/services?need=N02")
    found.add("service", "r_prosessinomistaja", "/services/sv_tyokokeilu")
    found.add("roles", "r_ajanvaraaja", "/services/roles")
    found.add("chart", "r_ajanvaraaja", "/services/pathways")
    found.add("not-found", "r_ajanvaraaja", "/cases/1")
    found.add("not-allowed", "r_ajanvaraaja", "/monitor")
    return found


def _meeting(found: Furnished) -> None:
    world = found.office.world
    leader = world.executor.read(lambda uow: uow.accounts.actor_of("tiina.testinen"))
    meeting = world.executor.run(open_meeting, day=local_date(world.clock), actor=leader, now=world.clock)
    found.add("meetings", "r_tiimikoordinaattori", "/meetings")
    found.add("meeting", "r_tiimikoordinaattori", f"/meetings/{meeting}")


def _play(office: Office, story: dict[str, Any], *tasks: str) -> None:
    for task in tasks:
        step = next(step for step in story["steps"] if step.get("task") == task)
        office.world.complete(task, step["by"], answers_of(story, task))


def _self_care(found: Furnished) -> None:
    office, world = found.office, found.office.world
    world.start(SELF_CARE)
    _play(office, SELF_CARE, "o1_suunnittele")
    world.pass_time("o3_tarkistusaika", None)
    found.add("task-by-client", "r_palveluohjaaja", f"/tasks/{world.open_tasks()['o3_tarkista']}")
    found.add("start-in-case", "r_palveluohjaaja", f"/start?case={world.case_key()}")
    world.start(SELF_CARE)
    found.add("task-rows", "r_palveluohjaaja", f"/tasks/{world.open_tasks()['o1_suunnittele']}")


def _examination(found: Furnished) -> None:
    office, world = found.office, found.office.world
    world.start(EXAMINATION)
    _play(office, EXAMINATION, "v2_esitiedot")
    while "v4_hoitajan_vastaanotto" not in world.open_tasks():
        world.clock = min(moment for moment in world.open_timers().values() if moment > world.clock)
        world.work()
    nurse = world.open_tasks()["v4_hoitajan_vastaanotto"]
    _play(office, EXAMINATION, "v4_hoitajan_vastaanotto")
    found.add("task-nurse-closed", "r_terveydenhoitaja", f"/tasks/{nurse}")
    found.add("task-doctor", "r_laakari", f"/tasks/{world.open_tasks()['v5_arvio']}")
    found.add("case-of-doctor", "r_laakari", f"/cases/{world.case_key()}")
    world.start(EXAMINATION)
    found.add("task-before-visit", "r_terveydenhoitaja", f"/tasks/{world.open_tasks()['v2_esitiedot']}")


def _call(found: Furnished) -> None:
    office, world = found.office, found.office.world
    office.begin_call()
    _play(office, MATTI, "a1_yhteydenotto")
    closed = world.open_tasks()["a3_indikaattorit"]
    _play(office, MATTI, "a3_indikaattorit")
    found.add("task-closed", "r_ajanvaraaja", f"/tasks/{closed}")
    found.add("done", "r_ajanvaraaja", f"/tasks/{closed}/done")
    found.add("task-question", "r_ajanvaraaja", f"/tasks/{world.open_tasks()['a6_kysy_asiakkaalta']}")
    _play(office, MATTI, "a6_kysy_asiakkaalta")
    found.add("case", "r_ajanvaraaja", f"/cases/{world.case_key()}")
    found.add("case-of-guide", "r_palveluohjaaja", f"/cases/{world.case_key()}")
    found.add("case-rights", "r_palveluohjaaja", f"/cases/{world.case_key()}/rights")
    found.add("case-support", "r_palveluohjaaja", f"/cases/{world.case_key()}/support")
    found.add("case-timeline", "r_palveluohjaaja", f"/cases/{world.case_key()}/timeline")
    found.add("instance", "r_yllapitaja", f"/monitor/instances/{world.instance}")
    found.add("instance-cancel", "r_yllapitaja", f"/monitor/instances/{world.instance}?cancel=1")
    office.begin_call()
    _play(office, MATTI, "a1_yhteydenotto")
    found.add("task", "r_ajanvaraaja", f"/tasks/{world.open_tasks()['a3_indikaattorit']}")
    found.add("task-mine", "r_ajanvaraaja", office.begin_call())


def _monitor(found: Furnished) -> None:
    key = start_broken(found.office)
    found.add("instance-incident", "r_yllapitaja", f"/monitor/instances/{key}")
    for name, path in {
        "monitor": "/monitor",
        "monitor-incidents-only": "/monitor?status=incident",
        "monitor-nothing": "/monitor?text=9999-99999",
        "incidents": "/monitor/incidents",
        "processes": "/monitor/processes",
        "messages": "/monitor/messages",
        "messages-delivered": "/monitor/messages?status=delivered",
        "messages-expired": "/monitor/messages?status=expired",
        "open-cases": "/monitor/open-cases",
        "outbox": "/monitor/outbox",
        "limits": "/limits",
        "limit": "/limits/t_seuranta",
    }.items():
        found.add(name, "r_yllapitaja", path)
    found.add("measures", "r_esihenkilo", "/measures")
    found.add("measures-questions", "r_esihenkilo", "/measures/questions")
    found.add("measure", "r_esihenkilo", "/measures/M16")
    definition = found.office.world.executor.read(lambda uow: uow.definitions.get_latest("tyky_ajanvaraus"))
    found.add("process", "r_yllapitaja", f"/monitor/processes/{definition.key}")
    mails = found.office.world.executor.read(lambda uow: uow.care.outbox.newest())
    # the one with the longest word (a one-time address) is the hardest for a narrow window
    mail = max(mails, key=lambda mail: max(map(len, mail.body.split())))
    found.add("outbox-mail", "r_yllapitaja", f"/monitor/outbox?mail={mail.message_id}")


def _studio(found: Furnished) -> None:
    run, now = found.office.world.executor.run, found.office.world.clock
    owner = found.office.world.executor.read(lambda uow: uow.accounts.actor_of("outi.omistaja"))
    imported = run(import_model_draft, content=FOREIGN.encode(), actor=owner, now=now)
    # an answer is waited for longer, and a table cannot be read
    source = (PROCESSES / "tyky_omahoito" / "tyky_omahoito.bpmn").read_bytes()
    changed = source.replace(b"duration(viite.t_omahoito_vastaus)", b"duration(viite.t_omahoito_vastaus) * 2")
    draft = run(import_model_draft, content=changed, actor=owner, now=now)
    table = (PROCESSES / "tyky_ajanvaraus" / "dmn_halytys.dmn").read_bytes().replace(b'not("tyossa_tth")', b'not("tyo')
    run(import_model_draft, content=table, actor=owner, now=now)
    for name, path in {
        "studio": "/studio",
        "studio-process": "/studio/processes/tyky_ajanvaraus",
        "studio-diagram": "/studio/processes/tyky_omahoito/edit?element=o1_suunnittele",
        "studio-table": "/studio/tables/dmn_halytys",
        "studio-form": "/studio/forms/f_tunnistus",
        "studio-import": "/studio/import",
        "studio-imported": f"/studio/imported/{imported.draft.key}",
        "studio-publish": f"/studio/publish?draft={draft.draft.key}",
    }.items():
        found.add(name, "r_prosessinomistaja", path)
