"""Break-glass: open a case in an emergency, end that; who has done so, and the review of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.open_emergency import Emergency, end_emergency, open_emergency, review_emergency
from app.domain.emergency import LONGEST_REASON, Cause, Opening, Verdict, may_break_glass
from app.domain.errors import Conflict, InvalidInput, NotAllowed, Problem
from app.domain.sharing import DataGroup
from app.queries.emergency import opening_for_review, openings
from app.storage.logs import AccessLine
from app.web.access import current_actor
from app.web.asking import key_of, log_attempt, read, run
from app.web.language import texts
from app.web.problems import told_by_field
from app.web.shell import now
from app.web.stories import shown

blueprint = Blueprint("emergency", __name__)
PATH = "/emergency"
REVIEWS = f"{PATH}/reviews"
_TYPED = ("sought", "cause", "reason")


@blueprint.get(PATH)
def show() -> ResponseReturnValue:
    """Show the form, with what follows from sending it."""
    read(_ensure_allowed)
    return _form()


@blueprint.post(PATH)
def begin() -> ResponseReturnValue:
    """Open the case; what is missing comes back, and somebody who is not known is a refused attempt in the log."""
    typed = {name: request.form.get(name, "")[: LONGEST_REASON + 1] for name in _TYPED}
    try:
        case_key = run(open_emergency, emergency=Emergency(**typed), actor=current_actor(), now=now())
    except InvalidInput as error:
        if any(problem.code == "emergency_unknown" for problem in error.problems):
            log_attempt("emergency_unknown")
        return _form(typed, error.problems), 422
    flash(texts()("emergency.opened"), "warning")
    return redirect(f"/cases/{case_key}", code=303)


@blueprint.post(f"{PATH}/end")
def end() -> ResponseReturnValue:
    """End an opening of one's own before its time."""
    try:
        run(end_emergency, case_key=key_of(request.form.get("case", "")), actor=current_actor(), now=now())
    except Conflict:
        flash(texts()("emergency.nothing_open"), "warning")
    else:
        flash(texts()("emergency.ended_now"), "success")
    return redirect("/cases", code=303)


@blueprint.get(REVIEWS)
def index() -> ResponseReturnValue:
    """Show who has opened cases, those that nobody has reviewed first."""
    found = run(openings, actor=current_actor())
    return render_template(
        "emergency/reviews.html",
        rows=[
            _line(opening, found.unit_names.get(opening.unit_id, {}))
            | {"address": f"{REVIEWS}/{opening.key}" if found.reviews else ""}
            for opening in found.openings
        ],
    )


@blueprint.get(f"{REVIEWS}/<key>")
def review(key: str) -> ResponseReturnValue:
    """Show an opening with its reason and what was looked at, and the form of its review."""
    return _review(key)


@blueprint.post(f"{REVIEWS}/<key>")
def save_review(key: str) -> ResponseReturnValue:
    """Write what the review came to."""
    typed = {"verdict": request.form.get("verdict", ""), "note": request.form.get("note", "")[: LONGEST_REASON + 1]}
    try:
        run(review_emergency, key=key_of(key), **typed, actor=current_actor(), now=now())
    except InvalidInput as error:
        return _review(key, typed, error.problems), 422
    except Conflict:
        flash(texts()("emergency.reviewed_meanwhile"), "warning")
    else:
        flash(texts()("emergency.review_saved"), "success")
    return redirect(REVIEWS, code=303)


def _ensure_allowed(_uow: Any) -> None:
    if not may_break_glass(current_actor()):
        raise NotAllowed("emergency")


def _form(typed: dict[str, str] | None = None, problems: tuple[Problem, ...] = ()) -> str:
    say = texts()
    return render_template(
        "emergency/open.html",
        path=PATH,
        typed=typed or dict.fromkeys(_TYPED, ""),
        causes=[(str(cause), say(f"emergency.cause.{cause}")) for cause in Cause],
        problems=told_by_field(problems, area="emergency"),
    )


def _review(key: str, typed: dict[str, str] | None = None, problems: tuple[Problem, ...] = ()) -> str:
    found = run(opening_for_review, key=key_of(key), actor=current_actor(), now=now())
    say = texts()
    return render_template(
        "emergency/review.html",
        path=f"{REVIEWS}/{found.opening.key}",
        reviews_path=REVIEWS,
        row=_line(found.opening, found.unit_name),
        reason=found.opening.reason,
        note=found.opening.note,
        looked_at=[_looked_at(line) for line in found.looked_at],
        verdicts=[(str(verdict), say(f"emergency.verdict.{verdict}")) for verdict in Verdict],
        typed=typed or {"verdict": "", "note": ""},
        problems=told_by_field(problems, area="emergency"),
    )


def _line(opening: Opening, unit_name: Any) -> dict[str, Any]:
    say = texts()
    return {
        "number": opening.case_number,
        "who": opening.user_name,
        "unit": shown(unit_name) if unit_name else "",
        "cause": say(f"emergency.cause.{opening.cause}"),
        "from": opening.opened_at,
        "until": opening.ended,
        "verdict": str(opening.verdict) if opening.verdict else "",
        "verdict_text": say(f"emergency.verdict.{opening.verdict}") if opening.verdict else "",
        "reviewed_by": opening.reviewed_by,
        "reviewed_at": opening.reviewed_at,
    }


def _looked_at(line: AccessLine) -> dict[str, Any]:
    say = texts()
    return {
        "at": line.at,
        "action": say(f"emergency.action.{line.action}"),
        "groups": ", ".join(say(f"data_group.{group}") for group in DataGroup if group in line.groups),
    }
