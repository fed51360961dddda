"""
Instances that are paused.

Safe beside the running release: it pauses none, but would fire the timers of those that a newer one has paused.
"""

import sqlalchemy as sa
from alembic import op

from app.storage.types import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PAUSED = "paused_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("process_instance", sa.Column("paused_at", Instant()))
    op.create_index(
        "ix_process_instance_paused",
        "process_instance",
        ["key"],
        sqlite_where=sa.text(PAUSED),
        postgresql_where=sa.text(PAUSED),
    )


def downgrade() -> None:
    op.drop_index("ix_process_instance_paused", table_name="process_instance")
    op.drop_column("process_instance", "paused_at")
