"""
Anonymous answers: rounds of questions, links that have not been used, answers.

Safe beside the running release: it knows none of this.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("closed", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("invited", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answered", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_survey")),
        sa.UniqueConstraint("form_id", "area_id", "opens_on", name=op.f("uq_survey_form_id_area_id_opens_on")),
    )
    op.create_index(op.f("ix_survey_closed_survey_closes_on"), "survey", ["closed", "closes_on"])
    op.create_table(
        "survey_ticket",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("survey_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["survey_key"], ["survey.key"], name=op.f("fk_survey_ticket_survey_key_survey")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_survey_ticket")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_survey_ticket_survey_key"), "survey_ticket", ["survey_key"])
    op.create_table(
        "survey_answer",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("survey_key", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", types.Json, nullable=True),
        sa.Column("written", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["survey_key"], ["survey.key"], name=op.f("fk_survey_answer_survey_key_survey")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_survey_answer")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_survey_answer_survey_key_survey_answer_field"), "survey_answer", ["survey_key", "field"])


def downgrade() -> None:
    for table in ("survey_answer", "survey_ticket", "survey"):
        op.drop_table(table)
