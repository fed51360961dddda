"""
Openings of cases in an emergency, and the wall that lets their reader through while they last (R-20).

Safe beside the running release: it does not know the table.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FUNCTION = (
    "CREATE FUNCTION care_is_emergency(one_case bigint) RETURNS boolean LANGUAGE sql STABLE AS"
    " $$ SELECT EXISTS (SELECT 1 FROM emergency_access WHERE case_key = one_case"
    " AND user_key::text = nullif(current_setting('app.person', true), '')"
    " AND organisation_id = nullif(current_setting('app.organisation', true), '')"
    " AND opened_at <= nullif(current_setting('app.moment', true), '')::timestamptz"
    " AND ends_at > nullif(current_setting('app.moment', true), '')::timestamptz AND ended_at IS NULL) $$"
)
OF_CASE = ("case_answer", "appointment", "document", "decision_record", "consent", "consent_grant", "plan")
#: table -> which rows are let through
POLICIES = {
    **dict.fromkeys((*OF_CASE, "plan_action", "measure"), "care_is_emergency(case_key)"),
    "care_case": "care_is_emergency(key)",
    "client": "EXISTS (SELECT 1 FROM care_case c WHERE c.client_key = client.key AND care_is_emergency(c.key))",
}


def upgrade() -> None:
    op.create_table(
        "emergency_access",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("reviewed_at", types.Instant(), nullable=True),
        sa.Column("reviewed_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_emergency_access_case_key_care_case")),
        sa.ForeignKeyConstraint(
            ["user_key"], ["user_account.key"], name=op.f("fk_emergency_access_user_key_user_account")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_emergency_access")),
    )
    op.create_index(
        op.f("ix_emergency_access_case_key_emergency_access_user_key"), "emergency_access", ["case_key", "user_key"]
    )
    op.create_index(
        op.f("ix_emergency_access_opened_at_emergency_access_key"), "emergency_access", ["opened_at", "key"]
    )
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(FUNCTION)
    for table, admitted in POLICIES.items():
        op.execute(f"CREATE POLICY {table}_emergency ON {table} FOR SELECT USING ({admitted})")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for table in POLICIES:
            op.execute(f"DROP POLICY {table}_emergency ON {table}")
        op.execute("DROP FUNCTION care_is_emergency(bigint)")
    op.drop_table("emergency_access")
