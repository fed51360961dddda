"""The first page of clients: where we are, who is responsible, what comes next; what they can tell and start."""

from __future__ import annotations

import secrets
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.messages import deliver
from app.commands.report_event import report_event
from app.commands.start_instance import start_by_hand
from app.domain.errors import Conflict
from app.queries.first_contact import code_of_returning, first_contact_open
from app.queries.own_path import OwnCase, OwnOffer, Stage, find_offer, find_start, own_path
from app.storage.unit_of_work import UnitOfWork
from app.web.access import client_session, current_actor
from app.web.asking import address, key_of, read, run
from app.web.language import texts
from app.web.own.place import CONTACT, PATH, blueprint
from app.web.own.way import drawn_way
from app.web.shell import now
from app.web.stories import shown


@blueprint.get(PATH)
def show_path() -> ResponseReturnValue:
    """Show where the client is in each of their matters."""
    found = run(own_path, actor=current_actor(), now=now())
    open_cases = [_case(case) for case in found.cases if case.case.is_open]
    return render_template(
        "own/path.html",
        name=found.name,
        cases=open_cases,
        ended=[_ended(case) for case in found.cases if not case.case.is_open],
        contact_address=CONTACT if not open_cases and _may_make_contact() else "",
    )


def _may_make_contact() -> bool:
    is_known = bool(read(code_of_returning, session=client_session()))
    return is_known and read(first_contact_open)


def _case(case: OwnCase) -> dict[str, Any]:
    return {
        "number": case.case.number,
        "opened_at": case.case.opened_at,
        "contact": {
            "name": case.contact.name,
            "email": case.contact.email,
            "unit": shown(case.contact.unit_name) if case.contact.unit_name else "",
        },
        "stages": [_stage(stage) for stage in case.stages],
        "tasks": [
            {
                "name": shown(task.name),
                "address": f"{PATH}/tasks/{task.key}",
                "due_at": task.due_at,
                "has_draft": task.has_draft,
                "with_worker": task.with_worker,
            }
            for task in case.tasks
        ],
        "appointments": [
            {
                "text": texts()(f"appointment_kind.{item.appointment.kind}"),
                "starts_at": item.appointment.starts_at,
                "place": shown(item.unit_name) if item.unit_name else "",
            }
            for item in case.appointments
        ],
        "offers": [
            {"name": shown(offer.name), "address": f"{PATH}/tell/{offer.subscription_key}"} for offer in case.offers
        ],
        "starts": [
            {
                "name": shown(start.name),
                "address": address(f"{PATH}/start/{start.process_id}", case=start.case_key, event=start.element_id),
            }
            for start in case.starts
        ],
    }


def _stage(stage: Stage) -> dict[str, Any]:
    say = texts()
    if stage.waits_for_client:
        waits = say("own.path.waits_for_you")
    elif stage.waits_for_worker:
        waits = say("own.path.waits_for_worker")
    else:
        waits = say("own.path.waits_for_time")
    here, been, ahead = ([shown(name) for name in names] for names in (stage.here, stage.been, stage.ahead))
    return {
        "name": shown(stage.name),
        "here": here,
        "been": been,
        "ahead": ahead,
        "drawing": drawn_way(been=been, here=here, ahead=ahead, waits=waits, earlier=say("own.way.earlier"))
        if been or here or ahead
        else None,
        "waits": waits,
        "expected_by": stage.expected_by if stage.waits_for_worker else None,
        "is_late": stage.expected_by is not None and stage.expected_by < now(),
    }


def _ended(case: OwnCase) -> dict[str, Any]:
    say = texts()
    outcome = f"outcome.{case.case.outcome}"
    return {
        "number": case.case.number,
        "closed_at": case.case.closed_at,
        "outcome": say(outcome) if case.case.outcome and outcome in say else "",
    }


# -- telling -----------------------------------------------------------------------------------------------------


@blueprint.get(f"{PATH}/tell/<key>")
def confirm_telling(key: str) -> ResponseReturnValue:
    """Say what will happen, and ask whether that is meant."""
    try:
        offer = read(find_offer, subscription_key=key_of(key), actor=current_actor())
    except Conflict:
        return _gone()
    return render_template(
        "own/confirm.html",
        title=shown(offer.name),
        text=shown(offer.text) if offer.text else texts()("own.tell.text"),
        address=f"{PATH}/tell/{offer.subscription_key}",
        action=texts()("own.tell.confirm"),
        submission_id="",
    )


@blueprint.post(f"{PATH}/tell/<key>")
def tell_event(key: str) -> ResponseReturnValue:
    """Tell the case; somebody who serves the client, or the time, may have been faster."""
    try:
        deliveries = run(_told, subscription_key=key_of(key))
    except Conflict:
        return _gone()
    for delivery in deliveries:
        run(deliver, delivery_key=delivery, now=now())
    flash(texts()("own.tell.told"), "success")
    return redirect(PATH, code=303)


def _told(uow: UnitOfWork, *, subscription_key: int) -> tuple[int, ...]:
    actor, moment = current_actor(), now()
    offer: OwnOffer = find_offer(uow, subscription_key=subscription_key, actor=actor)
    return report_event(uow, case_key=offer.case_key, subscription_key=subscription_key, actor=actor, now=moment)


def _gone() -> ResponseReturnValue:
    flash(texts()("own.tell.gone"), "warning")
    return redirect(PATH, code=303)


# -- starting ----------------------------------------------------------------------------------------------------


@blueprint.get(f"{PATH}/start/<process_id>")
def confirm_start(process_id: str) -> ResponseReturnValue:
    """Say what begins, and ask whether that is meant."""
    start = read(
        find_start,
        case_key=key_of(request.args.get("case", "")),
        process_id=process_id,
        element_id=request.args.get("event", ""),
        actor=current_actor(),
    )
    return render_template(
        "own/confirm.html",
        title=shown(start.name),
        text=shown(start.text) if start.text else texts()("own.start.text"),
        address=address(f"{PATH}/start/{start.process_id}", case=start.case_key, event=start.element_id),
        action=texts()("own.start.confirm"),
        submission_id=secrets.token_urlsafe(16),
    )


@blueprint.post(f"{PATH}/start/<process_id>")
def begin_start(process_id: str) -> ResponseReturnValue:
    """Start it, and open its first form where that is the client's."""
    started = run(
        start_by_hand,
        actor=current_actor(),
        process_id=process_id,
        start_element_id=request.args.get("event", "") or None,
        case_key=key_of(request.args.get("case", "")),
        submission_id=request.form.get("submission_id", "")[:64],
        now=now(),
    )
    if started.first_task_key is not None:
        return redirect(f"{PATH}/tasks/{started.first_task_key}", code=303)
    flash(texts()("own.start.started"), "success")
    return redirect(PATH, code=303)
