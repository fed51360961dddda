"""
Retention: proposals to erase, how far the logs have been cut, the day on which a client died.

The database lets go of the history of an instance only while the transaction that erases it runs, and of a line of the
logs only behind a cut. Safe beside the running release: it knows none of this.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

#: table -> when its lines may go
MAY_GO = {
    "history": "EXISTS (SELECT 1 FROM process_instance i WHERE i.key = OLD.instance_key AND i.status = 'erased')",
    "audit": "EXISTS (SELECT 1 FROM log_cut c WHERE c.log = 'audit' AND c.sequence >= OLD.sequence)",
    "access_log": "EXISTS (SELECT 1 FROM log_cut c WHERE c.log = 'access_log' AND c.sequence >= OLD.sequence)",
}


def upgrade() -> None:
    op.add_column("client", sa.Column("died_on", sa.Date(), nullable=True))
    op.create_table(
        "erasure",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("retention_class", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.BigInteger(), nullable=True),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("counted_from", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("counts", types.Json, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("found_at", types.Instant(), nullable=False),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("erased_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_erasure")),
    )
    op.create_index(
        "uq_erasure_subject",
        "erasure",
        ["subject_key", "retention_class"],
        unique=True,
        sqlite_where=sa.text("subject_key IS NOT NULL"),
        postgresql_where=sa.text("subject_key IS NOT NULL"),
    )
    op.create_index(op.f("ix_erasure_status_erasure_due_on_erasure_key"), "erasure", ["status", "due_on", "key"])
    op.create_index(op.f("ix_erasure_erased_at"), "erasure", ["erased_at"])
    op.create_table(
        "log_cut",
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("sequence", types.CountedKey, nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.Column("written_before", types.Instant(), nullable=False),
        sa.Column("cut_at", types.Instant(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log", name=op.f("pk_log_cut")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table, may_go in MAY_GO.items():
            op.execute(f"DROP TRIGGER {table}_stays")
            _stays_on_sqlite(table, f"WHEN NOT {may_go}")
        return
    for table, may_go in MAY_GO.items():
        # a trigger's own condition asks no other table
        op.execute(
            f"CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {may_go} THEN RETURN OLD; END IF; RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        op.execute(f"DROP TRIGGER {table}_stays ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{table}()"
        )


def _stays_on_sqlite(table: str, condition: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in MAY_GO:
            op.execute(f"DROP TRIGGER {table}_stays")
            _stays_on_sqlite(table, "")
    else:
        for table in MAY_GO:
            op.execute(f"DROP TRIGGER {table}_stays ON {table}")
            op.execute(
                f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(f"DROP FUNCTION keep_{table}()")
    op.drop_table("log_cut")
    op.drop_table("erasure")
    op.drop_column("client", "died_on")
