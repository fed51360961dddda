"""The local job `start_once`: a pathway that runs at most once in a case (rule X10)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._case_job import locked_case
from app.commands.start_instance import start_instance
from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.domain.errors import NotFound
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def start_once(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Start the pathway of the header `process` as an instance of its own, unless one of the case is running.

    The case is locked first, so that of two that ask at once one starts it and the other joins (`aloitettu` = false).
    Where the input `tarvitaan` is there and is not true, nothing is started either.

    :raises GivenUp: the job has no case, it is closed, or no such pathway is published
    """
    case = locked_case(uow, instance)
    process_id = job.headers.get("process", "")
    if job.variables.get("tarvitaan", True) is not True or uow.instances.runs_in_case(case.key, process_id):
        return {"aloitettu": False}
    if not case.is_open:
        raise GivenUp("case_closed")
    actor = dataclasses.replace(SYSTEM, organisation_id=instance.organisation_id, unit_id=instance.unit_id)
    try:
        start_instance(
            uow, actor=actor, process_id=process_id, case_key=case.key, area_id=instance.area_id or None, now=now
        )
    except NotFound:
        raise GivenUp("process_not_published", process_id) from None
    return {"aloitettu": True}
