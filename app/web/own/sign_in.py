"""
Coming in and leaving: the one-time link with its question, choosing the language, staying, signing out.

The secret of a link stands in the address of its page, because mails carry addresses; that page changes nothing, mail
programs look at it too. Who answers the question sends the secret in the form, and it is used up.
"""

from __future__ import annotations

from flask import g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.client_sign_in import (
    LinkQuestion,
    ask_behind_link,
    choose_language,
    count_dead_link,
    failure_subject,
    leave,
    stay_in,
    use_client_link,
)
from app.domain.client_sessions import LinkDead, Question
from app.domain.sessions import SignInDelayed
from app.queries.first_contact import first_contact_open
from app.web import language, preferences, sessions
from app.web.access import client_session, public
from app.web.errors import answer_failure
from app.web.language import texts
from app.web.own.place import LINK, PATH, SIGN_IN, STRONG, blueprint
from app.web.own.visit import end_visit
from app.web.security import client_cookie_name
from app.web.sessions import current_client, hash_of, new_token
from app.web.shell import executor, now, settings

#: longer is no secret of ours, and no birth date
LONGEST = 100


@blueprint.get(SIGN_IN)
@public
def sign_in() -> ResponseReturnValue:
    """Say how one comes in."""
    if current_client() is not None:
        return redirect(PATH, code=303)
    return page(notice="own.sign_in.ended" if request.args.get("ended") else "")


def page(*, notice: str = "", error: str = "") -> str:
    """Return the page that says how one comes in."""
    chosen = settings()
    has_strong = bool(chosen.oidc_issuer) or not chosen.production
    return render_template(
        "own/sign_in.html",
        notice=notice,
        error=error,
        strong_address=STRONG if has_strong else "",
        takes_newcomers=has_strong and executor().read(first_contact_open),
        is_test=not chosen.oidc_issuer and not chosen.production,
    )


@blueprint.get(f"{LINK}/<secret>")
@public
def ask(secret: str) -> ResponseReturnValue:
    """Ask what only the client should know; a link that is none, used or too old says so."""
    try:
        asked = executor().run(ask_behind_link, secret=secret[:LONGEST], now=now())
    except LinkDead:
        return _dead()
    return _question(secret, asked)


@blueprint.post(LINK)
@public
def answer() -> ResponseReturnValue:
    """Let in whoever brings the link and knows the answer."""
    secret = request.form.get("secret", "")[:LONGEST]
    subject = failure_subject(address=request.remote_addr or "", key=settings().key_bytes("session_key"))
    token, id_hash = new_token()
    old = request.cookies.get(client_cookie_name())
    try:
        tried = executor().run(
            use_client_link,
            secret=secret,
            answer=request.form.get("answer", "")[:LONGEST],
            id_hash=id_hash,
            replaces=hash_of(old) if old else None,
            subject=subject,
            now=now(),
        )
    except LinkDead:
        executor().run(count_dead_link, subject=subject, now=now())
        return _dead()
    except SignInDelayed as error:
        wait = texts().plural("sign_in.delayed", count=max(1, round(error.wait.total_seconds())))
        return make_response(page(error=wait), 429, {"Retry-After": answer_failure(error).headers["Retry-After"]})
    if not tried.is_in:
        return _dead() if tried.left == 0 else (_question(secret, tried.asked, left=tried.left), 422)
    response = redirect(PATH, code=303)
    sessions.give_client_cookie(response, token)
    return response


def _question(secret: str, asked: LinkQuestion, *, left: int = 0) -> str:
    if request.cookies.get(language.COOKIE) is None:
        g.language = asked.language
    return render_template(
        "own/link.html", secret=secret, question=str(asked.question), left=left, is_birth_date=_is_day(asked.question)
    )


def _is_day(question: Question) -> bool:
    return question is Question.BIRTH_DATE


def _dead() -> ResponseReturnValue:
    return page(error=texts()("own.link.dead")), 410


@blueprint.post(f"{PATH}/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the session and say so."""
    session = current_client()
    if session is not None:
        executor().run(leave, session=session, now=now())
    response = redirect(SIGN_IN, code=303)
    sessions.take_client_cookie(response)
    end_visit(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.post(f"{PATH}/session/continue")
def continue_session() -> ResponseReturnValue:
    """Let the session go on."""
    session = client_session()
    executor().run(stay_in, session=session, now=now())
    return jsonify(left=max(0, int((session.absolute_end - now()).total_seconds())))


@blueprint.post(f"{PATH}/preferences")
@public
def choose() -> ResponseReturnValue:
    """Keep language and colours: the language with the session, because others may use this machine."""
    session = current_client()
    if session is not None:
        executor().run(choose_language, session=session, language=request.form.get("language", ""))
    return preferences.choose()
