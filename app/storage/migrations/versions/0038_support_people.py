"""
People who support a client, with the client's consent; read by the system only behind PostgreSQL's wall.

Safe beside the running release: it does not know the table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.storage.types import Instant

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "support_person",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("told", JSON, nullable=False),
        sa.Column("consented_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["client_key"], ["client.key"], name=op.f("fk_support_person_client_key_client")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_support_person")),
    )
    op.create_index(op.f("ix_support_person_client_key"), "support_person", ["client_key"])
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(
        "CREATE POLICY support_person_system ON support_person USING (care_is_system()) WITH CHECK (care_is_system())"
    )
    op.execute("ALTER TABLE support_person ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE support_person FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("support_person")
