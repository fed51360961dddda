"""
A draft knows the page that it was typed into, so that another window does not write over it unseen.

Safe beside the running release: it leaves the column empty, which means "not known".
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draft", sa.Column("page_id", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("draft") as batch:
        batch.drop_column("page_id")
