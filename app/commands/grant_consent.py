"""The local jobs `grant_consent` and `expire_consent`: what the client allowed opens, and closes in its time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._case_job import key_in, locked_case, log_change, sent_last
from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.domain.consent import CONSENT_FORM, UnreadableConsent, grants_of, is_in_force, read_consent
from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.sharing import DataGroup
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def grant_consent(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Keep the decision that the client's form says, with a grant for each party and data group that may open at all.

    Header `form` names another form than f_suostumus. A refusal is kept too, and grants nothing; earlier consents stay
    as they are. Returns `suostumus_id`, `suostumus_paatos`, `suostumus_voimassa` (X13) and `suostumus_paattyy`.

    :raises GivenUp: the job has no case, nobody has filled the form in, or it makes no consent
    """
    case = locked_case(uow, instance)
    answers = sent_last(uow, case, job.headers.get("form", CONSENT_FORM))
    try:
        given = read_consent(answers, key=new_key(), case_key=case.key, now=now)
    except UnreadableConsent as error:
        raise GivenUp("consent_unreadable", str(error)) from None
    types = uow.care.consents.organisation_types(given.parties)
    unknown = set(given.parties) - types.keys()
    if unknown:
        raise GivenUp("consent_party_unknown", ", ".join(sorted(unknown)))
    opened = list(grants_of(given, organisation_types=types))
    uow.care.consents.add(given, opened)
    uow.audit.add(
        actor=SYSTEM,
        action="consent_recorded",
        subject="consent",
        subject_key=given.key,
        instance_key=instance.key,
        case_key=case.key,
        details={"decision": str(given.decision), "method": str(given.method), "grants": len(opened)},
        now=now,
    )
    log_change(uow, case, [DataGroup.BASIC], now)
    return {
        "suostumus_id": str(given.key),
        "suostumus_paatos": str(given.decision),
        "suostumus_voimassa": is_in_force(given, uow.care.cases.grants(case.key), at=now),
        "suostumus_paattyy": given.ends_on if given.decision.opens else None,
    }


def expire_consent(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Close what is left of the consent that the input `suostumus_id` names.

    :raises GivenUp: the job has no case, or the case no such consent
    """
    case = locked_case(uow, instance)
    key = key_in(job, "suostumus_id")
    try:
        consent = uow.care.consents.get(key)
    except NotFound:
        raise GivenUp("consent_unknown") from None
    if consent.case_key != case.key:
        raise GivenUp("consent_unknown")
    ended = uow.care.consents.expire(key, now=now)
    uow.audit.add(
        actor=SYSTEM,
        action="consent_expired",
        subject="consent",
        subject_key=key,
        instance_key=instance.key,
        case_key=case.key,
        details={"grants": ended},
        now=now,
    )
    return {}
