"""What decision tables have proposed of a client and what people decided: from the case, and for clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.queries.case_decisions import DecisionLine, Told, case_decisions
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.forms.answer_texts import number_text
from app.web.forms.answered import answered
from app.web.forms.builder import shown_text
from app.web.language import current_language, texts
from app.web.shell import now
from app.web.stories import shown

blueprint = Blueprint("decided", __name__)
PATH = "/cases/<key>/decisions"


@blueprint.get(PATH)
def show(key: str) -> ResponseReturnValue:
    """Show what tables have proposed in the case, why, and what was decided."""
    case_key = key_of(key)
    found = run(case_decisions, case_key=case_key, actor=current_actor(), now=now())
    return render_template(
        "cases/decisions.html",
        case={"number": found.case_number, "address": f"/cases/{case_key}"},
        decisions=decisions_view(found.lines),
    )


def decisions_view(lines: Sequence[DecisionLine]) -> list[dict[str, Any]]:
    """Return the decisions as texts, for `_decisions.html`."""
    return [_decision(line) for line in lines]


def _decision(line: DecisionLine) -> dict[str, Any]:
    chosen = line.chosen
    answers = (
        answered(chosen.form, chosen.values, language=current_language(), choices=chosen.choices)
        if chosen is not None
        else ()
    )
    return {
        "at": line.at,
        "name": shown(line.name),
        "process": shown(line.process_name) if line.process_name else "",
        "version": line.version,
        "published_at": line.published_at,
        "proposal": ["; ".join(_said(told, line) for told in row) for row in line.proposal],
        "rows": [shown(row) for row in line.rows],
        "inputs": [{"label": shown(told.label), "value": _text(told)} for told in line.inputs],
        "has_choice": line.has_choice,
        "chosen": answers,
        "chosen_at": chosen.at if chosen is not None else None,
    }


def _said(told: Told, line: DecisionLine) -> str:
    """Return a column of the output with its name; one that is called like the table goes without."""
    value = _text(told)
    return value if not told.label or told.label == line.name else f"{shown(told.label)}: {value}"


def _text(told: Told) -> str:
    if told.names:
        return ", ".join(shown(name) for name in told.names)
    say, value = texts(), told.value
    if value is None or value == []:
        return say("decided.unknown")
    asked = next((each for each in told.form.fields if each.key == told.key), None) if told.form is not None else None
    if isinstance(value, bool):
        return say("forms.yes" if value else "forms.no")
    if asked is not None:
        return shown_text(asked, value, say)
    if isinstance(value, int | float):
        return number_text(value, current_language())
    if isinstance(value, dict):
        # the ends of a scale
        return "–".join(str(each) for each in value.values())
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)
