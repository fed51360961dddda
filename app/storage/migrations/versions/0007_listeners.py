"""
Listeners: jobs that hold an element, so that one element instance may have several; what they hold of a user task.

Safe beside the running release: it opens one job for each element instance and leaves the new columns alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("job") as table:
        table.add_column(sa.Column("listener_event", sa.Text(), server_default="", nullable=False))
        table.drop_constraint(op.f("uq_job_element_instance_key"), type_="unique")
        table.create_index(op.f("ix_job_element_instance_key"), ["element_instance_key"], unique=False)
    with op.batch_alter_table("user_task") as table:
        table.add_column(sa.Column("held_event", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("held_by", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("denial", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("user_task") as table:
        table.drop_column("denial")
        table.drop_column("held_by")
        table.drop_column("held_event")
    # the constraint comes back only where no element instance has several jobs: those of listeners go first
    op.execute(sa.text("DELETE FROM job WHERE listener_event <> ''"))
    with op.batch_alter_table("job") as table:
        table.drop_index(op.f("ix_job_element_instance_key"))
        table.create_unique_constraint(op.f("uq_job_element_instance_key"), ["element_instance_key"])
        table.drop_column("listener_event")
