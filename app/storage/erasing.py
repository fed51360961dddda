"""Deleting what is kept of a case or a client, in the order of the foreign keys (R-13, R-14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, Text, cast, delete, func, or_, select, update

from app.domain.sharing import DataGroup
from app.storage.tables import care, clients_door, instances, meetings, rights, teamwork, work

#: the status of an instance in the transaction that erases it: only then its history lets itself be deleted
ERASED = "erased"
_PATIENT = str(DataGroup.HEALTH)


class Erasing:
    """Deletes what is kept of a case or a client; who may and when is decided before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- copies of patient documents ---------------------------------------------------------------------------------

    def count_patient(self, case_key: int) -> dict[str, int]:
        """Return how many records of the group terveys the case has, by kind."""
        return self._counts(
            {
                "answers": select(care.case_answer).where(*_patient_answers(case_key)),
                "comments": select(teamwork.task_comment).where(*patient_comments(case_key)),
                "documents": select(care.document).where(*patient_documents(case_key)),
                "decisions": select(care.decision_record).where(care.decision_record.c.case_key == case_key),
            }
        )

    def erase_patient(self, case_key: int) -> None:
        """Delete the case's records of the group terveys, and what somebody had begun to type in its tasks."""
        documents = select(care.document.c.key).where(*patient_documents(case_key))
        self._documents(documents)
        self._drop(care.case_answer, *_patient_answers(case_key))
        self._drop(care.decision_record, care.decision_record.c.case_key == case_key)
        for table in (rights.correction, rights.data_request, teamwork.task_comment):
            self._drop(table, table.c.case_key == case_key, table.c.data_group == _PATIENT)
        self._typed(select(work.user_task.c.key).where(work.user_task.c.case_key == case_key))

    # -- cases -------------------------------------------------------------------------------------------------------

    def count_case(self, case_key: int) -> dict[str, int]:
        """Return how many records the case has, by kind."""
        found = {
            "answers": care.case_answer,
            "comments": teamwork.task_comment,
            "documents": care.document,
            "decisions": care.decision_record,
            "consents": care.consent,
            "plans": care.plan,
            "measures": care.measure,
            "appointments": care.appointment,
            "pathways": instances.process_instance,
        }
        return self._counts({name: select(table).where(table.c.case_key == case_key) for name, table in found.items()})

    def erase_case(self, case_key: int) -> None:
        """Delete the case and everything that was done in it: records, documents, pathways with their history."""
        self._documents(select(care.document.c.key).where(care.document.c.case_key == case_key))
        slots = self._connection.scalars(
            select(care.appointment.c.slot_key).where(care.appointment.c.case_key == case_key)
        ).all()
        for table in (
            care.decision_record,
            care.plan_action,
            care.plan,
            care.consent_grant,
            care.consent,
            care.measure,
            care.case_answer,
            care.appointment,
            meetings.team_meeting_turn,
            work.invariant_violation,
            rights.emergency_access,
            rights.statute_access,
            rights.data_request,
            rights.correction,
        ):
            self._drop(table, table.c.case_key == case_key)
        self._drop(care.appointment_slot, care.appointment_slot.c.key.in_(slots))
        self._pathways(case_key)
        self._drop(care.care_case, care.care_case.c.key == case_key)

    def _pathways(self, case_key: int) -> None:
        """Delete the instances of the case and all below them; the order is that of the foreign keys."""
        instance = instances.process_instance
        of_case = select(instance.c.key).where(instance.c.case_key == case_key)
        # the database lets go of the history of such instances only
        self._connection.execute(update(instance).where(instance.c.case_key == case_key).values(status=ERASED))
        tasks = select(work.user_task.c.key).where(work.user_task.c.instance_key.in_(of_case))
        self._typed(tasks)
        for table in (teamwork.task_comment, teamwork.notice):
            self._drop(table, table.c.task_key.in_(tasks))
        self._drop(work.task_offer, work.task_offer.c.task_key.in_(tasks))
        self._drop(work.user_task, work.user_task.c.instance_key.in_(of_case))
        delivery, message = instances.delivery, instances.message
        received = self._connection.scalars(
            select(delivery.c.message_key).where(
                delivery.c.instance_key.in_(of_case), delivery.c.message_key.is_not(None)
            )
        ).all()
        self._drop(delivery, delivery.c.instance_key.in_(of_case))
        about = or_(message.c.correlation_key == str(case_key), message.c.sender_instance_key.in_(of_case))
        own = self._connection.scalars(select(message.c.key).where(about)).all()
        self._drop(delivery, delivery.c.message_key.in_(own))
        # what others have received as well stays theirs
        shared = select(delivery.c.message_key).where(delivery.c.message_key.is_not(None))
        self._drop(message, message.c.key.in_({*own, *received}), message.c.key.not_in(shared))
        for table in (
            care.decision_record,
            instances.incident,
            instances.signal_subscription,
            instances.message_subscription,
            instances.timer,
            instances.job,
            instances.variable,
            instances.history,
            instances.called_process,
        ):
            self._drop(table, table.c.instance_key.in_(of_case))
        self._drop(instance, instance.c.case_key == case_key)

    def _typed(self, tasks: Select[Any]) -> None:
        """Delete drafts of the tasks, what leads back to them, and files that waited for them."""
        uploads = select(work.pending_upload.c.key).where(work.pending_upload.c.task_key.in_(tasks))
        self._drop(work.pending_chunk, work.pending_chunk.c.upload_key.in_(uploads))
        self._drop(work.pending_upload, work.pending_upload.c.task_key.in_(tasks))
        self._drop(work.draft, work.draft.c.task_key.in_(tasks))
        self._drop(work.way_back, work.way_back.c.task_key.in_(tasks))

    def _documents(self, keys: Select[Any]) -> None:
        self._drop(care.document_chunk, care.document_chunk.c.document_key.in_(keys))
        self._drop(care.document, care.document.c.key.in_(keys.scalar_subquery()))

    # -- clients -----------------------------------------------------------------------------------------------------

    def erase_client(self, client_key: int) -> None:
        """Delete who the client is and how they came in; the client has no case any more."""
        for table in (
            clients_door.client_session,
            clients_door.client_link,
            clients_door.mandate,
            clients_door.support_person,
            care.client_index,
        ):
            self._drop(table, table.c.client_key == client_key)
        self._drop(care.client, care.client.c.key == client_key)

    def _drop(self, table: Table, *chosen: ColumnElement[bool]) -> None:
        self._connection.execute(delete(table).where(*chosen))

    def _counts(self, found: Mapping[str, Select[Any]]) -> dict[str, int]:
        counted = {
            name: int(self._connection.scalar(select(func.count()).select_from(query.subquery())) or 0)
            for name, query in found.items()
        }
        return {name: count for name, count in counted.items() if count}


def _patient_answers(case_key: int) -> Iterable[ColumnElement[bool]]:
    return care.case_answer.c.case_key == case_key, care.case_answer.c.data_group == _PATIENT


def patient_comments(case_key: int | ColumnElement[int]) -> Iterable[ColumnElement[bool]]:
    """Return what a comment of the case in the group terveys fulfils."""
    return teamwork.task_comment.c.case_key == case_key, teamwork.task_comment.c.data_group == _PATIENT


def patient_documents(case_key: int | ColumnElement[int]) -> Iterable[ColumnElement[bool]]:
    """Return what a document of the case with data of the group terveys fulfils."""
    # a JSON list of codes, of which none is part of another in quotation marks
    return care.document.c.case_key == case_key, cast(care.document.c.data_groups, Text).contains(f'"{_PATIENT}"')
