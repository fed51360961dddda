"""
What went wrong, said to the one who asked: a page for people, problem details (RFC 9457) for machines.

The table maps the base classes of app.domain.errors to statuses. Messages of exceptions are for logs; pages say texts
of the catalogues, and the reference by which the log line is found.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from app.domain.errors import (
    CaseClosed,
    Conflict,
    EngineFault,
    InvalidInput,
    KykypolkuError,
    NotAllowed,
    NotFound,
    StateUnreadable,
    Unavailable,
)
from app.domain.sessions import SignInDelayed, SignInRefused
from app.locale import Texts
from app.locale.problems import problem_text
from app.web.language import texts
from app.web.security import is_api

#: first match wins, so the more special class stands first
STATUSES: tuple[tuple[type[KykypolkuError], int], ...] = (
    (InvalidInput, 422),
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (Unavailable, 503),
    (SignInDelayed, 429),
    (SignInRefused, 401),
    (StateUnreadable, 409),
    (EngineFault, 500),
)
#: failures whose page has a title and a text of their own
OWN_TEXTS: tuple[tuple[type[KykypolkuError], str], ...] = (
    (StateUnreadable, "error.stuck"),
    (CaseClosed, "error.case_closed"),
)
RETRY_AFTER = timedelta(seconds=5)

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Answer every failure with a page or with problem details."""
    app.register_error_handler(KykypolkuError, answer_failure)
    app.register_error_handler(HTTPException, answer_http_failure)
    app.register_error_handler(Exception, answer_fault)


def status_of(error: KykypolkuError) -> int:
    """Return the HTTP status of a failure."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def answer_failure(error: KykypolkuError) -> Response:
    """Answer a failure that we foresee."""
    status = status_of(error)
    reference = _log(status, error)
    key = next((key for kind, key in OWN_TEXTS if isinstance(error, kind)), "")
    response = _answer(status, text=_explanation(error), problems=_problems(error), reference=reference, key=key)
    if isinstance(error, SignInDelayed):
        response.headers["Retry-After"] = str(ceil(error.wait.total_seconds()))
    elif status == 503:
        response.headers["Retry-After"] = str(int(RETRY_AFTER.total_seconds()))
    return response


def answer_http_failure(error: HTTPException) -> Response:
    """Answer what the framework refuses: no such address, wrong method, too large."""
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    response = _answer(error.code, text="", problems=[], reference="")
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def answer_fault(error: Exception) -> Response:
    """Answer what nobody foresaw; the log has the trace, the page its reference."""
    return _answer(500, text="", problems=[], reference=_log(500, error))


def _answer(status: int, *, text: str, problems: list[Mapping[str, str]], reference: str, key: str = "") -> Response:
    if is_api() or _wants_json():
        return _problem_details(status, text=text, problems=problems, reference=reference)
    catalogue = texts()
    known = f"error.{status}" if f"error.{status}.title" in catalogue else f"error.{'500' if status >= 500 else '400'}"
    key = key or known
    values: dict[str, Any] = {
        "status": status,
        "title": catalogue(f"{key}.title"),
        "text": text or catalogue(f"{key}.text"),
        "problems": problems,
        "reference": reference,
    }
    if status >= 500:
        # the frame of a signed-in person's page asks the database, which may be the very thing that is away
        values["signed_in"] = None
    # a partial update shows the failure as a notice and leaves the rest of the page, and what was typed, alone
    partial = "HX-Request" in request.headers
    response = make_response(render_template("_notice.html" if partial else "error.html", **values), status)
    if partial:
        response.headers["HX-Retarget"] = "#k-notices"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _problem_details(status: int, *, text: str, problems: list[Mapping[str, str]], reference: str) -> Response:
    catalogue = Texts.load("en")
    key = f"error.{status}.title"
    details: dict[str, Any] = {
        "type": "about:blank",
        "title": catalogue(key if key in catalogue else "error.500.title"),
        "status": status,
        "detail": text or catalogue(key.replace(".title", ".text")),
        "instance": request.path,
    }
    if problems:
        details["problems"] = problems
    if reference:
        details["reference"] = reference
    response = jsonify(details)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def _explanation(error: KykypolkuError) -> str:
    """Return what can be said beyond the status, "" where nothing can."""
    catalogue = Texts.load("en") if is_api() else texts()
    if isinstance(error, NotAllowed) and f"access.{error.reason}" in catalogue:
        return catalogue(f"access.{error.reason}", **error.values)
    if isinstance(error, StateUnreadable):
        # the cause is the administrator's; it stands in the monitor
        return catalogue("error.stuck.text")
    if isinstance(error, EngineFault) and f"incidents.{error.code}" in catalogue:
        return catalogue(f"incidents.{error.code}")
    if isinstance(error, CaseClosed):
        return catalogue("error.case_closed.text", number=error.number)
    if isinstance(error, SignInDelayed):
        return catalogue.plural("sign_in.delayed", count=ceil(error.wait.total_seconds()))
    return ""


def _problems(error: KykypolkuError) -> list[Mapping[str, str]]:
    if not isinstance(error, InvalidInput):
        return []
    catalogue = Texts.load("en") if is_api() else texts()
    return [
        {"code": problem.code, "place": problem.place, "text": problem_text(problem, catalogue)}
        for problem in error.problems
    ]


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html") != "text/html"


def _log(status: int, error: Exception) -> str:
    """Write a log line of a fault, and return the reference that it is found by."""
    if status < 500:
        return ""
    reference = secrets.token_hex(4)
    g.reference = reference
    log.error(
        "request_failed",
        reference=reference,
        status=status,
        endpoint=request.endpoint or "",
        error=type(error).__name__,
        exc_info=status == 500,
    )
    return reference
