"""The first page, the county's mark, whether the process is alive, and what the frame of every page shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, redirect, send_file
from flask.typing import ResponseReturnValue

from app.domain.sessions import IDLE_LIMIT, WARNING_TIME, SignedIn
from app.web.access import public
from app.web.shell import executor, now, settings

blueprint = Blueprint("home", __name__)
_LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """The installation's own name and mark."""

    name: str
    logo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTimes:
    """What the page has to know to warn in time; seconds."""

    idle: int
    left: int
    warn: int


def county() -> County:
    """Return the county's name and the address of its mark, "" where it has none."""
    return County(name=settings().county_name, logo="/county-logo" if settings().county_logo else "")


def session_times(session: SignedIn) -> SessionTimes:
    """Return when the session ends, in seconds from now."""
    return SessionTimes(
        idle=int(IDLE_LIMIT.total_seconds()),
        left=max(0, int((session.absolute_end - now()).total_seconds())),
        warn=int(WARNING_TIME.total_seconds()),
    )


def lazily(query: Callable[..., Any], **values: Any) -> Callable[[], Any]:
    """
    Return a function for templates that asks the query, of one statement, only if the template needs it.

    It shows no client data.
    """
    return lambda: executor().look_up(query, **values)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Begin with one's work."""
    return redirect("/worklist", code=303)


@blueprint.get("/county-logo")
@public
def logo() -> Response:
    """Send the county's mark."""
    path = Path(settings().county_logo)
    kind = _LOGO_TYPES.get(path.suffix.lower())
    if not settings().county_logo or kind is None or not path.is_file():
        abort(404)
    response = send_file(path, mimetype=kind)
    # a drawing may hold scripts; as an image they never run, opened by itself they must not either
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
