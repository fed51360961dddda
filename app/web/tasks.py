"""The task page: the form beside the case; drafts; completing; what comes next."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.commands.complete_task import Submission, complete_task
from app.commands.keep_uploads import KeptFields, drop_upload
from app.commands.print_statement_frame import PRINT
from app.commands.read_notices import read_notices
from app.commands.save_draft import draft_mark
from app.commands.write_comment import Written, write_comment
from app.documents import Template
from app.domain.errors import (
    Conflict,
    DraftElsewhere,
    InstancePaused,
    InvalidInput,
    Problem,
    StateUnreadable,
    TaskAlreadyClosed,
    TaskClaimedByOther,
    TaskHeld,
)
from app.domain.localized import in_language
from app.domain.steps import ElementOutline
from app.domain.support_people import SupportPerson, Told
from app.engine.forms import ACTION_NAME, Raw
from app.queries.people import role_names
from app.queries.task_page import CasePanel, TaskPage, task_page
from app.queries.worklist import next_tasks
from app.storage.types import NEVER
from app.web import drafts, security, task_conflicts
from app.web.access import current_actor
from app.web.asking import fields_sent, key_of, read, run, texts_only
from app.web.comments import comments_of, written
from app.web.drafts import Kept
from app.web.forms import answered, apply_action, build_form_view, conditions_now, dropped_file, kept_files_of, raw_of
from app.web.language import Formats, current_language, texts
from app.web.shell import executor, now
from app.web.stories import been_and_here, diagram_address, shown, steps, story
from app.web.task_handling import handling_of
from app.web.worklist import group_text

#: of a step in the requirement: a letter, digits, perhaps a letter
_NUMBER = re.compile(r"\A\s*[a-z]\d{1,2}[a-z]?:\s+")
blueprint = Blueprint("tasks", __name__)


@blueprint.get("/tasks/<key>")
def show(key: str) -> ResponseReturnValue:
    """Show the task with what is known already, or with the person's draft; what is new about it is seen by that."""
    page = _load(key)
    if page.has_news:
        run(read_notices, actor=current_actor(), task_key=page.task.key, now=now())
    return _render(page)


@blueprint.post("/tasks/<key>/comments")
def comment(key: str) -> ResponseReturnValue:
    """Keep a comment, and go back to where it stands."""
    sent, task_key = written(), key_of(key)
    try:
        run(write_comment, task_key=task_key, written=sent, actor=current_actor(), now=now())
    except InvalidInput as error:
        return _render(_load(key), comment=sent, comment_problems=error.problems), 422
    except Conflict:
        # the same press twice: the first one is kept
        return redirect(f"/tasks/{task_key}#comments", code=303)
    flash(texts()("comment.kept"), "success")
    return redirect(f"/tasks/{task_key}#comments", code=303)


@blueprint.post("/tasks/<key>")
def send(key: str) -> ResponseReturnValue:
    """Complete the task, add or remove a row of the form, or take a file out of it."""
    fields = fields_sent()
    action = request.form.get(ACTION_NAME, "")
    if not action:
        return _complete(key, fields)
    kept = drafts.keep_what_was_sent(key_of(key), fields) if drafts.has_files(fields) else Kept(fields=fields)
    dropped = dropped_file(action)
    if dropped is not None and sum(dropped[1] in sent for sent in fields.values()) <= 1:
        run(drop_upload, task_key=key_of(key), upload_key=key_of(dropped[1]), actor=current_actor())
    return _render(
        _load(key), fields=kept.fields, problems=kept.problems, row_action=action, draft_seen=_seen_still(fields)
    )


def _seen_still(fields: Raw) -> str | None:
    """Return by what the page that was sent knew its draft, None where what it held has just been kept instead."""
    return None if drafts.has_files(fields) else request.form.get("draft_seen")


def _complete(key: str, fields: Raw) -> ResponseReturnValue:
    task_key = key_of(key)
    submission = Submission(
        fields=fields,
        page_names=drafts.PAGE_NAMES,
        language=current_language(),
        submission_id=request.form.get("submission_id", "")[:64],
        page=drafts.page_written_on(),
    )
    try:
        completed = run(complete_task, task_key=task_key, actor=current_actor(), submission=submission, now=now())
    except InvalidInput as error:
        # what was typed stands on the page; files cannot, so they wait here until the form is sent again
        kept = drafts.keep_what_was_sent(task_key, fields) if drafts.has_files(fields) else Kept(fields=fields)
        problems = drafts.joined(error.problems, kept.problems)
        return _render(_load(key), fields=kept.fields, problems=problems, draft_seen=_seen_still(fields)), 422
    except DraftElsewhere as error:
        page, typed = _load(key), texts_only(fields)
        notice = task_conflicts.written_elsewhere(page, typed, error, completing=True)
        return _render(page, fields=typed, notice=notice), 409
    except (TaskAlreadyClosed, TaskClaimedByOther, TaskHeld, InstancePaused) as error:
        # what was typed is kept: as a draft of this person, and on the page
        kept = drafts.keep_what_was_sent(task_key, fields)
        return _render(_load(key), fields=kept.fields, conflict=error), 409
    except StateUnreadable:
        kept = drafts.keep_what_was_sent(task_key, fields)
        notice = task_conflicts.stuck(fields, kept)
        return _render(_load(key), fields=kept.fields, problems=kept.problems, notice=notice), 409
    except Conflict:
        drafts.keep_what_was_sent(task_key, fields)
        raise
    if completed.held:
        return redirect(f"/tasks/{task_key}", code=303)
    return redirect(f"/tasks/{task_key}/done", code=303)


@blueprint.post("/tasks/<key>/draft")
def draft(key: str) -> ResponseReturnValue:
    """Keep what is filled in so far; answers a script with the words for the page, and a person with the page."""
    task_key = key_of(key)
    fields = fields_sent()
    try:
        kept = drafts.keep_draft(task_key, fields, page=drafts.page_written_on())
    except DraftElsewhere as error:
        return _written_elsewhere(key, texts_only(fields), error), 409
    said = texts()("task.draft_saved", when=Formats(current_language()).when(now()))
    if _asked_by_script():
        page = _load(key) if drafts.has_files(fields) else None
        return jsonify(text=said, files=kept_files(page, fields, kept))
    if kept.problems:
        return _render(_load(key), fields=kept.fields, problems=kept.problems), 422
    flash(said, "success")
    return redirect(f"/tasks/{task_key}", code=303)


def _asked_by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _written_elsewhere(key: str, fields: Raw, error: DraftElsewhere) -> str | Response:
    if _asked_by_script():
        return jsonify(text=texts()("task.elsewhere"))
    page = _load(key)
    return _render(page, fields=fields, notice=task_conflicts.written_elsewhere(page, fields, error))


def kept_files(page: TaskPage | None, sent: Raw, kept: KeptFields) -> dict[str, str]:
    """Return, by the name of its input, what stands on the page for a field whose new files were all kept just now."""
    names = {name for name in sent if drafts.has_files({name: sent[name]})}
    if page is None or page.form is None:
        return {}
    refused = {problem.place.replace(".", "-") for problem in kept.problems}
    fields = kept_files_of(page.form, kept.fields, names=names, language=current_language(), around=page.around)
    return {
        name: render_template("tasks/_kept_files.html", field=field)
        for name, field in fields.items()
        if name not in refused
    }


@blueprint.post("/tasks/<key>/conditions")
def conditions(key: str) -> ResponseReturnValue:
    """Say which fields are shown and required for what is filled in so far, and what is computed."""
    page = _load(key)
    if page.form is None:
        return jsonify(hidden=[], required=[], computed={})
    raw = drafts.answers_only(texts_only(fields_sent()))
    return jsonify(conditions_now(page.form, raw=raw, language=current_language(), around=page.around))


@blueprint.get("/tasks/<key>/done")
def done(key: str) -> ResponseReturnValue:
    """Say that it is done, and offer what is next."""
    actor = current_actor()
    found = read(next_tasks, task_key=key_of(key), actor=actor, now=now())
    line, say = found.done, texts()
    return render_template(
        "tasks/done.html",
        done={
            "name": line.name,
            "address": f"/tasks/{line.key}",
            "case_number": line.case_number,
            "case_address": f"/cases/{line.case_key}" if line.case_key else "",
        },
        next_tasks=[
            {
                "name": item.name,
                "note": say("done.same_case") if item.key in found.same_case else shown(item.process_name),
                "due_at": item.due_at,
                "address": f"/tasks/{item.key}",
                "take_address": "" if item.key in found.mine else f"/tasks/{item.key}/take",
            }
            for item in found.lines
        ],
        waiting_text="",
        reopen_address=f"/tasks/{line.key}/reopen" if found.obstacle is None else "",
        not_reopenable=say(f"reopen.not.{found.obstacle}") if found.obstacle is not None else "",
    )


def _load(key: str) -> TaskPage:
    return run(task_page, task_key=key_of(key), actor=current_actor(), now=now())


def shown_again(key: str, *, handling: Mapping[str, str]) -> str:
    """Return the task's page with what was typed beside its form, and what is wrong with it."""
    return _render(_load(key), handling=handling)


def _render(
    page: TaskPage,
    *,
    fields: Raw | None = None,
    problems: Sequence[Problem] = (),
    row_action: str = "",
    conflict: TaskAlreadyClosed | TaskClaimedByOther | TaskHeld | InstancePaused | None = None,
    notice: Mapping[str, Any] | None = None,
    comment: Written | None = None,
    comment_problems: Sequence[Problem] = (),
    draft_seen: str | None = None,
    handling: Mapping[str, str] | None = None,
) -> str:
    if page.may_work or page.mine:
        security.allow_diagram()
    task, line, actor = page.task, page.line, current_actor()
    roles = executor().read(role_names)
    at_rest = task.status == "open" and not task.held_event
    free = task.assignee is None and at_rest and page.may_work
    may_edit = at_rest and (page.mine or free or page.stands_in) and conflict is None
    # whoever was slower may still read and copy what they typed
    form_html, form_view = drawn_form(
        page,
        fields,
        problems,
        row_action,
        conditions_address=f"/tasks/{task.key}/conditions",
        disabled=not may_edit and conflict is None,
    )
    been, here = been_and_here(page.history)
    elements = page.outline.elements
    return render_template(
        "tasks/task.html",
        task={
            "key": str(task.key),
            "name": task.name,
            "process_name": line.process_name,
            "address": f"/tasks/{task.key}",
            "case_number": line.case_number if page.panel else "",
            "case_address": f"/cases/{task.case_key}" if page.panel else "",
            "due_at": None if task.due_at == NEVER else task.due_at,
            "created_at": task.created_at,
            "priority": task.priority,
            "group_text": group_text(task.candidate_groups, roles, first=actor.roles),
            "status": task.status,
            "assignee_name": line.assignee_name,
            "stands_in": page.stands_in and task.status == "open",
            "mine": page.mine and task.status == "open",
            "may_edit": may_edit,
            "take_address": f"/tasks/{task.key}/take" if free else "",
            "release_address": f"/tasks/{task.key}/release" if page.mine and at_rest else "",
            "held": task.held_event if task.status == "open" else "",
            "paused_at": line.paused_at if task.status == "open" else None,
            "denial": task.denial if at_rest and page.may_work else "",
            "ended_at": task.ended_at,
            "ended_for_other": task.assignee is not None and task.completed_by not in (None, task.assignee),
            "ended_by_name": page.completed_by_name,
        },
        instructions=instructions_of(page.element),
        pathway=page.published,
        form_html=form_html,
        form_view=form_view,
        form_address=f"/tasks/{task.key}",
        form_enctype="multipart/form-data"
        if form_view is not None and form_view.has_files
        else "application/x-www-form-urlencoded",
        conditions_address=f"/tasks/{task.key}/conditions",
        draft_address=f"/tasks/{task.key}/draft" if page.form is not None else "",
        draft_saved_at=page.draft_saved_at,
        draft_seen=draft_mark(page.draft_saved_at) if draft_seen is None else draft_seen,
        submission_id=request.form.get("submission_id") or secrets.token_urlsafe(16),
        revision=task.revision,
        errors=len(problems) + len(comment_problems) + (handling is not None),
        conflict=notice or task_conflicts.told(page, fields, conflict),
        complete_text=texts()("task.complete"),
        print_address=f"/tasks/{task.key}/statement-frame" if _prints(page) and may_edit else "",
        client=client_of(page.panel) if page.panel else None,
        client_hidden=page.panel is not None and page.panel.client is None,
        facts=_facts(page.panel),
        steps=steps(elements, been=been, here=here),
        diagram={
            "address": diagram_address(task.definition_key),
            "facts": {"here": sorted(here), "been": sorted(been), "focus": task.element_id},
        },
        history=story(page.history, {element.element_id: element for element in elements})[:12],
        history_address=f"/cases/{task.case_key}" if page.panel else "",
        documents=[],
        handling={**handling_of(page, roles), **(handling or {})},
        comments=comments_of(
            page.comments,
            task_key=task.key,
            typed=comment,
            problems=comment_problems,
            submission_id=secrets.token_urlsafe(16),
        ),
        earlier_case=page.earlier,
        plan_changes=page.plan.agreed if page.plan is not None else 0,
        beside=beside_of(page),
        beside_lists=[{"title": texts()(f"beside.{listed.kind}"), "rows": listed.rows} for listed in page.beside.lists],
        on_call=page.on_call,
        related=[
            {
                "text": shown(item.name),
                "address": f"/tasks/{item.key}",
                "note": item.assignee_name or group_text(item.candidate_groups, roles, first=actor.roles),
            }
            for item in (page.panel.other_tasks if page.panel else ())
        ],
        may_see=actor.user_key is not None,
    )


def _prints(page: TaskPage) -> bool:
    """Tell whether the process owner offers the frame of a statement beside the task."""
    return page.element is not None and page.element.properties.get(PRINT) == Template.STATEMENT_FRAME


def drawn_form(
    page: TaskPage,
    fields: Raw | None,
    problems: Sequence[Problem],
    row_action: str,
    *,
    conditions_address: str,
    disabled: bool,
) -> tuple[Markup | str, Any]:
    """Return the task's form as it stands on the page with what it was drawn from; ("", None) where it has none."""
    if page.form is None:
        return "", None
    language = current_language()
    known: Raw = page.draft if page.draft is not None else raw_of(page.form, page.values, language=language)
    raw: Raw = known if fields is None else drafts.answers_only(fields)
    focus = ""
    if row_action:
        changed = apply_action(page.form, raw, action=row_action)
        if changed is not None:
            raw, focus = changed.raw, changed.focus_id
    view = build_form_view(page.form, raw=raw, language=language, around=page.around, problems=problems, focus_id=focus)
    drawn = render_template("tasks/_form.html", view=view, conditions_address=conditions_address, disabled=disabled)
    return Markup(drawn), view  # noqa: S704 - made by our own template


def beside_of(page: TaskPage) -> list[dict[str, Any]]:
    """Return the earlier forms beside the form, with their answers."""
    language = current_language()
    return [
        {
            "title": in_language(earlier.form.title, language),
            "at": earlier.answered_at,
            "answers": answered(earlier.form, earlier.values, language=language, choices=earlier.choices),
        }
        for earlier in page.beside.forms
    ]


def instructions_of(element: ElementOutline | None) -> list[str]:
    """
    Return what the process owner says of the step, paragraph by paragraph.

    The step's number in the requirement, which owners put first ("b2: ..."), is theirs and left out.
    """
    if element is None or not element.documentation:
        return []
    told = _NUMBER.sub("", in_language(element.documentation, current_language()))
    text = told[:1].upper() + told[1:]
    return [paragraph.strip() for paragraph in text.split("\n") if paragraph.strip()]


def client_of(panel: CasePanel) -> dict[str, Any] | None:
    """Return the client as the pages show them, None where the person may not know who it is."""
    if panel.client is None:
        return None
    return client_facts(panel.client, panel.support)


def client_facts(client: Any, support: Sequence[SupportPerson] = ()) -> dict[str, Any]:
    """Return name, birth date, telephone, who supports them, and what all who serve the client have to know."""
    say = texts()
    needs = [say("client.interpreter")] if client.needs.interpreter else []
    needs += [say("client.sign_language")] if client.needs.sign_language else []
    key = f"client.language_{client.needs.language}"
    language = say(key) if key in say else client.needs.language
    return {
        "name": client.identity.name,
        "birth_date": client.identity.birth_date,
        "language": ", ".join([language, *needs]),
        "phone": client.identity.phone,
        "protected": client.needs.protected_address,
        "support": [support_line(person) for person in support],
    }


def support_line(person: SupportPerson) -> dict[str, Any]:
    """Return who supports a client, with what they may be told in words."""
    say = texts()
    told = [say(f"support.told.{each}") for each in Told if each in person.told]
    return {
        "key": str(person.key),
        "name": person.name,
        "relation": person.relation,
        "contact": ", ".join(text for text in (person.phone, person.email) if text),
        "told": say("support.may_be_told", what=", ".join(told)) if told else say("support.told_nothing"),
        "consented_on": person.consented_on,
        "ended_at": person.ended_at,
        "is_live": person.is_live,
    }


def _facts(panel: CasePanel | None) -> list[dict[str, str]]:
    if panel is None:
        return []
    say, formats = texts(), Formats(current_language())
    facts = [{"name": say("case.fact_opened"), "value": formats.full_date(panel.case.opened_at)}]
    if panel.owner_name:
        facts.append({"name": say("case.fact_owner"), "value": panel.owner_name})
    facts += [
        {"name": say("case.fact_appointment"), "value": formats.moment(item.starts_at)}
        for item in panel.appointments
        if item.status == "booked" and item.starts_at >= now()
    ][:2]
    if panel.hidden and panel.client is not None:
        groups = ", ".join(say(f"data_group.{group}") for group in panel.hidden)
        facts.append({"name": say("case.fact_hidden"), "value": groups})
    return facts
