"""Complete a user task for a program that calls the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands.api_clients import CARE_REFUSED
from app.commands.complete_task import Submission, complete_task
from app.domain.actor import may_monitor, may_take
from app.domain.api_client import Caller, Scope
from app.domain.errors import Concealed, NotAllowed
from app.domain.sent_variables import check_variables
from app.published import form_of
from app.storage.unit_of_work import UnitOfWork


def complete_program_task(
    uow: UnitOfWork, *, task_key: int, values: Mapping[str, Any], language: str, caller: Caller, now: datetime
) -> None:
    """
    Complete the task with the values, which are answers of its form, or variables where it has none.

    A form that asks for anything of the care core needs the scope `care`: leaving such a question empty is an answer
    too. What was stored there is in the access log, written by `store_answers`.

    :raises NotFound: no such task
    :raises Concealed: it is not for the service person
    :raises NotAllowed: the token is not for care records, or the task is not theirs
    :raises TaskAlreadyClosed: someone else was faster, or the process went another way
    :raises TaskClaimedByOther: someone else has it
    :raises InvalidInput: a value does not fit the form, or may not be sent
    """
    task = uow.tasks.get(task_key)
    actor = caller.actor
    if not (
        actor.user_key in (task.assignee, task.completed_by)
        or may_take(actor, task=task.restriction)
        or may_monitor(actor)
    ):
        raise Concealed("user task", task_key, case_key=task.case_key)
    if task.form_id is None:
        check_variables(values)
    elif Scope.CARE not in caller.scopes:
        form = form_of(uow, task.definition_key, task.form_id)
        if any(field.record is not None and not field.read_only for field in form.fields):
            raise NotAllowed(CARE_REFUSED)
    submission = Submission(values=values, language=language)
    complete_task(uow, task_key=task_key, actor=actor, submission=submission, now=now)
