"""Process instances and all that they wait for. The instance row is the lock of everything below it."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from app.storage.tables.base import metadata
from app.storage.types import Instant, Json, Key


def of_called(table: str) -> tuple[Column[Any], Index]:
    """Return the column of the called process that a row is of (none: the instance's own), and its index."""
    return Column("called_process_key", Key), Index(
        f"ix_{table}_called_process_key",
        "called_process_key",
        sqlite_where=text("called_process_key IS NOT NULL"),
        postgresql_where=text("called_process_key IS NOT NULL"),
    )


process_instance = Table(
    "process_instance",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("process_definition_key", Key, ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("case_key", Key, ForeignKey("care_case.key")),
    Column("area_id", Text, nullable=False, server_default=""),
    Column("organisation_id", Text, nullable=False, server_default=""),
    Column("unit_id", Text, nullable=False, server_default=""),
    Column("business_id", Text, nullable=False, server_default=""),
    Column("status", Text, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),  # number of advances; the second guard beside the row lock
    Column("history_count", Integer, nullable=False),
    Column("open_incidents", Integer, nullable=False, server_default="0"),
    Column("started_at", Instant, nullable=False),
    Column("started_by", Key),
    Column("ended_at", Instant),
    Column("end_reason", Text, nullable=False, server_default=""),
    Column("paused_at", Instant),
    Index(None, "process_id", "status", "started_at", "key"),
    Index(
        "ix_process_instance_paused",
        "key",
        sqlite_where=text("paused_at IS NOT NULL"),
        postgresql_where=text("paused_at IS NOT NULL"),
    ),
    Index(None, "status", "started_at", "key"),
    Index(None, "case_key"),
    Index(None, "process_definition_key", "status"),
)

#: one line per process that a call activity has called: it runs inside the state, and under the lock, of the instance
called_process = Table(
    "called_process",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("parent_key", Key, nullable=False),  # the process that calls: the instance, or a called process
    Column("element_instance_key", Key, nullable=False),  # of the call activity
    Column("element_id", Text, nullable=False),
    Column("process_definition_key", Key, ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),  # as of an instance
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "instance_key"),
    Index(None, "parent_key"),
    Index(None, "started_at", "key"),
    Index(None, "process_id", "status"),
    Index(None, "process_definition_key", "status"),
)

#: append-only: one line per thing that happened, numbered within its instance
history = Table(
    "history",
    metadata,
    Column("instance_key", Key, ForeignKey("process_instance.key"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("scope_key", Key, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("element_type", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("actor_key", Key),
    # each step exactly once, whatever the attempts
    Index(
        "uq_history_element_event",
        "element_instance_key",
        "event",
        unique=True,
        sqlite_where=text("event <> 'flow_taken'"),
        postgresql_where=text("event <> 'flow_taken'"),
    ),
    *of_called("history"),
)

variable = Table(
    "variable",
    metadata,
    Column("scope_key", Key, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("value", Json, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "instance_key"),
    *of_called("variable"),
)

job = Table(
    "job",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),  # ready leased done dead unknown cancelled
    Column("retries", Integer, nullable=False),  # attempts allowed before an incident
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("available_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("nudged_at", Instant),
    Column("headers", Json, nullable=False),
    Column("variables", Json, nullable=False),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("listener_event", Text, nullable=False, server_default=""),  # the moment that a listener holds; "" the work
    Index(None, "element_instance_key"),
    Index(
        "ix_job_due",
        "available_at",
        "key",
        sqlite_where=text("status IN ('ready', 'leased')"),
        postgresql_where=text("status IN ('ready', 'leased')"),
    ),
    Index(None, "type", "status"),
    Index(None, "instance_key"),
    *of_called("job"),
)

timer = Table(
    "timer",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("repetitions_left", Integer),
    Column("status", Text, nullable=False),  # open fired cancelled
    Column("ended_at", Instant),
    Index(
        "ix_timer_due",
        "due_at",
        "key",
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    Index(None, "instance_key"),
    *of_called("timer"),
)

message_subscription = Table(
    "message_subscription",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("process_id", Text, nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("message_name", Text, nullable=False),
    Column("correlation_key", Text, nullable=False),
    Column("depth", Integer, nullable=False, server_default="0"),  # of the scope that waits; 0 is the process
    Column("status", Text, nullable=False),  # open completed cancelled
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(
        "ix_message_subscription_open",
        "message_name",
        "correlation_key",
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    Index(None, "instance_key"),
    *of_called("message_subscription"),
)

signal_subscription = Table(
    "signal_subscription",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("signal_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(
        "ix_signal_subscription_open",
        "signal_name",
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    Index(None, "instance_key"),
    *of_called("signal_subscription"),
)

#: a message waits here for somebody who waits for it, until it expires
message = Table(
    "message",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("correlation_key", Text, nullable=False),
    Column("message_id", Text),  # unique among the messages of its name that are alive
    Column("variables", Json, nullable=False),
    Column("status", Text, nullable=False),  # buffered delivered expired
    Column("received_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("sender_instance_key", Key),
    Column("taken_by", Json, nullable=False),  # process ids that have had it: once per process (Zeebe)
    Index(
        "uq_message_id",
        "name",
        "message_id",
        unique=True,
        sqlite_where=text("message_id IS NOT NULL AND status <> 'expired'"),
        postgresql_where=text("message_id IS NOT NULL AND status <> 'expired'"),
    ),
    Index(
        "ix_message_buffered",
        "name",
        "correlation_key",
        sqlite_where=text("status = 'buffered'"),
        postgresql_where=text("status = 'buffered'"),
    ),
    Index("ix_message_expiry", "status", "expires_at"),
    Index(None, "received_at"),
)

#: one line per instance that a message or signal goes to; each is delivered in a transaction of its own
delivery = Table(
    "delivery",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # message signal start end
    Column("name", Text, nullable=False),
    Column("message_key", Key, ForeignKey("message.key")),
    Column("subscription_key", Key),  # none where the message starts an instance
    Column("instance_key", Key, ForeignKey("process_instance.key")),
    Column("process_definition_key", Key, ForeignKey("process_definition.key")),
    Column("element_id", Text, nullable=False, server_default=""),
    Column("variables", Json, nullable=False),
    Column("status", Text, nullable=False),  # pending done dropped
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(
        "ix_delivery_pending",
        "created_at",
        "key",
        sqlite_where=text("status = 'pending'"),
        postgresql_where=text("status = 'pending'"),
    ),
    Index(None, "instance_key"),
)

incident = Table(
    "incident",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("process_id", Text, nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("job_key", Key),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("status", Text, nullable=False),  # open resolved cancelled
    Column("opened_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", Key),
    Column("note", Text, nullable=False, server_default=""),
    Index(None, "status", "opened_at", "key"),
    Index(None, "instance_key"),
    *of_called("incident"),
)
