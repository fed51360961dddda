"""
The home municipality of a case's client, for numbers by municipality.

Safe beside the running release: it writes cases without it, and nobody reads it there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("care_case", sa.Column("municipality", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("care_case", "municipality")
