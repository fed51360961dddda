"""Tasks that were not done in time are offered to their group again and shown to the supervisor (rule X2)."""

import sqlalchemy as sa
from alembic import op

from app.storage.types import Instant, Key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DELAYED = "status = 'open' AND escalated_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("user_task", sa.Column("escalated_at", Instant()))
    op.add_column("user_task", sa.Column("escalated_from", Key()))
    op.create_index(
        "ix_user_task_delayed",
        "user_task",
        ["unit_id", "due_at", "key"],
        sqlite_where=sa.text(DELAYED),
        postgresql_where=sa.text(DELAYED),
    )


def downgrade() -> None:
    op.drop_index("ix_user_task_delayed", table_name="user_task")
    op.drop_column("user_task", "escalated_from")
    op.drop_column("user_task", "escalated_at")
