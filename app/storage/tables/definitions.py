"""What process owners publish: immutable versions by content hash, with the original XML byte for byte."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.storage.tables.base import metadata
from app.storage.types import Instant, Json, Key

deployment = Table(
    "deployment",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("published_at", Instant, nullable=False),
    Column("published_by", Key),
)

process_definition = Table(
    "process_definition",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("deployment_key", Key, ForeignKey("deployment.key"), nullable=False),
    Column("process_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("version_tag", Text, nullable=False, server_default=""),
    Column("content_hash", Text, nullable=False),  # of the XML, the rules in it and the forms pinned to it
    Column("diagram_hash", Text, nullable=False),  # of the copy that runs; the key of the engine's cache
    Column("resource_name", Text, nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("runnable", LargeBinary),  # with the common rules that it takes in; none where the XML itself runs
    Column("name", Json, nullable=False),
    Column("documentation", Json, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("published_by", Key),
    UniqueConstraint("process_id", "version"),
)

decision_definition = Table(
    "decision_definition",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("deployment_key", Key, ForeignKey("deployment.key"), nullable=False),
    Column("decision_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("version_tag", Text, nullable=False, server_default=""),
    Column("content_hash", Text, nullable=False),
    Column("resource_name", Text, nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("name", Json, nullable=False),
    Column("published_at", Instant, nullable=False),
    UniqueConstraint("decision_id", "version"),
)

#: files of DMN by their namespace: those that other models import, and those that may be
decision_model = Table(
    "decision_model",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("deployment_key", Key, ForeignKey("deployment.key"), nullable=False),
    Column("namespace", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("resource_name", Text, nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("published_at", Instant, nullable=False),
    UniqueConstraint("namespace", "resource_name", "version"),  # many modellers give all files one namespace
)

#: the models that a decision version imports, directly or not: it keeps those that it was published with
decision_import = Table(
    "decision_import",
    metadata,
    Column("decision_definition_key", Key, ForeignKey("decision_definition.key"), primary_key=True),
    Column("namespace", Text, primary_key=True),
    Column("decision_model_key", Key, ForeignKey("decision_model.key"), nullable=False),
)

form_definition = Table(
    "form_definition",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("deployment_key", Key, ForeignKey("deployment.key"), nullable=False),
    Column("form_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("version_tag", Text, nullable=False, server_default=""),
    Column("content_hash", Text, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("title", Json, nullable=False),
    Column("published_at", Instant, nullable=False),
    UniqueConstraint("form_id", "version"),
)

#: common rules; a pathway that takes one in holds its own copy of it
shared_rule = Table(
    "shared_rule",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("deployment_key", Key, ForeignKey("deployment.key"), nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("resource_name", Text, nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("name", Json, nullable=False),
    Column("published_at", Instant, nullable=False),
    UniqueConstraint("rule_id", "version"),
)

#: the form versions that a process version was published with: a running case keeps its forms
process_form = Table(
    "process_form",
    metadata,
    Column("process_definition_key", Key, ForeignKey("process_definition.key"), primary_key=True),
    Column("form_id", Text, primary_key=True),
    Column("form_definition_key", Key, ForeignKey("form_definition.key"), nullable=False),
)

#: the decision versions that a process version was published with, where its diagram binds them to itself
process_decision = Table(
    "process_decision",
    metadata,
    Column("process_definition_key", Key, ForeignKey("process_definition.key"), primary_key=True),
    Column("decision_id", Text, primary_key=True),
    Column("decision_definition_key", Key, ForeignKey("decision_definition.key"), nullable=False),
)

#: messages, signals and conditions that start the newest version of a process; rewritten when it is published
message_start = Table(
    "message_start",
    metadata,
    Column("process_id", Text, primary_key=True),
    Column("element_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True, server_default="message"),  # message signal conditional
    Column("message_name", Text, primary_key=True),  # of a condition its text
    Column("process_definition_key", Key, ForeignKey("process_definition.key"), nullable=False),
    Index(None, "message_name"),
)

#: when the newest version of a process starts by itself; rewritten when it is published and after each start
timer_start = Table(
    "timer_start",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("process_id", Text, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("process_definition_key", Key, ForeignKey("process_definition.key"), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("repetitions_left", Integer),
    UniqueConstraint("process_id", "element_id"),
    Index(None, "due_at"),
)
