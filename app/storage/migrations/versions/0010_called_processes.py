"""
Processes that call activities call, and of which of them a task, job, wait, variable or line of history is.

Safe beside the running release: it knows neither and publishes no call activities. It refuses to open the state of an
instance that has called something (`state_of_later_build`), so such instances wait for the new release.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = (
    "history",
    "variable",
    "job",
    "timer",
    "message_subscription",
    "signal_subscription",
    "incident",
    "user_task",
)


def upgrade() -> None:
    op.create_table(
        "called_process",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("parent_key", sa.BigInteger(), nullable=False),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("process_definition_key", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_called_process_instance_key_process_instance")
        ),
        sa.ForeignKeyConstraint(
            ["process_definition_key"],
            ["process_definition.key"],
            name=op.f("fk_called_process_process_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_called_process")),
    )
    op.create_index(op.f("ix_called_process_instance_key"), "called_process", ["instance_key"])
    op.create_index(op.f("ix_called_process_parent_key"), "called_process", ["parent_key"])
    op.create_index(op.f("ix_called_process_started_at_called_process_key"), "called_process", ["started_at", "key"])
    op.create_index(
        op.f("ix_called_process_process_id_called_process_status"), "called_process", ["process_id", "status"]
    )
    op.create_index(
        op.f("ix_called_process_process_definition_key_called_process_status"),
        "called_process",
        ["process_definition_key", "status"],
    )
    for table in TABLES:
        op.add_column(table, sa.Column("called_process_key", sa.BigInteger(), nullable=True))
        op.create_index(
            op.f(f"ix_{table}_called_process_key"),
            table,
            ["called_process_key"],
            sqlite_where=sa.text("called_process_key IS NOT NULL"),
            postgresql_where=sa.text("called_process_key IS NOT NULL"),
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(op.f(f"ix_{table}_called_process_key"), table_name=table)
        op.drop_column(table, "called_process_key")
    op.drop_table("called_process")
