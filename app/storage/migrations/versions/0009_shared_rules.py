"""
Common rules that pathways take in, and the copies with them that run.

Safe beside the running release: it does not know them, and publishes pathways that take in nothing.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("process_definition", sa.Column("runnable", sa.LargeBinary()))
    op.create_table(
        "shared_rule",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment_key", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("resource_name", sa.Text(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("name", types.Json, nullable=False),
        sa.Column("published_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name=op.f("fk_shared_rule_deployment_key_deployment")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_shared_rule")),
        sa.UniqueConstraint("rule_id", "version", name=op.f("uq_shared_rule_rule_id_version")),
    )


def downgrade() -> None:
    op.drop_table("shared_rule")
    op.drop_column("process_definition", "runnable")
