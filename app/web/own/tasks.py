"""The client's own forms: the same as workers fill in with them, kept as drafts, sent once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.complete_task import Submission, complete_task
from app.commands.keep_uploads import drop_upload
from app.domain.client_words import client_name, client_text
from app.domain.errors import (
    Conflict,
    InstancePaused,
    InvalidInput,
    Problem,
    StateUnreadable,
    TaskAlreadyClosed,
    TaskClaimedByOther,
    TaskHeld,
)
from app.engine.forms import ACTION_NAME, Raw
from app.queries.task_page import TaskPage, task_page
from app.storage.types import NEVER
from app.web import drafts
from app.web.access import current_actor
from app.web.asking import fields_sent, key_of, run, texts_only
from app.web.drafts import Kept
from app.web.forms import conditions_now, dropped_file
from app.web.language import Formats, current_language, texts
from app.web.own.place import PATH, blueprint
from app.web.shell import now
from app.web.stories import shown
from app.web.tasks import beside_of, drawn_form, kept_files

TASKS = f"{PATH}/tasks"


@blueprint.get(f"{TASKS}/<key>")
def show_form(key: str) -> ResponseReturnValue:
    """Show the form with what is known already, or with the client's draft."""
    return _render(_load(key))


@blueprint.post(f"{TASKS}/<key>")
def send_form(key: str) -> ResponseReturnValue:
    """Send the form, add or remove a row of it, or take a file out of it."""
    fields = fields_sent()
    action = request.form.get(ACTION_NAME, "")
    if not action:
        return _complete(key, fields)
    kept = drafts.keep_what_was_sent(key_of(key), fields) if drafts.has_files(fields) else Kept(fields=fields)
    dropped = dropped_file(action)
    if dropped is not None and sum(dropped[1] in sent for sent in fields.values()) <= 1:
        run(drop_upload, task_key=key_of(key), upload_key=key_of(dropped[1]), actor=current_actor())
    return _render(_load(key), fields=kept.fields, problems=kept.problems, row_action=action)


def _complete(key: str, fields: Raw) -> ResponseReturnValue:
    task_key = key_of(key)
    submission = Submission(
        fields=fields,
        page_names=drafts.PAGE_NAMES,
        language=current_language(),
        submission_id=request.form.get("submission_id", "")[:64],
    )
    try:
        run(complete_task, task_key=task_key, actor=current_actor(), submission=submission, now=now())
    except InvalidInput as error:
        # what was typed stands on the page; files cannot, so they wait here until the form is sent again
        kept = drafts.keep_what_was_sent(task_key, fields) if drafts.has_files(fields) else Kept(fields=fields)
        problems = drafts.joined(error.problems, kept.problems)
        return _render(_load(key), fields=kept.fields, problems=problems), 422
    except (TaskAlreadyClosed, TaskClaimedByOther, TaskHeld, InstancePaused, StateUnreadable) as error:
        kept = drafts.keep_what_was_sent(task_key, fields)
        return _render(_load(key), fields=kept.fields, conflict=_told(error)), 409
    except Conflict:
        drafts.keep_what_was_sent(task_key, fields)
        raise
    flash(texts()("own.form.sent"), "success")
    return redirect(PATH, code=303)


def _told(error: Exception) -> str:
    """Say why the form cannot be sent; who of the workers was faster is none of the page's business."""
    say = texts()
    if isinstance(error, TaskAlreadyClosed):
        return say("own.form.closed")
    return say("own.form.with_worker" if isinstance(error, TaskClaimedByOther) else "own.form.not_now")


@blueprint.post(f"{TASKS}/<key>/draft")
def keep_form(key: str) -> ResponseReturnValue:
    """Keep what is filled in so far; answers a script with the words for the page, and a person with the page."""
    task_key, fields = key_of(key), fields_sent()
    kept = drafts.keep_draft(task_key, fields)
    said = texts()("task.draft_saved", when=Formats(current_language()).when(now()))
    if request.accept_mimetypes.best == "application/json":
        page = _load(key) if drafts.has_files(fields) else None
        return jsonify(text=said, files=kept_files(page, fields, kept))
    if kept.problems:
        return _render(_load(key), fields=kept.fields, problems=kept.problems), 422
    flash(said, "success")
    return redirect(f"{TASKS}/{task_key}", code=303)


@blueprint.post(f"{TASKS}/<key>/conditions")
def form_conditions(key: str) -> ResponseReturnValue:
    """Say which fields are shown and required for what is filled in so far, and what is computed."""
    page = _load(key)
    if page.form is None:
        return jsonify(hidden=[], required=[], computed={})
    raw = drafts.answers_only(texts_only(fields_sent()))
    return jsonify(conditions_now(page.form, raw=raw, language=current_language(), around=page.around))


def _load(key: str) -> TaskPage:
    return run(task_page, task_key=key_of(key), actor=current_actor(), now=now())


def _render(
    page: TaskPage,
    *,
    fields: Raw | None = None,
    problems: Sequence[Problem] = (),
    row_action: str = "",
    conflict: str = "",
) -> str:
    task, address = page.task, f"{TASKS}/{page.task.key}"
    may_send = task.status == "open" and not task.held_event and task.assignee is None and page.may_work
    told = client_text(task.properties)
    # whoever was slower may still read and copy what they typed
    form_html, form_view = drawn_form(
        page,
        fields,
        problems,
        row_action,
        conditions_address=f"{address}/conditions",
        disabled=not may_send and not conflict,
    )
    if not conflict and not may_send:
        key = "own.form.closed" if task.status != "open" else "own.form.with_worker" if task.assignee else ""
        conflict = texts()(key or "own.form.not_now")
    return render_template(
        "own/form.html",
        name=shown(client_name(task.properties) or task.name),
        text=shown(told) if told else "",
        due_at=None if task.due_at == NEVER else task.due_at,
        beside=beside_of(page),
        earlier_case=page.earlier,
        may_send=may_send,
        conflict=conflict,
        form_html=form_html,
        form_view=form_view,
        address=address,
        draft_address=f"{address}/draft" if page.form is not None else "",
        draft_saved_at=page.draft_saved_at,
        submission_id=request.form.get("submission_id") or secrets.token_urlsafe(16),
        errors=len(problems),
    )
