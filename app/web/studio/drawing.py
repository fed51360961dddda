"""The editor of diagrams: bpmn-js with our own panel."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.commands.model_drafts import hash_of
from app.domain.models import ModelKind
from app.locale import Texts
from app.publishing import is_drawn_as_rule
from app.queries.studio import Opened, choices_of, open_model
from app.web import security
from app.web.access import current_actor
from app.web.asking import address, run
from app.web.language import current_language, texts
from app.web.stories import shown
from app.web.studio.place import PATH, blueprint, draft_address, process_address
from app.web.studio.told import draft_text

#: texts of the panel, and of the drawing tool by their English words
PANEL, TOOL = "panel.", "modeler."


@blueprint.get(f"{PATH}/processes/<process_id>/edit")
def edit_diagram(process_id: str) -> ResponseReturnValue:
    """Open the diagram: the draft where there is one, else the newest version."""
    own_copy = bool(request.args.get("copy"))
    opened = run(open_model, kind=ModelKind.DIAGRAM, model_id=process_id, actor=current_actor(), own_copy=own_copy)
    choices = run(choices_of, actor=current_actor())
    security.allow_diagram()
    is_rule = is_drawn_as_rule(opened.content)
    name = opened.draft.line.name if opened.draft else opened.source.line.name if opened.source else {}
    return render_template(
        "studio/diagram.html",
        process={
            "name": shown(name) or process_id,
            "process_id": process_id,
            # a rule runs nowhere by itself: its versions are those of the pathways that take it in
            "address": f"{PATH}#rules" if is_rule else process_address(process_id),
            "is_rule": is_rule,
            "own_copy": own_copy,
            "draft_text": draft_text(opened.draft.line if opened.draft else None),
            "version": opened.source.line.version if opened.source else None,
            "publish_address": f"{PATH}/publish?draft={opened.draft.line.key}" if opened.draft else "",
            "source_address": address(f"{PATH}/source/bpmn/{process_id}", copy="1" if own_copy else "", download="1"),
        },
        facts=_facts(opened, own_copy=own_copy)
        | {
            "choices": {
                name: [{"value": value, "text": shown(label) or value} for value, label in options]
                for name, options in choices.items()
            },
            "words": _words(PANEL),
            "tool": _words(TOOL),
            "focus": request.args.get("element", "")[:200],
        },
    )


def _facts(opened: Opened, *, own_copy: bool) -> dict[str, Any]:
    """Return what every editor needs to know: where to send to, and what it began from."""
    kind, model_id = opened.kind, opened.model_id
    line = opened.draft.line if opened.draft else None
    return {
        "kind": kind.value,
        "modelId": model_id,
        "revision": line.revision if line else 0,
        "base": line.base_hash if line else hash_of(opened.source),
        "copy": "1" if own_copy else "",
        "source": address(f"{PATH}/source/{kind.value}/{model_id}", copy="1" if own_copy else ""),
        "save": draft_address(kind, model_id),
        "check": f"{PATH}/check/{kind.value}",
        "compare": f"{PATH}/compare/{kind.value}/{model_id}",
    }


def _words(beginning: str) -> dict[str, str]:
    catalogue: Texts = texts()
    found = {key.removeprefix(beginning): catalogue(key) for key in catalogue if key.startswith(beginning)}
    # the tool's own words are English: there is nothing to translate
    return {} if beginning == TOOL and current_language() == "en" else found
