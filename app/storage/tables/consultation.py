"""
The consultation hour: a store of its own, from which nothing leads to a client (docs/decisions/0060).

No column of these tables holds the key of a client, case, task, instance or job, and no other table holds the key of
an item. An item has no moment and no date; it has the session that it waits for or was dealt in.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.storage.tables.base import metadata
from app.storage.types import Instant, Json, Key

#: the hour of an area; its row is the lock of all its sessions and items
consultation_hour = Table(
    "consultation_hour",
    metadata,
    Column("area_id", Text, primary_key=True),
    Column("remote_link", Text, nullable=False, server_default=""),
    Column("last_arrival", Integer, nullable=False, server_default="0"),
)

consultation_member = Table(
    "consultation_member",
    metadata,
    Column("area_id", Text, ForeignKey("consultation_hour.area_id"), primary_key=True),
    Column("user_key", Key, ForeignKey("user_account.key"), primary_key=True),
    Column("part", Text, primary_key=True),  # expert facilitator
    Column("turn", Integer, nullable=False),
)

consultation_session = Table(
    "consultation_session",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("area_id", Text, ForeignKey("consultation_hour.area_id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("status", Text, nullable=False),  # planned open held cancelled moved
    Column("facilitator_key", Key, ForeignKey("user_account.key")),
    Column("deputy_key", Key, ForeignKey("user_account.key")),
    Column("handled", Integer, nullable=False, server_default="0"),
    Column("carried", Integer, nullable=False, server_default="0"),
    Column("walk_ins", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),  # texts that the anonymity check has stopped
    Column("organisations", Json, nullable=False),  # types of the organisations that were there
    Column("learnt", LargeBinary),  # AES-GCM; forgotten with the texts
    UniqueConstraint("area_id", "starts_at"),
    Index(None, "status", "starts_at"),
)

#: with it the items of a session say who brought them; destroyed 30 days after the session
consultation_secret = Table(
    "consultation_secret",
    metadata,
    Column("session_key", Key, ForeignKey("consultation_session.key"), primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # AES-GCM of 32 random bytes
)

#: what the experts said beforehand, and who was there
consultation_attendance = Table(
    "consultation_attendance",
    metadata,
    Column("session_key", Key, ForeignKey("consultation_session.key"), primary_key=True),
    Column("user_key", Key, ForeignKey("user_account.key"), primary_key=True),
    Column("answer", Text, nullable=False, server_default=""),  # tulen sijainen_tulee en_paase, "" not yet
    Column("present", Boolean, nullable=False, server_default="0"),
)

consultation_item = Table(
    "consultation_item",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("session_key", Key, ForeignKey("consultation_session.key"), nullable=False),
    Column("status", Text, nullable=False),  # waiting in_hand answered withdrawn
    Column("arrival", Integer),
    Column("walk_in", Boolean, nullable=False, server_default="0"),
    Column("topics", Json, nullable=False),
    Column("profession", Text, nullable=False, server_default=""),
    Column("organisation_id", Text, nullable=False, server_default=""),
    Column("age_group", Text, nullable=False, server_default=""),
    Column("asked", LargeBinary),  # AES-GCM of the form's answers
    Column("answer", LargeBinary),  # AES-GCM of the form's answers
    Column("requester", LargeBinary),  # AES-GCM with the session's secret
    Column("recommendation", Text, nullable=False, server_default=""),
    Column("services", Json, nullable=False),
    Column("minutes", Integer),
    Column("carried", Integer, nullable=False, server_default="0"),
    Column("passed", Integer, nullable=False, server_default="0"),
    Column("confirmed", Json, nullable=False),  # kinds of soft findings that who brought it has confirmed
    Column("ticket", Text, unique=True),  # of the page that sent it; gone when the session is closed
    Index("ix_consultation_item_queue", "session_key", "status", "arrival"),
    # else SQLite would keep the rows in the order in which they came
    sqlite_with_rowid=False,
)
