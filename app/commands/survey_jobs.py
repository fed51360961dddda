"""The local jobs of the staff's evaluation (P18): `open_survey` and `close_survey`; and who is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.connectors.contract import GivenUp
from app.domain.calendar import local_date
from app.domain.durations import parse_duration
from app.domain.keys import parse_key
from app.domain.surveys import EVALUATION_FORM, Survey, evaluation_round
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

#: the variable that says which round it is
ROUND = "kysely_id"


def open_survey(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Open a round of the header's `form` in the instance's area (none = all); return `kysely_id`.

    The form is f_loppuarviointi; the input `vastausaika` is how long it is open, an ISO 8601 duration of whole days.

    Whoever asks twice on one day gets the round of that day.

    :raises GivenUp: the form or the time makes no sense, or the round of this day is over
    """
    form_id = job.headers.get("form", "")
    if form_id != EVALUATION_FORM:
        raise GivenUp("survey_headers_invalid", form_id)
    opens_on, closes_on = evaluation_round(local_date(now), days=_days(job))
    survey = uow.surveys.open(form_id=EVALUATION_FORM, area_id=instance.area_id, opens_on=opens_on, closes_on=closes_on)
    if survey.closed:
        raise GivenUp("survey_over", opens_on.isoformat())
    return {ROUND: str(survey.key)}


def _days(job: Job) -> int:
    wanted = str(job.variables.get("vastausaika") or "")
    try:
        days = parse_duration(wanted).days
    except ValueError:
        days = 0
    if not 1 <= days <= 366:
        raise GivenUp("survey_time_invalid", wanted)
    return days


def close_survey(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:  # noqa: ARG001
    """
    End the round `kysely_id`: links that nobody has used are forgotten, and what was answered counts from now on.

    :raises GivenUp: there is no such round
    """
    uow.surveys.close(survey_of(uow, job).key)
    return {}


def survey_of(uow: UnitOfWork, job: Job) -> Survey:
    """Return the round that the variable `kysely_id` names. :raises GivenUp: there is none"""
    key = parse_key(str(job.variables.get(ROUND) or ""))
    survey = None if key is None else uow.surveys.find(key)
    if survey is None:
        raise GivenUp("survey_unknown")
    return survey
