"""
PostgreSQL admits rows of the care core by organisation and live grant (app.storage.row_security); SQLite cannot.

Not safe beside an older release: its connections do not say that they are the system and would see no client at all.
The role that the product connects as must be no superuser and have no BYPASSRLS; `pg_dump` is run by one that has.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FUNCTIONS = (
    (
        "CREATE FUNCTION care_is_system() RETURNS boolean LANGUAGE sql STABLE AS"
        " $$ SELECT coalesce(current_setting('app.system', true), '') = 'on' $$"
    ),
    (
        "CREATE FUNCTION care_is_own(controller text) RETURNS boolean LANGUAGE sql STABLE AS"
        " $$ SELECT controller = nullif(current_setting('app.organisation', true), '') $$"
    ),
    # the group null: any group of the case
    (
        "CREATE FUNCTION care_is_granted(one_case bigint, one_group text) RETURNS boolean LANGUAGE sql STABLE AS $$"
        " SELECT EXISTS (SELECT 1 FROM consent_grant"
        " WHERE case_key = one_case AND organisation_id = nullif(current_setting('app.organisation', true), '')"
        " AND (one_group IS NULL OR data_group = one_group) AND purpose = 'care'"
        " AND valid_from <= nullif(current_setting('app.moment', true), '')::timestamptz"
        " AND valid_until > nullif(current_setting('app.moment', true), '')::timestamptz"
        " AND (withdrawn_at IS NULL OR withdrawn_at > nullif(current_setting('app.moment', true), '')::timestamptz)) $$"
    ),
)
OWN_CASE = (
    "EXISTS (SELECT 1 FROM care_case c WHERE c.{column} = {table}.{key}"
    " AND (care_is_own(c.controller_org_id) OR care_is_granted(c.key, {group})))"
)
OWN_UNIT = "EXISTS (SELECT 1 FROM unit u WHERE u.id = appointment.unit_id AND care_is_own(u.organisation_id))"
#: table -> who but the system may read a row
POLICIES = {
    "consent_grant": "care_is_own(organisation_id)",
    "care_case": "care_is_own(controller_org_id) OR care_is_granted(key, NULL)"
    " OR owner_key::text = current_setting('app.person', true)",
    "client": OWN_CASE.format(column="client_key", table="client", key="key", group="'perustiedot'"),
    "client_index": "EXISTS (SELECT 1 FROM client p WHERE p.key = client_index.client_key)",
    "case_answer": "care_is_own(controller_org_id) OR care_is_granted(case_key, data_group)",
    "appointment": OWN_CASE.format(column="key", table="appointment", key="case_key", group="'perustiedot'")
    + f" OR {OWN_UNIT}",
    "document": "care_is_own(controller_org_id) OR"
    " (SELECT bool_and(care_is_granted(case_key, one.name)) FROM jsonb_array_elements_text(data_groups) AS one(name))",
    "document_chunk": "EXISTS (SELECT 1 FROM document d WHERE d.key = document_chunk.document_key)",
    "decision_record": OWN_CASE.format(
        column="key", table="decision_record", key="case_key", group="decision_record.data_group"
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for function in FUNCTIONS:
        op.execute(function)
    for table, admitted in POLICIES.items():
        op.execute(f"CREATE POLICY {table}_admitted ON {table} FOR SELECT USING ({admitted})")
        # behind the wall nothing is written at all
        op.execute(f"CREATE POLICY {table}_system ON {table} USING (care_is_system()) WITH CHECK (care_is_system())")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # the product owns its tables; without this its owner would walk through
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in POLICIES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY {table}_admitted ON {table}")
        op.execute(f"DROP POLICY {table}_system ON {table}")
    for name in ("care_is_granted(bigint, text)", "care_is_own(text)", "care_is_system()"):
        op.execute(f"DROP FUNCTION {name}")
