"""What a person may start, and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor, may_publish, may_start
from app.domain.client import Case
from app.domain.errors import CaseClosed, Concealed, NotFound
from app.domain.first_contact import FIRST_CONTACT
from app.domain.localized import LocalizedText
from app.domain.steps import AFTER_CASE, DRAWN_ONLY, START_ROLES, is_said, start_roles
from app.published import process_of
from app.queries.access import sight_of_case
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to start a process."""

    element_id: str
    name: LocalizedText
    documentation: LocalizedText


def reference_name(uow: UnitOfWork, *, kind: str, row_id: str, area_id: str) -> LocalizedText:
    """Return the name of a row of the reference data; a row that is gone is told by its id."""
    rows = uow.reference.values(kind, area_id=area_id, ids=[row_id])
    name: LocalizedText = rows.get(row_id, {}).get("name") or {"fi": row_id}
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Startable:
    """A process in its newest version, and the ways in which this person may start it."""

    definition_key: int
    process_id: str
    version: int
    name: LocalizedText
    documentation: LocalizedText
    starts: tuple[Way, ...]


REQUIRES_CASE = "kyky.requiresCase"


def startable_processes(
    uow: UnitOfWork, *, actor: Actor, process_id: str = "", within_case: bool = False, after_case: bool = False
) -> list[Startable]:
    """
    Return the processes that the actor may start by hand, by Finnish name; or the one with the id.

    A process that needs a case is offered only `within_case`; in one that has ended (`after_case`) only what says that
    it may come then (kyky.afterCase). A start by message is offered to the roles that it names
    itself (kyky.startRoles on the event): others come to it from other processes. Where the first contact over the
    network begins (kyky.firstContact) nobody starts by hand.

    :raises NotFound: there is no process with the id that this person may start
    """
    found = []
    for line in uow.monitor.definitions(latest_only=True, process_id=process_id):
        outline = process_of(uow, line.key).outline
        if outline.properties.get(REQUIRES_CASE) == "true" and not within_case:
            continue
        if outline.properties.get(DRAWN_ONLY) == "true" or (after_case and not is_said(outline, AFTER_CASE)):
            continue
        said = {element.element_id: element.documentation for element in outline.elements}
        # an event with several definitions is one way in
        events = {event.element_id: event for event in outline.start_events}.values()
        starts = tuple(
            Way(element_id=event.element_id, name=event.name, documentation=said.get(event.element_id, {}))
            for event in events
            if (event.kind == "none" or event.properties.get(START_ROLES))
            and event.properties.get(FIRST_CONTACT) != "true"
            and (may_publish(actor) or may_start(actor, starter_roles=start_roles(outline, event)))
        )
        if starts:
            found.append(
                Startable(
                    definition_key=line.key,
                    process_id=line.process_id,
                    version=line.version,
                    name=line.name,
                    documentation=line.documentation,
                    starts=starts,
                )
            )
    if process_id and not found:
        raise NotFound("process", process_id)
    return sorted(found, key=lambda item: item.name.get("fi", "").casefold())


def startable_in_case(uow: UnitOfWork, *, case: Case, actor: Actor, process_id: str = "") -> list[Startable]:
    """
    Return what the actor may start in the case; in one that has ended only what may come after it.

    :raises CaseClosed: it has ended, and there is nothing of the kind that they may start
    :raises NotFound: there is no process with the id that this person may start
    """
    try:
        found = startable_processes(
            uow, actor=actor, process_id=process_id, within_case=True, after_case=not case.is_open
        )
    except NotFound:
        if case.is_open:
            raise
        found = []
    if not found and not case.is_open:
        raise CaseClosed(case.number)
    return found


def case_to_start_in(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> Case:
    """Return a case of whose register the actor may see something. :raises Concealed: they may not"""
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
    if not sight.groups:
        raise Concealed("case", case_key, case_key=case_key)
    return sight.case
