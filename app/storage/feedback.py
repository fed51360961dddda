"""Feedback on accessibility: what was written, the address for the answer until it has gone, the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.storage.encryption import Cipher
from app.storage.tables.feedback import accessibility_feedback

_TABLE = "accessibility_feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One feedback: `written` by question; `address` "" where no answer was asked for or it has been sent."""

    key: int
    language: str
    written: Mapping[str, str] = field(repr=False)
    address: str = field(repr=False)
    answer: str = field(repr=False)
    received_at: datetime
    answered_at: datetime | None


class FeedbackStore:
    """Feedback and its answers; all that people wrote is encrypted."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, *, written: Mapping[str, str], address: str, language: str, now: datetime) -> int:
        """Keep the feedback and return its key."""
        key = new_key()
        self._connection.execute(
            insert(accessibility_feedback).values(
                key=key,
                language=language,
                content=self._sealed(key, "content", msgspec.json.encode(dict(written))),
                address=self._sealed(key, "address", address.encode()) if address else None,
                received_at=now,
            )
        )
        return key

    def count_since(self, since: datetime) -> int:
        """Return how many came since the moment."""
        query = select(func.count()).where(accessibility_feedback.c.received_at >= since)
        return self._connection.scalar(query) or 0

    def get(self, key: int) -> Feedback:
        """Return the feedback. :raises NotFound: there is none"""
        row = self._connection.execute(
            select(accessibility_feedback).where(accessibility_feedback.c.key == key)
        ).one_or_none()
        if row is None:
            raise NotFound("feedback", key)
        return Feedback(
            key=row.key,
            language=row.language,
            written=msgspec.json.decode(self._opened(row.content, key, "content")),
            address=self._opened(row.address, key, "address").decode() if row.address else "",
            answer=self._opened(row.answer, key, "answer").decode() if row.answer else "",
            received_at=row.received_at,
            answered_at=row.answered_at,
        )

    def answer(self, key: int, *, answer: str, now: datetime) -> None:
        """Keep the answer."""
        self._connection.execute(
            update(accessibility_feedback)
            .where(accessibility_feedback.c.key == key)
            .values(answer=self._sealed(key, "answer", answer.encode()), answered_at=now)
        )

    def forget_address(self, key: int) -> None:
        """Delete the address of who gave the feedback."""
        self._connection.execute(
            update(accessibility_feedback).where(accessibility_feedback.c.key == key).values(address=None)
        )

    def _sealed(self, key: int, name: str, plain: bytes) -> bytes:
        return self._cipher.encrypt(plain, table=_TABLE, key=key, field=name)

    def _opened(self, sealed: bytes, key: int, name: str) -> bytes:
        return self._cipher.decrypt(sealed, table=_TABLE, key=key, field=name)
