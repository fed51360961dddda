"""
Every scenario of `processes/*/scenarios` runs through the engine: real diagrams, tables, forms and reference data.

What the database, the workers and the clock do is played here in memory, so that a process owner who changes a pathway
sees in a second whether its stories still come true. The format is described in processes/README.md.
"""

from __future__ import annotations

import itertools
import json
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.domain.facts import Answer, facts
from app.domain.forms import Option
from app.domain.identity_code import parse_identity_code
from app.domain.outcomes import Outcome, waits_for_others
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
SCENARIOS = sorted(PROCESSES.glob("*/scenarios/*.json"))
HALYTYS_RULES = ["H1", "H2a", "H2b", "H2c", "H3", "H4", "H5", "H6", "H7"]
CASE_KEY = "4711"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


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
    return read_diagram((PROCESSES / process_id / f"{process_id}.bpmn").read_bytes(), rules)


@cache
def decision(decision_id: str) -> Any:
    [path] = PROCESSES.glob(f"*/{decision_id}.dmn")
    return compile_decision(path.read_bytes(), decision_id)


def viite(area: str) -> dict[str, Any]:
    limits = {row["id"]: row["value"] for row in reference("time_limits")}
    own = {row["id"]: row["value"] for row in reference("area_settings") if row["area"] == area}
    return {**limits, "alue": own}


def choices(source: str) -> list[Option]:
    """The options of a list; people are named by their user names in the demo."""
    if source == "users":
        people = json.loads((PROCESSES / "shared" / "demo" / "people.json").read_text())["people"]
        return [Option(person["username"], {"fi": person["name"]}) for person in people]
    rows = reference("referral_sources" if source == "sources" else source)
    return [Option(row["id"], row.get("name") or row["value"]["name"]) for row in rows]


class Story:
    """One instance with its case, played in memory."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        process_id = scenario["process"]
        diagram = pathway(process_id)
        self.process = compile_process(diagram.runnable, process_id, diagram.content_hash)
        self.clock = datetime.fromisoformat(scenario["clock"])
        self.area = scenario["area"]
        self.bookings = scenario.get("bookings", {})
        self.called = Called(scenario.get("calls", {}))
        self.answers: dict[str, Answer] = {}
        self.client: dict[str, Any] = dict(scenario.get("case", {}).get("client", {}))
        for key, value in scenario.get("case", {}).get("answers", {}).items():
            self._keep(key, value, value, DataGroup.BASIC)
        self.keys = itertools.count(1000)
        self.waits: dict[int, Any] = {}
        self.done: list[str] = []
        self.flows: set[str] = set()
        self.variables: dict[str, Any] = {}
        self.thrown: list[Any] = []
        self.offered: list[str] = []
        self.outcome: Outcome | None = None
        self.unread: list[str] = []
        self.decisions: dict[str, Any] = {}
        self.status = InstanceStatus.ACTIVE
        variables = dict(scenario["start"].get("variables", {}))
        if "case" in scenario:
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

    # -- what the house around the engine does -----------------------------------------------------------------------

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            now=self.clock,
            new_key=lambda: next(self.keys),
            contexts={"asia": self.facts(self.process.outline.references), "viite": viite(self.area)},
            decisions={name: decision(name) for name in self.process.outline.decision_ids},
            processes=self.called,
        )

    def _keep(self, key: str, value: Any, fact: Any, group: DataGroup | None) -> None:
        written = [each.isoformat() if isinstance(each, date) else each for each in (value, fact)]
        self.answers[key] = Answer(
            field=key,
            value=written[0],
            fact=written[1],
            data_group=group or DataGroup.BASIC,
            answered_at=self.clock,
        )

    def facts(self, references: frozenset[str]) -> dict[str, Any]:
        names = [name.removeprefix("asia.").split(".")[0] for name in references if name.startswith("asia.")]
        born = self.client.get("birth_date")
        found = facts(
            names=names,
            answers=self.answers.values(),
            birth_date=date.fromisoformat(str(born)) if born else None,
            today=self.clock.date(),
            attributes={"turvakielto": self.client["protected_address"]} if "protected_address" in self.client else {},
        )
        return {name: fact.value for name, fact in found.items()}

    def _advance(self, trigger: Any) -> None:
        self._take(advance(self.process, self.state, trigger, surroundings=self._surroundings()))

    def _take(self, step: Any) -> None:
        self.state, self.status = step.state, step.status
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
        if self.outcome is None or (self.unread and waits_for_others(self.outcome)):
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

    def _work(self, job: Any) -> None:
        result: dict[str, Any] = {}
        if job.type == "book_appointment":
            booked = self.bookings.get(job.element_id, (self.clock + timedelta(days=1)).isoformat())
            if isinstance(booked, list):
                booked = booked.pop(0)
            if booked == "ei_vapaita_aikoja":
                self._advance(JobThrewError(key=job.key, error_code=booked))
                return
            begins = datetime.fromisoformat(booked)
            result = {"ajanvaraus_id": "77", "ajanvaraus_alkaa": begins, "ajanvaraus_paikka": "u_keski_suomi_sote"}
        elif job.type == "write_document":
            result = {"asiakirja_id": "88"}
        elif job.type == "cancel_appointment":
            assert job.variables["ajanvaraus_id"] == "77"
        elif job.type == "close_case":
            # a person's choice stands above the diagram's outcome
            chosen = self.answers["lopputulos"].value if "task" in job.headers else job.headers["outcome"]
            self.outcome = self.outcome if job.variables.get("jatkuu") else Outcome(chosen)
        elif job.type == "escalate_task":
            self.offered.append(job.headers["task"])
        else:
            assert job.type == "send_notification"
            assert job.headers["notification"] in {row["id"] for row in reference("notifications")}
        self._advance(JobCompleted(key=job.key, variables=result))

    # -- the steps of a scenario -------------------------------------------------------------------------------------

    def play(self, step: dict[str, Any]) -> None:
        if "task" in step:
            self._complete(step)
        elif "timer" in step:
            self._pass_time(step)
        else:
            key = None if step.get("careEvent") else CASE_KEY
            assert self._deliver(step["message"], key, step.get("variables", {})), f"nobody waits for {step['message']}"
        self._fire_what_is_due()

    def _fire_what_is_due(self) -> None:
        while due := [timer for timer in self.open(TimerOpened) if timer.due_at <= self.clock]:
            self._advance(TimerFired(key=min(due, key=lambda timer: timer.due_at).key))

    def _complete(self, step: dict[str, Any]) -> None:
        tasks = [task for task in self.open(UserTaskOpened) if task.element_id == step["task"]]
        assert tasks, f"{step['task']} is not open, but {[each.element_id for each in self.open(UserTaskOpened)]}"
        [task] = tasks
        assert step["by"] in task.candidate_groups
        asked = form(task.form_id)
        around = Around(
            now=self.clock,
            contexts={"asia": self.facts(asked.references), "viite": viite(self.area)},
            choices={item.options_from: choices(item.options_from) for _, item in asked.walk() if item.options_from},
        )
        answers = parse_json_submission(asked, step["answers"], language="fi", around=around)
        for record in answers.records:
            if record.target.kind == "client":
                self.client[record.target.attribute] = record.value
                if record.target.attribute == "identity_code" and record.value:
                    self.client["birth_date"] = parse_identity_code(record.value).birth_date
            elif record.target.kind == "answer":
                self._keep(record.key, record.value, record.fact, record.data_group)
        extra = {"asia_id": CASE_KEY} if "asia_id" not in self.variables else {}
        self._advance(UserTaskCompleted(key=task.key, variables={**answers.variables, **extra}))

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


def in_order(wanted: list[str], done: list[str]) -> bool:
    rest = iter(done)
    return all(each in rest for each in wanted)


@cache
def played(path: Path) -> Story:
    scenario = json.loads(path.read_text())
    story = Story(scenario)
    for step in scenario["steps"]:
        story.play(step)
    return story


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_the_story_comes_true(path: Path) -> None:
    story = played(path)
    expected = json.loads(path.read_text())["expect"]
    assert in_order(expected.get("path", []), story.done), story.done
    assert not set(expected.get("notReached", [])) & set(story.done)
    if "end" in expected:
        assert story.status is InstanceStatus.COMPLETED, [wait.element_id for wait in story.waits.values()]
        assert expected["end"] in story.done
        assert story.closes_with == expected["outcome"]
    else:
        assert story.status is InstanceStatus.ACTIVE
    assert set(expected.get("open", [])) <= {task.element_id for task in story.open(UserTaskOpened)}
    assert set(expected.get("waiting", [])) <= {timer.element_id for timer in story.open(TimerOpened)}
    if "messages" in expected:
        assert sorted(message.name for message in story.thrown) == sorted(expected["messages"])
    if "offered" in expected:
        assert story.offered == expected["offered"]
    for name, value in expected.get("variables", {}).items():
        assert story.variables[name] == value
    if "indicators" in expected:
        assert [hit["koodi"] for hit in story.decisions["dmn_indikaattorit"].output or []] == expected["indicators"]
    if "sum" in expected:
        assert story.variables["indikaattorisumma"] == expected["sum"]
    if "rule" in expected:
        [(_, number)] = story.decisions["dmn_halytys"].matched_rules
        assert HALYTYS_RULES[number - 1] == expected["rule"]
    if "finishedOn" in expected:
        assert story.clock.date().isoformat() == expected["finishedOn"]


@pytest.mark.parametrize("folder", sorted({path.parent.parent for path in SCENARIOS}), ids=lambda path: path.name)
def test_the_stories_walk_every_way_and_reach_every_end(folder: Path) -> None:
    """Of the ways that the pathway itself draws; those inside a common rule are walked by the pathways together."""
    root = etree.parse(folder / f"{folder.name}.bpmn").getroot()
    ways = {each.get("id") for each in root.iter(f"{{{BPMN}}}sequenceFlow")}
    ends = {each.get("id") for each in root.iter(f"{{{BPMN}}}endEvent")}
    stories = [played(path) for path in SCENARIOS if path.parent.parent == folder]
    missed = sorted(ways - set().union(*(story.flows for story in stories)))
    share = 1 - len(missed) / len(ways)
    assert share >= 0.95, f"{share:.0%} of the ways are walked, missed: {missed}"
    assert sorted(ends - {element for story in stories for element in story.done}) == []
