"""Say a problem of a form in the reader's language: what is wrong where, and what to do about it."""

from __future__ import annotations

from app.domain.errors import Problem
from app.domain.forms import Field, FormDefinition
from app.domain.localized import in_language
from app.locale import Texts
from app.web.forms.answer_texts import limit_text


def problem_text(problem: Problem, *, language: str, form: FormDefinition | None = None) -> str:
    """
    Return the sentence; it names the field by its label and never repeats an identity code.

    Without a form (problems of a definition, for its author) it names the field by its place.
    """
    texts = Texts.load(language)
    values = {name: limit_text(value, language) for name, value in problem.values.items()}
    key = f"problems.{problem.code}"
    if key not in texts:
        key = "problems.not_acceptable"
    return texts(key, **{**values, "label": _label(problem, form, texts)})


def _label(problem: Problem, form: FormDefinition | None, texts: Texts) -> str:
    parts = problem.place.split(".")
    asked = field_of(form, problem) if form else None
    if asked is None:
        return problem.place or problem.name
    label = in_language(asked.label, texts.language)
    return texts("forms.label_in_row", label=label, row=int(parts[1]) + 1) if len(parts) == 3 else label


def field_of(form: FormDefinition, problem: Problem) -> Field | None:
    """Return the field that the problem is about, None where it is about none."""
    parts = problem.place.split(".")
    path = (parts[0], parts[2]) if len(parts) == 3 else (parts[0],)
    return form.by_path.get(path)
