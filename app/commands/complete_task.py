"""Complete a user task: the answers are kept, the process goes on to its next wait."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.commands._record import record_step
from app.commands._way_back import keep_way_back
from app.commands.absences import is_substitute
from app.commands.claim_task import ensure_concerns, ensure_open
from app.commands.keep_uploads import waiting_files
from app.commands.save_draft import WrittenOn
from app.commands.store_answers import store_answers
from app.commands.unreadable_state import without_wait
from app.domain.actor import Actor, may_complete
from app.domain.answers import Answers
from app.domain.errors import (
    DraftElsewhere,
    InstancePaused,
    NotAllowed,
    NotFound,
    TaskAlreadyClosed,
    TaskClaimedByOther,
)
from app.domain.steps import Ruling, UserTaskCompleted, noted_moments
from app.engine.forms import Raw, parse_json_submission, parse_submission
from app.engine.run import advance
from app.published import around_form, form_of, locked_surroundings, process_of
from app.storage.rows import Instance, Task
from app.storage.unit_of_work import UnitOfWork


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """
    What was sent: the fields of a page (`fields`, each with all its values), or the values of an API call (`values`).

    `submission_id` is that of the rendered form, or "" where repeating is not foreseen (API). `page` says which draft
    the page knows, None where it does not say.
    """

    fields: Raw | None = None
    values: Mapping[str, Any] | None = None
    #: names in `fields` that are the page's own and no answers
    page_names: frozenset[str] = frozenset()
    language: str = "fi"
    submission_id: str = ""
    page: WrittenOn | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The task that is done, whether this very form had been sent before, and whether listeners look at it first."""

    task_key: int
    instance_key: int
    case_key: int | None
    repeated: bool = False
    held: bool = False


def complete_task(uow: UnitOfWork, *, task_key: int, actor: Actor, submission: Submission, now: datetime) -> Completed:
    """
    Close the task with the actor's answers and run the process to its next wait.

    Where the task has listeners for its completion the answers are kept as they were sent, and the task is closed when
    the listeners have allowed it; denied, it is open again with what was typed. The same form sent twice gets the first
    result. Only fields of the form are accepted.

    :raises NotFound: no such task
    :raises TaskAlreadyClosed: someone else was faster, or the process went another way
    :raises TaskHeld: its listeners look at another change
    :raises InstancePaused: an administrator has paused the process
    :raises TaskClaimedByOther: someone else has it
    :raises NotAllowed: the actor is neither its holder, their substitute, nor a candidate
    :raises DraftElsewhere: the actor has kept something else on another page meanwhile, which this one does not know
    :raises InvalidSubmission: an answer does not fit the form
    :raises StateUnreadable: the instance cannot go on until an administrator has put it right
    """
    before = instance = uow.instances.lock_for_task(task_key)
    task = uow.tasks.get(task_key)
    repeated = _repeated(uow, task, actor, submission)
    if repeated is not None:
        return repeated
    ensure_concerns(task, actor, "complete_task")
    ensure_open(task)
    on_behalf_of = _ensure_may_complete(uow, task, actor, now)
    if instance.paused_at is not None:
        raise InstancePaused(instance.key)
    _ensure_knows_draft(uow, task, actor, submission)
    answers = accepted_answers(uow, task, submission, actor, now)
    noted, counted = noted_moments(task.properties, now)
    variables: Mapping[str, Any] = submission.values or {}
    nested: frozenset[str] = frozenset()
    if answers is not None:
        variables, nested = answers.variables, answers.nested
        instance = store_answers(uow, instance=instance, answers=answers, actor=actor, task_key=task_key, now=noted)
        if instance.case_key is not None and task.case_key is None:
            uow.tasks.set_case(instance)
    process = process_of(uow, instance.definition_key)
    completed = UserTaskCompleted(key=task_key, variables=_with_case(instance, task, variables), nested=nested)
    around = locked_surroundings(uow, process, instance, now=counted)
    try:
        step = advance(process, instance.state, completed, surroundings=around)
    except NotFound:
        # the task is open and the instance locked: row and state do not belong together
        raise without_wait(instance, task_key, now=now) from None
    record_step(uow, instance=instance, step=step, actor=actor, now=noted)
    if submission.fields is not None and actor.user_key is not None and actor.client_key is None:
        keep_way_back(
            uow,
            task=task,
            before=before,
            after=instance,
            step=step,
            answers=answers,
            typed=_typed(submission),
            now=now,
        )
    held = any(ruled.key == task_key and ruled.ruling is Ruling.HELD for ruled in step.rulings)
    return _remember(uow, task, instance, actor, submission, noted, held=held, on_behalf_of=on_behalf_of)


def _repeated(uow: UnitOfWork, task: Task, actor: Actor, submission: Submission) -> Completed | None:
    if (task.status != "open" or task.held_event) and submission.submission_id and actor.user_key is not None:
        first = uow.tasks.find_submission(submission.submission_id, user_key=actor.user_key)
        if first is not None:
            return Completed(
                task_key=task.key,
                instance_key=task.instance_key,
                case_key=task.case_key,
                repeated=True,
                held=bool(task.held_event),
            )
    return None


def _ensure_may_complete(uow: UnitOfWork, task: Task, actor: Actor, now: datetime) -> int | None:
    """Return for whom the actor does the task, None where it is for nobody else."""
    if not may_complete(actor, task=task.restriction):
        if is_substitute(uow, task=task, actor=actor, now=now):
            return task.assignee
        if task.assignee is not None and task.assignee != actor.user_key:
            raise TaskClaimedByOther(task.key, by=task.assignee)
        raise NotAllowed("complete_task")
    return None


def _ensure_knows_draft(uow: UnitOfWork, task: Task, actor: Actor, submission: Submission) -> None:
    """Make sure that the actor has seen their newest draft, where it says something else than what was sent."""
    page = submission.page
    if page is None or actor.user_key is None:
        return
    kept = uow.tasks.lock_draft(task.key, actor.user_key)
    if kept is None or page.knows(page_id=kept[0], saved_at=kept[1]):
        return
    found = uow.tasks.find_draft(task.key, actor.user_key)
    if found is not None and _filled_in(found[0]) != _filled_in(_typed(submission)):
        raise DraftElsewhere(task.key, at=kept[1])


def _filled_in(draft: bytes) -> dict[str, list[str]]:
    """Return what is filled in, by field; an empty field and one that was not sent are the same."""
    fields = msgspec.json.decode(draft, type=dict[str, list[str]])
    return {name: given for name, values in fields.items() if (given := [value for value in values if value])}


def accepted_answers(
    uow: UnitOfWork, task: Task, submission: Submission, actor: Actor, now: datetime
) -> Answers | None:
    """
    Return the answers of the submission by the rules of the task's form, or None where the task has no form.

    Files that wait since the form was refused or kept as a draft are taken as if they were sent with it.

    :raises InvalidSubmission: an answer does not fit the form
    """
    if task.form_id is None:
        return None
    form = form_of(uow, task.definition_key, task.form_id)
    around = around_form(uow, form, case_key=task.case_key, area_id=task.area_id, now=now)
    if submission.fields is None:
        return parse_json_submission(form, submission.values or {}, language=submission.language, around=around)
    fields = waiting_files(uow, form, submission.fields, task_key=task.key, actor=actor)
    return parse_submission(form, fields, language=submission.language, around=around, ignore=submission.page_names)


def _with_case(instance: Instance, task: Task, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add the case's key where this form made or found the case; messages correlate by it (X6)."""
    if instance.case_key is not None and task.case_key is None:
        return {**variables, "asia_id": str(instance.case_key)}
    return variables


def _remember(
    uow: UnitOfWork,
    task: Task,
    instance: Instance,
    actor: Actor,
    submission: Submission,
    now: datetime,
    *,
    held: bool,
    on_behalf_of: int | None,
) -> Completed:
    if actor.user_key is not None and submission.submission_id:
        uow.tasks.remember_submission(
            submission.submission_id,
            user_key=actor.user_key,
            action="complete_task",
            result={"task": str(task.key)},
            now=now,
            otherwise=TaskAlreadyClosed(task.key, by=actor.user_key, at=now, state="completed"),
        )
    if actor.user_key is not None and held:
        uow.tasks.save_draft(task.key, actor.user_key, _typed(submission), now=now)
    elif actor.user_key is not None:
        uow.tasks.drop_drafts(task.key, user_key=actor.user_key)
        if task.form_id is not None and form_of(uow, task.definition_key, task.form_id).has_files:
            uow.uploads.drop_of_task(task.key, user_key=actor.user_key)
    uow.audit.add(
        actor=actor,
        action="task_sent" if held else "task_completed",
        subject="user_task",
        subject_key=task.key,
        instance_key=task.instance_key,
        case_key=instance.case_key,
        details={"element": task.element_id, "form": task.form_id}
        | ({} if on_behalf_of is None else {"on_behalf_of": str(on_behalf_of)}),
        now=now,
    )
    return Completed(task_key=task.key, instance_key=task.instance_key, case_key=instance.case_key, held=held)


def _typed(submission: Submission) -> bytes:
    """Return what was typed as a draft: listeners may deny the completion, and then the form is filled in again."""
    fields = submission.fields or {}
    typed = {
        name: [value for value in values if isinstance(value, str)]
        for name, values in fields.items()
        if name not in submission.page_names
    }
    return msgspec.json.encode(typed)
