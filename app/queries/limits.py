"""The county's time limits and thresholds with who changed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor, may_change_limits
from app.domain.errors import NotAllowed, NotFound
from app.domain.limits import limit_text
from app.domain.localized import LocalizedText
from app.storage.reference import LIMIT_KINDS, LIMITS
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """A limit as it holds in an area; `own` says that the area has a value of its own."""

    limit_id: str
    name: LocalizedText
    kind: str
    text: str
    own: bool
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPage:
    """The limits of an area ("" for everywhere) and the areas to choose from."""

    area_id: str
    areas: Mapping[str, LocalizedText]
    lines: tuple[LimitLine, ...]


def limit_page(uow: UnitOfWork, *, area_id: str, actor: Actor) -> LimitPage:
    """Return all limits. :raises NotAllowed: not a process owner or administrator :raises NotFound: no such area"""
    if not may_change_limits(actor):
        raise NotAllowed("limits")
    areas = uow.reference.areas()
    if area_id and area_id not in areas:
        raise NotFound("area", area_id)
    kinds = uow.reference.values(LIMIT_KINDS)
    lines = {}
    for row in uow.reference.lines(LIMITS, area_id=area_id):
        if row.id in kinds:
            kind = kinds[row.id]
            lines[row.id] = LimitLine(
                limit_id=row.id,
                name=kind["name"],
                kind=kind["type"],
                text=limit_text(kind["type"], row.value),
                own=bool(row.area_id),
                changed_at=row.changed_at,
                changed_by=row.changed_by,
            )
    return LimitPage(area_id=area_id, areas=areas, lines=tuple(lines[name] for name in kinds if name in lines))
