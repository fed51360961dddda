"""Lists: the processes of the studio, and one process with its versions, forms and tables."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domain.models import ModelKind
from app.queries.studio import ModelLine, overview, process_models
from app.web.access import current_actor
from app.web.asking import address, run
from app.web.language import texts
from app.web.stories import shown
from app.web.studio.place import PATH, blueprint, editor_address, process_address
from app.web.studio.told import draft_card, draft_text


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the processes with their newest versions and drafts, and the drafts that belong to none of them."""
    found = run(overview, actor=current_actor())
    drawn = {line.model_id: line for line in found.drafts if line.kind is ModelKind.DIAGRAM and not line.owner_key}
    rows = [
        {
            "name": shown(line.name) or line.model_id,
            "process_id": line.model_id,
            "version": line.version,
            "published_at": line.published_at,
            "published_by": line.published_by or texts()("studio.system"),
            "running": found.running.get(line.model_id, 0),
            "running_address": address("/monitor", process=line.model_id, status="active"),
            "draft": draft_text(drawn.get(line.model_id)),
            "address": process_address(line.model_id),
            "edit_address": editor_address(ModelKind.DIAGRAM, line.model_id),
        }
        for line in found.processes
    ]
    rows.sort(key=lambda row: str(row["name"]).casefold())
    rules = [
        {
            "name": shown(line.name) or line.model_id,
            "rule_id": line.model_id,
            "version": line.version,
            "published_at": line.published_at,
            "published_by": line.published_by or texts()("studio.system"),
            "draft": draft_text(drawn.get(line.model_id)),
            "publish_address": f"{PATH}/publish?draft={drawn[line.model_id].key}" if line.model_id in drawn else "",
            "edit_address": editor_address(ModelKind.DIAGRAM, line.model_id),
        }
        for line in found.rules
    ]
    rules.sort(key=lambda row: str(row["name"]).casefold())
    published = {line.model_id for line in (*found.processes, *found.rules)}
    others = [
        draft_card(line)
        for line in found.drafts
        if line.kind is not ModelKind.DIAGRAM or line.owner_key or line.model_id not in published
    ]
    total = texts().plural("processes.total", count=len(rows))
    return render_template("studio/index.html", rows=rows, rules=rules, others=others, total_text=total)


@blueprint.get(f"{PATH}/processes/<process_id>")
def process(process_id: str) -> ResponseReturnValue:
    """Show one process: its versions with the instances that run in each, its draft, its forms and tables."""
    found = run(process_models, process_id=process_id, actor=current_actor())
    say = texts()
    versions = [
        {
            "number": version.version,
            "tag": version.version_tag,
            "published_at": version.published_at,
            "published_by": found.publishers.get(version.key) or say("studio.system"),
            "running": version.active,
            "running_address": address("/monitor", process=process_id, version=version.version, status="active"),
            "address": f"/monitor/processes/{version.key}",
            "newest": version is found.versions[0],
        }
        for version in found.versions
    ]
    draft = found.process.draft
    return render_template(
        "studio/process.html",
        process={
            "name": shown(found.process.name) or process_id,
            "process_id": process_id,
            "edit_address": editor_address(ModelKind.DIAGRAM, process_id),
            "draft_text": draft_text(draft),
            "publish_address": f"{PATH}/publish?draft={draft.key}" if draft else "",
            "discard_address": f"{PATH}/discard/{draft.key}" if draft else "",
            "revision": draft.revision if draft else 0,
            "original_address": f"{PATH}/original/{draft.key}" if draft and draft.imported else "",
        },
        versions=versions,
        forms=[_model(line) for line in found.forms],
        tables=[_model(line) for line in found.decisions],
        copies=[draft_card(line) for line in found.own_copies],
    )


def _model(line: ModelLine) -> dict[str, Any]:
    return {
        "name": shown(line.name) or line.model_id,
        "model_id": line.model_id,
        "version": line.source.version if line.source else None,
        "published_at": line.source.published_at if line.source else None,
        "draft_text": draft_text(line.draft),
        "address": editor_address(line.kind, line.model_id),
    }
