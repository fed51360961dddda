"""The demo: invented people at work, and a few invented clients in the middle of their paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.commands.complete_task import Submission, complete_task
from app.commands.start_instance import start_instance
from app.domain.actor import Actor
from app.storage.unit_of_work import UnitOfWork


def load_demo_people(uow: UnitOfWork, *, people: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Add those of the demo's people that are not there; return how many are new. They have no password."""
    return sum(uow.accounts.add_demo_person(person, now=now) for person in people)


def begin_demo_case(
    uow: UnitOfWork,
    *,
    actor: Actor,
    process_id: str,
    start_element_id: str | None,
    answers: Sequence[Mapping[str, Any]],
    now: datetime,
) -> int:
    """
    Start a process for an invented client and answer its first steps as the actor would; return the instance's key.

    Stops before a step that is not for the actor, or where the answers end.
    """
    started = start_instance(uow, actor=actor, process_id=process_id, start_element_id=start_element_id, now=now)
    for values in answers:
        open_tasks = uow.tasks.open_of(started.instance_key)
        if not open_tasks:
            break
        complete_task(uow, task_key=open_tasks[0].key, actor=actor, submission=Submission(values=values), now=now)
    return started.instance_key
