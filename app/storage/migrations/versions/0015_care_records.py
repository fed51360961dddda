"""
Consents, plans with their actions, measures; the client coordinator of a case and their deputy.

Safe beside the running release: it does not know these tables and columns.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.storage.types import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.BigInteger()
OWN_CASE = (
    "EXISTS (SELECT 1 FROM care_case c WHERE c.key = {table}.case_key"
    " AND (care_is_own(c.controller_org_id) OR care_is_granted(c.key, '{group}')))"
)
OWN_OR_GRANTED = "care_is_own(controller_org_id) OR care_is_granted(case_key, '{group}')"
#: table -> who but the system may read a row (as in 0004)
POLICIES = {
    "consent": OWN_CASE.format(table="consent", group="perustiedot"),
    "plan": OWN_OR_GRANTED.format(group="suunnitelma"),
    "plan_action": OWN_OR_GRANTED.format(group="suunnitelma"),
    "measure": OWN_OR_GRANTED.format(group="kykyviisari"),
}
PEOPLE = ("coordinator_key", "deputy_key")


def upgrade() -> None:
    with op.batch_alter_table("care_case") as batch:
        for name in PEOPLE:
            batch.add_column(sa.Column(name, KEY))
            batch.create_foreign_key(f"fk_care_case_{name}_user_account", "user_account", [name], ["key"])
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, admitted in POLICIES.items():
        op.execute(f"CREATE POLICY {table}_admitted ON {table} FOR SELECT USING ({admitted})")
        op.execute(f"CREATE POLICY {table}_system ON {table} USING (care_is_system()) WITH CHECK (care_is_system())")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _tables() -> None:
    op.create_table(
        "consent",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("parties", JSON, nullable=False),
        sa.Column("data_groups", JSON, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant()),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_consent_case_key_care_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_case_key_consent_given_at"), "consent", ["case_key", "given_at"])
    op.create_table(
        "plan",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("approved_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_plan_case_key_care_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_plan")),
        sa.UniqueConstraint("case_key", "version", name=op.f("uq_plan_case_key_version")),
    )
    op.create_table(
        "plan_action",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("plan_key", KEY, nullable=False),
        sa.Column("action_key", KEY, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("person_key", KEY),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("review_on", sa.Date()),
        sa.Column("until_further_notice", sa.Boolean(), nullable=False),
        sa.Column("parallel", sa.Boolean(), nullable=False),
        sa.Column("predecessor_key", KEY),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["plan_key"], ["plan.key"], name=op.f("fk_plan_action_plan_key_plan")),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_plan_action_case_key_care_case")),
        sa.ForeignKeyConstraint(
            ["person_key"], ["user_account.key"], name=op.f("fk_plan_action_person_key_user_account")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_plan_action")),
        sa.UniqueConstraint("plan_key", "action_key", name=op.f("uq_plan_action_plan_key_action_key")),
    )
    op.create_index(op.f("ix_plan_action_case_key_plan_action_action_key"), "plan_action", ["case_key", "action_key"])
    op.create_table(
        "measure",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("may_be_used", sa.Boolean(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_measure_case_key_care_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_measure")),
    )
    op.create_index(op.f("ix_measure_case_key_measure_measured_on"), "measure", ["case_key", "measured_on"])


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for table in POLICIES:
            op.execute(f"DROP POLICY {table}_admitted ON {table}")
            op.execute(f"DROP POLICY {table}_system ON {table}")
    op.drop_index(op.f("ix_measure_case_key_measure_measured_on"), table_name="measure")
    op.drop_table("measure")
    op.drop_index(op.f("ix_plan_action_case_key_plan_action_action_key"), table_name="plan_action")
    op.drop_table("plan_action")
    op.drop_table("plan")
    op.drop_index(op.f("ix_consent_case_key_consent_given_at"), table_name="consent")
    op.drop_table("consent")
    with op.batch_alter_table("care_case") as batch:
        for name in PEOPLE:
            batch.drop_constraint(f"fk_care_case_{name}_user_account", type_="foreignkey")
            batch.drop_column(name)
