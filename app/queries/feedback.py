"""Feedback on accessibility: the questions, and what was written, for whoever answers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import NotFound
from app.domain.forms import FormDefinition
from app.domain.keys import parse_key
from app.domain.steps import ElementOutline
from app.engine.forms import Around
from app.published import around_form, survey_form
from app.queries.beside import EarlierForm
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork

FORM = "f_saavutettavuuspalaute"
#: property of a user task: the variable that names the feedback to show beside it
BESIDE = "kyky.besideFeedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackForm:
    """The questions in their newest version."""

    form: FormDefinition
    around: Around


def feedback_form(uow: UnitOfWork, *, now: datetime) -> FeedbackForm:
    """Return the questions. :raises NotFound: the form is not published"""
    form = survey_form(uow, FORM)
    return FeedbackForm(form=form, around=around_form(uow, form, case_key=None, area_id="", now=now))


def feedback_beside(uow: UnitOfWork, *, element: ElementOutline | None, task: Task) -> tuple[EarlierForm, ...]:
    """Return the feedback that the task is about, without the address of who gave it; nothing for other tasks."""
    name = element.properties.get(BESIDE, "") if element is not None else ""
    if not name:
        return ()
    held = [
        uow.api_searches.variables_in(scope_key, frozenset({name}))
        for scope_key in uow.api_searches.enclosing_scopes(task.element_instance_key)
    ]
    key = next((parse_key(str(found[name])) for found in held if found.get(name)), None)
    try:
        feedback = uow.feedback.get(key or 0)
        form = survey_form(uow, FORM)
    except NotFound:
        return ()
    return (EarlierForm(form=form, values=feedback.written, answered_at=feedback.received_at, choices={}),)
