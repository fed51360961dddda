"""What the worklist is asked for: from the fields of an address or a saved view, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.queries.worklist import OWN_UNIT, Due, FollowUp, Holder, Tab, Wish, workdays_of
from app.web.asking import address
from app.web.language import texts

PATH = "/worklist"
LONGEST = 200
USUAL_ORDER = ("due",)
#: whose texts have other names than they themselves
_SORTS = {
    "-due": "due_last",
    "priority": "priority_last",
    "-priority": "priority",
    "-created": "newest",
    "-follow_up": "follow_up_last",
    "-number": "number_last",
}


def wish_of(values: Mapping[str, str], *, orders: Iterable[str] = ()) -> Wish:
    """Return the wish that the fields say; what no list knows is left out. `orders`: all values of `sort`."""
    given = {name: value[:LONGEST].replace("\x00", "") for name, value in values.items()}
    first, *rest = list(orders) or [given.get("sort", "")]
    # in the form the usual order is the first select's empty value
    sorts = [part for text in (first or "due", *rest) for part in text[:LONGEST].split(",") if part]
    due = given.get("due", "")
    known = due in {item.value for item in Due} or workdays_of(due) is not None
    return Wish(
        tab=_member(Tab, given.get("tab"), Tab.MINE),
        text=given.get("text", ""),
        group_id=given.get("group", ""),
        process_id=given.get("process", ""),
        due=due if known else Due.ANY,
        holder=_member(Holder, given.get("holder"), Holder.ANY),
        unit=OWN_UNIT if given.get("unit") == OWN_UNIT else "",
        follow_up=_member(FollowUp, given.get("follow"), FollowUp.ANY),
        order=_once_each(sorts),
        after=values.get("after", ""),
    )


def _once_each(sorts: Iterable[str]) -> tuple[str, ...]:
    """The same column twice sorts by its first mention."""
    found: dict[str, str] = {}
    for sort in sorts:
        found.setdefault(sort.removeprefix("-"), sort)
    return tuple(found.values())


def _member(kind: type[Any], text: str | None, default: Any) -> Any:
    return kind(text) if text in [member.value for member in kind] else default


def sort_text(name: str) -> str:
    """Return what sorting by the column, downwards with a minus, is called."""
    return texts()(f"worklist.sort_{_SORTS.get(name, name)}")


def fields_of(wish: Wish) -> dict[str, str]:
    """Return the fields that say the wish; the place in the list is not among them."""
    values = {
        "tab": str(wish.tab),
        "text": wish.text,
        "group": wish.group_id,
        "process": wish.process_id,
        "due": str(wish.due),
        "holder": str(wish.holder),
        "unit": wish.unit,
        "follow": str(wish.follow_up),
        "sort": "" if wish.order == USUAL_ORDER else ",".join(wish.order),
    }
    return {name: value for name, value in values.items() if value}


def address_of(wish: Wish, *, path: str = PATH, **changes: str) -> str:
    """Return the address of the list that the wish asks for, its first page unless `after` is given."""
    return address(path, **{**fields_of(wish), **changes})
