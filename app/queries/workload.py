"""How the work of a unit is spread: by person and by role, in numbers, for who supervises it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.actor import Actor
from app.domain.calendar import local_date, local_midnight
from app.domain.directing import may_see_delays
from app.domain.errors import NotAllowed
from app.domain.localized import LocalizedText
from app.storage.unit_of_work import UnitOfWork
from app.storage.workload import GroupLoad, PersonLoad

#: "soon" is until the end of this day from today
DAYS_AHEAD = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadPage:
    """What a supervisor sees of their unit; it holds no client data."""

    unit_name: LocalizedText
    people: tuple[PersonLoad, ...]
    groups: tuple[GroupLoad, ...]
    role_names: Mapping[str, LocalizedText]


def workload(uow: UnitOfWork, *, actor: Actor, now: datetime) -> WorkloadPage:
    """Return the open work of the actor's unit in numbers. :raises NotAllowed: the actor does not supervise it"""
    if not may_see_delays(actor):
        raise NotAllowed("workload")
    today = local_date(now)
    soon = local_midnight(today + timedelta(days=DAYS_AHEAD + 1))
    return WorkloadPage(
        unit_name=uow.accounts.unit_names([actor.unit_id]).get(actor.unit_id, {}),
        people=tuple(uow.workload.of_people(actor.unit_id, now=now, soon=soon, today=today)),
        groups=tuple(uow.workload.of_groups(actor.unit_id, actor.areas, now=now)),
        role_names=dict(uow.accounts.roles()),
    )
