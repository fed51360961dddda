"""An organisation's part in a case is over by itself, because the right on which it took part has ended (P14 r6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._case_job import locked_case, log_change
from app.commands.own_case import pass_on
from app.commands.withdraw_consent import take_out
from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.domain.sharing import DataGroup
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def end_participation(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Take the organisations of the kind that the header `organisation` names out of the case.

    What the client had opened to them is cut, their actions of the plan are the client's own, and the owner goes on
    with the tasks that their people hold; an owner of theirs passes the case on. They keep what they have written in
    their own register, and the client's consent stands as it is for everybody else. Returns `perutut_tahot`, so that
    a notification with `recipient` = `concerned` tells the owner and those who served the client there.

    :raises GivenUp: the job has no case, or the header is missing
    """
    kind = job.headers.get("organisation", "")
    if not kind:
        raise GivenUp("job_input_missing", "organisation")
    case = locked_case(uow, instance)
    known = [organisation_id for organisation_id, _ in uow.accounts.organisations()]
    types = uow.care.consents.organisation_types(known)
    leaving = {organisation_id for organisation_id, its_kind in types.items() if its_kind == kind}
    live = [
        grant for grant in uow.care.cases.grants(case.key) if grant.is_live(at=now) and grant.organisation_id in leaving
    ]
    if live:
        uow.care.consents.cut([grant.key for grant in live], now=now)
    pass_on(uow, case, leaving=leaving, now=now)
    actions, tasks = take_out(uow, case.key, leaving, now)
    uow.audit.add(
        actor=SYSTEM,
        action="participation_ended",
        subject="case",
        subject_key=case.key,
        instance_key=instance.key,
        case_key=case.key,
        details={"organisation": kind, "grants": len(live), "actions": actions, "tasks": tasks},
        now=now,
    )
    log_change(uow, case, [DataGroup.BASIC], now)
    return {"perutut_tahot": sorted(leaving)}
