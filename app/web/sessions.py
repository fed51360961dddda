"""
Who is behind the request: the session cookie, its row, and what the person may be told about its end.

Staff and clients have sessions of two kinds: under the door of clients only theirs is looked for, elsewhere never.
"""

from __future__ import annotations

import hashlib
import secrets

from flask import Flask, g, request
from werkzeug.wrappers import Response

from app.commands.client_sign_in import stay_in
from app.commands.sign_out import stay_signed_in
from app.domain.client_sessions import ClientSession
from app.domain.sessions import SEEN_STEP, SignedIn
from app.queries.sessions import find_client_session, find_session
from app.web import security
from app.web.shell import executor, now

TOKEN_BYTES = 32
#: routes that are asked for without the person doing anything; they do not keep a session alive
QUIET_PATHS = ("/assets/", "/news")


def install(app: Flask) -> None:
    """Find the session of each request before anything else, and hand out the guest cookie after it."""
    app.before_request(load_session)
    app.after_request(security.set_guest_cookie)


def new_token() -> tuple[str, str]:
    """Return a new session token and the hash of it that the database keeps."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, hash_of(token)


def hash_of(token: str) -> str:
    """Return under which id the session of a token is kept; who reads the table cannot make a cookie from it."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_session() -> None:
    """Find the live session of the request's cookie; an ended one is remembered as such, to say so."""
    g.signed_in = g.ended_session = g.client_session = g.ended_client_session = None
    if security.is_clients_door():
        _load_client_session()
        return
    token = request.cookies.get(security.session_cookie_name(), "")
    if not token or security.is_api() or request.path.startswith("/assets/"):
        return
    found = executor().look_up(find_session, id_hash=hash_of(token))
    if found is None:
        return
    moment = now()
    if not found.is_live(at=moment):
        g.ended_session = found
        return
    g.signed_in = found
    if moment - found.seen_at >= SEEN_STEP and not request.path.endswith(QUIET_PATHS):
        executor().run(stay_signed_in, signed_in=found, now=moment)


def _load_client_session() -> None:
    token = request.cookies.get(security.client_cookie_name(), "")
    found = executor().read(find_client_session, id_hash=hash_of(token)) if token else None
    if found is None:
        return
    moment = now()
    if not found.is_live(at=moment):
        g.ended_client_session = found
        return
    g.client_session = found
    if moment - found.seen_at >= SEEN_STEP:
        executor().run(stay_in, session=found, now=moment)


def current_client() -> ClientSession | None:
    """Return the client, or who acts for them, at the door of clients; None elsewhere and where nobody has come in."""
    found: ClientSession | None = g.get("client_session")
    return found


def give_client_cookie(response: Response, token: str) -> None:
    """Give the browser the cookie of a client's session; it lasts until the browser closes."""
    security.set_cookie(response, security.client_cookie_name(), token)
    security.drop_cookie(response, security.guest_cookie_name())


def take_client_cookie(response: Response) -> None:
    """Let the browser forget the cookie of a client's session."""
    security.drop_cookie(response, security.client_cookie_name())


def current_session() -> SignedIn | None:
    """Return who is signed in, or None."""
    found: SignedIn | None = g.get("signed_in")
    return found


def give_cookie(response: Response, token: str) -> None:
    """Give the browser the session's cookie; it lasts until the browser closes, the row says when it ends."""
    security.set_cookie(response, security.session_cookie_name(), token)
    security.drop_cookie(response, security.guest_cookie_name())


def take_cookie(response: Response) -> None:
    """Let the browser forget the session's cookie."""
    security.drop_cookie(response, security.session_cookie_name())
