"""
Open tasks by the day on which somebody wants to come back to them: few have one.

Safe beside the running release: it does not know the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

PUT_OFF = sa.text("status = 'open' AND follow_up_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_user_task_follow_up", "user_task", ["follow_up_at"], sqlite_where=PUT_OFF, postgresql_where=PUT_OFF
    )


def downgrade() -> None:
    op.drop_index("ix_user_task_follow_up", table_name="user_task")
