"""
Views of the worklist that people have named, and which one each begins with; the open tasks of a unit in their order.

Safe beside the running release: it knows none of this.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_view",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner_key", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fields", types.Json, nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("saved_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["owner_key"], ["user_account.key"], name=op.f("fk_work_view_owner_key_user_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_work_view")),
        sa.UniqueConstraint("owner_key", "name", name=op.f("uq_work_view_owner_key_name")),
    )
    op.create_index("ix_work_view_shared", "work_view", ["group_id"])
    op.create_table(
        "work_view_default",
        sa.Column("user_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("view_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_key"], ["user_account.key"], name=op.f("fk_work_view_default_user_key_user_account")
        ),
        sa.ForeignKeyConstraint(["view_key"], ["work_view.key"], name=op.f("fk_work_view_default_view_key_work_view")),
        sa.PrimaryKeyConstraint("user_key", name=op.f("pk_work_view_default")),
    )
    op.create_index(op.f("ix_work_view_default_view_key"), "work_view_default", ["view_key"])
    op.create_index(
        "ix_user_task_of_unit",
        "user_task",
        ["unit_id", "due_at", "key"],
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    op.drop_index("ix_user_task_of_unit", table_name="user_task")
    op.drop_table("work_view_default")
    op.drop_table("work_view")
