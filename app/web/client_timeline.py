"""A client's cases as swim lanes on one timeline: a table whose last column is drawn, so that both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.domain.calendar import local_date
from app.domain.localized import in_language
from app.domain.masking import CARE_OR_REHABILITATION
from app.domain.timeline import Days, marks
from app.queries.case_records import ActionLine
from app.queries.client_timeline import CaseLanes, ClientTimeline, Lane, LaneKind, client_timeline
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.cases import PATH
from app.web.language import Formats, current_language, texts
from app.web.shell import now
from app.web.stories import shown, told_line
from app.web.tasks import client_facts

blueprint = Blueprint("client_timeline", __name__)
#: a day is drawn at least this wide (hundredths of the line), or a single one would not be seen
_NARROWEST = 0.8
#: of all the cases together; more is on the page of each
_MOST_STEPS = 30


@blueprint.get(f"{PATH}/<key>/timeline")
def show(key: str) -> ResponseReturnValue:
    """Show the timeline of the client of the case."""
    found = run(client_timeline, case_key=key_of(key), actor=current_actor(), now=now())
    return render_template("cases/timeline.html", **_page(found))


def _page(found: ClientTimeline) -> dict[str, Any]:
    several = len(found.cases) > 1
    steps = sorted(
        ((each, step) for each in found.cases for step in each.steps), key=lambda pair: pair[1].at, reverse=True
    )
    return {
        "case": {"number": found.case.number, "address": f"{PATH}/{found.case.key}"},
        "client": client_facts(found.client) if found.client else None,
        "today_at": _place(found.today, found.days),
        "marks": _marks(found.days),
        "cases": [_case(each, found) for each in found.cases],
        "gaps": None
        if found.gaps is None
        else [{"text": _span_text(gap), "bar": _bar(gap, found.days)} for gap in found.gaps],
        "history": [
            told_line(
                at=step.at,
                element_type=step.element_type,
                name=shown(step.element_name) or step.element_id,
                event=step.event,
                who=step.actor,
                note=", ".join(
                    part for part in (shown(step.process_name), each.case.number if several else "") if part
                ),
            )
            for each, step in steps[:_MOST_STEPS]
        ],
    }


def _marks(limits: Days) -> list[dict[str, Any]]:
    """Return the months on the line; where it is too short to have any, its ends."""
    formats, months = Formats(current_language()), marks(limits)
    if months:
        return [{"at": _place(day, limits), "text": f"{day.month}/{day.year}"} for day in months]
    return [
        {"at": 0, "text": formats.full_date(limits.first)},
        {"at": 100, "text": formats.full_date(limits.last)},
    ]


def _case(each: CaseLanes, found: ClientTimeline) -> dict[str, Any]:
    say, case = texts(), each.case
    return {
        "number": case.number,
        "address": f"{PATH}/{case.key}",
        "is_open": case.is_open,
        "span_text": _span_text(each.days, open_ended=case.is_open),
        "outcome_text": say(f"outcome.{each.outcome}") if each.outcome else "",
        "owner_name": each.owner_name,
        "coordinator_name": each.coordinator_name,
        "unit_text": shown(each.unit_name) if each.unit_name else "",
        "lanes": [_lane(lane, found) for lane in each.lanes],
        "appointments": [
            {
                "text": say(f"appointment_kind.{item.kind}"),
                "at": item.starts_at,
                "status": str(item.status),
                "place": _place(local_date(item.starts_at), found.days),
            }
            for item in each.appointments
        ],
        "hidden": [
            f"{say('case.hidden_group', group=say(f'data_group.{group}'))} {say(reason)}"
            for group, reason in each.hidden.items()
        ],
    }


def _lane(lane: Lane, found: ClientTimeline) -> dict[str, Any]:
    say, limits = texts(), found.days
    waiting = sum(wait.length for wait in lane.waits)
    named = _service_names(lane.action) if lane.action else {"name": shown(lane.name), "note": ""}
    return {
        **named,
        "kind": str(lane.kind),
        "kind_text": say(f"timeline.{lane.kind}"),
        "state_text": say(f"action.{lane.state}") if lane.action else say(f"instance.{lane.state}"),
        "is_over": lane.is_over,
        "span_text": _span_text(lane.days, open_ended=not lane.is_over and lane.kind is LaneKind.PATHWAY),
        "wait_text": say.plural("timeline.waits", count=waiting) if waiting else "",
        "wait_spans": [_span_text(wait) for wait in lane.waits],
        "planned": _bar(lane.days, limits),
        "done": _bar(lane.done, limits) if lane.done else None,
        "waits": [_bar(wait, limits) for wait in lane.waits],
    }


def _service_names(action: ActionLine) -> dict[str, str]:
    say, language = texts(), current_language()
    masked = action.service_id == CARE_OR_REHABILITATION
    service = say("access.masked.hoito_tai_kuntoutus") if masked else in_language(action.service, language)
    organisation = in_language(action.organisation, language) or say("plan.client_self")
    return {"name": action.name or service, "note": _joined([organisation, action.person])}


def _joined(parts: Sequence[str]) -> str:
    return " · ".join(part for part in parts if part)


def _place(day: date, limits: Days) -> float:
    """Return where the day begins on the line, in hundredths."""
    return round(100 * (day - limits.first).days / limits.length, 2)


def _bar(span: Days, limits: Days) -> dict[str, float]:
    begin = _place(span.first, limits)
    length = max(round(100 * span.length / limits.length, 2), _NARROWEST)
    return {"start": min(begin, 100 - length), "length": length}


def _span_text(span: Days, *, open_ended: bool = False) -> str:
    say, formats = texts(), Formats(current_language())
    first = formats.full_date(span.first)
    if open_ended:
        return say("timeline.since", first=first)
    return first if span.length == 1 else say("timeline.span", first=first, last=formats.full_date(span.last))
