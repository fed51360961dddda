"""What is kept about data protection itself: erasures, cuts of logs, emergencies, clients' requests, corrections."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from app.storage.tables.base import metadata
from app.storage.types import CountedKey, Instant, Json, Key

#: something whose time is over, from the night that found it; once erased it points to nobody any more
erasure = Table(
    "erasure",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("retention_class", Text, nullable=False),
    Column("subject_key", Key),  # of the case, or of the client for basic data; none once it is erased
    Column("controller_org_id", Text, nullable=False),
    Column("counted_from", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("counts", Json, nullable=False),  # kind of record -> how many
    Column("status", Text, nullable=False),  # proposed confirmed kept erased
    Column("reason", Text, nullable=False, server_default=""),  # why it is kept
    Column("found_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Key),
    Column("erased_at", Instant),
    Index(
        "uq_erasure_subject",
        "subject_key",
        "retention_class",
        unique=True,
        sqlite_where=text("subject_key IS NOT NULL"),
        postgresql_where=text("subject_key IS NOT NULL"),
    ),
    Index(None, "status", "due_on", "key"),
    Index(None, "erased_at"),
)

#: up to which line a log has been cut, because its time was over; the chain goes on from the digest of that line
log_cut = Table(
    "log_cut",
    metadata,
    Column("log", Text, primary_key=True),
    Column("sequence", CountedKey, nullable=False),
    Column("mac", Text, nullable=False),
    Column("written_before", Instant, nullable=False),
    Column("cut_at", Instant, nullable=False),
    Column("lines", Integer, nullable=False),  # in all
    Column("proof", Text, nullable=False),  # keyed digest of the above: only the scheduler can cut
)

#: somebody has opened a case in an emergency, outside what they may see otherwise (R-20)
emergency_access = Table(
    "emergency_access",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("user_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),  # AES-GCM
    Column("opened_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("verdict", Text),  # justified unjustified
    Column("note", LargeBinary),  # AES-GCM: of the review
    Column("reviewed_at", Instant),
    Column("reviewed_by", Key),
    Index(None, "case_key", "user_key"),
    Index(None, "opened_at", "key"),
)

#: somebody has named a statute on which they read a case (R-05)
statute_access = Table(
    "statute_access",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("user_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("ground_id", Text, nullable=False),  # a row of the grounds of processing
    Column("number", Text, nullable=False),  # of the law in the statute book
    Column("data_groups", Json, nullable=False),
    Column("reason", LargeBinary, nullable=False),  # AES-GCM
    Column("opened_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index(None, "case_key", "user_key"),
)

#: a client asks that data be put right or their use restricted (R-21)
data_request = Table(
    "data_request",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("client_key", Key, ForeignKey("client.key"), nullable=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # rectification restriction
    Column("data_group", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # AES-GCM: what was asked
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", Key),
    Column("by_worker", Boolean, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("status", Text, nullable=False),  # open granted partly refused lifted
    Column("answer", LargeBinary),  # AES-GCM
    Column("decided_at", Instant),
    Column("decided_by", Key),
    Index(None, "client_key"),
    Index(None, "case_key", "kind", "status"),
    Index(None, "controller_org_id", "status", "due_on"),
)

#: something was put right; what stood before stays with it
correction = Table(
    "correction",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("client_key", Key, ForeignKey("client.key"), nullable=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("request_key", Key),
    Column("subject", Text, nullable=False),  # client.<attribute>, or the question's key
    Column("answer_key", Key),
    Column("data_group", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # AES-GCM: before, after
    Column("at", Instant, nullable=False),
    Column("by", Key),
    Index(None, "client_key"),
    Index(None, "case_key"),
)
