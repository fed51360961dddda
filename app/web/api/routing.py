"""How a call becomes an answer: what a route takes and gives, and the one way from one to the other."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any, TypeVar

import msgspec
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from app.domain.api_client import Caller
from app.domain.errors import InvalidInput, Problem
from app.domain.keys import parse_key
from app.storage.unit_of_work import UnitOfWork
from app.web.api.problems import answer_problem, language
from app.web.api.rules import Rule
from app.web.api.signing_in import work_as_caller
from app.web.shell import executor, now, settings

R = TypeVar("R")
Work = Callable[[UnitOfWork, Caller], R]

#: JSON of one call; files of a deployment have their own limit
LARGEST_BODY = 4 * 1024 * 1024
LARGEST_DEPLOYMENT = 20 * 1024 * 1024
#: callers may wait for jobs or for the end of an instance at most so long
LONGEST_WAIT = timedelta(seconds=30)
DEFAULT_WAIT = timedelta(seconds=10)
#: a null character, as it is or escaped; PostgreSQL has no place for it anywhere
_NULL = re.compile(rb"\x00|(?<!\\)(?:\\\\)*\\u0000")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    One operation of the API.

    `takes`: the type of the JSON body (None: no body). `gives`: the type of the answer (None: 204). `media`: the type
    of an answer that is no JSON. `form`: the schema of a body that is a form. `errors`: statuses besides 400, 401, 403.
    """

    method: str
    path: str
    operation: str
    summary: str
    rule: Rule
    view: Callable[[Call], Any]
    takes: type | None = None
    gives: Any = None
    body_optional: bool = False
    media: str = ""
    form: Mapping[str, Any] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    tag: str = ""

    @property
    def flask_path(self) -> str:
        """The path as Flask writes it."""
        return _PLACEHOLDER.sub(lambda match: f"<{match[1]}>", self.path)

    @property
    def names(self) -> list[str]:
        """The placeholders of the path."""
        return _PLACEHOLDER.findall(self.path)


class Call:
    """One call: its keys, its body, and the transactions that it runs as the program that sent it."""

    def __init__(self, route: Route, keys: Mapping[str, int], body: Any) -> None:
        self.route = route
        self.keys = keys
        self.body = body
        self.signed_in = False

    @property
    def key(self) -> int:
        """The one key of the path."""
        return next(iter(self.keys.values()))

    @property
    def language(self) -> str:
        """The language of texts, English unless the caller says otherwise."""
        return language()

    def run(self, work: Work[R]) -> R:
        """Do the work for the caller in one transaction, after finding out in it who they are and may be here."""
        door: Callable[..., R] = executor().run
        return work_as_caller(door, self._let_in(work))

    def read(self, work: Work[R]) -> R:
        """Do the work, which writes nothing, for the caller in one transaction."""
        door: Callable[..., R] = executor().read
        return work_as_caller(door, self._let_in(work))

    def _let_in(self, work: Work[R]) -> Work[R]:
        def admitted(uow: UnitOfWork, caller: Caller) -> R:
            g.api_caller = caller
            self.route.rule.ensure(caller)
            self.signed_in = True
            return work(uow, caller)

        return admitted


def install(app: Flask, routes: Iterable[Route]) -> None:
    """Serve the routes."""
    blueprint = Blueprint("api", __name__)
    for route in routes:
        blueprint.add_url_rule(
            route.flask_path, endpoint=route.operation, view_func=_served(route), methods=[route.method]
        )
    blueprint.register_error_handler(Exception, answer_problem)
    app.register_blueprint(blueprint)
    app.extensions["kykypolku_api_waits"] = BoundedSemaphore(max(1, settings_of(app).web_threads // 2))


def settings_of(app: Flask) -> Any:
    """Return the settings of the application while it is being made."""
    from app.web.shell import EXTENSION  # noqa: PLC0415 - only here

    return app.extensions[EXTENSION].settings


def _served(route: Route) -> Callable[..., Response]:
    def view(**placeholders: str) -> Response:
        request.max_content_length = LARGEST_BODY if route.form is None else LARGEST_DEPLOYMENT
        if (request.content_length or 0) > request.max_content_length:
            raise RequestEntityTooLarge
        keys = {name: _key(name, text) for name, text in placeholders.items()}
        g.api_keys = keys
        call = Call(route, keys, _decoded(route))
        given = route.view(call)
        if not (call.signed_in or route.rule.public):
            # a view that forgot to ask who calls must not answer
            raise AssertionError(route.operation)
        return _answered(route, given)

    return view


def _key(name: str, text: str) -> int:
    key = parse_key(text)
    if key is None:
        raise InvalidInput([Problem("key_format", place=name)])
    return key


def _decoded(route: Route) -> Any:
    if route.takes is None:
        return None
    if request.mimetype not in ("application/json", "") and not (route.body_optional and not request.content_length):
        raise UnsupportedMediaType
    data = request.get_data(cache=False)
    if route.body_optional and data.strip() in (b"", b"null"):
        return route.takes()
    if _NULL.search(data):
        raise InvalidInput([Problem("null_character")])
    try:
        return msgspec.json.decode(data, type=route.takes)
    except msgspec.ValidationError as error:
        raise InvalidInput([_validation_problem(str(error))]) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise InvalidInput([Problem("json_malformed")]) from None


_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<place>[^`]*)`)?$", re.DOTALL)


def _validation_problem(text: str) -> Problem:
    """Say in which field the body does not fit; values of the caller are not repeated."""
    match = _AT.match(text)
    place = (match["place"] or "") if match else ""
    what = match["what"] if match else text
    unknown = re.fullmatch(r"Object contains unknown field `(.{0,100}).*`", what, re.DOTALL)
    if unknown:
        return Problem("unknown_property", place=place, values={"field": unknown[1]})
    missing = re.fullmatch(r"Object missing required field `(\w+)`", what)
    if missing:
        return Problem("field_required", place=place, values={"field": missing[1]})
    return Problem("field_format", place=place)


def _answered(route: Route, given: Any) -> Response:
    if isinstance(given, Response):
        return given
    if given is None:
        return Response(status=204)
    if route.media:
        return Response(given, mimetype=route.media)
    return Response(msgspec.json.encode(given), mimetype="application/json")


def wait_for(look: Callable[[], R | None], *, at_most: timedelta, pause: float = 0.2) -> R | None:
    """
    Look again and again until there is something, but not longer than the time given, nor if too many wait already.

    A waiting call holds one of the web server's threads: at most half of them may wait at once, further callers are
    answered at once and come again.
    """
    found = look()
    ends = time.monotonic() + min(at_most, LONGEST_WAIT).total_seconds()
    if found is not None or at_most <= timedelta(0):
        return found
    from flask import current_app  # noqa: PLC0415 - only here

    places: BoundedSemaphore = current_app.extensions["kykypolku_api_waits"]
    if not places.acquire(blocking=False):
        return None
    try:
        while found is None and time.monotonic() < ends:
            time.sleep(min(pause, max(0.0, ends - time.monotonic())))
            found = look()
    finally:
        places.release()
    return found


__all__ = ["DEFAULT_WAIT", "Call", "Route", "install", "now", "settings", "wait_for"]
