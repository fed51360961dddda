"""The client's rights at their own door: a copy of everything, asking for a correction or a restriction."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.data_requests import Asked, ask_about_data
from app.domain.actor import Actor
from app.domain.data_rights import LONGEST_TEXT, DataRequest, RequestKind, RequestStatus
from app.domain.errors import InvalidInput, Problem
from app.queries.data_copy import copy_as_letter, copy_for_machines
from app.queries.data_requests import own_requests
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.cases import as_file
from app.web.language import current_language, texts
from app.web.own.place import PATH, blueprint
from app.web.problems import told_by_field
from app.web.shell import now

RIGHTS = f"{PATH}/rights"
#: colour and sign of each state
_LOOKS = {
    RequestStatus.OPEN: ("warning", "clock"),
    RequestStatus.GRANTED: ("success", "done"),
    RequestStatus.PARTLY: ("info", "info"),
    RequestStatus.REFUSED: ("neutral", "stopped"),
    RequestStatus.LIFTED: ("neutral", "stopped"),
}
_TYPED = ("kind", "case", "data_group", "text")


@blueprint.get(RIGHTS)
def show_rights() -> ResponseReturnValue:
    """Show how to get a copy, what can be asked, and what was asked."""
    return _page()


@blueprint.get(f"{RIGHTS}/copy.zip")
def send_copy() -> ResponseReturnValue:
    """Send everything that is kept of the client, for programs."""
    actor = current_actor()
    return as_file(run(copy_for_machines, **_whose(actor), actor=actor, now=now()))


@blueprint.get(f"{RIGHTS}/letter.pdf")
def send_letter() -> ResponseReturnValue:
    """Send the same as a letter."""
    actor = current_actor()
    return as_file(run(copy_as_letter, **_whose(actor), actor=actor, language=current_language(), now=now()))


@blueprint.post(RIGHTS)
def ask_for_right() -> ResponseReturnValue:
    """Keep what the client asks; what is missing comes back with what was written."""
    typed = {name: request.form.get(name, "")[: LONGEST_TEXT + 1] for name in _TYPED}
    asked = Asked(kind=typed["kind"], data_group=typed["data_group"], text=typed["text"])
    try:
        run(ask_about_data, asked=asked, case_key=key_of(typed["case"]), actor=current_actor(), now=now())
    except InvalidInput as error:
        return _page(typed, error.problems), 422
    flash(texts()("own.rights.asked"), "success")
    return redirect(RIGHTS, code=303)


def _whose(actor: Actor) -> dict[str, Any]:
    return {"client_key": actor.client_key or 0, "case_keys": sorted(actor.case_keys)}


def _page(typed: dict[str, str] | None = None, problems: tuple[Problem, ...] = ()) -> str:
    found = run(own_requests, actor=current_actor(), now=now())
    say = texts()
    return render_template(
        "own/rights.html",
        path=RIGHTS,
        cases=[(str(case.key), say("case.number", number=case.number)) for case in found.cases],
        kinds=[
            (str(kind), say(f"own.rights.kind.{kind}"), say(f"own.rights.kind_text.{kind}")) for kind in RequestKind
        ],
        groups=[("", say("own.rights.choose")), *((str(each), say(f"data_group.{each}")) for each in found.groups)],
        requests=[request_line(item) for item in found.requests],
        typed=typed or dict.fromkeys(_TYPED, ""),
        problems=told_by_field(problems, area="own.rights"),
    )


def request_line(item: DataRequest) -> dict[str, Any]:
    """Return a request as pages show it, to the client and to staff."""
    say = texts()
    return {
        "key": str(item.key),
        "number": item.case_number,
        "kind": say(f"own.rights.kind.{item.kind}"),
        "group": say(f"data_group.{item.data_group}"),
        "text": item.text,
        "asked_at": item.asked_at,
        "by_worker": item.by_worker,
        "due_on": item.due_on,
        "status": str(item.status),
        "status_text": say(f"own.rights.status.{item.status}"),
        "color": _LOOKS[item.status][0],
        "icon": _LOOKS[item.status][1],
        "answer": item.answer,
        "decided_at": item.decided_at,
        "decided_by": item.decided_by,
        "restricts": item.restricts,
    }
