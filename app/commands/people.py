"""People who work with the product: add them, give them places of work, a password, take them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.commands._task_changes import give, note_change
from app.commands.own_case import leave_cases
from app.domain.actor import Actor
from app.domain.errors import InvalidInput, NotFound, Problem
from app.storage.unit_of_work import UnitOfWork


def put_person(
    uow: UnitOfWork,
    *,
    actor: Actor,
    username: str,
    name: str,
    email: str,
    language: str,
    positions: Mapping[str, Sequence[str]],
    now: datetime,
) -> int:
    """
    Add a person, or change one of this user name, with exactly these positions: roles by unit; return the key.

    :raises InvalidInput: a unit or role does not exist, or there is no position
    """
    known_units = {unit_id for unit_id, _ in uow.accounts.units()}
    known_roles = {role_id for role_id, _ in uow.accounts.roles()}
    problems = [
        Problem("unknown_unit", place=unit, values={"id": unit}) for unit in positions if unit not in known_units
    ]
    problems += [
        Problem("unknown_role", place=role, values={"id": role})
        for role in sorted({role for roles in positions.values() for role in roles} - known_roles)
    ]
    if not any(positions.values()):
        problems.append(Problem("position_required"))
    if problems:
        raise InvalidInput(problems)
    key = uow.accounts.put_person(username=username, name=name, email=email, language=language, now=now)
    worked_in = uow.accounts.works_in(key)
    uow.accounts.replace_positions(key, positions)
    if worked_in and worked_in.isdisjoint(uow.accounts.works_in(key)):
        # to another organisation: its clients stay
        leave_cases(uow, user_key=key, actor=actor, now=now)
    # roles changed: who is signed in with the old ones signs in again
    uow.accounts.end_sessions_of(key, now=now)
    uow.audit.add(
        actor=actor,
        action="person_put",
        subject="user",
        subject_key=key,
        details={"positions": {unit: sorted(roles) for unit, roles in positions.items()}},
        now=now,
    )
    return key


def set_password(uow: UnitOfWork, *, actor: Actor, username: str, password_hash: str, now: datetime) -> None:
    """Give the person a new password (its hash) and end their sessions. :raises NotFound: there is no such person"""
    account = uow.accounts.find(username)
    if account is None:
        raise NotFound("user", username)
    uow.accounts.change_password_hash(account.key, password_hash)
    uow.accounts.end_sessions_of(account.key, now=now)
    uow.audit.add(actor=actor, action="password_set", subject="user", subject_key=account.key, now=now)


def disable_person(uow: UnitOfWork, *, actor: Actor, username: str, now: datetime) -> None:
    """
    Let the person sign in no more, end their sessions, and hand over their tasks and the cases that they answer for.

    Tasks of their own cases follow the case; others go back to the groups that they were offered to.

    :raises NotFound: there is no such person
    """
    account = uow.accounts.find(username)
    if account is None:
        raise NotFound("user", username)
    uow.accounts.disable(account.key)
    uow.accounts.end_sessions_of(account.key, now=now)
    uow.audit.add(actor=actor, action="person_disabled", subject="user", subject_key=account.key, now=now)
    _leave_tasks(uow, account.key, actor, now)
    leave_cases(uow, user_key=account.key, actor=actor, now=now)


def _leave_tasks(uow: UnitOfWork, user_key: int, actor: Actor, now: datetime) -> None:
    for task_key in uow.tasks.held_outside_own_cases(user_key):
        instance = uow.instances.lock_for_task(task_key)
        task = uow.tasks.get(task_key)
        # whoever was quicker has it; what listeners look at comes back when they have
        if task.status != "open" or task.assignee != user_key or task.held_event:
            continue
        if give(uow, instance=instance, task=task, to=None, username="", actor=actor, now=now):
            note_change(uow, "task_left", task, actor=actor, now=now, holder=str(user_key))
