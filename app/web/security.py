"""
What guards every answer and every request: headers, the content security policy, CSRF tokens, the Origin check.

Referrer-Policy is `same-origin` and not `no-referrer`: with the latter browsers send `Origin: null` even with a form of
our own page, and the Origin check would have nothing to compare. To other sites both send nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from werkzeug.wrappers import Response as AnyResponse

from app.domain.errors import NotAllowed
from app.web.shell import settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: doors for machines: their own authentication, never a cookie, hence no CSRF token
API_PREFIXES = ("/v2/", "/care/", "/oauth/")
#: the door of clients: sessions of its own kind, never those of staff
CLIENT_PREFIX = "/oma/"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
TOKEN_BYTES = 16

_POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "frame-src": ["'none'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class CrossSiteRequest(NotAllowed):
    """The request did not come from a page of ours: no token, a wrong one, or a foreign origin."""

    def __init__(self, what: str) -> None:
        super().__init__("cross_site", what=what)


def install(app: Flask) -> None:
    """Guard every request and every answer of the application."""
    app.before_request(refuse_nul)
    app.before_request(refuse_cross_site)
    app.after_request(add_headers)
    app.jinja_env.globals["csrf_token"] = csrf_token


def is_api() -> bool:
    """Tell whether the request is for a door of machines."""
    return f"{request.path}/".startswith(API_PREFIXES)


def is_clients_door() -> bool:
    """Tell whether the request is for the door of clients."""
    return f"{request.path}/".startswith(CLIENT_PREFIX)


def refuse_nul() -> None:
    """Refuse the one character that no text of a database can hold and no browser sends."""
    sent = [request.path, *request.args, *(value for values in request.args.listvalues() for value in values)]
    if not is_api():
        sent += [*request.form, *(value for values in request.form.listvalues() for value in values)]
    if any("\0" in text for text in sent):
        abort(400)


def allow_diagram() -> None:
    """Let this page set style attributes, which bpmn-js draws with; scripts and style elements stay ours only."""
    g.diagram_allowed = True


def add_headers(response: Response) -> Response:
    """Add the security headers; what is not a static file is never stored by any cache."""
    policy = dict(_POLICY)
    if g.get("diagram_allowed"):
        policy["style-src-attr"] = ["'unsafe-inline'"]
    response.headers.setdefault(
        "Content-Security-Policy", "; ".join(f"{name} {' '.join(values)}" for name, values in policy.items())
    )
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if settings().secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


# -- CSRF --------------------------------------------------------------------------------------------------------


def csrf_token() -> str:
    """Return the token that forms of this person's session carry; before sign-in it is bound to a guest cookie."""
    # a list has a form in every row; within a request only signing in and out binds it to something else
    bound = g.get("csrf_binding")
    known: tuple[str | None, str] = g.get("csrf_token_of", ("", ""))
    if not known[1] or known[0] != bound:
        known = g.csrf_token_of = (bound, _token_for(_binding(create=True)))
    return known[1]


def refuse_cross_site() -> None:
    """
    Refuse a changing request that no page of ours has sent.

    :raises CrossSiteRequest: foreign origin, missing or wrong token
    """
    if request.method in SAFE_METHODS or is_api():
        return
    _check_origin()
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    binding = _binding(create=False)
    if not binding or not hmac.compare_digest(sent.encode(), _token_for(binding).encode()):
        raise CrossSiteRequest("token")


def _check_origin() -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        raise CrossSiteRequest("site")
    origin = request.headers.get("Origin")
    if origin is not None and origin.rstrip("/") not in own_origins():
        raise CrossSiteRequest("origin")


def own_origins() -> frozenset[str]:
    """Return the origins of our pages: the public address, and in the demo the one that the browser has asked."""
    public = urlsplit(settings().public_url)
    origins = {f"{public.scheme}://{public.netloc}"}
    if not settings().production:
        origins.add(f"{request.scheme}://{request.host}")
    return frozenset(origins)


def _token_for(binding: str) -> str:
    return hmac.new(settings().key_bytes("session_key"), b"csrf\0" + binding.encode(), hashlib.sha256).hexdigest()


def _binding(*, create: bool) -> str:
    """Return what the token is bound to: the session cookie of this door, else the guest cookie (made if wanted)."""
    if "csrf_binding" in g:
        return str(g.csrf_binding)
    name = client_cookie_name() if is_clients_door() else session_cookie_name()
    cookie = request.cookies.get(name) or request.cookies.get(guest_cookie_name())
    if g.get("guest"):
        return str(g.guest)
    if cookie or not create:
        return cookie or ""
    g.guest = secrets.token_urlsafe(TOKEN_BYTES)
    return str(g.guest)


def guest_token() -> str:
    """Return what tells this browser before anybody has come in: the guest cookie, made now where there is none."""
    known = request.cookies.get(guest_cookie_name()) or g.get("guest")
    if not known:
        known = g.guest = secrets.token_urlsafe(TOKEN_BYTES)
    return str(known)


def browser_token() -> str:
    """Return what tells the visitor's browser: the guest cookie that it has brought or is being given, "" for none."""
    return str(request.cookies.get(guest_cookie_name()) or g.get("guest") or "")


# -- cookies -----------------------------------------------------------------------------------------------------


def session_cookie_name() -> str:
    """Return the name of the session's cookie; the prefix makes browsers insist on Secure, Path=/ and no Domain."""
    return "__Host-kykypolku" if settings().secure_cookies else "kykypolku"


def client_cookie_name() -> str:
    """Return the name of the cookie of a client's session; only the door of clients looks at it."""
    return "__Host-kykypolku-oma" if settings().secure_cookies else "kykypolku-oma"


def guest_cookie_name() -> str:
    """Return the name of the cookie that the tokens of pages before sign-in are bound to."""
    return "__Host-kykypolku-guest" if settings().secure_cookies else "kykypolku-guest"


def set_cookie(response: AnyResponse, name: str, value: str, *, seconds: int | None = None) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=settings().secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(response: AnyResponse, name: str) -> None:
    """Let the browser forget a cookie of ours."""
    response.delete_cookie(name, path="/", secure=settings().secure_cookies, httponly=True, samesite="Lax")


def set_guest_cookie(response: Response) -> Response:
    """Give the browser the guest cookie that this page's tokens are bound to."""
    if g.get("guest"):
        set_cookie(response, guest_cookie_name(), g.guest)
    return response
