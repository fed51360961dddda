"""
The database itself refuses to change or forget what the logs say; only the seal may be added, once.

Safe beside the running release: it never updates or deletes these rows, but for the seal.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEALED = {
    "audit": (
        "key",
        "at",
        "actor_key",
        "unit_id",
        "action",
        "subject",
        "subject_key",
        "instance_key",
        "case_key",
        "reason",
        "details",
    ),
    "access_log": (
        "key",
        "at",
        "user_key",
        "user_name",
        "roles",
        "organisation_id",
        "unit_id",
        "client_key",
        "case_key",
        "action",
        "data_groups",
        "purpose",
        "ground",
    ),
}
TABLES = ("audit", "access_log", "history")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        _on_postgresql()


def _on_sqlite() -> None:
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_fixed BEFORE UPDATE ON {table} {_changed(table, 'IS NOT')} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_fixed BEFORE UPDATE ON {table} FOR EACH ROW "
            f"{_changed(table, 'IS DISTINCT FROM')} EXECUTE FUNCTION refuse_change()"
        )


def _changed(table: str, differs: str) -> str:
    """Say when an update is refused: always, but for the first seal of a line."""
    if table not in SEALED:
        return ""
    columns = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in SEALED[table])
    return f"WHEN (OLD.sequence IS NOT NULL OR {columns})"


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name != "sqlite"
    for table in TABLES:
        place = f" ON {table}" if postgresql else ""
        op.execute(f"DROP TRIGGER {table}_stays{place}")
        op.execute(f"DROP TRIGGER {table}_is_fixed{place}")
        if postgresql:
            op.execute(f"DROP TRIGGER {table}_is_kept{place}")
    if postgresql:
        op.execute("DROP FUNCTION refuse_change()")
