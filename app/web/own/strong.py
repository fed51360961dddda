"""
Strong sign-in: to the identity provider and back, and whose matters the person sees to.

The browser is sent away by a plain link: a form's answer could not lead to another site under our policy (form-action).
What comes back counts once, and only from the browser that was sent away, which its guest cookie tells.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import structlog
from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.client_sign_in import (
    act_for,
    begin_strong_session,
    begin_strong_sign_in,
    take_strong_sign_in,
)
from app.domain.errors import InvalidInput, KykypolkuError, Unavailable
from app.domain.identity_code import parse_identity_code
from app.domain.keys import parse_key
from app.queries.first_contact import first_contact_open
from app.queries.sessions import list_people_of
from app.web import demo_identity, sessions
from app.web.access import client_session, public
from app.web.language import current_language, texts
from app.web.own.place import CONTACT, PATH, STRONG, blueprint
from app.web.own.sign_in import page
from app.web.own.visit import give_visit, new_visit
from app.web.security import client_cookie_name, guest_cookie_name, guest_token, own_origins
from app.web.sessions import hash_of, new_token
from app.web.shell import executor, now, settings

if TYPE_CHECKING:
    from app.connectors.identity_provider import IdentityProvider

LONGEST = 4000
log = structlog.get_logger()


def provider() -> IdentityProvider | None:
    """Return who vouches for people here: the one of the settings, in a demo without one its own, else nobody."""
    # most processes never sign anybody in: the library is loaded by the first who does
    from app.connectors.identity_provider import IdentityProvider, ask_over_http  # noqa: PLC0415

    chosen = settings()
    if chosen.oidc_issuer:
        return IdentityProvider(
            issuer=chosen.oidc_issuer,
            client_id=chosen.oidc_client_id,
            client_secret=chosen.oidc_client_secret,
            identity_claim=chosen.oidc_identity_claim,
            acr_values=tuple(chosen.oidc_acr_values.split()),
            ask=ask_over_http,
        )
    if chosen.production:
        return None
    return IdentityProvider(
        issuer=demo_identity.issuer_of(chosen),
        client_id=demo_identity.CLIENT_ID,
        client_secret=demo_identity.secret_of(chosen),
        identity_claim=chosen.oidc_identity_claim,
        ask=demo_identity.answer,
    )


@blueprint.get(STRONG)
@public
def strong_begin() -> ResponseReturnValue:
    """Send the browser to the identity provider."""
    found = provider()
    if found is None:
        return page(error=texts()("own.strong.none")), 404
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    try:
        address = found.sign_in_address(
            redirect_uri=_return_address(), state=state, nonce=nonce, verifier=verifier, language=current_language()
        )
    except KykypolkuError as error:
        return _failed(error)
    executor().run(begin_strong_sign_in, state=state, browser=guest_token(), nonce=nonce, verifier=verifier, now=now())
    return redirect(address, code=303)


@blueprint.get(f"{STRONG}/return")
@public
def strong_return() -> ResponseReturnValue:
    """Take what the provider says, once, and let in whoever it vouches for if they have anything to do here."""
    found, browser = provider(), request.cookies.get(guest_cookie_name(), "")
    state = request.args.get("state", "")[:LONGEST]
    sent = executor().run(take_strong_sign_in, state=state, browser=browser, now=now()) if state else None
    # the provider says who it is (RFC 9207): an answer of another one is no answer to our question
    if found is None or sent is None or request.args.get("iss", found.issuer) != found.issuer:
        return page(error=texts()("own.strong.stale")), 400
    if request.args.get("error"):
        return page(notice="own.strong.cancelled")
    try:
        identity_code = found.identify(
            code=request.args.get("code", "")[:LONGEST],
            redirect_uri=_return_address(),
            nonce=sent.nonce,
            verifier=sent.verifier,
            now=now(),
        )
    except KykypolkuError as error:
        return _failed(error)
    return _let_in(identity_code)


def _let_in(identity_code: str) -> ResponseReturnValue:
    token, id_hash = new_token()
    old = request.cookies.get(client_cookie_name())
    is_in = executor().run(
        begin_strong_session,
        identity_code=identity_code,
        id_hash=id_hash,
        replaces=hash_of(old) if old else None,
        now=now(),
    )
    if not is_in:
        return _as_visitor(identity_code)
    response = make_response(redirect(PATH, code=303))
    sessions.give_client_cookie(response, token)
    return response


def _as_visitor(identity_code: str) -> ResponseReturnValue:
    """Let somebody who is no client yet ask for a call, where an area takes such contacts; nothing is kept of them."""
    try:
        code = parse_identity_code(identity_code).text
    except InvalidInput:
        code = ""
    if not code or not executor().read(first_contact_open):
        return page(error=texts()("own.strong.unknown")), 403
    response = make_response(redirect(CONTACT, code=303))
    give_visit(response, new_visit(code))
    return response


def _failed(error: KykypolkuError) -> ResponseReturnValue:
    """Say that it did not work; why is for the log, and holds nothing of the person."""
    log.warning("strong_sign_in_failed", reason=getattr(error, "reason", type(error).__name__))
    away = isinstance(error, Unavailable)
    return page(error=texts()("own.strong.away" if away else "own.strong.failed")), 503 if away else 400


def _return_address() -> str:
    """Return where the provider sends the browser back to; in a demo the address at which it is."""
    origin = f"{request.scheme}://{request.host}"
    public_url = settings().public_url.rstrip("/")
    base = origin if not settings().production and origin in own_origins() else public_url
    return f"{base}{STRONG}/return"


# -- whose matters -----------------------------------------------------------------------------------------------


@blueprint.get(f"{PATH}/people")
def show_people() -> ResponseReturnValue:
    """Show whose matters the person may see to."""
    session = client_session()
    found = executor().read(list_people_of, session=session, now=now())
    people = [
        {
            "key": "" if person.mandate is None else str(person.mandate.key),
            "name": person.client.identity.name,
            "own": person.mandate is None,
            "current": (person.mandate.key if person.mandate else None)
            == (session.mandate.key if session.mandate else None),
        }
        for person in found
    ]
    return render_template("own/people.html", people=people)


@blueprint.post(f"{PATH}/people")
def choose_whose() -> ResponseReturnValue:
    """Go on for another person, in a session with a new id."""
    token, id_hash = new_token()
    executor().run(
        act_for,
        session=client_session(),
        mandate_key=parse_key(request.form.get("person", "")),
        new_id_hash=id_hash,
        now=now(),
    )
    response = make_response(redirect(PATH, code=303))
    sessions.give_client_cookie(response, token)
    return response
