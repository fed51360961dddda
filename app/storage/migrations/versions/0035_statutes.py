"""
Statutes that readers name for a case, and the wall that lets them through to the data groups of that law (R-05).

Safe beside the running release: it does not know the table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.storage.types import Instant

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
# the group null: any group of the case
FUNCTION = (
    "CREATE FUNCTION care_is_by_statute(one_case bigint, one_group text) RETURNS boolean LANGUAGE sql STABLE AS"
    " $$ SELECT EXISTS (SELECT 1 FROM statute_access WHERE case_key = one_case"
    " AND (one_group IS NULL OR jsonb_exists(data_groups, one_group))"
    " AND user_key::text = nullif(current_setting('app.person', true), '')"
    " AND organisation_id = nullif(current_setting('app.organisation', true), '')"
    " AND opened_at <= nullif(current_setting('app.moment', true), '')::timestamptz"
    " AND ends_at > nullif(current_setting('app.moment', true), '')::timestamptz) $$"
)
#: table -> which rows are let through
POLICIES = {
    "care_case": "care_is_by_statute(key, NULL)",
    "client": "EXISTS (SELECT 1 FROM care_case c WHERE c.client_key = client.key"
    " AND care_is_by_statute(c.key, 'perustiedot'))",
    "case_answer": "care_is_by_statute(case_key, data_group)",
    "document": "(SELECT bool_and(care_is_by_statute(case_key, one.name))"
    " FROM jsonb_array_elements_text(data_groups) AS one(name))",
}
#: the function looks here behind the wall, on the reader's behalf
OWN = "user_key::text = nullif(current_setting('app.person', true), '')"


def upgrade() -> None:
    op.create_table(
        "statute_access",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("ground_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("data_groups", JSON, nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_statute_access_case_key_care_case")),
        sa.ForeignKeyConstraint(
            ["user_key"], ["user_account.key"], name=op.f("fk_statute_access_user_key_user_account")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_statute_access")),
    )
    op.create_index(
        op.f("ix_statute_access_case_key_statute_access_user_key"), "statute_access", ["case_key", "user_key"]
    )
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(FUNCTION)
    for table, admitted in POLICIES.items():
        op.execute(f"CREATE POLICY {table}_statute ON {table} FOR SELECT USING ({admitted})")
    op.execute(f"CREATE POLICY statute_access_own ON statute_access FOR SELECT USING ({OWN})")
    op.execute(
        "CREATE POLICY statute_access_system ON statute_access USING (care_is_system()) WITH CHECK (care_is_system())"
    )
    op.execute("ALTER TABLE statute_access ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE statute_access FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for table in POLICIES:
            op.execute(f"DROP POLICY {table}_statute ON {table}")
        # the policies of the table itself go with it, and the function looks at it
        op.execute("DROP FUNCTION care_is_by_statute(bigint, text)")
    op.drop_table("statute_access")
