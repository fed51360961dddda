"""The county's numbers: what the seeds ask to be measured, by period, area, source and organisation."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.documents.spreadsheets import spreadsheet
from app.domain.actor import may_read_survey
from app.domain.calendar import local_date
from app.domain.errors import InvalidInput, Problem
from app.domain.localized import LocalizedText, in_language
from app.domain.statistics.definitions import Dimension, Kind
from app.domain.statistics.events import Period, Question
from app.domain.statistics.figures import Breakdown, Figure, Number, Row, months
from app.queries.measures import Choices, MeasureReport, measure_report
from app.web.access import current_actor
from app.web.asking import address, run
from app.web.language import Formats, current_language, texts
from app.web.shell import now

blueprint = Blueprint("measures", __name__)
PATH = "/measures"
#: a report without dates is about the last twelve months
MONTHS_BACK = 11
#: the longest period: twenty years of months are a long table
MOST_MONTHS = 240
_PERCENT = frozenset({Kind.SHARE, Kind.FIRST_SHARE, Kind.IN_TIME})
_WHOLE = frozenset({Kind.EVENTS, Kind.CASES, Kind.DISTRIBUTION, Kind.OPEN_LONGER, Kind.ORGANISATIONS, Kind.AREAS})
SPREADSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show every measure with its numbers."""
    question = _question()
    report = run(measure_report, question=question, actor=current_actor())
    rows = [
        {
            "line": line,
            "address": address(f"{PATH}/{line.definition.id}", **_asked(question)),
            "figures": [_shown(figure) for figure in line.figures],
        }
        for line in report.lines
    ]
    reads = may_read_survey(current_actor(), of_clients=True)
    return render_template(
        "measures/index.html",
        rows=rows,
        surveys_address=f"{PATH}/surveys" if reads else "",
        **_frame(report, question),
    )


@blueprint.get(f"{PATH}/questions")
def questions() -> ResponseReturnValue:
    """Answer the evaluation questions of the seeds one by one."""
    question = _question()
    report = run(measure_report, question=question, actor=current_actor())
    lines = {line.definition.id: line for line in report.lines}
    rows = [
        {
            "question": asked,
            "answers": [
                {
                    "line": lines[measure_id],
                    "address": address(f"{PATH}/{measure_id}", **_asked(question)),
                    "figures": [_shown(figure) for figure in lines[measure_id].figures],
                }
                for measure_id in asked.measures
            ],
        }
        for asked in report.questions
    ]
    return render_template("measures/questions.html", rows=rows, **_frame(report, question))


@blueprint.get(f"{PATH}/<measure_id>")
def show(measure_id: str) -> ResponseReturnValue:
    """Show one measure: what was asked, how it is computed, each figure by its dimensions."""
    question = _question()
    report = run(measure_report, question=question, actor=current_actor(), measure_ids=[measure_id])
    line = report.lines[0]
    figures = [
        _shown(figure) | {"tables": [_table(figure, item, report.choices) for item in figure.breakdowns]}
        for figure in line.figures
    ]
    return render_template("measures/measure.html", line=line, figures=figures, **_frame(report, question))


@blueprint.get(f"{PATH}/measures.<any(csv, xlsx):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Hand out all numbers as a table, what is hidden as hidden."""
    question = _question()
    report = run(measure_report, question=question, actor=current_actor())
    rows = list(_lines(report, question))
    name = f"measures-{question.period.first:%Y-%m}-{question.period.last:%Y-%m}.{kind}"
    if kind == "xlsx":
        return _download(spreadsheet(texts()("place.measures"), rows), SPREADSHEET_TYPE, name)
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerows(rows)
    # Excel takes a file without the mark for another encoding
    return _download(written.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", name)


def _download(content: bytes, media_type: str, name: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# -- what is asked -----------------------------------------------------------------------------------------------------


def _question() -> Question:
    """
    Return what the address asks for; months, not days.

    :raises InvalidInput: a month cannot be read, or the period ends before it begins
    """
    last = _month(request.args.get("to", ""), "to") or local_date(now())
    first = _month(request.args.get("from", ""), "from") or _months_before(last, MONTHS_BACK)
    period = Period(first=first.replace(day=1), last=_end_of_month(last))
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if not 1 <= count <= MOST_MONTHS:
        raise InvalidInput([Problem("period_invalid", place="from")])
    return Question(
        period=period,
        area_id=request.args.get("area", ""),
        source=request.args.get("source", ""),
        organisation_id=request.args.get("organisation", ""),
    )


def _month(written: str, place: str) -> date | None:
    if not written:
        return None
    try:
        return date.fromisoformat(f"{written}-01")
    except ValueError:
        raise InvalidInput([Problem("month_invalid", place=place)]) from None


def _months_before(day: date, count: int) -> date:
    months_since = day.year * 12 + day.month - 1 - count
    return date(months_since // 12, months_since % 12 + 1, 1)


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _asked(question: Question) -> dict[str, str]:
    return {
        "from": f"{question.period.first:%Y-%m}",
        "to": f"{question.period.last:%Y-%m}",
        "area": question.area_id,
        "source": question.source,
        "organisation": question.organisation_id,
    }


# -- what is shown -----------------------------------------------------------------------------------------------------


def _frame(report: MeasureReport, question: Question) -> dict[str, object]:
    say = texts()
    asked = _asked(question)

    def options(named: Mapping[str, LocalizedText]) -> list[tuple[str, str]]:
        return [("", say("measures.all")), *((key, in_language(name, say.language)) for key, name in named.items())]

    return {
        "asked": asked,
        "months": months(question),
        "area_options": options(report.choices.areas),
        "source_options": options(report.choices.sources),
        "organisation_options": options(report.choices.organisations),
        "path": PATH,
        "index_address": address(PATH, **asked),
        "questions_address": address(f"{PATH}/questions", **asked),
        "csv_address": address(f"{PATH}/measures.csv", **asked),
        "xlsx_address": address(f"{PATH}/measures.xlsx", **asked),
    }


def _shown(figure: Figure) -> dict[str, object]:
    return {
        "figure": figure,
        "name": in_language(figure.definition.name, texts().language),
        "text": number_text(figure.definition.kind, figure.number),
        "sections": figure.sections,
    }


def _table(figure: Figure, breakdown: Breakdown, choices: Choices) -> dict[str, object]:
    kind = figure.definition.kind
    greatest = max((row.number.value or 0 for row in breakdown.rows), default=0)
    return {
        "dimension": breakdown.dimension,
        "rows": [
            {
                "name": key_text(figure, breakdown.dimension, row.key, choices),
                "text": number_text(kind, row.number),
                "rate": _rate(figure, breakdown.dimension, row, choices),
                "base": "" if row.number.hidden or not row.number.base else _formats().number(row.number.base),
                "width": round(100 * (row.number.value or 0) / greatest) if greatest else 0,
            }
            for row in breakdown.rows
        ],
    }


def _rate(figure: Figure, dimension: Dimension, row: Row, choices: Choices) -> str:
    """Return the number of clients per thousand unemployed of the municipality, "" where nobody knows how many."""
    unemployed = choices.unemployed.get(row.key, 0) if dimension is Dimension.MUNICIPALITY else 0
    if not unemployed or row.number.hidden or row.number.value is None or figure.definition.kind is not Kind.CASES:
        return ""
    return texts()("measures.per_thousand", value=_formats().number(round(1000 * row.number.value / unemployed, 1)))


def _formats() -> Formats:
    return Formats(current_language())


def number_text(kind: Kind, number: Number) -> str:
    """Return the number as people read it."""
    say = texts()
    if number.hidden:
        return say("measures.hidden")
    if number.value is None:
        return say("measures.nothing")
    if kind in _WHOLE:
        return _formats().number(round(number.value))
    value = _formats().number(round(number.value, 1))
    return say("measures.percent", value=value) if kind in _PERCENT else value


def key_text(figure: Figure, dimension: Dimension, key: str, choices: Choices) -> str:
    """Return how a month, an area or a value is called."""
    say = texts()
    if not key:
        return say("measures.not_known")
    if dimension is Dimension.MONTH:
        return say("measures.month", month=int(key[5:]), year=key[:4])
    names: Mapping[str, LocalizedText] = {
        Dimension.AREA: choices.areas,
        Dimension.SOURCE: choices.sources,
        Dimension.ORGANISATION: choices.organisations,
        Dimension.TARGET: choices.organisations,
        Dimension.MUNICIPALITY: choices.municipalities,
        Dimension.VALUE: {**choices.values, **figure.definition.labels},
    }[dimension]
    return in_language(names[key], say.language) if key in names else key


def _lines(report: MeasureReport, question: Question) -> Iterator[list[str | float | None]]:
    """Yield the rows of the exported table, the first with the names of the columns."""
    say = texts()
    columns = ("measure", "asked", "figure", "dimension", "group", "value", "base", "first_month", "last_month")
    yield [say(f"measures.column_{name}") for name in columns]
    period: list[str | float | None] = [f"{question.period.first:%Y-%m}", f"{question.period.last:%Y-%m}"]
    for line in report.lines:
        names = (
            f"{line.definition.id} {in_language(line.definition.name, say.language)}",
            in_language(line.definition.asked, say.language),
        )
        for figure in line.figures:
            about = [*names, in_language(figure.definition.name, say.language)]
            yield [*about, "", "", *_values(figure.number), *period]
            for breakdown in figure.breakdowns:
                dimension = say(f"measures.by_{breakdown.dimension}")
                for row in breakdown.rows:
                    group = key_text(figure, breakdown.dimension, row.key, report.choices)
                    yield [*about, dimension, group, *_values(row.number), *period]
            for section in figure.sections:
                value = say("measures.hidden") if section.hidden else section.difference
                base = None if section.hidden else section.base
                yield [
                    *about,
                    say("measures.by_section"),
                    say(f"measures.section_{section.section}"),
                    value,
                    base,
                    *period,
                ]


def _values(number: Number) -> list[str | float | None]:
    if number.hidden:
        return [texts()("measures.hidden"), None]
    return [number.value, number.base]
