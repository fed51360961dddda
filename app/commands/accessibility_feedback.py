"""
Feedback on accessibility (R-23, act 306/2019): anybody gives it, somebody answers within 14 days.

`send_feedback` is the public page's; `answer_feedback` and `forget_feedback_address` are local jobs of the pathway
`tyky_saavutettavuuspalaute`, which counts the days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.commands.start_instance import start_instance
from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.domain.errors import InvalidSubmission, NotFound, Problem
from app.domain.identity_code import mask_identity_codes
from app.domain.keys import parse_key
from app.engine.forms import Raw, parse_submission
from app.published import around_form, survey_form
from app.storage.feedback import Feedback
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

#: the pathway that sees to the answer, its form, and the variable that names the feedback
PROCESS, FORM, FEEDBACK = "tyky_saavutettavuuspalaute", "f_saavutettavuuspalaute", "palaute_id"
#: the question that asks for an address to answer to
ADDRESS = "sahkoposti"
#: more in an hour than people write: whoever floods the page is asked to come later
MOST_IN_AN_HOUR = 30


def send_feedback(uow: UnitOfWork, *, fields: Raw, page_names: frozenset[str], language: str, now: datetime) -> None:
    """
    Keep the feedback and start the pathway that answers it; identity codes in it are masked.

    :raises NotFound: form or pathway are not published
    :raises InvalidSubmission: the answers do not fit the form, or too much has come within the hour
    """
    form = survey_form(uow, FORM)
    around = around_form(uow, form, case_key=None, area_id="", now=now)
    values = parse_submission(form, fields, language=language, around=around, ignore=page_names).values
    if uow.feedback.count_since(now - timedelta(hours=1)) >= MOST_IN_AN_HOUR:
        raise InvalidSubmission([Problem("feedback_too_many")])
    key = uow.feedback.add(
        written={
            name: mask_identity_codes(value)
            for name, value in values.items()
            if name != ADDRESS and isinstance(value, str) and value
        },
        address=str(values.get(ADDRESS) or ""),
        language=language,
        now=now,
    )
    start_instance(uow, actor=SYSTEM, process_id=PROCESS, variables={FEEDBACK: str(key)}, area_id="", now=now)


def answer_feedback(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:  # noqa: ARG001
    """
    Keep the answer of the variable `vastaus` beside the feedback that `palaute_id` names.

    :raises GivenUp: there is no such feedback, or no answer
    """
    answer = job.variables.get("vastaus")
    if not isinstance(answer, str) or not answer.strip():
        raise GivenUp("feedback_without_answer")
    uow.feedback.answer(feedback_of(uow, job).key, answer=answer, now=now)
    return {}


def forget_feedback_address(
    uow: UnitOfWork,
    instance: Instance,  # noqa: ARG001
    job: Job,
    now: datetime,  # noqa: ARG001
) -> Mapping[str, Any]:
    """
    Delete the address to which the answer has gone.

    :raises GivenUp: there is no such feedback
    """
    uow.feedback.forget_address(feedback_of(uow, job).key)
    return {}


def feedback_of(uow: UnitOfWork, job: Job) -> Feedback:
    """Return the feedback that the variable `palaute_id` names. :raises GivenUp: there is none"""
    key = parse_key(str(job.variables.get(FEEDBACK) or ""))
    try:
        return uow.feedback.get(key or 0)
    except NotFound:
        raise GivenUp("feedback_unknown") from None
