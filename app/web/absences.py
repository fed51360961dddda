"""Being away: who stands in and on which days; the tasks of those for whom one stands in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.absences import Leave, begin_absence, end_absence
from app.domain.absences import LONGEST_NOTE, Absence
from app.domain.calendar import local_date, written_day
from app.domain.errors import InvalidInput, Problem
from app.queries.absences import absence_page
from app.web.access import current_actor
from app.web.asking import key_of, read, run
from app.web.language import texts
from app.web.problems import told_by_field
from app.web.shell import now
from app.web.stories import shown

blueprint = Blueprint("absences", __name__)
PATH = "/absences"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show who is away."""
    return _page(None, ())


@blueprint.post(PATH)
def begin() -> ResponseReturnValue:
    """Keep that the person is away."""
    leave = Leave(
        first_day=request.form.get("first_day", ""),
        last_day=request.form.get("last_day", ""),
        substitute=request.form.get("substitute", ""),
        roles=request.form.getlist("role"),
        note=request.form.get("note", "").replace("\r\n", "\n")[: LONGEST_NOTE + 1],
    )
    try:
        run(begin_absence, leave=leave, actor=current_actor(), now=now())
    except InvalidInput as error:
        return _page(leave, error.problems), 422
    flash(texts()("absence.begun"), "success")
    return redirect(PATH, code=303)


@blueprint.post(f"{PATH}/<key>/end")
def end(key: str) -> ResponseReturnValue:
    """End an absence sooner."""
    run(end_absence, key=key_of(key), actor=current_actor(), now=now())
    flash(texts()("absence.ended"), "success")
    return redirect(PATH, code=303)


def _page(typed: Leave | None, problems: Sequence[Problem]) -> str:
    actor = current_actor()
    found = read(absence_page, actor=actor, now=now())
    names = {role: shown(name) for role, name in found.role_names.items()}
    told = told_by_field(problems, area="absence")
    return render_template(
        "absences/index.html",
        own=[_line(absence, names) for absence in found.own],
        standing_in=[
            _line(each.absence, names)
            | {
                "tasks": [
                    {
                        "text": shown(task.name),
                        "address": f"/tasks/{task.key}",
                        "case_number": task.case_number,
                        "due_at": task.due_at,
                    }
                    for task in each.tasks
                ]
            }
            for each in found.standing_in
        ],
        colleagues=found.colleagues,
        roles=[(role, names.get(role, role)) for role in sorted(actor.roles)],
        typed=typed or Leave(first_day=written_day(local_date(now())), last_day="", substitute=""),
        longest_note=LONGEST_NOTE,
        problems=told,
    )


def _line(absence: Absence, role_names: dict[str, str]) -> dict[str, Any]:
    today = local_date(now())
    return {
        "away": absence.user_name,
        "substitute": absence.substitute_name,
        "first_day": absence.first_day,
        "last_day": absence.last_day,
        "is_now": absence.first_day <= today <= absence.last_day,
        "roles": ", ".join(role_names.get(role, role) for role in sorted(absence.roles)),
        "note": absence.note,
        "end_address": f"{PATH}/{absence.key}/end",
        "tasks": [],
    }
