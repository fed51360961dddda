"""The local job `book_appointment`: take the first free time for the client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.connectors.contract import BusinessError, GivenUp
from app.domain.access import Ground, Purpose
from app.domain.actor import SYSTEM
from app.domain.appointments import NO_FREE_TIMES, AppointmentKind, booking_window
from app.domain.durations import parse_duration
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.appointments import Appointment
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def book_appointment(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Book the first free time of the kind in the case's area and return key, begin and place.

    Headers: `kind`; `notBeforeDays` and `withinDays`, each a number of days, an ISO 8601 duration or `=viite.<name>`;
    `unit` for one unit only. The same job never books twice.

    :raises BusinessError: `ei_vapaita_aikoja`, there is no free time within the limits
    :raises GivenUp: the job has no case, or its headers make no sense
    """
    if instance.case_key is None:
        raise GivenUp("job_without_case")
    booked = uow.care.appointments.of_job(job.key)
    if booked is None:
        booked = _book(uow, instance, job, instance.case_key, now)
        uow.access_log.add(
            actor=SYSTEM,
            action="change",
            client_key=uow.care.cases.get(instance.case_key).client_key,
            case_key=instance.case_key,
            data_groups=[DataGroup.BASIC],
            purpose=Purpose.CARE,
            ground=Ground.OWN_REGISTER,
            now=now,
        )
    return {
        "ajanvaraus_id": str(booked.key),
        "ajanvaraus_alkaa": booked.starts_at,
        "ajanvaraus_paikka": booked.unit_id,
    }


def _book(uow: UnitOfWork, instance: Instance, job: Job, case_key: int, now: datetime) -> Appointment:
    try:
        kind = AppointmentKind(job.headers.get("kind", ""))
        window = booking_window(
            now=now,
            not_before=_limit(uow, instance, job, "notBeforeDays") or timedelta(0),
            within=_limit(uow, instance, job, "withinDays"),
        )
    except ValueError as error:
        raise GivenUp("booking_headers_invalid", str(error)) from None
    slot = uow.care.appointments.lock_first_free(
        kind=kind, window=window, area_id=instance.area_id, unit_id=job.headers.get("unit", "")
    )
    if slot is None:
        raise BusinessError(NO_FREE_TIMES)
    return uow.care.appointments.book(
        slot,
        key=new_key(),
        case_key=case_key,
        instance_key=instance.key,
        job_key=job.key,
        booked_by=None,
        now=now,
    )


def _limit(uow: UnitOfWork, instance: Instance, job: Job, name: str) -> timedelta | None:
    text = str(job.headers.get(name, "")).strip()
    if text.startswith("="):
        reference = text.removeprefix("=").strip().removeprefix("viite.")
        value = uow.reference.context([reference], area_id=instance.area_id).get(reference.split(".")[0])
        if isinstance(value, Mapping):
            value = value.get(reference.split(".")[-1])
        if value is None:
            raise ValueError(f"{name}: viite.{reference} has no value")
        text = str(value)
    if not text:
        return None
    return timedelta(days=int(text)) if text.isdigit() else parse_duration(text)
