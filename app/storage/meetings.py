"""Meetings of teams: their agenda, who is there, and the turns of clients."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from app.domain.actor import TaskRestriction
from app.domain.errors import NotFound
from app.domain.keys import new_key
from app.domain.localized import LocalizedText
from app.domain.meeting import LEADING_ROLES, MEETING_FORM, Attendee, Meeting, Presence, Turn
from app.storage.statements import insert_new
from app.storage.tables.care import care_case
from app.storage.tables.meetings import team_meeting, team_meeting_attendee, team_meeting_turn
from app.storage.tables.people import organisation, position, role, unit, user_account
from app.storage.tables.work import task_offer, user_task
from app.storage.types import NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaTask:
    """A task that is a client's turn; `begins_at` is the time agreed with the client."""

    key: int
    case_key: int
    case_number: str
    begins_at: datetime
    status: str
    restriction: TaskRestriction


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where somebody works in which role: as what they may be asked to the meeting."""

    user_key: int
    name: str
    role_id: str
    role_name: LocalizedText
    unit_id: str
    organisation_id: str
    organisation_name: LocalizedText
    area_id: str


class Meetings:
    """Meetings, attendance and turns; which of the tasks the viewer may have is decided elsewhere."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- meetings ------------------------------------------------------------------------------------------------

    def open(self, *, unit_id: str, area_id: str, day: date, leader_key: int, now: datetime) -> Meeting:
        """Open the meeting of the unit on the day, or return the one that is there already."""
        values = {
            "key": new_key(),
            "unit_id": unit_id,
            "area_id": area_id,
            "day": day,
            "leader_key": leader_key,
            "opened_at": now,
        }
        insert_new(self._connection, team_meeting, values, keys=("unit_id", "day"))
        row = self._connection.execute(
            select(team_meeting).where(team_meeting.c.unit_id == unit_id, team_meeting.c.day == day)
        ).one()
        return _to_meeting(row)

    def get(self, key: int) -> Meeting:
        """Return the meeting. :raises NotFound: no such meeting"""
        return self._get(key, lock=False)

    def lock(self, key: int) -> Meeting:
        """Lock the meeting: nobody else changes it until the commit. :raises NotFound: no such meeting"""
        return self._get(key, lock=True)

    def _get(self, key: int, *, lock: bool) -> Meeting:
        query = select(team_meeting).where(team_meeting.c.key == key)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound("meeting", key)
        return _to_meeting(row)

    def of_unit(self, unit_id: str, *, since: date) -> list[Meeting]:
        """Return the unit's meetings since the day, the newest first."""
        rows = self._connection.execute(
            select(team_meeting)
            .where(team_meeting.c.unit_id == unit_id, team_meeting.c.day >= since)
            .order_by(team_meeting.c.day.desc())
        )
        return [_to_meeting(row) for row in rows]

    def close(self, key: int, *, now: datetime) -> None:
        """Close the meeting."""
        self._connection.execute(update(team_meeting).where(team_meeting.c.key == key).values(closed_at=now))

    # -- the agenda ----------------------------------------------------------------------------------------------

    def open_tasks(self, *, before: datetime, areas: Collection[str] | None) -> list[AgendaTask]:
        """Return the open turns of clients in the areas (None: every area) whose time is before the moment."""
        # offers are read in the order of role, area and time: other people's tasks cost nothing
        offered = select(task_offer.c.task_key).where(
            task_offer.c.group_id.in_(LEADING_ROLES), task_offer.c.due_at < before, task_offer.c.due_at < NEVER
        )
        if areas is not None:
            offered = offered.where(task_offer.c.area_id.in_({*areas, ""}))
        rows = self._connection.execute(
            select(user_task, care_case.c.number)
            .join(care_case, care_case.c.key == user_task.c.case_key)
            .where(user_task.c.status == "open", user_task.c.form_id == MEETING_FORM, user_task.c.key.in_(offered))
            .order_by(user_task.c.due_at, user_task.c.key)
        )
        return [_to_agenda(row) for row in rows]

    def tasks_of(self, meeting_key: int) -> list[AgendaTask]:
        """Return the turns that the meeting has taken, whatever became of them since."""
        rows = self._connection.execute(
            select(user_task, care_case.c.number)
            .join(team_meeting_turn, team_meeting_turn.c.task_key == user_task.c.key)
            .join(care_case, care_case.c.key == user_task.c.case_key)
            .where(team_meeting_turn.c.meeting_key == meeting_key)
            .order_by(user_task.c.due_at, user_task.c.key)
        )
        return [_to_agenda(row) for row in rows]

    # -- attendance ----------------------------------------------------------------------------------------------

    def attendees(self, meeting_key: int) -> list[Attendee]:
        """Return who takes part, by name."""
        rows = self._connection.execute(
            select(team_meeting_attendee, organisation.c.type)
            .join(organisation, organisation.c.id == team_meeting_attendee.c.organisation_id)
            .where(team_meeting_attendee.c.meeting_key == meeting_key)
            .order_by(team_meeting_attendee.c.name, team_meeting_attendee.c.key)
        )
        return [
            Attendee(
                key=row.key,
                user_key=row.user_key,
                name=row.name,
                role_id=row.role_id,
                organisation_id=row.organisation_id,
                organisation_type=row.type,
                areas=frozenset({row.area_id}) if row.area_id else None,
                presence=Presence(row.presence),
            )
            for row in rows
        ]

    def add_attendee(
        self, meeting_key: int, *, user_key: int | None, name: str, role_id: str, organisation_id: str, area_id: str
    ) -> bool:
        """Add somebody who is there; return whether they are new to the meeting."""
        values = {
            "key": new_key(),
            "meeting_key": meeting_key,
            "user_key": user_key,
            "name": name,
            "role_id": role_id,
            "organisation_id": organisation_id,
            "area_id": area_id,
            "presence": Presence.HERE,
        }
        if user_key is None:
            self._connection.execute(insert(team_meeting_attendee).values(values))
            return True
        return insert_new(self._connection, team_meeting_attendee, values, keys=("meeting_key", "user_key"))

    def note_presence(self, meeting_key: int, attendee_key: int, presence: Presence) -> None:
        """Write how the attendee takes part."""
        self._connection.execute(
            update(team_meeting_attendee)
            .where(team_meeting_attendee.c.meeting_key == meeting_key, team_meeting_attendee.c.key == attendee_key)
            .values(presence=presence)
        )

    def seats(self, area_id: str) -> list[Seat]:
        """Return where people who sign in work in which role, in the area and everywhere, by name."""
        rows = self._connection.execute(
            select(
                user_account.c.key,
                user_account.c.name,
                position.c.role_id,
                role.c.name.label("role_name"),
                unit.c.id.label("unit_id"),
                unit.c.organisation_id,
                organisation.c.name.label("organisation_name"),
                unit.c.area_id,
            )
            .select_from(position)
            .join(user_account, user_account.c.key == position.c.user_key)
            .join(unit, unit.c.id == position.c.unit_id)
            .join(organisation, organisation.c.id == unit.c.organisation_id)
            .join(role, role.c.id == position.c.role_id)
            .where(user_account.c.disabled.is_(False), or_(unit.c.area_id == area_id, unit.c.area_id == ""))
            .order_by(user_account.c.sort_key, user_account.c.name, position.c.role_id)
        )
        return [
            Seat(
                user_key=row.key,
                name=row.name,
                role_id=row.role_id,
                role_name=row.role_name,
                unit_id=row.unit_id,
                organisation_id=row.organisation_id,
                organisation_name=row.organisation_name,
                area_id=row.area_id,
            )
            for row in rows
        ]

    # -- turns ---------------------------------------------------------------------------------------------------

    def turns(self, meeting_key: int) -> list[Turn]:
        """Return the turns that were taken, in the order of the last taking."""
        rows = self._connection.execute(
            select(team_meeting_turn)
            .where(team_meeting_turn.c.meeting_key == meeting_key)
            .order_by(team_meeting_turn.c.taken_at, team_meeting_turn.c.task_key)
        )
        return [
            Turn(
                task_key=row.task_key,
                case_key=row.case_key,
                taken_at=row.taken_at,
                left_at=row.left_at,
                spent=timedelta(seconds=row.spent_seconds),
                outside=frozenset(int(key) for key in row.outside),
            )
            for row in rows
        ]

    def take(self, meeting_key: int, *, task_key: int, case_key: int, now: datetime) -> None:
        """Take the turn, for the first time or again; whoever was outside is asked about anew."""
        values = {
            "meeting_key": meeting_key,
            "task_key": task_key,
            "case_key": case_key,
            "taken_at": now,
            "outside": [],
        }
        if not insert_new(self._connection, team_meeting_turn, values, keys=("meeting_key", "task_key")):
            self._change(meeting_key, task_key, taken_at=now, left_at=None, outside=[])

    def leave(self, meeting_key: int, turn: Turn, *, now: datetime) -> None:
        """Put the turn out of hand."""
        spent = turn.spent + (now - turn.taken_at)
        self._change(meeting_key, turn.task_key, left_at=now, spent_seconds=max(int(spent.total_seconds()), 0))

    def note_outside(self, meeting_key: int, task_key: int, attendees: Collection[int]) -> None:
        """Write which attendees have left the room for the turn."""
        self._change(meeting_key, task_key, outside=[str(key) for key in sorted(attendees)])

    def _change(self, meeting_key: int, task_key: int, **values: Any) -> None:
        self._connection.execute(
            update(team_meeting_turn)
            .where(team_meeting_turn.c.meeting_key == meeting_key, team_meeting_turn.c.task_key == task_key)
            .values(**values)
        )


def _to_meeting(row: Row[Any]) -> Meeting:
    return Meeting(
        key=row.key,
        unit_id=row.unit_id,
        area_id=row.area_id,
        day=row.day,
        leader_key=row.leader_key,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )


def _to_agenda(row: Row[Any]) -> AgendaTask:
    return AgendaTask(
        key=row.key,
        case_key=row.case_key,
        case_number=row.number,
        begins_at=row.due_at,
        status=row.status,
        restriction=TaskRestriction(
            candidate_roles=frozenset(row.candidate_groups),
            candidate_users=frozenset(row.candidate_users),
            assignee=row.assignee,
            area_id=row.area_id,
            unit_id=row.unit_id if row.properties.get("kyky.sameUnit") == "true" else "",
            case_key=row.case_key,
        ),
    )
