"""What happens in a case, as people tell it: its steps so far, where it is drawn to be, and what may be told to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.actor import Actor
from app.domain.care_events import CARE_EVENTS, OFFERED_TO, offered_to
from app.domain.course import is_told, name_of
from app.domain.localized import LocalizedText
from app.domain.steps import ElementOutline
from app.published import process_of
from app.storage.monitor import InstanceLine
from app.storage.unit_of_work import UnitOfWork


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


def case_offers(uow: UnitOfWork, case_key: int, actor: Actor, instances: Sequence[InstanceLine]) -> list[Offer]:
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


def drawn_process(uow: UnitOfWork, instance: InstanceLine) -> Drawn:
    """Return the running process with what has happened in it."""
    return Drawn(
        definition_key=instance.definition_key,
        name=instance.process_name,
        elements=process_of(uow, instance.definition_key).outline.elements,
        history=tuple(uow.monitor.history(instance.key, process_key=instance.key)),
    )


def case_timeline(uow: UnitOfWork, instances: list[InstanceLine]) -> list[HistoryLine]:
    """Return what was done in the instances, the newest first."""
    lines: list[HistoryLine] = []
    for instance in instances:
        called = uow.called_processes.definition_keys(instance.key)
        outlines = {
            key: {element.element_id: element for element in process_of(uow, key).outline.elements}
            for key in {instance.definition_key, *called.values()}
        }
        for event in uow.monitor.history(instance.key):
            elements = outlines[called.get(event["called_process_key"], instance.definition_key)]
            element = elements.get(event["element_id"])
            if is_told(event, element):
                lines.append(
                    HistoryLine(
                        at=event["at"],
                        process_name=instance.process_name,
                        element_id=event["element_id"],
                        element_name=name_of(element, elements),
                        element_type=event["element_type"],
                        event=event["event"],
                        actor=event["actor"] or "",
                    )
                )
    # turned round after sorting: what happened at the same moment keeps its order
    return sorted(lines, key=lambda line: line.at)[::-1]
