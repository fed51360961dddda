"""Write one step of the engine: state, what opened, what closed, what happened; all in the caller's transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from app.commands.close_case import close_if_over
from app.commands.note_facts import note_facts
from app.domain.actor import Actor
from app.domain.notices import NoticeKind
from app.domain.steps import (
    IncidentOpened,
    InstanceStatus,
    JobOpened,
    ListenerEvent,
    MessageAwaited,
    Opened,
    Ruling,
    SignalAwaited,
    Step,
    TaskChanges,
    TimerOpened,
    UserTaskOpened,
    UserTaskRuled,
    VariableWritten,
    WaitKind,
    noted_moments,
)
from app.engine.feel import to_json
from app.storage.rows import Instance
from app.storage.unit_of_work import UnitOfWork

W = TypeVar("W", bound=Opened)
#: what is kept of a listener's reason
LONGEST_DENIAL = 1_000
#: how many may wait for one message that is not kept
MOST_RECEIVERS = 1_000


def record_step(
    uow: UnitOfWork, *, instance: Instance, step: Step, actor: Actor, now: datetime, reason: str = ""
) -> None:
    """
    Write what the step did to the instance.

    The rows that people and workers see are made from the engine's own account of the step and nothing else, in
    the same transaction as the state: the two cannot drift apart. When the instance has ended, its case may be over.
    """
    assignees = _assignees(uow, step)
    change = _change_of_incidents(uow, step, now)
    uow.instances.advance(instance, step, incidents_change=change, reason=reason, now=now)
    written = [
        VariableWritten(scope_key=item.scope_key, name=item.name, value=to_json(item.value), called_key=item.called_key)
        for item in step.variables
    ]
    uow.called_processes.add(instance.key, step.calls, now=now)
    uow.called_processes.end(step.calls_ended, now=now)
    _close_waits(uow, step, actor, now)
    _open_waits(uow, instance, step, assignees, now)
    _tell(uow, step, assignees, actor, now)
    uow.instances.append_history(instance, step.history, actor_key=actor.user_key, now=now)
    uow.instances.write_variables(instance.key, written, now=now)
    _rule(uow, instance, step, actor, now)
    _send(uow, instance, step, now)
    if step.notes:
        note_facts(uow, instance=instance, notes=step.notes, actor=actor, now=now)
    for decision in step.decisions:
        uow.care.decisions.add(decision, instance_key=instance.key, case_key=instance.case_key, now=now)
    if step.status != InstanceStatus.ACTIVE:
        close_if_over(uow, instance=instance, now=now)


def _of_kind(step: Step, kind: type[W]) -> list[W]:
    return [item for item in step.opened if isinstance(item, kind)]


def _closed(step: Step, kind: WaitKind, *, completed: bool) -> list[int]:
    return [wait.key for wait in step.closed if wait.kind is kind and wait.completed is completed]


def _assignees(uow: UnitOfWork, step: Step) -> Mapping[str, int]:
    """Return the keys of the people whom the new tasks name."""
    names = {task.assignee for task in _of_kind(step, UserTaskOpened) if task.assignee}
    names |= {ruled.changes["assignee"] for ruled in step.rulings if ruled.changes.get("assignee")}
    return uow.accounts.named(names) if names else {}


def _change_of_incidents(uow: UnitOfWork, step: Step, now: datetime) -> int:
    """End the incidents of jobs that are cancelled, and return the change of the number of open incidents."""
    closed = sum(wait.kind is WaitKind.INCIDENT for wait in step.closed)
    cancelled_jobs = _closed(step, WaitKind.JOB, completed=False)
    closed += uow.incidents.close_of_jobs(cancelled_jobs, now=now) if cancelled_jobs else 0
    return len(_of_kind(step, IncidentOpened)) - closed


def _close_waits(uow: UnitOfWork, step: Step, actor: Actor, now: datetime) -> None:
    """End the rows of the waits that are over."""
    for completed in (True, False):
        by_kind: dict[WaitKind, list[int]] = {}
        for wait in step.closed:
            if wait.completed is completed:
                by_kind.setdefault(wait.kind, []).append(wait.key)
        uow.tasks.close(by_kind.get(WaitKind.USER_TASK, []), completed=completed, by=actor.user_key, now=now)
        uow.timers.close(by_kind.get(WaitKind.TIMER, []), completed=completed, now=now)
        uow.messages.close(by_kind.get(WaitKind.MESSAGE, []), completed=completed, now=now)
        uow.messages.close_signals(by_kind.get(WaitKind.SIGNAL, []), completed=completed, now=now)
        uow.incidents.close(by_kind.get(WaitKind.INCIDENT, []), completed=completed, now=now)
        uow.jobs.close(by_kind.get(WaitKind.JOB, []), completed=completed, now=now)


def _open_waits(uow: UnitOfWork, instance: Instance, step: Step, assignees: Mapping[str, int], now: datetime) -> None:
    """Insert the rows of the new waits."""
    uow.tasks.add(instance, _of_kind(step, UserTaskOpened), assignees=assignees, now=now)
    jobs = [
        dataclasses.replace(job, variables={name: to_json(value) for name, value in job.variables.items()})
        for job in _of_kind(step, JobOpened)
    ]
    uow.jobs.add(instance.key, jobs, now=now)
    uow.timers.add(instance.key, _of_kind(step, TimerOpened))
    uow.messages.subscribe(instance.key, instance.process_id, _of_kind(step, MessageAwaited), now=now)
    uow.messages.subscribe_signals(instance.key, _of_kind(step, SignalAwaited), now=now)
    uow.incidents.add(instance.key, instance.process_id, _of_kind(step, IncidentOpened), now=now)


def _tell(uow: UnitOfWork, step: Step, assignees: Mapping[str, int], actor: Actor, now: datetime) -> None:
    """Bring new tasks to the notice of those whom they are given to."""
    for task in _of_kind(step, UserTaskOpened):
        assignee = assignees.get(task.assignee or "")
        if assignee is not None:
            uow.notices.add([assignee], NoticeKind.ASSIGNED, task_key=task.key, by=actor.user_key, now=now)


def _rule(uow: UnitOfWork, instance: Instance, step: Step, actor: Actor, now: datetime) -> None:
    """Write what task listeners hold, have allowed or have denied."""
    if not step.rulings:
        return
    people = _assignees(uow, step)
    for ruled in step.rulings:
        if ruled.ruling is Ruling.HELD:
            uow.tasks.hold(ruled.key, ruled.event, by=actor.user_key)
            continue
        asked_by = uow.tasks.get(ruled.key).held_by
        # a listener may deny without a reason; that it denied is told all the same
        reason = ruled.reason[:LONGEST_DENIAL] or "-"
        uow.tasks.let_go(ruled.key, denial=reason if ruled.ruling is Ruling.DENIED else "")
        if ruled.ruling is Ruling.ALLOWED:
            _change_task(uow, ruled, people, asked_by, now)
        uow.audit.add(
            actor=actor,
            action=f"task_change_{ruled.ruling}",
            subject="user_task",
            subject_key=ruled.key,
            instance_key=instance.key,
            case_key=instance.case_key,
            details={"event": ruled.event, "changes": sorted(ruled.changes)},
            now=now,
        )


def _change_task(
    uow: UnitOfWork, ruled: UserTaskRuled, people: Mapping[str, int], asked_by: int | None, now: datetime
) -> None:
    """Carry out what the listeners have allowed; who gets a task by it is told, as if they had got it at once."""
    if ruled.event is ListenerEvent.COMPLETING:
        uow.tasks.drop_all_drafts(ruled.key)
    changes = dict(ruled.changes)
    task = uow.tasks.get(ruled.key)
    if "assignee" in changes:
        assignee = people.get(changes.pop("assignee"))
        given = uow.tasks.assign(ruled.key, assignee, expected=task.assignee, by=asked_by, now=now)
        if given and assignee is not None and assignee != task.assignee:
            noted, _ = noted_moments(task.properties, now)
            uow.notices.add([assignee], NoticeKind.ASSIGNED, task_key=task.key, by=asked_by, now=noted)
        task = uow.tasks.get(ruled.key)
    if changes:
        uow.tasks.change(
            task,
            due_at=_date(changes, "due_at", task.due_at),
            follow_up_at=_date(changes, "follow_up_at", task.follow_up_at),
            priority=changes.get("priority", task.priority),
            candidate_groups=changes.get("candidate_groups", task.candidate_groups),
            candidate_users=changes.get("candidate_users", task.candidate_users),
        )


def _date(changes: TaskChanges, name: str, present: datetime | None) -> datetime | None:
    if name not in changes:
        return present
    return datetime.fromisoformat(changes[name]) if changes[name] else None


def _send(uow: UnitOfWork, instance: Instance, step: Step, now: datetime) -> None:
    for message in step.messages:
        key = uow.messages.add(
            name=message.name,
            correlation_key=message.correlation_key,
            variables={name: to_json(value) for name, value in message.variables.items()},
            message_id=message.message_id or None,
            expires_at=now + message.time_to_live,
            sender_instance_key=instance.key,
            now=now,
        )
        if not message.time_to_live:
            # without time to live it reaches who waits at this moment: a later round would find it expired
            uow.messages.match(now=now, limit=MOST_RECEIVERS, message_key=key)
    for signal in step.signals:
        variables = {name: to_json(value) for name, value in signal.variables.items()}
        uow.messages.deliver_signal(signal.name, variables, now=now, besides=instance.key)
