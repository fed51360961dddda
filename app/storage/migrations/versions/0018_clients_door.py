"""
The client's own door: mandates, one-time links, sessions of clients, sign-ins on their way.

On PostgreSQL the rows of the client's own cases are admitted to them too (app.storage.row_security), those of a
representative's mandate by data group. Safe beside the running release: it knows none of this.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FUNCTION = (
    "CREATE FUNCTION care_is_clients(one_case bigint, one_group text) RETURNS boolean LANGUAGE sql STABLE AS"
    " $$ SELECT coalesce(one_case::text = ANY (string_to_array(current_setting('app.cases', true), ','))"
    " AND (one_group IS NULL OR current_setting('app.groups', true) = '*'"
    " OR one_group = ANY (string_to_array(current_setting('app.groups', true), ','))), false) $$"
)
#: table -> which rows the client may read
POLICIES = {
    "consent_grant": "care_is_clients(case_key, NULL)",
    "care_case": "care_is_clients(key, NULL)",
    "client": "key::text = nullif(current_setting('app.client', true), '')"
    " AND (current_setting('app.groups', true) = '*'"
    " OR 'perustiedot' = ANY (string_to_array(current_setting('app.groups', true), ',')))",
    "case_answer": "care_is_clients(case_key, data_group)",
    "consent": "care_is_clients(case_key, NULL)",
    "plan": "care_is_clients(case_key, 'suunnitelma')",
    "plan_action": "care_is_clients(case_key, 'suunnitelma')",
    "measure": "care_is_clients(case_key, 'kykyviisari')",
    "appointment": "care_is_clients(case_key, 'perustiedot')",
    "document": "(SELECT bool_and(care_is_clients(case_key, one.name))"
    " FROM jsonb_array_elements_text(data_groups) AS one(name))",
    "decision_record": "care_is_clients(case_key, data_group)",
}


def upgrade() -> None:
    op.create_table(
        "mandate",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.Column("person_digest", sa.LargeBinary(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("data_groups", types.Json, nullable=False),
        sa.Column("valid_from", types.Instant(), nullable=False),
        sa.Column("valid_until", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_key"], ["client.key"], name=op.f("fk_mandate_client_key_client")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mandate")),
    )
    op.create_index(op.f("ix_mandate_person_digest"), "mandate", ["person_digest"])
    op.create_index(op.f("ix_mandate_client_key"), "mandate", ["client_key"])
    op.create_table(
        "client_link",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["client_key"], ["client.key"], name=op.f("fk_client_link_client_key_client")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_client_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_client_link_digest")),
    )
    for column in ("client_key", "expires_at"):
        op.create_index(op.f(f"ix_client_link_{column}"), "client_link", [column])
    op.create_table(
        "client_session",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.Column("mandate_key", sa.BigInteger(), nullable=True),
        sa.Column("person_digest", sa.LargeBinary(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["client_key"], ["client.key"], name=op.f("fk_client_session_client_key_client")),
        sa.ForeignKeyConstraint(["mandate_key"], ["mandate.key"], name=op.f("fk_client_session_mandate_key_mandate")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_client_session")),
    )
    for column in ("client_key", "seen_at"):
        op.create_index(op.f(f"ix_client_session_{column}"), "client_session", [column])
    op.create_table(
        "strong_sign_in",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_strong_sign_in")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_strong_sign_in_state_hash")),
    )
    op.create_index(op.f("ix_strong_sign_in_began_at"), "strong_sign_in", ["began_at"])
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(FUNCTION)
    for table, admitted in POLICIES.items():
        op.execute(f"CREATE POLICY {table}_own ON {table} FOR SELECT USING ({admitted})")
    op.execute("CREATE POLICY mandate_system ON mandate USING (care_is_system()) WITH CHECK (care_is_system())")
    op.execute("ALTER TABLE mandate ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mandate FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for table in POLICIES:
            op.execute(f"DROP POLICY {table}_own ON {table}")
        op.execute("DROP FUNCTION care_is_clients(bigint, text)")
    for table in ("strong_sign_in", "client_session", "client_link", "mandate"):
        op.drop_table(table)
