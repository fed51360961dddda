"""The case page: one client's matter as this person may see it; what is hidden is said to be hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.actor import Actor, may_take
from app.domain.client import Case, Client
from app.domain.errors import NotAllowed, NotFound
from app.domain.facts import Answer
from app.domain.masking import shown_outcome
from app.domain.sharing import DataGroup
from app.published import process_of
from app.queries.access import Sight, log_reading, sight_of_case
from app.storage.appointments import Appointment
from app.storage.documents import StoredDocument
from app.storage.monitor import InstanceFilters, InstanceLine
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskLine


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """Something that happened in the case, in words of the trade; who did it only within one's own organisation."""

    at: datetime
    process_name: Mapping[str, str]
    element_id: str
    element_name: Mapping[str, str]
    element_type: str
    event: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Everything that the page of one case shows to this person."""

    case: Case
    outcome: str
    client: Client | None = field(repr=False)
    owner_name: str
    shown: tuple[DataGroup, ...]
    hidden: tuple[DataGroup, ...]
    answers: Mapping[DataGroup, tuple[Answer, ...]] = field(repr=False)
    instances: tuple[InstanceLine, ...]
    tasks: tuple[TaskLine, ...]
    appointments: tuple[Appointment, ...]
    documents: tuple[StoredDocument, ...]
    timeline: tuple[HistoryLine, ...]


def case_page(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> CasePage:
    """
    Return the case as the actor may see it, and log what is read.

    A case is open to those who may see one of its data groups, and to those who have a task in it.

    :raises NotFound: no such case, or none for this person
    """
    if actor.user_key is None:
        raise NotAllowed("case")
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
    tasks = [line for line in uow.worklist.of_case(case_key, actor.user_key) if _concerns(uow, line, actor)]
    if not sight.decisions and not tasks and sight.case.owner_key != actor.user_key:
        raise NotFound("case", case_key)
    answers = _answers(uow, sight)
    knows = DataGroup.BASIC in sight.groups
    documents = [
        document
        for document in (uow.care.documents.of_case(case_key) if sight.decisions else ())
        if {(group, document.controller_organisation_id) for group in document.data_groups} <= sight.visible
    ]
    groups = {*answers, *({DataGroup.BASIC} if knows else ())}
    log_reading(uow, sight=sight, actor=actor, groups=groups, purpose=f"case:{case_key}", now=now)
    owner = sight.case.owner_key
    instances = uow.monitor.instances(InstanceFilters(case_key=case_key), after=None, limit=100)
    return CasePage(
        case=sight.case,
        outcome=shown_outcome(sight.case.outcome, organisation_type=actor.organisation_type),
        client=uow.care.clients.get(sight.case.client_key) if knows else None,
        owner_name=uow.accounts.names_of([owner]).get(owner, "") if owner else "",
        shown=tuple(group for group in DataGroup if group not in sight.hidden),
        hidden=sight.hidden,
        answers=answers,
        instances=tuple(instances),
        tasks=tuple(tasks),
        appointments=tuple(uow.care.appointments.of_case(case_key)) if knows else (),
        documents=tuple(documents),
        timeline=tuple(_timeline(uow, instances)),
    )


def _concerns(uow: UnitOfWork, line: TaskLine, actor: Actor) -> bool:
    return line.assignee == actor.user_key or may_take(actor, task=uow.tasks.get(line.key).restriction)


def _answers(uow: UnitOfWork, sight: Sight) -> dict[DataGroup, tuple[Answer, ...]]:
    if not sight.decisions:
        return {}
    latest = uow.care.answers.latest(sight.case.key, visible=sight.visible)
    grouped: dict[DataGroup, list[Answer]] = {}
    for answer in latest.values():
        if answer.data_group is not None and answer.value is not None:
            grouped.setdefault(answer.data_group, []).append(answer)
    return {group: tuple(items) for group, items in grouped.items()}


#: what people recognise as a step; gateways and the like are left to the monitor
_STEPS = frozenset({"userTask", "serviceTask", "sendTask", "businessRuleTask", "manualTask", "endEvent", "startEvent"})


def _timeline(uow: UnitOfWork, instances: list[InstanceLine]) -> list[HistoryLine]:
    lines: list[HistoryLine] = []
    for instance in instances:
        elements = process_of(uow, instance.definition_key).outline.elements
        names = {element.element_id: element.name for element in elements}
        lines += [
            HistoryLine(
                at=event["at"],
                process_name=instance.process_name,
                element_id=event["element_id"],
                element_name=names.get(event["element_id"], {}),
                element_type=event["element_type"],
                event=event["event"],
                actor=event["actor"] or "",
            )
            for event in uow.monitor.history(instance.key)
            if event["element_type"] in _STEPS and event["event"] != "activated"
        ]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def find_cases(uow: UnitOfWork, *, text: str, actor: Actor, now: datetime) -> list[tuple[Case, Client | None]]:
    """
    Find cases by number, identity code or name among those that the actor may see; every hit shown is logged.

    At most 200 clients are looked at; refused ones are not shown and not counted.
    """
    wanted = text.strip()
    if len(wanted) < 3:
        return []
    cases = uow.care.cases.find_by_number(wanted)
    client_keys = [case.client_key for case in cases]
    by_code = uow.care.clients.find_by_identity_code(wanted)
    if by_code is not None:
        client_keys.append(by_code)
    client_keys += [client.key for client in uow.care.clients.search_by_name(wanted, areas=actor.areas)]
    found: list[tuple[Case, Client | None]] = []
    for client_key in dict.fromkeys(client_keys):
        for case in uow.care.cases.of_client(client_key):
            sight = sight_of_case(uow, case_key=case.key, actor=actor, now=now)
            if DataGroup.BASIC in sight.groups:
                log_reading(
                    uow, sight=sight, actor=actor, groups=[DataGroup.BASIC], purpose="search", now=now, action="search"
                )
                found.append((case, uow.care.clients.get(client_key)))
    return found
