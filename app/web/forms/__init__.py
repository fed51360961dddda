"""Forms on pages: a definition, what is filled in and what is wrong with it, put together for templates/forms."""

from app.web.forms.answer_texts import raw_of
from app.web.forms.answered import Answered, answered, shown_answer
from app.web.forms.builder import build_form_view, conditions_now, kept_files_of
from app.web.forms.differences import Difference, differences
from app.web.forms.problem_texts import problem_text
from app.web.forms.rows import RowAction, apply_action, dropped_file
from app.web.forms.view import FormView

__all__ = [
    "Answered",
    "Difference",
    "FormView",
    "RowAction",
    "answered",
    "apply_action",
    "build_form_view",
    "conditions_now",
    "differences",
    "dropped_file",
    "kept_files_of",
    "problem_text",
    "raw_of",
    "shown_answer",
]
