"""
Anonymous questions: links are given out, and each is answered once.

Nothing here writes who answers or when: no audit row, no access log, no submission, no moment (docs/decisions/0080).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._consultation import check_texts
from app.domain.anonymity import is_stopped
from app.domain.calendar import local_date
from app.domain.client_sessions import digest_of, new_link_secret
from app.domain.errors import InvalidSubmission, Problem
from app.domain.forms import FREE_TEXT, FieldType, FormDefinition
from app.domain.surveys import FEEDBACK_FORM, AnswerLinkDead, Survey, feedback_round
from app.engine.forms import Raw, parse_submission
from app.published import around_form, survey_form
from app.storage.unit_of_work import UnitOfWork

#: answers that are counted; whatever else a form may ask could say who somebody is, and is not kept
COUNTED = frozenset({FieldType.CHOICE, FieldType.MULTI_CHOICE, FieldType.BOOLEAN, FieldType.INTEGER})


def invite_to_feedback(uow: UnitOfWork, *, area_id: str, now: datetime) -> str:
    """Return the token of a new link to this month's round of client feedback in the area; for the mail alone."""
    opens_on, closes_on = feedback_round(local_date(now))
    survey = uow.surveys.open(form_id=FEEDBACK_FORM, area_id=area_id, opens_on=opens_on, closes_on=closes_on)
    return make_ticket(uow, survey)


def make_ticket(uow: UnitOfWork, survey: Survey) -> str:
    """Return the token of a new link to the round."""
    token = new_link_secret()
    uow.surveys.add_ticket(digest=digest_of(token), survey_key=survey.key)
    return token


def answer_survey(
    uow: UnitOfWork, *, token: str, fields: Raw, page_names: frozenset[str], language: str, now: datetime
) -> None:
    """
    Keep what was answered behind the link, which is used up by it.

    :raises AnswerLinkDead: the link is none, was used, or its round is over
    :raises NotFound: the form is not published
    :raises InvalidSubmission: the answers do not fit the form, or a text certainly identifies somebody
    """
    digest = digest_of(token)
    survey = uow.surveys.find_by_ticket(digest)
    if survey is None or not survey.is_open(on=local_date(now)):
        raise AnswerLinkDead
    form = survey_form(uow, survey.form_id)
    around = around_form(uow, form, case_key=None, area_id=survey.area_id, now=now)
    values = parse_submission(form, fields, language=language, around=around, ignore=page_names).values
    identifying = [each.key for each in check_texts(form, values, now=now) if is_stopped(each.findings)]
    if identifying:
        raise InvalidSubmission([Problem("answer_identifies", place=key) for key in identifying])
    if not uow.surveys.use_ticket(digest, survey_key=survey.key):
        raise AnswerLinkDead
    coded, written = _sorted(form, values)
    uow.surveys.add_answers(survey.key, coded=coded, written=written)


def _sorted(form: FormDefinition, values: Mapping[str, Any]) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Return what is counted by field, and what was written by field."""
    coded: dict[str, list[Any]] = {}
    written: dict[str, str] = {}
    for asked in form.fields:
        value = values.get(asked.key)
        if value is None or value == "":
            continue
        if asked.type in COUNTED:
            coded[asked.key] = value if isinstance(value, list) else [value]
        elif asked.type in FREE_TEXT and isinstance(value, str):
            written[asked.key] = value
    return coded, written
