"""Feedback on accessibility: from anybody, without signing in; leads to no client and no user who gave it."""

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from app.storage.tables.base import metadata
from app.storage.types import Instant, Key

accessibility_feedback = Table(
    "accessibility_feedback",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("language", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # AES-GCM of what was written, by question
    Column("address", LargeBinary),  # AES-GCM; gone once the answer has been sent
    Column("answer", LargeBinary),  # AES-GCM
    Column("received_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Index(None, "received_at"),
)
