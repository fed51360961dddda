"""The monitor: running instances, what is stuck and why; shows no client data to operators (R-19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.domain.actor import CLIENT_ROLE, REPRESENTATIVE_ROLE, Actor, may_monitor, may_repair
from app.domain.errors import NotAllowed, NotFound
from app.domain.localized import LocalizedText
from app.domain.steps import ElementOutline, ProcessOutline
from app.engine.translation import in_other_words
from app.published import process_of
from app.queries.cursors import read_cursor, write_cursor
from app.storage.called_processes import CalledLine
from app.storage.invariants import NIGHTLY_RUN, OrphanGroup, Violation
from app.storage.monitor import DefinitionLine, DeliveryLine, InstanceFilters, InstanceLine
from app.storage.notices import GivenUpMails
from app.storage.outbox import OutboxMail
from app.storage.unit_of_work import UnitOfWork

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceList:
    """A page of instances and what they are chosen from."""

    lines: tuple[InstanceLine, ...]
    total: int
    next_cursor: str
    definitions: tuple[DefinitionLine, ...]
    totals: Mapping[str, int]
    #: names of the steps where each active instance stands
    where: Mapping[int, tuple[LocalizedText, ...]]
    #: violations of rule X9 that are open
    standing_still: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundLine:
    """A process around a called one."""

    key: int
    process_name: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class InstancePage:
    """
    All about one instance but whom it concerns; or about one process that was called inside it.

    Of a called process `line` has its own key, version, state and times, and what it shares with the instance.
    """

    line: InstanceLine
    #: the processes around a called one, the instance first; empty for an instance
    around: tuple[AroundLine, ...]
    #: what the process has called itself, with the numbers of incidents in each by key
    called: tuple[CalledLine, ...]
    called_incidents: Mapping[int, int]
    outline: ProcessOutline
    elements: Mapping[str, ElementOutline]
    active: Mapping[str, int]
    taken_flows: tuple[str, ...]
    history: tuple[Mapping[str, Any], ...]
    variables: tuple[Mapping[str, Any], ...]
    incidents: tuple[Mapping[str, Any], ...]
    waits: Mapping[str, list[Mapping[str, Any]]]
    audit: tuple[Mapping[str, Any], ...]
    may_repair: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPage:
    """One published version: its diagram with the numbers of tokens and incidents on it."""

    definition: DefinitionLine
    versions: tuple[DefinitionLine, ...]
    outline: ProcessOutline
    counts: Mapping[str, int]
    incident_counts: Mapping[str, int]


def ensure_may_monitor(actor: Actor) -> None:
    """Check that the actor may see instances. :raises NotAllowed: they may not"""
    if not may_monitor(actor):
        raise NotAllowed("monitor")


def instance_list(uow: UnitOfWork, *, actor: Actor, filters: InstanceFilters, after: str = "") -> InstanceList:
    """Return a page of instances, newest first. :raises NotAllowed: not a monitor's role"""
    ensure_may_monitor(actor)
    lines = uow.monitor.instances(filters, after=read_cursor(after), limit=PAGE_SIZE + 1)
    shown = lines[:PAGE_SIZE]
    definitions = uow.monitor.definitions(latest_only=True)
    return InstanceList(
        lines=tuple(shown),
        total=uow.monitor.count_instances(filters),
        next_cursor=write_cursor(shown[-1].started_at, shown[-1].key) if len(lines) > PAGE_SIZE else "",
        definitions=tuple(definitions),
        totals=uow.monitor.totals(),
        where=_where(uow, shown),
        standing_still=uow.invariants.count(),
    )


def _where(uow: UnitOfWork, lines: Sequence[InstanceLine]) -> dict[int, tuple[LocalizedText, ...]]:
    active = {line.key: line.definition_key for line in lines if line.status == "active"}
    found: dict[int, tuple[LocalizedText, ...]] = {}
    for key, places in uow.monitor.active_elements(list(active)).items():
        names = {
            (definition_key, element.element_id): element.name
            for definition_key in {place[0] for place in places}
            for element in process_of(uow, definition_key or active[key]).outline.elements
        }
        found[key] = tuple(names[place] or {"fi": place[1]} for place in places if place in names)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentGroup:
    """Open incidents of one cause at one step."""

    code: str
    process_id: str
    process_name: LocalizedText
    element_id: str
    element_name: LocalizedText
    count: int
    first_at: datetime
    last_at: datetime
    examples: tuple[Mapping[str, Any], ...]


def incident_groups(uow: UnitOfWork, *, actor: Actor) -> list[IncidentGroup]:
    """Return the open incidents by cause and step, the most frequent first, each with its newest examples."""
    ensure_may_monitor(actor)
    newest = {line.process_id: line for line in uow.monitor.definitions(latest_only=True)}
    examples = uow.monitor.incidents(status="open", limit=500)
    groups = []
    for cause in uow.monitor.incident_causes():
        definition = newest[cause["process_id"]]
        outline = process_of(uow, definition.key).outline
        names = {element.element_id: element.name for element in outline.elements}
        # what concerns the process as a whole
        names[definition.process_id] = definition.name
        same = [
            item
            for item in examples
            if (item["process_id"], item["element_id"], item["code"])
            == (cause["process_id"], cause["element_id"], cause["code"])
        ]
        groups.append(
            IncidentGroup(
                code=cause["code"],
                process_id=cause["process_id"],
                process_name=definition.name,
                element_id=cause["element_id"],
                element_name=names.get(cause["element_id"], {}),
                count=cause["count"],
                first_at=cause["first_at"],
                last_at=cause["last_at"],
                examples=tuple(same[:5]),
            )
        )
    return groups


def given_up_mails(uow: UnitOfWork, *, actor: Actor) -> list[GivenUpMails]:
    """Return to whom mails about notices could not be sent. :raises NotAllowed: not a monitor's role"""
    ensure_may_monitor(actor)
    return uow.notices.given_up_mails(limit=PAGE_SIZE)


def instance_page(uow: UnitOfWork, *, instance_key: int, actor: Actor) -> InstancePage:
    """
    Return everything about the instance, or about the called process of this key.

    :raises NotFound: no such instance
    :raises NotAllowed: not their role
    """
    ensure_may_monitor(actor)
    line, around = _line(uow, instance_key)
    owner = around[0].key if around else line.key
    outline = process_of(uow, line.definition_key).outline
    history = uow.monitor.history(owner, process_key=line.key)
    return InstancePage(
        line=line,
        around=around,
        called=tuple(uow.called_processes.of_parent(line.key)),
        called_incidents=uow.called_processes.open_incidents(owner),
        outline=outline,
        elements={element.element_id: element for element in outline.elements},
        active=active_elements(history),
        taken_flows=tuple(uow.monitor.taken_flows(owner, process_key=line.key)),
        history=tuple(history),
        variables=tuple(uow.monitor.variables(owner, process_key=line.key)),
        incidents=tuple(uow.monitor.incidents(instance_key=owner, process_key=line.key)),
        waits=uow.monitor.waits(owner, process_key=line.key),
        audit=tuple(uow.monitor.audit(owner)),
        may_repair=may_repair(actor),
    )


def _line(uow: UnitOfWork, key: int) -> tuple[InstanceLine, tuple[AroundLine, ...]]:
    line = uow.monitor.find_instance(key)
    if line is not None:
        return line, ()
    called = uow.called_processes.find(key)
    owner = None if called is None else uow.monitor.find_instance(called.instance_key)
    if called is None or owner is None:
        raise NotFound("process instance", key)
    around = [AroundLine(key=owner.key, process_name=owner.process_name)]
    around += [
        AroundLine(key=each.key, process_name=each.process_name) for each in uow.called_processes.outwards(called)
    ]
    line = replace(
        owner,
        key=called.key,
        definition_key=called.definition_key,
        process_id=called.process_id,
        process_name=called.process_name,
        version=called.version,
        version_tag=called.version_tag,
        status=called.status,
        open_incidents=uow.called_processes.open_incidents(owner.key).get(called.key, 0),
        started_at=called.started_at,
        started_by="",
        ended_at=called.ended_at,
        end_reason=owner.end_reason if called.status == owner.status else "",
    )
    return line, tuple(around)


def active_elements(history: list[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many instances of each element are active, from the lines of the history."""
    ended = {line["element_instance_key"] for line in history if line["event"] in {"completed", "terminated"}}
    return dict(
        Counter(
            line["element_id"]
            for line in history
            if line["event"] == "activated"
            and line["element_type"] != "process"
            and line["element_instance_key"] not in ended
        )
    )


def process_list(uow: UnitOfWork, *, actor: Actor) -> list[DefinitionLine]:
    """Return the processes in their newest version, with the numbers of its running instances."""
    ensure_may_monitor(actor)
    return uow.monitor.definitions(latest_only=True)


def process_page(uow: UnitOfWork, *, definition_key: int, actor: Actor) -> ProcessPage:
    """Return the version with numbers on its elements. :raises NotFound: no such version"""
    ensure_may_monitor(actor)
    outline = process_of(uow, definition_key).outline
    versions = uow.monitor.definitions(process_id=outline.process_id)
    definition = next(version for version in versions if version.key == definition_key)
    return ProcessPage(
        definition=definition,
        versions=tuple(versions),
        outline=outline,
        counts=uow.monitor.element_counts(definition_key),
        incident_counts=uow.monitor.incident_counts(definition_key),
    )


def kept_messages(
    uow: UnitOfWork, *, actor: Actor, status: str = "", after: str = ""
) -> tuple[list[Mapping[str, Any]], str]:
    """Return messages that are kept or were delivered, newest first, and the cursor of the next page."""
    ensure_may_monitor(actor)
    lines = uow.monitor.messages(status=status, after=read_cursor(after), limit=PAGE_SIZE + 1)
    shown = lines[:PAGE_SIZE]
    more = len(lines) > PAGE_SIZE
    return shown, write_cursor(shown[-1]["received_at"], shown[-1]["key"]) if more else ""


def deliveries_under_way(uow: UnitOfWork, *, actor: Actor) -> list[DeliveryLine]:
    """Return the messages and signals that are on their way. :raises NotAllowed: not an administrator"""
    ensure_may_monitor(actor)
    return uow.monitor.deliveries_under_way()


def readable_diagram(uow: UnitOfWork, *, definition_key: int, language: str) -> bytes:
    """
    Return the version's drawing for the viewer, in the words of the language; a diagram holds no client data.

    :raises NotFound: no such version
    """
    return in_other_words(uow.definitions.xml(definition_key), language)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCaseReport:
    """What the nightly look at the open cases found: the oldest lines, how many there are in all, and when it was."""

    lines: tuple[Violation, ...]
    total: int
    looked_at: datetime | None
    #: groups with free tasks that nobody can take, as they are now
    orphans: tuple[OrphanGroup, ...]
    role_names: Mapping[str, LocalizedText]
    area_names: Mapping[str, LocalizedText]


def broken_invariants(uow: UnitOfWork, *, actor: Actor) -> OpenCaseReport:
    """Return the open cases without owner or way on (rule X9), by number only. :raises NotAllowed: not their role"""
    ensure_may_monitor(actor)
    return OpenCaseReport(
        lines=tuple(uow.invariants.open(limit=200)),
        total=uow.invariants.count(),
        looked_at=uow.invariants.last_night(NIGHTLY_RUN),
        # clients come in by a door of their own and work in no unit
        orphans=tuple(uow.invariants.orphan_groups(besides={CLIENT_ROLE, REPRESENTATIVE_ROLE}, limit=100)),
        role_names=dict(uow.accounts.roles()),
        area_names=uow.reference.areas(),
    )


def sent_mail(uow: UnitOfWork, *, actor: Actor) -> list[OutboxMail]:
    """Return the newest mails of the demo's outbox."""
    ensure_may_monitor(actor)
    return uow.care.outbox.newest(200)
