"""Tasks looked for by their client: name, telephone or identity code; every hit is a logged reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.actor import Actor, may_take
from app.domain.client import Case, Client
from app.domain.errors import NotAllowed
from app.domain.sharing import DataGroup
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.case_lists import SHORTEST_SEARCH, find_case_keys, log_vain_search
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskLine

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTask:
    """An open task that is the actor's or that they could take, and whose client they looked for."""

    line: TaskLine
    client: Client = field(repr=False)


def tasks_of_client(uow: UnitOfWork, *, text: str, reason: str, actor: Actor, now: datetime) -> list[ClientTask]:
    """
    Find the actor's own and free tasks by client, among the cases whose basic data they may see.

    One's own clients are those whose case one owns or has a task of. Others are looked for with a `reason` only, which
    stands in the access log. A search that shows nothing is a refused attempt in the log, as in the search for cases.
    """
    if actor.user_key is None:
        raise NotAllowed("worklist")
    exact, keys = find_case_keys(uow, text=text, actor=actor)
    said = " ".join(reason.split())[:LONGEST_REASON]
    found: list[tuple[Case, TaskLine]] = []
    for case_key in keys:
        sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
        own = _is_own(uow, sight, actor.user_key)
        lines = _tasks(uow, case_key, actor, actor.user_key) if own or said else []
        if DataGroup.BASIC not in sight.groups or not lines:
            continue
        purpose = "search" if own else f"search: {said}"
        log_reading(uow, sight=sight, actor=actor, groups=[DataGroup.BASIC], purpose=purpose, now=now, action="search")
        found += [(sight.case, line) for line in lines]
    if not found and len(text.strip()) >= SHORTEST_SEARCH:
        log_vain_search(uow, exact, actor, now)
    with uow.care.seen_by(actor, now=now):
        clients = uow.care.clients.get_many({case.client_key for case, _ in found})
    return [ClientTask(line=line, client=clients[case.client_key]) for case, line in found]


def _is_own(uow: UnitOfWork, sight: Sight, user_key: int) -> bool:
    return sight.case.owner_key == user_key or bool(uow.tasks.assigned_in_case(sight.case.key, user_key))


def _tasks(uow: UnitOfWork, case_key: int, actor: Actor, user_key: int) -> list[TaskLine]:
    lines = uow.worklist.of_case(case_key, user_key)
    tasks = uow.tasks.get_many([line.key for line in lines if line.assignee is None])
    return [
        line
        for line in lines
        if line.assignee == user_key or (line.key in tasks and may_take(actor, task=tasks[line.key].restriction))
    ]
