"""All of one client's cases on one timeline, as far as this person may see them: pathways, services, times, gaps."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.client import Case, Client
from app.domain.errors import Concealed, NotAllowed
from app.domain.localized import LocalizedText
from app.domain.masking import may_know_process, may_see_appointment, may_see_course, shown_outcome
from app.domain.plan import ActionState
from app.domain.sharing import DataGroup
from app.domain.timeline import Days, days_without, gaps
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.case_course import HistoryLine, case_timeline
from app.queries.case_page import follows_case
from app.queries.case_records import ActionLine, case_records, kept_groups, why_hidden
from app.storage.appointments import Appointment
from app.storage.monitor import InstanceFilters, InstanceLine
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskSpan

#: more steps are on the pages of the cases themselves
MOST_STEPS = 30


class LaneKind(enum.StrEnum):
    """What a lane shows."""

    PATHWAY = "pathway"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """
    One pathway or service of a case.

    `days` are those on which it runs or is meant to; `done` is the part of it that lies behind, None where it has not
    begun; `waits` are days on which nobody had anything of it to do. `action` stands for a service of the plan.
    """

    kind: LaneKind
    days: Days
    done: Days | None
    waits: tuple[Days, ...]
    is_over: bool
    name: LocalizedText = field(default_factory=dict)
    state: str = ""
    action: ActionLine | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLanes:
    """The lanes of one case, and what of it is not shown."""

    case: Case
    outcome: str
    owner_name: str
    coordinator_name: str
    unit_name: LocalizedText
    days: Days
    lanes: tuple[Lane, ...]
    appointments: tuple[Appointment, ...]
    #: hidden data groups in which the case has something, each with the reason (a key of the texts)
    hidden: Mapping[DataGroup, str]
    steps: tuple[HistoryLine, ...]
    #: whether nothing that could fill a gap is kept from the viewer
    is_whole: bool
    busy: tuple[Days, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTimeline:
    """The client's cases, the newest first; `gaps` is None where too little is shown to tell."""

    case: Case
    client: Client | None = field(repr=False)
    today: date
    days: Days
    cases: tuple[CaseLanes, ...]
    gaps: tuple[Days, ...] | None


def client_timeline(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> ClientTimeline:
    """
    Return the timeline of the client of the case, and log the reading of each case that is on it.

    Other cases of the client are joined to this one only where the viewer may see in both who the client is: that they
    belong together says as much as a name. How many others there are is not said.

    :raises NotFound: no such case
    :raises Concealed: it is not for this person, or theirs only by a task of it
    """
    if actor.user_key is None:
        raise NotAllowed("case")
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now, with_emergency=True)
    if not follows_case(sight, actor):
        raise Concealed("case", case_key, case_key=case_key)
    sights = [sight]
    if DataGroup.BASIC in sight.groups:
        sights += _others(uow, sight, actor, now)
    today = local_date(now)
    with uow.care.seen_by(actor, now=now):
        client = uow.care.clients.get(sight.case.client_key) if DataGroup.BASIC in sight.groups else None
        cases = [_lanes(uow, each, actor, now) for each in sights]
    cases.sort(key=lambda each: each.case.opened_at, reverse=True)
    shown = [each.days for each in cases] + [lane.days for each in cases for lane in each.lanes]
    shown += [Days(day, day) for each in cases for day in (local_date(item.starts_at) for item in each.appointments)]
    busy = [span for each in cases for span in each.busy]
    return ClientTimeline(
        case=sight.case,
        client=client,
        today=today,
        days=Days(min(each.first for each in shown), max(today, *(each.last for each in shown))),
        cases=tuple(cases),
        gaps=tuple(gaps(busy, open_days=[each.days for each in cases])) if all(c.is_whole for c in cases) else None,
    )


def _others(uow: UnitOfWork, sight: Sight, actor: Actor, now: datetime) -> list[Sight]:
    others = [
        sight_of_case(uow, case_key=case.key, actor=actor, now=now, with_emergency=True)
        for case in uow.care.cases.of_client(sight.case.client_key)
        if case.key != sight.case.key
    ]
    return [each for each in others if DataGroup.BASIC in each.groups]


def _lanes(uow: UnitOfWork, sight: Sight, actor: Actor, now: datetime) -> CaseLanes:
    case, today, kind = sight.case, local_date(now), actor.organisation_type
    knows = DataGroup.BASIC in sight.groups
    records = case_records(uow, sight=sight, actor=actor, now=now)
    appointments = [
        item
        for item in (uow.care.appointments.of_case(case.key) if knows else ())
        if may_see_appointment(item.status, organisation_type=kind)
    ]
    instances = [
        line
        for line in uow.monitor.instances(InstanceFilters(case_key=case.key), after=None, limit=100)
        if may_know_process(line.process_id, organisation_type=kind)
    ]
    told = [line for line in instances if may_see_course(organisation_type=kind, own=line.unit_id == actor.unit_id)]
    spans = uow.worklist.spans_of_case(case.key)
    pathways = [_pathway(line, _of(line, spans, today) if line in told else None, today) for line in instances[::-1]]
    services = [_service(action, today) for action in (records.plan.actions if records.plan else ())]
    recorded = kept_groups(uow, case.key)
    kept = {group for group, _ in uow.care.answers.groups_and_controllers(case.key)} | recorded
    groups = records.groups | ({DataGroup.BASIC} if knows else set())
    log_reading(uow, sight=sight, actor=actor, groups=groups, purpose=f"case:{case.key}", now=now)
    names = uow.accounts.names_of([case.owner_key]) if case.owner_key else {}
    plan_is_whole = DataGroup.PLAN not in recorded or (records.plan is not None and not records.plan.own_part)
    return CaseLanes(
        case=case,
        outcome=shown_outcome(case.outcome, organisation_type=kind),
        owner_name=names.get(case.owner_key or 0, ""),
        coordinator_name=records.coordinator,
        unit_name=uow.accounts.unit_names([case.unit_id]).get(case.unit_id, {}),
        days=Days(local_date(case.opened_at), local_date(case.closed_at) if case.closed_at else today),
        lanes=(*pathways, *services),
        appointments=tuple(appointments),
        hidden={group: why_hidden(sight, group, actor=actor, now=now) for group in sight.hidden if group in kept},
        steps=tuple(case_timeline(uow, told)[:MOST_STEPS]),
        is_whole=len(told) == len(instances) and plan_is_whole,
        busy=tuple(
            span
            for spans_of in (*(_of(line, spans, today) for line in told), [s.done for s in services if s.done])
            for span in spans_of
        ),
    )


def _of(line: InstanceLine, spans: Sequence[TaskSpan], today: date) -> list[Days]:
    """Return the days on which somebody had a task of the instance."""
    return [
        Days(local_date(span.created_at), local_date(span.ended_at) if span.ended_at else today)
        for span in spans
        if span.instance_key == line.key
    ]


def _pathway(line: InstanceLine, work: Sequence[Days] | None, today: date) -> Lane:
    """Return the lane of the pathway; without `work` its course is not for the viewer, and neither are its waits."""
    days = Days(local_date(line.started_at), local_date(line.ended_at) if line.ended_at else today)
    return Lane(
        kind=LaneKind.PATHWAY,
        days=days,
        done=days,
        # what is begun and ended by itself on one day waits for nobody
        waits=tuple(days_without(work, days)) if work is not None and days.length > 1 else (),
        is_over=line.ended_at is not None,
        name=line.process_name,
        state=line.status,
    )


#: states of an action that is still to come or under way; whatever else it is called, it is over
_GOES_ON = frozenset({ActionState.PLANNED, ActionState.RUNNING})


def _service(action: ActionLine, today: date) -> Lane:
    """Return the lane of a service of the plan: planned days, days that lie behind, and the wait for it to begin."""
    begun, is_over = action.state != ActionState.PLANNED, action.state not in _GOES_ON
    first = action.began_on or action.starts_on
    meant = action.ends_on or action.review_on or max(today, first)
    last = max(first, (action.ended_on or min(meant, today)) if is_over else max(meant, today if begun else first))
    days = Days(min(first, action.starts_on), last)
    late = Days(action.starts_on, today) if not begun and action.starts_on < today else None
    if begun and action.began_on is not None and action.starts_on < action.began_on:
        late = Days(action.starts_on, action.began_on)
    return Lane(
        kind=LaneKind.SERVICE,
        days=Days(days.first, max(days.last, late.last)) if late else days,
        done=Days(first, min(last, today)) if begun and first <= today else None,
        waits=(late,) if late else (),
        is_over=is_over,
        state=action.state,
        action=action,
    )
