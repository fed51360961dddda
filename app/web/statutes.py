"""Open a case for reading on a statute that the reader names: which law, whose case, why (R-05)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.name_statute import WantedReading, name_statute
from app.domain.errors import InvalidInput, Problem
from app.domain.statutes import LONGEST_REASON
from app.queries.grounds import nameable_grounds
from app.web.access import current_actor
from app.web.asking import log_attempt, read, run
from app.web.language import texts
from app.web.problems import told_by_field
from app.web.shell import now
from app.web.stories import shown

blueprint = Blueprint("statutes", __name__)
PATH = "/statute"
_TYPED = ("sought", "ground", "reason")


@blueprint.get(PATH)
def show() -> ResponseReturnValue:
    """Show the form with the laws that open something to this person."""
    return _form()


@blueprint.post(PATH)
def begin() -> ResponseReturnValue:
    """Open the case; what is missing comes back, and somebody who is not known is a refused attempt in the log."""
    typed = {name: request.form.get(name, "")[: LONGEST_REASON + 1] for name in _TYPED}
    try:
        case_key = run(name_statute, wanted=WantedReading(**typed), actor=current_actor(), now=now())
    except InvalidInput as error:
        if any(problem.code == "statute_unknown" for problem in error.problems):
            log_attempt("statute_unknown")
        return _form(typed, error.problems), 422
    flash(texts()("statute.opened"), "success")
    return redirect(f"/cases/{case_key}", code=303)


def _form(typed: dict[str, str] | None = None, problems: Sequence[Problem] = ()) -> str:
    say = texts()
    grounds = [
        {
            "id": ground.id,
            "name": shown(ground.statute),
            "opens": say("statute.opens", groups=", ".join(say(f"data_group.{group}") for group in ground.groups)),
        }
        for ground in read(nameable_grounds, actor=current_actor())
    ]
    return render_template(
        "statute/open.html",
        path=PATH,
        grounds=grounds,
        typed=typed or dict.fromkeys(_TYPED, ""),
        problems=told_by_field(problems, area="statute"),
    )
