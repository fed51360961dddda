"""Open cases that nobody answers for, or in which nothing leads on: what the nightly look found (rule X9)."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.queries.monitor import broken_invariants
from app.storage.types import NEVER
from app.web.access import current_actor
from app.web.asking import run
from app.web.language import texts
from app.web.monitor.blueprint import PATH, blueprint
from app.web.stories import shown


@blueprint.get(f"{PATH}/open-cases")
def open_cases() -> ResponseReturnValue:
    """Show the cases of the report by their numbers; who they are about is not shown."""
    report = run(broken_invariants, actor=current_actor())
    say = texts()
    rows = [
        {
            "number": line.case_number,
            "address": f"/cases/{line.case_key}",
            "kind_text": say(f"open_cases.kind_{line.kind}"),
            "owner": line.owner_name,
            "since": line.since,
        }
        for line in report.lines
    ]
    return render_template(
        "monitor/open_cases.html",
        rows=rows,
        total_text=say.plural("open_cases.total", count=report.total),
        looked_at=report.looked_at,
        orphans=[
            {
                "name": shown(report.role_names[group.group_id])
                if group.group_id in report.role_names
                else group.group_id,
                "area": shown(report.area_names.get(group.area_id, {})) or group.area_id or say("open_cases.any_area"),
                "text": say.plural("open_cases.free_tasks", count=group.tasks),
                "due_at": None if group.due_at == NEVER else group.due_at,
            }
            for group in report.orphans
        ],
    )
