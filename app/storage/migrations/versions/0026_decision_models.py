"""
Models of DMN by namespace, and which of them a decision version imports.

Safe beside the running release: it does not know these tables. What was published before imports nothing; a model that
others are to import is published again with them.
"""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision_model",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment_key", sa.BigInteger(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("resource_name", sa.Text(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name=op.f("fk_decision_model_deployment_key_deployment")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_decision_model")),
        sa.UniqueConstraint(
            "namespace", "resource_name", "version", name=op.f("uq_decision_model_namespace_resource_name_version")
        ),
    )
    op.create_table(
        "decision_import",
        sa.Column("decision_definition_key", sa.BigInteger(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("decision_model_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_definition_key"],
            ["decision_definition.key"],
            name=op.f("fk_decision_import_decision_definition_key_decision_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["decision_model_key"],
            ["decision_model.key"],
            name=op.f("fk_decision_import_decision_model_key_decision_model"),
        ),
        sa.PrimaryKeyConstraint("decision_definition_key", "namespace", name=op.f("pk_decision_import")),
    )


def downgrade() -> None:
    op.drop_table("decision_import")
    op.drop_table("decision_model")
