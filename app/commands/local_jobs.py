"""Which job types are commands on our own tables."""

from __future__ import annotations

from collections.abc import Mapping

from app.commands.accessibility_feedback import answer_feedback, forget_feedback_address
from app.commands.approve_plan import approve_plan, set_action_state
from app.commands.book_appointment import book_appointment
from app.commands.cancel_appointment import cancel_appointment
from app.commands.close_case import close_case
from app.commands.consultation_jobs import (
    cancel_consultation_session,
    check_consultation_queue,
    close_consultation_session,
    count_attendance,
    move_consultation_session,
    note_attendance,
    set_up_consultation_hour,
)
from app.commands.create_case import create_case
from app.commands.deliver_documents import deliver_documents
from app.commands.end_participation import end_participation
from app.commands.escalate_task import escalate_task
from app.commands.grant_consent import expire_consent, grant_consent
from app.commands.own_case import hand_over_case, name_owner
from app.commands.record_measure import record_measure
from app.commands.run_local_job import LocalWork
from app.commands.set_area_setting import set_area_setting
from app.commands.start_once import start_once
from app.commands.survey_jobs import close_survey, open_survey
from app.commands.withdraw_consent import withdraw_consent
from app.commands.write_document import write_document

LOCAL_JOBS: Mapping[str, LocalWork] = {
    "answer_feedback": answer_feedback,
    "approve_plan": approve_plan,
    "book_appointment": book_appointment,
    "cancel_appointment": cancel_appointment,
    "cancel_consultation_session": cancel_consultation_session,
    "check_consultation_queue": check_consultation_queue,
    "close_case": close_case,
    "close_consultation_session": close_consultation_session,
    "close_survey": close_survey,
    "count_attendance": count_attendance,
    "create_case": create_case,
    "deliver_documents": deliver_documents,
    "end_participation": end_participation,
    "escalate_task": escalate_task,
    "expire_consent": expire_consent,
    "forget_feedback_address": forget_feedback_address,
    "grant_consent": grant_consent,
    "hand_over_case": hand_over_case,
    "move_consultation_session": move_consultation_session,
    "name_owner": name_owner,
    "note_attendance": note_attendance,
    "open_survey": open_survey,
    "record_measure": record_measure,
    "set_action_state": set_action_state,
    "set_area_setting": set_area_setting,
    "set_up_consultation_hour": set_up_consultation_hour,
    "start_once": start_once,
    "withdraw_consent": withdraw_consent,
    "write_document": write_document,
}
