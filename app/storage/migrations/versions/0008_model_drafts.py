"""
Drafts of the studio: diagrams, decision tables and forms that are not published.

Safe beside the running release: it does not know this table.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_draft",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("owner_key", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("name", types.Json, nullable=False),
        sa.Column("resource_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("original", sa.LargeBinary(), nullable=True),
        sa.Column("base_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", types.Instant(), nullable=False),
        sa.Column("updated_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_model_draft")),
        sa.UniqueConstraint("kind", "model_id", "owner_key", name=op.f("uq_model_draft_kind_model_id_owner_key")),
    )


def downgrade() -> None:
    op.drop_table("model_draft")
