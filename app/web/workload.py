"""The work of a unit by person and by role, for who supervises it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.queries.worklist import Tab, Wish
from app.queries.workload import DAYS_AHEAD, workload
from app.web.access import current_actor
from app.web.asking import read
from app.web.shell import now
from app.web.stories import shown
from app.web.wishes import PATH, address_of

blueprint = Blueprint("workload", __name__)


@blueprint.get(f"{PATH}/workload")
def index() -> ResponseReturnValue:
    """Show how the open work is spread."""
    found = read(workload, actor=current_actor(), now=now())
    return render_template(
        "worklist/workload.html",
        back_address=address_of(Wish(tab=Tab.UNIT)),
        unit_name=shown(found.unit_name),
        days=DAYS_AHEAD,
        people=found.people,
        groups=[
            {
                "text": shown(found.role_names[each.role_id]) if each.role_id in found.role_names else each.role_id,
                "address": address_of(Wish(tab=Tab.UNIT, group_id=each.role_id)),
                "free": each.free,
                "overdue": each.overdue,
                "oldest": each.oldest,
            }
            for each in found.groups
        ],
    )
