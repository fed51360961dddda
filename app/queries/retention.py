"""The page of retention: how long each class is kept, what is proposed to go, what went; counts and no client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.actor import Actor
from app.domain.errors import NotAllowed
from app.domain.retention import ErasureStatus, RetentionClass, limit_name, may_decide_erasure, may_see_retention
from app.storage.reference import LIMITS
from app.storage.retention import Erasure, Retention
from app.storage.unit_of_work import UnitOfWork

#: rows that a list of the page shows; what is left comes when these are done
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLine:
    """A class with its period ("" where it is kept for good) and how many proposals stand how."""

    kind: RetentionClass
    limit_id: str
    period: str
    proposed: int
    confirmed: int
    kept: int
    erased: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPage:
    """What the page shows; the proposals one by one are for those who decide about them."""

    classes: tuple[ClassLine, ...]
    waiting: Mapping[ErasureStatus, tuple[Erasure, ...]]
    erased: tuple[Erasure, ...]
    may_decide: bool


def retention_page(uow: UnitOfWork, *, actor: Actor) -> RetentionPage:
    """
    Return the classes, the proposals of the actor's organisation, and what was erased last.

    Who runs the system sees the numbers of all organisations and no case. :raises NotAllowed: not for this person
    """
    if not may_see_retention(actor):
        raise NotAllowed("retention")
    retention = Retention(uow.connection)
    decides = may_decide_erasure(actor)
    own = actor.organisation_id if decides else None
    counted = retention.counted(controller_organisation_id=own)
    periods = uow.reference.values(LIMITS, ids=[limit_name(kind) for kind in RetentionClass])
    waiting = {}
    if decides:
        for status in (ErasureStatus.PROPOSED, ErasureStatus.CONFIRMED, ErasureStatus.KEPT):
            found = retention.list_of(status, controller_organisation_id=actor.organisation_id, limit=MOST_SHOWN)
            waiting[status] = tuple(found)
    return RetentionPage(
        classes=tuple(
            ClassLine(
                kind=kind,
                limit_id=limit_name(kind),
                period=periods.get(limit_name(kind)) or "",
                proposed=counted.get((kind, ErasureStatus.PROPOSED), 0),
                confirmed=counted.get((kind, ErasureStatus.CONFIRMED), 0),
                kept=counted.get((kind, ErasureStatus.KEPT), 0),
                erased=counted.get((kind, ErasureStatus.ERASED), 0),
            )
            for kind in RetentionClass
        ),
        waiting=waiting,
        erased=tuple(retention.erased(controller_organisation_id=own, limit=MOST_SHOWN)),
        may_decide=decides,
    )
