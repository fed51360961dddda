"""What a person may start, and how."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.actor import Actor, may_publish, may_start
from app.domain.errors import NotFound
from app.domain.localized import LocalizedText
from app.domain.steps import DRAWN_ONLY, START_ROLES, start_roles
from app.published import process_of
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
    uow: UnitOfWork, *, actor: Actor, process_id: str = "", within_case: bool = False
) -> list[Startable]:
    """
    Return the processes that the actor may start by hand, by Finnish name; or the one with the id.

    A process that needs a case is offered only `within_case`. A start by message is offered to the roles that it names
    itself (kyky.startRoles on the event): others come to it from other processes.

    :raises NotFound: there is no process with the id that this person may start
    """
    found = []
    for line in uow.monitor.definitions(latest_only=True, process_id=process_id):
        outline = process_of(uow, line.key).outline
        if outline.properties.get(REQUIRES_CASE) == "true" and not within_case:
            continue
        if outline.properties.get(DRAWN_ONLY) == "true":
            continue
        said = {element.element_id: element.documentation for element in outline.elements}
        # an event with several definitions is one way in
        events = {event.element_id: event for event in outline.start_events}.values()
        starts = tuple(
            Way(element_id=event.element_id, name=event.name, documentation=said.get(event.element_id, {}))
            for event in events
            if (event.kind == "none" or event.properties.get(START_ROLES))
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
