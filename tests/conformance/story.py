"""
One scenario played in memory: the engine for real, and what database, workers and clock do around it.

Rules of the care core (facts, consents, plans, measures) are the product's own (app.domain); only their storing is
played. The format of scenarios is described in processes/README.md.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from app.domain.access import Grant
from app.domain.client import Case, Client, Identity, ServiceNeeds
from app.domain.consent import (
    CONSENT_FORM,
    WITHDRAWAL_FORM,
    Consent,
    grants_of,
    opens_now,
    read_consent,
    read_withdrawal,
)
from app.domain.facts import Answer, facts
from app.domain.forms import Option
from app.domain.held_facts import case_facts, client_facts, consent_facts, measure_facts, plan_facts
from app.domain.identity_code import parse_identity_code
from app.domain.measure import MEASURE_FORM, Measure, read_measure
from app.domain.outcomes import Outcome, waits_for_others
from app.domain.plan import PLAN_FORM, ActionState, Plan, read_plan
from app.domain.sharing import DataGroup
from app.domain.steps import (
    ElementEvent,
    InstanceStatus,
    JobCompleted,
    JobOpened,
    JobThrewError,
    MessageArrived,
    MessageAwaited,
    TimerFired,
    TimerOpened,
    UserTaskCompleted,
    UserTaskOpened,
)
from app.engine.decisions import compile_decision
from app.engine.diagrams import compile_process, read_diagram
from app.engine.forms import Around, parse_json_submission, read_form
from app.engine.run import advance, start
from app.engine.seam import Surroundings
from app.engine.timers import read_interval
from tests.conformance.called import Called

PROCESSES = Path(__file__).parents[2] / "processes"
CASE_KEY = "4711"


@cache
def form(form_id: str) -> Any:
    [path] = PROCESSES.glob(f"*/forms/{form_id}.json")
    return read_form(path.read_bytes())


@cache
def reference(name: str) -> list[dict[str, Any]]:
    return json.loads((PROCESSES / "shared" / "reference" / f"{name}.json").read_text())["rows"]


@cache
def pathway(process_id: str) -> Any:
    rules = {path.stem: path.read_bytes() for path in (PROCESSES / "shared" / "rules").glob("*.bpmn")}
    diagram = read_diagram((PROCESSES / process_id / f"{process_id}.bpmn").read_bytes(), rules)
    return compile_process(diagram.runnable, process_id, diagram.content_hash)


@cache
def decision(decision_id: str) -> Any:
    [path] = PROCESSES.glob(f"*/{decision_id}.dmn")
    return compile_decision(path.read_bytes(), decision_id)


@cache
def people() -> dict[str, str]:
    """The keys of the demo's people by user name, and of somebody for each role that nobody has there."""
    demo = json.loads((PROCESSES / "shared" / "demo" / "people.json").read_text())["people"]
    names = [each["username"] for each in demo] + [row["id"] for row in reference("roles") if not having(row["id"])]
    return {name: str(9001 + number) for number, name in enumerate(names)}


@cache
def having(role: str) -> list[str]:
    """The user names of those who have the role."""
    demo = json.loads((PROCESSES / "shared" / "demo" / "people.json").read_text())["people"]
    return [each["username"] for each in demo if any(role in place["roles"] for place in each["positions"])]


def with_role(role: str) -> list[str]:
    """The keys of those who may act in the role."""
    return [people()[name] for name in having(role) or [role]]


def with_people(value: Any) -> Any:
    """Put the key of a person in the place of each user name."""
    if isinstance(value, str):
        return people().get(value, value) if "." in value else value
    if isinstance(value, list):
        return [with_people(each) for each in value]
    return {key: with_people(each) for key, each in value.items()} if isinstance(value, dict) else value


def choices(source: str) -> list[Option]:
    """The options of a list."""
    if source == "users":
        return [Option(key, {"fi": name}) for name, key in people().items()]
    rows = reference("referral_sources" if source == "sources" else source)
    return [Option(row["id"], row.get("name") or row["value"]["name"]) for row in rows]


SOURCES = ("users", "roles", "organisations", "services", "sources", "languages")


class Story:
    """One instance with its case, played in memory."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.process = pathway(scenario["process"])
        self.clock = datetime.fromisoformat(scenario["clock"])
        self.area = scenario["area"]
        self.bookings = scenario.get("bookings", {})
        self.called = Called(scenario.get("calls", {}))
        self.jobs = scenario.get("jobs", {})
        self.answers: dict[str, Answer] = {}
        self.forms: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, Any] = {}
        self.keys = itertools.count(1000)
        self.consents: list[Consent] = []
        self.grants: list[Grant] = []
        self.plan: Plan | None = None
        self.measures: list[Measure] = []
        self.has_case = "case" in scenario
        self._know(scenario.get("case", {}))
        self.waits: dict[int, Any] = {}
        self.done: list[str] = []
        self.flows: set[str] = set()
        self.variables: dict[str, Any] = {}
        self.thrown: list[Any] = []
        self.offered: list[str] = []
        self.started: list[str] = []
        self.delivered: list[str] = []
        self.outcome: Outcome | None = None
        self.unread: list[str] = []
        self.decisions: dict[str, Any] = {}
        self.status = InstanceStatus.ACTIVE
        variables = with_people(dict(scenario["start"].get("variables", {})))
        if self.has_case:
            variables["asia_id"] = CASE_KEY
        self._take(
            start(
                self.process,
                variables=variables,
                surroundings=self._surroundings(),
                start_element_id=scenario["start"]["event"],
                instance_key=1,
            )
        )

    # -- what is known before ----------------------------------------------------------------------------------------

    def _know(self, case: Mapping[str, Any]) -> None:
        self.client: dict[str, Any] = dict(case.get("client", {}))
        self.running = set(case.get("running", ()))
        self.owner = self._person(case.get("owner", "kirsi.malli" if self.has_case else None))
        self.owner_role = ""
        self.coordinator = self._person(case.get("coordinator"))
        self.deputy = self._person(case.get("deputy"))
        for key, value in case.get("answers", {}).items():
            self._keep(key, value, value, DataGroup.BASIC)
        for form_id, answers in with_people(case.get("forms", {})).items():
            self.forms[form_id] = answers
            for key, value in answers.items():
                self._keep(key, value, value, DataGroup.BASIC)
        if "consent" in case:
            self._grant(case["consent"])
        if "plan" in case:
            self._approve({"toimenpiteet": case["plan"], "asiakkaan_hyvaksynta": "hyvaksyn"})
        for measure in case.get("measures", ()):
            self._measure(measure)

    @staticmethod
    def _person(name: str | None) -> int | None:
        return None if name is None else int(people()[name])

    def _keep(self, key: str, value: Any, fact: Any, group: DataGroup | None) -> None:
        written = [each.isoformat() if isinstance(each, date) else each for each in (value, fact)]
        self.answers[key] = Answer(
            field=key,
            value=written[0],
            fact=written[1],
            data_group=group or DataGroup.BASIC,
            answered_at=self.clock,
        )

    def key(self) -> int:
        return next(self.keys)

    # -- what the house around the engine does -----------------------------------------------------------------------

    def viite(self) -> dict[str, Any]:
        limits = {row["id"]: row["value"] for row in reference("time_limits")}
        own = {row["id"]: row["value"] for row in reference("area_settings") if row["area"] == self.area}
        return {**limits, "alue": own | self.settings}

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            now=self.clock,
            new_key=self.key,
            contexts={"asia": self.facts(self.process.outline.references), "viite": self.viite()},
            decisions={name: decision(name) for name in self.process.outline.decision_ids},
            processes=self.called,
            has_case=self.has_case,
        )

    def facts(self, references: frozenset[str] | set[str]) -> dict[str, Any]:
        names = [name.removeprefix("asia.").split(".")[0] for name in references if name.startswith("asia.")]
        born = self.client.get("birth_date")
        found = facts(
            names=names,
            answers=self.answers.values(),
            birth_date=date.fromisoformat(str(born)) if born else None,
            today=self.clock.date(),
            attributes=self._held(),
        )
        return {name: fact.value for name, fact in found.items()}

    def _held(self) -> dict[str, Any]:
        if not self.has_case:
            return {}
        case = Case(
            key=int(CASE_KEY),
            number="2026-00001",
            client_key=1,
            area_id=self.area,
            controller_organisation_id="o_sote_keskus",
            unit_id="",
            owner_key=self.owner,
            owner_role=self.owner_role,
            coordinator_key=self.coordinator,
            deputy_key=self.deputy,
            source="",
            service_relation="",
            is_open=True,
            outcome="",
            opened_at=self.clock,
        )
        names = [each.name for each in dataclasses.fields(ServiceNeeds)]
        needs = ServiceNeeds(**{name: self.client[name] for name in names if self.client.get(name) is not None})
        client = Client(
            key=1,
            area_id=self.area,
            controller_organisation_id="o_sote_keskus",
            identity=Identity(representative=self.client.get("representative") or ""),
            needs=needs,
        )
        types = {row["id"]: row["type"] for row in reference("organisations")}
        latest = self.consents[-1] if self.consents else None
        return {
            **case_facts(case),
            **client_facts(client),
            "tukihenkilo_on": False,
            "lomakkeet": sorted(self.forms),
            **consent_facts(latest, self.grants, organisation_types=types, at=self.clock),
            **plan_facts(self.plan),
            **measure_facts(self.measures),
        }

    def _advance(self, trigger: Any) -> None:
        self._take(advance(self.process, self.state, trigger, surroundings=self._surroundings()))

    def _take(self, step: Any) -> None:
        self.state, self.status = step.state, step.status
        for noted in step.notes:
            self._keep(noted.fact, noted.value, noted.value, noted.data_group)
        for opened in step.opened:
            self.waits[opened.key] = opened
        for closed in step.closed:
            self.waits.pop(closed.key, None)
        own = [line for line in step.history if line.called_key is None]
        self.done += [line.element_id for line in own if line.event is ElementEvent.COMPLETED]
        self.flows |= {line.element_id for line in own if line.event is ElementEvent.FLOW_TAKEN}
        self.variables |= {written.name: written.value for written in step.variables if written.called_key is None}
        self.decisions |= {evaluated.decision_id: evaluated for evaluated in step.decisions}
        self.thrown += step.messages
        for message in step.messages:
            if not self._deliver(message.name, message.correlation_key, message.variables):
                self.unread.append(message.name)
        for job in self.open(JobOpened):
            if job.key in self.waits:
                self._work(job)

    @property
    def closes_with(self) -> str | None:
        """The outcome with which the case is closed, None where it goes on elsewhere."""
        if self.outcome is None or self.started or (self.unread and waits_for_others(self.outcome)):
            return None
        return str(self.outcome)

    def open(self, kind: type) -> list[Any]:
        return [wait for wait in self.waits.values() if isinstance(wait, kind)]

    def _deliver(self, name: str, key: str | None, variables: Any = ()) -> bool:
        for wait in self.open(MessageAwaited):
            if wait.message_name == name and key in {None, wait.correlation_key}:
                self._advance(MessageArrived(key=wait.key, variables=dict(variables)))
                return True
        return False

    # -- jobs --------------------------------------------------------------------------------------------------------

    def _work(self, job: Any) -> None:
        if job.type == "book_appointment" and self._booked(job) == "ei_vapaita_aikoja":
            self._advance(JobThrewError(key=job.key, error_code="ei_vapaita_aikoja"))
            return
        result = self._said(job) if job.element_id in self.jobs else getattr(self, f"_do_{job.type}")(job) or {}
        self._advance(JobCompleted(key=job.key, variables=result))
        if job.type == "withdraw_consent":
            self._deliver("suostumus_peruttu", None, result)

    def _said(self, job: Any) -> dict[str, Any]:
        said = self.jobs[job.element_id]
        return said.pop(0) if isinstance(said, list) else said

    def _booked(self, job: Any) -> Any:
        booked = self.bookings.get(job.element_id, (self.clock + timedelta(days=1)).isoformat())
        return booked[0] if isinstance(booked, list) else booked

    def _do_book_appointment(self, job: Any) -> dict[str, Any]:
        booked = self._booked(job)
        if isinstance(self.bookings.get(job.element_id), list):
            self.bookings[job.element_id].pop(0)
        begins = datetime.fromisoformat(booked)
        return {"ajanvaraus_id": "77", "ajanvaraus_alkaa": begins, "ajanvaraus_paikka": "u_keski_suomi_sote"}

    def _do_answer_feedback(self, _: Any) -> None:
        """The answer lies beside the feedback."""

    def _do_forget_feedback_address(self, _: Any) -> None:
        """Nobody to write to any more."""

    def _do_write_document(self, _: Any) -> dict[str, Any]:
        return {"asiakirja_id": "88"}

    def _do_cancel_appointment(self, job: Any) -> None:
        assert job.variables["ajanvaraus_id"] == "77"

    def _do_create_case(self, _: Any) -> dict[str, Any]:
        assert self.has_case
        return {"asia_id": CASE_KEY, "case_number": "2026-00001"}

    def _do_close_case(self, job: Any) -> None:
        # a person's choice stands above the diagram's outcome
        chosen = self.answers["lopputulos"].value if "task" in job.headers else job.headers["outcome"]
        self.outcome = self.outcome if job.variables.get("jatkuu") else Outcome(chosen)

    def _do_escalate_task(self, job: Any) -> None:
        self.offered.append(job.headers["task"])

    def _do_send_notification(self, job: Any) -> None:
        assert job.headers["notification"] in {row["id"] for row in reference("notifications")}

    def _do_name_owner(self, job: Any) -> None:
        assert job.headers["role"] in {row["id"] for row in reference("roles")}
        keeps = self.owner == self.coordinator or str(self.owner) in with_role(job.headers["role"])
        if self.owner is None or not keeps:
            self.owner, self.owner_role = int(with_role(job.headers["role"])[0]), job.headers["role"]

    def _do_hand_over_case(self, job: Any) -> None:
        if job.headers["to"] == "role":
            self.owner, self.owner_role = int(with_role(job.headers["role"])[0]), job.headers["role"]
            self.coordinator = self.deputy = None
        elif job.headers["to"] == "deputy":
            assert self.deputy, "nobody stands in"
            self.owner, self.coordinator, self.deputy = self.deputy, self.deputy, None
        else:
            assert job.headers["to"] == "coordinator"
            named = self.forms["f_asiakasvastaava"]
            self.owner, self.owner_role = int(named["henkilo"]), "r_asiakasvastaava"
            self.coordinator = self.owner
            self.deputy = int(named["varahenkilo"])

    def _do_grant_consent(self, job: Any) -> dict[str, Any]:
        self._grant(self.forms[job.headers.get("form", CONSENT_FORM)])
        held = self._held()
        return {
            "suostumus_paatos": str(self.consents[-1].decision),
            **{name: held[name] for name in ("suostumus_id", "suostumus_voimassa", "suostumus_paattyy")},
        }

    def _grant(self, answers: Mapping[str, Any]) -> None:
        default = {
            "paatos": "annettu",
            "tapa": "kirjallinen",
            "voimassa_asti": (self.clock + timedelta(days=365)).date(),
            "tietoryhmat": ["perustiedot", "suunnitelma"],
        }
        given = read_consent({**default, **answers}, key=self.key(), case_key=int(CASE_KEY), now=self.clock)
        self.consents.append(given)
        types = {row["id"]: row["type"] for row in reference("organisations")}
        self.grants += [
            Grant(
                key=self.key(),
                case_key=int(CASE_KEY),
                organisation_id=organisation,
                data_group=group,
                valid_from=self.clock,
                valid_until=given.valid_until,
            )
            for organisation, group in grants_of(given, organisation_types=types)
        ]

    def _do_withdraw_consent(self, job: Any) -> dict[str, Any]:
        withdrawal = read_withdrawal(self.forms[job.headers.get("form", WITHDRAWAL_FORM)])
        cut = {grant.organisation_id for grant in self.grants if withdrawal.concerns(grant)}
        self.grants = [
            dataclasses.replace(grant, withdrawn_at=self.clock) if withdrawal.concerns(grant) else grant
            for grant in self.grants
        ]
        return {
            "perumisen_laajuus": str(withdrawal.scope),
            "perutut_tahot": sorted(cut | withdrawal.parties),
            "perutut_tietoryhmat": sorted(withdrawal.groups),
        }

    def _do_end_participation(self, job: Any) -> dict[str, Any]:
        kind = job.headers["organisation"]
        leaving = {row["id"] for row in reference("organisations") if row["type"] == kind}
        self.grants = [
            dataclasses.replace(grant, withdrawn_at=self.clock) if grant.organisation_id in leaving else grant
            for grant in self.grants
        ]
        return {"perutut_tahot": sorted(leaving)}

    def _do_expire_consent(self, _: Any) -> None:
        self.grants = [
            dataclasses.replace(grant, valid_until=min(grant.valid_until, self.clock)) for grant in self.grants
        ]

    def _do_approve_plan(self, job: Any) -> dict[str, Any]:
        approval = self.answers["asiakkaan_hyvaksynta"].value
        answers = self.forms[job.headers.get("form", PLAN_FORM)]
        self._approve({**answers, "asiakkaan_hyvaksynta": approval})
        assert self.plan is not None
        return {"suunnitelma_id": str(self.plan.key), "toimenpiteita": len(self.plan.actions)}

    def _approve(self, answers: Mapping[str, Any]) -> None:
        read = with_people(dict(answers))
        self.plan = read_plan(
            read, key=self.key(), case_key=int(CASE_KEY), earlier=self.plan, new_key=self.key, now=self.clock
        )

    def _do_set_action_state(self, job: Any) -> None:
        assert self.plan is not None
        wanted, state = str(job.variables["toimenpide_id"]), ActionState(job.headers["state"])
        assert wanted in {str(action.key) for action in self.plan.actions + self.plan.dropped}
        changed = [
            tuple(dataclasses.replace(each, state=state) if str(each.key) == wanted else each for each in part)
            for part in (self.plan.actions, self.plan.dropped)
        ]
        self.plan = dataclasses.replace(self.plan, actions=changed[0], dropped=changed[1])

    def _do_record_measure(self, job: Any) -> dict[str, Any]:
        return {"mittaus_id": str(self._measure(self.forms[job.headers.get("form", MEASURE_FORM)]).key)}

    def _measure(self, answers: Mapping[str, Any]) -> Measure:
        self.measures.append(read_measure(answers, key=self.key(), case_key=int(CASE_KEY)))
        return self.measures[-1]

    def _do_deliver_documents(self, job: Any) -> dict[str, Any]:
        parties = {grant.organisation_id for grant in opens_now(self.grants, at=self.clock)}
        self.delivered += sorted(parties)
        assert job.headers["template"]
        return {"toimitettu": len(parties)}

    def _do_start_once(self, job: Any) -> dict[str, Any]:
        process_id = job.headers["process"]
        new = process_id not in self.running and job.variables.get("tarvitaan", True) is True
        self.running |= {process_id} if new else set()
        self.started += [process_id] if new else []
        return {"aloitettu": new}

    def _do_set_area_setting(self, job: Any) -> None:
        assert job.headers["setting"] in {row["id"] for row in reference("area_settings")}
        self.settings[job.headers["setting"]] = job.headers["value"]

    # -- the steps of a scenario -------------------------------------------------------------------------------------

    def play(self, step: dict[str, Any]) -> None:
        if "task" in step:
            self._complete(step)
        elif "timer" in step:
            self._pass_time(step)
        else:
            key = None if step.get("careEvent") else self._of_turn(step.get("key", CASE_KEY))
            variables = step.get("variables", {})
            assert self._deliver(step["message"], key, variables), f"nobody waits for {step['message']}"
        self._fire_what_is_due()

    def _of_turn(self, key: str) -> str:
        """The key of a message: `@suostumus` the latest consent, `@toimenpide 2` the second action of the plan."""
        if key == "@suostumus":
            return str(self.consents[-1].key)
        if key.startswith("@toimenpide ") and self.plan is not None:
            return str(self.plan.actions[int(key.split()[1]) - 1].key)
        return key

    def _fire_what_is_due(self) -> None:
        while due := [timer for timer in self.open(TimerOpened) if timer.due_at <= self.clock]:
            self._advance(TimerFired(key=min(due, key=lambda timer: timer.due_at).key))

    def _complete(self, step: dict[str, Any]) -> None:
        tasks = [task for task in self.open(UserTaskOpened) if task.element_id == step["task"]]
        assert tasks, f"{step['task']} is not open, but {[each.element_id for each in self.open(UserTaskOpened)]}"
        assert len(tasks) == 1 or "turn" in step, f"{step['task']} is open {len(tasks)} times: say which turn"
        task = tasks[step.get("turn", 1) - 1]
        self._check_may_complete(task, step["by"])
        asked = form(task.form_id)
        around = Around(
            now=self.clock,
            contexts={"asia": self.facts(asked.references), "viite": self.viite()},
            choices={source: choices(source) for source in SOURCES},
        )
        answers = parse_json_submission(asked, with_people(step["answers"]), language="fi", around=around)
        kept: dict[str, Any] = {}
        for record in answers.records:
            if record.target.kind == "client":
                self._know_client(record, step["by"])
            elif record.target.kind == "answer":
                self._keep(record.key, record.value, record.fact, record.data_group)
                kept[record.key] = record.value
        self.forms[task.form_id] = kept
        extra = {"asia_id": CASE_KEY} if self.has_case and "asia_id" not in self.variables else {}
        self._advance(UserTaskCompleted(key=task.key, variables={**answers.variables, **extra}))

    def _check_may_complete(self, task: Any, role: str) -> None:
        if task.assignee is None:
            assert role in task.candidate_groups, f"{role} is none of {task.candidate_groups}"
        else:
            assert task.assignee in with_role(role), f"{task.element_id} is not {role}'s"

    def _know_client(self, record: Any, role: str) -> None:
        self.client[record.target.attribute] = record.value
        if record.target.attribute == "identity_code" and record.value:
            self.client["birth_date"] = parse_identity_code(record.value).birth_date
        if not self.has_case:
            # who opens the case owns it
            self.has_case, self.owner = True, int(with_role(role)[0])

    def _pass_time(self, step: dict[str, Any]) -> None:
        element_id = step["timer"]
        mine = [timer for timer in self.open(TimerOpened) if timer.element_id == element_id]
        assert mine, f"no timer {element_id}, but {[each.element_id for each in self.open(TimerOpened)]}"
        if "after" in step:
            interval = read_interval(step["after"])
            assert interval is not None
            self.clock = interval.after(self.clock)
        else:
            self.clock = max(self.clock, mine[0].due_at)
        before = self.done.count(element_id)
        self._fire_what_is_due()
        assert self.done.count(element_id) > before, f"{element_id} is due only {mine[0].due_at}"
