"""
The pages of teams' meetings: the days that have one, and the working screen of one.

The agenda shows numbers of cases and times, never who the client is: the screen hangs on a wall. The client in hand is
shown, and logged, when whoever may not hear of them has been seen to leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import zip_longest

from app.domain.actor import Actor, may_complete, may_take
from app.domain.calendar import local_date, local_midnight
from app.domain.disclosure import CHANGES
from app.domain.errors import NotAllowed
from app.domain.localized import LocalizedText
from app.domain.meeting import (
    PREPARED_BEFORE,
    Attendee,
    Meeting,
    Stay,
    Turn,
    leaving,
    may_lead,
    may_lead_meetings,
    minutes_between,
    stays_of,
)
from app.domain.plan_changes import hidden_from, offered
from app.domain.sharing import DataGroup
from app.queries.access import log_reading, sight_of_case
from app.queries.plan_changes import TARGET_PATH
from app.queries.task_page import TaskPage, task_page
from app.storage.meetings import AgendaTask, Seat
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskLine

#: meetings that were held stay on the page this long
SHOWN_AFTERWARDS = timedelta(days=30)
_DAY = timedelta(days=1)
#: the question of the form that says who took part
PARTICIPANTS = "osallistujat"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingDay:
    """A day with clients whose turn it is; `late` are those of earlier days that nobody took."""

    day: date
    clients: int
    late: int
    meeting: Meeting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingsPage:
    """The days to come, today first, and the meetings that were held."""

    days: tuple[MeetingDay, ...]
    held: tuple[Meeting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaLine:
    """
    A client's turn on the agenda: waiting, in_hand, done or left (taken, and put out of hand without minutes).

    `leaving` and `not_health` are the names of attendees who may not hear of the client, or not of their health.
    """

    task: AgendaTask
    minutes: int
    state: str
    spent: timedelta
    leaving: tuple[str, ...]
    not_health: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """
    The client in hand. `page` is their task with its form; None as long as somebody has to leave, and afterwards.

    `follows` are the tasks that the case has once the minutes are written, each with whether the viewer may do it.
    """

    line: AgendaLine
    turn: Turn
    leaving: tuple[Attendee, ...]
    is_cleared: bool
    page: TaskPage | None = field(repr=False)
    follows: tuple[tuple[TaskLine, bool], ...]
    #: how many changes of the client's plan the minutes have, which wait for the client
    changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPage:
    """The working screen."""

    meeting: Meeting
    is_today: bool
    leader_name: str
    attendees: tuple[Attendee, ...]
    agenda: tuple[AgendaLine, ...]
    in_hand: InHand | None
    seats: tuple[Seat, ...]
    organisations: Mapping[str, LocalizedText]

    @property
    def following(self) -> AgendaLine | None:
        """The client whose turn is next."""
        return next((line for line in self.agenda if line.state in ("waiting", "left")), None)


def meetings_page(uow: UnitOfWork, *, actor: Actor, now: datetime) -> MeetingsPage:
    """Return the days with clients to speak of. :raises NotAllowed: the actor leads no meetings"""
    if not may_lead_meetings(actor):
        raise NotAllowed("meeting_lead")
    today = local_date(now)
    tasks = _own(uow, actor, before=local_midnight(today + PREPARED_BEFORE + _DAY))
    days: dict[date, list[AgendaTask]] = {today: []}
    for task in tasks:
        days.setdefault(max(local_date(task.begins_at), today), []).append(task)
    meetings = uow.meetings.of_unit(actor.unit_id, since=today - SHOWN_AFTERWARDS)
    by_day = {meeting.day: meeting for meeting in meetings}
    return MeetingsPage(
        days=tuple(
            MeetingDay(
                day=day,
                clients=len(found),
                late=sum(local_date(task.begins_at) < day for task in found),
                meeting=by_day.get(day),
            )
            for day, found in sorted(days.items())
        ),
        held=tuple(meeting for meeting in meetings if meeting.day < today),
    )


def _own(uow: UnitOfWork, actor: Actor, *, before: datetime) -> list[AgendaTask]:
    """Return the open turns that are the actor's to take, or that they have."""
    tasks = uow.meetings.open_tasks(before=before, areas=actor.areas)
    return [task for task in tasks if may_take(actor, task=task.restriction)]


def meeting_page(uow: UnitOfWork, *, meeting_key: int, actor: Actor, now: datetime) -> MeetingPage:
    """
    Return the working screen, and log what is read of the client in hand.

    :raises NotFound: no such meeting
    :raises NotAllowed: the actor does not lead it
    """
    meeting = uow.meetings.get(meeting_key)
    if not may_lead(actor, meeting):
        raise NotAllowed("meeting_lead")
    attendees = uow.meetings.attendees(meeting.key)
    turns = {turn.task_key: turn for turn in uow.meetings.turns(meeting.key)}
    tasks = _agenda(uow, meeting, actor, now)
    lines = [
        _line(uow, meeting, task, turns.get(task.key), attendees, following, now)
        for task, following in zip_longest(tasks, tasks[1:])
    ]
    seated = {each.user_key for each in attendees}
    return MeetingPage(
        meeting=meeting,
        is_today=local_date(now) == meeting.day,
        leader_name=uow.accounts.names_of([meeting.leader_key]).get(meeting.leader_key, ""),
        attendees=tuple(attendees),
        agenda=tuple(lines),
        in_hand=next(
            (
                _in_hand(uow, meeting, line, turns[line.task.key], attendees, actor, now)
                for line in lines
                if line.state == "in_hand" and meeting.is_open
            ),
            None,
        ),
        seats=tuple(seat for seat in uow.meetings.seats(meeting.area_id) if seat.user_key not in seated),
        organisations=dict(uow.accounts.organisations()),
    )


def _agenda(uow: UnitOfWork, meeting: Meeting, actor: Actor, now: datetime) -> list[AgendaTask]:
    """Return the turns of the day by time; in a meeting that goes on today also those that earlier days left over."""
    taken = uow.meetings.tasks_of(meeting.key)
    if not meeting.is_open:
        return taken
    is_today = local_date(now) == meeting.day
    known = {task.key for task in taken}
    waiting = [
        task
        for task in _own(uow, actor, before=local_midnight(meeting.day + _DAY))
        if task.key not in known and (is_today or local_date(task.begins_at) == meeting.day)
    ]
    return sorted([*taken, *waiting], key=lambda task: (task.begins_at, task.key))


def _line(
    uow: UnitOfWork,
    meeting: Meeting,
    task: AgendaTask,
    turn: Turn | None,
    attendees: Sequence[Attendee],
    following: AgendaTask | None,
    now: datetime,
) -> AgendaLine:
    stays = _stays(uow, meeting, task.case_key, attendees, now) if meeting.is_open else {}
    state = "done" if task.status != "open" else "waiting" if turn is None else "left"
    return AgendaLine(
        task=task,
        minutes=minutes_between(task.begins_at, following.begins_at if following else None),
        state="in_hand" if turn is not None and turn.in_hand else state,
        spent=timedelta(0) if turn is None else turn.spent,
        leaving=tuple(each.name for each in attendees if stays.get(each.key) is Stay.LEAVES),
        not_health=tuple(each.name for each in attendees if stays.get(each.key) is Stay.NOT_HEALTH),
    )


def _stays(
    uow: UnitOfWork, meeting: Meeting, case_key: int, attendees: Sequence[Attendee], now: datetime
) -> dict[int, Stay]:
    return stays_of(
        attendees,
        leader_key=meeting.leader_key,
        case=uow.care.cases.relation(case_key),
        grants=uow.care.cases.grants(case_key),
        restricted=uow.data_rights.restricted(case_key),
        at=now,
    )


def _in_hand(
    uow: UnitOfWork,
    meeting: Meeting,
    line: AgendaLine,
    turn: Turn,
    attendees: Sequence[Attendee],
    actor: Actor,
    now: datetime,
) -> InHand:
    gone = leaving(_stays(uow, meeting, turn.case_key, attendees, now))
    is_cleared = gone <= turn.outside
    page = None
    if is_cleared and line.task.status == "open":
        page = task_page(uow, task_key=turn.task_key, actor=actor, now=now)
        if page.draft is None:
            staying = [_participant(each) for each in attendees if each.key not in gone]
            page = replace(page, values={**page.values, PARTICIPANTS: staying})
        page = _for_the_wall(page, [each for each in attendees if each.key not in gone and each.is_there])
    follows: list[tuple[TaskLine, bool]] = []
    changes = 0
    if is_cleared and line.task.status != "open":
        changes = _agreed_changes(uow, turn, actor, now)
        lines = uow.worklist.of_case(turn.case_key, actor.user_key or 0)
        tasks = uow.tasks.get_many([each.key for each in lines])
        follows = [(each, may_complete(actor, task=tasks[each.key].restriction)) for each in lines]
    return InHand(
        line=line,
        turn=turn,
        leaving=tuple(each for each in attendees if each.key in gone),
        is_cleared=is_cleared,
        page=page,
        follows=tuple(follows),
        changes=changes,
    )


def _for_the_wall(page: TaskPage, there: Sequence[Attendee]) -> TaskPage:
    """Return the task's page without the wording of actions whose service somebody in the room may not know of."""
    if page.plan is None:
        return page
    actions = offered(page.plan.rows, hidden=hidden_from([each.organisation_type for each in there]))
    choices = {**page.around.choices, ".".join(TARGET_PATH): actions}
    return replace(page, around=replace(page.around, choices=choices))


def _agreed_changes(uow: UnitOfWork, turn: Turn, actor: Actor, now: datetime) -> int:
    """Return how many changes of the plan the minutes have, and log that the plan was looked at."""
    sight = sight_of_case(uow, case_key=turn.case_key, actor=actor, now=now)
    visible = {(group, controller) for group, controller in sight.visible if group is DataGroup.PLAN}
    if not visible:
        return 0
    with uow.care.seen_by(actor, now=now):
        said = uow.care.answers.of_task(turn.case_key, turn.task_key, visible=visible).get(CHANGES)
    log_reading(uow, sight=sight, actor=actor, groups=[DataGroup.PLAN], purpose=f"task:{turn.task_key}", now=now)
    return len(said.value or ()) if said is not None else 0


def _participant(attendee: Attendee) -> dict[str, str]:
    """Return the attendee as a row of the minutes."""
    return {
        "rooli": attendee.role_id,
        "taho": attendee.organisation_id,
        "henkilo": attendee.name,
        "paikalla": str(attendee.presence),
    }
