"""Cut off the beginning of the two logs when its time is over; the chain stays whole (R-11)."""

from __future__ import annotations

from datetime import datetime

from app.commands._retention import period_over
from app.domain.actor import SYSTEM
from app.domain.audit import Cut, prove
from app.domain.retention import RetentionClass
from app.storage.retention import Retention
from app.storage.seals import LOGS, Seals
from app.storage.unit_of_work import UnitOfWork

#: lines of a log that go in one transaction
AT_ONCE = 5000


def cut_logs(uow: UnitOfWork, *, secret: bytes, now: datetime, limit: int = AT_ONCE) -> int:
    """
    Delete up to `limit` lines of each log that are older than the county keeps them; return how many.

    Only sealed lines go, and only from the beginning of the chain. The number and digest of the last one stay as the
    beginning of what is left, proved with the key of the seal. A log at which another is working is left out.

    :raises ValueError: the limit holds something that is no period
    """
    over = period_over(uow, RetentionClass.LOG, area_id="", now=now)
    if over is None:
        return 0
    counts: dict[str, int] = {}
    for log in LOGS:
        seals = Seals(uow.connection, log)
        if not seals.lock():
            continue
        head = seals.last_written_before(over.moment, limit=limit)
        if head is None:
            continue
        counts[log] = head.sequence - seals.start().sequence
        # numbers have no gaps, so the number of the last line is how many there were in all
        cut = Cut(head=head, written_before=over.moment, lines=head.sequence)
        seals.cut_off(cut, proof=prove(cut, log=log, secret=secret), now=now)
    if counts:
        Retention(uow.connection).note_cut(written_before=over.day, counts=counts, now=now)
        uow.audit.add(
            actor=SYSTEM, action="logs_cut", subject="erasure", subject_key=0, details={"counts": counts}, now=now
        )
    return sum(counts.values())
