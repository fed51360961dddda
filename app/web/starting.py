"""Start a case, or something more within a case."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.start_instance import start_by_hand
from app.domain.client import Case
from app.queries.catalogue import Startable, case_to_start_in, startable_in_case, startable_processes
from app.web.access import current_actor
from app.web.asking import key_of, read, run
from app.web.shell import executor, now
from app.web.stories import shown

blueprint = Blueprint("starting", __name__)
PATH = "/start"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show what this person may start; each way to start is one card."""
    case = _case(request.args.get("case", ""))
    found = _startable(case)
    groups = [
        {
            "title": shown(process.name),
            "starts": [
                {
                    "name": event.name or process.name,
                    "documentation": event.documentation or process.documentation,
                    "address": _address(process, "", case),
                    "event": event.element_id,
                    "submission_id": secrets.token_urlsafe(16),
                    "icon": "plus",
                    "note": "",
                }
                for event in process.starts
            ],
        }
        for process in found
    ]
    return render_template("start/index.html", groups=groups, case=_shown_case(case))


@blueprint.get(f"{PATH}/<process_id>")
def form(process_id: str) -> ResponseReturnValue:
    """Ask whether to start; the first step's form comes as the first task."""
    case = _case(request.args.get("case", ""))
    process = _process(process_id, case)
    chosen = request.args.get("event", process.starts[0].element_id)
    way = next((event for event in process.starts if event.element_id == chosen), process.starts[0])
    return render_template(
        "start/form.html",
        process={
            "name": process.name,
            "documentation": way.documentation or process.documentation,
            "address": _address(process, "", case),
            "enctype": "application/x-www-form-urlencoded",
        },
        form_html="",
        submission_id=secrets.token_urlsafe(16),
        errors=0,
        case=_shown_case(case),
        choices=[(event.element_id, shown(event.name) or event.element_id) for event in process.starts]
        if len(process.starts) > 1
        else [],
        chosen=chosen,
    )


@blueprint.post(f"{PATH}/<process_id>")
def begin(process_id: str) -> ResponseReturnValue:
    """Start the process and open its first task where it is for this person."""
    case = _case(request.args.get("case", ""))
    process = _process(process_id, case)
    event = request.form.get("start_event") or process.starts[0].element_id
    started = run(
        start_by_hand,
        actor=current_actor(),
        process_id=process_id,
        start_element_id=event,
        case_key=case.key if case else None,
        submission_id=request.form.get("submission_id", "")[:64],
        now=now(),
    )
    if started.first_task_key is not None:
        return redirect(f"/tasks/{started.first_task_key}", code=303)
    return redirect(f"/cases/{case.key}" if case else "/worklist", code=303)


def _startable(case: Case | None, process_id: str = "") -> list[Startable]:
    if case is None:
        return executor().read(startable_processes, actor=current_actor(), process_id=process_id)
    return executor().read(startable_in_case, case=case, actor=current_actor(), process_id=process_id)


def _process(process_id: str, case: Case | None) -> Startable:
    return _startable(case, process_id)[0]


def _address(process: Startable, event_id: str, case: Case | None) -> str:
    parts = [f"event={event_id}"] if event_id and len(process.starts) > 1 else []
    parts += [f"case={case.key}"] if case else []
    return f"{PATH}/{process.process_id}" + (f"?{'&'.join(parts)}" if parts else "")


def _case(text: str) -> Case | None:
    if not text:
        return None
    return read(case_to_start_in, case_key=key_of(text), actor=current_actor(), now=now())


def _shown_case(case: Case | None) -> dict[str, Any] | None:
    return None if case is None else {"number": case.number, "address": f"/cases/{case.key}"}
