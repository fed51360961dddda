"""Tasks marked in the worklist, handled together: each for itself, with a result on its row; failures stay marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.handle_in_list import Handled, Handling, handle_task, undo_handling
from app.domain.errors import (
    InvalidInput,
    KykypolkuError,
    NotAllowed,
    NotFound,
    TaskAlreadyClosed,
    TaskChanged,
    TaskClaimedByOther,
    TaskHeld,
)
from app.domain.keys import parse_key
from app.locale.problems import problem_text
from app.queries.people import role_names
from app.queries.selection import MOST_MARKED, Selection, all_of, marked
from app.queries.worklist import Wish
from app.storage.worklist import TaskLine
from app.web.access import current_actor
from app.web.asking import read, run
from app.web.handling import handling_form
from app.web.language import texts
from app.web.shell import executor, now
from app.web.wishes import PATH, address_of, wish_of
from app.web.worklist import row_of, told_conflict

blueprint = Blueprint("selection", __name__)
#: the field that says to whom, to which day, how important
VALUES = {Handling.ASSIGN: "person", Handling.POSTPONE: "day", Handling.RANK: "rank"}

#: the row of a task of which nothing is said
_UNNAMED = {"name": "", "case_number": "", "address": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one of the tasks; `undo` is what undoing it needs, "" where it cannot be undone."""

    done: bool
    text: str
    undo: str = ""


@blueprint.get(f"{PATH}/selection")
def show() -> ResponseReturnValue:
    """Mark all tasks that the filter finds, and count them."""
    wish = wish_of(request.args, orders=request.args.getlist("sort"))
    found = read(all_of, actor=current_actor(), wish=wish, now=now())
    return _page(found, wish, {})


@blueprint.post(f"{PATH}/selection")
def handle() -> ResponseReturnValue:
    """Do with each of the marked tasks what was pressed, each in a transaction of its own."""
    wish, actor, moment = wish_of(request.form), current_actor(), now()
    keys = _keys()
    pressed = request.form.get("handling", "")
    known = [item for item in Handling if item == pressed]
    value = request.form.get(VALUES[known[0]], "").replace("\x00", "") if known and known[0] in VALUES else ""
    problem = _missing(keys, known, value)
    if problem:
        found = read(marked, actor=actor, keys=keys)
        return _page(found, wish, {}, problem=problem), 422
    outcomes = {
        key: _tried(handle_task, task_key=key, handling=known[0], value=value, actor=actor, now=moment) for key in keys
    }
    return _page(read(marked, actor=actor, keys=keys), wish, outcomes)


@blueprint.post(f"{PATH}/selection/undo")
def undo() -> ResponseReturnValue:
    """Put back what was done with the marked tasks, where nobody has touched them since."""
    wish, actor, moment = wish_of(request.form), current_actor(), now()
    outcomes: dict[int, Outcome] = {}
    for text in request.form.getlist("undo")[:MOST_MARKED]:
        key_text, handling, revision, before = [*text.split(" ", 3), "", "", ""][:4]
        key = parse_key(key_text)
        if key is None or handling not in {item.value for item in Handling} or not _is_number(revision):
            continue
        outcomes[key] = _tried(
            undo_handling,
            undone=True,
            task_key=key,
            handling=Handling(handling),
            before=before.replace("\x00", ""),
            revision=int(revision),
            actor=actor,
            now=moment,
        )
    return _page(read(marked, actor=actor, keys=list(outcomes)), wish, outcomes)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _keys() -> list[int]:
    keys = [parse_key(text) for text in request.form.getlist("key")]
    return list(dict.fromkeys(key for key in keys if key is not None))[:MOST_MARKED]


def _missing(keys: Sequence[int], known: Sequence[Handling], value: str) -> str:
    say = texts()
    if not keys:
        return say("selection.nothing_marked")
    if not known:
        return say("selection.nothing_chosen")
    if known[0] in VALUES and not value:
        return say(f"selection.choose_{VALUES[known[0]]}")
    return ""


def _tried(command: Callable[..., Handled], *, undone: bool = False, **values: Any) -> Outcome:
    say = texts()
    try:
        handled = run(command, **values)
    except KykypolkuError as error:
        return Outcome(done=False, text=_why_not(error))
    if handled.waits:
        return Outcome(done=True, text=say("selection.waits"))
    if undone:
        return Outcome(done=True, text=say("selection.undone"))
    marks = f"{handled.key} {handled.handling} {handled.revision} {handled.before}"
    return Outcome(done=True, text=say(f"selection.done_{handled.handling}"), undo=marks)


def _why_not(error: KykypolkuError) -> str:
    say = texts()
    if isinstance(error, (TaskClaimedByOther, TaskAlreadyClosed, TaskHeld)):
        return told_conflict(error)
    if isinstance(error, InvalidInput):
        return problem_text(error.problems[0], say)
    for kind, key in (
        (TaskChanged, "selection.changed_meanwhile"),
        (NotAllowed, "selection.not_allowed"),
        (NotFound, "selection.gone"),
    ):
        if isinstance(error, kind):
            return say(key)
    return say("selection.failed")


def _page(found: Selection, wish: Wish, outcomes: Mapping[int, Outcome], *, problem: str = "") -> str:
    say, actor = texts(), current_actor()
    roles = executor().read(role_names)
    shown = {line.key: line for line in found.lines}
    lines: list[tuple[int, TaskLine | None]] = [(line.key, line) for line in found.lines]
    # what is none of the person's business any more has a result all the same, and no name
    lines += [(key, None) for key in outcomes if key not in shown]
    rows = []
    for key, line in lines:
        outcome = outcomes.get(key)
        row = row_of(line, actor, roles, may_open=line.key in found.openable) if line else _UNNAMED | {"key": str(key)}
        rows.append({**row, "outcome": outcome, "marked": outcome is None or not outcome.done})
    failed = sum(not outcome.done for outcome in outcomes.values())
    said = [say.plural("selection.handled", count=len(outcomes) - failed)] if outcomes else []
    said += [say.plural("selection.failures", count=failed)] if failed else []
    return render_template(
        "worklist/selection.html",
        rows=rows,
        problem=problem,
        said=" ".join(said),
        failed=failed,
        marked_text=say.plural("selection.marked", count=sum(row["marked"] for row in rows)),
        more_text=say("selection.more", most=MOST_MARKED) if found.more else "",
        undo=[outcome.undo for outcome in outcomes.values() if outcome.undo],
        back_address=address_of(wish),
        handling=handling_form(wish, actor, found.colleagues),
    )
