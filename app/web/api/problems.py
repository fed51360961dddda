"""What went wrong, as problem details (RFC 9457), in English unless the caller asks for Finnish or Swedish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import Any

import msgspec
import structlog
from flask import Response, g, request
from werkzeug.exceptions import HTTPException

from app.commands.api_clients import note_refused_call
from app.domain.api_client import Caller, Unauthenticated
from app.domain.errors import (
    CalledByOther,
    Concealed,
    Conflict,
    EngineFault,
    InstanceEnded,
    InstancePaused,
    InvalidInput,
    KykypolkuError,
    LeaseLost,
    NotAllowed,
    NotFound,
    Problem,
    StateUnreadable,
    TaskAlreadyClosed,
    TaskClaimedByOther,
    TaskHeld,
    Unavailable,
)
from app.domain.localized import LANGUAGES
from app.domain.sessions import SignInDelayed, SignInRefused
from app.locale import Texts
from app.queries.access import log_refusal
from app.storage.unit_of_work import UnitOfWork
from app.web.forms.answer_texts import limit_text
from app.web.shell import executor, now

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER = timedelta(seconds=5)
REALM = 'realm="kykypolku", charset="UTF-8"'

#: first match wins
STATUSES: tuple[tuple[type[KykypolkuError], int, str], ...] = (
    (Unauthenticated, 401, "unauthenticated"),
    (SignInRefused, 401, "unauthenticated"),
    (SignInDelayed, 429, "delayed"),
    (InvalidInput, 400, "invalid"),
    (NotFound, 404, "not_found"),
    (NotAllowed, 403, "not_allowed"),
    (TaskAlreadyClosed, 409, "task_closed"),
    (TaskClaimedByOther, 409, "task_claimed"),
    (TaskHeld, 409, "task_held"),
    (InstancePaused, 409, "instance_paused"),
    (InstanceEnded, 409, "instance_ended"),
    (CalledByOther, 409, "called_by_other"),
    (LeaseLost, 409, "lease_lost"),
    (Conflict, 409, "conflict"),
    (Unavailable, 503, "unavailable"),
    (StateUnreadable, 409, "state_unreadable"),
    (EngineFault, 400, "engine_fault"),
)

log = structlog.get_logger()


class TimedOut(KykypolkuError):
    """What was waited for did not happen in time; it may still happen."""


def language() -> str:
    """Return in which language the caller wants texts: English unless they say otherwise."""
    return request.accept_languages.best_match(("en", *LANGUAGES), default="en") or "en"


def answer_problem(error: Exception) -> Response:
    """Answer any failure of a call."""
    if isinstance(error, HTTPException):
        return _answer_http(error)
    if isinstance(error, TimedOut):
        return problem_details(504, "timed_out")
    if not isinstance(error, KykypolkuError):
        log.error("api_call_failed", operation=_operation(), error=type(error).__name__, exc_info=error)
        return problem_details(500, "fault")
    status, key = next(((status, key) for kind, status, key in STATUSES if isinstance(error, kind)), (500, "fault"))
    if status >= 500:
        log.error("api_call_failed", operation=_operation(), error=type(error).__name__)
    response = problem_details(status, key, detail=_explanation(error), problems=_problems(error))
    if isinstance(error, (NotAllowed, Concealed)):
        _note_refusal(error)
    if status == 401:
        response.headers["WWW-Authenticate"] = f"Bearer {REALM}, Basic {REALM}"
    elif isinstance(error, SignInDelayed):
        response.headers["Retry-After"] = str(ceil(error.wait.total_seconds()))
    elif status == 503:
        response.headers["Retry-After"] = str(int(RETRY_AFTER.total_seconds()))
    return response


def problem_details(status: int, key: str, *, detail: str = "", problems: Sequence[Mapping[str, str]] = ()) -> Response:
    """Return problem details with the texts of the key."""
    texts = Texts.load(language())
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": texts(f"api.{key}.title"),
        "status": status,
        "detail": detail or texts(f"api.{key}.detail"),
        "instance": request.path,
    }
    if problems:
        body["problems"] = problems
    return Response(msgspec.json.encode(body), status=status, mimetype=PROBLEM_TYPE)


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    known = {404: "no_route", 405: "wrong_method", 413: "too_large", 415: "wrong_type"}
    response = problem_details(status, known.get(status, "invalid" if status < 500 else "fault"))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _explanation(error: KykypolkuError) -> str:
    texts = Texts.load(language())
    if isinstance(error, InvalidInput):
        return " ".join(line["text"] for line in _problems(error)[:5])
    if isinstance(error, CalledByOther):
        return texts("api.called_by_other.detail", instance=error.instance_key)
    if isinstance(error, NotAllowed) and f"access.{error.reason}" in texts:
        return texts(f"access.{error.reason}", **error.values)
    if isinstance(error, StateUnreadable):
        return f"{texts(f'incidents.{error.code}')} {texts('api.state_unreadable.detail')}"
    if isinstance(error, EngineFault) and f"incidents.{error.code}" in texts:
        return texts(f"incidents.{error.code}")
    return ""


def _problems(error: KykypolkuError) -> list[Mapping[str, str]]:
    if not isinstance(error, InvalidInput):
        return []
    texts = Texts.load(language())
    return [
        {"code": problem.code, "place": problem.place, "text": _text_of(problem, texts)} for problem in error.problems
    ]


def _text_of(problem: Problem, texts: Texts) -> str:
    key = f"problems.{problem.code}"
    name = problem.name or problem.place
    values = {place: limit_text(value, texts.language) for place, value in problem.values.items()}
    text = texts(key if key in texts else "problems.not_acceptable", **{"name": name, "label": name, **values})
    return f"{problem.place}: {text}" if problem.place and problem.place not in text else text


def _note_refusal(error: NotAllowed | Concealed) -> None:
    """
    Write the refused attempt, in a transaction of its own, because the refusal undid the first; a stranger has none.

    What a program may not do goes to the audit; what it may not know of, and what it may not do to a thing of a
    client, to the access log, with the same line that a person leaves on a page.
    """
    caller: Caller | None = g.get("api_caller")
    if caller is None:
        return
    keys: Mapping[str, int] = g.get("api_keys", {})
    name, key = next(iter(keys.items()), ("", 0))

    def write(uow: UnitOfWork) -> None:
        if isinstance(error, NotAllowed):
            note_refused_call(uow, actor=caller.actor, operation=_operation(), reason=error.reason, key=key, now=now())
            behind = uow.api_searches.behind(name, key)
            if behind is None:
                return
            reason, case_key = error.reason, behind.case_key
        else:
            reason, case_key = f"concealed: {error.kind}", error.case_key
        log_refusal(
            uow,
            actor=caller.actor,
            purpose=f"{request.method} {request.path}",
            reason=reason,
            case_key=case_key,
            now=now(),
        )

    executor().run(write)


def _operation() -> str:
    return (request.endpoint or "").removeprefix("api.")
