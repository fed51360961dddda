"""
Every table by what becomes of its rows (R-11, R-13 to R-15).

A test holds the list against the tables: one that nobody has thought of fails it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from sqlalchemy import Table

from app.storage.tables import (
    care,
    clients_door,
    consultation,
    definitions,
    feedback,
    instances,
    meetings,
    models,
    people,
    rights,
    surveys,
    teamwork,
    work,
)


class Holding(enum.StrEnum):
    """What becomes of the rows of a table."""

    CASE = "case"  # go with their case; what is of the group terveys sooner, as copies of patient documents
    CLIENT = "client"  # go with the client's basic data
    LOG = "log"  # lines of the logs, which point to nobody who could still be found once the client has gone
    TIME = "time"  # go by themselves some days after they were used (app.commands.prune)
    ANONYMOUS = "anonymous"  # lead to no client (docs/decisions 60, 80); the hour's texts go after 90 days
    COUNTY = "county"  # of the county: models, staff, reference data; about no client


#: each table of the product; a row about a client is of one of the first three
HOLDINGS: Mapping[Table, Holding] = {
    **dict.fromkeys(
        (
            care.care_case,
            care.case_answer,
            care.consent,
            care.consent_grant,
            care.plan,
            care.plan_action,
            care.measure,
            care.appointment,
            care.appointment_slot,
            care.document,
            care.document_chunk,
            care.decision_record,
            instances.process_instance,
            instances.called_process,
            instances.history,
            instances.variable,
            instances.job,
            instances.timer,
            instances.message_subscription,
            instances.signal_subscription,
            instances.message,
            instances.delivery,
            instances.incident,
            work.user_task,
            work.task_offer,
            work.draft,
            work.way_back,
            work.pending_upload,
            work.pending_chunk,
            work.invariant_violation,
            teamwork.task_comment,
            teamwork.notice,
            meetings.team_meeting_turn,
            rights.erasure,
            rights.emergency_access,
            rights.statute_access,
            rights.data_request,
            rights.correction,
        ),
        Holding.CASE,
    ),
    **dict.fromkeys(
        (
            care.client,
            care.client_index,
            clients_door.mandate,
            clients_door.support_person,
            clients_door.client_link,
            clients_door.client_session,
        ),
        Holding.CLIENT,
    ),
    **dict.fromkeys((people.audit, people.access_log, rights.log_cut), Holding.LOG),
    **dict.fromkeys(
        (
            people.session,
            teamwork.absence,
            teamwork.reminder,
            people.sign_in_failure,
            people.api_token,
            clients_door.strong_sign_in,
            work.submission,
            care.outbox_mail,
        ),
        Holding.TIME,
    ),
    **dict.fromkeys(
        (
            consultation.consultation_attendance,
            consultation.consultation_hour,
            consultation.consultation_item,
            consultation.consultation_member,
            consultation.consultation_secret,
            consultation.consultation_session,
            surveys.survey,
            surveys.survey_answer,
            surveys.survey_ticket,
            feedback.accessibility_feedback,
        ),
        Holding.ANONYMOUS,
    ),
    **dict.fromkeys(
        (
            care.case_number,
            people.organisation,
            people.unit,
            people.role,
            people.user_account,
            people.position,
            work.work_view,
            work.work_view_default,
            people.api_client,
            people.reference_data,
            work.nightly_run,
            meetings.team_meeting,
            meetings.team_meeting_attendee,
            models.model_draft,
            definitions.deployment,
            definitions.process_definition,
            definitions.decision_definition,
            definitions.decision_model,
            definitions.decision_import,
            definitions.form_definition,
            definitions.shared_rule,
            definitions.process_form,
            definitions.process_decision,
            definitions.message_start,
            definitions.timer_start,
        ),
        Holding.COUNTY,
    ),
}
