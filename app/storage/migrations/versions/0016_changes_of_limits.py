"""
An index for the history of time limits and settings of areas.

Safe beside the running release: it holds the few lines of the audit that a page of process owners reads.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_OF_LIMITS = sa.text("subject = 'limit'")


def upgrade() -> None:
    op.create_index("ix_audit_limit", "audit", ["at"], sqlite_where=_OF_LIMITS, postgresql_where=_OF_LIMITS)


def downgrade() -> None:
    op.drop_index("ix_audit_limit", table_name="audit")
