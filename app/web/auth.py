"""Sign-in with local accounts, sign-out, staying signed in, choosing the unit where one works."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, Response, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from app.commands.sign_in import admit_sign_in, begin_session, failure_subjects
from app.commands.sign_out import sign_out as end_session
from app.commands.sign_out import stay_signed_in, work_in_unit
from app.domain.passwords import MAXIMUM_LENGTH, hash_password, is_outdated, password_matches
from app.domain.sessions import Account, SignedIn, SignInDelayed, SignInRefused
from app.queries.sessions import list_demo_people
from app.web import carrying, sessions
from app.web.access import is_public, public, signed_in
from app.web.addresses import own_path
from app.web.errors import answer_failure
from app.web.language import texts
from app.web.security import SAFE_METHODS, is_api, is_clients_door, session_cookie_name
from app.web.sessions import current_session, hash_of, new_token
from app.web.shell import executor, now, settings

blueprint = Blueprint("auth", __name__)


def install(app: Flask) -> None:
    """Let nobody in who is not signed in, and give them the page where they can."""
    app.before_request(require_sign_in)
    app.register_blueprint(blueprint)


def require_sign_in() -> ResponseReturnValue | None:
    """
    Send whoever is not signed in to the sign-in page; what they sent with a form is carried along.

    The door of clients is watched by app.web.own.door: no session of staff opens it.
    """
    if current_session() is not None or is_api() or is_clients_door() or is_public(request.endpoint):
        return None
    here = own_path(request.full_path.rstrip("?"))
    if "HX-Request" in request.headers:
        response = make_response("", 401)
        response.headers["HX-Redirect"] = sign_in_address(_path_of(request.headers.get("HX-Current-URL", "")))
        return response
    if request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html") != "text/html":
        response = make_response(jsonify(type="about:blank", title="Unauthorized", status=401), 401)
        response.mimetype = "application/problem+json"
        return response
    if request.method in SAFE_METHODS:
        return redirect(sign_in_address(here), code=303)
    return _page_carrying(here)


def sign_in_address(here: str) -> str:
    """Return the address of the sign-in page that leads back here."""
    values = {"next": here} if here != "/" else {}
    if g.get("ended_session"):
        values["ended"] = "1"
    return f"/sign-in?{urlencode(values)}" if values else "/sign-in"


@blueprint.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the sign-in page."""
    target = own_path(request.args.get("next"))
    if current_session() is not None:
        return redirect(target, code=303)
    return _page(target=target, notice="sign_in.ended" if request.args.get("ended") else "")


@blueprint.post("/sign-in")
@public
def submit_sign_in() -> ResponseReturnValue:
    """Sign somebody in by user name and password; in the demo, one of its people by a press."""
    target = own_path(request.form.get("next"))
    username = request.form.get("username", "").strip()[:MAXIMUM_LENGTH]
    password = request.form.get("password", "")
    picked = request.form.get("person", "") if not settings().production else ""
    subjects = failure_subjects(
        username=picked or username, address=request.remote_addr or "", key=settings().key_bytes("session_key")
    )
    try:
        account = executor().run(admit_sign_in, username=picked or username, subjects=subjects, now=now())
        new_hash = _check(account, password, picked=bool(picked))
        return _begin(account, subjects, target, new_hash)
    except SignInDelayed as error:
        response = make_response(_page(target=target, username=username, error=_delay_text(error)), 429)
        response.headers["Retry-After"] = answer_failure(error).headers["Retry-After"]
        return response
    except SignInRefused:
        return make_response(_page(target=target, username=username, error=texts()("sign_in.refused")), 422)


def _check(account: Account | None, password: str, *, picked: bool) -> str:
    """
    Check the password, and return a new hash of it where the stored one is outdated, else "".

    :raises SignInRefused: wrong password, no such account; both take the same time
    """
    if picked and account is not None and account.demo:
        return ""
    if not password_matches(password, account.password_hash if account else "") or account is None:
        raise SignInRefused
    return hash_password(password) if is_outdated(account.password_hash) else ""


def _begin(account: Account | None, subjects: tuple[str, str], target: str, new_hash: str) -> AnyResponse:
    if account is None:
        raise SignInRefused
    token, id_hash = new_token()
    old = request.cookies.get(session_cookie_name())
    executor().run(
        begin_session,
        user_key=account.key,
        id_hash=id_hash,
        replaces=hash_of(old) if old else None,
        subjects=subjects,
        now=now(),
        new_password_hash=new_hash,
    )
    g.language = account.language
    response: AnyResponse = _carry_on(account, token) or redirect(target, code=303)
    sessions.give_cookie(response, token)
    return response


def _carry_on(account: Account, token: str) -> Response | None:
    """Return the page that sends on what was carried, None where there is nothing of this person's."""
    sealed = request.form.get(carrying.FIELD, "")
    address = own_path(request.form.get(carrying.ADDRESS_FIELD), "")
    if not sealed or not address:
        return None
    carried = carrying.open_form(sealed, account_key=account.key, address=address)
    if carried is None:
        return None
    g.csrf_binding = token
    return make_response(render_template("auth/carry_on.html", carried=carried))


def _page_carrying(address: str) -> Response:
    """Return the sign-in page with the form that was sent, for the one whose session had ended."""
    owner: SignedIn | None = g.get("ended_session")
    sealed = carrying.seal_form(owner, address) if owner is not None and request.form else ""
    return make_response(
        _page(target="/", notice="sign_in.carried" if sealed else "sign_in.ended", sealed=sealed, sealed_for=address),
        401,
    )


@blueprint.post("/sign-in/carry")
@public
def carry() -> ResponseReturnValue:
    """Take what was being written when the session ended, and ask to sign in again."""
    address = own_path(request.args.get("to"), "")
    if current_session() is not None:
        return redirect(address or "/", code=307)
    return _page_carrying(address)


@blueprint.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the session and go to the sign-in page."""
    session = current_session()
    if session is not None:
        executor().run(end_session, signed_in=session, now=now())
    response = redirect("/sign-in", code=303)
    sessions.take_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.post("/session/continue")
def continue_session() -> ResponseReturnValue:
    """Let the session go on."""
    session = signed_in()
    executor().run(stay_signed_in, signed_in=session, now=now())
    return jsonify(left=max(0, int((session.absolute_end - now()).total_seconds())))


@blueprint.post("/session/unit")
def choose_unit() -> ResponseReturnValue:
    """Let the person work in another of their units, in a session with a new id."""
    token, id_hash = new_token()
    executor().run(
        work_in_unit,
        signed_in=signed_in(),
        unit_id=request.form.get("unit", ""),
        new_id_hash=id_hash,
        now=now(),
    )
    response = redirect("/", code=303)
    sessions.give_cookie(response, token)
    return response


def _page(
    *, target: str, notice: str = "", error: str = "", username: str = "", sealed: str = "", sealed_for: str = ""
) -> str:
    people = [] if settings().production else executor().read(list_demo_people)
    return render_template(
        "auth/sign_in.html",
        target=target,
        notice=notice,
        error=error,
        username=username,
        sealed=sealed,
        sealed_for=sealed_for,
        people=people,
    )


def _delay_text(error: SignInDelayed) -> str:
    return texts().plural("sign_in.delayed", count=max(1, round(error.wait.total_seconds())))


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return own_path(parts.path + (f"?{parts.query}" if parts.query else ""))
