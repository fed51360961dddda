"""What was written freely in rounds of anonymous questions: for those who develop, and for the client panel."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.queries.surveys import SurveyLine, survey_lines, survey_report
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import texts
from app.web.stories import shown

blueprint = Blueprint("surveys", __name__)
PATH = "/measures/surveys"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the rounds that are over."""
    lines = run(survey_lines, actor=current_actor())
    return render_template("measures/surveys.html", rounds=[_round(line) for line in lines])


@blueprint.get(f"{PATH}/<key>")
def show(key: str) -> ResponseReturnValue:
    """Show what was written in one round."""
    report = run(survey_report, survey_key=key_of(key), actor=current_actor())
    return render_template(
        "measures/survey.html",
        round=_round(report.line),
        enough=report.line.answered is not None,
        written=[{"label": shown(each.label), "texts": each.texts} for each in report.written],
    )


def _round(line: SurveyLine) -> dict[str, Any]:
    say, survey = texts(), line.survey
    return {
        "title": shown(line.title),
        "address": f"{PATH}/{survey.key}",
        "area": shown(line.area_name) if line.area_name else say("surveys.every_area"),
        "opens_on": survey.opens_on,
        "closes_on": survey.closes_on,
        "answered": say("surveys.few") if line.answered is None else str(line.answered),
    }
