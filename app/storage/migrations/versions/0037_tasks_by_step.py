"""
Open tasks by the step that they are of, and the urgent ones first: a search looks among the steps' names.

Safe beside the running release: it does not know the indexes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
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
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_user_task_open_priority",
            "user_task",
            [sa.text("priority DESC"), "due_at", "key"],
            postgresql_where=OPEN,
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_user_task_open_priority", table_name="user_task")
    op.drop_index("ix_user_task_step", table_name="user_task")
