"""Retention: how long what is kept, what is proposed to be erased, what went; the data protection officer decides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.erase import ErasureChoice, decide_erasure
from app.domain.actor import may_change_limits
from app.domain.errors import Conflict
from app.domain.keys import parse_key
from app.domain.retention import ErasureStatus, KeepReason
from app.queries.retention import RetentionPage, retention_page
from app.storage.retention import Erasure
from app.web.access import current_actor
from app.web.asking import run
from app.web.language import texts
from app.web.shell import now

blueprint = Blueprint("retention", __name__)
PATH = "/retention"
MOST_AT_ONCE = 100


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the classes, the proposals and what went."""
    return _page()


@blueprint.post(PATH)
def decide() -> ResponseReturnValue:
    """Confirm the proposals that were ticked, keep what they are about, or take that back."""
    keys = {key for text in request.form.getlist("proposal")[:MOST_AT_ONCE] if (key := parse_key(text)) is not None}
    chosen, reason = request.form.get("choice", ""), request.form.get("reason", "")
    if chosen not in set(ErasureChoice):
        return _page("retention.problem_choice"), 422
    choice = ErasureChoice(chosen)
    if choice is ErasureChoice.KEEP and reason not in set(KeepReason):
        return _page("retention.problem_reason", ticked=keys), 422
    kept_because = KeepReason(reason) if reason in set(KeepReason) else None
    try:
        done = run(decide_erasure, keys=keys, choice=choice, reason=kept_because, actor=current_actor(), now=now())
    except Conflict:
        return _page("retention.problem_gone" if keys else "retention.problem_none"), 409 if keys else 422
    flash(texts().plural(f"retention.done_{choice}", count=done), "success")
    return redirect(PATH, code=303)


def _page(problem: str = "", *, ticked: frozenset[int] | set[int] = frozenset()) -> str:
    page: RetentionPage = run(retention_page, actor=current_actor())
    say = texts()
    changes_limits = may_change_limits(current_actor())
    return render_template(
        "retention/index.html",
        path=PATH,
        problem=say(problem) if problem else "",
        classes=[
            {
                "name": say(f"retention.class.{line.kind}"),
                "text": say(f"retention.class_text.{line.kind}"),
                "period": _period(line.period),
                "limit_address": f"/limits/{line.limit_id}" if changes_limits else "",
                "line": line,
            }
            for line in page.classes
        ],
        proposed=[_line(item, ticked) for item in page.waiting.get(ErasureStatus.PROPOSED, ())],
        confirmed=[_line(item, ticked) for item in page.waiting.get(ErasureStatus.CONFIRMED, ())],
        kept=[_line(item, ticked) for item in page.waiting.get(ErasureStatus.KEPT, ())],
        erased=[_line(item, ticked) for item in page.erased],
        reasons=[("", say("retention.choose")), *((str(each), say(f"retention.reason.{each}")) for each in KeepReason)],
        may_decide=page.may_decide,
    )


def _period(period: str) -> str:
    """Return the period in words: "10 years"; of several parts as it is written."""
    if not period:
        return texts()("retention.for_good")
    unit, number = period[-1], period[1:-1]
    key = f"retention.period_{unit}"
    return texts().plural(key, count=int(number)) if number.isdigit() and key in texts() else period


def _line(item: Erasure, ticked: frozenset[int] | set[int]) -> dict[str, Any]:
    say = texts()
    counts = [say.plural(f"retention.count.{name}", count=count) for name, count in item.counts.items()]
    return {
        "key": str(item.key),
        "number": item.case_number or say("retention.no_case"),
        "kind": say(f"retention.class.{item.kind}"),
        "counted_from": item.counted_from,
        "due_on": item.due_on,
        "counts": ", ".join(counts) or say("retention.count_none"),
        "reason": say(f"retention.reason.{item.reason}") if item.reason else "",
        "decided_by": item.decided_by,
        "erased_at": item.erased_at,
        "ticked": item.key in ticked,
    }
