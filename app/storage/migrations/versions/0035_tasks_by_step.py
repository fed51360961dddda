"""
Open tasks by the step that they are of: what a search looks for is found among the steps' names.

Safe beside the running release: it does not know the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    op.create_index(
        "ix_user_task_step",
        "user_task",
        ["process_definition_key", "element_id", "due_at", "key"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_index("ix_user_task_step", table_name="user_task")
