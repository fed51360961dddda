"""Find once a night what is over its time, and propose to erase it (R-13, R-14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.commands._retention import Over, period_over, services_by_class
from app.domain.calendar import last_night
from app.domain.retention import CASE_CLASSES, RetentionClass, kept_until
from app.storage.erasing import Erasing
from app.storage.retention import Due, Retention
from app.storage.unit_of_work import UnitOfWork

#: the name of the look among what is done once a night
NIGHTLY_RUN = "retention"
#: proposals of a class in an area in one night: what is left comes in the next
AT_ONCE = 200


def propose_erasure(uow: UnitOfWork, *, now: datetime) -> int | None:
    """
    Propose to erase each closed case, copies of patient documents and basic data that are over their time.

    A class without a period proposes nothing. Nothing is erased before somebody has confirmed it. Returns how many
    are new, None where this night (from two o'clock in Finland) was looked at before, by whichever scheduler.

    :raises ValueError: a limit holds something that is no period
    """
    if not uow.invariants.take_night(NIGHTLY_RUN, last_night(now), now=now):
        return None
    retention, erasing = Retention(uow.connection), Erasing(uow.connection)
    services = services_by_class(uow)
    found = 0
    for area_id in retention.areas_with_closed_cases():
        for kind in (RetentionClass.PATIENT, *CASE_CLASSES):
            over = period_over(uow, kind, area_id=area_id, now=now)
            if over is None:
                continue
            for due in retention.due_cases(
                kind, area_id=area_id, closed_before=over.moment, services=services, now=now, limit=AT_ONCE
            ):
                counts = (
                    erasing.count_patient(due.subject_key)
                    if kind is RetentionClass.PATIENT
                    else erasing.count_case(due.subject_key)
                )
                _propose(retention, due, over, counts, now)
                found += 1
    over = period_over(uow, RetentionClass.BASIC, area_id="", now=now)
    if over is not None:
        for due in retention.due_clients(died_before=over.day, limit=AT_ONCE):
            _propose(retention, due, over, {"clients": 1}, now)
            found += 1
    return found


def _propose(retention: Retention, due: Due, over: Over, counts: Mapping[str, int], now: datetime) -> None:
    due_on = kept_until(over.period, since=due.counted_from)
    retention.propose(due, due_on=due_on, counts=counts, now=now)
