"""Publish drafts: what changes, whom it touches, and the same refusals as of publishing anything."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.model_drafts import publish_drafts
from app.domain.errors import BaseOutdated, DraftChanged, InvalidInput
from app.domain.keys import parse_key
from app.domain.models import ModelKind
from app.queries.studio import Changes, Republished, changes_of, check_model, related_drafts
from app.web.access import current_actor
from app.web.asking import address, key_of, run
from app.web.language import texts
from app.web.shell import now
from app.web.stories import shown
from app.web.studio.drafts import LONGEST_NUMBER
from app.web.studio.place import PATH, blueprint, editor_address, process_address
from app.web.studio.told import conflict_text, count_text, difference_lines, draft_text, outdated_text, problem_lines

#: drafts that one press publishes
MOST_DRAFTS = 50


@blueprint.get(f"{PATH}/publish")
def look_at_changes() -> ResponseReturnValue:
    """Show what publishing the draft changes, and the drafts of its forms and tables beside it."""
    return _render(key_of(request.args.get("draft", "")))


@blueprint.post(f"{PATH}/publish")
def publish_now() -> ResponseReturnValue:
    """Publish the chosen drafts as they were looked at."""
    main = key_of(request.form.get("draft", ""))
    drafts = _chosen()
    if main not in drafts:
        abort(400)
    try:
        deployment = run(
            publish_drafts,
            drafts=drafts,
            actor=current_actor(),
            outdated=bool(request.form.get("outdated")),
            now=now(),
        )
    except DraftChanged as error:
        return _render(main, chosen=drafts, conflict=conflict_text(error)), 409
    except BaseOutdated as error:
        return _render(main, chosen=drafts, outdated=outdated_text(error)), 409
    except InvalidInput as error:
        return _render(main, chosen=drafts, refused=error), 422
    say = texts()
    if deployment.rules:
        flash(say.plural("studio.published_rule", count=len(deployment.new)), "success")
        return redirect(f"{PATH}#rules", code=303)
    for definition, _ in deployment.processes:
        flash(say("studio.published_process", name=shown(definition.name), version=definition.version), "success")
    if not deployment.processes:
        flash(say("studio.published"), "success")
    return redirect(
        process_address(deployment.processes[0][0].process_id) if deployment.processes else PATH,
        code=303,
    )


def _chosen() -> dict[int, int]:
    """Return revision by key of the drafts that are ticked."""
    found: dict[int, int] = {}
    for text in request.form.getlist("chosen")[:MOST_DRAFTS]:
        key_text, _, revision_text = text.partition(":")
        key = parse_key(key_text)
        if key is None or not revision_text.isdecimal() or len(revision_text) > LONGEST_NUMBER:
            abort(400)
        found[key] = int(revision_text)
    return found


def _render(
    key: int,
    *,
    chosen: dict[int, int] | None = None,
    conflict: str = "",
    outdated: str = "",
    refused: InvalidInput | None = None,
) -> str:
    changes = run(changes_of, draft_key=key, actor=current_actor())
    line = changes.draft.line
    lines = problem_lines(
        run(check_model, kind=line.kind, content=changes.draft.content, actor=current_actor(), refused=refused)
    )
    others = [
        _card(each, ticked=chosen is None or each.draft.line.key in chosen)
        for each in run(related_drafts, draft_key=key, actor=current_actor())
    ]
    editor = editor_address(line.kind, line.model_id)
    copy = "1" if line.owner_key else ""
    say = texts()
    return render_template(
        "studio/publish.html",
        draft=_card(changes, ticked=True)
        | {
            "running_text": say.plural("studio.running_go_on", count=changes.running) if changes.running else "",
            "republished": [_touched(each) for each in changes.republished],
            "unchanged": [_touched(each) for each in changes.unchanged],
            "is_rule": changes.is_rule,
        },
        others=others,
        problems=[each | {"address": address(editor, copy=copy, element=each["place"])} for each in lines],
        problems_text=count_text(lines),
        refusing=any(each["severity"] == "error" for each in lines),
        conflict=conflict,
        outdated=outdated,
    )


def _touched(process: Republished) -> dict[str, str]:
    return {
        "name": shown(process.name) or process.process_id,
        "process_id": process.process_id,
        "address": process_address(process.process_id),
        "running_text": texts().plural("studio.running_now", count=process.running),
    }


def _card(changes: Changes, *, ticked: bool) -> dict[str, Any]:
    line, source = changes.draft.line, changes.source
    say = texts()
    return {
        "name": shown(line.name) or line.model_id,
        "model_id": line.model_id,
        "kind_text": say(f"studio.kind_{line.kind.value}"),
        "version_text": say("studio.next_version", number=source.line.version + 1 if source else 1),
        "new": source is None,
        "draft_text": draft_text(line),
        "address": editor_address(line.kind, line.model_id) + ("?copy=1" if line.owner_key else ""),
        "key": line.key,
        "chosen": f"{line.key}:{line.revision}",
        "ticked": ticked,
        "is_table": line.kind is ModelKind.DECISION,
        "differences": difference_lines(changes.differences),
        "changes_text": say.plural("studio.changes", count=len(changes.differences)),
    }
