"""Who works here and for whom: organisations, units, roles, users, sessions, reference data, audit."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from app.storage.tables.base import metadata
from app.storage.types import CountedKey, Instant, Json, Key

organisation = Table(
    "organisation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("parent_id", Text, ForeignKey("organisation.id")),
    Column("name", Json, nullable=False),
    Column("sort_key", Text, nullable=False, server_default=""),
)

unit = Table(
    "unit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation_id", Text, ForeignKey("organisation.id"), nullable=False),
    Column("area_id", Text, nullable=False),
    Column("name", Json, nullable=False),
    Column("sort_key", Text, nullable=False, server_default=""),
)

role = Table(
    "role",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Json, nullable=False),
    Column("permissions", Json, nullable=False),
)

#: named user_account because "user" is a word of SQL
user_account = Table(
    "user_account",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("username", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("sort_key", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    Column("password_hash", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default="fi"),
    Column("settings", Json, nullable=False),
    Column("disabled", Boolean, nullable=False, server_default="0"),
    Column("demo", Boolean, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
)

#: in which role somebody works in which unit
position = Table(
    "position",
    metadata,
    Column("user_key", Key, ForeignKey("user_account.key"), primary_key=True),
    Column("role_id", Text, ForeignKey("role.id"), primary_key=True),
    Column("unit_id", Text, ForeignKey("unit.id"), primary_key=True),
    Index(None, "role_id", "unit_id"),
)

session = Table(
    "session",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("user_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("unit_id", Text, ForeignKey("unit.id")),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("authenticated_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "user_key"),
    Index(None, "seen_at"),
)

#: failed sign-ins per account and address (hashed), for the growing delay
sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("subject_hash", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)

#: a program that may call the API: a named service person who works in one unit; its roles are positions there
api_client = Table(
    "api_client",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("client_id", Text, nullable=False, unique=True),
    Column("user_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("unit_id", Text, ForeignKey("unit.id"), nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("job_types", Json, nullable=False),  # which jobs it may work on; ["*"] = of any type
    Column("message_names", Json, nullable=False),  # which messages and signals it may send; ["*"] = any
    Column("disabled", Boolean, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
)

#: what /oauth/token gave out, by the hash of it
api_token = Table(
    "api_token",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("client_key", Key, ForeignKey("api_client.key"), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "client_key"),
    Index(None, "expires_at"),
)

#: editable data of the county: services, sources, time limits (viite), area settings, notification texts
reference_data = Table(
    "reference_data",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("area_id", Text, primary_key=True, server_default=""),  # "" holds everywhere
    Column("id", Text, primary_key=True),
    Column("value", Json, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Key),
)

#: who changed what; sealed into a chain by the scheduler
audit = Table(
    "audit",
    metadata,
    Column("key", CountedKey, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor_key", Key),
    Column("unit_id", Text, nullable=False, server_default=""),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_key", Key, nullable=False),
    Column("instance_key", Key),
    Column("case_key", Key),
    Column("reason", Text, nullable=False, server_default=""),
    Column("details", Json, nullable=False),
    Column("sequence", CountedKey),
    Column("mac", Text),
    UniqueConstraint("sequence"),
    Index(None, "instance_key"),
    Index(None, "at"),
    # the few lines that the page of limits shows
    Index(
        "ix_audit_limit",
        "at",
        sqlite_where=text("subject = 'limit'"),
        postgresql_where=text("subject = 'limit'"),
    ),
)

#: who looked at whose data, and on what ground (703/2023; asiakastietolaki)
access_log = Table(
    "access_log",
    metadata,
    Column("key", CountedKey, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("user_key", Key),
    Column("user_name", Text, nullable=False),
    Column("roles", Json, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("client_key", Key),
    Column("case_key", Key),
    Column("action", Text, nullable=False),  # read search change export print refused
    Column("data_groups", Json, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("sequence", CountedKey),
    Column("mac", Text),
    UniqueConstraint("sequence"),
    Index(None, "client_key", "at"),
    Index(None, "at"),
)
