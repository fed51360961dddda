"""How the product looks to this person: language, colours, density, keys; kept in the account, else in a cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from app.commands.sign_out import choose_look
from app.domain.localized import LANGUAGES
from app.web import language
from app.web.access import public
from app.web.addresses import own_path
from app.web.security import set_cookie
from app.web.sessions import current_session
from app.web.shell import executor

COOKIE = "kykypolku-look"
YEAR = 365 * 24 * 3600
#: the first of each is what holds until somebody chooses
CHOICES = {
    "colours": ("auto", "light", "dark"),
    "density": ("comfortable", "compact"),
    "shortcuts": ("on", "off"),
}

blueprint = Blueprint("preferences", __name__)


def current_look() -> dict[str, str]:
    """Return the choice of each kind that holds for this request."""
    session = current_session()
    chosen: Mapping[str, Any] = session.account.settings if session else {}
    chosen = {**dict(parse_qsl(request.cookies.get(COOKIE, ""))), **chosen}
    return {kind: chosen[kind] if chosen.get(kind) in values else values[0] for kind, values in CHOICES.items()}


@blueprint.post("/preferences")
@public
def choose() -> ResponseReturnValue:
    """Keep what was chosen, and go back to the page."""
    look = current_look()
    look.update({kind: request.form[kind] for kind, values in CHOICES.items() if request.form.get(kind) in values})
    wanted = request.form.get("language", "")
    chosen_language = wanted if wanted in LANGUAGES else language.current_language()
    session = current_session()
    if session is not None:
        executor().run(choose_look, signed_in=session, language=chosen_language, choices=look)
    response = redirect(own_path(request.form.get("next", "")), code=303)
    set_cookie(response, COOKIE, urlencode(look), seconds=YEAR)
    set_cookie(response, language.COOKIE, chosen_language, seconds=YEAR)
    return response
