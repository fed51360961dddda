"""Bring in what was drawn elsewhere; tell what was put right in it, what is to be decided and what is still wrong."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.model_drafts import ImportedDraft, import_model_draft
from app.domain.errors import DraftChanged, InvalidInput, Problem
from app.domain.models import FindingKind
from app.engine.models.packages import models_in
from app.queries.studio import check_model, drafts_by_key, findings_of
from app.web.access import current_actor
from app.web.asking import address, key_of, run
from app.web.language import texts
from app.web.shell import now
from app.web.stories import shown
from app.web.studio.place import PATH, blueprint, editor_address
from app.web.studio.told import conflict_text, count_text, problem_lines, told_problems

_COUNTED = {
    FindingKind.REPAIR: "studio.import_repairs",
    FindingKind.QUESTION: "studio.import_questions",
    FindingKind.LOSS: "studio.import_losses",
}
#: findings of one kind that the page tells; the others are counted
MOST_SAID = 200


@blueprint.get(f"{PATH}/import")
def begin_import() -> ResponseReturnValue:
    """Ask for a file or its text."""
    # who may not draw learns it here and not after the upload
    run(drafts_by_key, keys=[], actor=current_actor())
    return _render()


@blueprint.post(f"{PATH}/import")
def send_import() -> ResponseReturnValue:
    """Make a draft of the file and tell what was put right."""
    # who may not draw learns it before anything is unpacked
    run(drafts_by_key, keys=[], actor=current_actor())
    pasted = request.form.get("content", "")
    own_copy = bool(request.form.get("copy"))
    try:
        files = models_in(_files_sent() or [("", pasted.encode())])
    except InvalidInput as error:
        return _render(pasted=pasted, problems=told_problems(error.problems)), 422
    if len(files) != 1:
        lines = [_imported_line(name, content, own_copy=own_copy) for name, content in files]
        return render_template(
            "studio/imports.html", lines=lines, text=texts().plural("studio.imports", count=len(lines))
        )
    try:
        found = _import(*files[0], own_copy=own_copy)
    except DraftChanged as error:
        return _render(pasted=pasted, conflict=conflict_text(error)), 409
    except InvalidInput as error:
        return _render(pasted=pasted, problems=told_problems(error.problems)), 422
    return redirect(f"{PATH}/imported/{found.draft.key}", code=303)


def _files_sent() -> list[tuple[str, bytes]]:
    """Return the files and the folder that were chosen; all together are no larger than a request may be."""
    sent = [*request.files.getlist("file"), *request.files.getlist("folder")]
    return [(each.filename, each.stream.read()) for each in sent if each.filename]


def _import(name: str, content: bytes, *, own_copy: bool) -> ImportedDraft:
    return run(import_model_draft, content=content, file_name=name, actor=current_actor(), own_copy=own_copy, now=now())


def _imported_line(name: str, content: bytes, *, own_copy: bool) -> dict[str, Any]:
    """Import one of several files and return what the report tells of it."""
    try:
        found = _import(name, content, own_copy=own_copy)
    except DraftChanged as error:
        return {"name": name, "state": "conflict", "texts": [conflict_text(error)], "address": ""}
    except InvalidInput as error:
        told = [line["text"] for line in told_problems(error.problems)]
        return {"name": name, "state": "refused", "texts": told, "address": ""}
    imported = found.imported
    checked = run(check_model, kind=imported.kind, content=imported.content, actor=current_actor())
    say = texts()
    counted = [
        say.plural(_COUNTED[kind], count=count) for kind in FindingKind if (count := len(imported.of_kind(kind)))
    ]
    return {
        "name": name,
        "state": "wrong" if checked.problems else "ready",
        "texts": [", ".join(counted) or say("studio.no_repairs")],
        "address": f"{PATH}/imported/{found.draft.key}",
    }


@blueprint.get(f"{PATH}/imported/<key>")
def imported(key: str) -> ResponseReturnValue:
    """Tell each repair, and each refusal that is left, with the name of its element."""
    draft = run(drafts_by_key, keys=[key_of(key)], actor=current_actor())[0]
    line = draft.line
    lines = problem_lines(run(check_model, kind=line.kind, content=draft.content, actor=current_actor()))
    findings = run(findings_of, draft_key=line.key, actor=current_actor())
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
        groups=[_group(kind, found, editor, copy) for kind, found in findings],
        problems=[each | {"address": address(editor, copy=copy, element=each["place"])} for each in lines],
        problems_text=count_text(lines),
    )


def _group(kind: FindingKind, found: list[Problem], editor: str, copy: str) -> dict[str, Any]:
    """Return the findings of a kind as a list whose lines lead to their elements."""
    told = told_problems(found[:MOST_SAID])
    lines = [
        line | {"address": address(editor, copy=copy, element=line["place"]) if line["place"] else ""} for line in told
    ]
    rest = len(found) - len(lines)
    return {
        "kind": kind.value,
        "title": texts()(f"studio.findings_{kind.value}"),
        "lines": lines,
        "more": texts().plural("studio.more_repairs", count=rest) if rest else "",
    }


def _render(pasted: str = "", problems: list[dict[str, str]] | None = None, conflict: str = "") -> str:
    return render_template("studio/import.html", pasted=pasted, problems=problems or [], conflict=conflict)
