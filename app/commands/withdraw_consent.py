"""
The client takes a consent back: the grants are cut with the form itself, the job tells the case what was cut.

Nobody may read on a grant that the client has taken back, not even until a worker finds the job (R-03). So the form is
what cuts, in its own transaction; the job `withdraw_consent` cuts what was granted meanwhile and reaches the pathways.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from app.commands._case_job import locked_case, log_change, sent_last
from app.commands.report_event import raise_care_event
from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM, Actor
from app.domain.consent import WITHDRAWAL_FORM, UnreadableConsent, Withdrawal, WithdrawalScope, read_withdrawal
from app.domain.keys import parse_key
from app.domain.sharing import DataGroup
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

WITHDRAWN = "suostumus_peruttu"


def withdraw_consent(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Let every pathway of the case hear what the client has taken back (X3, D4), and return the same.

    Returns `perumisen_laajuus`, `perutut_tahot` (organisations to which nothing, or less, is open now) and
    `perutut_tietoryhmat`. Header `form` names another form than f_suostumus_peruutus.

    :raises GivenUp: the job has no case, or nobody has filled the form in
    """
    case = locked_case(uow, instance)
    answers = sent_last(uow, case, job.headers.get("form", WITHDRAWAL_FORM))
    try:
        withdrawal = read_withdrawal(answers)
    except UnreadableConsent as error:
        raise GivenUp("consent_unreadable", str(error)) from None
    cut_grants(uow, case_key=case.key, withdrawal=withdrawal, actor=SYSTEM, now=now)
    concerned = [grant for grant in uow.care.cases.grants(case.key) if withdrawal.concerns(grant)]
    told = {
        "perumisen_laajuus": str(withdrawal.scope),
        "perutut_tahot": sorted({grant.organisation_id for grant in concerned} | withdrawal.parties),
        "perutut_tietoryhmat": sorted(str(group) for group in withdrawal.groups),
    }
    raise_care_event(uow, case_key=case.key, name=WITHDRAWN, variables=told, now=now)
    log_change(uow, case, [DataGroup.BASIC], now)
    return told


def cut_grants(uow: UnitOfWork, *, case_key: int, withdrawal: Withdrawal, actor: Actor, now: datetime) -> int:
    """
    Cut every live grant of the case that the withdrawal concerns, of whichever consent, and return how many.

    The client who takes a permission back means it, however many papers have given it. What was lawfully done on it is
    not undone. An organisation to which nothing is open any more has nothing to do in the case either: its actions of
    the plan are the client's own, and the owner of the case goes on with the tasks that its people hold.
    """
    live = [grant for grant in uow.care.cases.grants(case_key) if grant.is_live(at=now) and withdrawal.concerns(grant)]
    if live:
        uow.care.consents.cut([grant.key for grant in live], now=now)
    if withdrawal.scope is WithdrawalScope.ALL:
        for consent in uow.care.consents.of_case(case_key):
            if consent.decision.opens and consent.withdrawn_at is None:
                uow.care.consents.withdraw(consent.key, now=now)
    lost = {grant.organisation_id for grant in live} - {
        grant.organisation_id for grant in uow.care.cases.grants(case_key) if grant.is_live(at=now)
    }
    lost -= {uow.care.cases.get(case_key).controller_organisation_id}
    actions, tasks = take_out(uow, case_key, lost, now) if lost else (0, 0)
    if live:
        uow.audit.add(
            actor=actor,
            action="consent_withdrawn",
            subject="case",
            subject_key=case_key,
            case_key=case_key,
            details={
                "scope": str(withdrawal.scope),
                "parties": sorted({grant.organisation_id for grant in live}),
                "groups": sorted({str(grant.data_group) for grant in live}),
                "actions": actions,
                "tasks": tasks,
            },
            now=now,
        )
    return len(live)


def take_out(uow: UnitOfWork, case_key: int, organisation_ids: AbstractSet[str], now: datetime) -> tuple[int, int]:
    """Take actions and tasks from the organisations, and return how many of each."""
    case = uow.care.cases.get(case_key)
    actions = uow.care.plans.give_to_client(case_key, organisation_ids, now=now)
    tasks = uow.tasks.open_in_case(case_key)
    named = {task.key: {key for each in task.candidate_users if (key := parse_key(each))} for task in tasks}
    holders = {task.assignee for task in tasks if task.assignee is not None}
    people = uow.care.places.of_organisations(holders.union(*named.values()), organisation_ids=organisation_ids)
    successor = None if case.owner_key in people else case.owner_key
    taken = 0
    for task in tasks:
        if named[task.key] & people:
            uow.tasks.name_candidates(task.key, sorted(str(key) for key in named[task.key] - people))
        if task.assignee in people:
            taken += uow.tasks.assign(task.key, successor, expected=task.assignee, now=now)
    return actions, taken
