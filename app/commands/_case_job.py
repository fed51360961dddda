"""What local jobs on the records of a case begin with: the case, what a form said last, and the line in the log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from app.connectors.contract import GivenUp
from app.domain.access import Ground, Purpose
from app.domain.actor import SYSTEM
from app.domain.client import Case
from app.domain.keys import parse_key
from app.domain.sharing import DataGroup
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def locked_case(uow: UnitOfWork, instance: Instance) -> Case:
    """
    Lock the case of the job's instance and return it.

    :raises GivenUp: the job has no case
    """
    if instance.case_key is None:
        raise GivenUp("job_without_case")
    return uow.care.cases.lock(instance.case_key)


def sent_last(uow: UnitOfWork, case: Case, form_id: str) -> dict[str, Any]:
    """
    Return the values with which the form was sent last in the case.

    :raises GivenUp: it never was
    """
    answers = uow.care.answers.of_form(case.key, form_id)
    if not answers:
        raise GivenUp("form_not_answered", form_id)
    return {name: answer.value for name, answer in answers.items()}


def key_in(job: Job, name: str) -> int:
    """
    Return the key that the input names.

    :raises GivenUp: it is none
    """
    key = parse_key(str(job.variables.get(name) or ""))
    if key is None:
        raise GivenUp("job_input_missing", name)
    return key


def log_change(
    uow: UnitOfWork,
    case: Case,
    groups: Collection[DataGroup],
    now: datetime,
    *,
    action: str = "change",
    purpose: str = Purpose.CARE,
    ground: Ground = Ground.OWN_REGISTER,
) -> None:
    """Write that the system has changed, or given out, the client's data."""
    uow.access_log.add(
        actor=SYSTEM,
        action=action,
        client_key=case.client_key,
        case_key=case.key,
        data_groups=sorted(str(group) for group in groups),
        purpose=purpose,
        ground=ground,
        now=now,
    )
