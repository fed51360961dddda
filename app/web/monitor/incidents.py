"""The open incidents grouped by cause and step."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.queries.monitor import given_up_mails, incident_groups
from app.web.access import current_actor
from app.web.asking import address, run
from app.web.language import texts
from app.web.monitor.blueprint import PATH, blueprint, code_text
from app.web.stories import shown


@blueprint.get(f"{PATH}/incidents")
def incidents() -> ResponseReturnValue:
    """Show the open incidents grouped by cause and step."""
    say = texts()
    groups = [
        {
            "code_text": code_text(group.code),
            "process_name": group.process_name,
            "element_name": shown(group.element_name) or group.element_id,
            "count": group.count,
            "first_at": group.first_at,
            "last_at": group.last_at,
            "address": address(PATH, process=group.process_id, status="incident", element=group.element_id),
            "retry_address": "",
            "examples": [
                {
                    "key_text": str(item["called_process_key"] or item["instance_key"]),
                    "address": f"{PATH}/instances/{item['called_process_key'] or item['instance_key']}"
                    f"#incident-{item['key']}",
                    "opened_at": item["opened_at"],
                    "message": item["message"],
                }
                for item in group.examples
            ],
        }
        for group in run(incident_groups, actor=current_actor())
    ]
    total = say.plural("monitor.incidents_open", count=sum(int(str(group["count"])) for group in groups))
    return render_template(
        "monitor/incidents.html",
        groups=groups,
        mails=[
            {"name": line.name, "text": say.plural("incidents_page.mails", count=line.count), "last_at": line.last_at}
            for line in run(given_up_mails, actor=current_actor())
        ],
        total_text=total,
        first_address="",
        next_address="",
    )
