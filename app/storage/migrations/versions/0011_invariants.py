"""
What the nightly look at the open cases finds (rule X9).

Safe beside the running release: it does not know these tables.
"""

import sqlalchemy as sa
from alembic import op

from app.storage.types import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPEN = "mended_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "invariant_violation",
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("mended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_key"], ["care_case.key"], name=op.f("fk_invariant_violation_case_key_care_case")
        ),
        sa.PrimaryKeyConstraint("case_key", "kind", "since", name=op.f("pk_invariant_violation")),
    )
    op.create_index(
        "ix_invariant_violation_open",
        "invariant_violation",
        ["since", "case_key"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_table(
        "nightly_run",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("night", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_nightly_run")),
    )


def downgrade() -> None:
    op.drop_table("nightly_run")
    op.drop_index("ix_invariant_violation_open", table_name="invariant_violation")
    op.drop_table("invariant_violation")
