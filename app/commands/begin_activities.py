"""Begin activities of an ad-hoc sub-process that somebody has chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.commands._record import record_step
from app.domain.actor import Actor, may_repair
from app.domain.errors import InstancePaused, InvalidInput, NotAllowed, NotFound, Problem
from app.domain.sent_variables import check_variables
from app.domain.steps import ActivitiesBegun
from app.engine.run import advance
from app.published import locked_surroundings, process_of
from app.storage.unit_of_work import UnitOfWork


def begin_activities(
    uow: UnitOfWork,
    *,
    element_instance_key: int,
    activities: Sequence[tuple[str, Mapping[str, Any]]],
    cancels_remaining: bool,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """
    Begin the activities (element id, variables of its own) in the ad-hoc sub-process of that element instance.

    :raises NotFound: no such ad-hoc sub-process is going on
    :raises InstanceEnded: its instance has ended
    :raises InstancePaused: an administrator has paused the process
    :raises NotAllowed: the actor may not repair instances
    :raises InvalidInput: no reason given, an activity that cannot be begun, or a variable that may not be sent
    :raises Conflict: it is about to end, or does one after the other
    """
    for _, variables in activities:
        check_variables(variables)
    if not may_repair(actor):
        raise NotAllowed("begin_activities")
    if not reason.strip():
        raise InvalidInput([Problem("reason_required", place="reason")])
    found = uow.api_searches.instance_of_scope(element_instance_key)
    if found is None:
        raise NotFound("element instance", element_instance_key)
    instance = uow.instances.lock_active(found[0])
    if instance.paused_at is not None:
        raise InstancePaused(instance.key)
    process = process_of(uow, instance.definition_key)
    trigger = ActivitiesBegun(
        key=element_instance_key, activities=tuple(activities), cancels_remaining=cancels_remaining
    )
    around = locked_surroundings(uow, process, instance, now=now)
    step = advance(process, instance.state, trigger, surroundings=around)
    record_step(uow, instance=instance, step=step, actor=actor, now=now)
    uow.audit.add(
        actor=actor,
        action="activities_begun",
        subject="process_instance",
        subject_key=instance.key,
        instance_key=instance.key,
        case_key=instance.case_key,
        reason=reason.strip(),
        details={"scope": str(element_instance_key), "elements": [name for name, _ in activities]},
        now=now,
    )
