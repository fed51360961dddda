"""
When an action of a plan began and ended.

Safe beside the running release, which does not write it. Of what began before nothing is known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("started_at", "ended_at"):
        op.add_column("plan_action", sa.Column(name, sa.DateTime(timezone=True)))


def downgrade() -> None:
    for name in ("started_at", "ended_at"):
        op.drop_column("plan_action", name)
