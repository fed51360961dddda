"""Forget old rows that nothing points to, a limited number at a time; rows that a rival is at are left to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, delete, select

from app.storage.tables.care import outbox_mail
from app.storage.tables.clients_door import client_link, client_session, strong_sign_in
from app.storage.tables.people import session
from app.storage.tables.teamwork import absence, reminder
from app.storage.tables.work import submission


class Pruning:
    """Ended sessions, links and ids of forms; files that wait are in app.storage.uploads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sessions(self, *, seen_before: datetime, limit: int) -> int:
        """Forget up to `limit` sessions that were used last before the moment; return how many."""
        return self._forget(session.c.id_hash, session.c.seen_at, seen_before, limit)

    def client_sessions(self, *, seen_before: datetime, limit: int) -> int:
        """Forget up to `limit` sessions of clients that were used last before the moment; return how many."""
        return self._forget(client_session.c.id_hash, client_session.c.seen_at, seen_before, limit)

    def client_links(self, *, expired_before: datetime, limit: int) -> int:
        """Forget up to `limit` one-time links that expired before the moment, used or not; return how many."""
        return self._forget(client_link.c.key, client_link.c.expires_at, expired_before, limit)

    def strong_sign_ins(self, *, begun_before: datetime, limit: int) -> int:
        """Forget up to `limit` sign-ins from which nobody has come back; return how many."""
        return self._forget(strong_sign_in.c.key, strong_sign_in.c.began_at, begun_before, limit)

    def submissions(self, *, sent_before: datetime, limit: int) -> int:
        """Forget up to `limit` ids of forms that were sent before the moment; return how many."""
        return self._forget(submission.c.submission_id, submission.c.at, sent_before, limit)

    def mails(self, *, sent_before: datetime, limit: int) -> int:
        """Forget up to `limit` mails that the demo shows, sent before the moment; return how many."""
        return self._forget(outbox_mail.c.message_id, outbox_mail.c.sent_at, sent_before, limit)

    def absences(self, *, over_before: date, limit: int) -> int:
        """Forget up to `limit` absences that were over before the day; return how many."""
        over = select(absence.c.key).where(absence.c.last_day < over_before)
        keys = self._connection.scalars(over.order_by(absence.c.last_day).limit(limit)).all()
        self._connection.execute(delete(absence).where(absence.c.key.in_(keys)))
        return len(keys)

    def reminders(self, *, done_before: datetime, limit: int) -> int:
        """Forget up to `limit` reminders that were done before then; return how many."""
        return self._forget(reminder.c.key, reminder.c.done_at, done_before, limit)

    def _forget(self, key: Column[Any], at: Column[Any], before: datetime, limit: int) -> int:
        found = select(key).where(at < before).order_by(at).limit(limit).with_for_update(skip_locked=True)
        keys = self._connection.scalars(found).all()
        if keys:
            self._connection.execute(delete(key.table).where(key.in_(keys)))
        return len(keys)
