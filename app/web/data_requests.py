"""Requests of clients about their data: a list and a page for each, for the data protection officer who answers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.data_requests import answer_data_request, lift_restriction
from app.domain.data_rights import LONGEST_TEXT, RequestStatus
from app.domain.errors import Conflict, InvalidInput, Problem
from app.queries.data_requests import data_request, data_requests
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import texts
from app.web.own.rights import request_line
from app.web.problems import told_by_field
from app.web.shell import now

blueprint = Blueprint("data_requests", __name__)
PATH = "/data-requests"
_CHOICES = (RequestStatus.GRANTED, RequestStatus.PARTLY, RequestStatus.REFUSED)


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the requests, open ones by their day."""
    found = run(data_requests, actor=current_actor())
    return render_template(
        "data_requests/index.html", rows=[request_line(item) | {"address": f"{PATH}/{item.key}"} for item in found]
    )


@blueprint.get(f"{PATH}/<key>")
def show(key: str) -> ResponseReturnValue:
    """Show a request with the client's words, and the form of its answer."""
    return _page(key)


@blueprint.post(f"{PATH}/<key>")
def answer(key: str) -> ResponseReturnValue:
    """Answer the request."""
    typed = {"status": request.form.get("status", ""), "answer": request.form.get("answer", "")[: LONGEST_TEXT + 1]}
    try:
        run(answer_data_request, key=key_of(key), **typed, actor=current_actor(), now=now())
    except InvalidInput as error:
        return _page(key, typed, error.problems), 422
    except Conflict:
        flash(texts()("data_requests.answered_meanwhile"), "warning")
    else:
        flash(texts()("data_requests.answered"), "success")
    return redirect(f"{PATH}/{key}", code=303)


@blueprint.post(f"{PATH}/<key>/lift")
def lift(key: str) -> ResponseReturnValue:
    """End a restriction."""
    try:
        run(lift_restriction, key=key_of(key), actor=current_actor(), now=now())
    except Conflict:
        flash(texts()("data_requests.not_restricted"), "warning")
    else:
        flash(texts()("data_requests.lifted"), "success")
    return redirect(f"{PATH}/{key}", code=303)


def _page(key: str, typed: dict[str, str] | None = None, problems: tuple[Problem, ...] = ()) -> str:
    found = run(data_request, key=key_of(key), actor=current_actor(), now=now())
    say = texts()
    return render_template(
        "data_requests/request.html",
        path=f"{PATH}/{found.key}",
        list_path=PATH,
        row=request_line(found),
        choices=[(str(status), say(f"own.rights.status.{status}")) for status in _CHOICES],
        typed=typed or {"status": "", "answer": ""},
        problems=told_by_field(problems, area="data_requests"),
    )
