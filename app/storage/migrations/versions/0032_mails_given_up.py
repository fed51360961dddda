"""
Mails about notices that could not be sent are noted, so that somebody sees it.

Safe beside the running release: it does not know the column.
"""

import sqlalchemy as sa
from alembic import op

from app.storage.types import Instant

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("mail_given_up_at", Instant()))


def downgrade() -> None:
    with op.batch_alter_table("notice") as batch:
        batch.drop_column("mail_given_up_at")
