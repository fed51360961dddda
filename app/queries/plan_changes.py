"""The plan beside a meeting, and the plan's form as meetings have left it: what was agreed is filled in already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.disclosure import ACTIONS, CHANGES
from app.domain.forms import FormDefinition
from app.domain.plan_changes import TARGET, carried_out
from app.domain.sharing import DataGroup
from app.storage.unit_of_work import UnitOfWork

#: where the form of a meeting asks for an action of the plan
TARGET_PATH = (CHANGES, TARGET)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRows:
    """The rows of the plan as the form that is being filled in needs them; `agreed`: changes carried out on them."""

    rows: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    agreed: int = 0


def plan_rows(
    uow: UnitOfWork, form: FormDefinition, *, case_key: int, visible: Collection[tuple[DataGroup, str]]
) -> PlanRows | None:
    """
    Return the plan's rows for a form that asks for changes of them, or that is the plan; None for any other form.

    For the plan's own form the changes are carried out that meetings have agreed on since it was filled in last.
    `visible` are the (data group, controller) pairs that the reader may see.
    """
    asks_changes = TARGET_PATH in form.by_path
    if not asks_changes and (ACTIONS,) not in form.by_path:
        return None
    written = uow.care.answers.latest(case_key, fields=[ACTIONS], visible=visible).get(ACTIONS)
    rows = tuple(written.value or ()) if written is not None else ()
    if asks_changes:
        return PlanRows(rows=rows)
    # minutes that were taken back and written anew: the last ones of a meeting are what was agreed in it
    last = {answer.task_key: answer for answer in uow.care.answers.given(case_key, fields=[CHANGES], visible=visible)}
    changes = [
        change
        for answer in last.values()
        if answer.value and (written is None or answer.answered_at > written.answered_at)
        for change in answer.value
    ]
    return PlanRows(rows=tuple(carried_out(rows, changes)), agreed=len(changes))
