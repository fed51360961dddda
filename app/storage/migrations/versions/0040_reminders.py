"""
People's own reminders.

Safe beside the running release: it does not know the table.
"""

import sqlalchemy as sa
from alembic import op

from app.storage.types import Instant

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["user_key"], ["user_account.key"], name=op.f("fk_reminder_user_key_user_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_reminder")),
    )
    op.create_index("ix_reminder_of_person", "reminder", ["user_key", "day"])


def downgrade() -> None:
    op.drop_table("reminder")
