"""
Absences with who stands in; who gave a task to its holder, and to whom it returns.

Safe beside the running release: it does not know them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.storage.types import Instant

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.BigInteger()


def upgrade() -> None:
    op.add_column("user_task", sa.Column("assigned_by", KEY))
    op.add_column("user_task", sa.Column("delegated_by", KEY))
    op.create_table(
        "absence",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("user_key", KEY, nullable=False),
        sa.Column("substitute_key", KEY, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("note", sa.LargeBinary()),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.ForeignKeyConstraint(["user_key"], ["user_account.key"], name=op.f("fk_absence_user_key_user_account")),
        sa.ForeignKeyConstraint(
            ["substitute_key"], ["user_account.key"], name=op.f("fk_absence_substitute_key_user_account")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_user_key"), "absence", ["user_key"])
    op.create_index(op.f("ix_absence_substitute_key"), "absence", ["substitute_key"])
    op.create_index(op.f("ix_absence_last_day"), "absence", ["last_day"])


def downgrade() -> None:
    op.drop_table("absence")
    with op.batch_alter_table("user_task") as batch:
        batch.drop_column("delegated_by")
        batch.drop_column("assigned_by")
