"""Look at every open case once a night: it has an owner and something that leads on (rule X9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.calendar import last_night
from app.storage.invariants import NIGHTLY_RUN
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyLook:
    """What a night changed: violations found anew, mended, and open after it."""

    found: int
    mended: int
    open: int


def check_invariants(uow: UnitOfWork, *, now: datetime) -> NightlyLook | None:
    """
    Note the open cases without owner, or without open task, timer, message wait or job; end what is mended.

    Returns None where this night (from two o'clock in Finland) was looked at before. The row of the run is taken in the
    same transaction, so that of two schedulers one looks, and a look that fails is made again.
    """
    if not uow.invariants.take_night(NIGHTLY_RUN, last_night(now), now=now):
        return None
    mended = uow.invariants.mend(now=now)
    known = uow.invariants.count()
    uow.invariants.note(now=now)
    still_open = uow.invariants.count()
    return NightlyLook(found=still_open - known, mended=mended, open=still_open)
