"""
Feedback on accessibility with its answer.

Safe beside the running release: it knows none of this.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accessibility_feedback",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("answered_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_accessibility_feedback")),
    )
    op.create_index(op.f("ix_accessibility_feedback_received_at"), "accessibility_feedback", ["received_at"])


def downgrade() -> None:
    op.drop_table("accessibility_feedback")
