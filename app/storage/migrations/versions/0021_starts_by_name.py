"""
A start event may have several definitions: what starts a process is known by event, kind and name.

Safe beside the running release, which writes one row for each event. The table is rewritten when a process is
published.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _key_by("process_id", "element_id", "kind", "message_name")


def downgrade() -> None:
    # of several rows of one event only the first can stay
    op.execute(
        sa.text(
            "DELETE FROM message_start WHERE EXISTS (SELECT 1 FROM message_start AS other WHERE"
            " other.process_id = message_start.process_id AND other.element_id = message_start.element_id"
            " AND other.kind || ' ' || other.message_name < message_start.kind || ' ' || message_start.message_name)"
        )
    )
    _key_by("process_id", "element_id")


def _key_by(*columns: str) -> None:
    with op.batch_alter_table("message_start") as table:
        table.drop_constraint(op.f("pk_message_start"), type_="primary")
        table.create_primary_key(op.f("pk_message_start"), list(columns))
