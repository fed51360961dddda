"""Who gives user tasks to other people, and changes their dates."""

from __future__ import annotations

from app.domain.actor import Actor, may_repair

SUPERVISING_ROLES = frozenset({"r_esihenkilo"})


def may_see_delays(actor: Actor) -> bool:
    """Tell whether the actor sees what is late in their unit: number of the case and step, nothing of the client."""
    return not actor.roles.isdisjoint(SUPERVISING_ROLES)


def may_direct_some(actor: Actor) -> bool:
    """Tell whether there are tasks that the actor may direct, whichever."""
    return may_repair(actor) or may_see_delays(actor)


def may_direct(actor: Actor, *, unit_id: str, area_id: str) -> bool:
    """Tell whether the actor may direct a task: a supervisor in the task's unit and area, or who may repair."""
    if may_repair(actor):
        return True
    if actor.roles.isdisjoint(SUPERVISING_ROLES):
        return False
    in_area = not area_id or actor.areas is None or area_id in actor.areas
    return in_area and unit_id in ("", actor.unit_id)
