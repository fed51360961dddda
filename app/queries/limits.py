"""The county's time limits and thresholds with who changed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor, may_change_limits
from app.domain.errors import NotAllowed, NotFound
from app.domain.limits import limit_text
from app.domain.localized import LocalizedText
from app.storage.logs import LimitChange
from app.storage.reference import AREA_SETTING_KINDS, AREA_SETTINGS, LIMIT_KINDS, LIMITS, OF_AREA
from app.storage.unit_of_work import UnitOfWork

#: what a page shows of a limit's history
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """A limit as it holds in an area; `own` says that the area has a value of its own."""

    limit_id: str
    name: LocalizedText
    kind: str
    text: str
    own: bool
    choices: tuple[str, ...]
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPage:
    """The limits of an area ("" for everywhere) and the areas to choose from."""

    area_id: str
    areas: Mapping[str, LocalizedText]
    lines: tuple[LimitLine, ...]
    #: settings of the area, which pathways read as `viite.alue.*`; none where no area is chosen
    settings: tuple[LimitLine, ...]


def limit_page(uow: UnitOfWork, *, area_id: str, actor: Actor) -> LimitPage:
    """Return all limits. :raises NotAllowed: not a process owner or administrator :raises NotFound: no such area"""
    if not may_change_limits(actor):
        raise NotAllowed("limits")
    areas = uow.reference.areas()
    if area_id and area_id not in areas:
        raise NotFound("area", area_id)
    return LimitPage(
        area_id=area_id,
        areas=areas,
        lines=_lines(uow, LIMITS, LIMIT_KINDS, area_id),
        settings=_lines(uow, AREA_SETTINGS, AREA_SETTING_KINDS, area_id, prefix=OF_AREA) if area_id else (),
    )


def _lines(uow: UnitOfWork, table: str, kinds_table: str, area_id: str, *, prefix: str = "") -> tuple[LimitLine, ...]:
    kinds = uow.reference.values(kinds_table)
    lines = {}
    for row in uow.reference.lines(table, area_id=area_id):
        if row.id in kinds:
            kind = kinds[row.id]
            lines[row.id] = LimitLine(
                limit_id=prefix + row.id,
                name=kind["name"],
                kind=kind["type"],
                text=limit_text(kind["type"], row.value),
                own=bool(row.area_id),
                choices=tuple(kind.get("choices", ())),
                changed_at=row.changed_at,
                changed_by=row.changed_by,
            )
    return tuple(lines[name] for name in kinds if name in lines)


def changes_of_limit(uow: UnitOfWork, *, limit_id: str, actor: Actor) -> list[LimitChange]:
    """Return the last changes of the limit in any area, newest first. :raises NotAllowed: not for this person"""
    if not may_change_limits(actor):
        raise NotAllowed("limits")
    return uow.audit.changes_of_limit(limit_id, limit=MOST_CHANGES)
