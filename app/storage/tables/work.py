"""What people do: user tasks, offers of them to groups, drafts, files that wait, submissions, and what leads back."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from app.storage.tables.base import metadata
from app.storage.tables.instances import of_called
from app.storage.types import Instant, Json, Key

user_task = Table(
    "user_task",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("instance_key", Key, ForeignKey("process_instance.key"), nullable=False),
    Column("process_definition_key", Key, ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", Text, nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("name", Json, nullable=False),
    Column("form_id", Text),
    Column("status", Text, nullable=False),  # open completed cancelled
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("assignee", Key),
    Column("candidate_groups", Json, nullable=False),
    Column("candidate_users", Json, nullable=False),
    Column("case_key", Key, ForeignKey("care_case.key")),
    Column("area_id", Text, nullable=False, server_default=""),
    Column("organisation_id", Text, nullable=False, server_default=""),
    Column("unit_id", Text, nullable=False, server_default=""),
    Column("priority", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),  # NEVER where there is none
    Column("follow_up_at", Instant),
    Column("properties", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("claimed_at", Instant),
    Column("ended_at", Instant),
    Column("completed_by", Key),
    Column("assigned_by", Key),  # who gave it to its holder; none: the pathway, or they took it themself
    Column("delegated_by", Key),  # to whom it returns
    Column("escalated_at", Instant),  # offered to the group again, because it was not done in time (rule X2)
    Column("escalated_from", Key),  # who held it then
    # what listeners look at now (assigning updating completing, "" nothing), who asked for it; why it was last denied
    Column("held_event", Text, nullable=False, server_default=""),
    Column("held_by", Key),
    Column("denial", Text, nullable=False, server_default=""),
    UniqueConstraint("element_instance_key"),
    Index(None, "instance_key"),
    Index(None, "case_key"),
    Index(
        "ix_user_task_mine",
        "assignee",
        "due_at",
        "key",
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    Index(
        "ix_user_task_open_due",
        "due_at",
        "key",
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    # SQLite reads no more tasks than it can sort
    Index(
        "ix_user_task_open_priority",
        text("priority DESC"),
        "due_at",
        "key",
        postgresql_where=text("status = 'open'"),
    ).ddl_if(dialect="postgresql"),
    Index(
        "ix_user_task_step",
        "process_definition_key",
        "element_id",
        "due_at",
        "key",
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    Index("ix_user_task_done_by", "completed_by", "ended_at"),
    Index(
        "ix_user_task_follow_up",
        "follow_up_at",
        sqlite_where=text("status = 'open' AND follow_up_at IS NOT NULL"),
        postgresql_where=text("status = 'open' AND follow_up_at IS NOT NULL"),
    ),
    *of_called("user_task"),
    Index(
        "ix_user_task_of_unit",
        "unit_id",
        "due_at",
        "key",
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    Index(
        "ix_user_task_delayed",
        "unit_id",
        "due_at",
        "key",
        sqlite_where=text("status = 'open' AND escalated_at IS NOT NULL"),
        postgresql_where=text("status = 'open' AND escalated_at IS NOT NULL"),
    ),
)

#: an open task offered to a role in an area; read in the order of the list, removed when the task ends
task_offer = Table(
    "task_offer",
    metadata,
    Column("group_id", Text, primary_key=True),
    Column("area_id", Text, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("task_key", Key, ForeignKey("user_task.key"), primary_key=True),
    Column("assignee", Key),
    Index(
        "ix_task_offer_free",
        "group_id",
        "area_id",
        "due_at",
        "task_key",
        sqlite_where=text("assignee IS NULL"),
        postgresql_where=text("assignee IS NULL"),
    ),
    Index(None, "task_key"),
)

#: what somebody typed and has not sent; encrypted, because it may hold anything
draft = Table(
    "draft",
    metadata,
    Column("task_key", Key, ForeignKey("user_task.key"), primary_key=True),
    Column("user_key", Key, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("page_id", Text, nullable=False, server_default=""),  # the rendering that it was typed into, "" not known
)

#: files of forms that were refused, interrupted or kept as a draft: they wait for the form to be sent again
pending_upload = Table(
    "pending_upload",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("task_key", Key, ForeignKey("user_task.key"), nullable=False),
    Column("user_key", Key, nullable=False),
    Column("field", Text, nullable=False),  # the field's path in the form: liite, toimet.liite
    Column("name", LargeBinary, nullable=False),  # AES-GCM
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("kept_at", Instant, nullable=False),
    Index(None, "task_key", "user_key"),
    Index(None, "user_key"),
    Index(None, "kept_at"),
)

pending_chunk = Table(
    "pending_chunk",
    metadata,
    Column("upload_key", Key, ForeignKey("pending_upload.key"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),  # AES-GCM, 256 KiB of plain bytes each
)

#: a form sent twice gets the first result
submission = Table(
    "submission",
    metadata,
    Column("submission_id", Text, primary_key=True),
    Column("user_key", Key, nullable=False),
    Column("action", Text, nullable=False),
    Column("result", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "at"),
)

#: what leads back from the completion of a user task by a person: one row an instance, for an hour (ADR 122)
way_back = Table(
    "way_back",
    metadata,
    Column("instance_key", Key, ForeignKey("process_instance.key"), primary_key=True, autoincrement=False),
    Column("task_key", Key, ForeignKey("user_task.key"), nullable=False),
    Column("revision", Integer, nullable=False),  # of the instance after the completion
    Column("at", Instant, nullable=False),
    Column("obstacle", Text, nullable=False, server_default=""),  # what stands in the way from the first, "" nothing
    Column("opened", Json, nullable=False),  # keys of what the completion opened, by the kind of the wait
    Column("content", LargeBinary),  # AES-GCM; none where there is an obstacle
    Index(None, "task_key"),
    Index(None, "at"),
)

#: a list of tasks that somebody has named: what stands in its address, with "me" and "today" as such
work_view = Table(
    "work_view",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("owner_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("name", Text, nullable=False),
    Column("fields", Json, nullable=False),
    Column("group_id", Text, nullable=False, server_default=""),  # the role that it is shared with, "" none
    Column("saved_at", Instant, nullable=False),
    UniqueConstraint("owner_key", "name"),
    Index("ix_work_view_shared", "group_id"),
)

#: which view somebody's worklist begins with
work_view_default = Table(
    "work_view_default",
    metadata,
    Column("user_key", Key, ForeignKey("user_account.key"), primary_key=True, autoincrement=False),
    Column("view_key", Key, ForeignKey("work_view.key"), nullable=False),
    Index(None, "view_key"),
)

#: an open case that breaks a rule (X9), from the night in which it was found until the one in which it was mended
invariant_violation = Table(
    "invariant_violation",
    metadata,
    Column("case_key", Key, ForeignKey("care_case.key"), primary_key=True),
    Column("kind", Text, primary_key=True),  # no_owner owner_left nothing_open
    Column("since", Instant, primary_key=True),
    Column("mended_at", Instant),
    Index(
        "ix_invariant_violation_open",
        "since",
        "case_key",
        sqlite_where=text("mended_at IS NULL"),
        postgresql_where=text("mended_at IS NULL"),
    ),
)

#: what is done once a night, whoever does it
nightly_run = Table(
    "nightly_run",
    metadata,
    Column("name", Text, primary_key=True),
    Column("night", Instant, nullable=False),
    Column("done_at", Instant),
)
