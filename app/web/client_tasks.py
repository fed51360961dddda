"""Look for tasks by their client; what was looked for never stands in an address."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.queries.client_tasks import LONGEST_REASON, tasks_of_client
from app.queries.people import role_names
from app.web.access import current_actor
from app.web.asking import run
from app.web.language import texts
from app.web.shell import executor, now
from app.web.wishes import PATH
from app.web.worklist import row_of

blueprint = Blueprint("client_tasks", __name__)


@blueprint.get(f"{PATH}/clients")
def show() -> ResponseReturnValue:
    """Show the form of the search."""
    return _page("", "", None)


@blueprint.post(f"{PATH}/clients")
def search() -> ResponseReturnValue:
    """Show the tasks of the clients that were found, with who they are."""
    wanted, reason = (request.form.get(name, "").replace("\x00", "")[:LONGEST_REASON] for name in ("client", "reason"))
    actor = current_actor()
    found = run(tasks_of_client, text=wanted[:100], reason=reason, actor=actor, now=now())
    roles = executor().read(role_names)
    rows = [{**row_of(item.line, actor, roles), "client_name": item.client.identity.name} for item in found]
    return _page(wanted, reason, rows)


def _page(client: str, reason: str, rows: list[dict[str, object]] | None) -> str:
    return render_template(
        "worklist/clients.html",
        path=PATH,
        client=client,
        reason=reason,
        longest_reason=LONGEST_REASON,
        rows=rows,
        total_text="" if rows is None else texts().plural("worklist.shown", count=len(rows)),
    )
