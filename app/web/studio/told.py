"""Problems, drafts and changes in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.domain.errors import BaseOutdated, DraftChanged, Problem
from app.domain.models import SHARED, Difference
from app.locale.problems import problem_text
from app.queries.studio import Checked
from app.storage.model_drafts import DraftLine
from app.web.language import Formats, current_language, texts
from app.web.stories import shown
from app.web.studio.place import editor_address

#: parts of a change list that are told; a table's cell is told as its row
MOST_DIFFERENCES = 300


def problem_lines(checked: Checked) -> list[dict[str, Any]]:
    """Return everything that a check found, what refuses first; `remedy` says what to do, where the text does not."""
    return [
        *(_problem_line(problem, "error") for problem in checked.problems),
        *(_problem_line(problem, "warning") for problem in checked.warnings),
        *(_problem_line(problem, "note") for problem in checked.repairs),
    ]


def told_problems(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return problems as a check would."""
    return [_problem_line(problem, "error") for problem in problems]


def _problem_line(problem: Problem, severity: str) -> dict[str, Any]:
    say = texts()
    remedy = f"remedy.{problem.code}"
    return {
        "code": problem.code,
        "severity": severity,
        "place": problem.place,
        "name": problem.name or problem.place,
        "text": problem_text(problem, say),
        "remedy": say(remedy) if remedy in say else "",
        # what stands in the field or cell that the problem is about, and what it names
        "expression": str(problem.values.get("expression") or problem.values.get("text") or ""),
        "reference": str(problem.values.get("id") or ""),
    }


def count_text(lines: Iterable[dict[str, Any]]) -> str:
    """Return how many problems and warnings there are, as an announcement."""
    severities = [line["severity"] for line in lines]
    errors, warnings = severities.count("error"), severities.count("warning")
    say = texts()
    told = say.plural("studio.problems", count=errors) if errors else say("studio.no_problems")
    return f"{told} {say.plural('studio.warnings', count=warnings)}" if warnings else told


def draft_text(line: DraftLine | None) -> str:
    """Return who saved the draft and when; "" where there is none."""
    if line is None:
        return ""
    when = Formats(current_language()).when(line.updated_at)
    key = "studio.draft_saved_by" if line.owner_key == SHARED else "studio.own_copy_saved"
    return texts()(key, name=line.updated_by, when=when)


def conflict_text(error: DraftChanged) -> str:
    """Return who was faster."""
    if not error.revision or error.at is None:
        return texts()("studio.conflict_gone")
    return texts()("studio.conflict", name=error.by, when=Formats(current_language()).when(error.at))


def outdated_text(error: BaseOutdated) -> str:
    """Return which version came between."""
    when = "" if error.at is None else Formats(current_language()).when(error.at)
    return texts()("studio.outdated", version=error.version, name=error.by or texts()("studio.system"), when=when)


def difference_lines(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """Return changes as lines of a list."""
    return [_difference_line(each) for each in list(differences)[:MOST_DIFFERENCES]]


def _difference_line(difference: Difference) -> dict[str, Any]:
    say = texts()
    kind = next(
        (key for key in (f"element.{difference.element_type}", f"part.{difference.element_type}") if key in say), ""
    )
    values = difference.values
    # what the drawer calls it is Finnish, what we call it is not
    name, language = difference.name or difference.element_id, "fi"
    if "row" in values:
        name, language = say("studio.row_number", number=values["row"]), ""
    return {
        "change": difference.change.value,
        "change_text": say(f"studio.change_{difference.change.value}"),
        "name": name,
        "lang": language,
        "kind_text": say(kind) if kind else "",
        "details": values.get("details", ()),
    }


def draft_card(line: DraftLine) -> dict[str, Any]:
    """Return a draft as lists show it."""
    return {
        "name": shown(line.name) or line.model_id,
        "model_id": line.model_id,
        "kind_text": texts()(f"studio.kind_{line.kind.value}"),
        "text": draft_text(line),
        "address": editor_address(line.kind, line.model_id) + ("?copy=1" if line.owner_key != SHARED else ""),
        "key": line.key,
        "revision": line.revision,
    }
