"""What a problem says, in the words of a language."""

from __future__ import annotations

from app.domain.errors import Problem
from app.locale import Texts


def problem_text(problem: Problem, texts: Texts) -> str:
    """Return what the problem says; where the texts have no such problem, the text that its code names itself."""
    key = f"problems.{problem.code}"
    # texts about forms call what they are about a label
    named = {"name": problem.name or problem.place, "label": problem.place or problem.name}
    return texts(key if key in texts else problem.code, **{**named, **problem.values})
