"""Change a time limit or threshold of the county, or of one of its areas."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.domain.actor import Actor, may_change_limits
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.limits import limit_text, read_limit
from app.storage.reference import LIMIT_KINDS, LIMITS
from app.storage.unit_of_work import UnitOfWork


def change_limit(
    uow: UnitOfWork, *, limit_id: str, area_id: str, text: str, was: str, actor: Actor, now: datetime
) -> bool:
    """
    Write the limit's value in the area ("" for everywhere) where it is another; return whether it is.

    It holds for what begins to count from now on: timers and due dates that are open stay as they are. `was` is the
    value that the person saw.

    :raises NotAllowed: the actor may not change limits
    :raises NotFound: no such limit or area
    :raises InvalidInput: the text is no value of the limit's kind
    :raises Conflict: somebody else changed it meanwhile
    """
    if not may_change_limits(actor):
        raise NotAllowed("change_limit")
    kinds: dict[str, Any] = uow.reference.values(LIMIT_KINDS, ids=[limit_id])
    everywhere = uow.reference.lock(LIMITS, limit_id)
    if limit_id not in kinds or "" not in everywhere:
        raise NotFound("limit", limit_id)
    if area_id and area_id not in uow.reference.areas():
        raise NotFound("area", area_id)
    present = everywhere.get(area_id, everywhere[""])
    kind = kinds[limit_id]["type"]
    value = read_limit(kind, text, present=present)
    if limit_text(kind, present) != was:
        raise Conflict("the limit was changed meanwhile")
    if value == present:
        return False
    uow.reference.put(LIMITS, {limit_id: value}, area_id=area_id, by=actor.user_key, now=now)
    uow.audit.add(
        actor=actor,
        action="limit_changed",
        subject="limit",
        subject_key=0,
        details={"limit": limit_id, "area": area_id, "from": limit_text(kind, present), "to": limit_text(kind, value)},
        now=now,
    )
    return True
