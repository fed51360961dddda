"""Anonymous questions: what stands behind a link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.calendar import local_date
from app.domain.client_sessions import digest_of
from app.domain.forms import FormDefinition
from app.domain.surveys import AnswerLinkDead, Survey
from app.engine.forms import Around
from app.published import around_form, survey_form
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPage:
    """The questions behind a link; nothing tells who got it."""

    survey: Survey
    form: FormDefinition
    around: Around


def answer_page(uow: UnitOfWork, *, token: str, now: datetime) -> AnswerPage:
    """
    Return the questions; looking changes nothing, because mail programs look too.

    :raises AnswerLinkDead: the link is none, was used, or its round is over
    :raises NotFound: the form is not published
    """
    survey = uow.surveys.find_by_ticket(digest_of(token))
    if survey is None or not survey.is_open(on=local_date(now)):
        raise AnswerLinkDead
    form = survey_form(uow, survey.form_id)
    return AnswerPage(
        survey=survey, form=form, around=around_form(uow, form, case_key=None, area_id=survey.area_id, now=now)
    )
