"""Anonymous questions: what stands behind a link, and what was written in rounds that are over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.actor import Actor, may_read_survey
from app.domain.calendar import local_date
from app.domain.client_sessions import digest_of
from app.domain.errors import NotAllowed, NotFound
from app.domain.forms import FormDefinition
from app.domain.localized import LocalizedText
from app.domain.statistics.definitions import SMALLEST_GROUP
from app.domain.surveys import FEEDBACK_FORM, AnswerLinkDead, Survey
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyLine:
    """A closed round; `answered` is None where fewer than five have answered (R-12)."""

    survey: Survey
    title: LocalizedText
    area_name: LocalizedText
    answered: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written to one question, in no order that tells of anybody."""

    label: LocalizedText
    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyReport:
    """What was written freely in one round."""

    line: SurveyLine
    written: tuple[Written, ...]


def survey_lines(uow: UnitOfWork, *, actor: Actor) -> list[SurveyLine]:
    """
    Return the closed rounds that the actor may read, the newest first.

    :raises NotAllowed: none of the actor's roles reads any
    """
    if not may_read_survey(actor, of_clients=True):
        raise NotAllowed("surveys")
    areas = uow.reference.areas()
    return [_line(uow, each, areas) for each in uow.surveys.all() if each.closed and _may_read(actor, each)]


def survey_report(uow: UnitOfWork, *, survey_key: int, actor: Actor) -> SurveyReport:
    """
    Return what was written freely in the round; nothing at all where fewer than five have answered.

    :raises NotAllowed: none of the actor's roles reads this kind of round
    :raises NotFound: no such round, or it goes on
    """
    survey = uow.surveys.find(survey_key)
    # who reads none is not told which there are
    if not may_read_survey(actor, of_clients=True):
        raise NotAllowed("surveys")
    if survey is None or not survey.closed:
        raise NotFound("survey", survey_key)
    if not _may_read(actor, survey):
        raise NotAllowed("surveys")
    line = _line(uow, survey, uow.reference.areas())
    texts: dict[str, list[str]] = {}
    for name, text in uow.surveys.written(survey_key) if line.answered is not None else ():
        texts.setdefault(name, []).append(text)
    labels = {each.key: each.label for each in survey_form(uow, survey.form_id).fields}
    return SurveyReport(
        line=line,
        # sorted: not even the order in which they lie tells which were written together
        written=tuple(
            Written(label=labels.get(name, {"fi": name}), texts=tuple(sorted(texts[name]))) for name in sorted(texts)
        ),
    )


def _may_read(actor: Actor, survey: Survey) -> bool:
    return may_read_survey(actor, of_clients=survey.form_id == FEEDBACK_FORM)


def _line(uow: UnitOfWork, survey: Survey, areas: Mapping[str, LocalizedText]) -> SurveyLine:
    return SurveyLine(
        survey=survey,
        title=survey_form(uow, survey.form_id).title,
        area_name=areas.get(survey.area_id, {}),
        answered=survey.answered if survey.answered >= SMALLEST_GROUP else None,
    )
