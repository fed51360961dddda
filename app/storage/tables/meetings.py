"""Meetings of teams: who was there, and which client's turn was taken when."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from app.storage.tables.base import metadata
from app.storage.types import Instant, Json, Key

#: one meeting of a unit on a day
team_meeting = Table(
    "team_meeting",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("unit_id", Text, ForeignKey("unit.id"), nullable=False),
    Column("area_id", Text, nullable=False),
    Column("day", Date, nullable=False),  # in Finland
    Column("leader_key", Key, ForeignKey("user_account.key"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    UniqueConstraint("unit_id", "day"),
)

#: a professional who takes part, as they were then; clients and those who come with them stand in the minutes only
team_meeting_attendee = Table(
    "team_meeting_attendee",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("meeting_key", Key, ForeignKey("team_meeting.key"), nullable=False),
    Column("user_key", Key, ForeignKey("user_account.key")),  # none: a guest
    Column("name", Text, nullable=False),
    Column("role_id", Text, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("area_id", Text, nullable=False),  # "" = works in every area
    Column("presence", Text, nullable=False),  # lasna eta este
    UniqueConstraint("meeting_key", "user_key"),
)

#: a client's turn that was taken; it is in hand while left_at is empty
team_meeting_turn = Table(
    "team_meeting_turn",
    metadata,
    Column("meeting_key", Key, ForeignKey("team_meeting.key"), primary_key=True),
    Column("task_key", Key, ForeignKey("user_task.key"), primary_key=True),
    Column("case_key", Key, ForeignKey("care_case.key"), nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("left_at", Instant),
    Column("spent_seconds", Integer, nullable=False, server_default="0"),
    Column("outside", Json, nullable=False),  # keys of the attendees who were seen to leave
    Index(None, "task_key"),
    Index(None, "case_key"),
)
