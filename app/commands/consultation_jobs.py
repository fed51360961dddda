"""Local jobs of the processes of the consultation hour (P03b, P03c); none of them knows an item or who brought it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands.lead_consultation import end_session, note
from app.commands.plan_consultation import move_session, plan_consultation
from app.commands.set_area_setting import lock_setting, write_setting
from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.domain.consultation import HOUR_WAY, WAY_SETTING, Attendance, Part, Session, SessionStatus
from app.domain.errors import NotFound
from app.domain.keys import parse_key
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

#: answers that count as an organisation being there
_COMING = frozenset({Attendance.COMING, Attendance.SUBSTITUTE})


def check_consultation_queue(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """Return `jonossa_asioita`: whether anything waits for `istunto_id`. :raises GivenUp: no such session"""
    del instance, now
    session = _locked(uow, job)
    return {"jonossa_asioita": uow.consultation_items.count_queue(session.key) > 0}


def cancel_consultation_session(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Cancel the session `istunto_id` and return `peruttu`.

    What has joined its queue meanwhile waits for the next session. :raises GivenUp: no such session
    """
    del instance
    session = _locked(uow, job)
    if session.status is SessionStatus.PLANNED:
        if uow.consultation_items.count_queue(session.key):
            move_session(uow, session, now=now)
        else:
            uow.consultation.change_session(session.key, status=SessionStatus.CANCELLED)
            note(uow, session, "consultation_session_cancelled", SYSTEM, now)
    return {"peruttu": True}


def move_consultation_session(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """Call the session `istunto_id` off; its queue waits for the next one. :raises GivenUp: no such session"""
    del instance
    session = _locked(uow, job)
    if session.status is SessionStatus.PLANNED:
        move_session(uow, session, now=now)
    return {}


def close_consultation_session(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Close the session `istunto_id` if nobody has, and return the counts `kasitelty` and `siirtyi`.

    :raises GivenUp: no such session
    """
    del instance
    session = _locked(uow, job)
    if session.status is SessionStatus.OPEN:
        done = end_session(uow, session, learnt="", now=now)
        note(uow, session, "consultation_session_closed", SYSTEM, now, handled=done.handled, carried=done.carried)
        session = uow.consultation.session(session.key)
    return {"kasitelty": session.handled, "siirtyi": session.carried}


def note_attendance(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Write what the expert `asiantuntija` said of coming (`lasnaolo`) to the session `istunto_id`.

    :raises GivenUp: no such session, or the inputs make no sense
    """
    del instance, now
    session = _locked(uow, job)
    user_key = parse_key(str(job.variables.get("asiantuntija") or ""))
    said = str(job.variables.get("lasnaolo") or "")
    if user_key is None or said not in set(Attendance):
        raise GivenUp("consultation_inputs_invalid", said)
    uow.consultation.put_answer(session.key, user_key, Attendance(said))
    return {}


def count_attendance(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """Return `organisaatioita`: how many kinds come to `istunto_id`. :raises GivenUp: no such session"""
    del instance, now
    session = _locked(uow, job)
    said = uow.consultation.attendance(session.key)
    types = uow.consultation.organisation_types()
    coming = {
        types.get(member.organisation_id, member.organisation_id)
        for member in uow.consultation.members(session.area_id, Part.EXPERT)
        if said.get(member.user_key, (None, False))[0] in _COMING
    }
    return {"organisaatioita": len(coming)}


def set_up_consultation_hour(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Let the instance's area hold the hour (`viite.alue.konsultaatiotapa` = TUNTI).

    `fasilitaattori` and `varafasilitaattori` are its first facilitators.

    :raises GivenUp: the process belongs to no area
    """
    if not instance.area_id:
        raise GivenUp("job_without_area")
    uow.consultation.add_hour(instance.area_id)
    uow.consultation.lock_hour(instance.area_id)
    named = [parse_key(str(job.variables.get(name) or "")) for name in ("fasilitaattori", "varafasilitaattori")]
    # by a person, so that loading the reference data again does not take it back
    was = lock_setting(uow, instance, WAY_SETTING)
    write_setting(uow, instance, WAY_SETTING, value=HOUR_WAY, was=was, by=named[0], now=now)
    before = [member.user_key for member in uow.consultation.members(instance.area_id, Part.FACILITATOR)]
    facilitators = [key for key in (*named, *before) if key is not None]
    uow.consultation.put_members(instance.area_id, Part.FACILITATOR, list(dict.fromkeys(facilitators)))
    plan_consultation(uow, area_id=instance.area_id, now=now)
    return {}


def _locked(uow: UnitOfWork, job: Job) -> Session:
    key = parse_key(str(job.variables.get("istunto_id") or ""))
    if key is None:
        raise GivenUp("consultation_inputs_invalid", "istunto_id")
    try:
        return uow.consultation.lock_session(key)
    except NotFound:
        raise GivenUp("consultation_session_unknown", str(key)) from None
