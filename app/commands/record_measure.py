"""The local job `record_measure`: the scores of the form become a measure of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._case_job import locked_case, log_change, sent_last
from app.connectors.contract import GivenUp
from app.domain.keys import new_key
from app.domain.measure import MEASURE_FORM, UnreadableMeasure, read_measure
from app.domain.sharing import DataGroup
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def record_measure(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Keep the measure that the form (header `form`, else f_kykyviisari) says, and return its key `mittaus_id`.

    :raises GivenUp: the job has no case, nobody has filled the form in, or it makes no measure
    """
    case = locked_case(uow, instance)
    answers = sent_last(uow, case, job.headers.get("form", MEASURE_FORM))
    try:
        measured = read_measure(answers, key=new_key(), case_key=case.key)
    except UnreadableMeasure as error:
        raise GivenUp("measure_unreadable", str(error)) from None
    uow.care.measures.add(measured, controller_organisation_id=case.controller_organisation_id, now=now)
    log_change(uow, case, [DataGroup.MEASURE], now)
    return {"mittaus_id": str(measured.key)}
