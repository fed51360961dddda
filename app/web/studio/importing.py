"""Bring in what was drawn elsewhere, and read what was put right in it and what is still wrong."""

from __future__ import annotations

from flask import redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from app.commands.model_drafts import import_model_draft
from app.domain.errors import DraftChanged, InvalidInput
from app.domain.models import LARGEST_MODEL
from app.queries.studio import check_model, drafts_by_key
from app.web.access import current_actor
from app.web.asking import address, key_of, run
from app.web.language import texts
from app.web.shell import now
from app.web.stories import shown
from app.web.studio.place import PATH, blueprint, editor_address
from app.web.studio.told import conflict_text, count_text, problem_lines, told_problems

#: where the named repairs of an import wait for the page that tells them, once
SAID = "import_repairs"
MOST_SAID = 40


@blueprint.get(f"{PATH}/import")
def begin_import() -> ResponseReturnValue:
    """Ask for a file or its text."""
    # who may not draw learns it here and not after the upload
    run(drafts_by_key, keys=[], actor=current_actor())
    return _render()


@blueprint.post(f"{PATH}/import")
def send_import() -> ResponseReturnValue:
    """Make a draft of the file and tell what was put right."""
    pasted = request.form.get("content", "")
    file = request.files.get("file")
    # one byte more than is allowed, so that the reader refuses it and nothing larger is ever held
    content = file.read(LARGEST_MODEL + 1) if file is not None and file.filename else pasted.encode()
    own_copy = bool(request.form.get("copy"))
    try:
        found = run(import_model_draft, content=content, actor=current_actor(), own_copy=own_copy, now=now())
    except DraftChanged as error:
        return _render(pasted=pasted, conflict=conflict_text(error)), 409
    except InvalidInput as error:
        return _render(pasted=pasted, problems=told_problems(error.problems)), 422
    repairs = [line["text"] for line in told_problems(found.imported.repairs)]
    places = [line["name"] for line in told_problems(found.imported.repairs)]
    session[SAID] = {
        "key": str(found.draft.key),
        "repairs": [list(pair) for pair in zip(places, repairs, strict=True)][:MOST_SAID],
        "more": max(0, len(repairs) - MOST_SAID),
    }
    return redirect(f"{PATH}/imported/{found.draft.key}", code=303)


@blueprint.get(f"{PATH}/imported/<key>")
def imported(key: str) -> ResponseReturnValue:
    """Tell each repair, and each refusal that is left, with the name of its element."""
    draft = run(drafts_by_key, keys=[key_of(key)], actor=current_actor())[0]
    line = draft.line
    said = session.get(SAID) or {}
    repairs = said.get("repairs", []) if said.get("key") == key else []
    lines = problem_lines(run(check_model, kind=line.kind, content=draft.content, actor=current_actor()))
    editor = editor_address(line.kind, line.model_id)
    copy = "1" if line.owner_key else ""
    return render_template(
        "studio/imported.html",
        draft={
            "name": shown(line.name) or line.model_id,
            "model_id": line.model_id,
            "address": address(editor, copy=copy),
            "original_address": f"{PATH}/original/{line.key}" if draft.original is not None else "",
            "publish_address": f"{PATH}/publish?draft={line.key}",
        },
        repairs=repairs,
        more=texts().plural("studio.more_repairs", count=said["more"]) if repairs and said.get("more") else "",
        problems=[each | {"address": address(editor, copy=copy, element=each["place"])} for each in lines],
        problems_text=count_text(lines),
    )


def _render(pasted: str = "", problems: list[dict[str, str]] | None = None, conflict: str = "") -> str:
    return render_template("studio/import.html", pasted=pasted, problems=problems or [], conflict=conflict)
