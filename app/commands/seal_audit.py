"""Seal the two logs: number the new rows and chain them, so that whatever is done to them later shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.audit import Break, Head, seal, verify
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
    """Check the whole chain of each log against its seals and the anchors kept outside; return what is wrong."""
    kept = anchors or {}
    return {log: tuple(verify(Seals(uow.connection, log).chain(), secret=secret, anchor=kept.get(log))) for log in LOGS}
