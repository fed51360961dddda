"""The first contact over the network: what it is, one's municipality, the form. Nothing is kept before it is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.commands.client_sign_in import begin_strong_session
from app.commands.complete_task import Submission
from app.commands.first_contact import send_first_contact
from app.domain.errors import InvalidInput, NotFound, Problem
from app.domain.first_contact import Visit
from app.domain.localized import in_language
from app.engine.forms import Raw
from app.queries.first_contact import ContactPage, code_of_returning, contact_municipalities, contact_page
from app.web import drafts, sessions
from app.web.access import public
from app.web.asking import fields_sent, texts_only
from app.web.forms import build_form_view
from app.web.language import current_language, texts
from app.web.own.place import CONTACT, PATH, SIGN_IN, blueprint
from app.web.own.sign_in import page
from app.web.own.visit import current_visit, end_visit, give_visit, new_visit
from app.web.security import SAFE_METHODS, client_cookie_name
from app.web.sessions import current_client, hash_of, new_token
from app.web.shell import executor, now
from app.web.stories import shown

FORM = f"{CONTACT}/form"
#: the choice of somebody whose municipality is not in the list
ELSEWHERE = "other"


@blueprint.get(CONTACT)
@public
def begin_contact() -> ResponseReturnValue:
    """Say what happens when one asks for a call, and ask for the municipality."""
    visit = _visit()
    return _away() if visit is None else _ask_municipality(visit)


@blueprint.post(CONTACT)
@public
def choose_municipality() -> ResponseReturnValue:
    """Go on to the form of the municipality's area; the choice is in the visitor's own browser only."""
    visit = _visit()
    if visit is None:
        return _away()
    chosen = request.form.get("municipality", "")[:20]
    if chosen == ELSEWHERE:
        return _ask_municipality(visit, elsewhere="own.contact.not_listed")
    if executor().read(contact_page, municipality=chosen, now=now()) is None:
        return _ask_municipality(visit, error="own.contact.municipality_missing"), 422
    response = make_response(redirect(FORM, code=303))
    give_visit(response, dataclasses.replace(visit, municipality=chosen))
    return response


@blueprint.get(FORM)
@public
def show_contact_form() -> ResponseReturnValue:
    """Ask how the person can be reached."""
    visit = _visit()
    return _away() if visit is None else _form(visit)


@blueprint.post(FORM)
@public
def send_contact() -> ResponseReturnValue:
    """Keep the request, and let the person in: from now on they are a client."""
    visit = _visit()
    if visit is None:
        return _away()
    fields = drafts.answers_only(texts_only(fields_sent()))
    submission = Submission(fields=fields, language=current_language())
    try:
        sent = executor().run(
            send_first_contact,
            identity_code=visit.identity_code,
            municipality=visit.municipality,
            submission=submission,
            now=now(),
        )
    except InvalidInput as error:
        return _form(visit, fields=fields, problems=error.problems)
    except NotFound:
        # the area has stopped taking contacts while the form was filled in
        return _form(visit, fields=fields)
    token, id_hash = new_token()
    old = request.cookies.get(client_cookie_name())
    executor().run(
        begin_strong_session,
        identity_code=visit.identity_code,
        id_hash=id_hash,
        replaces=hash_of(old) if old else None,
        now=now(),
    )
    flash(texts()("own.contact.sent" if sent.is_new else "own.contact.open_already"), "success")
    response = make_response(redirect(PATH, code=303))
    sessions.give_client_cookie(response, token)
    end_visit(response)
    return response


@blueprint.post(f"{CONTACT}/leave")
@public
def leave_contact() -> ResponseReturnValue:
    """Let the browser forget who was there; nothing else knows."""
    if _visit() is None:
        return _away()
    response = make_response(page(notice="own.contact.left"))
    end_visit(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _visit() -> Visit | None:
    """Return who is at the door: somebody new, or a client whose cases have ended, who may begin anew."""
    found, session = current_visit(), current_client()
    if found is not None or session is None:
        return found
    code = executor().read(code_of_returning, session=session)
    return new_visit(code) if code else None


def _away() -> ResponseReturnValue:
    """Send whoever has not identified themselves, or is in already, to where they begin."""
    if current_client() is not None:
        return redirect(PATH, code=303)
    if request.method in SAFE_METHODS:
        return redirect(f"{SIGN_IN}?ended=1", code=303)
    return page(notice="own.sign_in.ended"), 401


def _ask_municipality(visit: Visit, *, error: str = "", elsewhere: str = "") -> str:
    language = current_language()
    found = executor().read(contact_municipalities)
    return render_template(
        "own/contact.html",
        municipalities=sorted(
            ((each.id, in_language(each.name, language)) for each in found), key=lambda item: item[1].casefold()
        ),
        chosen=visit.municipality,
        other=ELSEWHERE,
        error=error,
        elsewhere=elsewhere,
        address=CONTACT,
        leave_address=f"{CONTACT}/leave",
    )


def _form(visit: Visit, *, fields: Raw | None = None, problems: Sequence[Problem] = ()) -> ResponseReturnValue:
    found = executor().read(contact_page, municipality=visit.municipality, now=now())
    if found is None:
        return redirect(CONTACT, code=303)
    drawn = "" if found.form is None else _drawn(found, fields, problems)
    html = render_template(
        "own/contact_form.html",
        municipality=shown(found.municipality.name),
        controller=shown(found.county) if found.county else "",
        unit=shown(found.unit_name) if found.unit_name else "",
        on_call=found.on_call,
        working_days=found.working_days,
        form_html=drawn,
        errors=len(problems),
        address=FORM,
        back_address=CONTACT,
        leave_address=f"{CONTACT}/leave",
    )
    return html, 422 if problems else 200


def _drawn(found: ContactPage, fields: Raw | None, problems: Sequence[Problem]) -> Markup:
    if found.form is None:
        return Markup("")
    view = build_form_view(
        found.form, raw=fields, language=current_language(), around=found.around, problems=problems, focus_id=""
    )
    return Markup(render_template("tasks/_form.html", view=view))  # noqa: S704 - made by our own template
