"""
Who answers for a case: it always has somebody (X9). The local jobs `name_owner` and `hand_over_case`.

A case that nobody answers for is a client whom nobody remembers. So a case passes from one owner to the next in one
transaction, with the tasks that wait for the owner; and who leaves hands over everything at once (`leave_cases`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from app.commands._case_job import locked_case, sent_last
from app.connectors.contract import BusinessError, GivenUp
from app.domain.actor import SYSTEM, Actor
from app.domain.client import Case
from app.domain.keys import parse_key
from app.domain.notices import NoticeKind
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

COORDINATION_FORM = "f_asiakasvastaava"
#: the role of the named person (domain.md 2.2)
COORDINATOR = "r_asiakasvastaava"
#: who answers for a case of which nobody else can be thought (X9)
GUIDE = "r_palveluohjaaja"
#: the person cannot answer for the case: left, unknown, or of an organisation that never does; a diagram may catch it
NOT_SUITABLE = "henkilo_ei_kelpaa"
#: organisations whose people never answer for a case (dmn_asiakasvastaava)
NEVER_ANSWERS = frozenset({"o_jarjesto"})


def name_owner(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Give the case to the person of the header `role` who has the fewest open cases in the area.

    An owner of that role keeps it, and so does the client coordinator: whoever took the telephone does not answer for
    the client's whole path (P00 s0). One who has left does not keep it. Where nobody has the role its group owns it.

    :raises GivenUp: the job has no case, or there is no such role
    """
    case = locked_case(uow, instance)
    role = _role(uow, job)
    if not _answers_already(uow, case, role):
        _give(uow, case, owner_key=uow.accounts.least_loaded(role, area_id=case.area_id), role=role, now=now)
    return {}


def hand_over_case(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Change who answers for the case, without a moment in which nobody does.

    Header `to`: `coordinator` takes client coordinator and deputy from the form (header `form`, else
    f_asiakasvastaava); `deputy` lets the deputy take over; `role` gives it to a person of the header `role`, or to its
    group.

    :raises BusinessError: `henkilo_ei_kelpaa`, the person named cannot answer for it, or there is no deputy
    :raises GivenUp: the job has no case, or its headers make no sense
    """
    case = locked_case(uow, instance)
    match job.headers.get("to", ""):
        case "coordinator":
            answers = sent_last(uow, case, job.headers.get("form", COORDINATION_FORM))
            coordinator = _suitable(uow, answers.get("henkilo"))
            deputy = _suitable(uow, answers.get("varahenkilo"))
            _give(uow, case, owner_key=coordinator, role=COORDINATOR, coordinator=coordinator, deputy=deputy, now=now)
        case "deputy":
            deputy = _suitable(uow, case.deputy_key)
            _give(uow, case, owner_key=deputy, role=COORDINATOR, coordinator=deputy, now=now)
        case "role":
            role = _role(uow, job)
            _give(uow, case, owner_key=uow.accounts.least_loaded(role, area_id=case.area_id), role=role, now=now)
        case unknown:
            raise GivenUp("handing_over_headers_invalid", unknown)
    return {}


def leave_cases(uow: UnitOfWork, *, user_key: int, actor: Actor, now: datetime) -> int:
    """
    Hand over every open case that the person answers for, because they have left; return how many.

    The deputy takes over, else the colleague of the same role with the fewest open cases, else the role group: the
    nightly look tells of those.
    """
    owned = uow.care.cases.open_of_owner(user_key)
    for found in owned:
        case = uow.care.cases.lock(found.key)
        role = case.owner_role
        deputy = case.deputy_key if case.deputy_key != user_key else None
        if deputy is not None and not uow.accounts.has_left(deputy):
            was_coordinator = case.coordinator_key == user_key
            _give(
                uow,
                case,
                owner_key=deputy,
                role=role,
                coordinator=deputy if was_coordinator else case.coordinator_key,
                actor=actor,
                now=now,
            )
        else:
            successor = uow.accounts.least_loaded(role, area_id=case.area_id, besides=user_key) if role else None
            _give(uow, case, owner_key=successor, role=role, actor=actor, now=now)
    return len(owned)


def pass_on(uow: UnitOfWork, case: Case, *, leaving: Collection[str], now: datetime) -> bool:
    """
    Let somebody else answer for the case whose owner works in the organisations that leave it and in no other.

    The deputy takes over, else a service guidance worker of the area; False where the owner may stay.
    """
    owners = {key for key in (case.owner_key, case.deputy_key) if key is not None}
    going = uow.care.places.of_organisations(owners, organisation_ids=leaving)
    if case.owner_key not in going:
        return False
    if case.deputy_key is not None and case.deputy_key not in going and not uow.accounts.has_left(case.deputy_key):
        deputy = case.deputy_key
        coordinator = deputy if case.owner_key == case.coordinator_key else case.coordinator_key
        _give(uow, case, owner_key=deputy, role=case.owner_role, coordinator=coordinator, now=now)
    else:
        successor = uow.accounts.least_loaded(GUIDE, area_id=case.area_id)
        _give(uow, case, owner_key=successor, role=GUIDE, now=now)
    return True


def _answers_already(uow: UnitOfWork, case: Case, role: str) -> bool:
    owner = case.owner_key
    if owner is None or uow.accounts.has_left(owner):
        return False
    return owner == case.coordinator_key or uow.accounts.has_role(owner, role)


def _role(uow: UnitOfWork, job: Job) -> str:
    role = job.headers.get("role", "")
    if role not in {name for name, _ in uow.accounts.roles()}:
        raise GivenUp("owner_role_unknown", role)
    return role


def _suitable(uow: UnitOfWork, named: Any) -> int:
    key = parse_key(str(named or ""))
    if key is None or uow.accounts.has_left(key) or uow.accounts.works_in(key) <= NEVER_ANSWERS:
        raise BusinessError(NOT_SUITABLE)
    return key


def _give(
    uow: UnitOfWork,
    case: Case,
    *,
    owner_key: int | None,
    role: str,
    coordinator: int | None = None,
    deputy: int | None = None,
    actor: Actor = SYSTEM,
    now: datetime,
) -> None:
    """Write who answers for the case from now on, and let the tasks that wait for the owner follow."""
    uow.care.cases.give(case.key, owner_key=owner_key, owner_role=role, coordinator_key=coordinator, deputy_key=deputy)
    moved = 0
    if case.owner_key is not None and case.owner_key != owner_key:
        gone = uow.accounts.has_left(case.owner_key)
        for task_key, has_group in uow.tasks.assigned_in_case(case.key, case.owner_key):
            # a task of a group stays with whoever has taken it, as long as they are there
            if not has_group or gone:
                successor = None if has_group else owner_key
                moved += uow.tasks.assign(task_key, successor, expected=case.owner_key, by=actor.user_key, now=now)
                if successor is not None:
                    uow.notices.add([successor], NoticeKind.ASSIGNED, task_key=task_key, by=actor.user_key, now=now)
    uow.audit.add(
        actor=actor,
        action="case_handed_over",
        subject="case",
        subject_key=case.key,
        case_key=case.key,
        details={"from": str(case.owner_key or ""), "to": str(owner_key or ""), "role": role, "tasks": moved},
        now=now,
    )
