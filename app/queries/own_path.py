"""
What clients see in their own door: where they are, who is responsible, what comes next; what they may tell and start.

Every reading of client data writes the access log in the same transaction, for the purpose own_data. Steps are told in
words that the process owner has written for clients (app.domain.client_words); of others only that they go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from app.domain.actor import Actor, may_take
from app.domain.appointments import AppointmentStatus
from app.domain.care_events import CARE_EVENTS, OFFERED_TO, offered_to
from app.domain.client import Case
from app.domain.client_way import MOST_AHEAD, steps_ahead
from app.domain.client_words import client_name, client_text
from app.domain.errors import Conflict, NotFound
from app.domain.localized import LocalizedText
from app.domain.sharing import DataGroup
from app.domain.steps import ElementOutline, ProcessOutline
from app.published import process_of
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.catalogue import startable_processes
from app.storage.appointments import Appointment
from app.storage.monitor import InstanceFilters, InstanceLine
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskLine


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTask:
    """A form that waits for the client; `with_worker`: a worker has taken it, to fill it in with them."""

    key: int
    name: LocalizedText
    due_at: datetime | None
    has_draft: bool
    with_worker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A pathway that is under way: what is being done in it now, as far as it has words for the client."""

    name: LocalizedText
    #: names for the client of what is being done now, and of what has been done, in order
    here: tuple[LocalizedText, ...]
    been: tuple[LocalizedText, ...]
    #: names of what can come after that, the nearest first; which of them comes is decided on the way
    ahead: tuple[LocalizedText, ...]
    #: whether somebody has to do something now: the client, a worker; neither: it waits for a day or a time
    waits_for_client: bool
    waits_for_worker: bool
    #: until when the workers' next step should be done
    expected_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who is responsible, and how to reach them."""

    name: str
    email: str
    unit_name: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAppointment:
    """A booked time and where."""

    appointment: Appointment
    unit_name: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOffer:
    """Something that the client can tell the case."""

    case_key: int
    subscription_key: int
    name: LocalizedText
    text: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStart:
    """Something that the client can start within their case."""

    case_key: int
    process_id: str
    element_id: str
    name: LocalizedText
    text: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """One matter of the client."""

    case: Case
    contact: Contact
    stages: tuple[Stage, ...]
    tasks: tuple[OwnTask, ...]
    appointments: tuple[OwnAppointment, ...]
    offers: tuple[OwnOffer, ...]
    starts: tuple[OwnStart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPath:
    """The first page: `name` is the client's, "" where a mandate does not cover it; closed cases come last."""

    name: str = field(repr=False)
    cases: tuple[OwnCase, ...]


def own_path(uow: UnitOfWork, *, actor: Actor, now: datetime) -> OwnPath:
    """Return where the client is in each of their cases, and log what is read."""
    sights = [sight_of_case(uow, case_key=key, actor=actor, now=now) for key in sorted(actor.case_keys)]
    visible = [sight for sight in sights if sight.decisions]
    visible.sort(key=lambda sight: (sight.case.is_open, sight.case.opened_at), reverse=True)
    knows = any(DataGroup.BASIC in sight.groups for sight in visible)
    name = ""
    if knows and actor.client_key is not None:
        with uow.care.seen_by(actor, now=now):
            name = uow.care.clients.get(actor.client_key).identity.name
    cases = tuple(_own_case(uow, sight, actor, now) for sight in visible)
    for sight in visible:
        log_reading(uow, sight=sight, actor=actor, groups=[DataGroup.BASIC], purpose="", now=now)
    return OwnPath(name=name, cases=cases)


def _own_case(uow: UnitOfWork, sight: Sight, actor: Actor, now: datetime) -> OwnCase:
    case = sight.case
    instances = [
        line
        for line in uow.monitor.instances(InstanceFilters(case_key=case.key), after=None, limit=100)
        if line.status == "active"
    ]
    tasks = uow.worklist.of_case(case.key, actor.user_key or 0)
    known = uow.tasks.get_many([line.key for line in tasks])
    own = [line for line in tasks if may_take(actor, task=known[line.key].restriction)]
    appointments: list[Appointment] = []
    if DataGroup.BASIC in sight.groups:
        with uow.care.seen_by(actor, now=now):
            appointments = uow.care.appointments.of_case(case.key)
    return OwnCase(
        case=case,
        contact=_contact(uow, case),
        stages=tuple(_stage(uow, line, tasks, own) for line in instances),
        tasks=tuple(_own_task(line, known[line.key]) for line in own),
        appointments=tuple(
            OwnAppointment(appointment=item, unit_name=uow.care.places.unit_name(item.unit_id))
            for item in appointments
            if item.status is AppointmentStatus.BOOKED and item.ends_at >= now
        ),
        offers=tuple(own_offers(uow, case_key=case.key, actor=actor)),
        starts=tuple(_starts(uow, case, actor)),
    )


def _contact(uow: UnitOfWork, case: Case) -> Contact:
    owner = case.coordinator_key or case.owner_key
    workers = uow.care.places.workers([owner]) if owner else []
    return Contact(
        name=uow.accounts.names_of([owner]).get(owner, "") if owner else "",
        email=workers[0].email if workers else "",
        unit_name=uow.care.places.unit_name(case.unit_id),
    )


def _own_task(line: TaskLine, task: Task) -> OwnTask:
    told = client_name(task.properties)
    return OwnTask(
        key=line.key,
        name=told or line.name,
        due_at=line.due_at,
        has_draft=line.has_draft,
        with_worker=line.assignee is not None,
    )


def _stage(uow: UnitOfWork, instance: InstanceLine, tasks: Sequence[TaskLine], own: Sequence[TaskLine]) -> Stage:
    outline = process_of(uow, instance.definition_key).outline
    here, been, ahead = _told_steps(uow, instance)
    waiting = [line for line in tasks if line.instance_key == instance.key]
    workers = [line for line in waiting if line not in own]
    dues = [line.due_at for line in workers if line.due_at is not None]
    return Stage(
        name=client_name(outline.properties) or instance.process_name,
        here=here,
        been=been,
        ahead=ahead,
        waits_for_client=len(workers) < len(waiting),
        waits_for_worker=bool(workers),
        expected_by=max(dues) if dues else None,
    )


#: names for the client, in order
_Names: TypeAlias = tuple[LocalizedText, ...]


def _told_steps(uow: UnitOfWork, instance: InstanceLine) -> tuple[_Names, _Names, _Names]:
    """Return what is being done now, what has been done and what can come, called processes too, in order."""
    called = uow.called_processes.definition_keys(instance.key)
    outlines = {key: process_of(uow, key).outline for key in {instance.definition_key, *called.values()}}
    words = {
        (key, element.element_id): named
        for key, outline in outlines.items()
        for element in outline.elements
        if (named := client_name(element.properties))
    }
    active: dict[int, tuple[int, str]] = {}
    been: dict[int, LocalizedText] = {}
    for line in uow.monitor.history(instance.key):
        place = (called.get(line["called_process_key"], instance.definition_key), line["element_id"])
        began = active.pop(line["element_instance_key"], None)
        if line["event"] == "activated":
            active[line["element_instance_key"]] = place
        elif line["event"] == "completed" and began is not None and place in words:
            been[line["element_instance_key"]] = words[place]
        elif line["event"] == "withdrawn":
            been.pop(line["element_instance_key"], None)
    here = tuple(words[place] for place in active.values() if place in words)
    return here, tuple(been.values()), _ahead(outlines, words, list(active.values()), here)


def _ahead(
    outlines: Mapping[int, ProcessOutline],
    words: Mapping[tuple[int, str], LocalizedText],
    active: Sequence[tuple[int, str]],
    here: _Names,
) -> _Names:
    """Return what can come after the active places, in the called processes first, each name once."""
    found: list[LocalizedText] = []
    for key in dict.fromkeys(definition for definition, _ in reversed(active)):
        told = {element_id for definition, element_id in words if definition == key}
        standing = [element_id for definition, element_id in active if definition == key]
        for element_id in steps_ahead(outlines[key].ways, active=standing, told=told):
            if words[key, element_id] not in (*found, *here):
                found.append(words[key, element_id])
    return tuple(found[:MOST_AHEAD])


# -- what clients may tell and start -----------------------------------------------------------------------------


def own_offers(uow: UnitOfWork, *, case_key: int, actor: Actor) -> list[OwnOffer]:
    """Return the message events of the case that are offered to the client; a care event once for all instances."""
    offers: dict[str, OwnOffer] = {}
    for awaited in uow.messages.waiting_in_case(case_key):
        element = _element(uow, awaited.definition_key, awaited.element_id)
        if actor.roles.isdisjoint(offered_to(element.properties.get(OFFERED_TO, ""))):
            continue
        once = awaited.message_name if awaited.message_name in CARE_EVENTS else str(awaited.key)
        offer = OwnOffer(
            case_key=case_key,
            subscription_key=awaited.key,
            name=client_name(element.properties) or element.name,
            text=client_text(element.properties),
        )
        offers.setdefault(once, offer)
    return list(offers.values())


def find_offer(uow: UnitOfWork, *, subscription_key: int, actor: Actor) -> OwnOffer:
    """
    Return what the client is about to tell one of their cases.

    :raises Conflict: nobody waits for it any more, or it was never theirs to tell
    """
    for case_key in sorted(actor.case_keys):
        for offer in own_offers(uow, case_key=case_key, actor=actor):
            if offer.subscription_key == subscription_key:
                return offer
    raise Conflict("no case of the client waits for this")


def _element(uow: UnitOfWork, definition_key: int, element_id: str) -> ElementOutline:
    elements = process_of(uow, definition_key).outline.elements
    return next(item for item in elements if item.element_id == element_id)


def _starts(uow: UnitOfWork, case: Case, actor: Actor) -> list[OwnStart]:
    starts = []
    for process in startable_processes(uow, actor=actor, within_case=True, after_case=not case.is_open):
        outline = process_of(uow, process.definition_key).outline
        said = {element.element_id: element.properties for element in outline.elements}
        for way in process.starts:
            own = said.get(way.element_id, {})
            starts.append(
                OwnStart(
                    case_key=case.key,
                    process_id=process.process_id,
                    element_id=way.element_id,
                    name=client_name(own) or client_name(outline.properties) or way.name or process.name,
                    text=client_text(own) or client_text(outline.properties),
                )
            )
    return starts


def find_start(uow: UnitOfWork, *, case_key: int, process_id: str, element_id: str, actor: Actor) -> OwnStart:
    """
    Return what the client is about to start in a case of theirs.

    :raises NotFound: the case is not theirs, or there is nothing of the kind that they may start in it (any more)
    """
    if case_key in actor.case_keys:
        for start in _starts(uow, uow.care.get_case(case_key), actor):
            if (start.process_id, start.element_id) == (process_id, element_id):
                return start
    raise NotFound("process", process_id)
