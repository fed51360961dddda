"""When a process starts by itself: the timers of its start events, planned and planned again after each start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.errors import NotFound
from app.engine import feel
from app.engine.expressions import Constant
from app.engine.seam import Surroundings
from app.engine.timers import plan

if TYPE_CHECKING:
    from app.engine.diagrams import CompiledProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStart:
    """The next start: when (UTC), and how many more after it (None: no cycle, -1: endless)."""

    due_at: datetime
    repetitions_left: int | None


def plan_start(
    process: CompiledProcess, element_id: str, *, surroundings: Surroundings, after: PlannedStart | None = None
) -> PlannedStart | None:
    """
    Return the first start of a timer start event, or the one `after` a start that took place; None where there is none.

    Its expression reads the contexts, there are no variables yet. Starts missed meanwhile are one; the grid is kept.

    :raises NotFound: the process has no such timer start event
    :raises EngineFault: the expression fails or is no time
    """
    timer = process.spec.start_timers.get(element_id)
    if timer is None:
        raise NotFound("timer start event", element_id)
    value = timer.value
    moment = surroundings.now
    if isinstance(value, Constant):
        schedule = plan(timer.kind, value.value, moment)
    else:
        schedule = plan(timer.kind, feel.evaluate_one(value.text, surroundings.contexts, now=moment), moment)
    if after is None:
        return PlannedStart(due_at=schedule.due, repetitions_left=schedule.left)
    took_place = replace(schedule, due=after.due_at, left=after.repetitions_left)
    following = took_place.next_after(moment)
    return None if following is None else PlannedStart(due_at=following.due, repetitions_left=following.left)
