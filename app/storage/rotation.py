"""Encrypt old values anew with the newest key, so that an old key can be thrown away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, and_, func, select, update

from app.storage.encryption import ID_END, ID_START, Cipher
from app.storage.tables.care import (
    case_answer,
    client,
    consent,
    decision_record,
    document,
    document_chunk,
    measure,
    outbox_mail,
    plan_action,
)
from app.storage.tables.clients_door import mandate, strong_sign_in, support_person
from app.storage.tables.consultation import consultation_item, consultation_secret, consultation_session
from app.storage.tables.feedback import accessibility_feedback
from app.storage.tables.rights import correction, data_request, emergency_access, statute_access
from app.storage.tables.surveys import survey_answer
from app.storage.tables.teamwork import absence, reminder, task_comment
from app.storage.tables.work import draft, pending_chunk, pending_upload, way_back


@dataclass(frozen=True, slots=True)
class _Place:
    """An encrypted column: the key and field names that are authenticated with its values."""

    table: Table
    column: str
    key: Callable[[Any], int | str]
    field: Callable[[Any], str]


def _plain(table: Table, column: str) -> _Place:
    return _Place(table, column, lambda row: row.key, lambda _: column)


#: every encrypted column; a test compares them with the tables
PLACES = (
    _plain(client, "identity"),
    _plain(case_answer, "value"),
    _plain(document, "title"),
    _plain(consent, "content"),
    _plain(plan_action, "texts"),
    _plain(measure, "scores"),
    _plain(decision_record, "inputs"),
    _plain(decision_record, "output"),
    _Place(document_chunk, "content", lambda row: row.document_key, lambda row: str(row.number)),
    _Place(draft, "content", lambda row: row.task_key, lambda row: str(row.user_key)),
    _Place(way_back, "content", lambda row: row.instance_key, lambda _: "content"),
    _plain(mandate, "details"),
    _plain(support_person, "details"),
    _plain(strong_sign_in, "secrets"),
    _plain(pending_upload, "name"),
    _Place(pending_chunk, "content", lambda row: row.upload_key, lambda row: str(row.number)),
    _plain(consultation_item, "asked"),
    _plain(consultation_item, "answer"),
    _plain(consultation_session, "learnt"),
    _Place(consultation_secret, "secret", lambda row: row.session_key, lambda _: "secret"),
    _plain(survey_answer, "written"),
    _plain(emergency_access, "reason"),
    _plain(emergency_access, "note"),
    _plain(statute_access, "reason"),
    _plain(accessibility_feedback, "content"),
    _plain(accessibility_feedback, "address"),
    _plain(accessibility_feedback, "answer"),
    _plain(data_request, "content"),
    _plain(data_request, "answer"),
    _plain(correction, "content"),
    _plain(task_comment, "content"),
    _plain(absence, "note"),
    _plain(reminder, "content"),
    _Place(outbox_mail, "recipient", lambda row: row.message_id, lambda _: "recipient"),
)


class Rotation:
    """Finds and renews what older keys have encrypted."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def renew(self, *, limit: int) -> int:
        """
        Encrypt up to `limit` old values anew and return how many; 0 means that no old key is needed any more.

        :raises Undecipherable: the key of a value is not among ours; nothing of this transaction is kept then
        """
        renewed = 0
        for place in PLACES:
            if renewed < limit:
                renewed += self._renew(place, limit - renewed)
        return renewed

    def _renew(self, place: _Place, limit: int) -> int:
        table = place.table
        sealed = table.c[place.column]
        keys: list[Column[Any]] = list(table.primary_key.columns)
        rows = self._connection.execute(
            select(*keys, sealed)
            .where(func.substr(sealed, ID_START + 1, ID_END - ID_START) != self._cipher.current_id)
            .order_by(*keys)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            key, field = place.key(row), place.field(row)
            plain = self._cipher.decrypt(getattr(row, place.column), table=table.name, key=key, field=field)
            renewed = self._cipher.encrypt(plain, table=table.name, key=key, field=field)
            self._connection.execute(
                update(table)
                .where(and_(*(column == getattr(row, column.name) for column in keys)))
                .values({place.column: renewed})
            )
        return len(rows)
