"""What process owners are drawing and have not published."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.storage.tables.base import metadata
from app.storage.types import Instant, Json, Key

#: at most one shared draft of a model (owner 0), and own copies of persons beside it
model_draft = Table(
    "model_draft",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # bpmn dmn json
    Column("model_id", Text, nullable=False),
    Column("owner_key", Key, nullable=False, server_default="0"),
    Column("name", Json, nullable=False),
    Column("resource_name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("original", LargeBinary),  # what was imported, byte for byte
    Column("base_hash", Text, nullable=False, server_default=""),  # SHA-256 of the published source it began from
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
    Column("updated_at", Instant, nullable=False),
    Column("updated_by", Key),
    UniqueConstraint("kind", "model_id", "owner_key"),
)
