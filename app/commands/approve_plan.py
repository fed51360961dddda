"""The local jobs `approve_plan` and `set_action_state`: what the client approved, and how far its actions are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._case_job import key_in, locked_case, log_change, sent_last
from app.connectors.contract import GivenUp
from app.domain.keys import new_key
from app.domain.plan import PLAN_FORM, ActionState, UnreadablePlan, read_plan
from app.domain.sharing import DataGroup
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

APPROVAL = "asiakkaan_hyvaksynta"


def approve_plan(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Make the plan of the form (header `form`, else f_suunnitelma) a version in force, if the client has approved it.

    The approval is the answer `asiakkaan_hyvaksynta`, given with the plan or after it: one given before was for another
    plan. Returns `suunnitelma_id` and the number of actions `toimenpiteita`.

    :raises GivenUp: the job has no case, nobody has filled the form in, or it makes no plan that is approved
    """
    case = locked_case(uow, instance)
    form_id = job.headers.get("form", PLAN_FORM)
    answers = sent_last(uow, case, form_id)
    written = max(answer.answered_at for answer in uow.care.answers.of_form(case.key, form_id).values())
    approval = uow.care.answers.latest(case.key, fields=[APPROVAL]).get(APPROVAL)
    if approval is not None and approval.answered_at >= written:
        answers[APPROVAL] = approval.value
    try:
        approved = read_plan(
            answers,
            key=new_key(),
            case_key=case.key,
            earlier=uow.care.plans.in_force(case.key),
            new_key=new_key,
            now=now,
        )
    except UnreadablePlan as error:
        raise GivenUp(error.code, str(error)) from None
    uow.care.plans.add(approved, controller_organisation_id=case.controller_organisation_id)
    log_change(uow, case, [DataGroup.PLAN], now)
    return {"suunnitelma_id": str(approved.key), "toimenpiteita": len(approved.actions)}


def set_action_state(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Write the header `state` to the action that the input `toimenpide_id` names.

    :raises GivenUp: the job has no case, the case no such action, or there is no such state
    """
    case = locked_case(uow, instance)
    try:
        state = ActionState(job.headers.get("state", ""))
    except ValueError as error:
        raise GivenUp("action_state_unknown", str(error)) from None
    if not uow.care.plans.set_state(case.key, key_in(job, "toimenpide_id"), state=state, now=now):
        raise GivenUp("action_unknown")
    log_change(uow, case, [DataGroup.PLAN], now)
    return {}
