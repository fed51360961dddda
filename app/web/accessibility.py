"""The accessibility statement and the feedback on accessibility: both for anybody, signed in or not."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.commands.accessibility_feedback import send_feedback
from app.domain.errors import InvalidInput, Problem
from app.domain.localized import in_language
from app.engine.forms import Raw
from app.queries.feedback import feedback_form
from app.web.access import public
from app.web.asking import fields_sent, texts_only
from app.web.drafts import PAGE_NAMES
from app.web.forms import build_form_view
from app.web.language import current_language
from app.web.shell import executor, now

blueprint = Blueprint("accessibility", __name__)
STATEMENT = "/accessibility"
FEEDBACK = f"{STATEMENT}/feedback"


@blueprint.get(STATEMENT)
@public
def accessibility() -> ResponseReturnValue:
    """Show the accessibility statement (act 306/2019)."""
    return render_template("accessibility.html", feedback_address=FEEDBACK)


@blueprint.get(FEEDBACK)
@public
def ask() -> ResponseReturnValue:
    """Ask what is not accessible."""
    return _render()


@blueprint.post(FEEDBACK)
@public
def send() -> ResponseReturnValue:
    """Keep the feedback, whose answer somebody owes within 14 days."""
    fields = texts_only(fields_sent())
    given = {name: values for name, values in fields.items() if name not in PAGE_NAMES}
    try:
        executor().run(send_feedback, fields=given, page_names=frozenset(), language=current_language(), now=now())
    except InvalidInput as error:
        return _render(fields=given, problems=error.problems), 422
    return redirect(f"{FEEDBACK}/sent", code=303)


@blueprint.get(f"{FEEDBACK}/sent")
@public
def thanks() -> ResponseReturnValue:
    """Say that the feedback is there, and when the answer comes."""
    return render_template("accessibility/sent.html")


def _render(*, fields: Raw | None = None, problems: Sequence[Problem] = ()) -> str:
    language = current_language()
    found = executor().read(feedback_form, now=now())
    view = build_form_view(found.form, raw=fields, language=language, around=found.around, problems=problems)
    return render_template(
        "accessibility/feedback.html",
        title=in_language(found.form.title, language),
        form_html=Markup(render_template("tasks/_form.html", view=view)),  # noqa: S704 - made by our own template
        address=FEEDBACK,
        errors=len(problems),
    )
