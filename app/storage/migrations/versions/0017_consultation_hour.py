"""
The consultation hour: its own store, to and from which no other table leads.

Safe beside the running release: it does not know these tables.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consultation_hour",
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("remote_link", sa.Text(), server_default="", nullable=False),
        sa.Column("last_arrival", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_consultation_hour")),
    )
    op.create_table(
        "consultation_member",
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["consultation_hour.area_id"], name=op.f("fk_consultation_member_area_id_consultation_hour")
        ),
        sa.ForeignKeyConstraint(
            ["user_key"], ["user_account.key"], name=op.f("fk_consultation_member_user_key_user_account")
        ),
        sa.PrimaryKeyConstraint("area_id", "user_key", "part", name=op.f("pk_consultation_member")),
    )
    op.create_table(
        "consultation_session",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("starts_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("facilitator_key", sa.BigInteger(), nullable=True),
        sa.Column("deputy_key", sa.BigInteger(), nullable=True),
        sa.Column("handled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("carried", sa.Integer(), server_default="0", nullable=False),
        sa.Column("walk_ins", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("organisations", types.Json, nullable=False),
        sa.Column("learnt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id"], ["consultation_hour.area_id"], name=op.f("fk_consultation_session_area_id_consultation_hour")
        ),
        sa.ForeignKeyConstraint(
            ["deputy_key"], ["user_account.key"], name=op.f("fk_consultation_session_deputy_key_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["facilitator_key"], ["user_account.key"], name=op.f("fk_consultation_session_facilitator_key_user_account")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_consultation_session")),
        sa.UniqueConstraint("area_id", "starts_at", name=op.f("uq_consultation_session_area_id_starts_at")),
    )
    op.create_index(
        op.f("ix_consultation_session_status_consultation_session_starts_at"),
        "consultation_session",
        ["status", "starts_at"],
        unique=False,
    )
    op.create_table(
        "consultation_attendance",
        sa.Column("session_key", sa.BigInteger(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("present", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["session_key"],
            ["consultation_session.key"],
            name=op.f("fk_consultation_attendance_session_key_consultation_session"),
        ),
        sa.ForeignKeyConstraint(
            ["user_key"], ["user_account.key"], name=op.f("fk_consultation_attendance_user_key_user_account")
        ),
        sa.PrimaryKeyConstraint("session_key", "user_key", name=op.f("pk_consultation_attendance")),
    )
    op.create_table(
        "consultation_item",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session_key", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Integer(), nullable=True),
        sa.Column("walk_in", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("topics", types.Json, nullable=False),
        sa.Column("profession", sa.Text(), server_default="", nullable=False),
        sa.Column("organisation_id", sa.Text(), server_default="", nullable=False),
        sa.Column("age_group", sa.Text(), server_default="", nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("requester", sa.LargeBinary(), nullable=True),
        sa.Column("recommendation", sa.Text(), server_default="", nullable=False),
        sa.Column("services", types.Json, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("carried", sa.Integer(), server_default="0", nullable=False),
        sa.Column("passed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("confirmed", types.Json, nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_key"],
            ["consultation_session.key"],
            name=op.f("fk_consultation_item_session_key_consultation_session"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_consultation_item")),
        sa.UniqueConstraint("ticket", name=op.f("uq_consultation_item_ticket")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_consultation_item_queue", "consultation_item", ["session_key", "status", "arrival"], unique=False
    )
    op.create_table(
        "consultation_secret",
        sa.Column("session_key", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_key"],
            ["consultation_session.key"],
            name=op.f("fk_consultation_secret_session_key_consultation_session"),
        ),
        sa.PrimaryKeyConstraint("session_key", name=op.f("pk_consultation_secret")),
    )


def downgrade() -> None:
    op.drop_table("consultation_secret")
    op.drop_index("ix_consultation_item_queue", table_name="consultation_item")
    op.drop_table("consultation_item")
    op.drop_table("consultation_attendance")
    op.drop_index(
        op.f("ix_consultation_session_status_consultation_session_starts_at"), table_name="consultation_session"
    )
    op.drop_table("consultation_session")
    op.drop_table("consultation_member")
    op.drop_table("consultation_hour")
