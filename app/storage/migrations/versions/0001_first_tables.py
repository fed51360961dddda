"""The first tables; there is no release before it."""

import sqlalchemy as sa
from alembic import op

from app.storage import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("key", types.CountedKey, autoincrement=True, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("roles", types.Json, nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=True),
        sa.Column("case_key", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("data_groups", types.Json, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("sequence", types.CountedKey, nullable=True),
        sa.Column("mac", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_access_log")),
        sa.UniqueConstraint("sequence", name=op.f("uq_access_log_sequence")),
    )
    op.create_index(op.f("ix_access_log_at"), "access_log", ["at"], unique=False)
    op.create_index(op.f("ix_access_log_client_key_access_log_at"), "access_log", ["client_key", "at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("key", types.CountedKey, autoincrement=True, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor_key", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.BigInteger(), nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=True),
        sa.Column("case_key", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("details", types.Json, nullable=False),
        sa.Column("sequence", types.CountedKey, nullable=True),
        sa.Column("mac", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_audit")),
        sa.UniqueConstraint("sequence", name=op.f("uq_audit_sequence")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_instance_key"), "audit", ["instance_key"], unique=False)
    op.create_table(
        "case_number",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_case_number")),
    )
    op.create_table(
        "client",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fi", nullable=False),
        sa.Column("interpreter", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("protected_address", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_client")),
    )
    op.create_table(
        "deployment",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("published_at", types.Instant(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_deployment")),
    )
    op.create_table(
        "message",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("correlation_key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("variables", types.Json, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("sender_instance_key", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", types.Json, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_message")),
    )
    op.create_index(
        "ix_message_buffered",
        "message",
        ["name", "correlation_key"],
        unique=False,
        sqlite_where=sa.text("status = 'buffered'"),
        postgresql_where=sa.text("status = 'buffered'"),
    )
    op.create_index("ix_message_expiry", "message", ["status", "expires_at"], unique=False)
    op.create_index(op.f("ix_message_received_at"), "message", ["received_at"], unique=False)
    op.create_index(
        "uq_message_id",
        "message",
        ["name", "message_id"],
        unique=True,
        sqlite_where=sa.text("message_id IS NOT NULL AND status <> 'expired'"),
        postgresql_where=sa.text("message_id IS NOT NULL AND status <> 'expired'"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("name", types.Json, nullable=False),
        sa.Column("sort_key", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "outbox_mail",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("notification", sa.Text(), nullable=False),
        sa.Column("sent_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox_mail")),
    )
    op.create_index(op.f("ix_outbox_mail_sent_at"), "outbox_mail", ["sent_at"], unique=False)
    op.create_table(
        "reference_data",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), server_default="", nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("value", types.Json, nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "area_id", "id", name=op.f("pk_reference_data")),
    )
    op.create_table(
        "role",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", types.Json, nullable=False),
        sa.Column("permissions", types.Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("subject_hash", name=op.f("pk_sign_in_failure")),
    )
    op.create_table(
        "submission",
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("result", types.Json, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_at"), "submission", ["at"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="fi", nullable=False),
        sa.Column("settings", types.Json, nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("demo", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_table(
        "care_case",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), server_default="", nullable=False),
        sa.Column("owner_key", sa.BigInteger(), nullable=True),
        sa.Column("owner_role", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("service_relation", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("closed_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["client_key"], ["client.key"], name=op.f("fk_care_case_client_key_client")),
        sa.ForeignKeyConstraint(["owner_key"], ["user_account.key"], name=op.f("fk_care_case_owner_key_user_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_care_case")),
        sa.UniqueConstraint("number", name=op.f("uq_care_case_number")),
    )
    op.create_index(
        op.f("ix_care_case_area_id_care_case_status_care_case_opened_at"),
        "care_case",
        ["area_id", "status", "opened_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_care_case_client_key_care_case_status"), "care_case", ["client_key", "status"], unique=False
    )
    op.create_table(
        "client_index",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_key"], ["client.key"], name=op.f("fk_client_index_client_key_client")),
        sa.PrimaryKeyConstraint("kind", "digest", "client_key", name=op.f("pk_client_index")),
    )
    op.create_index(op.f("ix_client_index_client_key"), "client_index", ["client_key"], unique=False)
    op.create_table(
        "decision_definition",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment_key", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("resource_name", sa.Text(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("name", types.Json, nullable=False),
        sa.Column("published_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name=op.f("fk_decision_definition_deployment_key_deployment")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_decision_definition")),
        sa.UniqueConstraint("decision_id", "version", name=op.f("uq_decision_definition_decision_id_version")),
    )
    op.create_table(
        "form_definition",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment_key", sa.BigInteger(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("title", types.Json, nullable=False),
        sa.Column("published_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name=op.f("fk_form_definition_deployment_key_deployment")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_form_definition")),
        sa.UniqueConstraint("form_id", "version", name=op.f("uq_form_definition_form_id_version")),
    )
    op.create_table(
        "process_definition",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment_key", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_tag", sa.Text(), server_default="", nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("diagram_hash", sa.Text(), nullable=False),
        sa.Column("resource_name", sa.Text(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("name", types.Json, nullable=False),
        sa.Column("documentation", types.Json, nullable=False),
        sa.Column("published_at", types.Instant(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name=op.f("fk_process_definition_deployment_key_deployment")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_process_definition")),
        sa.UniqueConstraint("process_id", "version", name=op.f("uq_process_definition_process_id_version")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("name", types.Json, nullable=False),
        sa.Column("sort_key", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_unit_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_table(
        "appointment_slot",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("starts_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.Column("appointment_key", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_appointment_slot_unit_id_unit")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_appointment_slot")),
        sa.UniqueConstraint("unit_id", "kind", "starts_at", name=op.f("uq_appointment_slot_unit_id_kind_starts_at")),
    )
    op.create_index(
        op.f(
            "ix_appointment_slot_kind_appointment_slot_unit_id_appointment_slot_appointment_key_appointment_slot_starts_at"
        ),
        "appointment_slot",
        ["kind", "unit_id", "appointment_key", "starts_at"],
        unique=False,
    )
    op.create_table(
        "case_answer",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("data_group", sa.Text(), nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("task_key", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", types.Instant(), nullable=False),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_case_answer_case_key_care_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_case_answer")),
    )
    op.create_index(
        op.f("ix_case_answer_case_key_case_answer_field_case_answer_answered_at"),
        "case_answer",
        ["case_key", "field", "answered_at"],
        unique=False,
    )
    op.create_table(
        "consent_grant",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("consent_key", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("data_group", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("valid_from", types.Instant(), nullable=False),
        sa.Column("valid_until", types.Instant(), nullable=False),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_consent_grant_case_key_care_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_consent_grant")),
    )
    op.create_index(
        op.f("ix_consent_grant_case_key_consent_grant_organisation_id_consent_grant_data_group"),
        "consent_grant",
        ["case_key", "organisation_id", "data_group"],
        unique=False,
    )
    op.create_table(
        "document",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("controller_org_id", sa.Text(), nullable=False),
        sa.Column("document_class", sa.Text(), nullable=False),
        sa.Column("data_groups", types.Json, nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("retain_until", types.Instant(), nullable=True),
        sa.Column("job_key", sa.BigInteger(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_document_case_key_care_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_document")),
        sa.UniqueConstraint("job_key", name=op.f("uq_document_job_key")),
    )
    op.create_index(
        op.f("ix_document_case_key_document_created_at"), "document", ["case_key", "created_at"], unique=False
    )
    op.create_table(
        "message_start",
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="message", nullable=False),
        sa.Column("message_name", sa.Text(), nullable=False),
        sa.Column("process_definition_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_definition_key"],
            ["process_definition.key"],
            name=op.f("fk_message_start_process_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("process_id", "element_id", name=op.f("pk_message_start")),
    )
    op.create_index(op.f("ix_message_start_message_name"), "message_start", ["message_name"], unique=False)
    op.create_table(
        "timer_start",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("process_definition_key", sa.BigInteger(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("repetitions_left", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["process_definition_key"],
            ["process_definition.key"],
            name=op.f("fk_timer_start_process_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_timer_start")),
        sa.UniqueConstraint("process_id", "element_id", name=op.f("uq_timer_start_process_id_element_id")),
    )
    op.create_index(op.f("ix_timer_start_due_at"), "timer_start", ["due_at"], unique=False)
    op.create_table(
        "position",
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_position_role_id_role")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_position_unit_id_unit")),
        sa.ForeignKeyConstraint(["user_key"], ["user_account.key"], name=op.f("fk_position_user_key_user_account")),
        sa.PrimaryKeyConstraint("user_key", "role_id", "unit_id", name=op.f("pk_position")),
    )
    op.create_index(op.f("ix_position_role_id_position_unit_id"), "position", ["role_id", "unit_id"], unique=False)
    op.create_table(
        "process_form",
        sa.Column("process_definition_key", sa.BigInteger(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("form_definition_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_definition_key"],
            ["form_definition.key"],
            name=op.f("fk_process_form_form_definition_key_form_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["process_definition_key"],
            ["process_definition.key"],
            name=op.f("fk_process_form_process_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("process_definition_key", "form_id", name=op.f("pk_process_form")),
    )
    op.create_table(
        "process_instance",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("process_definition_key", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Text(), server_default="", nullable=False),
        sa.Column("organisation_id", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_id", sa.Text(), server_default="", nullable=False),
        sa.Column("business_id", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("history_count", sa.Integer(), nullable=False),
        sa.Column("open_incidents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", types.Instant(), nullable=False),
        sa.Column("started_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_process_instance_case_key_care_case")),
        sa.ForeignKeyConstraint(
            ["process_definition_key"],
            ["process_definition.key"],
            name=op.f("fk_process_instance_process_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_process_instance")),
    )
    op.create_index(op.f("ix_process_instance_case_key"), "process_instance", ["case_key"], unique=False)
    op.create_index(
        op.f("ix_process_instance_process_definition_key_process_instance_status"),
        "process_instance",
        ["process_definition_key", "status"],
        unique=False,
    )
    op.create_index(
        op.f("ix_process_instance_process_id_process_instance_status_process_instance_started_at_process_instance_key"),
        "process_instance",
        ["process_id", "status", "started_at", "key"],
        unique=False,
    )
    op.create_index(
        op.f("ix_process_instance_status_process_instance_started_at_process_instance_key"),
        "process_instance",
        ["status", "started_at", "key"],
        unique=False,
    )
    op.create_table(
        "session",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.Column("authenticated_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_session_unit_id_unit")),
        sa.ForeignKeyConstraint(["user_key"], ["user_account.key"], name=op.f("fk_session_user_key_user_account")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_user_key"), "session", ["user_key"], unique=False)
    op.create_table(
        "appointment",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("slot_key", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("starts_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=True),
        sa.Column("job_key", sa.BigInteger(), nullable=True),
        sa.Column("booked_at", types.Instant(), nullable=False),
        sa.Column("booked_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_appointment_case_key_care_case")),
        sa.ForeignKeyConstraint(
            ["slot_key"], ["appointment_slot.key"], name=op.f("fk_appointment_slot_key_appointment_slot")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_appointment")),
        sa.UniqueConstraint("job_key", name=op.f("uq_appointment_job_key")),
    )
    op.create_index(
        op.f("ix_appointment_case_key_appointment_starts_at"), "appointment", ["case_key", "starts_at"], unique=False
    )
    op.create_table(
        "decision_record",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=True),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("output", sa.LargeBinary(), nullable=False),
        sa.Column("matched_rules", types.Json, nullable=False),
        sa.Column("data_group", sa.Text(), nullable=False),
        sa.Column("retain_until", types.Instant(), nullable=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_decision_record_case_key_care_case")),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_decision_record_instance_key_process_instance")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_decision_record")),
    )
    op.create_index(
        op.f("ix_decision_record_case_key_decision_record_at"), "decision_record", ["case_key", "at"], unique=False
    )
    op.create_index(op.f("ix_decision_record_instance_key"), "decision_record", ["instance_key"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("message_key", sa.BigInteger(), nullable=True),
        sa.Column("subscription_key", sa.BigInteger(), nullable=True),
        sa.Column("instance_key", sa.BigInteger(), nullable=True),
        sa.Column("process_definition_key", sa.BigInteger(), nullable=True),
        sa.Column("element_id", sa.Text(), server_default="", nullable=False),
        sa.Column("variables", types.Json, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_delivery_instance_key_process_instance")
        ),
        sa.ForeignKeyConstraint(["message_key"], ["message.key"], name=op.f("fk_delivery_message_key_message")),
        sa.ForeignKeyConstraint(
            ["process_definition_key"],
            ["process_definition.key"],
            name=op.f("fk_delivery_process_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_delivery")),
    )
    op.create_index(op.f("ix_delivery_instance_key"), "delivery", ["instance_key"], unique=False)
    op.create_index(
        "ix_delivery_pending",
        "delivery",
        ["created_at", "key"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "document_chunk",
        sa.Column("document_key", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_key"], ["document.key"], name=op.f("fk_document_chunk_document_key_document")
        ),
        sa.PrimaryKeyConstraint("document_key", "number", name=op.f("pk_document_chunk")),
    )
    op.create_table(
        "history",
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("scope_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("element_type", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor_key", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_history_instance_key_process_instance")
        ),
        sa.PrimaryKeyConstraint("instance_key", "sequence", name=op.f("pk_history")),
    )
    op.create_index(
        "uq_history_element_event",
        "history",
        ["element_instance_key", "event"],
        unique=True,
        sqlite_where=sa.text("event <> 'flow_taken'"),
        postgresql_where=sa.text("event <> 'flow_taken'"),
    )
    op.create_table(
        "incident",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("job_key", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("resolved_at", types.Instant(), nullable=True),
        sa.Column("resolved_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_incident_instance_key_process_instance")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_instance_key"), "incident", ["instance_key"], unique=False)
    op.create_index(
        op.f("ix_incident_status_incident_opened_at_incident_key"),
        "incident",
        ["status", "opened_at", "key"],
        unique=False,
    )
    op.create_table(
        "job",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("available_at", types.Instant(), nullable=False),
        sa.Column("lease_until", types.Instant(), nullable=True),
        sa.Column("nudged_at", types.Instant(), nullable=True),
        sa.Column("headers", types.Json, nullable=False),
        sa.Column("variables", types.Json, nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_job_instance_key_process_instance")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_job")),
        sa.UniqueConstraint("element_instance_key", name=op.f("uq_job_element_instance_key")),
    )
    op.create_index(
        "ix_job_due",
        "job",
        ["available_at", "key"],
        unique=False,
        sqlite_where=sa.text("status IN ('ready', 'leased')"),
        postgresql_where=sa.text("status IN ('ready', 'leased')"),
    )
    op.create_index(op.f("ix_job_instance_key"), "job", ["instance_key"], unique=False)
    op.create_index(op.f("ix_job_type_job_status"), "job", ["type", "status"], unique=False)
    op.create_table(
        "message_subscription",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("message_name", sa.Text(), nullable=False),
        sa.Column("correlation_key", sa.Text(), nullable=False),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name=op.f("fk_message_subscription_instance_key_process_instance"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_message_subscription")),
    )
    op.create_index(
        op.f("ix_message_subscription_instance_key"), "message_subscription", ["instance_key"], unique=False
    )
    op.create_index(
        "ix_message_subscription_open",
        "message_subscription",
        ["message_name", "correlation_key"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "signal_subscription",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("signal_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name=op.f("fk_signal_subscription_instance_key_process_instance"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_signal_subscription")),
    )
    op.create_index(op.f("ix_signal_subscription_instance_key"), "signal_subscription", ["instance_key"], unique=False)
    op.create_index(
        "ix_signal_subscription_open",
        "signal_subscription",
        ["signal_name"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "timer",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("repetitions_left", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_timer_instance_key_process_instance")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_timer")),
    )
    op.create_index(
        "ix_timer_due",
        "timer",
        ["due_at", "key"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(op.f("ix_timer_instance_key"), "timer", ["instance_key"], unique=False)
    op.create_table(
        "user_task",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("process_definition_key", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("element_instance_key", sa.BigInteger(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("name", types.Json, nullable=False),
        sa.Column("form_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("assignee", sa.BigInteger(), nullable=True),
        sa.Column("candidate_groups", types.Json, nullable=False),
        sa.Column("candidate_users", types.Json, nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Text(), server_default="", nullable=False),
        sa.Column("organisation_id", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_id", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("follow_up_at", types.Instant(), nullable=True),
        sa.Column("properties", types.Json, nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("claimed_at", types.Instant(), nullable=True),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("completed_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["care_case.key"], name=op.f("fk_user_task_case_key_care_case")),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_user_task_instance_key_process_instance")
        ),
        sa.ForeignKeyConstraint(
            ["process_definition_key"],
            ["process_definition.key"],
            name=op.f("fk_user_task_process_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_user_task")),
        sa.UniqueConstraint("element_instance_key", name=op.f("uq_user_task_element_instance_key")),
    )
    op.create_index(op.f("ix_user_task_case_key"), "user_task", ["case_key"], unique=False)
    op.create_index("ix_user_task_done_by", "user_task", ["completed_by", "ended_at"], unique=False)
    op.create_index(op.f("ix_user_task_instance_key"), "user_task", ["instance_key"], unique=False)
    op.create_index(
        "ix_user_task_mine",
        "user_task",
        ["assignee", "due_at", "key"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_user_task_open_due",
        "user_task",
        ["due_at", "key"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "variable",
        sa.Column("scope_key", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("value", types.Json, nullable=False),
        sa.Column("updated_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["process_instance.key"], name=op.f("fk_variable_instance_key_process_instance")
        ),
        sa.PrimaryKeyConstraint("scope_key", "name", name=op.f("pk_variable")),
    )
    op.create_index(op.f("ix_variable_instance_key"), "variable", ["instance_key"], unique=False)
    op.create_table(
        "draft",
        sa.Column("task_key", sa.BigInteger(), nullable=False),
        sa.Column("user_key", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["task_key"], ["user_task.key"], name=op.f("fk_draft_task_key_user_task")),
        sa.PrimaryKeyConstraint("task_key", "user_key", name=op.f("pk_draft")),
    )
    op.create_table(
        "task_offer",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Text(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("task_key", sa.BigInteger(), nullable=False),
        sa.Column("assignee", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["task_key"], ["user_task.key"], name=op.f("fk_task_offer_task_key_user_task")),
        sa.PrimaryKeyConstraint("group_id", "area_id", "due_at", "task_key", name=op.f("pk_task_offer")),
    )
    op.create_index(
        "ix_task_offer_free",
        "task_offer",
        ["group_id", "area_id", "due_at", "task_key"],
        unique=False,
        sqlite_where=sa.text("assignee IS NULL"),
        postgresql_where=sa.text("assignee IS NULL"),
    )
    op.create_index(op.f("ix_task_offer_task_key"), "task_offer", ["task_key"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_task_offer_task_key"), table_name="task_offer")
    op.drop_index(
        "ix_task_offer_free",
        table_name="task_offer",
        sqlite_where=sa.text("assignee IS NULL"),
        postgresql_where=sa.text("assignee IS NULL"),
    )
    op.drop_table("task_offer")
    op.drop_table("draft")
    op.drop_index(op.f("ix_variable_instance_key"), table_name="variable")
    op.drop_table("variable")
    op.drop_index(
        "ix_user_task_open_due",
        table_name="user_task",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(
        "ix_user_task_mine",
        table_name="user_task",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(op.f("ix_user_task_instance_key"), table_name="user_task")
    op.drop_index("ix_user_task_done_by", table_name="user_task")
    op.drop_index(op.f("ix_user_task_case_key"), table_name="user_task")
    op.drop_table("user_task")
    op.drop_index(op.f("ix_timer_instance_key"), table_name="timer")
    op.drop_index(
        "ix_timer_due",
        table_name="timer",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_table("timer")
    op.drop_index(
        "ix_signal_subscription_open",
        table_name="signal_subscription",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(op.f("ix_signal_subscription_instance_key"), table_name="signal_subscription")
    op.drop_table("signal_subscription")
    op.drop_index(
        "ix_message_subscription_open",
        table_name="message_subscription",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(op.f("ix_message_subscription_instance_key"), table_name="message_subscription")
    op.drop_table("message_subscription")
    op.drop_index(op.f("ix_job_type_job_status"), table_name="job")
    op.drop_index(op.f("ix_job_instance_key"), table_name="job")
    op.drop_index(
        "ix_job_due",
        table_name="job",
        sqlite_where=sa.text("status IN ('ready', 'leased')"),
        postgresql_where=sa.text("status IN ('ready', 'leased')"),
    )
    op.drop_table("job")
    op.drop_index(op.f("ix_incident_status_incident_opened_at_incident_key"), table_name="incident")
    op.drop_index(op.f("ix_incident_instance_key"), table_name="incident")
    op.drop_table("incident")
    op.drop_index(
        "uq_history_element_event",
        table_name="history",
        sqlite_where=sa.text("event <> 'flow_taken'"),
        postgresql_where=sa.text("event <> 'flow_taken'"),
    )
    op.drop_table("history")
    op.drop_table("document_chunk")
    op.drop_index(
        "ix_delivery_pending",
        table_name="delivery",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index(op.f("ix_delivery_instance_key"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_decision_record_instance_key"), table_name="decision_record")
    op.drop_index(op.f("ix_decision_record_case_key_decision_record_at"), table_name="decision_record")
    op.drop_table("decision_record")
    op.drop_index(op.f("ix_appointment_case_key_appointment_starts_at"), table_name="appointment")
    op.drop_table("appointment")
    op.drop_index(op.f("ix_session_user_key"), table_name="session")
    op.drop_table("session")
    op.drop_index(
        op.f("ix_process_instance_status_process_instance_started_at_process_instance_key"),
        table_name="process_instance",
    )
    op.drop_index(
        op.f("ix_process_instance_process_id_process_instance_status_process_instance_started_at_process_instance_key"),
        table_name="process_instance",
    )
    op.drop_index(
        op.f("ix_process_instance_process_definition_key_process_instance_status"), table_name="process_instance"
    )
    op.drop_index(op.f("ix_process_instance_case_key"), table_name="process_instance")
    op.drop_table("process_instance")
    op.drop_table("process_form")
    op.drop_index(op.f("ix_position_role_id_position_unit_id"), table_name="position")
    op.drop_table("position")
    op.drop_index(op.f("ix_timer_start_due_at"), table_name="timer_start")
    op.drop_table("timer_start")
    op.drop_index(op.f("ix_message_start_message_name"), table_name="message_start")
    op.drop_table("message_start")
    op.drop_index(op.f("ix_document_case_key_document_created_at"), table_name="document")
    op.drop_table("document")
    op.drop_index(
        op.f("ix_consent_grant_case_key_consent_grant_organisation_id_consent_grant_data_group"),
        table_name="consent_grant",
    )
    op.drop_table("consent_grant")
    op.drop_index(op.f("ix_case_answer_case_key_case_answer_field_case_answer_answered_at"), table_name="case_answer")
    op.drop_table("case_answer")
    op.drop_index(
        op.f(
            "ix_appointment_slot_kind_appointment_slot_unit_id_appointment_slot_appointment_key_appointment_slot_starts_at"
        ),
        table_name="appointment_slot",
    )
    op.drop_table("appointment_slot")
    op.drop_table("unit")
    op.drop_table("process_definition")
    op.drop_table("form_definition")
    op.drop_table("decision_definition")
    op.drop_index(op.f("ix_client_index_client_key"), table_name="client_index")
    op.drop_table("client_index")
    op.drop_index(op.f("ix_care_case_client_key_care_case_status"), table_name="care_case")
    op.drop_index(op.f("ix_care_case_area_id_care_case_status_care_case_opened_at"), table_name="care_case")
    op.drop_table("care_case")
    op.drop_table("user_account")
    op.drop_index(op.f("ix_submission_at"), table_name="submission")
    op.drop_table("submission")
    op.drop_table("sign_in_failure")
    op.drop_table("role")
    op.drop_table("reference_data")
    op.drop_index(op.f("ix_outbox_mail_sent_at"), table_name="outbox_mail")
    op.drop_table("outbox_mail")
    op.drop_table("organisation")
    op.drop_index(
        "uq_message_id",
        table_name="message",
        sqlite_where=sa.text("message_id IS NOT NULL AND status <> 'expired'"),
        postgresql_where=sa.text("message_id IS NOT NULL AND status <> 'expired'"),
    )
    op.drop_index(op.f("ix_message_received_at"), table_name="message")
    op.drop_index("ix_message_expiry", table_name="message")
    op.drop_index(
        "ix_message_buffered",
        table_name="message",
        sqlite_where=sa.text("status = 'buffered'"),
        postgresql_where=sa.text("status = 'buffered'"),
    )
    op.drop_table("message")
    op.drop_table("deployment")
    op.drop_table("client")
    op.drop_table("case_number")
    op.drop_index(op.f("ix_audit_instance_key"), table_name="audit")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
    op.drop_index(op.f("ix_access_log_client_key_access_log_at"), table_name="access_log")
    op.drop_index(op.f("ix_access_log_at"), table_name="access_log")
    op.drop_table("access_log")
