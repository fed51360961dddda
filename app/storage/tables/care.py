"""The care core: what no process variable may hold. Identity and answers are encrypted field by field."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.storage.tables.base import metadata
from app.storage.types import Instant, Json, Key

client = Table(
    "client",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("area_id", Text, nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("language", Text, nullable=False, server_default="fi"),
    Column("interpreter", Boolean, nullable=False, server_default="0"),
    Column("protected_address", Boolean, nullable=False, server_default="0"),
    Column("died_on", Date),  # basic data are kept for a time after it
    Column("identity", LargeBinary, nullable=False),  # AES-GCM: identity code, birth date, name, phone, e-mail ...
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
)

#: keyed digests by which a client is found: identity code, phone, birth date, words of the name and their prefixes
client_index = Table(
    "client_index",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("client_key", Key, ForeignKey("client.key"), primary_key=True),
    Index(None, "client_key"),
)

#: named care_case because "case" is a word of SQL
care_case = Table(
    "care_case",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False, unique=True),
    Column("client_key", Key, ForeignKey("client.key"), nullable=False),
    Column("area_id", Text, nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("unit_id", Text, nullable=False, server_default=""),
    Column("owner_key", Key, ForeignKey("user_account.key")),
    Column("owner_role", Text, nullable=False, server_default=""),
    #: the named client coordinator (asiakasvastaava) and who stands in for them
    Column("coordinator_key", Key, ForeignKey("user_account.key")),
    Column("deputy_key", Key, ForeignKey("user_account.key")),
    Column("source", Text, nullable=False, server_default=""),
    Column("service_relation", Text, nullable=False, server_default=""),
    #: the client's home municipality for numbers by municipality; not asked, and taken out, under a protected address
    Column("municipality", Text, nullable=False, server_default=""),
    Column("status", Text, nullable=False),  # open closed
    Column("outcome", Text, nullable=False, server_default=""),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Index(None, "client_key", "status"),
    Index(None, "area_id", "status", "opened_at"),
)

case_number = Table(
    "case_number",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

case_answer = Table(
    "case_answer",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("form_id", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("data_group", Text, nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),  # AES-GCM of the JSON value
    Column("task_key", Key),
    Column("answered_at", Instant, nullable=False),
    Column("answered_by", Key),
    Index(None, "case_key", "field", "answered_at"),
)

#: what the client decided; what of it opens something stands in consent_grant
consent = Table(
    "consent",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("decision", Text, nullable=False),  # annettu annettu_rajattuna ei_annettu
    Column("method", Text, nullable=False),
    Column("parties", Json, nullable=False),
    Column("data_groups", Json, nullable=False),
    Column("content", LargeBinary, nullable=False),  # AES-GCM: giver, purpose, limits
    Column("given_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Index(None, "case_key", "given_at"),
)

consent_grant = Table(
    "consent_grant",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("consent_key", Key, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("data_group", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Index(None, "case_key", "organisation_id", "data_group"),
)

#: versions of the plan that the client has approved; the newest is in force
plan = Table(
    "plan",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("approved_at", Instant, nullable=False),
    UniqueConstraint("case_key", "version"),
)

#: an action as a version of the plan has it; action_key is the same in every version that keeps the action
plan_action = Table(
    "plan_action",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("plan_key", Key, ForeignKey("plan.key"), nullable=False),
    Column("action_key", Key, nullable=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("person_key", Key, ForeignKey("user_account.key")),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("review_on", Date),
    Column("until_further_notice", Boolean, nullable=False),
    Column("parallel", Boolean, nullable=False),
    Column("predecessor_key", Key),
    Column("state", Text, nullable=False),  # suunniteltu kaynnissa valmis keskeytynyt korvattu
    Column("texts", LargeBinary, nullable=False),  # AES-GCM
    Column("changed_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    UniqueConstraint("plan_key", "action_key"),
    Index(None, "case_key", "action_key"),
)

measure = Table(
    "measure",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("occasion", Text, nullable=False),  # alku valia loppu
    Column("measured_on", Date, nullable=False),
    Column("may_be_used", Boolean, nullable=False),
    Column("scores", LargeBinary, nullable=False),  # AES-GCM
    Column("recorded_at", Instant, nullable=False),
    Index(None, "case_key", "measured_on"),
)

#: own times of the county's units; a booked one points to its appointment
appointment_slot = Table(
    "appointment_slot",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("unit_id", Text, ForeignKey("unit.id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("appointment_key", Key),
    UniqueConstraint("unit_id", "kind", "starts_at"),
    Index(None, "kind", "unit_id", "appointment_key", "starts_at"),
)

appointment = Table(
    "appointment",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("slot_key", Key, ForeignKey("appointment_slot.key"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("status", Text, nullable=False),  # booked cancelled kept no_show
    Column("instance_key", Key),
    Column("job_key", Key, unique=True),
    Column("booked_at", Instant, nullable=False),
    Column("booked_by", Key),
    Index(None, "case_key", "starts_at"),
)

document = Table(
    "document",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("controller_org_id", Text, nullable=False),
    Column("document_class", Text, nullable=False),
    Column("data_groups", Json, nullable=False),
    Column("title", LargeBinary, nullable=False),  # AES-GCM
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("retain_until", Instant),
    Column("job_key", Key, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
    Index(None, "case_key", "created_at"),
)

document_chunk = Table(
    "document_chunk",
    metadata,
    Column("document_key", Key, ForeignKey("document.key"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),  # AES-GCM, 256 KiB of plain bytes each
)

#: inputs, rule and output of each decision about a client (R-22); the inputs are encrypted
decision_record = Table(
    "decision_record",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("case_key", Key, ForeignKey("care_case.key")),
    Column("element_instance_key", Key, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("decision_id", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("inputs", LargeBinary, nullable=False),
    Column("output", LargeBinary, nullable=False),
    Column("matched_rules", Json, nullable=False),
    Column("data_group", Text, nullable=False),
    Column("retain_until", Instant),
    Column("at", Instant, nullable=False),
    Index(None, "instance_key"),
    Index(None, "case_key", "at"),
)

#: mail that the demo shows instead of sending
outbox_mail = Table(
    "outbox_mail",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("recipient", LargeBinary, nullable=False),  # AES-GCM
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("notification", Text, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Index(None, "sent_at"),
)
