"""The local job `create_case`: name the case that the first form has made or found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.connectors.contract import GivenUp
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def create_case(uow: UnitOfWork, instance: Instance, _job: Job, _now: datetime) -> Mapping[str, Any]:
    """
    Return key and number of the instance's case.

    :raises GivenUp: no form of the process has asked who the client is
    """
    if instance.case_key is None:
        raise GivenUp("job_without_case")
    case = uow.care.cases.get(instance.case_key)
    return {"asia_id": str(case.key), "case_number": case.number}
