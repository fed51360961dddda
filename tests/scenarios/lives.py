"""A client's whole life in the county: one case, all the pathways that run in it at once, through pages and workers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.keys import new_key
from app.domain.statistics.events import Material, Period, Question
from app.domain.statistics.figures import Figure, compute
from app.queries.measures import measure_definitions, measure_report
from app.storage.tables.care import consent_grant
from app.storage.tables.instances import process_instance, timer
from app.storage.tables.work import user_task
from tests.scenarios.world import PEOPLE, PROCESSES, World

COACH = "r_asiakasvastaava_te"
SUPPORT = "r_tukihenkilo"
STARTED = {"aloitus": "aloitettu", "mita_tehtiin": "Sovittu alusta"}


def story(process_id: str, name: str) -> dict[str, Any]:
    """Return a story of the pathway's folder."""
    read: dict[str, Any] = json.loads((PROCESSES / process_id / "scenarios" / f"{name}.json").read_text())
    return read


def tasks(process_id: str, name: str) -> dict[str, dict[str, Any]]:
    """Return the steps of a story that people do, by task."""
    return {step["task"]: step for step in story(process_id, name)["steps"] if "task" in step}


class Life(World):
    """The installation as one client meets it: tasks, timers and history of all instances of the case."""

    case = 0
    #: whose turn it is: of several open tasks of one element theirs is meant
    turn = ""

    def _instances(self) -> list[int]:
        if not self.case:
            return [self.instance]
        with self.executor.database.engine.connect() as connection:
            found = select(process_instance.c.key).where(process_instance.c.case_key == self.case)
            return list(connection.scalars(found.order_by(process_instance.c.started_at, process_instance.c.key)))

    def case_key(self) -> int | None:
        """Return the key of the case, once there is one."""
        self.case = self.case or super().case_key() or 0
        return self.case or None

    def open_tasks(self) -> dict[str, int]:
        """Return the keys of the open tasks of the case by element id."""
        self.case_key()
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(
                    user_task.c.element_id, user_task.c.key, user_task.c.candidate_groups, user_task.c.assignee
                ).where(user_task.c.instance_key.in_(self._instances()), user_task.c.status == "open")
            ).all()
        mine = self.people().get(PEOPLE.get(self.turn, ""), 0)
        ranked = sorted(rows, key=lambda row: (row.assignee == mine, self.turn in row.candidate_groups))
        return {row.element_id: row.key for row in ranked}

    def complete(self, element_id: str, role: str, answers: Mapping[str, Any]) -> None:
        """Open the task's page as a person of the role, fill the form in and send it."""
        self.turn = role
        super().complete(element_id, role, answers)

    def open_timers(self) -> dict[str, datetime]:
        """Return when each open timer of the case is due, by element id (the first to come)."""
        with self.executor.database.engine.connect() as connection:
            rows = connection.execute(
                select(timer.c.element_id, timer.c.due_at)
                .where(timer.c.instance_key.in_(self._instances()), timer.c.status == "open")
                .order_by(timer.c.due_at.desc())
            ).all()
        return {row.element_id: row.due_at for row in rows}

    def history(self) -> list[str]:
        """Return the ids of the elements that were completed in the case, instance by instance."""
        done = []
        for key in self._instances():
            lines = self.executor.read(lambda uow, key=key: uow.monitor.history(key, limit=10_000))
            done += [line["element_id"] for line in lines if line["event"] == "completed"]
        return done

    def processes(self) -> list[str]:
        """Return the pathways that were started in the case, in order."""
        with self.executor.database.engine.connect() as connection:
            found = select(process_instance.c.process_id).where(process_instance.c.key.in_(self._instances()))
            return list(connection.scalars(found.order_by(process_instance.c.started_at, process_instance.c.key)))

    def go_to(self, moment: str) -> None:
        """Let time pass until the moment (ISO, Helsinki), with everything that falls due on the way."""
        end = datetime.fromisoformat(moment)
        while True:
            due = min(self.open_timers().values(), default=end)
            if due > end:
                break
            self.clock = max(self.clock, due)
            before = self.open_timers()
            self.work()
            if self.open_timers() == before:
                break
            self.clock += timedelta(seconds=1)
        self.clock = max(self.clock, end)
        self.work()

    def play(
        self, steps: Collection[Mapping[str, Any]], *, answers: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Do the steps of a story; `answers` by element id are put over those of the story."""
        for step in steps:
            if "task" in step:
                given = {**step["answers"], **(answers or {}).get(step["task"], {})}
                self.complete(step["task"], step["by"], given)
            elif "timer" in step:
                raise AssertionError("time passes by go_to")

    def facts(self, *names: str) -> dict[str, Any]:
        """Return facts of the case as expressions see them."""
        found: dict[str, Any] = self.executor.read(lambda uow: uow.care.facts(self.case, names, now=self.clock))
        return found

    def return_after(self, days: int) -> None:
        """Let time pass, and open a new case for the client of the one that has ended."""
        ended = self.executor.read(lambda uow: uow.care.cases.get(self.case))
        assert not ended.is_open
        self.clock += timedelta(days=days)

        def open_again(uow: Any) -> int:
            return int(
                uow.care.cases.add(
                    key=new_key(),
                    client_key=ended.client_key,
                    area_id=ended.area_id,
                    controller_organisation_id=ended.controller_organisation_id,
                    unit_id=ended.unit_id,
                    owner_key=None,
                    now=self.clock,
                ).key
            )

        self.case = self.executor.run(open_again)

    def grants(self) -> list[str]:
        """Return the organisations that have ever had a grant in the case."""
        with self.executor.database.engine.connect() as connection:
            found = select(consent_grant.c.organisation_id).where(consent_grant.c.case_key == self.case)
            return sorted(set(connection.scalars(found)))

    def begin_in_case(self, process_id: str, event: str) -> None:
        """Start another pathway in the case, as its button or its caller would."""
        self.executor.run(
            start_instance,
            actor=SYSTEM,
            process_id=process_id,
            start_element_id=event,
            case_key=self.case,
            area_id=self.area,
            now=self.clock,
        )
        self.work()

    def incidents(self) -> list[Any]:
        """Return the open incidents of the case."""
        return [
            line
            for key in self._instances()
            for line in self.executor.read(lambda uow, key=key: uow.monitor.incidents(instance_key=key))
        ]


def begin_known(life: Life, process_id: str, name: str, client: Mapping[str, Any]) -> None:
    """Start a story of somebody whose case is open, without a consent."""
    told = story(process_id, name)
    known = {key: value for key, value in told["case"].items() if key != "consent"}
    life.start(told | {"case": known | {"client": known["client"] | client}})


def do(life: Life, process_id: str, name: str, *wanted: str, by: str = "", **answers: Any) -> None:
    """Do the named tasks of a story in that order; by another role, and with other answers where told."""
    steps = tasks(process_id, name)
    for each in wanted:
        step = steps[each]
        life.complete(each, by or step["by"], step["answers"] | answers)


def consent(
    life: Life,
    *,
    by: str,
    parties: Collection[str],
    groups: Collection[str] = ("perustiedot", "suunnitelma"),
    **said: Any,
) -> None:
    """Let the client be told of the consent, and give it to the parties for the data groups, with what else is said."""
    asked = {"osapuolet": list(parties), "tietoryhmat": list(groups)}
    do(life, "tyky_suostumus", "annettu", "z2_kerro", by=by, **asked)
    do(life, "tyky_suostumus", "annettu", "z3_paata", **asked, **said)


def team(
    life: Life, *, deputy: str, actions: Collection[tuple[str, ...]], invited: Collection[str] = (), **needs: Any
) -> None:
    """
    Let the team meet: Olli Demo answers for the case, the plan is made and the client approves it.

    `invited` are roles that the client agrees to besides those of the story, and that say they come; `needs` are
    answers of the cover form; an action is a name, a service, who answers for it and their organisation.
    """
    do(life, "tyky_tiimi", "suora_lahete", "e1_kartoitus", **needs)
    do(life, "tyky_tiimi", "suora_lahete", "e1_taustatiedot")
    core = ("tyky_tiimi_ydin", "kokous_ja_suunnitelma")
    agreed = tasks(*core)["e3_kutsuttavat"]["answers"]["kutsuttavat"]
    known = {row["rooli"] for row in agreed}
    agreed = [*agreed, *({"rooli": role, "asiakas_hyvaksyy": True} for role in invited if role not in known)]
    do(life, *core, "e3_kutsuttavat", kutsuttavat=agreed)
    do(life, *core, "e4_vastaa")
    for role in invited:
        # who only walks along is nobody's to ask
        if role not in known and role != SUPPORT:
            life.complete("e4_vastaa", role, {"vastaus": "tulen_etana"})
    do(life, *core, "e5_tiimikokous")
    assert "e7_suunnitelma" not in life.open_tasks()
    do(life, *core, "e8_asiakasvastaava", varahenkilo=deputy)
    row = tasks(*core)["e7_suunnitelma"]["answers"]["toimenpiteet"][0]
    planned = [
        row | {"toimenpide": name, "palvelu": service, "vastuuhenkilo": person, "vastuuorg": organisation}
        for name, service, person, organisation in actions
    ]
    do(life, *core, "e7_suunnitelma", toimenpiteet=planned)
    do(life, *core, "e9_hyvaksy")
    do(life, "tyky_seuranta", "rinnakkain", "n1_hyvaksy", by=COACH)


def mails(life: Life, notification: str) -> set[str]:
    """Return the user names of those to whom the notification has been sent."""
    sent = life.executor.read(lambda uow: uow.care.outbox.newest())
    return {mail.recipient.partition("@")[0] for mail in sent if mail.notification == notification}


def year() -> Question:
    """Return the question after everything of the year of the stories."""
    return Question(period=Period(first=date(2026, 1, 1), last=date(2026, 12, 31)))


def figures(life: Life, *measure_ids: str) -> dict[tuple[str, str], Any]:
    """Return the figures of the measures over the year, by measure and figure."""
    actor = life.executor.read(lambda uow: uow.accounts.actor_of("erkki.esihenkilo"))
    report = life.executor.run(measure_report, question=year(), actor=actor, measure_ids=list(measure_ids))
    return {
        (line.definition.id, figure.definition.id): figure.number for line in report.lines for figure in line.figures
    }


def figures_of_five(life: Life, measure_id: str) -> dict[str, Figure]:
    """Return the figures of the measure as they would be if five clients had lived this life: one alone is hidden."""

    def read(uow: Any) -> dict[str, Figure]:
        measure = measure_definitions(uow).measure(measure_id)
        assert measure is not None
        found = {}
        for figure in measure.figures:
            events = uow.statistics.material(set(figure.events)).events
            alike = tuple(
                replace(each, case_key=number, thing_key=each.thing_key and each.thing_key + number)
                for number in range(1, 6)
                for each in events
                if each.case_key == life.case
            )
            found[figure.id] = compute(figure, Material(events=alike), year())
        return found

    return dict(life.executor.read(read))
