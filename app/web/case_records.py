"""Consents, the plan on its timeline and measures as the case page prints them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from app.domain.calendar import local_date
from app.domain.localized import in_language
from app.domain.masking import CARE_OR_REHABILITATION
from app.queries.case_records import ActionLine, CaseRecords
from app.web.forms.answer_texts import number_text
from app.web.language import current_language, texts
from app.web.shell import now

#: colour and icon of a consent, and of an action, by its state
_CONSENT_LOOKS = {
    "in_force": ("success", "done"),
    "ended": ("neutral", "stopped"),
    "withdrawn": ("warning", "stopped"),
    "refused": ("neutral", "stopped"),
}
_ACTION_LOOKS = {
    "suunniteltu": ("neutral", "circle"),
    "kaynnissa": ("info", "circle"),
    "valmis": ("success", "done"),
    "keskeytynyt": ("warning", "trouble"),
    "korvattu": ("neutral", "stopped"),
    "paattynyt": ("neutral", "done"),
}
#: an action without an end is drawn at least as long as this beyond today
_OPEN_END = timedelta(days=30)


def records_view(records: CaseRecords) -> dict[str, Any]:
    """Return what the templates of consents, plan and measures print; empty parts are None or []."""
    return {"consents": _consents(records), "plan": _plan(records), "measures": _measures(records)}


def _consents(records: CaseRecords) -> list[dict[str, Any]]:
    say, language = texts(), current_language()
    return [
        {
            "state_text": say(f"consent.{line.state}"),
            "look": _CONSENT_LOOKS[line.state],
            "given_on": line.given_on,
            "ends_on": line.ends_on if line.state != "refused" else None,
            "open_to": [in_language(party, language) for party in line.open_to],
            "groups": [say(f"data_group.{group}") for group in line.groups],
            "method_text": say(f"consent.method_{line.method}") if line.state != "refused" else "",
            "limits": line.limits,
        }
        for line in records.consents
    ]


def _plan(records: CaseRecords) -> dict[str, Any] | None:
    plan = records.plan
    if plan is None:
        return None
    today = local_date(now())
    first, last = _ends(plan.actions, today)
    return {
        "version": plan.version,
        "approved_on": plan.approved_on,
        "own_part": plan.own_part,
        "first": first,
        "last": last,
        "today": _place(today, first, last),
        "actions": [_action(line, today, first, last) for line in plan.actions],
    }


def _ends(actions: Sequence[ActionLine], today: date) -> tuple[date, date]:
    first = min((action.starts_on for action in actions), default=today)
    last = max((_end(action, today) for action in actions), default=today)
    return min(first, today), max(last, today, first + timedelta(days=1))


def _end(action: ActionLine, today: date) -> date:
    if action.ends_on is not None:
        return action.ends_on
    return max(action.review_on or today, action.starts_on, today) + _OPEN_END


def _place(day: date, first: date, last: date) -> float:
    """Return where the day lies on the line from first to last, in hundredths."""
    return round(100 * (day - first).days / max((last - first).days, 1), 1)


def _action(line: ActionLine, today: date, first: date, last: date) -> dict[str, Any]:
    say, language = texts(), current_language()
    masked = line.service_id == CARE_OR_REHABILITATION
    service = say("access.masked.hoito_tai_kuntoutus") if masked else in_language(line.service, language)
    start, end = _place(line.starts_on, first, last), _place(_end(line, today), first, last)
    return {
        "name": line.name or service,
        "service": service if line.name else "",
        "organisation": in_language(line.organisation, language) or say("plan.client_self"),
        "person": line.person,
        "starts_on": line.starts_on,
        "ends_on": line.ends_on,
        "review_on": line.review_on,
        "after": line.after,
        "state": line.state,
        "state_text": say(f"action.{line.state}"),
        "look": _ACTION_LOOKS[line.state],
        "bar": {"start": start, "length": max(round(end - start, 1), 1.5)},
    }


def _measures(records: CaseRecords) -> list[dict[str, Any]]:
    say, language = texts(), current_language()
    return [
        {
            "measured_on": line.measured_on,
            "occasion": say(f"measure.occasion_{line.occasion}"),
            "scores": [
                {"name": say(f"measure.{name}"), "value": number_text(score, language)}
                for name, score in line.scores.items()
                if f"measure.{name}" in say
            ],
        }
        for line in records.measures
    ]
