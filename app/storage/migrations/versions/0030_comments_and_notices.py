"""
Comments at user tasks, behind the wall like answers, and notices to people.

Safe beside the running release: it does not know these tables.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.storage.types import Instant

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.BigInteger()
#: as of answers (0004, 0018, 0023); clients and their representatives read no comments, they get a copy of their data
ADMITTED = (
    "care_is_own(controller_org_id) OR care_is_granted(case_key, data_group) OR care_is_emergency(case_key)"
    " OR care_is_clients(case_key, data_group)"
)


def upgrade() -> None:
    op.create_table(
        "task_comment",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("task_key", KEY, nullable=False),
        sa.Column("case_key", KEY),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("data_group", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("mentioned", JSON, nullable=False),
        sa.Column("author", KEY, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["task_key"], ["user_task.key"], name=op.f("fk_task_comment_task_key_user_task")),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_task_comment_case_key_care_case")),
        sa.ForeignKeyConstraint(["author"], ["user_account.key"], name=op.f("fk_task_comment_author_user_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_task_comment")),
    )
    op.create_index(op.f("ix_task_comment_task_key"), "task_comment", ["task_key"])
    op.create_index(op.f("ix_task_comment_case_key"), "task_comment", ["case_key"])
    op.create_table(
        "notice",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("user_key", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task_key", KEY, nullable=False),
        sa.Column("by", KEY),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("once", sa.Text()),
        sa.Column("read_at", Instant()),
        sa.Column("mail_at", Instant()),
        sa.Column("mail_tries", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["user_key"], ["user_account.key"], name=op.f("fk_notice_user_key_user_account")),
        sa.ForeignKeyConstraint(["task_key"], ["user_task.key"], name=op.f("fk_notice_task_key_user_task")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notice")),
    )
    op.create_index("uq_notice_once", "notice", ["user_key", "once"], unique=True)
    op.create_index(op.f("ix_notice_user_key_notice_at_notice_key"), "notice", ["user_key", "at", "key"])
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["user_key", "task_key"],
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index(
        "ix_notice_mail",
        "notice",
        ["mail_at", "key"],
        sqlite_where=sa.text("mail_at IS NOT NULL"),
        postgresql_where=sa.text("mail_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_notice_task_key"), "notice", ["task_key"])
    op.create_index(op.f("ix_notice_at"), "notice", ["at"])
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(f"CREATE POLICY task_comment_admitted ON task_comment FOR SELECT USING ({ADMITTED})")
    op.execute(
        "CREATE POLICY task_comment_system ON task_comment USING (care_is_system()) WITH CHECK (care_is_system())"
    )
    op.execute("ALTER TABLE task_comment ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE task_comment FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_table("task_comment")
