"""What is kept of the client, for themselves: documents, permissions given, who has looked at their data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.support_people import withdraw_support
from app.domain.access import Ground
from app.domain.errors import Conflict
from app.domain.sharing import DataGroup
from app.queries.case_decisions import own_decisions
from app.queries.case_documents import document_content
from app.queries.own_plan import OwnPlan, own_plans
from app.queries.own_records import LogLine, own_documents, own_grants, own_log
from app.queries.support_people import own_support
from app.web.access import current_actor
from app.web.asking import address, key_of, run
from app.web.cases import as_file
from app.web.decided import decisions_view
from app.web.language import texts
from app.web.own.place import PATH, blueprint
from app.web.shell import now
from app.web.stories import shown
from app.web.tasks import support_line


@blueprint.get(f"{PATH}/documents")
def show_documents() -> ResponseReturnValue:
    """Show the documents of the client's matters."""
    found = run(own_documents, actor=current_actor(), now=now())
    return render_template(
        "own/documents.html",
        documents=[
            {
                "title": document.title,
                "language": document.language,
                "address": f"{PATH}/documents/{document.key}",
                "at": document.created_at,
                "note": _groups(document.data_groups),
            }
            for document in found
        ],
    )


@blueprint.get(f"{PATH}/documents/<key>")
def send_document(key: str) -> ResponseReturnValue:
    """Send a document of the client's own; as a file, never as a page of ours."""
    return as_file(run(document_content, document_key=key_of(key), actor=current_actor(), now=now()))


@blueprint.get(f"{PATH}/plan")
def show_plan() -> ResponseReturnValue:
    """Show the plan in force of each of the client's matters."""
    found = run(own_plans, actor=current_actor(), now=now())
    return render_template("own/plan.html", plans=[_plan(plan) for plan in found])


def _plan(plan: OwnPlan) -> dict[str, Any]:
    return {
        "number": plan.case_number,
        "approved_at": plan.approved_at,
        "actions": [
            {
                "name": shown(action.service_name) if action.service_name else action.text,
                "text": action.text if action.service_name else "",
                "who": ", ".join(
                    name
                    for name in (
                        action.person_name,
                        shown(action.organisation_name) if action.organisation_name else "",
                    )
                    if name
                )
                or texts()("own.plan.yourself"),
                "starts_on": action.starts_on,
                "ends_on": action.ends_on,
                "review_on": action.review_on,
                "state": texts()(f"own.plan.state.{action.state}"),
            }
            for action in plan.actions
        ],
    }


@blueprint.get(f"{PATH}/permissions")
def show_permissions() -> ResponseReturnValue:
    """Show who may see what, and who could once."""
    found = run(own_grants, actor=current_actor(), now=now())
    lines = [
        {
            "organisation": shown(item.organisation_name),
            "groups": _groups(item.groups),
            "valid_until": item.valid_until,
            "withdrawn_at": item.withdrawn_at,
        }
        for item in found
    ]
    return render_template(
        "own/permissions.html",
        live=[line for line, item in zip(lines, found, strict=True) if item.is_live],
        ended=[line for line, item in zip(lines, found, strict=True) if not item.is_live],
        support=[support_line(person) for person in run(own_support, actor=current_actor(), now=now())],
        support_address=f"{PATH}/permissions/support/end",
    )


@blueprint.post(f"{PATH}/permissions/support/end")
def end_own_support() -> ResponseReturnValue:
    """Take back what the client has allowed to be told to a support person."""
    try:
        run(withdraw_support, support_key=key_of(request.form.get("person", "")), actor=current_actor(), now=now())
    except Conflict:
        flash(texts()("support.gone"), "warning")
    else:
        flash(texts()("own.support.ended"), "success")
    return redirect(f"{PATH}/permissions", code=303)


@blueprint.get(f"{PATH}/decisions")
def show_decisions() -> ResponseReturnValue:
    """Show what tables have proposed of the client, why, and what people decided."""
    found = run(own_decisions, actor=current_actor(), now=now())
    return render_template(
        "own/decisions.html",
        matters=[{"number": matter.case_number, "decisions": decisions_view(matter.lines)} for matter in found],
    )


@blueprint.get(f"{PATH}/log")
def show_log() -> ResponseReturnValue:
    """Show who has looked at the client's data, when, what and why."""
    after = request.args.get("after", "")
    found = run(own_log, actor=current_actor(), after=after, now=now())
    path = f"{PATH}/log"
    return render_template(
        "own/log.html",
        lines=[_line(line) for line in found.lines],
        since=found.since,
        first_address=path if after else "",
        next_address=address(path, after=found.next_cursor) if found.next_cursor else "",
    )


def _line(line: LogLine) -> dict[str, Any]:
    say = texts()
    purpose = f"own.log.purpose.{line.purpose}"
    return {
        "at": line.at,
        "who": say("own.log.representative") if line.is_own else line.who or say("own.log.system"),
        "roles": "" if line.is_own else ", ".join(shown(name) for name in line.role_names),
        "organisation": shown(line.organisation_name) if line.organisation_name else "",
        "action": say(f"own.log.action.{line.action}"),
        "groups": _groups(line.groups),
        "why": say(purpose if purpose in say else "own.log.purpose.care"),
        "ground": ", ".join(
            [*(say(f"own.log.ground.{ground}") for ground in line.grounds if ground is not Ground.NONE), *line.statutes]
        ),
    }


def _groups(groups: Iterable[DataGroup]) -> str:
    held, say = set(groups), texts()
    return ", ".join(say(f"data_group.{group}") for group in DataGroup if group in held)
