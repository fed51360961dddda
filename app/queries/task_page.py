"""The task page: the form with what is known already, the case beside it, how far the process has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from app.domain.absences import stands_in
from app.domain.actor import Actor, may_monitor, may_take
from app.domain.answers import StoredFile, gather
from app.domain.calendar import local_date
from app.domain.client import Case, Client
from app.domain.disclosure import ACTIONS
from app.domain.errors import Concealed
from app.domain.forms import FormDefinition, RecordKind
from app.domain.masking import may_see_appointment, may_see_course, shown_answer
from app.domain.plan_changes import offered
from app.domain.sharing import DataGroup
from app.domain.steps import ElementOutline, ProcessOutline
from app.domain.support_people import SupportPerson
from app.engine.forms import Around
from app.published import around_form, form_of, process_of
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.beside import Beside, beside_form, on_call_number
from app.queries.comments import CommentThread, comment_thread
from app.queries.earlier_case import EarlierAnswers, earlier_answers
from app.queries.feedback import feedback_beside
from app.queries.plan_changes import TARGET_PATH, PlanRows, plan_rows
from app.queries.support_people import live_support
from app.queries.why_mine import WhyMine, why_mine
from app.storage.appointments import Appointment
from app.storage.monitor import Published
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskLine


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePanel:
    """The case beside the form; `client` is None where the viewer may not know who it is."""

    case: Case
    client: Client | None = field(repr=False)
    owner_name: str
    #: hidden data groups in which the case has something
    hidden: tuple[DataGroup, ...]
    appointments: tuple[Appointment, ...]
    other_tasks: tuple[TaskLine, ...]
    #: who supports the client, and what they may be told
    support: tuple[SupportPerson, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """Everything that the page of one task shows."""

    task: Task
    line: TaskLine
    element: ElementOutline | None
    form: FormDefinition | None
    #: earlier answers and variables by field key: what is asked is never asked twice
    values: Mapping[str, Any] = field(repr=False)
    around: Around = field(repr=False)
    outline: ProcessOutline
    #: the version of the pathway that the task follows, and what has replaced it
    published: Published
    draft: Mapping[str, list[str]] | None = field(repr=False)
    draft_saved_at: datetime | None
    may_work: bool
    mine: bool
    panel: CasePanel | None
    beside: Beside = field(repr=False)
    #: the area's on-call number where the client fills the form in, else None
    on_call: str | None
    history: tuple[Mapping[str, Any], ...]
    completed_by_name: str
    #: the client's earlier case, where the form begins with something that was told in it
    earlier: EarlierAnswers | None = None
    comments: CommentThread = field(default=CommentThread(), repr=False)
    #: the viewer stands in today for its holder, who is away
    stands_in: bool = False
    why: WhyMine = field(default=WhyMine())
    #: the plan's rows where the form is the plan, or asks for changes of it
    plan: PlanRows | None = field(default=None, repr=False)
    #: the viewer has notices about the task that they have not seen
    has_news: bool = False


def task_page(uow: UnitOfWork, *, task_key: int, actor: Actor, now: datetime) -> TaskPage:
    """
    Return the task as the actor may see it, and log what is read of the client.

    Candidates, the holder and whoever completed it may open it; others learn no more than that it is not there.

    :raises NotFound: no such task
    :raises Concealed: it is not for this person
    """
    task = uow.tasks.get(task_key)
    line = uow.worklist.line(task_key, actor.user_key or 0)
    mine = task.assignee is not None and task.assignee == actor.user_key
    may_work = mine or may_take(actor, task=task.restriction)
    if line is None or not (may_work or task.completed_by == actor.user_key or may_monitor(actor)):
        raise Concealed("user task", task_key, case_key=task.case_key)
    process = process_of(uow, task.definition_key)
    element = next((item for item in process.outline.elements if item.element_id == task.element_id), None)
    form = form_of(uow, task.definition_key, task.form_id) if task.form_id and may_work else None
    sight = sight_of_case(uow, case_key=task.case_key, actor=actor, now=now) if task.case_key else None
    found = uow.tasks.find_draft(task_key, actor.user_key) if may_work and actor.user_key else None
    with uow.care.seen_by(actor, now=now):
        values, read = _known(uow, task, form, sight, actor)
        plan = _plan(uow, task, form, sight)
        earlier = None
        if form is not None and sight is not None and may_work:
            earlier = earlier_answers(uow, form=form, case=sight.case, actor=actor, task_key=task_key, now=now)
    taken_over = {key: value for key, value in earlier.values.items() if key not in values} if earlier else {}
    values = {**taken_over, **values, **_of_process(uow, form, task.element_instance_key)}
    if form is not None and task.status == "open":
        values |= {key: value for key, value in form.initial_values.items() if values.get(key) is None}
    if plan is not None:
        read = read | {DataGroup.PLAN}
        values |= {ACTIONS: list(plan.rows)} if plan.agreed else {}
    panel = _panel(uow, sight, actor, task, now) if sight is not None and may_work else None
    beside = Beside()
    if may_work:
        with uow.care.seen_by(actor, now=now):
            beside = beside_form(
                uow,
                element=element,
                definition_key=task.definition_key,
                area_id=task.area_id,
                sight=sight,
                actor=actor,
            )
        beside = replace(beside, forms=(*feedback_beside(uow, element=element, task=task), *beside.forms))
    thread = CommentThread()
    if may_work and actor.client_key is None:
        likely = form.data_groups if form is not None else ()
        thread = comment_thread(uow, task=task, sight=sight, likely=likely, actor=actor, now=now)
    if sight is not None and may_work:
        groups = (
            read
            | beside.read
            | thread.read
            | ({DataGroup.BASIC} if panel is not None and panel.client is not None else set())
        )
        log_reading(uow, sight=sight, actor=actor, groups=groups, purpose=f"task:{task_key}", now=now)
    names = uow.accounts.names_of([task.completed_by]) if task.completed_by else {}
    return TaskPage(
        task=task,
        line=line,
        element=element,
        form=form,
        values=values,
        around=_around(uow, task, form, values, plan, actor, now),
        outline=process.outline,
        published=uow.monitor.published(task.definition_key),
        draft=msgspec.json.decode(found[0], type=dict[str, list[str]]) if found else None,
        draft_saved_at=found[1] if found else None,
        may_work=may_work,
        mine=mine,
        panel=panel,
        beside=beside,
        on_call=on_call_number(uow, element=element, area_id=task.area_id),
        history=_history(uow, task, actor),
        completed_by_name=names.get(task.completed_by or 0, ""),
        earlier=earlier if taken_over else None,
        comments=thread,
        why=why_mine(uow, task=task, sight=sight, actor=actor) if may_work and actor.client_key is None else WhyMine(),
        stands_in=not mine and may_work and _stands_in(uow, task, actor, now),
        plan=plan,
        has_news=actor.user_key is not None and uow.notices.has_unread(actor.user_key, task_key=task_key),
    )


def _plan(uow: UnitOfWork, task: Task, form: FormDefinition | None, sight: Sight | None) -> PlanRows | None:
    """Return the plan's rows for a form that needs them, as long as it is to be filled in and they may be seen."""
    if form is None or sight is None or task.status != "open":
        return None
    visible = {(group, controller) for group, controller in sight.visible if group is DataGroup.PLAN}
    return plan_rows(uow, form, case_key=sight.case.key, visible=visible) if visible else None


def _around(
    uow: UnitOfWork,
    task: Task,
    form: FormDefinition | None,
    known: Mapping[str, Any],
    plan: PlanRows | None,
    actor: Actor,
    now: datetime,
) -> Around:
    if form is None:
        return Around(now=now)
    around = around_form(
        uow,
        form,
        case_key=task.case_key,
        area_id=task.area_id,
        known=known,
        documents=_waiting(uow, form, task.key, actor),
        now=now,
    )
    if plan is None or TARGET_PATH not in form.by_path:
        return around
    return replace(around, choices={**around.choices, ".".join(TARGET_PATH): offered(plan.rows)})


def _stands_in(uow: UnitOfWork, task: Task, actor: Actor, now: datetime) -> bool:
    if task.assignee is None or actor.user_key is None or actor.client_key is not None:
        return False
    today = local_date(now)
    away = uow.absences.for_substitute(actor.user_key, away=task.assignee, day=today)
    return stands_in(actor, task=task.restriction, absences=away, day=today)


def _waiting(uow: UnitOfWork, form: FormDefinition, task_key: int, actor: Actor) -> dict[str, StoredFile]:
    """Return the files that the actor has sent for the form before and that wait for it to be accepted."""
    if not form.has_files or actor.user_key is None:
        return {}
    waiting = uow.uploads.of_task(task_key, user_key=actor.user_key)
    return {key: upload.file for key, upload in waiting.items()}


def _history(uow: UnitOfWork, task: Task, actor: Actor) -> tuple[Mapping[str, Any], ...]:
    own = task.unit_id == actor.unit_id
    if not may_see_course(organisation_type=actor.organisation_type, own=own):
        return ()
    process_key = task.called_process_key or task.instance_key
    return tuple(uow.monitor.history(task.instance_key, process_key=process_key, limit=500))


def _known(
    uow: UnitOfWork, task: Task, form: FormDefinition | None, sight: Sight | None, actor: Actor
) -> tuple[dict[str, Any], set[DataGroup]]:
    """
    Return what is known already of the form's questions, and the data groups it was read from.

    Only groups that the viewer may see are loaded at all: what may not be shown is never decrypted. An answer that the
    viewer would see masked is asked anew. What was answered in the task itself stays what its page shows, whatever the
    case has been told since.
    """
    if form is None or sight is None:
        return {}, set()
    wanted = {key.split(".")[0] for key in (field.key for field in form.fields)}
    visible = {(group, controller) for group, controller in sight.visible if group in form.data_groups}
    if not visible:
        return {}, set()
    answers = uow.care.answers.latest(sight.case.key, visible=visible)
    if task.status == "completed":
        answers |= uow.care.answers.of_task(sight.case.key, task.key, visible=visible)
    read = {answer.data_group for key, answer in answers.items() if key.split(".")[0] in wanted}
    values: dict[str, Any] = gather(form, answers={key: answer.value for key, answer in answers.items()})
    if DataGroup.BASIC in sight.groups and _asks_of_client(form):
        values |= _of_client(form, uow.care.clients.get(sight.case.client_key), sight.case)
        read.add(DataGroup.BASIC)
    if actor.client_key is None:
        values = {key: value for key, value in values.items() if _is_shown_as_it_is(key, value, actor)}
    return values, {group for group in read if group is not None}


def _is_shown_as_it_is(key: str, value: Any, actor: Actor) -> bool:
    """Tell whether nothing of the answer is masked; rows and lists are kept whole, or they would be lost."""
    return isinstance(value, list) or shown_answer(key, value, organisation_type=actor.organisation_type) == value


def _of_process(uow: UnitOfWork, form: FormDefinition | None, element_instance_key: int) -> dict[str, Any]:
    """Return what the process variables of the fields that are pre-filled hold, of each name the innermost."""
    wanted = {item.key: item.variable_path or (item.key,) for item in form.fields if item.prefill} if form else {}
    if not wanted:
        return {}
    names = frozenset(path[0] for path in wanted.values())
    seen: dict[str, Any] = {}
    for scope_key in uow.api_searches.enclosing_scopes(element_instance_key):
        found = uow.api_searches.variables_in(scope_key, names)
        seen = {**found, **seen}
    return {key: value for key, path in wanted.items() if (value := _entry(seen, path)) is not None}


def _entry(variables: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Return what lies at the end of the path, None where something on the way is missing or no context."""
    value: Any = variables
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _asks_of_client(form: FormDefinition) -> bool:
    return any(
        item.record is not None and item.record.kind in {RecordKind.CLIENT, RecordKind.CASE} for item in form.fields
    )


def _of_client(form: FormDefinition, client: Client, case: Case) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in form.fields:
        if item.record is None:
            continue
        if item.record.kind is RecordKind.CLIENT:
            attribute = item.record.attribute
            values[item.key] = getattr(client.identity, attribute, None) or getattr(client.needs, attribute, None)
        elif item.record.kind is RecordKind.CASE:
            values[item.key] = {"source": case.source, "service_relation": case.service_relation}.get(
                item.record.attribute
            )
    return {key: value for key, value in values.items() if value not in {None, ""}}


def _panel(uow: UnitOfWork, sight: Sight, actor: Actor, task: Task, now: datetime) -> CasePanel:
    knows = DataGroup.BASIC in sight.groups
    owner = sight.case.owner_key
    tasks = uow.worklist.of_case(sight.case.key, actor.user_key or 0)
    kept = {group for group, _ in uow.care.answers.groups_and_controllers(sight.case.key)}
    with uow.care.seen_by(actor, now=now):
        client = uow.care.clients.get(sight.case.client_key) if knows else None
        appointments = uow.care.appointments.of_case(sight.case.key) if knows else []
    return CasePanel(
        case=sight.case,
        client=client,
        owner_name=uow.accounts.names_of([owner]).get(owner, "") if owner else "",
        hidden=tuple(group for group in sight.hidden if group in kept),
        appointments=tuple(
            item for item in appointments if may_see_appointment(item.status, organisation_type=actor.organisation_type)
        ),
        other_tasks=tuple(line for line in tasks if line.key != task.key),
        support=live_support(uow, sight) if knows else (),
    )
