"""Models that are written as text: forms, with a preview beside them; and decisions that are no tables."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.commands.model_drafts import hash_of, save_model_draft
from app.domain.errors import DraftChanged, InvalidInput
from app.domain.models import ModelKind
from app.queries.model_trials import FormPreview, preview_form
from app.queries.studio import check_model, open_model
from app.web.access import current_actor
from app.web.asking import run
from app.web.forms import build_form_view
from app.web.language import current_language, texts
from app.web.shell import now
from app.web.stories import shown
from app.web.studio.drafts import by_itself, content_sent, revision_sent, told_conflict, told_saved
from app.web.studio.place import PATH, blueprint, draft_address, editor_address
from app.web.studio.told import conflict_text, count_text, draft_text, problem_lines, told_problems


@blueprint.get(f"{PATH}/forms/<model_id>")
def edit_form(model_id: str) -> ResponseReturnValue:
    """Open the form as text, with what the check says and a preview."""
    return render_written(ModelKind.FORM, model_id)


@blueprint.post(f"{PATH}/forms/<model_id>")
def send_form(model_id: str) -> ResponseReturnValue:
    """Save the form as a draft, or only look at what was typed: check and preview."""
    return send_written(ModelKind.FORM, model_id)


@blueprint.post(f"{PATH}/preview")
def preview() -> ResponseReturnValue:
    """Answer the form as people would see it, as a part of a page."""
    return str(_preview(content_sent()))


def send_written(kind: ModelKind, model_id: str) -> ResponseReturnValue:
    """Take what was typed into the text of a model."""
    content = content_sent()
    if request.form.get("action") == "look":
        return render_written(kind, model_id, content=content)
    try:
        saved = run(
            save_model_draft,
            kind=kind,
            model_id=model_id,
            content=content,
            revision=revision_sent(),
            base_hash=request.form.get("base", "")[:64],
            actor=current_actor(),
            own_copy=bool(request.form.get("copy") or request.form.get("action") == "copy"),
            quietly=by_itself(),
            now=now(),
        )
    except DraftChanged as error:
        if by_itself():
            return told_conflict(error)
        return render_written(kind, model_id, content=content, conflict=error), 409
    except InvalidInput as error:
        return render_written(kind, model_id, content=content, refused=error), 422
    if by_itself():
        return told_saved(saved)
    flash(texts()("studio.saved"), "success")
    copy = request.form.get("copy") or request.form.get("action") == "copy"
    return redirect(editor_address(kind, model_id) + ("?copy=1" if copy else ""), code=303)


def render_written(
    kind: ModelKind,
    model_id: str,
    *,
    content: bytes | None = None,
    conflict: DraftChanged | None = None,
    refused: InvalidInput | None = None,
) -> str:
    """Show the text of a model: what was typed where something was, else the draft, else the newest version."""
    own_copy = bool(request.args.get("copy") or request.form.get("copy"))
    opened = run(open_model, kind=kind, model_id=model_id, actor=current_actor(), own_copy=own_copy)
    written = opened.content if content is None else content
    draft = opened.draft.line if opened.draft else None
    name = draft.name if draft else opened.source.line.name if opened.source else {}
    lines = (
        told_problems(refused.problems)
        if refused is not None
        else problem_lines(run(check_model, kind=kind, content=written, actor=current_actor()))
    )
    # who saves over another's draft has seen that there is one: the page then carries its revision
    revision = conflict.revision if conflict else draft.revision if draft else 0
    return render_template(
        "studio/written.html",
        model={
            "name": shown(name) or model_id,
            "model_id": model_id,
            "kind": kind.value,
            "address": editor_address(kind, model_id),
            "content": written.decode("utf-8", "replace"),
            "revision": revision if content is None or conflict else revision_sent(),
            "base": draft.base_hash if draft else hash_of(opened.source),
            "own_copy": own_copy,
            "draft_text": draft_text(draft),
            "publish_address": f"{PATH}/publish?draft={draft.key}" if draft else "",
            "conflict": conflict_text(conflict) if conflict else "",
        },
        facts={
            "kind": kind.value,
            "check": f"{PATH}/check/{kind.value}",
            "save": draft_address(kind, model_id),
            "preview": f"{PATH}/preview" if kind is ModelKind.FORM else "",
            "unsaved": content is not None,
        },
        problems=lines,
        problems_text=count_text(lines),
        preview_html=_preview(written) if kind is ModelKind.FORM else "",
    )


def _preview(content: bytes) -> Markup:
    found: FormPreview | None = run(preview_form, content=content, actor=current_actor(), now=now())
    if found is None:
        return Markup("")
    view = build_form_view(found.form, raw=None, language=current_language(), around=found.around)
    return Markup(render_template("tasks/_form.html", view=view, disabled=True))  # noqa: S704 - our own template
