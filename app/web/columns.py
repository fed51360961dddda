"""The columns of the worklist: which each person sees, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.sign_out import choose_look
from app.queries.worklist import Tab, Wish
from app.web.access import signed_in
from app.web.asking import run
from app.web.language import current_language, texts
from app.web.wishes import PATH, address_of, wish_of

blueprint = Blueprint("columns", __name__)
#: what a column shows, and by what the list is then sorted; "" where it is not
COLUMNS = {
    "due": "due",
    "group": "",
    "priority": "priority",
    "created": "created",
    "follow_up": "follow_up",
    "number": "number",
    "process": "",
}
USUAL = ("due", "group")
#: where the choice stands among the settings of the account
SETTING = "worklist_columns"


def chosen_columns() -> tuple[str, ...]:
    """Return the columns that this person has chosen, in their order; what a list does not know is left out."""
    kept = signed_in().account.settings.get(SETTING)
    if not isinstance(kept, list):
        return USUAL
    return tuple(dict.fromkeys(name for name in kept if name in COLUMNS))


@blueprint.get(f"{PATH}/columns")
def index() -> ResponseReturnValue:
    """Show which columns there are, and their places; the fields say to which list one goes back."""
    wish = wish_of(request.args, orders=request.args.getlist("sort"))
    chosen = chosen_columns()
    ordered = [*chosen, *(name for name in COLUMNS if name not in chosen)]
    return render_template(
        "worklist/columns.html",
        path=PATH,
        back_address=address_of(wish),
        rows=[
            {"name": name, "text": column_text(name), "place": chosen.index(name) + 1 if name in chosen else 0}
            for name in ordered
        ],
        place_options=[(0, texts()("columns.hidden")), *((place, str(place)) for place in range(1, len(COLUMNS) + 1))],
    )


@blueprint.post(f"{PATH}/columns")
def choose() -> ResponseReturnValue:
    """Keep the columns that have a place, in the order of their places, for every machine the person uses."""
    places = {name: request.form.get(f"place_{name}", "0") for name in COLUMNS}
    shown = [
        (int(place), name) for name, place in places.items() if place in {str(n) for n in range(1, len(COLUMNS) + 1)}
    ]
    # of two with the same place the one that stands first in the usual order comes first
    columns = [name for _, name in sorted(shown, key=lambda item: item[0])]
    run(choose_look, signed_in=signed_in(), language=current_language(), choices={SETTING: columns})
    flash(texts()("columns.chosen"), "success")
    back = request.form.get("back", "")
    return redirect(back if back.startswith(f"{PATH}?") else f"{PATH}?tab=mine", code=303)


def column_text(name: str) -> str:
    """Return the heading of the column."""
    return texts()({"due": "worklist.due", "group": "worklist.group"}.get(name, f"columns.{name}"))


def headings(wish: Wish, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the headings: key, text, the address that sorts by it ("" where none does), how it is sorted now."""
    return [{"key": name, **heading(wish, column_text(name), COLUMNS[name])} for name in names]


def heading(wish: Wish, text: str, order: str = "") -> dict[str, str]:
    """Return one heading; sorting by it again turns the order round."""
    first = wish.order[0]
    able = order and wish.tab is not Tab.DONE
    other = f"-{order}" if first == order else order
    return {
        "text": text,
        "address": address_of(wish, sort=other if other != "due" else "") if able else "",
        "sorted": {order: "ascending", f"-{order}": "descending"}.get(first, "") if able else "",
    }
