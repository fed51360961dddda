"""What commands and pages about retention share: the county's periods, and which services make a case which class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.calendar import local_date, local_midnight
from app.domain.retention import RetentionClass, last_day_over, limit_name
from app.storage.reference import LIMITS
from app.storage.unit_of_work import UnitOfWork

#: what of a service's row says the class of the cases that it is in
_CLASS_OF_SERVICE = "retention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The last day that is over its time today for a class in an area, and the moment at which that day ends."""

    day: date
    moment: datetime
    period: str


def period_over(uow: UnitOfWork, kind: RetentionClass, *, area_id: str, now: datetime) -> Over | None:
    """Return since when the class is over its time; None where the county keeps it for good, or has set nothing."""
    name = limit_name(kind)
    period = uow.reference.values(LIMITS, area_id=area_id, ids=[name]).get(name)
    if not period:
        return None
    day = last_day_over(period, today=local_date(now))
    return Over(day=day, moment=local_midnight(day + timedelta(days=1)), period=period)


def services_by_class(uow: UnitOfWork) -> Mapping[RetentionClass, tuple[str, ...]]:
    """Return the services of the catalogue that make a case one of a class of its own."""
    found: dict[RetentionClass, list[str]] = {}
    for service_id, value in uow.reference.values("service").items():
        if value.get(_CLASS_OF_SERVICE):
            found.setdefault(RetentionClass(value[_CLASS_OF_SERVICE]), []).append(service_id)
    return {kind: tuple(sorted(ids)) for kind, ids in found.items()}
