"""
The demo's invented clients in the middle of their paths, brought there by what the product itself does.

Each has begun some days ago. People answer their tasks on the days that the file names, with the answers of the
pathways' own stories; in between the scheduler's and the workers' own code does what falls due. So a new installation
shows open, late and finished tasks, plans, letters and permissions that came about as any others do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from app.cli.context import Refused, say
from app.commands.complete_task import Submission, complete_task
from app.commands.load_reference import offer_times
from app.commands.start_instance import start_instance
from app.domain.actor import CLIENT_ROLE, Actor
from app.domain.calendar import local_date, local_midnight
from app.domain.errors import KykypolkuError
from app.executor import Executor
from app.settings import Settings
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork
from workers.handlers import installed_handlers
from workers.heartbeat import Heartbeat
from workers.rounds import Matching, delivery_round, timer_round
from workers.run_jobs import JobRunner

#: whoever answers at the clients' own door
CLIENT = "asiakas"
_LEASE = timedelta(minutes=5)
#: often enough that no case finds every time taken
_OFFERED_EVERY = timedelta(days=21)
#: rounds of machines between two steps; a path that needs more goes round in circles
_MOST_ROUNDS = 200


class Step(msgspec.Struct, forbid_unknown_fields=True, rename={"who": "as"}):
    """What one person does on a day: answers a task as the story does; what `answers` says is put over that."""

    who: str
    task: str
    day: int = 0
    #: folder and name of a story that has the task's answers
    story: str = ""
    answers: dict[str, Any] = {}


class DemoCase(msgspec.Struct, forbid_unknown_fields=True, rename={"who": "as"}):
    """A client's path: who starts which process how many days ago, and the steps in their order."""

    name: str
    who: str
    process: str
    steps: list[Step]
    start: str | None = None
    days_ago: int = 0


class DemoCases(msgspec.Struct):
    """The file of the demo's cases."""

    note: str
    cases: list[DemoCase]


def read_demo_cases(processes: Path) -> list[DemoCase]:
    """Return the demo's cases with the answers of their stories filled in; none where the folder has no demo."""
    path = processes / "shared" / "demo" / "cases.json"
    if not path.is_file():
        return []
    cases = msgspec.json.decode(path.read_bytes(), type=DemoCases).cases
    for case in cases:
        for step in case.steps:
            step.answers = {**_answers_of_story(processes, step), **step.answers}
    return cases


def _answers_of_story(processes: Path, step: Step) -> Mapping[str, Any]:
    if not step.story:
        return {}
    folder, _, name = step.story.partition("/")
    story = msgspec.json.decode((processes / folder / "scenarios" / f"{name}.json").read_bytes())
    found = [each["answers"] for each in story["steps"] if each.get("task") == step.task]
    if not found:
        raise Refused(f"{step.story} answers no task {step.task}")
    answers: Mapping[str, Any] = found[0]
    return answers


@dataclass(kw_only=True)
class _Life:
    """A case on its way."""

    case: DemoCase
    instance_key: int = 0
    case_key: int | None = None
    stopped: bool = False


class DemoLives:
    """Lives the demo's cases from their first day to now."""

    def __init__(self, executor: Executor, settings: Settings, *, begins: datetime) -> None:
        self._executor = executor
        self._now = self._offered = begins
        executor.run(offer_times, now=begins)
        heartbeat = Heartbeat(executor, lease=_LEASE, every=3600, clock=self._clock)
        handlers = installed_handlers(settings, executor)
        self._runner = JobRunner(executor, handlers, heartbeat, owner="demo", lease=_LEASE, clock=self._clock)
        self._timers = timer_round(executor, self._clock)
        self._deliveries = delivery_round(executor, self._clock)
        self._matching = Matching(executor)
        self._keys = {
            account.username: account.key for account, _ in executor.read(lambda uow: uow.accounts.demo_people())
        }

    def _clock(self) -> datetime:
        return self._now

    def live(self, cases: Sequence[DemoCase], *, until: datetime) -> None:
        """Begin each case on its day, let people and machines do their part, and stop at the moment."""
        to_do: list[tuple[datetime, int, _Life, Step | None]] = []
        for number, case in enumerate(cases):
            day = local_date(until) - timedelta(days=case.days_ago)
            # one telephone call after the other in the morning, each step some minutes after the one before
            begun = local_midnight(day) + timedelta(hours=8, minutes=20 * (number + 1))
            life = _Life(case=case)
            to_do.append((begun, number, life, None))
            for place, each in enumerate(case.steps, start=1):
                to_do.append((begun + timedelta(days=each.day, minutes=6 * place), number, life, each))
        for moment, _, life, step in sorted(to_do, key=lambda each: each[:2]):
            self._pass_time(min(moment, until))
            if not life.stopped:
                self._go_on(life, step)
                self._work()
        self._pass_time(until)

    def _go_on(self, life: _Life, step: Step | None) -> None:
        """Do what comes next; what cannot be done ends the life there, since the demo is of use without it."""
        try:
            if step is None:
                self._begin(life)
            else:
                self._do(life, step)
        except (KykypolkuError, Refused) as error:
            life.stopped = True
            say(f"The demo's case stops early: {life.case.name}: {step.task if step else 'start'}: {error}")

    def _begin(self, life: _Life) -> None:
        actor = self._executor.read(_actor_of, life.case.who)
        life.instance_key = self._executor.run(
            start_instance,
            actor=actor,
            process_id=life.case.process,
            start_element_id=life.case.start,
            now=self._now,
        ).instance_key

    def _do(self, life: _Life, step: Step) -> None:
        # nobody answers in the moment in which the step before was noted
        self._now += timedelta(milliseconds=1)
        task_key, actor = self._executor.read(_turn, life.instance_key, life.case_key, step)
        values = self._filled_in(step.answers)
        done = self._executor.run(
            complete_task, task_key=task_key, actor=actor, submission=Submission(values=values), now=self._now
        )
        life.case_key = done.case_key or life.case_key

    def _filled_in(self, value: Any) -> Any:
        """Put the key of a person in the place of each user name, and a day in that of `{"in_days": number}`."""
        if isinstance(value, str):
            return str(self._keys[value]) if value in self._keys else value
        if isinstance(value, list):
            return [self._filled_in(each) for each in value]
        if isinstance(value, dict):
            if set(value) == {"in_days"}:
                return (self._now + timedelta(days=value["in_days"])).date().isoformat()
            return {key: self._filled_in(each) for key, each in value.items()}
        return value

    def _pass_time(self, until: datetime) -> None:
        """Let day after day pass with what falls due on it; the units offer times for the weeks ahead."""
        while self._now < until:
            self._now = min(self._now + timedelta(days=1), until)
            if self._now >= self._offered + _OFFERED_EVERY:
                self._offered = self._now
                self._executor.run(offer_times, now=self._now)
            self._work()

    def _work(self) -> None:
        """Let scheduler and workers do what is due, until nothing is."""
        for _ in range(_MOST_ROUNDS):
            if not self._round(self._now):
                return
        raise Refused("the demo's paths never come to rest")

    def _round(self, now: datetime) -> bool:
        """Do what is due now, and return whether anything was."""
        keys = self._executor.run(lambda uow: uow.jobs.nudge(now=now, again_after=timedelta(0), limit=100))
        worked = bool(keys) and bool(self._runner.run(keys, seconds=60))
        due = self._executor.read(lambda uow: uow.timers.due(now=now, limit=100))
        if due:
            self._timers(now)
        self._matching(now)
        pending = self._executor.read(lambda uow: uow.messages.pending_deliveries(limit=100))
        if pending:
            self._deliveries(now)
        return worked or bool(due) or bool(pending)


def _actor_of(uow: UnitOfWork, username: str) -> Actor:
    return uow.accounts.actor_of(username)


def _is_for(actor: Actor, task: Task) -> bool:
    return task.assignee is None and not actor.roles.isdisjoint(task.candidate_groups)


def _turn(uow: UnitOfWork, instance_key: int, case_key: int | None, step: Step) -> tuple[int, Actor]:
    """Return the open task that the step is about, and who does it. :raises Refused: it is not open"""
    if case_key is None:
        found = [task for task in uow.tasks.open_of(instance_key) if task.element_id == step.task]
    else:
        lines = [line for line in uow.worklist.of_case(case_key, 0) if line.element_id == step.task]
        found = list(uow.tasks.get_many([line.key for line in lines]).values())
    if not found:
        raise Refused(f"{step.task} is not open")
    if step.who != CLIENT:
        actor = uow.accounts.actor_of(step.who)
        # of several of one element the one that is theirs already, or else for them
        ranked = sorted(found, key=lambda task: (task.assignee == actor.user_key, _is_for(actor, task)))
        return ranked[-1].key, actor
    if case_key is None:
        raise Refused(f"{step.task}: there is no client yet")
    client = uow.care.clients.get(uow.care.cases.get(case_key).client_key)
    actor = Actor(
        user_key=client.key,
        name=CLIENT,
        roles=frozenset({CLIENT_ROLE}),
        client_key=client.key,
        case_keys=frozenset({case_key}),
    )
    return found[0].key, actor
