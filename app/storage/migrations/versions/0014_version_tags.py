"""
Version tags of decisions and forms.

Safe beside the running release, which does not know them. What was published before has none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("decision_definition", "form_definition"):
        op.add_column(table, sa.Column("version_tag", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    for table in ("decision_definition", "form_definition"):
        op.drop_column(table, "version_tag")
