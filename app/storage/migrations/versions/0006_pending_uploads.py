"""
Files that wait for their form to be sent again, and an index by which old sessions are found.

Safe beside the running release: it does not know these tables.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pending_upload",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task_key", sa.BigInteger(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kept_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["task_key"], ["user_task.key"], name=op.f("fk_pending_upload_task_key_user_task")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pending_upload")),
    )
    op.create_index(op.f("ix_pending_upload_kept_at"), "pending_upload", ["kept_at"], unique=False)
    op.create_index(
        op.f("ix_pending_upload_task_key_pending_upload_user_key"),
        "pending_upload",
        ["task_key", "user_key"],
        unique=False,
    )
    op.create_index(op.f("ix_pending_upload_user_key"), "pending_upload", ["user_key"], unique=False)
    op.create_table(
        "pending_chunk",
        sa.Column("upload_key", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_key"], ["pending_upload.key"], name=op.f("fk_pending_chunk_upload_key_pending_upload")
        ),
        sa.PrimaryKeyConstraint("upload_key", "number", name=op.f("pk_pending_chunk")),
    )
    op.create_index(op.f("ix_session_seen_at"), "session", ["seen_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_session_seen_at"), table_name="session")
    op.drop_table("pending_chunk")
    op.drop_index(op.f("ix_pending_upload_user_key"), table_name="pending_upload")
    op.drop_index(op.f("ix_pending_upload_task_key_pending_upload_user_key"), table_name="pending_upload")
    op.drop_index(op.f("ix_pending_upload_kept_at"), table_name="pending_upload")
    op.drop_table("pending_upload")
