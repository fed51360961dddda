"""
Meetings of teams: who was there, and which client's turn was taken when.

Safe beside the running release: it does not know these tables.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.storage.types import Instant

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "team_meeting",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("leader_key", KEY, nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant()),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_team_meeting_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["leader_key"], ["user_account.key"], name=op.f("fk_team_meeting_leader_key_user_account")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_team_meeting")),
        sa.UniqueConstraint("unit_id", "day", name=op.f("uq_team_meeting_unit_id_day")),
    )
    op.create_table(
        "team_meeting_attendee",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("meeting_key", KEY, nullable=False),
        sa.Column("user_key", KEY),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("presence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_key"], ["team_meeting.key"], name=op.f("fk_team_meeting_attendee_meeting_key_team_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["user_key"], ["user_account.key"], name=op.f("fk_team_meeting_attendee_user_key_user_account")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_team_meeting_attendee")),
        sa.UniqueConstraint("meeting_key", "user_key", name=op.f("uq_team_meeting_attendee_meeting_key_user_key")),
    )
    op.create_table(
        "team_meeting_turn",
        sa.Column("meeting_key", KEY, nullable=False),
        sa.Column("task_key", KEY, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.Column("left_at", Instant()),
        sa.Column("spent_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outside", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_key"], ["team_meeting.key"], name=op.f("fk_team_meeting_turn_meeting_key_team_meeting")
        ),
        sa.ForeignKeyConstraint(["task_key"], ["user_task.key"], name=op.f("fk_team_meeting_turn_task_key_user_task")),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_team_meeting_turn_case_key_care_case")),
        sa.PrimaryKeyConstraint("meeting_key", "task_key", name=op.f("pk_team_meeting_turn")),
    )
    op.create_index(op.f("ix_team_meeting_turn_task_key"), "team_meeting_turn", ["task_key"])
    op.create_index(op.f("ix_team_meeting_turn_case_key"), "team_meeting_turn", ["case_key"])


def downgrade() -> None:
    op.drop_table("team_meeting_turn")
    op.drop_table("team_meeting_attendee")
    op.drop_table("team_meeting")
