"""Open cases that nobody answers for, or in which nothing leads on: what the nightly look found (rule X9)."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.queries.monitor import broken_invariants
from app.web.access import current_actor
from app.web.asking import run
from app.web.language import texts
from app.web.monitor.blueprint import PATH, blueprint


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
    )
