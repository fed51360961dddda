"""The messages that nobody waits for yet, and those that were delivered or have expired."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.queries.monitor import deliveries_under_way, kept_messages
from app.web.access import current_actor
from app.web.asking import address, run
from app.web.language import texts
from app.web.monitor.blueprint import PATH, blueprint


@blueprint.get(f"{PATH}/messages")
def messages() -> ResponseReturnValue:
    """Show the messages that nobody waits for, and those that were delivered or have expired."""
    status = request.args.get("status", "buffered")
    status = status if status in {"buffered", "delivered", "expired"} else "buffered"
    after = request.args.get("after", "")
    lines, cursor = run(kept_messages, actor=current_actor(), status=status, after=after)
    say = texts()
    tabs = [
        {
            "text": say(f"messages.tab_{name}"),
            "address": address(f"{PATH}/messages", status=name if name != "buffered" else ""),
            "count": None,
            "current": name == status,
        }
        for name in ("buffered", "delivered", "expired")
    ]
    rows = [
        {
            "name": line["name"],
            "correlation_text": line["correlation_key"],
            "sender_text": str(line["sender_instance_key"] or say("messages.from_outside")),
            "sender_address": f"{PATH}/instances/{line['sender_instance_key']}" if line["sender_instance_key"] else "",
            "at": line["received_at"],
            "expires_at": line["expires_at"],
            "status_text": say(f"messages.status_{line['status']}"),
            "note": ", ".join(line["taken_by"]),
        }
        for line in lines
    ]
    return render_template(
        "monitor/messages.html",
        tabs=tabs,
        under_way=[
            {
                "name": line.name,
                "kind_text": say(f"messages.kind_{line.kind}"),
                "count_text": say.plural("messages.receivers", count=line.count),
                "since": line.since,
                "paused_text": say.plural("messages.in_paused", count=line.paused) if line.paused else "",
                "broken_text": say.plural("messages.in_broken", count=line.broken) if line.broken else "",
            }
            for line in run(deliveries_under_way, actor=current_actor())
        ],
        rows=rows,
        total_text=say.plural("messages.shown", count=len(rows)),
        first_address=address(f"{PATH}/messages", status=status) if after else "",
        next_address=address(f"{PATH}/messages", status=status, after=cursor) if cursor else "",
    )
