"""The monitor: trouble first, one instance whole, repair with a reason; no client data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.cancel_instance import cancel_instance
from app.commands.resolve_incident import resolve_incident
from app.domain.errors import Conflict, InvalidInput
from app.domain.keys import parse_key
from app.domain.localized import in_language
from app.queries.monitor import (
    InstanceList,
    InstancePage,
    incident_groups,
    instance_list,
    instance_page,
    kept_messages,
    process_list,
    process_page,
    readable_diagram,
    sent_mail,
)
from app.storage.monitor import InstanceFilters, InstanceLine
from app.storage.types import NEVER
from app.web import security
from app.web.access import current_actor
from app.web.asking import address, key_of, run
from app.web.language import current_language, texts
from app.web.shell import executor, now
from app.web.stories import been_and_here, diagram_address, shown, story

blueprint = Blueprint("monitor", __name__)
PATH = "/monitor"
#: a value longer than this is folded
SHORT_VALUE = 80
LONGEST_VALUE = 20_000
#: digits of a version; a database's integers have ten
LONGEST_NUMBER = 10


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the instances that the address asks for, and what is in trouble."""
    asked = request.args
    found = run(instance_list, actor=current_actor(), filters=_filters(asked), after=asked.get("after", ""))
    return render_template("monitor/index.html", **_list(found, asked))


@blueprint.get(f"{PATH}/instances/<key>")
def instance(key: str) -> ResponseReturnValue:
    """Show one instance."""
    return _render_instance(key)


@blueprint.post(f"{PATH}/instances/<key>/cancel")
def cancel(key: str) -> ResponseReturnValue:
    """End the instance for the reason given."""
    reason = request.form.get("reason", "")[:500]
    try:
        run(cancel_instance, instance_key=key_of(key), actor=current_actor(), reason=reason, now=now())
    except InvalidInput:
        return _render_instance(key, cancel_errors=texts()("monitor.reason_missing"), cancel_reason=reason), 422
    flash(texts()("monitor.cancelled"), "success")
    return redirect(f"{PATH}/instances/{key_of(key)}", code=303)


@blueprint.post(f"{PATH}/incidents/<key>/retry")
def retry(key: str) -> ResponseReturnValue:
    """Try the failed element again, with the data as changed."""
    instance_key = key_of(request.form.get("instance", ""))
    values, wrong = _changed_variables()
    if wrong:
        return _render_instance(str(instance_key), wrong={int(key_of(key)): wrong}), 422
    try:
        run(
            resolve_incident,
            incident_key=key_of(key),
            actor=current_actor(),
            variables=values,
            decision=request.form.get("decision", "retry"),
            note=request.form.get("note", "")[:500],
            now=now(),
        )
    except Conflict:
        flash(texts()("monitor.already_resolved"), "warning")
    else:
        flash(texts()("monitor.retried"), "success")
    return redirect(f"{PATH}/instances/{instance_key}", code=303)


@blueprint.get(f"{PATH}/incidents")
def incidents() -> ResponseReturnValue:
    """Show the open incidents grouped by cause and step."""
    say = texts()
    groups = [
        {
            "code_text": _code_text(group.code),
            "process_name": group.process_name,
            "element_name": shown(group.element_name) or group.element_id,
            "count": group.count,
            "first_at": group.first_at,
            "last_at": group.last_at,
            "address": address(PATH, process=group.process_id, status="incident", element=group.element_id),
            "retry_address": "",
            "examples": [
                {
                    "key_text": str(item["instance_key"]),
                    "address": f"{PATH}/instances/{item['instance_key']}#incident-{item['key']}",
                    "opened_at": item["opened_at"],
                    "message": item["message"],
                }
                for item in group.examples
            ],
        }
        for group in run(incident_groups, actor=current_actor())
    ]
    total = say.plural("monitor.incidents_open", count=sum(int(str(group["count"])) for group in groups))
    return render_template("monitor/incidents.html", groups=groups, total_text=total, first_address="", next_address="")


@blueprint.get(f"{PATH}/processes")
def processes() -> ResponseReturnValue:
    """Show the published processes with the numbers of their running instances."""
    say = texts()
    rows = [
        {
            "name": shown(line.name),
            "process_id": line.process_id,
            "version": line.version,
            "version_tag": line.version_tag,
            "published_at": line.published_at,
            "active": line.active,
            "incidents": line.with_incidents,
            "address": f"{PATH}/processes/{line.key}",
            "instances_address": address(PATH, process=line.process_id, status="active"),
        }
        for line in run(process_list, actor=current_actor())
    ]
    total = say.plural("processes.total", count=len(rows))
    return render_template("monitor/processes.html", rows=rows, total_text=total)


@blueprint.get(f"{PATH}/processes/<key>")
def process(key: str) -> ResponseReturnValue:
    """Show one version: its diagram with the numbers of tokens and incidents on its elements."""
    page = run(process_page, definition_key=key_of(key), actor=current_actor())
    security.allow_diagram()
    say, definition = texts(), page.definition
    steps = [
        {
            "name": shown(element.name) or element.element_id,
            "kind_text": say(f"element.{element.element_type}"),
            "count": page.counts.get(element.element_id, 0),
            "incidents": page.incident_counts.get(element.element_id, 0),
            "address": address(
                PATH, process=definition.process_id, version=definition.version, element=element.element_id
            ),
        }
        for element in page.outline.elements
        if element.element_id in page.counts
    ]
    return render_template(
        "monitor/process.html",
        process={
            "name": shown(definition.name),
            "process_id": definition.process_id,
            "version": definition.version,
            "version_tag": definition.version_tag,
            "published_at": definition.published_at,
            "instances_address": address(PATH, process=definition.process_id, version=definition.version),
        },
        versions=[
            (
                f"{PATH}/processes/{version.key}",
                say("monitor.version_number", number=version.version),
                version.key == definition.key,
            )
            for version in page.versions
        ],
        diagram={
            "address": diagram_address(definition.key),
            "facts": {"counts": dict(page.counts), "incidents": dict(page.incident_counts)},
        },
        steps=steps,
    )


@blueprint.get(f"{PATH}/messages")
def messages() -> ResponseReturnValue:
    """Show the messages that nobody waits for, and those that were delivered or have expired."""
    status = request.args.get("status", "buffered")
    status = status if status in {"buffered", "delivered", "expired"} else "buffered"
    after = request.args.get("after", "")
    lines, cursor = run(kept_messages, actor=current_actor(), status=status, after=after)
    say = texts()
    tabs = [
        {
            "text": say(f"messages.tab_{name}"),
            "address": address(f"{PATH}/messages", status=name if name != "buffered" else ""),
            "count": None,
            "current": name == status,
        }
        for name in ("buffered", "delivered", "expired")
    ]
    rows = [
        {
            "name": line["name"],
            "correlation_text": line["correlation_key"],
            "sender_text": str(line["sender_instance_key"] or say("messages.from_outside")),
            "sender_address": f"{PATH}/instances/{line['sender_instance_key']}" if line["sender_instance_key"] else "",
            "at": line["received_at"],
            "expires_at": line["expires_at"],
            "status_text": say(f"messages.status_{line['status']}"),
            "note": ", ".join(line["taken_by"]),
        }
        for line in lines
    ]
    return render_template(
        "monitor/messages.html",
        tabs=tabs,
        rows=rows,
        total_text=say.plural("messages.shown", count=len(rows)),
        first_address=address(f"{PATH}/messages", status=status) if after else "",
        next_address=address(f"{PATH}/messages", status=status, after=cursor) if cursor else "",
    )


@blueprint.get(f"{PATH}/outbox")
def outbox() -> ResponseReturnValue:
    """Show the mail that the demo does not send; its texts hold no client data."""
    say, chosen = texts(), request.args.get("mail", "")
    mails = run(sent_mail, actor=current_actor())
    rows = [
        {
            "address": address(f"{PATH}/outbox", mail=mail.message_id),
            "recipient": "",
            "subject": mail.subject,
            "language": mail.language,
            "language_text": say(f"client.language_{mail.language}"),
            "notification": mail.notification,
            "sent_at": mail.sent_at,
            "current": mail.message_id == chosen,
        }
        for mail in mails
    ]
    found = next((mail for mail in mails if mail.message_id == chosen), None)
    mail = None
    if found is not None:
        mail = {
            "recipient": "",
            "subject": found.subject,
            "body": found.body,
            "sent_at": found.sent_at,
            "language": found.language,
        }
    return render_template(
        "monitor/outbox.html",
        rows=rows,
        mail=mail,
        total_text=say.plural("outbox.shown", count=len(rows)),
        first_address="",
        next_address="",
    )


@blueprint.get("/processes/<key>/diagram.<language>.bpmn")
def diagram(key: str, language: str) -> ResponseReturnValue:
    """Send the diagram of a published version for the viewer; it holds no client data."""
    xml = executor().read(readable_diagram, definition_key=key_of(key), language=language)
    response = Response(xml, mimetype="application/xml")
    # a published version never changes
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _filters(asked: Mapping[str, str]) -> InstanceFilters:
    text, status = asked.get("text", "").strip()[:100], asked.get("status", "")
    version = asked.get("version", "")
    return InstanceFilters(
        process_id=asked.get("process", ""),
        version=int(version) if version.isascii() and version.isdigit() and len(version) < LONGEST_NUMBER else None,
        status="active" if status == "incident" else status,
        with_incidents=True if status == "incident" else None,
        element_id=asked.get("element", ""),
        key=parse_key(text),
        case_number=text if text and parse_key(text) is None and text[:4].isdigit() else "",
        business_id=text if text and parse_key(text) is None and not text[:4].isdigit() else "",
    )


def _list(found: InstanceList, asked: Mapping[str, str]) -> dict[str, Any]:
    say = texts()
    values = {name: asked.get(name, "") for name in ("text", "process", "version", "status", "element")}
    versions = max((line.version for line in found.definitions if line.process_id == values["process"]), default=0)
    return {
        "figures": _figures(found),
        "filters": {"address": PATH, **values},
        "process_options": [
            ("", say("monitor.every_process")),
            *sorted(((line.process_id, shown(line.name)) for line in found.definitions), key=lambda item: item[1]),
        ],
        "version_options": [
            ("", say("monitor.every_version")),
            *((str(number), say("monitor.version_number", number=number)) for number in range(versions, 0, -1)),
        ]
        if versions > 1
        else [],
        "status_options": [
            ("", say("monitor.any_status")),
            ("incident", say("monitor.status_incident")),
            *((name, say(f"instance.{name}")) for name in ("active", "completed", "terminated")),
        ],
        "columns": {
            name: {"text": say(f"monitor.column_{name}"), "address": "", "sorted": ""}
            for name in ("instance", "status", "where", "started", "case")
        },
        "rows": [_row(line, found.where.get(line.key, ())) for line in found.lines],
        "total_text": say.plural("monitor.total", count=found.total),
        "first_address": address(PATH, **values) if asked.get("after") else "",
        "next_address": address(PATH, **values, after=found.next_cursor) if found.next_cursor else "",
        "clear_address": PATH if any(values.values()) else "",
        "place_counts": {"incidents": found.totals["with_incidents"]},
    }


def _figures(found: InstanceList) -> list[dict[str, Any]]:
    say = texts()
    trouble = found.totals["with_incidents"]
    return [
        {
            "text": say("monitor.figure_trouble"),
            "value": trouble,
            "note": say("monitor.figure_trouble_note"),
            "address": address(PATH, status="incident"),
            "color": "danger" if trouble else "",
            "icon": "trouble",
        },
        {
            "text": say("monitor.figure_active"),
            "value": found.totals["active"],
            "note": say("monitor.figure_active_note"),
            "address": address(PATH, status="active"),
            "color": "",
            "icon": "pulse",
        },
    ]


def _row(line: InstanceLine, where: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "key": str(line.key),
        "address": f"{PATH}/instances/{line.key}",
        "process_name": line.process_name,
        "version": line.version,
        "status": line.status,
        "incidents": line.open_incidents,
        "where_text": ", ".join(shown(name) for name in where),
        "started_at": line.started_at,
        "ended_at": line.ended_at,
        "case_number": line.case_number,
        "case_address": "",
        "business_id": line.business_id,
    }


def _render_instance(
    key: str,
    *,
    cancel_errors: str = "",
    cancel_reason: str = "",
    wrong: Mapping[int, Mapping[str, str]] | None = None,
) -> str:
    page = run(instance_page, instance_key=key_of(key), actor=current_actor())
    security.allow_diagram()
    line = page.line
    been, here = been_and_here(page.history)
    incident_counts: dict[str, int] = {}
    for incident in page.incidents:
        if incident["status"] == "open":
            incident_counts[incident["element_id"]] = incident_counts.get(incident["element_id"], 0) + 1
    may_cancel = page.may_repair and line.status == "active"
    return render_template(
        "monitor/instance.html",
        instance={
            "key": str(line.key),
            "process_name": line.process_name,
            "version": line.version,
            "version_tag": line.version_tag,
            "status": line.status,
            "incidents": line.open_incidents,
            "started_at": line.started_at,
            "started_by_name": line.started_by,
            "ended_at": line.ended_at,
            "end_reason": line.end_reason,
            "case_number": line.case_number,
            "case_address": "",
            "business_id": line.business_id,
            "parent": None,
            "address": f"{PATH}/instances/{line.key}",
        },
        incidents=_incidents(page, wrong or {}),
        diagram={
            "address": diagram_address(line.definition_key),
            "facts": {
                "here": sorted(here),
                "been": sorted(been),
                "counts": dict(page.active),
                "incidents": incident_counts,
            },
        },
        tokens=_tokens(page),
        waits=_waits(page),
        variables=[_variable(page, item) for item in page.variables],
        variables_hidden=0,
        called=[],
        history=story(page.history, page.elements)[:200],
        history_next_address="",
        audit=[
            {
                "text": texts()(f"audit.{item['action']}"),
                "who": item["actor"] or texts()("audit.system"),
                "at": item["at"],
                "reason": item["reason"],
            }
            for item in page.audit
        ],
        cancel_address=f"{PATH}/instances/{line.key}/cancel" if may_cancel else "",
        cancel_open="cancel" in request.args or bool(cancel_errors),
        cancel_errors=cancel_errors,
        cancel_reason=cancel_reason,
    )


def _incidents(page: InstancePage, wrong: Mapping[int, Mapping[str, str]]) -> list[dict[str, Any]]:
    say = texts()
    sent = {
        name.removeprefix("variable."): value for name, value in request.form.items() if name.startswith("variable.")
    }
    root = [item for item in page.variables if item["scope_key"] == page.line.key]
    told = []
    for incident in page.incidents:
        if incident["status"] != "open":
            continue
        errors = wrong.get(incident["key"], {})
        # what was typed belongs to the incident it was typed for
        mine = sent if errors else {}
        told.append(
            {
                "key": str(incident["key"]),
                "element_name": _element_name(page, incident["element_id"]),
                "element_id": incident["element_id"],
                "code_text": _code_text(incident["code"]),
                "message": incident["message"],
                "opened_at": incident["opened_at"],
                "attempts_text": say.plural("monitor.attempts", count=incident["job_attempts"])
                if incident["job_attempts"]
                else "",
                "retry_address": f"{PATH}/incidents/{incident['key']}/retry" if page.may_repair else "",
                "variables": [
                    {
                        "name": item["name"],
                        "value_json": mine.get(item["name"], _json(item["value"])),
                        "was_json": _json(item["value"]),
                        "error": errors.get(item["name"], ""),
                    }
                    for item in root
                ],
                "job_type": incident["job_type"] or "",
                "note": request.form.get("note", "") if errors else "",
                "maybe_done": incident["code"] == "job_maybe_done",
            }
        )
    return told


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _changed_variables() -> tuple[dict[str, Any], dict[str, str]]:
    """Return the variables whose text was changed, and what is wrong with those that are no JSON."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field, text in request.form.items():
        if not field.startswith("variable."):
            continue
        name = field.removeprefix("variable.")
        if text == request.form.get(f"was.{name}"):
            continue
        try:
            values[name] = json.loads(text, parse_constant=_refuse_constant)
        except ValueError:
            wrong[name] = texts()("monitor.not_json")
    return values, wrong


def _refuse_constant(text: str) -> Any:
    raise ValueError(text)


def _tokens(page: InstancePage) -> list[dict[str, Any]]:
    since = {line["element_id"]: line["at"] for line in page.history if line["event"] == "activated"}
    say = texts()
    tokens = []
    for element_id, count in page.active.items():
        element = page.elements.get(element_id)
        kind = element.element_type if element else ""
        key = f"element.{kind}"
        tokens.append(
            {
                "element_name": _element_name(page, element_id),
                "element_id": element_id,
                "kind_text": say(key) if key in say else kind,
                "since": since.get(element_id),
                "note": "",
                "count": count,
            }
        )
    return tokens


def _waits(page: InstancePage) -> list[dict[str, Any]]:
    say = texts()
    kinds = {"tasks": "user_task", "jobs": "job", "timers": "timer", "messages": "message"}
    waits = []
    for name, lines in page.waits.items():
        for line in lines:
            kind = kinds[name]
            due = line.get("due_at") or (line["available_at"] if kind == "job" else None)
            note = {
                "user_task": say("monitor.wait_user_task"),
                "job": say("monitor.wait_job", type=line.get("type", ""), status=say(f"job.{line['status']}"))
                if kind == "job"
                else "",
                "timer": say("monitor.wait_timer"),
                "message": say("monitor.wait_message", name=line.get("message_name", "")),
            }[kind]
            waits.append(
                {
                    "text": _element_name(page, line["element_id"]),
                    "kind": kind,
                    "due_at": None if due == NEVER else due,
                    "address": "",
                    "note": note,
                }
            )
    return waits


def _variable(page: InstancePage, item: Mapping[str, Any]) -> dict[str, Any]:
    text = json.dumps(item["value"], ensure_ascii=False)[:LONGEST_VALUE]
    kinds = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    kind = kinds.get(type(item["value"]), "null")
    return {
        "scope_text": texts()("monitor.scope_root" if item["scope_key"] == page.line.key else "monitor.scope_local"),
        "name": item["name"],
        "type_text": texts()(f"monitor.type_{kind}"),
        "value_text": text,
        "changed_at": item["updated_at"],
        "long": len(text) > SHORT_VALUE,
    }


def _element_name(page: InstancePage, element_id: str) -> str:
    element = page.elements.get(element_id)
    return (in_language(element.name, current_language()) if element else "") or element_id


def _code_text(code: str) -> str:
    say = texts()
    key = f"incidents.{code}"
    return say(key) if key in say else say("incidents.other", code=code)
