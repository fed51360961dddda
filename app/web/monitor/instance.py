"""One instance whole: where it stands, what it waits for, what it knows, what happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domain.localized import in_language
from app.queries.monitor import InstancePage, instance_page
from app.storage.types import NEVER
from app.web import security
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import current_language, texts
from app.web.monitor.blueprint import PATH, advice, blueprint, code_text
from app.web.stories import been_and_here, diagram_address, shown, story

#: a value longer than this is folded
SHORT_VALUE = 80
#: ad-hoc sub-processes whose activities can be begun on the page; more of one kind are turns, which programs begin
MOST_OPEN_ORDER = 20
LONGEST_VALUE = 20_000


@blueprint.get(f"{PATH}/instances/<key>")
def instance(key: str) -> ResponseReturnValue:
    """Show one instance."""
    return render_instance(key)


def render_instance(
    key: str,
    *,
    cancel_errors: str = "",
    cancel_reason: str = "",
    pause_errors: str = "",
    begin_errors: Mapping[str, str] | None = None,
    wrong: Mapping[int, Mapping[str, str]] | None = None,
) -> str:
    """Return the page of the instance, with what was typed and is wrong (by field; by incident and variable)."""
    page = run(instance_page, instance_key=key_of(key), actor=current_actor())
    security.allow_diagram()
    line = page.line
    been, here = been_and_here(page.history)
    incident_counts: dict[str, int] = {}
    for incident in page.incidents:
        if incident["status"] == "open":
            element = page.elements.get(incident["element_id"])
            place = incident["element_id"] if element is None else element.drawn_as
            incident_counts[place] = incident_counts.get(place, 0) + 1
    # a called process is part of its instance: who wants to end it ends the instance
    may_cancel = page.may_repair and line.status == "active" and not page.around
    return render_template(
        "monitor/instance.html",
        instance={
            "key": str(line.key),
            "process_name": line.process_name,
            "version": line.version,
            "version_tag": line.version_tag,
            "status": line.status,
            "incidents": line.open_incidents,
            "paused_at": line.paused_at,
            "started_at": line.started_at,
            "started_by_name": line.started_by,
            "ended_at": line.ended_at,
            "end_reason": line.end_reason,
            "case_number": line.case_number,
            "case_address": "",
            "business_id": line.business_id,
            "around": [
                (in_language(each.process_name, current_language()), f"{PATH}/instances/{each.key}")
                for each in page.around
            ],
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
        called=[
            {
                "process_name": item.process_name,
                "version": item.version,
                "status": item.status,
                "incidents": page.called_incidents.get(item.key, 0),
                "address": f"{PATH}/instances/{item.key}",
                "element_name": _element_name(page, item.element_id),
                "started_at": item.started_at,
            }
            for item in page.called
        ],
        pause_address=f"{PATH}/instances/{line.key}/pause" if may_cancel and not page.around else "",
        pause_errors=pause_errors,
        open_order=_open_order(page, begin_errors or {}),
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
                "code_text": code_text(incident["code"]),
                "message": incident["message"],
                "advice": advice(incident["code"]),
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


def _open_order(page: InstancePage, errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the ad-hoc sub-processes that are going on, each with the activities that can be begun in it."""
    line = page.line
    if not page.may_repair or line.status != "active" or line.paused_at is not None:
        return []
    ended = {each["element_instance_key"] for each in page.history if each["event"] in {"completed", "terminated"}}
    told = []
    for each in page.history:
        element = page.elements.get(each["element_id"])
        key = str(each["element_instance_key"])
        if element is None or not element.activities or each["event"] != "activated" or int(key) in ended:
            continue
        # what was typed belongs to the sub-process it was typed for
        mine = errors if request.form.get("scope") == key else {}
        chosen = request.form.getlist("activity") if mine else []
        told.append(
            {
                "key": key,
                "name": _element_name(page, element.element_id),
                "since": each["at"],
                "address": f"{PATH}/instances/{line.key}/begin",
                "activities": [(name, _element_name(page, name), name in chosen) for name in element.activities],
                "cancels": bool(mine and request.form.get("cancels")),
                "reason": request.form.get("reason", "") if mine else "",
                "errors": mine,
            }
        )
    return told[:MOST_OPEN_ORDER]


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
    if element_id == page.line.process_id:
        # what concerns the process as a whole
        return shown(page.line.process_name)
    element = page.elements.get(element_id)
    return (in_language(element.name, current_language()) if element else "") or element_id
