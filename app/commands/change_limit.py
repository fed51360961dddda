"""Change a time limit or threshold of the county or of one of its areas, or a setting of an area."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.domain.actor import Actor, may_change_limits
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.limits import limit_text, read_limit
from app.storage.reference import AREA_SETTING_KINDS, AREA_SETTINGS, LIMIT_KINDS, LIMITS, OF_AREA
from app.storage.unit_of_work import UnitOfWork


def change_limit(
    uow: UnitOfWork, *, limit_id: str, area_id: str, text: str, was: str, actor: Actor, now: datetime
) -> bool:
    """
    Write the limit's value in the area ("" for everywhere) where it is another; return whether it is.

    A setting of an area is a limit whose id begins with `alue.`. The value holds for what begins to count from now on:
    timers and due dates that are open stay as they are. `was` is the value that the person saw.

    :raises NotAllowed: the actor may not change limits
    :raises NotFound: no such limit or area
    :raises InvalidInput: the text is no value of the limit's kind
    :raises Conflict: somebody else changed it meanwhile
    """
    if not may_change_limits(actor):
        raise NotAllowed("change_limit")
    name = limit_id.removeprefix(OF_AREA)
    of_area = name != limit_id
    kinds: dict[str, Any] = uow.reference.values(AREA_SETTING_KINDS if of_area else LIMIT_KINDS, ids=[name])
    table, home = (AREA_SETTINGS, area_id) if of_area else (LIMITS, "")
    values = uow.reference.lock(table, name, area_id=home)
    if name not in kinds or home not in values:
        raise NotFound("limit", limit_id)
    if area_id and area_id not in uow.reference.areas():
        raise NotFound("area", area_id)
    present = values.get(area_id, values[home])
    kind = kinds[name]["type"]
    value = read_limit(kind, text, present=present, choices=kinds[name].get("choices", ()))
    if limit_text(kind, present) != was:
        raise Conflict("the limit was changed meanwhile")
    if value == present:
        return False
    uow.reference.put(table, {name: value}, area_id=area_id, by=actor.user_key, now=now)
    uow.audit.add(
        actor=actor,
        action="limit_changed",
        subject="limit",
        subject_key=0,
        details={"limit": limit_id, "area": area_id, "from": limit_text(kind, present), "to": limit_text(kind, value)},
        now=now,
    )
    return True
