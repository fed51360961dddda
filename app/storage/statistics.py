"""
The events that measures are computed from, read from where they already stand; nothing is written for statistics.

Who the client is is never read. Of what was answered in a case only the answers that a measure names are decrypted, and
of these only codes, numbers, yes and no: a field of free writing that a measure named by mistake yields nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, func, select

from app.domain.calendar import local_date
from app.domain.statistics.changes import changes_of
from app.domain.statistics.events import Change, Event, EventValue, Material
from app.domain.surveys import EVALUATION_FORM, FEEDBACK_FORM
from app.storage.answers import CaseAnswers
from app.storage.encryption import Cipher
from app.storage.measures import Measures
from app.storage.tables.care import care_case, case_answer, measure, plan, plan_action
from app.storage.tables.consultation import consultation_item, consultation_session
from app.storage.tables.instances import called_process, process_instance
from app.storage.tables.surveys import survey, survey_answer
from app.storage.tables.work import invariant_violation, user_task

#: values of f_konsultaatio_vastaus.suositus and f_konsultaatio.aihe (domain.md 5, M21)
_SOLVED, _TEAM_TOPIC = "ratkesi", "hyotyyko_tiimista"
#: the minutes of the team: who was there, and how people can be there
_MEETING_FORM, _PRESENT, _CAME = "f_tiimikokous", "osallistujat", frozenset({"lasna", "eta"})
#: what the value of a choice looks like; anything else is writing, whatever the form says
_CODE = re.compile(r"[A-Za-z0-9_+-]{1,60}")


class Statistics:
    """Reads events for reports."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def material(self, names: Collection[str], *, measured: bool = False) -> Material:
        """Return all events of these names (app.domain.statistics.events), and what was measured if that is asked."""
        by_kind: dict[str, set[str]] = {}
        for name in names:
            kind, _, what = name.partition(":")
            by_kind.setdefault(kind, set()).add(what)
        events: list[Event] = []
        for kind, wanted in by_kind.items():
            reader = _READERS.get(kind)
            if reader is not None:
                events.extend(reader(self, wanted))
        return Material(events=tuple(events), changes=tuple(self._changes()) if measured else ())

    def _cases(self, wanted: Collection[str]) -> Iterator[Event]:
        for row in self._connection.execute(select(*_LABELS, care_case)):
            if "opened" in wanted:
                yield _event(row, "case:opened", row.opened_at, row.source)
            if "closed" in wanted and row.closed_at is not None:
                yield _event(row, "case:closed", row.closed_at, row.outcome)

    def _starts(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `start:<process>` of pathways that were started and of those that were called."""
        instance, called = process_instance, called_process
        started = select(instance.c.process_id, instance.c.started_at, *_labels_of(instance)).select_from(
            instance.outerjoin(care_case, care_case.c.key == instance.c.case_key)
        )
        within = select(called.c.process_id, called.c.started_at, *_labels_of(instance)).select_from(
            called.join(instance, instance.c.key == called.c.instance_key).outerjoin(
                care_case, care_case.c.key == instance.c.case_key
            )
        )
        for query, table in ((started, instance), (within, called)):
            for row in self._connection.execute(query.where(table.c.process_id.in_(wanted))):
                yield _event(row, f"start:{row.process_id}", row.started_at)

    def _forms(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `done:<form>` of completed user tasks."""
        for row in self._tasks(user_task.c.form_id.in_(wanted)):
            yield _event(row, f"done:{row.form_id}", row.ended_at)

    def _elements(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `task:<process>.<element>` of completed user tasks."""
        processes = {what.partition(".")[0] for what in wanted}
        for row in self._tasks(user_task.c.process_id.in_(processes)):
            if f"{row.process_id}.{row.element_id}" in wanted:
                yield _event(row, f"task:{row.process_id}.{row.element_id}", row.ended_at)

    def _tasks(self, condition: ColumnElement[bool]) -> Iterable[Row[Any]]:
        task = user_task.c
        query = (
            select(task.form_id, task.process_id, task.element_id, task.ended_at, *_labels_of(user_task))
            .select_from(user_task.outerjoin(care_case, care_case.c.key == task.case_key))
            .where(task.status == "completed", condition)
        )
        return self._connection.execute(query)

    def _answers(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `answer:<form>.<field>` and, of each row of a group, `answer:<form>.<group>.<field>`."""
        paths: dict[tuple[str, str], list[str]] = {}
        for what in wanted:
            form_id, field, inner = (*what.split("."), "")[:3]
            paths.setdefault((form_id, field), []).append(inner)
        forms, fields = {form_id for form_id, _ in paths}, {field for _, field in paths}
        for row, value in self._decrypted(case_answer.c.form_id.in_(forms), case_answer.c.field.in_(fields)):
            for inner in paths.get((row.form_id, row.field), ()):
                name = ".".join(filter(None, (f"answer:{row.form_id}", row.field, inner)))
                lines = [line.get(inner) for line in value or () if isinstance(line, Mapping)] if inner else [value]
                for each in lines:
                    yield from _coded(row, name, each)

    def _facts(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `fact:<name>`: what became known of the case, wherever it was asked or noted."""
        for row, value in self._decrypted(case_answer.c.field.in_(wanted)):
            yield from _coded(row, f"fact:{row.field}", value)

    def _decrypted(self, *conditions: ColumnElement[bool]) -> Iterator[tuple[Row[Any], Any]]:
        answers = CaseAnswers(self._connection, self._cipher)
        query = (
            select(case_answer, *_LABELS)
            .select_from(case_answer.join(care_case, care_case.c.key == case_answer.c.case_key))
            .where(*conditions)
            .order_by(case_answer.c.answered_at, case_answer.c.key)
        )
        for row in self._connection.execute(query):
            yield row, answers.read(row).value

    def _actions(self, wanted: Collection[str]) -> Iterator[Event]:
        """
        Yield `action:planned`, `:started`, `:started_in_time` and `:ended` of the newest version that has the action.

        The value is the service, the target the organisation that answers for it.
        """
        query = (
            select(plan_action, plan.c.approved_at, plan.c.version, *_LABELS)
            .select_from(
                plan_action.join(plan, plan.c.key == plan_action.c.plan_key).join(
                    care_case, care_case.c.key == plan_action.c.case_key
                )
            )
            .order_by(plan.c.version)
        )
        versions: dict[int, list[Any]] = {}
        for line in self._connection.execute(query):
            versions.setdefault(line.action_key, []).append(line)
        for lines in versions.values():
            first, row = lines[0], lines[-1]
            started = min((line.started_at for line in lines if line.started_at is not None), default=None)
            moments = {"planned": first.approved_at, "started": started, "ended": row.ended_at}
            if started is not None and local_date(started) <= row.starts_on:
                moments["started_in_time"] = started
            for name, moment in moments.items():
                if name in wanted and moment is not None:
                    yield replace(
                        _event(row, f"action:{name}", moment, row.service_id),
                        target=row.organisation_id,
                        thing_key=row.action_key,
                    )

    def _plans(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `plan:organisations`: of how many organisations the measures of a version are."""
        if "organisations" not in wanted:
            return
        query = (
            select(plan.c.key, plan.c.approved_at, plan_action.c.organisation_id.label("of"), *_LABELS)
            .select_from(
                plan.join(plan_action, plan_action.c.plan_key == plan.c.key).join(
                    care_case, care_case.c.key == plan.c.case_key
                )
            )
            .order_by(plan.c.key)
        )
        for _, rows in groupby(self._connection.execute(query), key=lambda row: row.key):
            lines = list(rows)
            yield _event(lines[0], "plan:organisations", lines[0].approved_at, len({line.of for line in lines}))

    def _meetings(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `meeting:organisations`: of how many organisations somebody was in a meeting of the team."""
        if "organisations" not in wanted:
            return
        written_down = (case_answer.c.form_id == _MEETING_FORM, case_answer.c.field == _PRESENT)
        for row, value in self._decrypted(*written_down):
            rows = [line for line in value or () if isinstance(line, Mapping)]
            came = {line.get("taho") for line in rows if line.get("paikalla") in _CAME} - {None, ""}
            yield from _coded(row, "meeting:organisations", len(came))

    def _sessions(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `session:planned`, `:held` and `:cancelled` of consultation hours; none of them tells of a client."""
        sessions = consultation_session.c
        query = select(sessions.key, sessions.area_id, sessions.starts_at, sessions.status)
        for row in self._connection.execute(query):
            for name in {"planned", row.status} & set(wanted):
                yield Event(
                    name=f"session:{name}", day=local_date(row.starts_at), area_id=row.area_id, thing_key=row.key
                )

    def _consultations(self, wanted: Collection[str]) -> Iterator[Event]:
        """
        Yield what happened to the items of the hour on the day of its session; an item knows no client and no person.

        `consultation:brought`, `:brought_by` (profession), `:answered` (recommendation), `:carried_over`, and
        `:team_avoided`: it was asked whether a team would help, and the matter was solved.
        """
        item = consultation_item.c
        query = select(consultation_item, consultation_session.c.starts_at, consultation_session.c.area_id).join(
            consultation_session, consultation_session.c.key == item.session_key
        )
        for row in self._connection.execute(query):
            values: dict[str, str] = {"brought": "", "brought_by": row.profession}
            if row.carried:
                values["carried_over"] = ""
            if row.status == "answered":
                values["answered"] = row.recommendation
                if row.recommendation == _SOLVED and _TEAM_TOPIC in row.topics:
                    values["team_avoided"] = ""
            for name, value in values.items():
                if name in wanted:
                    yield Event(
                        name=f"consultation:{name}",
                        day=local_date(row.starts_at),
                        value=value,
                        area_id=row.area_id,
                        organisation_id=row.organisation_id,
                    )

    def _evaluation(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `survey:<field>` of the staff's yearly evaluation (P18)."""
        return self._anonymous("survey", EVALUATION_FORM, wanted)

    def _feedback(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `feedback:<field>` of what clients said anonymously."""
        return self._anonymous("feedback", FEEDBACK_FORM, wanted)

    def _anonymous(self, kind: str, form_id: str, wanted: Collection[str]) -> Iterator[Event]:
        """
        Yield the codes and numbers of the form's closed rounds, on the first day of the month in which each began.

        No answer knows its day, a person or a case; while a round goes on nothing of it counts.
        """
        query = (
            select(survey_answer.c.field, survey_answer.c.value, survey.c.opens_on, survey.c.area_id)
            .join(survey, survey.c.key == survey_answer.c.survey_key)
            .where(
                survey.c.form_id == form_id,
                survey.c.closed,
                survey_answer.c.field.in_(wanted),
                survey_answer.c.written.is_(None),
            )
        )
        for row in self._connection.execute(query):
            yield Event(
                name=f"{kind}:{row.field}", day=row.opens_on.replace(day=1), value=row.value, area_id=row.area_id
            )

    def _changes(self) -> Iterator[Change]:
        """Yield each section's first and last measurement of those who have allowed it, on a scale from 0 to 10."""
        query = (
            select(measure, *_LABELS)
            .select_from(measure.join(care_case, care_case.c.key == measure.c.case_key))
            .where(measure.c.may_be_used)
            .order_by(measure.c.case_key, measure.c.measured_on, measure.c.recorded_at, measure.c.key)
        )
        measures = Measures(self._connection, self._cipher)
        for _, rows in groupby(self._connection.execute(query), key=lambda row: row.case_key):
            lines = [(row, measures.read(row)) for row in rows]
            labels = lines[0][0]
            for section, before, after in changes_of([measured for _, measured in lines]):
                yield Change(
                    section=section,
                    before=before.score,
                    after=None if after is None else after.score,
                    first_day=before.day,
                    day=before.day if after is None else after.day,
                    case_key=labels.of_case,
                    area_id=labels.in_area,
                    source=labels.from_source,
                    organisation_id=labels.in_organisation,
                )

    def _violations(self, wanted: Collection[str]) -> Iterator[Event]:
        """Yield `violation:<kind>` of what the nightly look has found (rule X9)."""
        violation = invariant_violation
        query = (
            select(violation.c.kind, violation.c.since, *_LABELS)
            .select_from(violation.join(care_case, care_case.c.key == violation.c.case_key))
            .where(violation.c.kind.in_(wanted))
        )
        for row in self._connection.execute(query):
            yield _event(row, f"violation:{row.kind}", row.since)


#: of what happened in a case: the case, where it is, whence the client came, whose case it is, where the client lives
_LABELS = (
    care_case.c.key.label("of_case"),
    care_case.c.area_id.label("in_area"),
    care_case.c.source.label("from_source"),
    care_case.c.controller_org_id.label("in_organisation"),
    care_case.c.municipality.label("in_municipality"),
)


def _labels_of(table: Table) -> tuple[ColumnElement[Any], ...]:
    """Return the same of what may have no case; the organisation is the one in which it happened."""
    return (
        care_case.c.key.label("of_case"),
        func.coalesce(care_case.c.area_id, table.c.area_id).label("in_area"),
        func.coalesce(care_case.c.source, "").label("from_source"),
        table.c.organisation_id.label("in_organisation"),
        func.coalesce(care_case.c.municipality, "").label("in_municipality"),
    )


def _event(row: Any, name: str, moment: datetime, value: EventValue = None, **more: Any) -> Event:
    return Event(
        name=name,
        day=local_date(moment),
        value=value,
        case_key=row.of_case,
        area_id=row.in_area,
        source=row.from_source,
        organisation_id=row.in_organisation,
        municipality=row.in_municipality,
        **more,
    )


def _coded(row: Any, name: str, value: Any) -> Iterator[Event]:
    """Yield an event for a code, number, yes or no, and for each code of a list; for anything else nothing."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, bool | int | float) or (isinstance(each, str) and _CODE.fullmatch(each)):
            yield replace(_event(row, name, row.answered_at, each), organisation_id=row.controller_org_id)


_READERS: Mapping[str, Callable[[Statistics, Collection[str]], Iterator[Event]]] = {
    "case": Statistics._cases,  # noqa: SLF001 # the table of this class's own readers
    "start": Statistics._starts,  # noqa: SLF001
    "done": Statistics._forms,  # noqa: SLF001
    "task": Statistics._elements,  # noqa: SLF001
    "answer": Statistics._answers,  # noqa: SLF001
    "fact": Statistics._facts,  # noqa: SLF001
    "violation": Statistics._violations,  # noqa: SLF001
    "action": Statistics._actions,  # noqa: SLF001
    "session": Statistics._sessions,  # noqa: SLF001
    "consultation": Statistics._consultations,  # noqa: SLF001
    "meeting": Statistics._meetings,  # noqa: SLF001
    "plan": Statistics._plans,  # noqa: SLF001
    "survey": Statistics._evaluation,  # noqa: SLF001
    "feedback": Statistics._feedback,  # noqa: SLF001
}
