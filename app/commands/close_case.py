"""
The local job `close_case`, and the closing itself.

A pathway only says what the case has come to. The case is closed when the last of its pathways has ended, in the
transaction in which it ends: whichever is the last one. Where a person closes a case that the client has broken off,
its other pathways have nothing to go on with: they are ended too, each in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands.report_event import raise_care_event
from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.domain.appointments import AppointmentKind, AppointmentStatus
from app.domain.care_events import CASE_ENDED
from app.domain.client import Case
from app.domain.outcomes import Outcome, concluded, waits_for_others
from app.domain.steps import BESIDE_CASE, is_said
from app.published import process_of
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

#: the variable that says whom a closing concerns
TOLD = "kerrotaan"


def close_case(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Say what the case has come to: it is closed with that when nothing of it goes on any more.

    Headers: `outcome`, an end state of a case; `task`, the element id of a user task whose field `lopputulos` says it
    where a person has filled it in (they decide, X1). With the input `jatkuu` = true it says nothing: whoever called
    the pathway goes on, or the owner of the case. A case that is closed stays as it is.

    Where the person has chosen that the client said no or was not reached, the case's other pathways end as well, and
    `kerrotaan` is returned: the keys of those who had something to do in them or answer for the case.
    `send_notification` with `recipient` = `named` (a listener at the end) tells them.

    :raises GivenUp: the job has no case, or its headers make no sense
    """
    if instance.case_key is None:
        raise GivenUp("job_without_case")
    if job.variables.get("jatkuu") is True:
        return {}
    try:
        outcome = Outcome(job.headers.get("outcome", ""))
    except ValueError as error:
        raise GivenUp("closing_headers_invalid", str(error)) from None
    case = uow.care.cases.lock(instance.case_key)
    if not case.is_open:
        return {}
    decided = _decided(uow, instance, job)
    uow.care.cases.conclude(case.key, outcome=concluded(case.outcome, decided or outcome))
    return {} if decided is None or waits_for_others(decided) else {TOLD: _end_others(uow, instance, case, now)}


def _end_others(uow: UnitOfWork, instance: Instance, case: Case, now: datetime) -> list[str]:
    """End the other pathways of the case, and return the keys of those whom it concerns."""
    at_work = {*uow.care.places.at_work_in(case.key), case.owner_key, case.coordinator_key} - {None}
    others = uow.instances.others_running(case.key, besides=instance.key)
    ended = [key for key, definition in others.items() if not is_said(process_of(uow, definition).outline, BESIDE_CASE)]
    uow.messages.deliver_end(ended, name=CASE_ENDED, now=now)
    return sorted(str(key) for key in at_work)


def _decided(uow: UnitOfWork, instance: Instance, job: Job) -> Outcome | None:
    """Return the outcome that a person has chosen in the task that the header names, the last time it was done."""
    element_id = job.headers.get("task", "")
    task_key = uow.tasks.last_completed(instance.key, element_id) if element_id else None
    if task_key is None or instance.case_key is None:
        return None
    chosen = uow.care.answers.of_task(instance.case_key, task_key).get("lopputulos")
    return Outcome(chosen.value) if chosen is not None and chosen.value in list(Outcome) else None


def close_if_over(uow: UnitOfWork, *, instance: Instance, now: datetime) -> bool:
    """
    Close the case of the instance that has just ended if a pathway has said its outcome and nothing goes on.

    Something goes on while another instance of the case runs, or a message to the case waits for a pathway that takes
    it over. What only goes beside the care (the watch of a consent) does not count: it is told by the care event
    `asia_paattyi`. Grants end with the case; one that the client has broken off gives its booked times back, but the
    ordinary visit: that matter is served. Returns whether the case was closed.
    """
    if instance.case_key is None:
        return False
    # the lock makes two that end at once see each other
    case = uow.care.cases.lock(instance.case_key)
    if not case.is_open or not case.outcome:
        return False
    outcome = Outcome(case.outcome)
    running = uow.instances.others_running(case.key, besides=instance.key)
    others = [process_of(uow, definition).outline for definition in running.values()]
    if not all(is_said(outline, BESIDE_CASE) for outline in others):
        return False
    if waits_for_others(outcome) and uow.messages.nobody_has_taken(str(case.key), now=now):
        return False
    uow.care.cases.close(case.key, outcome=outcome, now=now)
    uow.care.cases.end_grants(case.key, now=now)
    if not waits_for_others(outcome):
        _give_times_back(uow, case.key, now)
    if others:
        raise_care_event(uow, case_key=case.key, name=CASE_ENDED, now=now)
    uow.audit.add(
        actor=SYSTEM,
        action="case_closed",
        subject="case",
        subject_key=case.key,
        instance_key=instance.key,
        case_key=case.key,
        details={"outcome": str(outcome)},
        now=now,
    )
    return True


def _give_times_back(uow: UnitOfWork, case_key: int, now: datetime) -> None:
    for booked in uow.care.appointments.of_case(case_key):
        is_to_come = booked.status is AppointmentStatus.BOOKED and booked.starts_at > now
        if is_to_come and booked.kind != AppointmentKind.ORDINARY:
            uow.care.appointments.end(booked.key, status=AppointmentStatus.CANCELLED)
