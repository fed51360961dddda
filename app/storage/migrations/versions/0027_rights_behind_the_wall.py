"""
PostgreSQL admits openings in an emergency to their own person, requests and corrections to the system only.

Safe beside the running release: it reads these tables as the system.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLES = ("emergency_access", "data_request", "correction")
#: the function of migration 0023 looks here behind the wall, on the reader's behalf
OWN = "user_key::text = nullif(current_setting('app.person', true), '')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(f"CREATE POLICY emergency_access_own ON emergency_access FOR SELECT USING ({OWN})")
    for table in TABLES:
        op.execute(f"CREATE POLICY {table}_system ON {table} USING (care_is_system()) WITH CHECK (care_is_system())")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY {table}_system ON {table}")
    op.execute("DROP POLICY emergency_access_own ON emergency_access")
