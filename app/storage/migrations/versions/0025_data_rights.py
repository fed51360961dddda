"""
Requests of clients about their data, and what was put right (R-21).

Safe beside the running release: it does not know these tables.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_request",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data_group", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", types.Instant(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("by_worker", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_key"], ["client.key"], name=op.f("fk_data_request_client_key_client")),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_data_request_case_key_care_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_data_request")),
    )
    op.create_index(op.f("ix_data_request_client_key"), "data_request", ["client_key"])
    op.create_index(
        op.f("ix_data_request_case_key_data_request_kind_data_request_status"),
        "data_request",
        ["case_key", "kind", "status"],
    )
    op.create_index(
        op.f("ix_data_request_controller_org_id_data_request_status_data_request_due_on"),
        "data_request",
        ["controller_org_id", "status", "due_on"],
    )
    op.create_table(
        "correction",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("request_key", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("answer_key", sa.BigInteger(), nullable=True),
        sa.Column("data_group", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_key"], ["client.key"], name=op.f("fk_correction_client_key_client")),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_correction_case_key_care_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_client_key"), "correction", ["client_key"])
    op.create_index(op.f("ix_correction_case_key"), "correction", ["case_key"])


def downgrade() -> None:
    op.drop_table("correction")
    op.drop_table("data_request")
