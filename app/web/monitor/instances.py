"""The instances that the address asks for, and what is in trouble."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domain.keys import parse_key
from app.queries.monitor import InstanceList, instance_list
from app.storage.monitor import InstanceFilters, InstanceLine
from app.web.access import current_actor
from app.web.asking import address, run
from app.web.language import texts
from app.web.monitor.blueprint import PATH, blueprint
from app.web.stories import shown

#: digits of a version; a database's integers have ten
LONGEST_NUMBER = 10


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the instances that the address asks for, and what is in trouble."""
    asked = request.args
    found = run(instance_list, actor=current_actor(), filters=_filters(asked), after=asked.get("after", ""))
    return render_template("monitor/index.html", **_list(found, asked))


def _filters(asked: Mapping[str, str]) -> InstanceFilters:
    text, status = asked.get("text", "").strip()[:100], asked.get("status", "")
    version = asked.get("version", "")
    return InstanceFilters(
        process_id=asked.get("process", ""),
        version=int(version) if version.isascii() and version.isdigit() and len(version) < LONGEST_NUMBER else None,
        status="active" if status == "incident" else status,
        with_incidents=True if status == "incident" else None,
        element_id=asked.get("element", ""),
        key=parse_key(text),
        case_number=text if text and parse_key(text) is None and text[:4].isdigit() else "",
        business_id=text if text and parse_key(text) is None and not text[:4].isdigit() else "",
    )


def _list(found: InstanceList, asked: Mapping[str, str]) -> dict[str, Any]:
    say = texts()
    values = {name: asked.get(name, "") for name in ("text", "process", "version", "status", "element")}
    versions = max((line.version for line in found.definitions if line.process_id == values["process"]), default=0)
    return {
        "figures": _figures(found),
        "filters": {"address": PATH, **values},
        "process_options": [
            ("", say("monitor.every_process")),
            *sorted(((line.process_id, shown(line.name)) for line in found.definitions), key=lambda item: item[1]),
        ],
        "version_options": [
            ("", say("monitor.every_version")),
            *((str(number), say("monitor.version_number", number=number)) for number in range(versions, 0, -1)),
        ]
        if versions > 1
        else [],
        "status_options": [
            ("", say("monitor.any_status")),
            ("incident", say("monitor.status_incident")),
            *((name, say(f"instance.{name}")) for name in ("active", "completed", "terminated")),
        ],
        "columns": {
            name: {"text": say(f"monitor.column_{name}"), "address": "", "sorted": ""}
            for name in ("instance", "status", "where", "started", "case")
        },
        "rows": [_row(line, found.where.get(line.key, ())) for line in found.lines],
        "total_text": say.plural("monitor.total", count=found.total),
        "first_address": address(PATH, **values) if asked.get("after") else "",
        "next_address": address(PATH, **values, after=found.next_cursor) if found.next_cursor else "",
        "clear_address": PATH if any(values.values()) else "",
        "place_counts": {"incidents": found.totals["with_incidents"], "open_cases": found.standing_still},
    }


def _figures(found: InstanceList) -> list[dict[str, Any]]:
    say = texts()
    trouble = found.totals["with_incidents"]
    return [
        {
            "text": say("monitor.figure_trouble"),
            "value": trouble,
            "note": say("monitor.figure_trouble_note"),
            "address": address(PATH, status="incident"),
            "color": "danger" if trouble else "",
            "icon": "trouble",
        },
        {
            "text": say("monitor.figure_active"),
            "value": found.totals["active"],
            "note": say("monitor.figure_active_note"),
            "address": address(PATH, status="active"),
            "color": "",
            "icon": "pulse",
        },
    ]


def _row(line: InstanceLine, where: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "key": str(line.key),
        "address": f"{PATH}/instances/{line.key}",
        "process_name": line.process_name,
        "version": line.version,
        "status": line.status,
        "incidents": line.open_incidents,
        "where_text": ", ".join(shown(name) for name in where),
        "started_at": line.started_at,
        "ended_at": line.ended_at,
        "case_number": line.case_number,
        "case_address": "",
        "business_id": line.business_id,
    }
