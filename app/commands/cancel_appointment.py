"""The local job `cancel_appointment`: give a booked time back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.connectors.contract import GivenUp
from app.domain.access import Ground, Purpose
from app.domain.actor import SYSTEM
from app.domain.appointments import AppointmentStatus
from app.domain.keys import parse_key
from app.domain.sharing import DataGroup
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def cancel_appointment(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Cancel the appointment that the variable `ajanvaraus_id` names; its time is free for others again.

    One that is not booked any more stays as it is: cancelling twice is no fault.

    :raises GivenUp: the variable names no appointment of this case
    """
    key = parse_key(str(job.variables.get("ajanvaraus_id") or ""))
    if key is None:
        raise GivenUp("appointment_unknown")
    appointments = {booked.key for booked in uow.care.appointments.of_case(instance.case_key or 0)}
    if key not in appointments:
        raise GivenUp("appointment_unknown")
    if uow.care.appointments.end(key, status=AppointmentStatus.CANCELLED):
        uow.access_log.add(
            actor=SYSTEM,
            action="change",
            client_key=uow.care.cases.get(instance.case_key or 0).client_key,
            case_key=instance.case_key,
            data_groups=[DataGroup.BASIC],
            purpose=Purpose.CARE,
            ground=Ground.OWN_REGISTER,
            now=now,
        )
    return {}
