"""What the pages with a form of their own say about what was typed wrong."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.errors import Problem
from app.locale.problems import problem_text
from app.web.language import texts


def told_by_field(problems: Iterable[Problem], *, area: str) -> dict[str, str]:
    """Return what each problem says under the name of its field; texts of `area` say what the page calls the field."""
    say = texts()
    return {
        problem.place: problem_text(
            Problem(problem.code, place=say(f"{area}.{problem.place}"), values=problem.values), say
        )
        for problem in problems
    }
