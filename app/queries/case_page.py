"""The case page: one client's matter as this person may see it; what is hidden is said to be hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain.access import Ground
from app.domain.actor import Actor, may_take
from app.domain.care_events import CARE_EVENTS, OFFERED_TO, offered_to
from app.domain.client import Case, Client
from app.domain.disclosure import may_open_document
from app.domain.errors import CaseClosed, Concealed, NotAllowed
from app.domain.facts import Answer
from app.domain.localized import LocalizedText
from app.domain.masking import may_see_appointment, may_see_course, shown_outcome
from app.domain.sharing import DataGroup
from app.domain.steps import ElementOutline
from app.published import process_of
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.case_records import CaseRecords, case_records, kept_groups, why_hidden
from app.queries.cursors import read_cursor, write_cursor
from app.queries.same_client import SameClient, same_clients
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
    unit_name: LocalizedText
    hidden: tuple[DataGroup, ...]
    #: hidden data groups in which the case has something, each with the reason (a key of the texts)
    hidden_with_content: Mapping[DataGroup, str]
    records: CaseRecords
    #: other open cases that may be of the same client
    same_client: tuple[SameClient, ...]
    answers: Mapping[DataGroup, tuple[Answer, ...]] = field(repr=False)
    instances: tuple[InstanceLine, ...]
    tasks: tuple[TaskLine, ...]
    appointments: tuple[Appointment, ...]
    documents: tuple[StoredDocument, ...]
    timeline: tuple[HistoryLine, ...]
    drawn: tuple[Drawn, ...]
    offers: tuple[Offer, ...]
    #: whether the client is served in the actor's own register, who then keep the mandates of representatives
    is_own_client: bool = False
    #: until when the viewer sees more than they may otherwise: they have opened the case in an emergency
    emergency_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that may have happened, which this person can tell the case: the button of a message event."""

    subscription_key: int
    name: LocalizedText
    documentation: LocalizedText
    process_name: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A running process of the case, for its diagram."""

    definition_key: int
    name: LocalizedText
    elements: tuple[ElementOutline, ...]
    history: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case in a list; `client` only where it was looked for and may be shown."""

    case: Case
    owner_name: str
    unit_name: LocalizedText
    open_tasks: int = 0
    client: Client | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseList:
    """A page of cases."""

    lines: tuple[CaseLine, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentContent:
    """A document for somebody who may read it."""

    key: int
    media_type: str
    content: bytes = field(repr=False)

    @property
    def suffix(self) -> str:
        """The ending of the file's name."""
        return _SUFFIXES.get(self.media_type, "bin")


_SUFFIXES = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "text/plain": "txt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.oasis.opendocument.text": "odt",
}
PAGE_SIZE = 50


def case_page(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> CasePage:
    """
    Return the case as the actor may see it, and log what is read.

    :raises NotFound: no such case
    :raises Concealed: it is not for this person
    """
    sight, tasks = _open(uow, case_key=case_key, actor=actor, now=now, with_emergency=True)
    knows = DataGroup.BASIC in sight.groups
    with uow.care.seen_by(actor, now=now):
        answers = _answers(uow, sight)
        records = case_records(uow, sight=sight, actor=actor, now=now)
        client = uow.care.clients.get(sight.case.client_key) if knows else None
        appointments = uow.care.appointments.of_case(case_key) if knows else []
        documents = [
            document
            for document in (uow.care.documents.of_case(case_key) if sight.decisions else ())
            if _may_open(document, sight, actor)
        ]
    groups = {*answers, *records.groups, *({DataGroup.BASIC} if knows else ())}
    log_reading(uow, sight=sight, actor=actor, groups=groups, purpose=f"case:{case_key}", now=now)
    same = same_clients(uow, client, actor=actor, now=now) if client is not None and sight.case.is_open else ()
    owner = sight.case.owner_key
    instances = uow.monitor.instances(InstanceFilters(case_key=case_key), after=None, limit=100)
    kind = actor.organisation_type
    told = [line for line in instances if may_see_course(organisation_type=kind, own=line.unit_id == actor.unit_id)]
    kept = {group for group, _ in uow.care.answers.groups_and_controllers(case_key)} | kept_groups(uow, case_key)
    units = uow.accounts.unit_names([sight.case.unit_id])
    # what is opened in an emergency is read and nothing else
    is_emergency = sight.emergency_until is not None
    return CasePage(
        case=sight.case,
        outcome=shown_outcome(sight.case.outcome, organisation_type=actor.organisation_type),
        client=client,
        owner_name=uow.accounts.names_of([owner]).get(owner, "") if owner else "",
        unit_name=units.get(sight.case.unit_id, {}),
        hidden=sight.hidden,
        hidden_with_content={
            group: why_hidden(sight, group, actor=actor, now=now) for group in sight.hidden if group in kept
        },
        records=records,
        same_client=same,
        answers=answers,
        instances=tuple(instances),
        tasks=tuple(tasks),
        appointments=tuple(item for item in appointments if may_see_appointment(item.status, organisation_type=kind)),
        documents=tuple(documents),
        timeline=tuple(_timeline(uow, told)),
        drawn=tuple(_drawn(uow, instance) for instance in told if instance.status == "active"),
        is_own_client=knows and sight.groups[DataGroup.BASIC].ground is Ground.OWN_REGISTER,
        offers=() if is_emergency else tuple(_offers(uow, case_key, actor, instances)),
        emergency_until=sight.emergency_until,
    )


def _may_open(document: StoredDocument, sight: Sight, actor: Actor) -> bool:
    """Tell whether the actor may see the document: all of its data groups, and whom it was composed for."""
    records = {(group, document.controller_organisation_id) for group in document.data_groups}
    return records <= sight.visible and may_open_document(
        document.document_class,
        controller_organisation_id=document.controller_organisation_id,
        organisation_id=actor.organisation_id,
        masked=any(sight.decisions[record].masked for record in records),
    )


def ensure_open_to(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> None:
    """
    Check that the actor may open the page of the case, before they do anything there.

    :raises NotFound: no such case
    :raises Concealed: it is not for this person
    """
    _open(uow, case_key=case_key, actor=actor, now=now)


def _open(
    uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime, with_emergency: bool = False
) -> tuple[Sight, list[TaskLine]]:
    """
    Let in those who may see one of the case's data groups, its owner, and those who have a task in it.

    Owning ends with the case: what the owner may see of a closed one they see by their role.
    """
    if actor.user_key is None:
        raise NotAllowed("case")
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now, with_emergency=with_emergency)
    tasks = [line for line in uow.worklist.of_case(case_key, actor.user_key) if _concerns(uow, line, actor)]
    owns = sight.case.is_open and sight.case.owner_key == actor.user_key
    if not sight.decisions and not tasks and not owns:
        raise Concealed("case", case_key, case_key=case_key)
    return sight, tasks


def _offers(uow: UnitOfWork, case_key: int, actor: Actor, instances: Sequence[InstanceLine]) -> list[Offer]:
    """Return the message events offered to the actor's roles; one care event is offered once for all instances."""
    names = {line.key: line.process_name for line in instances}
    offers: dict[str, Offer] = {}
    for awaited in uow.messages.waiting_in_case(case_key):
        elements = process_of(uow, awaited.definition_key).outline.elements
        element = next(item for item in elements if item.element_id == awaited.element_id)
        if not actor.roles.isdisjoint(offered_to(element.properties.get(OFFERED_TO, ""))):
            once = awaited.message_name if awaited.message_name in CARE_EVENTS else str(awaited.key)
            offers.setdefault(
                once,
                Offer(
                    subscription_key=awaited.key,
                    name=element.name,
                    documentation=element.documentation,
                    process_name=names.get(awaited.instance_key, {}),
                ),
            )
    return list(offers.values())


def _drawn(uow: UnitOfWork, instance: InstanceLine) -> Drawn:
    return Drawn(
        definition_key=instance.definition_key,
        name=instance.process_name,
        elements=process_of(uow, instance.definition_key).outline.elements,
        history=tuple(uow.monitor.history(instance.key, process_key=instance.key)),
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
        called = uow.called_processes.definition_keys(instance.key)
        names = {
            key: {element.element_id: element.name for element in process_of(uow, key).outline.elements}
            for key in {instance.definition_key, *called.values()}
        }
        lines += [
            HistoryLine(
                at=event["at"],
                process_name=instance.process_name,
                element_id=event["element_id"],
                element_name=names[called.get(event["called_process_key"], instance.definition_key)].get(
                    event["element_id"], {}
                ),
                element_type=event["element_type"],
                event=event["event"],
                actor=event["actor"] or "",
            )
            for event in uow.monitor.history(instance.key)
            if event["element_type"] in _STEPS and event["event"] != "activated"
        ]
    # turned round after sorting: what happened at the same moment keeps its order
    return sorted(lines, key=lambda line: line.at)[::-1]


def find_cases(uow: UnitOfWork, *, text: str, actor: Actor, now: datetime) -> list[CaseLine]:
    """
    Find cases by identity code, telephone or name among those that the actor may see; every hit shown is logged.

    At most 200 clients are looked at; refused ones are not shown and not counted. A search that shows nothing is a
    refused attempt in the log: for whom, where the identity code or the number was exactly somebody's.
    """
    wanted = text.strip()
    if len(wanted) < 3:
        return []
    exact = uow.care.clients.find_exactly(wanted)
    by_name = uow.care.clients.keys_by_name(wanted, areas=actor.areas)
    found: list[Case] = []
    for client_key in dict.fromkeys([*exact, *by_name]):
        for case in uow.care.cases.of_client(client_key):
            sight = sight_of_case(uow, case_key=case.key, actor=actor, now=now)
            if DataGroup.BASIC in sight.groups:
                log_reading(
                    uow, sight=sight, actor=actor, groups=[DataGroup.BASIC], purpose="search", now=now, action="search"
                )
                found.append(case)
    if not found:
        _log_vain_search(uow, exact, actor, now)
    lines = _lines(uow, found)
    with uow.care.seen_by(actor, now=now):
        clients = uow.care.clients.get_many({case.client_key for case in found})
    return [replace(line, client=clients[line.case.client_key]) for line in lines]


def _log_vain_search(uow: UnitOfWork, exact: Sequence[int], actor: Actor, now: datetime) -> None:
    whose: Sequence[int | None] = exact or [None]
    for client_key in whose:
        uow.access_log.add(
            actor=actor,
            action="refused",
            client_key=client_key,
            case_key=None,
            data_groups=[],
            purpose="search",
            ground="nothing_shown",
            now=now,
        )


def list_cases(uow: UnitOfWork, *, actor: Actor, number: str, status: str, after: str, now: datetime) -> CaseList:
    """Return the cases of the actor and of their unit, newest first; one with a number where they may see it."""
    if number:
        found = [
            case
            for case in uow.care.cases.find_by_number(number)
            if sight_of_case(uow, case_key=case.key, actor=actor, now=now).decisions
        ]
        return CaseList(lines=tuple(_lines(uow, found)), next_cursor="")
    cases = uow.care.cases.of_unit(
        owner_key=actor.user_key,
        unit_id=actor.unit_id,
        status=status,
        after=read_cursor(after),
        limit=PAGE_SIZE + 1,
    )
    shown = cases[:PAGE_SIZE]
    more = write_cursor(shown[-1].opened_at, shown[-1].key) if len(cases) > PAGE_SIZE else ""
    return CaseList(lines=tuple(_lines(uow, shown)), next_cursor=more)


def _lines(uow: UnitOfWork, cases: Sequence[Case]) -> list[CaseLine]:
    owners = uow.accounts.names_of({case.owner_key for case in cases if case.owner_key})
    units = uow.accounts.unit_names({case.unit_id for case in cases})
    tasks = uow.worklist.open_by_case([case.key for case in cases])
    return [
        CaseLine(
            case=case,
            owner_name=owners.get(case.owner_key or 0, ""),
            unit_name=units.get(case.unit_id, {}),
            open_tasks=tasks.get(case.key, 0),
        )
        for case in cases
    ]


def open_case_number(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> str:
    """
    Return the number of a case that the actor may see something of, and in which something can be started.

    :raises Concealed: they may not
    :raises CaseClosed: it has ended
    """
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
    if not sight.decisions:
        raise Concealed("case", case_key, case_key=case_key)
    if not sight.case.is_open:
        raise CaseClosed(sight.case.number)
    return sight.case.number


def document_content(uow: UnitOfWork, *, document_key: int, actor: Actor, now: datetime) -> DocumentContent:
    """
    Return the document and log that it was read.

    :raises NotFound: no such document
    :raises Concealed: one of its data groups is not for this person
    """
    document = uow.care.documents.get(document_key)
    sight = sight_of_case(uow, case_key=document.case_key, actor=actor, now=now, with_emergency=True)
    if not _may_open(document, sight, actor):
        raise Concealed("document", document_key, case_key=document.case_key)
    log_reading(uow, sight=sight, actor=actor, groups=document.data_groups, purpose=f"document:{document_key}", now=now)
    with uow.care.seen_by(actor, now=now):
        content = uow.care.documents.content(document_key)
    return DocumentContent(key=document_key, media_type=document.media_type, content=content)
