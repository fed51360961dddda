"""Confirm, keep and carry out what was proposed to be erased (R-13, R-14, S45)."""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import datetime

from app.commands._retention import period_over, services_by_class
from app.domain.actor import SYSTEM, Actor
from app.domain.errors import Conflict, NotAllowed
from app.domain.retention import ErasureStatus, KeepReason, RetentionClass, may_decide_erasure
from app.storage.erasing import Erasing
from app.storage.retention import Erasure, Retention
from app.storage.unit_of_work import UnitOfWork


class ErasureChoice(enum.StrEnum):
    """What the data protection officer does with a proposal."""

    CONFIRM = "confirm"
    KEEP = "keep"
    RECONSIDER = "reconsider"


_CHANGES = {
    ErasureChoice.CONFIRM: ((ErasureStatus.PROPOSED,), ErasureStatus.CONFIRMED),
    ErasureChoice.KEEP: ((ErasureStatus.PROPOSED, ErasureStatus.CONFIRMED), ErasureStatus.KEPT),
    ErasureChoice.RECONSIDER: ((ErasureStatus.CONFIRMED, ErasureStatus.KEPT), ErasureStatus.PROPOSED),
}


def decide_erasure(
    uow: UnitOfWork,
    *,
    keys: Collection[int],
    choice: ErasureChoice,
    reason: KeepReason | None,
    actor: Actor,
    now: datetime,
) -> int:
    """
    Confirm the proposals, keep what they are about (with the reason), or take such a decision back; return how many.

    What is confirmed is erased in the coming night. Proposals of other organisations' registers, and those that stand
    otherwise by now, stay as they are.

    :raises NotAllowed: the actor is no data protection officer
    :raises Conflict: none of them could be changed
    """
    if not may_decide_erasure(actor):
        raise NotAllowed("decide_erasure")
    before, after = _CHANGES[choice]
    changed = Retention(uow.connection).decide(
        keys,
        controller_organisation_id=actor.organisation_id,
        before=before,
        status=after,
        reason=reason if choice is ErasureChoice.KEEP else None,
        by=actor.user_key,
        now=now,
    )
    if not changed:
        raise Conflict("no such proposals, or somebody decided first")
    for key in changed:
        uow.audit.add(
            actor=actor,
            action=f"erasure_{after}",
            subject="erasure",
            subject_key=key,
            reason=reason or "" if choice is ErasureChoice.KEEP else "",
            now=now,
        )
    return len(changed)


def erase_next(uow: UnitOfWork, *, now: datetime) -> bool:
    """
    Erase what was confirmed first, in one transaction; return whether there was anything.

    It is looked at once more: where its time is not over any more (the period was made longer, a pathway has begun),
    the proposal is forgotten and nothing is erased. The lines of both logs stay; they hold keys that lead nowhere from
    then on. Of two schedulers each takes another.
    """
    retention = Retention(uow.connection)
    proposal = retention.take_confirmed()
    if proposal is None:
        return False
    if not _is_still_due(uow, retention, proposal, now):
        retention.withdraw(proposal.key)
        _note(uow, proposal, "erasure_withdrawn", {}, now)
        return True
    counts = _erase(uow, proposal)
    retention.finish(proposal.key, counts=counts, now=now)
    _note(uow, proposal, "erased", counts, now)
    return True


def _is_still_due(uow: UnitOfWork, retention: Retention, proposal: Erasure, now: datetime) -> bool:
    subject = proposal.subject_key
    if subject is None:
        return False
    if proposal.kind is RetentionClass.BASIC:
        over = period_over(uow, proposal.kind, area_id="", now=now)
        uow.care.clients.lock(subject)
        return over is not None and retention.client_is_due(subject, died_before=over.day)
    area_id = retention.area_of(subject)
    if area_id is None:
        return False
    # nothing begins in the case until this is over
    uow.care.cases.lock(subject)
    over = period_over(uow, proposal.kind, area_id=area_id, now=now)
    return over is not None and retention.case_is_due(
        proposal.kind, subject, closed_before=over.moment, services=services_by_class(uow), now=now
    )


def _erase(uow: UnitOfWork, proposal: Erasure) -> dict[str, int]:
    erasing, subject = Erasing(uow.connection), proposal.subject_key or 0
    if proposal.kind is RetentionClass.BASIC:
        erasing.erase_client(subject)
        return {"clients": 1}
    if proposal.kind is RetentionClass.PATIENT:
        counts = erasing.count_patient(subject)
        erasing.erase_patient(subject)
        return counts
    counts = erasing.count_case(subject)
    Retention(uow.connection).forget_others(subject, besides=proposal.key)
    erasing.erase_case(subject)
    return counts


def _note(uow: UnitOfWork, proposal: Erasure, action: str, counts: dict[str, int], now: datetime) -> None:
    """Write that it happened, and to how many records; the line names neither case nor client."""
    uow.audit.add(
        actor=SYSTEM,
        action=action,
        subject="erasure",
        subject_key=proposal.key,
        details={"class": str(proposal.kind), "counts": counts},
        now=now,
    )
