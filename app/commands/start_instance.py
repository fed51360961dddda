"""Start a process instance."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._record import record_step
from app.domain.actor import Actor, may_act_in, may_publish, may_start, may_take
from app.domain.errors import CaseClosed, InvalidInput, NotAllowed, Problem, StaleVersion
from app.domain.keys import new_key
from app.domain.steps import AFTER_CASE, DRAWN_ONLY, ProcessOutline, is_said, start_roles
from app.engine.run import start
from app.published import process_of, surroundings
from app.storage.rows import Definition
from app.storage.unit_of_work import UnitOfWork


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The new instance and the version that it runs."""

    instance_key: int
    definition: Definition


def start_instance(
    uow: UnitOfWork,
    *,
    actor: Actor,
    now: datetime,
    process_id: str = "",
    definition_key: int | None = None,
    start_element_id: str | None = None,
    variables: Mapping[str, Any] | None = None,
    case_key: int | None = None,
    area_id: str | None = None,
    business_id: str = "",
) -> Started:
    """
    Start the process at its start event and run it to its first wait.

    The newest version runs unless `definition_key` names another. The instance belongs to the actor's unit and
    area, or to the area given. `case_key` ties it to a case.

    :raises NotFound: no such process, version or start event
    :raises NotAllowed: none of the actor's roles may start it, or it is there to be looked at only
    :raises CaseClosed: the case has ended; a new contact opens a new one
    """
    definition = (
        uow.definitions.get_latest(process_id) if definition_key is None else uow.definitions.get(definition_key)
    )
    process = process_of(uow, definition.key)
    if process.outline.properties.get(DRAWN_ONLY) == "true":
        raise NotAllowed("drawn_only")
    ensure_may_start(actor, process.outline, start_element_id)
    if not may_act_in(actor, case_key):
        raise NotAllowed("start_process")
    key = new_key()
    # locked until the commit: a case that is just being closed gets nothing new
    case = uow.care.cases.lock(case_key) if case_key is not None else None
    if case is not None and not case.is_open and not is_said(process.outline, AFTER_CASE):
        raise CaseClosed(case.number)
    # what clients start themselves belongs to those who serve them
    serving = case if case is not None and actor.client_key is not None else None
    area = area_id if area_id is not None else (case.area_id if case else home_area(actor))
    instance = uow.instances.add(
        key=key,
        definition_key=definition.key,
        process_id=definition.process_id,
        version=definition.version,
        case_key=case_key,
        area_id=area,
        organisation_id=actor.organisation_id if serving is None else serving.controller_organisation_id,
        unit_id=actor.unit_id if serving is None else serving.unit_id,
        business_id=business_id,
        started_by=actor.user_key,
        now=now,
    )
    first = dict(variables or {})
    if case_key is not None:
        first["asia_id"] = str(case_key)
    step = start(
        process,
        variables=first,
        surroundings=surroundings(
            uow, process, definition_key=definition.key, case_key=case_key, area_id=area, now=now
        ),
        start_element_id=start_element_id,
        instance_key=key,
    )
    record_step(uow, instance=instance, step=step, actor=actor, now=now)
    uow.audit.add(
        actor=actor,
        action="instance_started",
        subject="process_instance",
        subject_key=key,
        instance_key=key,
        case_key=case_key,
        details={"process": definition.process_id, "version": definition.version},
        now=now,
    )
    return Started(instance_key=key, definition=definition)


def home_area(actor: Actor) -> str:
    """Return the one area of the actor's unit, or "" where there is none or more than one."""
    return next(iter(actor.areas)) if actor.areas is not None and len(actor.areas) == 1 else ""


def ensure_may_start(actor: Actor, outline: ProcessOutline, start_element_id: str | None) -> None:
    """
    Check that the actor may start the process there.

    Those who may publish may also start: a process owner tries out what they have drawn.

    :raises NotAllowed: none of the actor's roles may
    :raises InvalidInput: there is no such start event
    """
    events = [
        event
        for event in outline.start_events
        if event.element_id == start_element_id or (start_element_id is None and event.kind == "none")
    ]
    if start_element_id is not None and not events:
        raise InvalidInput([Problem("unknown_start_event", place=start_element_id)])
    if may_publish(actor):
        return
    if not any(may_start(actor, starter_roles=start_roles(outline, event)) for event in events):
        raise NotAllowed("start_process")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StartedByHand:
    """The new instance, and its first task where the one who started it may do it: it is theirs at once."""

    instance_key: int
    first_task_key: int | None


def start_by_hand(
    uow: UnitOfWork,
    *,
    actor: Actor,
    process_id: str,
    start_element_id: str | None,
    case_key: int | None,
    submission_id: str,
    now: datetime,
) -> StartedByHand:
    """
    Start the process from a page and give its first task to the one who started it.

    The same page sent twice gives the first instance.

    :raises NotFound: no such process
    :raises NotAllowed: none of the actor's roles may start it
    :raises CaseClosed: the case has ended; a new contact opens a new one
    """
    if actor.user_key is None:
        raise NotAllowed("start_process")
    first = uow.tasks.find_submission(submission_id, user_key=actor.user_key) if submission_id else None
    if first is not None:
        return StartedByHand(
            instance_key=int(first["instance"]), first_task_key=int(first["task"]) if first["task"] else None
        )
    started = start_instance(
        uow, actor=actor, process_id=process_id, start_element_id=start_element_id, case_key=case_key, now=now
    )
    opened = [task for task in uow.tasks.open_of(started.instance_key) if may_take(actor, task=task.restriction)]
    task_key = opened[0].key if opened else None
    # clients hold no tasks: a worker may fill the form in with them
    if opened and opened[0].assignee is None and actor.client_key is None:
        uow.tasks.assign(opened[0].key, actor.user_key, expected=None, now=now)
    if submission_id:
        result = {"instance": str(started.instance_key), "task": str(task_key or "")}
        uow.tasks.remember_submission(
            submission_id,
            user_key=actor.user_key,
            action="start",
            result=result,
            now=now,
            otherwise=StaleVersion("submission", submission_id),
        )
    return StartedByHand(instance_key=started.instance_key, first_task_key=task_key)
