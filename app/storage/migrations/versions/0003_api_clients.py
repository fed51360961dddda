"""
Programs that call the API, and the tokens that they were given.

Safe beside the running release: it does not know these tables.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_client",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", types.Json, nullable=False),
        sa.Column("job_types", types.Json, nullable=False),
        sa.Column("message_names", types.Json, nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_api_client_unit_id_unit")),
        sa.ForeignKeyConstraint(["user_key"], ["user_account.key"], name=op.f("fk_api_client_user_key_user_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_api_client")),
        sa.UniqueConstraint("client_id", name=op.f("uq_api_client_client_id")),
    )
    op.create_table(
        "api_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.Column("scopes", types.Json, nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["client_key"], ["api_client.key"], name=op.f("fk_api_token_client_key_api_client")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_api_token")),
    )
    op.create_index(op.f("ix_api_token_client_key"), "api_token", ["client_key"], unique=False)
    op.create_index(op.f("ix_api_token_expires_at"), "api_token", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_api_token_expires_at"), table_name="api_token")
    op.drop_index(op.f("ix_api_token_client_key"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_table("api_client")
