"""What a client who comes back has told in an earlier case: offered in the forms of the new one, and checked there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.actor import Actor
from app.domain.answers import gather
from app.domain.client import Case
from app.domain.forms import FieldType, FormDefinition
from app.queries.access import log_reading, sight_of_case
from app.storage.unit_of_work import UnitOfWork

#: what was true of a person or an organisation then is not offered: it is agreed anew
_OF_ITS_TIME = frozenset({FieldType.GROUP, FieldType.FILE, FieldType.USER, FieldType.ORGANISATION, FieldType.REFERENCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierAnswers:
    """Answers of the client's latest case that has ended, as values of a form."""

    case_number: str
    closed_at: datetime
    values: Mapping[str, Any] = field(repr=False)


def earlier_answers(
    uow: UnitOfWork, *, form: FormDefinition, case: Case, actor: Actor, task_key: int, now: datetime
) -> EarlierAnswers | None:
    """
    Return what the form may begin with from the client's case before this one, None where there is nothing.

    The viewer sees what they would see on the page of that case, and it is logged as a reading of it. What is asked
    anew each time is never offered.
    """
    ended = [
        each
        for each in uow.care.cases.of_client(case.client_key)
        if not each.is_open and each.closed_at is not None and each.closed_at <= case.opened_at
    ]
    if not ended:
        return None
    sight = sight_of_case(uow, case_key=ended[0].key, actor=actor, now=now)
    visible = {(group, controller) for group, controller in sight.visible if group in form.data_groups}
    if not visible or ended[0].closed_at is None:
        return None
    answers = uow.care.answers.latest(ended[0].key, visible=visible)
    told = gather(form, answers={key: answer.value for key, answer in answers.items()})
    types = {each.key: each.type for each in form.fields}
    values = {key: value for key, value in told.items() if types[key] not in _OF_ITS_TIME}
    read = {answers[key].data_group for key in values if key in answers}
    if not values:
        return None
    groups = [group for group in read if group is not None]
    log_reading(uow, sight=sight, actor=actor, groups=groups, purpose=f"task:{task_key}", now=now)
    return EarlierAnswers(case_number=sight.case.number, closed_at=ended[0].closed_at, values=values)
