"""Drafts as editors save, check, compare and discard them."""

from __future__ import annotations

from flask import Response, abort, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from app.commands.model_drafts import Saved, discard_model_draft, save_model_draft
from app.domain.errors import DraftChanged, InvalidInput
from app.domain.models import SHARED, ModelKind
from app.queries.studio import check_model, compare_with_draft, drafts_by_key, open_model
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import Formats, current_language, texts
from app.web.shell import now
from app.web.studio.place import PATH, blueprint, kind_of, process_address
from app.web.studio.told import conflict_text, count_text, difference_lines, problem_lines, told_problems

#: digits of a revision; a database's integers have ten
LONGEST_NUMBER = 9


def revision_sent(name: str = "revision") -> int:
    """Return the revision that the form was made with; 0 = there was no draft."""
    text = request.form.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= LONGEST_NUMBER else 0


def content_sent() -> bytes:
    """Return the model that the page sends, as one field of text; browsers send every end of a line as CR LF."""
    return request.form.get("content", "").replace("\r\n", "\n").encode()


@blueprint.get(f"{PATH}/source/<kind>/<model_id>")
def source(kind: str, model_id: str) -> ResponseReturnValue:
    """Answer the model as an editor begins with it: the draft, else the newest version."""
    opened = run(
        open_model,
        kind=kind_of(kind),
        model_id=model_id,
        actor=current_actor(),
        own_copy=bool(request.args.get("copy")),
        published=bool(request.args.get("published")),
    )
    return _file(opened.content, opened.kind, f"{model_id}.{opened.kind.value}")


@blueprint.get(f"{PATH}/original/<key>")
def original(key: str) -> ResponseReturnValue:
    """Answer the file that was imported, byte for byte."""
    draft = run(drafts_by_key, keys=[key_of(key)], actor=current_actor())[0]
    if draft.original is None:
        abort(404)
    return _file(draft.original, draft.line.kind, f"{draft.line.model_id}-original.{draft.line.kind.value}")


def _file(content: bytes, kind: ModelKind, name: str) -> Response:
    response = Response(content, mimetype="application/json" if kind is ModelKind.FORM else "application/xml")
    if request.args.get("download") or request.endpoint == "studio.original":
        response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@blueprint.post(f"{PATH}/drafts/<kind>/<model_id>")
def save(kind: str, model_id: str) -> ResponseReturnValue:
    """Save what an editor sends; answers its script: {revision, text}, or 409 with who was faster."""
    try:
        saved = run(
            save_model_draft,
            kind=kind_of(kind),
            model_id=model_id,
            content=content_sent(),
            revision=revision_sent(),
            base_hash=request.form.get("base", "")[:64],
            actor=current_actor(),
            own_copy=bool(request.form.get("copy")),
            quietly=by_itself(),
            now=now(),
        )
    except DraftChanged as error:
        return told_conflict(error)
    except InvalidInput as error:
        lines = told_problems(error.problems)
        return jsonify(problems=lines, text=count_text(lines)), 422
    return told_saved(saved)


def by_itself() -> bool:
    """Return whether an editor saves without having been asked to: it is answered as a script and told nowhere else."""
    return bool(request.form.get("quietly"))


def told_saved(saved: Saved) -> Response:
    """Answer an editor's script what was saved."""
    said = texts()("studio.draft_saved", when=Formats(current_language()).time(saved.at))
    return jsonify(key=str(saved.key), revision=saved.revision, text=said, publish=f"{PATH}/publish?draft={saved.key}")


def told_conflict(error: DraftChanged) -> ResponseReturnValue:
    """Answer an editor's script who was faster."""
    return jsonify(conflict=conflict_text(error), revision=error.revision, key=str(error.key)), 409


@blueprint.post(f"{PATH}/check/<kind>")
def check(kind: str) -> ResponseReturnValue:
    """Say what publishing would say; answers the editor's script."""
    lines = problem_lines(run(check_model, kind=kind_of(kind), content=content_sent(), actor=current_actor()))
    return jsonify(problems=lines, text=count_text(lines))


@blueprint.post(f"{PATH}/compare/<kind>/<model_id>")
def compare_with_saved(kind: str, model_id: str) -> ResponseReturnValue:
    """Say what the sent model changes against the draft that somebody else has saved."""
    try:
        differences = run(
            compare_with_draft,
            kind=kind_of(kind),
            model_id=model_id,
            content=content_sent(),
            actor=current_actor(),
        )
    except InvalidInput as error:
        lines = told_problems(error.problems)
        return jsonify(problems=lines, text=count_text(lines)), 422
    return jsonify(differences=difference_lines(differences))


@blueprint.post(f"{PATH}/discard/<key>")
def discard(key: str) -> ResponseReturnValue:
    """Throw the draft away; the published versions stay."""
    draft_key = key_of(key)
    try:
        line = run(
            discard_model_draft,
            draft_key=draft_key,
            revision=revision_sent(),
            actor=current_actor(),
            now=now(),
        )
    except DraftChanged as error:
        flash(conflict_text(error), "warning")
        return redirect(PATH, code=303)
    flash(texts()("studio.discarded"), "success")
    published = line.kind is ModelKind.DIAGRAM and line.owner_key == SHARED and request.form.get("published")
    return redirect(process_address(line.model_id) if published else PATH, code=303)
