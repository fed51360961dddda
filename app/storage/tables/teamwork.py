"""What people who work on a task say to each other, and what is brought to their notice."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from app.storage.tables.base import metadata
from app.storage.types import Instant, Json, Key

#: a remark at a user task; about a client, hence of a data group and in a register like an answer
task_comment = Table(
    "task_comment",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("task_key", Key, ForeignKey("user_task.key"), nullable=False),
    Column("case_key", Key, ForeignKey("care_case.key")),  # none before the first form has said who the client is
    Column("controller_org_id", Text, nullable=False),
    Column("data_group", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # AES-GCM
    Column("mentioned", Json, nullable=False),  # keys of the people
    Column("author", Key, ForeignKey("user_account.key"), nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "task_key"),
    Index(None, "case_key"),
)

#: something that one person should know about a task; says what happened and nothing of a client
notice = Table(
    "notice",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("user_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("kind", Text, nullable=False),  # app.domain.notices.NoticeKind
    Column("task_key", Key, ForeignKey("user_task.key"), nullable=False),
    Column("by", Key),  # none: the product itself
    Column("at", Instant, nullable=False),
    Column("once", Text),  # what is told once only, e.g. that a task is due at this moment
    Column("read_at", Instant),
    Column("mail_at", Instant),  # when somebody looks whether a mail is wanted; none: that is settled
    Column("mail_tries", Integer, nullable=False, server_default="0"),
    Column("mail_given_up_at", Instant),  # the mail could not be sent, and nobody tries it again
    Index("uq_notice_once", "user_key", "once", unique=True),
    Index(None, "user_key", "at", "key"),
    Index(
        "ix_notice_unread",
        "user_key",
        "task_key",
        sqlite_where=text("read_at IS NULL"),
        postgresql_where=text("read_at IS NULL"),
    ),
    Index(
        "ix_notice_mail",
        "mail_at",
        "key",
        sqlite_where=text("mail_at IS NOT NULL"),
        postgresql_where=text("mail_at IS NOT NULL"),
    ),
    Index(None, "task_key"),
    Index(None, "at"),
)

#: somebody is away, and who does their tasks meanwhile
absence = Table(
    "absence",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("user_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("substitute_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("first_day", Date, nullable=False),  # in Finland
    Column("last_day", Date, nullable=False),
    Column("roles", Json, nullable=False),  # of tasks of these roles only; [] = of all
    Column("note", LargeBinary),  # AES-GCM: what the substitute should know
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),  # sooner than foreseen
    Index(None, "user_key"),
    Index(None, "substitute_key"),
    Index(None, "last_day"),
)

#: what somebody wants to be reminded of on a day: a note to themself, of no case
reminder = Table(
    "reminder",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("user_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("day", Date, nullable=False),  # in Finland
    Column("content", LargeBinary, nullable=False),  # AES-GCM: theirs alone
    Column("made_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index("ix_reminder_of_person", "user_key", "day"),
)
