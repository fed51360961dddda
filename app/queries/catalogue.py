"""What a person may start, and how."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.actor import Actor, may_publish, may_start
from app.domain.localized import LocalizedText
from app.domain.steps import StartEvent, start_roles
from app.published import process_of
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Startable:
    """A process in its newest version, and the start events that this person may use."""

    definition_key: int
    process_id: str
    version: int
    name: LocalizedText
    documentation: LocalizedText
    starts: tuple[StartEvent, ...]


def startable_processes(uow: UnitOfWork, *, actor: Actor) -> list[Startable]:
    """Return the processes that the actor may start by hand, by Finnish name."""
    found = []
    for line in uow.monitor.definitions(latest_only=True):
        outline = process_of(uow, line.key).outline
        starts = tuple(
            event
            for event in outline.start_events
            if (event.kind == "none" or start_roles(outline, event))
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
    return sorted(found, key=lambda item: item.name.get("fi", "").casefold())
