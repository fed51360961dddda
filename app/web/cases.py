"""Cases: find one, see what this person may see of it, fetch a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.messages import deliver
from app.commands.report_event import report_event
from app.domain.actor import may_monitor
from app.domain.client import Case, Client
from app.domain.errors import Conflict
from app.domain.localized import in_language
from app.queries.case_documents import DocumentContent, document_content
from app.queries.case_lists import find_cases, list_cases
from app.queries.case_page import CasePage, case_page, ensure_open_to
from app.queries.catalogue import reference_name
from app.queries.people import role_names
from app.storage.unit_of_work import UnitOfWork
from app.web import security
from app.web.access import current_actor
from app.web.asking import address, key_of, run
from app.web.case_records import records_view
from app.web.comments import comment_lines
from app.web.forms import shown_answer
from app.web.language import Formats, current_language, texts
from app.web.shell import executor, now
from app.web.stories import been_and_here, diagram_address, shown, steps, told_line
from app.web.tasks import client_facts
from app.web.worklist import group_text

blueprint = Blueprint("cases", __name__)
PATH = "/cases"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the cases of the actor's own, or those with a number; no client data. `open` opens the only one."""
    number, status, after = (request.args.get(name, "").strip() for name in ("number", "status", "after"))
    found = executor().read(
        list_cases, actor=current_actor(), number=number[:20], status=status, after=after, now=now()
    )
    if request.args.get("open") and len(found.lines) == 1 and found.lines[0].case.number == number:
        # who has typed a whole number, say into the palette, is on the telephone: no further press
        return redirect(f"{PATH}/{found.lines[0].case.key}", code=303)
    rows = [_row(line.case, owner=line.owner_name, unit=line.unit_name, tasks=line.open_tasks) for line in found.lines]
    values = {"number": number, "status": status}
    return render_template(
        "cases/index.html",
        **_list(rows, number=number, status=status),
        first_address=address(PATH, **values) if after else "",
        next_address=address(PATH, **values, after=found.next_cursor) if found.next_cursor else "",
        clear_address=PATH if number or status else "",
    )


@blueprint.post(f"{PATH}/search")
def search() -> ResponseReturnValue:
    """Find cases by the client's name, telephone or identity code; what was looked for never stands in an address."""
    wanted = request.form.get("client", "")[:100]
    hits = run(find_cases, text=wanted, actor=current_actor(), now=now())
    rows = [_row(hit.case, owner=hit.owner_name, unit=hit.unit_name, tasks=0, client=hit.client) for hit in hits]
    return render_template(
        "cases/index.html", **_list(rows, client=wanted), first_address="", next_address="", clear_address=PATH
    )


@blueprint.get(f"{PATH}/<key>")
def show(key: str) -> ResponseReturnValue:
    """Show the case as this person may see it."""
    page = run(case_page, case_key=key_of(key), actor=current_actor(), now=now())
    security.allow_diagram()
    return render_template("cases/case.html", **_page(page))


@blueprint.post(f"{PATH}/<key>/events")
def tell(key: str) -> ResponseReturnValue:
    """Tell the case what has happened: one of the events that its page offers."""
    case_key = key_of(key)
    try:
        deliveries = run(_told, case_key=case_key, event_key=key_of(request.form.get("event", "")))
    except Conflict:
        flash(texts()("case.event_gone"), "warning")
    else:
        for delivery in deliveries:
            run(deliver, delivery_key=delivery, now=now())
        flash(texts()("case.event_told"), "success")
    return redirect(f"{PATH}/{case_key}", code=303)


def _told(uow: UnitOfWork, *, case_key: int, event_key: int) -> tuple[int, ...]:
    """Report the event, in the same transaction that finds out whether the case is open to the person at all."""
    actor, moment = current_actor(), now()
    ensure_open_to(uow, case_key=case_key, actor=actor, now=moment)
    return report_event(uow, case_key=case_key, subscription_key=event_key, actor=actor, now=moment)


@blueprint.get("/documents/<key>")
def document(key: str) -> ResponseReturnValue:
    """Send a document to somebody who may read it; as a file, never as a page of ours."""
    return as_file(run(document_content, document_key=key_of(key), actor=current_actor(), now=now()))


def as_file(found: DocumentContent) -> Response:
    """Return the document as a file that no browser shows as a page of ours."""
    response = Response(found.content, mimetype=found.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.key}.{found.suffix}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _list(rows: list[dict[str, Any]], *, number: str = "", client: str = "", status: str = "") -> dict[str, Any]:
    say = texts()
    columns = {
        name: {"text": say(f"cases.column_{name}"), "address": "", "sorted": ""}
        for name in ("number", "opened", "unit", "owner", "status")
    }
    return {
        "filters": {"address": PATH, "number": number, "client": client, "status": status},
        "status_options": [("", say("cases.any_status")), ("open", say("case.open")), ("closed", say("case.closed"))],
        "columns": columns,
        "rows": rows,
        "total_text": say.plural("cases.shown", count=len(rows)),
        "client_search_address": f"{PATH}/search",
    }


def _row(case: Case, *, owner: str, unit: Any, tasks: int, client: Client | None = None) -> dict[str, Any]:
    return {
        "number": case.number,
        "address": f"{PATH}/{case.key}",
        "opened_at": case.opened_at,
        "unit_text": shown(unit) if unit else "",
        "owner_name": owner,
        "status": "open" if case.is_open else "closed",
        "open_tasks": tasks,
        "client_name": client.identity.name if client else "",
    }


def _page(page: CasePage) -> dict[str, Any]:
    say, actor, language = texts(), current_actor(), current_language()
    roles = executor().read(role_names)
    monitors = may_monitor(actor)
    return {
        "case": {
            "number": page.case.number,
            "address": f"{PATH}/{page.case.key}",
            "status": "open" if page.case.is_open else "closed",
            "opened_at": page.case.opened_at,
            "closed_at": page.case.closed_at,
            "owner_name": page.owner_name,
            "owner_role_text": in_language(roles.get(page.case.owner_role, {}), language),
            "coordinator_name": page.records.coordinator,
            "deputy_name": page.records.deputy,
            "unit_text": shown(page.unit_name) if page.unit_name else "",
            "outcome_text": say(f"outcome.{page.outcome}") if page.outcome else "",
            "print_address": "",
        },
        "client": client_facts(page.client, page.support) if page.client else None,
        "client_hidden": page.client is None,
        "facts": _facts(page),
        "processes": [
            {
                "name": instance.process_name,
                "status": instance.status,
                "started_at": instance.started_at,
                "ended_at": instance.ended_at,
                "address": f"/monitor/instances/{instance.key}" if monitors else "",
                "where_text": "",
                "incidents": instance.open_incidents,
            }
            for instance in page.instances
        ],
        "tasks": [
            {
                "name": line.name,
                "due_at": line.due_at,
                "assignee_name": line.assignee_name,
                "mine": line.assignee == actor.user_key,
                "group_text": group_text(line.candidate_groups, roles, first=actor.roles),
                "address": f"/tasks/{line.key}",
                "take_address": f"/tasks/{line.key}/take" if line.assignee is None else "",
            }
            for line in page.tasks
        ],
        "appointments": [
            {
                "text": say(f"appointment_kind.{item.kind}"),
                "starts_at": item.starts_at,
                "ends_at": item.ends_at,
                "place": "",
                "status": str(item.status),
                "note": "",
            }
            for item in page.appointments
        ],
        "documents": [
            {
                "title": item.title,
                "language": item.language,
                "address": f"/documents/{item.key}",
                "at": item.created_at,
                "note": "",
            }
            for item in page.documents
        ],
        **records_view(page.records),
        "same_client": [
            {"number": other.case_number, "address": f"{PATH}/{other.case_key}"} for other in page.same_client
        ],
        "hidden_parts": [
            f"{say('case.hidden_group', group=say(f'data_group.{group}'))} {say(reason)}"
            for group, reason in page.hidden_with_content.items()
        ],
        "history": [
            told_line(
                at=line.at,
                element_type=line.element_type,
                name=in_language(line.element_name, language) or line.element_id,
                event=line.event,
                who=line.actor,
                note=in_language(line.process_name, language) if len(page.instances) > 1 else "",
            )
            for line in page.timeline
        ][:200],
        "history_next_address": "",
        "support_address": f"{PATH}/{page.case.key}/support" if page.is_own_client else "",
        "representatives_address": f"{PATH}/{page.case.key}/representatives" if page.is_own_client else "",
        "decisions_address": f"{PATH}/{page.case.key}/decisions" if page.may_see_decisions else "",
        "timeline_address": f"{PATH}/{page.case.key}/timeline" if page.follows else "",
        "start_address": f"/start?case={page.case.key}" if page.can_start else "",
        "rights_address": f"{PATH}/{page.case.key}/rights" if page.is_own_client else "",
        "comments": {"lines": comment_lines(page.comments), "hidden": 0},
        "restricted_text": ", ".join(say(f"data_group.{group}") for group in page.restricted),
        "emergency_until": page.emergency_until,
        "by_law": [
            {
                "label": shown(each.asked.label),
                "text": shown_answer(each.asked, each.value, say, page.law_choices),
                "group": say(f"data_group.{each.answer.data_group}"),
            }
            for each in page.by_law
        ],
        "namings": [
            say("statute.lasts", number=naming.statute.number, when=Formats(current_language()).moment(naming.ends_at))
            for naming in page.namings
        ],
        "events": [
            {
                "key": str(offer.subscription_key),
                "name": shown(offer.name),
                "text": shown(offer.documentation),
                "process_name": shown(offer.process_name),
                "address": f"{PATH}/{page.case.key}/events",
            }
            for offer in page.offers
        ],
        "diagrams": _diagrams(page.drawn),
    }


def _diagrams(drawn: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the diagrams; those of one process are told apart by a number."""
    names = [shown(item.name) for item in drawn]
    numbered = [
        f"{name} ({names[: at + 1].count(name)})" if names.count(name) > 1 else name for at, name in enumerate(names)
    ]
    return [_diagram(item, name) for item, name in zip(drawn, numbered, strict=True)]


def _diagram(drawn: Any, name: str) -> dict[str, Any]:
    been, here = been_and_here(drawn.history)
    return {
        "name": name,
        "address": diagram_address(drawn.definition_key),
        "facts": {"here": sorted(here), "been": sorted(been)},
        "steps": steps(drawn.elements, been=been, here=here),
    }


def _facts(page: CasePage) -> list[dict[str, str]]:
    say, formats = texts(), Formats(current_language())
    facts = []
    if page.client is not None and page.case.source:
        name = executor().read(reference_name, kind="source", row_id=page.case.source, area_id=page.case.area_id)
        facts.append({"name": say("case.fact_source"), "value": shown(name)})
    for group, answers in page.answers.items():
        latest = max(answer.answered_at for answer in answers)
        value = say("case.answers_known", when=formats.full_date(latest))
        facts.append({"name": say(f"data_group.{group}"), "value": value})
    return facts
