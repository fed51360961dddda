"""Mails that the demo shows instead of sending them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from app.storage.encryption import Cipher
from app.storage.statements import insert_new
from app.storage.tables.care import outbox_mail


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMail:
    """A mail as it would have gone out."""

    message_id: str
    recipient: str = field(repr=False)
    subject: str
    body: str
    language: str
    notification: str
    sent_at: datetime


class Outbox:
    """The visible outbox."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, mail: OutboxMail) -> bool:
        """Keep the mail; the same message again is kept once. Return whether it is new."""
        recipient = self._cipher.encrypt(
            mail.recipient.encode(), table="outbox_mail", key=mail.message_id, field="recipient"
        )
        row = {
            "message_id": mail.message_id,
            "recipient": recipient,
            "subject": mail.subject,
            "body": mail.body,
            "language": mail.language,
            "notification": mail.notification,
            "sent_at": mail.sent_at,
        }
        return insert_new(self._connection, outbox_mail, row, keys=("message_id",))

    def newest(self, limit: int = 50) -> list[OutboxMail]:
        """Return the newest mails."""
        rows = self._connection.execute(
            select(outbox_mail).order_by(outbox_mail.c.sent_at.desc(), outbox_mail.c.message_id).limit(limit)
        )
        return [
            OutboxMail(
                message_id=row.message_id,
                recipient=self._cipher.decrypt(
                    row.recipient, table="outbox_mail", key=row.message_id, field="recipient"
                ).decode(),
                subject=row.subject,
                body=row.body,
                language=row.language,
                notification=row.notification,
                sent_at=row.sent_at,
            )
            for row in rows
        ]
