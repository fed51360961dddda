"""Decision tables as HTML tables: every cell is a field, every act a button, nothing needs a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.model_drafts import hash_of, save_model_draft
from app.domain.errors import DraftChanged
from app.domain.models import ModelKind
from app.engine.models import DecisionTable, read_table, rewrite_table
from app.queries.model_trials import Tried, try_decision
from app.queries.studio import check_model, open_decision
from app.web.access import current_actor
from app.web.asking import run
from app.web.language import texts
from app.web.shell import now
from app.web.stories import shown
from app.web.studio.drafts import by_itself, revision_sent, told_conflict, told_saved
from app.web.studio.place import PATH, blueprint, editor_address
from app.web.studio.told import conflict_text, count_text, draft_text, problem_lines, told_problems
from app.web.studio.written import render_written, send_written

#: fields of the page that are cells
CELL = "cell."
INPUT = "input."
#: characters of a value that a decision is tried with
LONGEST_VALUE = 1_000


@blueprint.get(f"{PATH}/tables/<model_id>")
def edit_table(model_id: str) -> ResponseReturnValue:
    """Open the decision: as a table where it is one, else as text."""
    return _render(model_id)


@blueprint.post(f"{PATH}/tables/<model_id>")
def send_table(model_id: str) -> ResponseReturnValue:
    """Save the cells and what the pressed button does to the rows; or try the table with values."""
    if "content" in request.form:
        return send_written(ModelKind.DECISION, model_id)
    action = request.form.get("action", "save")
    if action == "try":
        return _render(model_id, written=_written(model_id, ""), tried=True)
    opened = run(open_decision, decision_id=model_id, actor=current_actor())
    try:
        saved = run(
            save_model_draft,
            kind=ModelKind.DECISION,
            model_id=opened.model_id,
            content=_written(model_id, action),
            revision=revision_sent(),
            base_hash=request.form.get("base", "")[:64],
            actor=current_actor(),
            quietly=by_itself(),
            now=now(),
        )
    except DraftChanged as error:
        if by_itself():
            return told_conflict(error)
        return _render(model_id, written=_written(model_id, action), conflict=error), 409
    if by_itself():
        return told_saved(saved)
    flash(texts()("studio.saved"), "success")
    return redirect(editor_address(ModelKind.DECISION, model_id) + _anchor(action), code=303)


def _anchor(action: str) -> str:
    """Return where the page opens again: at the row that was moved or added."""
    name, _, text = action.partition(":")
    number = int(text) if text.isdecimal() and text.isascii() and len(text) <= 4 else 0
    if name == "add":
        return "#row-add"
    return f"#row-{number + {'up': -1, 'down': 1, 'copy': 1}.get(name, 0)}" if number else ""


def _written(model_id: str, action: str) -> bytes:
    """Return the file that this page shows with its cells as they stand in the form."""
    opened = run(open_decision, decision_id=model_id, actor=current_actor())
    cells = {name: text for name, text in request.form.items() if name.startswith(CELL)}
    return rewrite_table(opened.content, model_id, cells, action=action)


def _render(
    model_id: str, *, written: bytes | None = None, conflict: DraftChanged | None = None, tried: bool = False
) -> str:
    opened = run(open_decision, decision_id=model_id, actor=current_actor())
    content = opened.content if written is None else written
    table = read_table(content, model_id)
    if table is None:
        return render_written(ModelKind.DECISION, model_id)
    draft = opened.draft.line if opened.draft else None
    name = draft.name if draft else opened.source.line.name if opened.source else {}
    lines = problem_lines(run(check_model, kind=ModelKind.DECISION, content=content, actor=current_actor()))
    trial = _try(content, model_id) if tried else None
    revision = conflict.revision if conflict else draft.revision if draft else 0
    return render_template(
        "studio/table.html",
        model={
            "name": shown(name) or model_id,
            "model_id": model_id,
            "address": editor_address(ModelKind.DECISION, model_id),
            "revision": revision if written is None or conflict else revision_sent(),
            "base": draft.base_hash if draft else hash_of(opened.source),
            "draft_text": draft_text(draft),
            "publish_address": f"{PATH}/publish?draft={draft.key}" if draft else "",
            "conflict": conflict_text(conflict) if conflict else "",
            "hit_policy": table.hit_policy,
            "aggregation": table.aggregation,
            "unsaved": written is not None,
        },
        columns=table.columns,
        rows=_rows(table, lines, trial),
        problems=_tied(table, lines),
        problems_text=count_text(lines),
        inputs=_inputs(content, model_id),
        trial=trial,
    )


def _rows(table: DecisionTable, lines: Sequence[dict[str, Any]], trial: dict[str, Any] | None) -> list[dict[str, Any]]:
    wrong = _wrong_cells(table, lines)
    matched = trial["matched"] if trial else ()
    return [
        {
            "number": row.number,
            "matched": row.number in matched,
            "cells": [
                {"field": cell.field, "part": cell.part, "text": cell.text, "problem": wrong.get(cell.field, "")}
                for cell in row.cells
            ],
        }
        for row in table.rows
    ]


def _wrong_cells(table: DecisionTable, lines: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return what is wrong with which cell: those that hold the very text that the check names."""
    wrong = {line["expression"]: line["text"] for line in lines if line["severity"] == "error" and line["expression"]}
    return {
        cell.field: wrong[cell.text[:200]]
        for row in table.rows
        for cell in row.cells
        if cell.part != "annotation" and cell.text and cell.text[:200] in wrong
    }


def _tied(table: DecisionTable, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the problems with the address of the first cell that each is about."""
    rows = {row.rule_id: row.number for row in table.rows}
    fields = {
        cell.text[:200]: cell.field
        for row in reversed(table.rows)
        for cell in row.cells
        if cell.part != "annotation" and cell.text
    }
    tied = []
    for line in lines:
        field, number = fields.get(line["expression"]), rows.get(line["place"])
        target = f"#{field}" if field else f"#row-{number}" if number else ""
        tied.append(line | {"address": target})
    return tied


# -- trying --------------------------------------------------------------------------------------------------------


def _inputs(content: bytes, model_id: str) -> list[dict[str, str]]:
    found = run(try_decision, content=content, decision_id=model_id, values=None, actor=current_actor(), now=now())
    return [{"name": name, "field": f"{INPUT}{name}", "value": _value_text(name)} for name in found.inputs]


def _value_text(name: str) -> str:
    return request.form.get(f"{INPUT}{name}", "")[:LONGEST_VALUE]


def _try(content: bytes, model_id: str) -> dict[str, Any]:
    values = {
        name.removeprefix(INPUT): _value(text[:LONGEST_VALUE])
        for name, text in request.form.items()
        if name.startswith(INPUT)
    }
    tried: Tried = run(
        try_decision, content=content, decision_id=model_id, values=values, actor=current_actor(), now=now()
    )
    if tried.problems:
        return {"matched": (), "output": "", "error": told_problems(tried.problems)[0]["text"]}
    if tried.failure:
        key = f"incidents.{tried.failure}"
        return {"matched": (), "output": "", "error": texts()(key) if key in texts() else tried.failure}
    return {
        "matched": tried.matched,
        "output": json.dumps(tried.output, ensure_ascii=False, indent=2),
        "error": "",
    }


def _value(text: str) -> Any:
    """Return the value as it is meant: JSON where it is JSON (a number, true, a list), else the text itself."""
    if not text.strip():
        return None
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text.strip()


def _refuse_constant(text: str) -> Any:
    raise ValueError(text)
