"""Repair with a reason: end or pause an instance, begin what it leaves open, or try again what failed."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from app.commands.begin_activities import begin_activities
from app.commands.cancel_instance import cancel_instance
from app.commands.pause_instance import pause_instance, resume_instance
from app.commands.resolve_incident import resolve_incident
from app.domain.errors import Conflict, InvalidInput, NotFound, StateUnreadable
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import texts
from app.web.monitor.blueprint import PATH, blueprint
from app.web.monitor.instance import render_instance
from app.web.shell import now


@blueprint.post(f"{PATH}/instances/<key>/cancel")
def cancel(key: str) -> ResponseReturnValue:
    """End the instance for the reason given."""
    reason = request.form.get("reason", "")[:500]
    try:
        run(cancel_instance, instance_key=key_of(key), actor=current_actor(), reason=reason, now=now())
    except InvalidInput:
        return render_instance(key, cancel_errors=texts()("monitor.reason_missing"), cancel_reason=reason), 422
    flash(texts()("monitor.cancelled"), "success")
    return redirect(f"{PATH}/instances/{key_of(key)}", code=303)


@blueprint.post(f"{PATH}/instances/<key>/pause")
def pause(key: str) -> ResponseReturnValue:
    """Pause the instance for the reason given, or let it go on."""
    say = texts()
    try:
        if request.form.get("go_on"):
            run(resume_instance, instance_key=key_of(key), actor=current_actor(), now=now())
            flash(say("monitor.resumed"), "success")
        else:
            reason = request.form.get("reason", "")[:500]
            run(pause_instance, instance_key=key_of(key), actor=current_actor(), reason=reason, now=now())
            flash(say("monitor.paused"), "success")
    except InvalidInput:
        return render_instance(key, pause_errors=say("monitor.reason_missing")), 422
    except Conflict:
        flash(say("monitor.already_resolved"), "warning")
    return redirect(f"{PATH}/instances/{key_of(key)}", code=303)


@blueprint.post(f"{PATH}/instances/<key>/begin")
def begin(key: str) -> ResponseReturnValue:
    """Begin the chosen activities of an ad-hoc sub-process, beside what is going on in it or instead of it."""
    say = texts()
    chosen, reason = request.form.getlist("activity"), request.form.get("reason", "")[:500]
    errors = {} if chosen else {"activity": say("monitor.begin_nothing")}
    if not reason.strip():
        errors["reason"] = say("monitor.reason_missing")
    if errors:
        return render_instance(key, begin_errors=errors), 422
    try:
        run(
            begin_activities,
            element_instance_key=key_of(request.form.get("scope", "")),
            activities=[(name, {}) for name in chosen],
            cancels_remaining=bool(request.form.get("cancels")),
            actor=current_actor(),
            reason=reason,
            now=now(),
        )
    except InvalidInput:
        return render_instance(key, begin_errors={"activity": say("problems.unknown_activity")}), 422
    except NotFound:
        flash(say("monitor.begin_gone"), "warning")
    except Conflict:
        return render_instance(key, begin_errors={"activity": say("monitor.begin_conflict")}), 409
    else:
        flash(say("monitor.begun"), "success")
    return redirect(f"{PATH}/instances/{key_of(key)}", code=303)


@blueprint.post(f"{PATH}/incidents/<key>/retry")
def retry(key: str) -> ResponseReturnValue:
    """Try the failed element again, with the data as changed."""
    instance_key = key_of(request.form.get("instance", ""))
    values, wrong = _changed_variables()
    if wrong:
        return render_instance(str(instance_key), wrong={int(key_of(key)): wrong}), 422
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
    except StateUnreadable:
        flash(texts()("monitor.state_still_unreadable"), "warning")
    except Conflict:
        flash(texts()("monitor.already_resolved"), "warning")
    else:
        flash(texts()("monitor.retried"), "success")
    return redirect(f"{PATH}/instances/{instance_key}", code=303)


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
