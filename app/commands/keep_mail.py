"""Keep a mail in the outbox, where the demo shows it instead of sending it."""

from __future__ import annotations

from app.connectors.mail import Mail
from app.storage.outbox import OutboxMail
from app.storage.unit_of_work import UnitOfWork


def keep_mail(uow: UnitOfWork, *, mail: Mail) -> None:
    """Keep the mail; the same message again is kept once."""
    uow.care.outbox.add(
        OutboxMail(
            message_id=mail.message_id,
            recipient=mail.recipient,
            subject=mail.subject,
            body=mail.body,
            language=mail.language,
            notification=mail.notification,
            sent_at=mail.sent_at,
        )
    )
