"""The local job `escalate_task`: a step that nobody has done in time is offered to its role group again (rule X2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands._task_changes import give
from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.domain.directing import SUPERVISING_ROLES
from app.domain.notices import NoticeKind
from app.storage.rows import Instance, Job, Task
from app.storage.unit_of_work import UnitOfWork

#: on a user task that the client fills in: it is never offered to a role group
SELF_FILLED = "kyky.selfFilled"


def escalate_task(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Release the user task that the header `task` names from its holder, and show its delay to the supervisor.

    Who held it is kept with the task and in the audit, and their draft stays theirs: if they take the task again they
    go on where they were. A task that was done meanwhile is left alone, and so is one opened after the job: it is a
    later turn and not late. One without candidates stays with its holder, because nobody else could take it. Where the
    task has listeners for its assignment they are asked first; one that they hold for something else stays as it is.

    :raises GivenUp: the header is missing
    """
    element_id = job.headers.get("task", "")
    if not element_id:
        raise GivenUp("escalation_headers_invalid")
    for task in uow.tasks.open_of(instance.key):
        if task.element_id == element_id and task.created_at <= job.created_at and _is_for_a_group(task):
            _escalate(uow, instance, task, now)
    return {}


def _is_for_a_group(task: Task) -> bool:
    return bool(task.candidate_groups) and task.properties.get(SELF_FILLED) != "true"


def _escalate(uow: UnitOfWork, instance: Instance, task: Task, now: datetime) -> None:
    if task.assignee is not None and not task.held_event:
        # an earlier task of this loop may have changed the state
        locked = uow.instances.lock(instance.key)
        give(uow, instance=locked, task=task, to=None, username="", actor=SYSTEM, now=now)
    uow.tasks.note_delay(task.key, held_by=task.assignee, now=now)
    superiors = uow.notices.supervisors(SUPERVISING_ROLES, unit_id=task.unit_id, area_id=task.area_id)
    told = [*superiors] if task.assignee is None else [task.assignee, *superiors]
    uow.notices.add(told, NoticeKind.ESCALATED, task_key=task.key, by=None, now=now)
    uow.audit.add(
        actor=SYSTEM,
        action="task_escalated",
        subject="user_task",
        subject_key=task.key,
        instance_key=task.instance_key,
        case_key=task.case_key,
        details={"element": task.element_id, "held_by": str(task.assignee or "")},
        now=now,
    )
