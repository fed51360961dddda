"""
Who comes in by the door of clients, and what the frame of its pages shows.

No session of staff opens anything here, and no session of a client anything elsewhere (app.web.sessions).
"""

from __future__ import annotations

import re
from typing import Any

import structlog
from flask import Flask, g, jsonify, make_response, redirect, request
from flask.typing import ResponseReturnValue

from app.commands.save_draft import save_draft
from app.domain.client_sessions import IDLE_LIMIT, ClientSession
from app.domain.errors import KykypolkuError
from app.domain.keys import parse_key
from app.domain.sessions import WARNING_TIME
from app.queries.beside import area_on_call_number
from app.web import drafts
from app.web.access import is_public
from app.web.asking import fields_sent
from app.web.home import SessionTimes, lazily
from app.web.own import sign_in
from app.web.own.place import PAGES, PATH, SIGN_IN, blueprint
from app.web.security import SAFE_METHODS, is_clients_door
from app.web.sessions import current_client
from app.web.shell import executor, now

log = structlog.get_logger()
_TASK = re.compile(rf"{PATH}/tasks/([0-9]+)(?:/draft)?")


def install(app: Flask) -> None:
    """Let nobody past the door who has not come in by it."""
    app.before_request(require_client)
    app.register_blueprint(blueprint)


def require_client() -> ResponseReturnValue | None:
    """Send whoever has not come in to the page that says how; a form that was sent too late is kept as a draft."""
    if not is_clients_door() or current_client() is not None or is_public(request.endpoint):
        return None
    if request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html") != "text/html":
        response = make_response(jsonify(type="about:blank", title="Unauthorized", status=401), 401)
        response.mimetype = "application/problem+json"
        return response
    ended: ClientSession | None = g.get("ended_client_session")
    if request.method in SAFE_METHODS:
        return redirect(f"{SIGN_IN}?ended=1" if ended else SIGN_IN, code=303)
    kept = ended is not None and _keep_what_was_sent(ended)
    return make_response(sign_in.page(notice="own.sign_in.kept" if kept else "own.sign_in.ended"), 401)


def _keep_what_was_sent(owner: ClientSession) -> bool:
    """
    Keep the form that was sent after the time was over as its owner's draft, and tell whether it could be kept.

    That it was them is known by the token of the form, which only a page of that session carries; who has signed out
    keeps nothing.
    """
    match = _TASK.fullmatch(request.path)
    task_key = parse_key(match[1]) if match else None
    if task_key is None or owner.ended_at is not None:
        return False
    fields = drafts.answers_only(fields_sent())
    try:
        executor().run(save_draft, task_key=task_key, actor=owner.actor, fields=fields, now=now())
    except KykypolkuError as error:
        log.warning("draft_not_kept", task_key=task_key, error=type(error).__name__)
        return False
    return True


def client_frame(session: ClientSession) -> dict[str, Any]:
    """Give the templates of this door what the frame of their pages shows."""
    moment = now()
    return {
        "client_door": session,
        "client_pages": PAGES,
        "client_page": _current_page(),
        "on_call_number": lazily(area_on_call_number, area_id=session.area_id),
        "session_times": SessionTimes(
            idle=int(IDLE_LIMIT.total_seconds()),
            left=max(0, int((session.absolute_end - moment).total_seconds())),
            warn=int(WARNING_TIME.total_seconds()),
        ),
    }


def _current_page() -> str:
    found = [page for page in PAGES if f"{request.path}/".startswith(f"{page[1]}/")]
    return max(found, key=lambda page: len(page[1]))[0] if found else ""
