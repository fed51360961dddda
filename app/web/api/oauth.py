"""The token door: OAuth 2 client credentials (RFC 6749, 4.4) with errors as that standard says (5.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import ceil

import msgspec
from flask import Response, request

from app.commands.api_clients import give_token
from app.domain.api_client import Unauthenticated
from app.domain.errors import InvalidInput
from app.domain.sessions import SignInDelayed
from app.web.api import rules
from app.web.api.bodies import Answer
from app.web.api.problems import REALM
from app.web.api.routing import Call, Route
from app.web.api.signing_in import new_token, work_as_caller
from app.web.shell import executor, now

GRANT = "client_credentials"
LONGEST = 1000


class Token(msgspec.Struct):
    """An opaque token; the names have underscores, as the standard has them."""

    access_token: str
    expires_in: int
    scope: str
    token_type: str = "Bearer"  # noqa: S105 - a word of the standard


def token(call: Call) -> Response:
    """Give a program a token for its id and secret, in the form or as Basic."""
    try:
        wanted, sent = _request()
    except _Wrong as wrong:
        return _refused(str(wrong))
    fresh, token_hash = new_token()
    door: Callable[..., tuple[frozenset[str], timedelta]] = executor().run
    try:
        scopes, lifetime = work_as_caller(
            door,
            lambda uow, caller: give_token(uow, caller=caller, token_hash=token_hash, wanted=wanted, now=now()),
            sent=sent,
            secret_only=True,
        )
    except Unauthenticated:
        return _refused("invalid_client")
    except InvalidInput:
        return _refused("invalid_scope")
    except SignInDelayed as delayed:
        return _delayed(delayed)
    call.signed_in = True
    body = Token(access_token=fresh, expires_in=int(lifetime.total_seconds()), scope=" ".join(sorted(scopes)))
    return _written(body, 200)


class _Wrong(Exception):
    """The request is none; says why in the standard's words."""


def _request() -> tuple[list[str], tuple[str, str] | None]:
    """Return the scopes asked for, and id and secret where they are in the form (else they are in the header)."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise _Wrong("invalid_request")
    sent = {name: request.form.getlist(name) for name in ("grant_type", "client_id", "client_secret", "scope")}
    # a parameter that comes twice is no request (RFC 6749, 3.2)
    if any(len(values) > 1 or any(len(each) > LONGEST or "\0" in each for each in values) for values in sent.values()):
        raise _Wrong("invalid_request")
    values = {name: found[0] for name, found in sent.items() if found}
    if values.get("grant_type") != GRANT:
        raise _Wrong("unsupported_grant_type" if values.get("grant_type") else "invalid_request")
    in_form = values.get("client_id", ""), values.get("client_secret", "")
    wanted = values.get("scope", "").split()
    if request.headers.get("Authorization"):
        if in_form[1]:
            # one way only (RFC 6749, 2.3)
            raise _Wrong("invalid_request")
        return wanted, None
    if not all(in_form):
        raise _Wrong("invalid_client")
    return wanted, in_form


class _Refusal(Answer):
    error: str


def _refused(error: str) -> Response:
    response = _written(_Refusal(error=error), 401 if error == "invalid_client" else 400)
    if error == "invalid_client":
        response.headers["WWW-Authenticate"] = f"Basic {REALM}"
    return response


def _delayed(error: SignInDelayed) -> Response:
    response = _written(_Refusal(error="invalid_client"), 429)
    response.headers["Retry-After"] = str(ceil(error.wait.total_seconds()))
    return response


def _written(body: msgspec.Struct, status: int) -> Response:
    response = Response(msgspec.json.encode(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


ROUTES = (
    Route(
        method="POST",
        path="/oauth/token",
        operation="get_token",
        summary="Give a program a token for its id and secret (OAuth 2 client credentials)",
        rule=rules.TOKEN,
        view=token,
        gives=Token,
        form={
            "type": "object",
            "required": ["grant_type"],
            "properties": {
                "grant_type": {"type": "string", "const": GRANT},
                "client_id": {"type": "string"},
                "client_secret": {"type": "string"},
                "scope": {"type": "string", "description": "separated by spaces; all of the program's without it"},
                "audience": {"type": "string", "description": "accepted and not looked at"},
            },
        },
    ),
)
