"""Seal the two logs: number the new rows and chain them, so that whatever is done to them later shows."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.domain.audit import Break, BreakKind, Head, prove, seal, verify
from app.storage.seals import LOGS, Seals
from app.storage.unit_of_work import UnitOfWork

#: rows sealed in one transaction: few enough that it is short
AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What was done to one log: rows sealed now, and the end of its chain for the anchor outside."""

    rows: int
    head: Head


def seal_audit(uow: UnitOfWork, *, secret: bytes, limit: int = AT_ONCE) -> Mapping[str, Sealed]:
    """
    Seal up to `limit` new rows of each log and return what was done, by log.

    A log at which another sealer is working is left out.
    """
    done: dict[str, Sealed] = {}
    for log in LOGS:
        seals = Seals(uow.connection, log)
        if not seals.lock():
            continue
        head = seals.head()
        made = list(seal(seals.unsealed(limit=limit), secret=secret, head=head))
        seals.write(made)
        end = Head(sequence=made[-1].sequence, mac=made[-1].mac) if made else head
        done[log] = Sealed(rows=len(made), head=end)
    return done


def verify_audit(
    uow: UnitOfWork, *, secret: bytes, anchors: Mapping[str, Head] | None = None
) -> Mapping[str, tuple[Break, ...]]:
    """
    Check the whole chain of each log against its seals and the anchors kept outside; return what is wrong.

    A log whose beginning was cut off when its time was over is checked from there on; the cut has to be ours.
    """
    kept = anchors or {}
    return {log: tuple(_verified(Seals(uow.connection, log), log, secret, kept.get(log))) for log in LOGS}


def _verified(seals: Seals, log: str, secret: bytes, anchor: Head | None) -> Iterator[Break]:
    start, found = Head(), seals.cut()
    if found is not None:
        cut, proof = found
        start = cut.head
        if not hmac.compare_digest(prove(cut, log=log, secret=secret), proof):
            yield Break(kind=BreakKind.FORGED, sequence=start.sequence)
    # an anchor of before the cut has gone with the lines that it was of
    if anchor is not None and anchor.sequence < start.sequence:
        anchor = None
    yield from verify(seals.chain(after=start.sequence), secret=secret, start=start, anchor=anchor)
