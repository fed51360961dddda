"""The client's own door: links, sessions, sign-ins on their way, and who may act for a client."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text

from app.storage.tables.base import metadata
from app.storage.types import Instant, Json, Key

#: somebody may act for the client; found by the blind index of their identity code
mandate = Table(
    "mandate",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("client_key", Key, ForeignKey("client.key"), nullable=False),
    Column("person_digest", LargeBinary, nullable=False),
    Column("details", LargeBinary, nullable=False),  # AES-GCM: name, identity code, what the mandate stands on
    Column("data_groups", Json, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Key),
    Index(None, "person_digest"),
    Index(None, "client_key"),
)

#: somebody near to the client who supports them, with their consent
support_person = Table(
    "support_person",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("client_key", Key, ForeignKey("client.key"), nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("details", LargeBinary, nullable=False),  # AES-GCM: name, relation, phone, email
    Column("told", Json, nullable=False),  # app.domain.support_people.Told
    Column("consented_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Key),
    Column("ended_at", Instant),
    Index(None, "client_key"),
)

#: a one-time link; its secret is nowhere but in the mail
client_link = Table(
    "client_link",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("client_key", Key, ForeignKey("client.key"), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index(None, "client_key"),
    Index(None, "expires_at"),
)

client_session = Table(
    "client_session",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("client_key", Key, ForeignKey("client.key"), nullable=False),
    Column("mandate_key", Key, ForeignKey("mandate.key")),
    Column("person_digest", LargeBinary),  # of a strong sign-in
    Column("method", Text, nullable=False),  # link strong
    Column("language", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "client_key"),
    Index(None, "seen_at"),
)

#: a strong sign-in on its way to the identity provider and back; gone once somebody has come back with it
strong_sign_in = Table(
    "strong_sign_in",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("state_hash", Text, nullable=False, unique=True),
    Column("browser_hash", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False),  # AES-GCM: nonce, code verifier
    Column("began_at", Instant, nullable=False),
    Index(None, "began_at"),
)
