"""Put right an answer that is people, organisations, rows or files: its question by itself, drawn as on its form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.commands.correct_data import correct_answer
from app.domain.errors import Conflict, InvalidInput, Problem
from app.domain.forms import Field, FieldType
from app.engine.forms import ACTION_NAME, Raw, question_alone
from app.queries.case_rights import AnswerToCorrect, answer_to_correct
from app.storage.unit_of_work import UnitOfWork
from app.web import drafts
from app.web.access import current_actor
from app.web.asking import fields_sent, key_of, run
from app.web.forms import apply_action, build_form_view, raw_of
from app.web.language import current_language, texts
from app.web.shell import now
from app.web.stories import shown

blueprint = Blueprint("case_corrections", __name__)
PATH = "/cases/<key>/rights/answer/<answer>"


@blueprint.get(PATH)
def show(key: str, answer: str) -> ResponseReturnValue:
    """Show the question with the answer that is kept."""
    return _page(key, answer)


@blueprint.post(PATH)
def send(key: str, answer: str) -> ResponseReturnValue:
    """Write the answer as it is right; or add or remove a row of it, or take a file out of it."""
    fields = drafts.answers_only(fields_sent())
    action = request.form.get(ACTION_NAME, "")
    if action:
        return _page(key, answer, fields=fields, row_action=action)
    try:
        run(put_right, case_key=key_of(key), answer_key=key_of(answer), raw_of_question=lambda _: fields)
    except InvalidInput as error:
        return _page(key, answer, fields=fields, problems=error.problems), 422
    except Conflict:
        flash(texts()("case_rights.changed_meanwhile"), "warning")
    else:
        flash(texts()("case_rights.corrected"), "success")
    return redirect(f"/cases/{key_of(key)}/rights", code=303)


def put_right(uow: UnitOfWork, *, case_key: int, answer_key: int, raw_of_question: Callable[[Field], Raw]) -> None:
    """
    Write the answer by what was sent for its question; who may do so is found out in the same transaction.

    :raises NotFound: no such case or answer
    :raises InvalidInput, Conflict: as correct_answer
    """
    found = answer_to_correct(uow, case_key=case_key, answer_key=answer_key, actor=current_actor(), now=now())
    given = found.given
    correct_answer(
        uow,
        client_key=found.page.client.key,
        case_key=case_key,
        kept=given.kept,
        form=given.form,
        asked=given.asked,
        raw=raw_of_question(given.asked),
        around=found.around,
        language=current_language(),
        actor=current_actor(),
        now=now(),
    )


def _page(
    key: str,
    answer: str,
    *,
    fields: Raw | None = None,
    problems: Sequence[Problem] = (),
    row_action: str = "",
) -> str:
    found = run(answer_to_correct, case_key=key_of(key), answer_key=key_of(answer), actor=current_actor(), now=now())
    given, language = found.given, current_language()
    form = question_alone(given.form, given.asked)
    raw = _kept(found, language) if fields is None else fields
    changed = apply_action(form, raw, action=row_action) if row_action else None
    if changed is not None:
        raw = changed.raw
    view = build_form_view(
        form,
        raw=raw,
        language=language,
        around=found.around,
        problems=problems,
        focus_id=changed.focus_id if changed else "",
    )
    return render_template(
        "cases/correction.html",
        question=shown(given.asked.label),
        answered_at=given.kept.answer.answered_at,
        case={"number": found.page.case_number, "address": f"/cases/{found.page.case_key}"},
        rights_address=f"/cases/{found.page.case_key}/rights",
        address=f"/cases/{found.page.case_key}/rights/answer/{given.kept.key}",
        form_html=Markup(render_template("tasks/_form.html", view=view)),  # noqa: S704 - made by our own template
        has_files=view.has_files,
        errors=len(problems),
    )


def _kept(found: AnswerToCorrect, language: str) -> Raw:
    """Return the answer that is kept as a browser would send it; files by the keys of their documents."""
    given = found.given
    if given.asked.type is FieldType.FILE:
        return {given.asked.key: list(found.around.documents)}
    return raw_of(given.form, {given.asked.key: given.kept.answer.value}, language=language)
