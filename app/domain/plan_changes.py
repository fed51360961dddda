"""
Changes of a client's plan that a team's meeting has agreed on, action by action (domain.md P04b e5, P11).

They are proposals until the client approves the plan with them (e9): here they are read and carried out on the rows of
the plan's form, never on a plan in force.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.disclosure import CHANGES
from app.domain.errors import InvalidSubmission, Problem
from app.domain.forms import Option
from app.domain.masking import is_masked_service
from app.domain.plan import ActionState

#: of a row of changes, the question that names the action: its number
TARGET = "kohde"
_KIND, _WORDING = "muutos", "toimenpide"
#: what names an action, kept in the row of a change so that the minutes can be read when the plan has other numbers
_IDENTITY = (_WORDING, "palvelu", "vastuuorg")

Row = Mapping[str, Any]


class Change(enum.StrEnum):
    """What is to become of an action; the codes of the form."""

    ADD = "uusi"
    DONE = "valmis"
    INTERRUPT = "keskeytyy"
    RESPONSIBLE = "vastuu"
    TIME = "aika"


#: what of the row of a change goes over into the row of the action
_CARRIED: Mapping[Change, tuple[str, ...]] = {
    Change.ADD: (_WORDING, "palvelu", "vastuuhenkilo", "vastuuorg", "alkaa", "valmis_viimeistaan"),
    Change.RESPONSIBLE: ("vastuuhenkilo", "vastuuorg"),
    Change.TIME: ("alkaa", "valmis_viimeistaan"),
    Change.DONE: (),
    Change.INTERRUPT: (),
}
_STATES = {Change.DONE: ActionState.DONE, Change.INTERRUPT: ActionState.INTERRUPTED}


def _is_over(row: Row) -> bool:
    state = row.get("tila")
    return state is not None and ActionState(state).is_over


def hidden_from(organisation_types: Sequence[str]) -> Callable[[str], bool]:
    """Return whether one of the organisations may not know of a service, by the service's id (R-18)."""
    return lambda service_id: any(is_masked_service(service_id, organisation_type=each) for each in organisation_types)


def offered(rows: Sequence[Row], *, hidden: Callable[[str], bool] = lambda _: False) -> list[Option]:
    """
    Return the actions of a plan that can be changed: those that are not over, by their number from 1.

    Of an action whose service is `hidden` only the number is said.
    """
    options = []
    for number, row in enumerate(rows, start=1):
        if not _is_over(row):
            wording = "" if hidden(str(row.get("palvelu") or "")) else str(row.get(_WORDING) or "")
            options.append(Option(str(number), {"fi": f"{number}. {wording}".strip()}))
    return options


def named(changes: Sequence[Row], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """
    Return the changes with what names their action in the plan of these rows.

    :raises InvalidSubmission: a change is of an action that the plan does not have, or that is over
    """
    open_numbers = {option.value for option in offered(rows)}
    found, problems = [], []
    for position, change in enumerate(changes):
        if change.get(_KIND) == Change.ADD:
            found.append(dict(change))
            continue
        number = str(change.get(TARGET) or "")
        if number not in open_numbers:
            problems.append(Problem("not_an_option", place=f"{CHANGES}.{position}.{TARGET}", name=TARGET))
            continue
        action = rows[int(number) - 1]
        identity = {name: action[name] for name in _IDENTITY if action.get(name) and change.get(name) is None}
        found.append({**change, **identity})
    if problems:
        raise InvalidSubmission(problems)
    return found


def carried_out(rows: Sequence[Row], changes: Sequence[Row]) -> list[dict[str, Any]]:
    """
    Return the rows of the plan's form as the changes leave them, new actions last.

    `changes` are as `named` gives them, those of several meetings one after the other. A change of an action that is
    not in the plan by number and wording any more is left out: whoever fills in the plan decides anew.
    """
    plan = [dict(row) for row in rows]
    for change in changes:
        kind = Change(change[_KIND])
        if kind is Change.ADD:
            plan.append({})
        row = plan[-1] if kind is Change.ADD else _target(plan[: len(rows)], change)
        if row is None:
            continue
        row |= {name: change[name] for name in _CARRIED[kind] if change.get(name) is not None}
        if kind is Change.ADD:
            row |= {"rinnakkain": True}
            row |= {"toistaiseksi": False} if isinstance(row.get("valmis_viimeistaan"), date) else {}
        if kind is Change.TIME and change.get("valmis_viimeistaan") is not None:
            row["toistaiseksi"] = False
            row.pop("tarkistus_pvm", None)
        if kind in _STATES:
            row["tila"] = str(_STATES[kind])
    return plan


def _target(plan: Sequence[dict[str, Any]], change: Row) -> dict[str, Any] | None:
    """Return the row that the change is of: by its number, as long as it says the same as when it was agreed."""
    number = int(change[TARGET])
    if number > len(plan) or plan[number - 1].get(_WORDING) != change.get(_WORDING):
        return None
    return plan[number - 1]
