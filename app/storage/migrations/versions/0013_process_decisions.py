"""
The decision versions that process versions are bound to.

Safe beside the running release: it does not know this table. What was published before is bound to none and goes on
with the newest version of its decisions, as it did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_decision",
        sa.Column("process_definition_key", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("decision_definition_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_definition_key"],
            ["decision_definition.key"],
            name=op.f("fk_process_decision_decision_definition_key_decision_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["process_definition_key"],
            ["process_definition.key"],
            name=op.f("fk_process_decision_process_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("process_definition_key", "decision_id", name=op.f("pk_process_decision")),
    )


def downgrade() -> None:
    op.drop_table("process_decision")
