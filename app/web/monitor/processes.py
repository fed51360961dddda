"""The published processes, one version with the numbers of its tokens, and its drawing."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from app.queries.monitor import process_list, process_page, readable_diagram
from app.web import security
from app.web.access import current_actor
from app.web.asking import address, key_of, run
from app.web.language import texts
from app.web.monitor.blueprint import PATH, blueprint
from app.web.shell import executor
from app.web.stories import diagram_address, shown


@blueprint.get(f"{PATH}/processes")
def processes() -> ResponseReturnValue:
    """Show the published processes with the numbers of their running instances."""
    say = texts()
    rows = [
        {
            "name": shown(line.name),
            "process_id": line.process_id,
            "version": line.version,
            "version_tag": line.version_tag,
            "published_at": line.published_at,
            "active": line.active,
            "incidents": line.with_incidents,
            "address": f"{PATH}/processes/{line.key}",
            "instances_address": address(PATH, process=line.process_id, status="active"),
        }
        for line in run(process_list, actor=current_actor())
    ]
    total = say.plural("processes.total", count=len(rows))
    return render_template("monitor/processes.html", rows=rows, total_text=total)


@blueprint.get(f"{PATH}/processes/<key>")
def process(key: str) -> ResponseReturnValue:
    """Show one version: its diagram with the numbers of tokens and incidents on its elements."""
    page = run(process_page, definition_key=key_of(key), actor=current_actor())
    security.allow_diagram()
    say, definition = texts(), page.definition
    steps = [
        {
            "name": shown(element.name) or element.element_id,
            "kind_text": say(f"element.{element.element_type}"),
            "count": page.counts.get(element.element_id, 0),
            "incidents": page.incident_counts.get(element.element_id, 0),
            "address": address(
                PATH, process=definition.process_id, version=definition.version, element=element.element_id
            ),
        }
        for element in page.outline.elements
        if element.element_id in page.counts
    ]
    return render_template(
        "monitor/process.html",
        process={
            "name": shown(definition.name),
            "process_id": definition.process_id,
            "version": definition.version,
            "version_tag": definition.version_tag,
            "published_at": definition.published_at,
            "instances_address": address(PATH, process=definition.process_id, version=definition.version),
        },
        versions=[
            (
                f"{PATH}/processes/{version.key}",
                say("monitor.version_number", number=version.version),
                version.key == definition.key,
            )
            for version in page.versions
        ],
        diagram={
            "address": diagram_address(definition.key),
            "facts": {"counts": dict(page.counts), "incidents": dict(page.incident_counts)},
        },
        steps=steps,
    )


@blueprint.get("/processes/<key>/diagram.<language>.bpmn")
def diagram(key: str, language: str) -> ResponseReturnValue:
    """Send the diagram of a published version for the viewer; it holds no client data."""
    xml = executor().read(readable_diagram, definition_key=key_of(key), language=language)
    response = Response(xml, mimetype="application/xml")
    # a published version never changes
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
