"""
What leads back from a completed user task, while nothing has been built on it.

Safe beside the running release: it does not know this table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.storage.types import Instant

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "way_back",
        sa.Column("instance_key", KEY, autoincrement=False, nullable=False),
        sa.Column("task_key", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("obstacle", sa.Text(), server_default="", nullable=False),
        sa.Column("opened", JSON, nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_way_back_instance_key_process_instance")
        ),
        sa.ForeignKeyConstraint(["task_key"], ["user_task.key"], name=op.f("fk_way_back_task_key_user_task")),
        sa.PrimaryKeyConstraint("instance_key", name=op.f("pk_way_back")),
    )
    op.create_index(op.f("ix_way_back_task_key"), "way_back", ["task_key"])
    op.create_index(op.f("ix_way_back_at"), "way_back", ["at"])


def downgrade() -> None:
    op.drop_table("way_back")
