"""
Anonymous questions: the page behind a link in a mail, for whoever brings it.

Nobody is asked who they are, and nothing says who has come: this door opens no session, reads none and logs nothing.
The token stands in the address, because mails carry addresses; that page changes nothing. Sending the answers uses
the token up.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.commands.anonymous_answers import answer_survey
from app.domain.errors import InvalidInput, Problem
from app.domain.localized import in_language
from app.domain.surveys import AnswerLinkDead
from app.engine.forms import Raw
from app.queries.surveys import AnswerPage, answer_page
from app.web.access import public
from app.web.asking import fields_sent, texts_only
from app.web.drafts import PAGE_NAMES
from app.web.forms import build_form_view
from app.web.language import current_language
from app.web.shell import executor, now

blueprint = Blueprint("answering", __name__)
PATH = "/answer"
#: longer is no token of ours
LONGEST = 100


@blueprint.get(f"{PATH}/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show the questions; a link that is none, used or too old says so."""
    try:
        return _render(executor().read(answer_page, token=token[:LONGEST], now=now()), token)
    except AnswerLinkDead:
        return _dead()


@blueprint.post(f"{PATH}/<token>")
@public
def send(token: str) -> ResponseReturnValue:
    """Keep the answers, once."""
    fields = texts_only(fields_sent())
    given = {name: values for name, values in fields.items() if name not in PAGE_NAMES}
    try:
        executor().run(
            answer_survey,
            token=token[:LONGEST],
            fields=given,
            page_names=frozenset(),
            language=current_language(),
            now=now(),
        )
    except InvalidInput as error:
        page = executor().read(answer_page, token=token[:LONGEST], now=now())
        return _render(page, token, fields=given, problems=error.problems), 422
    except AnswerLinkDead:
        return _dead()
    return redirect(PATH, code=303)


@blueprint.get(PATH)
@public
def thanks() -> ResponseReturnValue:
    """Say that the answers are in; the page knows of none."""
    return render_template("answering/thanks.html", dead=False)


def _dead() -> ResponseReturnValue:
    return render_template("answering/thanks.html", dead=True), 410


def _render(page: AnswerPage, token: str, *, fields: Raw | None = None, problems: Sequence[Problem] = ()) -> str:
    language = current_language()
    view = build_form_view(page.form, raw=fields, language=language, around=page.around, problems=problems)
    return render_template(
        "answering/form.html",
        title=in_language(page.form.title, language),
        form_html=Markup(render_template("tasks/_form.html", view=view)),  # noqa: S704 - made by our own template
        address=f"{PATH}/{token}",
        errors=len(problems),
    )
