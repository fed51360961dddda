"""Processes that start by themselves: planned when published, started when due, planned again."""

from __future__ import annotations

from datetime import datetime

from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from app.domain.errors import EngineFault, InvalidDiagram, Problem
from app.domain.steps import ProcessOutline
from app.engine.start_timers import PlannedStart, plan_start
from app.published import process_of, surroundings
from app.storage.rows import Definition
from app.storage.unit_of_work import UnitOfWork


def plan_starts(uow: UnitOfWork, *, definition: Definition, outline: ProcessOutline, now: datetime) -> None:
    """
    Plan the timer starts of a version just published; those of earlier versions are forgotten.

    :raises InvalidDiagram: a timer's expression fails or gives no time
    """
    uow.timer_starts.forget(definition.process_id)
    for event in outline.start_events:
        if event.kind == "timer":
            try:
                _plan(uow, definition.key, definition.process_id, event.element_id, None, now)
            except EngineFault as error:
                raise InvalidDiagram([Problem("timer_unreadable", place=event.element_id)]) from error


def start_by_timer(uow: UnitOfWork, *, start_key: int, now: datetime) -> int | None:
    """
    Start the process whose time has come, and plan its next start; return the instance's key.

    None where another scheduler was faster, or a new version was published meanwhile.
    """
    found = uow.timer_starts.take(start_key)
    if found is None:
        return None
    took_place = PlannedStart(due_at=found.due_at, repetitions_left=found.repetitions_left)
    _plan(uow, found.definition_key, found.process_id, found.element_id, took_place, now)
    started = start_instance(
        uow, actor=SYSTEM, definition_key=found.definition_key, start_element_id=found.element_id, now=now
    )
    return started.instance_key


def _plan(
    uow: UnitOfWork, definition_key: int, process_id: str, element_id: str, after: PlannedStart | None, now: datetime
) -> None:
    process = process_of(uow, definition_key)
    around = surroundings(uow, process, definition_key=definition_key, case_key=None, area_id="", now=now)
    planned = plan_start(process, element_id, surroundings=around, after=after)
    if planned is not None:
        uow.timer_starts.add(
            process_id=process_id,
            element_id=element_id,
            definition_key=definition_key,
            due_at=planned.due_at,
            repetitions_left=planned.repetitions_left,
        )
