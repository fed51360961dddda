"""A person's own reminders: write one, move it, mark it as done, take that back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.reminders import finish_reminder, move_reminder, write_reminder
from app.domain.calendar import add_working_days, local_date, written_day
from app.domain.errors import InvalidInput, Problem
from app.domain.keys import parse_key
from app.domain.reminders import LONGEST_REMINDER
from app.locale.problems import problem_text
from app.queries.reminders import reminder_page
from app.web.access import current_actor
from app.web.addresses import own_path
from app.web.asking import key_of, read, run
from app.web.language import Formats, current_language, texts
from app.web.shell import now

blueprint = Blueprint("reminders", __name__)
PATH = "/worklist/reminders"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the reminders."""
    return _page()


@blueprint.post(PATH)
def write() -> ResponseReturnValue:
    """Keep a new one."""
    typed = {"text": request.form.get("text", "")[: LONGEST_REMINDER + 1], "day": request.form.get("day", "")[:20]}
    try:
        run(write_reminder, **typed, actor=current_actor(), now=now())
    except InvalidInput as error:
        return _page(typed=typed, problems=error.problems), 422
    flash(texts()("reminder.kept"), "success")
    return redirect(PATH, code=303)


@blueprint.post(f"{PATH}/<key>/move")
def move(key: str) -> ResponseReturnValue:
    """Move one to another day."""
    typed = request.form.get("day", "")[:20]
    try:
        day = run(move_reminder, key=key_of(key), day=typed, actor=current_actor(), now=now())
    except InvalidInput as error:
        return _page(moved=(parse_key(key) or 0, typed), problems=error.problems), 422
    flash(texts()("reminder.moved", day=Formats(current_language()).full_date(day)), "success")
    return redirect(PATH, code=303)


@blueprint.post(f"{PATH}/<key>/done")
def done(key: str) -> ResponseReturnValue:
    """Mark one as done; the page on which it was pressed comes again."""
    run(finish_reminder, key=key_of(key), done=True, actor=current_actor(), now=now())
    flash(texts()("reminder.is_done"), "success")
    return redirect(own_path(request.form.get("next"), PATH), code=303)


@blueprint.post(f"{PATH}/<key>/back")
def back(key: str) -> ResponseReturnValue:
    """Take back that one was done."""
    run(finish_reminder, key=key_of(key), done=False, actor=current_actor(), now=now())
    flash(texts()("reminder.is_back"), "success")
    return redirect(PATH, code=303)


def _page(
    *,
    typed: Mapping[str, str] | None = None,
    moved: tuple[int, str] = (0, ""),
    problems: Sequence[Problem] = (),
) -> str:
    say, today = texts(), local_date(now())
    told = {
        problem.place: problem_text(
            Problem(problem.code, place=say(f"reminder.{problem.place}"), values=problem.values), say
        )
        for problem in problems
    }
    return render_template(
        "worklist/reminders.html",
        page=read(reminder_page, actor=current_actor(), now=now()),
        path=PATH,
        typed=typed or {"text": "", "day": written_day(add_working_days(today, 1))},
        tomorrow=written_day(add_working_days(today, 1)),
        next_week=written_day(add_working_days(today, 5)),
        moved_key=moved[0],
        moved_day=moved[1],
        problems={} if moved[0] else told,
        moved_problem=told.get("day", "") if moved[0] else "",
        longest=LONGEST_REMINDER,
    )
